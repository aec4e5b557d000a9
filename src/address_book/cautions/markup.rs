//! Links, markup, marks of chat templates and formulas in a name. Pure.

use super::{look, tables};

/// True if `name` has a link, markup or a mark of a chat template, or is a formula, also in look-alike letters and
/// signs (`＜ѕcript＞`).
pub(super) fn is_in(name: &str) -> bool {
    let may_be_formula = || start(name).starts_with(tables::BEFORE_FORMULAS);
    let has_other_signs = || !name.is_ascii() && name.contains(may_be_sign_of_ascii);
    // Every mark has one of these characters, and most names have none of them.
    if !name.bytes().any(tables::is_in_marks) && !may_be_formula() && !has_other_signs() {
        return false;
    }
    let has_any = |text: &str| tables::MARKS.iter().any(|mark| has_mark(text, mark)) || is_formula(text);
    has_any(&name.to_lowercase()) || (!name.is_ascii() && has_any(&look::in_ascii(name)))
}

/// True for a sign that may be another form of an ASCII sign; false for the dashes and quotes of ordinary names.
fn may_be_sign_of_ascii(character: char) -> bool {
    character > '\u{2AF}' && !matches!(character, '\u{2010}'..='\u{2027}' | '№') && !look::is_alphanumeric(character)
}

/// `text` without the quotes and blanks at its beginning.
fn start(text: &str) -> &str {
    text.trim_start_matches(['"', '\'', ' '])
}

/// True if `lower` has the mark, unless the mark only begins an address in angle brackets: `<svg@example.com>`.
fn has_mark(lower: &str, mark: &str) -> bool {
    let is_address = |text: &str| {
        let inside = text.split('>').next().unwrap_or(text);
        inside.contains('@') && !inside.contains(|c: char| c.is_whitespace() || matches!(c, '=' | '/' | '"' | '\''))
    };
    lower
        .match_indices(mark)
        .filter_map(|(at, _)| lower.get(at..))
        .any(|text| !text.starts_with('<') || !is_address(text))
}

/// True for `=HYPERLINK(` and `=cmd|`, and for `@SUM(` or `+cmd|`, which spreadsheets take for formulas too. False for
/// a telephone number.
fn is_formula(lower: &str) -> bool {
    const FUNCTIONS: &[&str] = &[
        "cmd",
        "dde",
        "hyperlink",
        "image",
        "importdata",
        "importxml",
        "sum",
        "webservice",
    ];
    let text = start(lower);
    let Some(rest) = text.strip_prefix(tables::BEFORE_FORMULAS) else {
        return false;
    };
    let after = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.');
    let function = rest.strip_suffix(after).unwrap_or_default();
    let is_called = after.starts_with(['(', '|']);
    is_called && !function.is_empty() && (text.starts_with('=') || FUNCTIONS.contains(&function))
}
