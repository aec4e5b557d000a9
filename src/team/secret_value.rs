//! Random values that a client or a browser holds and this server recognises: tokens, codes, states and handles.
//!
//! The store keeps only their digests.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

/// Characters of the random part: 256 bits in base64url.
const RANDOM_CHARACTERS: usize = 43;

/// What a value is for. Each kind has a prefix of its own, so that no value passes for one of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A client sends it with every call.
    AccessToken,
    /// A client exchanges it for a new pair of tokens.
    RefreshToken,
    /// A client exchanges it for the first pair of tokens.
    Code,
    /// Names a sign-in in the consent form.
    Handle,
    /// Proves that the consent form was sent by the browser that got it; in a cookie.
    FormKey,
    /// The `state` of the redirect to the portal and back.
    State,
    /// Proves that the browser that comes back from the portal is the one that consented; in a cookie.
    Binding,
    /// Proves that a browser has signed in to the start page; in a cookie.
    PageSession,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::AccessToken => "b24a_",
            Self::RefreshToken => "b24r_",
            Self::Code => "b24c_",
            Self::Handle => "b24h_",
            Self::FormKey => "b24f_",
            Self::State => "b24s_",
            Self::Binding => "b24b_",
            Self::PageSession => "b24p_",
        }
    }
}

/// A random value of 256 bits with the prefix of its kind.
#[derive(Debug, Clone)]
pub(super) struct SecretValue(SecretString);

/// The system has no random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system returns no random numbers")]
pub struct NoRandomNumbers;

impl SecretValue {
    /// Makes a new value.
    ///
    /// # Errors
    /// [`NoRandomNumbers`].
    pub(super) fn random(kind: Kind) -> Result<Self, NoRandomNumbers> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| NoRandomNumbers)?;
        let text = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(bytes));
        Ok(Self(text.into()))
    }

    /// Reads a value of `kind` that a client sent. `None` for text that cannot be one.
    pub(super) fn read(kind: Kind, text: &str) -> Option<Self> {
        let random = text.strip_prefix(kind.prefix())?;
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (random.len() == RANDOM_CHARACTERS && random.bytes().all(is_base64)).then(|| Self(text.into()))
    }

    /// The text that the client or the browser gets.
    pub(super) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The digest that the store keeps.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(self.expose())
    }
}

/// The SHA-256 digest of a random value. The value has 256 random bits, so nobody finds it from the digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    fn of(text: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
        Self(bytes)
    }

    /// The digest that the store kept as `bytes`.
    pub(super) fn stored(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, as the store keeps them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n81_values_of_other_kinds_and_other_forms_are_not_read() {
        let token = SecretValue::random(Kind::AccessToken).unwrap();
        let text = token.expose().to_owned();
        let read = SecretValue::read(Kind::AccessToken, &text).unwrap();
        assert_eq!(read.digest(), token.digest());
        for kind in [Kind::RefreshToken, Kind::Code, Kind::State, Kind::PageSession] {
            assert!(SecretValue::read(kind, &text).is_none(), "{kind:?}");
        }
        for wrong in [
            "",
            "b24a_",
            text.get(1..).unwrap(),
            text.get(..text.len() - 1).unwrap(),
            &format!("{text}A"),
            &text.replace("b24a_", "B24A_"),
        ] {
            assert!(SecretValue::read(Kind::AccessToken, wrong).is_none(), "{wrong}");
        }
        let other = SecretValue::random(Kind::AccessToken).unwrap();
        assert_ne!(other.digest(), token.digest());
        assert!(!format!("{token:?}{:?}", token.digest()).contains("b24a_"));
    }
}
