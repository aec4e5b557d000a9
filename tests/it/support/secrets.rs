//! Searches text for a secret.

/// Asserts that `text` holds neither the secret nor eight characters of it in a row, in any letter case.
pub(crate) fn assert_without(secret: &str, text: &str, context: &str) {
    let folded = text.to_lowercase();
    for part in secret.to_lowercase().as_bytes().windows(8) {
        let part = std::str::from_utf8(part).unwrap();
        assert!(!folded.contains(part), "{context}: {part} of the secret is in\n{text}");
    }
}
