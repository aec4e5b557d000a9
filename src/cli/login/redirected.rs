//! Reads the redirect of the portal's authorize page, and checks that it belongs to this sign-in. Pure but for the
//! random `state`.
//!
//! A redirect without the right `state` may come from any page that the person has open, so it is never trusted. A code
//! without a state is accepted only when the person pastes it. See
//! <https://apidocs.bitrix24.com/settings/oauth/index.html>.

use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

/// The random text that ties a redirect to this sign-in.
#[derive(Debug, Clone)]
pub(super) struct State(SecretString);

/// The content of a redirect or of a pasted line.
#[derive(Debug)]
pub(super) enum Redirected {
    /// A code, to be exchanged within 30 seconds.
    Code(SecretString),
    /// The person, or the portal, denied the access.
    Denied,
    /// Another error, with its name if that is safe to show.
    Failed(Option<String>),
    /// A redirect with another `state`: it belongs to another sign-in.
    Foreign,
    /// Neither a code nor an error, so no redirect of the authorize page.
    Nothing,
}

/// The length of a pasted code. Bitrix24's codes have 32 to 70 characters; words that people type are shorter.
const CODE_LENGTHS: std::ops::RangeInclusive<usize> = 16..=512;
/// The longest error name that is shown; OAuth's longest has 25 characters.
const LONGEST_ERROR_NAME: usize = 40;

impl State {
    /// A new random state. `None` if the system provides no random numbers.
    pub(super) fn random() -> Option<Self> {
        let mut bytes = [0_u8; 16];
        SystemRandom::new().fill(&mut bytes).ok()?;
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Self(text.into()))
    }

    /// The text, for the authorize page's address only.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// True if `text` is this state. The comparison takes the same time for every text of the right length.
    fn is(&self, text: &str) -> bool {
        self.expose().as_bytes().ct_eq(text.as_bytes()).into()
    }

    /// Reads the query of a redirect.
    pub(super) fn read_query(&self, query: &str) -> Redirected {
        let value = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(key, value)| key == name && !value.is_empty())
                .map(|(_, value)| value.into_owned())
        };
        let (code, error) = (value("code").map(SecretString::from), value("error"));
        if code.is_none() && error.is_none() {
            return Redirected::Nothing;
        }
        if !value("state").is_some_and(|state| self.is(&state)) {
            return Redirected::Foreign;
        }
        match (error, code) {
            (Some(error), _) if error == "access_denied" => Redirected::Denied,
            (Some(error), _) => Redirected::Failed(is_error_name(&error).then_some(error)),
            (None, Some(code)) => Redirected::Code(code),
            (None, None) => Redirected::Nothing,
        }
    }

    /// Reads a pasted line: the address at which the browser ended, or the code.
    pub(super) fn read_pasted(&self, line: &str) -> Redirected {
        let line = line.trim();
        let line = line.split_once('#').map_or(line, |(before, _)| before);
        if let Some((_, query)) = line.split_once('?') {
            return self.read_query(query);
        }
        if CODE_LENGTHS.contains(&line.len()) && line.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Redirected::Code(line.into());
        }
        Redirected::Nothing
    }
}

/// True for a short plain word, which is safe to show.
fn is_error_name(error: &str) -> bool {
    error.len() <= LONGEST_ERROR_NAME && error.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(redirected: &Redirected) -> String {
        match redirected {
            Redirected::Code(code) => code.expose_secret().to_owned(),
            Redirected::Failed(name) => format!("{name:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn states_are_long_and_differ() {
        let (one, other) = (State::random().unwrap(), State::random().unwrap());
        assert_eq!(one.expose().len(), 32);
        assert_ne!(one.expose(), other.expose());
        assert!(one.is(one.expose()) && !one.is(other.expose()) && !one.is(""));
        assert!(!one.is(one.expose().split_at(31).0), "the beginning is not enough");
    }

    #[test]
    fn a_query_counts_only_with_the_right_state() {
        let state = State("5tate".to_owned().into());
        for (query, expected) in [
            ("code=c%26de&state=5tate&domain=p.example", "c&de"),
            ("state=5tate&code=", "Nothing"),
            ("", "Nothing"),
            ("state=5tate", "Nothing"),
            ("code=abc", "Foreign"),
            ("code=abc&state=", "Foreign"),
            ("code=abc&state=5tata", "Foreign"),
            ("code=abc&state=5tate5", "Foreign"),
            ("error=access_denied", "Foreign"),
            ("error=access_denied&state=5tate", "Denied"),
            ("error=invalid_scope&state=5tate", "Some(\"invalid_scope\")"),
            ("error=%1b[31m&state=5tate", "None"),
        ] {
            assert_eq!(shown(&state.read_query(query)), expected, "{query}");
        }
    }

    #[test]
    fn a_person_may_paste_an_address_or_a_code() {
        let state = State("5tate".to_owned().into());
        for (line, expected) in [
            ("  http://127.0.0.1:8025/?code=abc&state=5tate#top\r", "abc"),
            ("127.0.0.1:8025/?code=abc&state=5tate", "abc"),
            ("http://127.0.0.1:8025/?code=abc&state=other", "Foreign"),
            ("abcdefghij0123456789", "abcdefghij0123456789"),
            ("help", "Nothing"),
            ("https://p.example/marketplace/", "Nothing"),
            ("abcdefghij 0123456789", "Nothing"),
        ] {
            assert_eq!(shown(&state.read_pasted(line)), expected, "{line}");
        }
    }
}
