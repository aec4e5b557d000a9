//! The bearer token that callers show: `BITRIX24_MCP_HTTP_TOKEN`. It is compared here and goes nowhere else.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// Reads the token anew, or says why it cannot.
type Reader = dyn Fn() -> Result<SecretString, &'static str> + Send + Sync;

/// How to read the token: a file may change while the server runs.
pub struct Token {
    read: Box<Reader>,
    /// Every stranger that shows some token has it read, so a failure is logged only when it begins.
    is_failing: AtomicBool,
}

/// A text that no client could send as a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be visible ASCII characters without spaces")]
pub struct InvalidToken;

/// Tokens shorter than this can be guessed.
const SAFE_LENGTH: usize = 16;

impl Token {
    /// A token that stays.
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

    /// What is wrong with the token as it is now; `None` if it can be used.
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

    /// Whether the request shows the token. A token that cannot be read lets nobody in.
    pub(super) fn check(&self, headers: &HeaderMap) -> Shown {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Shown::Nothing;
        };
        let Some((scheme, shown)) = value.as_bytes().split_at_checked(b"Bearer ".len()) else {
            return Shown::Nothing;
        };
        if !scheme.eq_ignore_ascii_case(b"Bearer ") {
            return Shown::Nothing;
        }
        let current = self.current();
        let was_failing = self.is_failing.swap(current.is_err(), Ordering::Relaxed);
        match current {
            Ok(token) => {
                let expected = token.expose_secret().trim().as_bytes();
                // How long the comparison takes tells at most the token's length.
                if bool::from(expected.ct_eq(shown.trim_ascii())) {
                    Shown::Token
                } else {
                    Shown::Another
                }
            }
            Err(reason) => {
                if !was_failing {
                    tracing::error!(reason, "the HTTP token cannot be read, so nobody is let in");
                }
                Shown::Another
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

/// What a request shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// The token.
    Token,
    /// No bearer token at all, or several.
    Nothing,
    /// Another one.
    Another,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(token: &Token, values: &[&str]) -> Shown {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        token.check(&headers)
    }

    #[test]
    fn only_the_token_itself_is_the_token() {
        let token = Token::from_text("open-sesame".into()).unwrap();
        for (values, shown) in [
            (vec!["Bearer open-sesame"], Shown::Token),
            (vec!["bearer  open-sesame"], Shown::Token),
            (vec![], Shown::Nothing),
            (vec!["open-sesame"], Shown::Nothing),
            (vec!["Basic open-sesame"], Shown::Nothing),
            (vec!["Bearer"], Shown::Nothing),
            (vec!["Bearer open-sesame", "Bearer open-sesame"], Shown::Nothing),
            (vec!["Bearer "], Shown::Another),
            (vec!["Bearer open-sesam"], Shown::Another),
            (vec!["Bearer open-sesame2"], Shown::Another),
            (vec!["Bearer Open-sesame"], Shown::Another),
        ] {
            assert_eq!(check(&token, &values), shown, "{values:?}");
        }
        assert_eq!(format!("{token:?}"), "Token(****)");
    }

    #[test]
    fn a_token_that_is_read_may_change_and_lets_nobody_in_while_it_cannot_be_read() {
        use std::sync::{Arc, Mutex};
        let now = Arc::new(Mutex::new(Ok("first\n")));
        let read = Arc::clone(&now);
        let token = Token::from_reader(move || read.lock().unwrap().map(SecretString::from));
        assert_eq!(check(&token, &["Bearer first"]), Shown::Token);
        *now.lock().unwrap() = Ok("second");
        assert_eq!(check(&token, &["Bearer first"]), Shown::Another);
        assert_eq!(check(&token, &["Bearer second"]), Shown::Token);
        *now.lock().unwrap() = Err("it does not exist");
        assert_eq!(check(&token, &["Bearer second"]), Shown::Another);
        assert_eq!(token.problem().as_deref(), Some("it does not exist"));
        *now.lock().unwrap() = Ok(" \n");
        assert_eq!(check(&token, &["Bearer "]), Shown::Another, "an empty token is none");
    }

    #[test]
    fn a_token_that_no_client_can_send_is_refused() {
        for text in ["", "  ", "two words", "ключ", "a\u{7f}b"] {
            assert_eq!(Token::from_text(text.into()).unwrap_err(), InvalidToken, "{text:?}");
        }
    }
}
