//! The byte order mark that a settings file may begin with.

/// What editors and shells on Windows put before UTF-8.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// The marks that a text begins with, and the rest of it. Editors and shells may each put a mark there.
pub(super) fn split(text: &str) -> (&str, &str) {
    let rest = text.trim_start_matches(BYTE_ORDER_MARK);
    (text.strip_suffix(rest).unwrap_or_default(), rest)
}

/// What becomes of a settings file that begins with a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrderMark {
    Read,
    /// Some versions refuse it.
    Doubtful,
    /// It is no JSON to the client, which then has no servers at all.
    Refused,
}
