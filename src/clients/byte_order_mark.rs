//! The byte order mark that a settings file may begin with, and which clients read such a file.

/// The character that some editors and shells on Windows put before UTF-8 text.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// The marks at the start of a text, and the rest of the text. There can be several: editors and shells may each add
/// one.
pub(super) fn split(text: &str) -> (&str, &str) {
    let rest = text.trim_start_matches(BYTE_ORDER_MARK);
    (text.strip_suffix(rest).unwrap_or_default(), rest)
}

/// Whether a client reads a settings file that begins with a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrderMark {
    /// The client reads the file.
    Read,
    /// Some versions of the client do not read the file.
    Doubtful,
    /// The client treats the file as invalid JSON and starts no server at all.
    Refused,
}
