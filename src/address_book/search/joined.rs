//! First and last name written as one word: ivanpetrov, jsmith. Pure.

use super::spelling::Word;

/// How two words are written as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::address_book) enum Joined {
    /// One of the two is only an initial: jsmith.
    ByInitial,
    /// Both are whole: johnsmith.
    Whole,
}

impl Joined {
    /// The fewest letters of the joined word.
    pub(in crate::address_book) const SHORTEST: usize = 4;

    /// How the word `together` is made of the two words, in any order; `None` if it is not.
    pub(in crate::address_book) fn of(one: &Word, two: &Word, together: &Word) -> Option<Self> {
        Self::in_order(one, two, together).max(Self::in_order(two, one, together))
    }

    fn in_order(one: &Word, two: &Word, together: &Word) -> Option<Self> {
        let is_it = |joined: &str| together.spellings().any(|whole| whole == joined);
        let mut joined = Self::spellings(one, two).filter(|(joined, _)| is_it(joined));
        joined.next().map(|(_, how)| how)
    }

    /// Every spelling of two words as one, `one` before `two`, with at least [`Joined::SHORTEST`] letters; spellings of
    /// both whole words come first.
    pub(in crate::address_book) fn spellings(one: &Word, two: &Word) -> impl Iterator<Item = (String, Self)> {
        let pairs = move || {
            one.spellings()
                .flat_map(move |one| two.spellings().map(move |two| (one, two)))
        };
        let first = |spelling: &str| spelling.chars().next().map(String::from).unwrap_or_default();
        let whole = pairs().map(|(one, two)| (format!("{one}{two}"), Self::Whole));
        let by_initial = pairs().flat_map(move |(one, two)| {
            [format!("{}{two}", first(one)), format!("{one}{}", first(two))].map(|joined| (joined, Self::ByInitial))
        });
        let joined = whole.chain(by_initial);
        joined.filter(|(joined, _)| joined.chars().count() >= Self::SHORTEST)
    }
}
