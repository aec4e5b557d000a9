//! The proof that a code is exchanged by the client that asked for it: PKCE (RFC 7636) by S256. Pure.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

/// True if `text` has the form of a code verifier: 43 to 128 letters, digits, or `-`, `.`, `_`, `~`.
pub(super) fn is_verifier(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(is_allowed)
}

/// True if `challenge` was made of `verifier`. The comparison takes the same time wherever they differ.
pub(super) fn proves(verifier: &str, challenge: &str) -> bool {
    let made = URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    made.as_bytes().ct_eq(challenge.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn n47_only_the_verifier_of_the_challenge_proves_it() {
        assert!(is_verifier(VERIFIER) && proves(VERIFIER, CHALLENGE));
        assert!(!proves(&VERIFIER.replace('d', "D"), CHALLENGE));
        assert!(!proves(VERIFIER, ""));
        assert!(!proves(VERIFIER, &CHALLENGE.replace('E', "e")));
        assert!(!proves(CHALLENGE, CHALLENGE), "the method `plain` is not accepted");
    }

    #[test]
    fn n47_a_verifier_has_43_to_128_characters_of_its_alphabet() {
        for (length, expected) in [(0, false), (42, false), (43, true), (128, true), (129, false)] {
            assert_eq!(is_verifier(&"a".repeat(length)), expected, "{length}");
        }
        for other in ["+", "/", "=", " ", "é", "\0"] {
            assert!(!is_verifier(&format!("{}{other}", "a".repeat(50))), "{other:?}");
        }
        assert!(is_verifier(&"-._~".repeat(20)));
    }
}
