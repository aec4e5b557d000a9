//! The endings of Russian and Ukrainian patronymics. Pure.

/// Endings of men's patronymics in the nominative, in plain Cyrillic letters.
pub(super) const MEN: &[&str] = &["ович", "евич", "ьич"];
/// Endings of women's patronymics in the nominative, in plain Cyrillic letters.
pub(super) const WOMEN: &[&str] = &["овна", "евна", "ична", "івна", "ївна"];
/// Endings of both in Latin letters.
const LATIN: &[&str] = &[
    "ovich", "evich", "ovych", "yovych", "ovna", "evna", "ivna", "owitsch", "owna",
];
/// The fewest letters of a patronymic.
const SHORTEST: usize = 7;

/// True if a plain word ends like a patronymic in the nominative. Some surnames, like Абрамович, do too.
pub(super) fn is_patronymic(plain: &str) -> bool {
    let mut endings = [MEN, WOMEN, LATIN].into_iter().flatten();
    endings.any(|ending| plain.ends_with(ending)) && plain.chars().count() >= SHORTEST
}
