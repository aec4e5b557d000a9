//! The bearer token that callers must send: `BITRIX24_MCP_HTTP_TOKEN`. It is compared here and never sent.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// Reads the token, or returns why it cannot be read.
type Reader = dyn Fn() -> Result<SecretString, &'static str> + Send + Sync;

/// The token, read for each request because its file may change while the server runs.
pub struct Token {
    read: Box<Reader>,
    /// The last reading failed. Any stranger can cause a reading by sending any token, so only the first failure is
    /// logged.
    is_failing: AtomicBool,
}

/// The text cannot be sent as a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be visible ASCII characters without spaces")]
pub struct InvalidToken;

/// The fewest characters of a safe token; a shorter one can be guessed.
const SAFE_LENGTH: usize = 16;

impl Token {
    /// A token that never changes.
    ///
    /// # Errors
    /// [`InvalidToken`].
    pub fn from_text(text: SecretString) -> Result<Self, InvalidToken> {
        if is_sendable(&text) {
            Ok(Self::from_reader(move || Ok(text.clone())))
        } else {
            Err(InvalidToken)
        }
    }

    /// A token that is read for each request.
    pub fn from_reader(read: impl Fn() -> Result<SecretString, &'static str> + Send + Sync + 'static) -> Self {
        Self {
            read: Box::new(read),
            is_failing: AtomicBool::new(false),
        }
    }

    /// Why the token cannot be used at this moment; `None` if it can.
    pub fn problem(&self) -> Option<String> {
        self.current().err()
    }

    /// True if the token is so short that it can be guessed.
    pub(super) fn is_short(&self) -> bool {
        self.current()
            .is_ok_and(|token| token.expose_secret().trim().len() < SAFE_LENGTH)
    }

    fn current(&self) -> Result<SecretString, String> {
        let token = (self.read)()?;
        if is_sendable(&token) {
            Ok(token)
        } else {
            Err(InvalidToken.to_string())
        }
    }

    /// Compares the request's token with the current one. While the current one cannot be read, every token is wrong.
    pub(super) fn check(&self, headers: &HeaderMap) -> TokenCheck {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return TokenCheck::Missing;
        };
        let Some((scheme, sent)) = value.as_bytes().split_at_checked(b"Bearer ".len()) else {
            return TokenCheck::Missing;
        };
        if !scheme.eq_ignore_ascii_case(b"Bearer ") {
            return TokenCheck::Missing;
        }
        let current = self.current();
        let was_failing = self.is_failing.swap(current.is_err(), Ordering::Relaxed);
        match current {
            Ok(token) => {
                let expected = token.expose_secret().trim().as_bytes();
                // The time that the comparison takes reveals at most the token's length.
                if bool::from(expected.ct_eq(sent.trim_ascii())) {
                    TokenCheck::Valid
                } else {
                    TokenCheck::Wrong
                }
            }
            Err(reason) => {
                if !was_failing {
                    tracing::error!(reason, "the HTTP token cannot be read, so every request is refused");
                }
                TokenCheck::Wrong
            }
        }
    }
}

fn is_sendable(token: &SecretString) -> bool {
    let token = token.expose_secret().trim();
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(****)")
    }
}

/// The token of a request, compared with the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenCheck {
    /// The request has the current token.
    Valid,
    /// The request has no bearer token, or more than one `Authorization` header.
    Missing,
    /// The request has another token.
    Wrong,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(token: &Token, values: &[&str]) -> TokenCheck {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        token.check(&headers)
    }

    #[test]
    fn only_the_exact_token_is_valid() {
        let token = Token::from_text("open-sesame".into()).unwrap();
        for (values, expected) in [
            (vec!["Bearer open-sesame"], TokenCheck::Valid),
            (vec!["bearer  open-sesame"], TokenCheck::Valid),
            (vec![], TokenCheck::Missing),
            (vec!["open-sesame"], TokenCheck::Missing),
            (vec!["Basic open-sesame"], TokenCheck::Missing),
            (vec!["Bearer"], TokenCheck::Missing),
            (vec!["Bearer open-sesame", "Bearer open-sesame"], TokenCheck::Missing),
            (vec!["Bearer "], TokenCheck::Wrong),
            (vec!["Bearer open-sesam"], TokenCheck::Wrong),
            (vec!["Bearer open-sesame2"], TokenCheck::Wrong),
            (vec!["Bearer Open-sesame"], TokenCheck::Wrong),
        ] {
            assert_eq!(check(&token, &values), expected, "{values:?}");
        }
        assert_eq!(format!("{token:?}"), "Token(****)");
    }

    #[test]
    fn a_token_from_a_reader_may_change_and_none_is_valid_while_it_cannot_be_read() {
        use std::sync::{Arc, Mutex};
        let now = Arc::new(Mutex::new(Ok("first\n")));
        let read = Arc::clone(&now);
        let token = Token::from_reader(move || read.lock().unwrap().map(SecretString::from));
        assert_eq!(check(&token, &["Bearer first"]), TokenCheck::Valid);
        *now.lock().unwrap() = Ok("second");
        assert_eq!(check(&token, &["Bearer first"]), TokenCheck::Wrong);
        assert_eq!(check(&token, &["Bearer second"]), TokenCheck::Valid);
        *now.lock().unwrap() = Err("it does not exist");
        assert_eq!(check(&token, &["Bearer second"]), TokenCheck::Wrong);
        assert_eq!(token.problem().as_deref(), Some("it does not exist"));
        *now.lock().unwrap() = Ok(" \n");
        assert_eq!(check(&token, &["Bearer "]), TokenCheck::Wrong, "an empty token is none");
    }

    #[test]
    fn a_token_that_cannot_be_sent_is_refused() {
        for text in ["", "  ", "two words", "ключ", "a\u{7f}b"] {
            assert_eq!(Token::from_text(text.into()).unwrap_err(), InvalidToken, "{text:?}");
        }
    }
}
