//! The endings of Russian and Ukrainian patronymics. Pure.

/// Endings of men's patronymics in the nominative, in plain Cyrillic letters.
const MEN: &[&str] = &["ович", "евич", "ьич"];
/// Endings of women's patronymics in the nominative, in plain Cyrillic letters.
const WOMEN: &[&str] = &["овна", "евна", "ична", "івна", "ївна"];
/// Endings of both in Latin letters.
const LATIN: &[&str] = &[
    "ovich", "evich", "ovych", "yovych", "ovna", "evna", "ivna", "owitsch", "owna",
];
/// The fewest letters of a patronymic.
const SHORTEST: usize = 7;

/// True if a plain Cyrillic word ends like a man's patronymic in the nominative.
pub(super) fn is_of_a_man(plain: &str) -> bool {
    MEN.iter().any(|ending| plain.ends_with(ending))
}

/// True if a plain Cyrillic word ends like a woman's patronymic in the nominative.
pub(super) fn is_of_a_woman(plain: &str) -> bool {
    WOMEN.iter().any(|ending| plain.ends_with(ending))
}

/// True if a plain word ends like a patronymic in the nominative. Some surnames, like Абрамович, do too.
pub(super) fn is_patronymic(plain: &str) -> bool {
    let is_latin = || LATIN.iter().any(|ending| plain.ends_with(ending));
    (is_of_a_man(plain) || is_of_a_woman(plain) || is_latin()) && plain.chars().count() >= SHORTEST
}
