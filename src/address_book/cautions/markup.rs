//! Links, markup, marks of chat templates and formulas in a name. Pure.

use super::{look, tables};

/// True if `name` holds a link, markup or marks of a chat template, or is a formula; also in other forms of letters and
/// signs (`＜ѕcript＞`).
pub(super) fn is_in(name: &str) -> bool {
    let may_be_formula = || start(name).starts_with(tables::BEFORE_FORMULAS);
    let has_other_signs = || !name.is_ascii() && name.contains(may_be_sign_of_ascii);
    // Every mark has one of these, and most names have none.
    if !name.bytes().any(tables::is_in_marks) && !may_be_formula() && !has_other_signs() {
        return false;
    }
    let is_odd = |text: &str| tables::MARKS.iter().any(|mark| has_mark(text, mark)) || is_formula(text);
    is_odd(&name.to_lowercase()) || (!name.is_ascii() && is_odd(&look::in_ascii(name)))
}

/// True for a sign that may be one of ASCII in another form, apart from the dashes and quotes of ordinary names.
fn may_be_sign_of_ascii(character: char) -> bool {
    character > '\u{2AF}' && !matches!(character, '\u{2010}'..='\u{2027}' | '№') && !look::is_alphanumeric(character)
}

/// What follows the quotes before a name.
fn start(text: &str) -> &str {
    text.trim_start_matches(['"', '\'', ' '])
}

/// True if the mark is there, and is not how an address in angle brackets begins: `<svg@example.com>`.
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

/// `=HYPERLINK(`, `=cmd|`, and `@SUM(` or `+cmd|`, which spreadsheets take for formulas too. A telephone number is
/// none.
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
