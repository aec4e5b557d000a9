//! All words of all pages. A text that one of the languages lacks does not compile.

mod english;
mod russian;

use super::language::Language;
use super::wording::Texts;

/// The words of the pages in `language`.
pub(super) fn of(language: Language) -> &'static Texts {
    match language {
        Language::English => &english::TEXTS,
        Language::Russian => &russian::TEXTS,
    }
}
