//! Two words written as one: ivanpetrov, jsmith. Pure.

use super::spelling::Word;

/// How two words are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::address_book) enum Joined {
    /// One of them is only an initial: jsmith.
    ByInitial,
    /// Both are whole: johnsmith.
    Whole,
}

impl Joined {
    /// Letters of the word in one at least.
    pub(in crate::address_book) const SHORTEST: usize = 4;

    /// How `together` is made of the two words, in any order; `None` if it is not.
    pub(in crate::address_book) fn of(one: &Word, two: &Word, together: &Word) -> Option<Self> {
        Self::in_order(one, two, together).max(Self::in_order(two, one, together))
    }

    fn in_order(one: &Word, two: &Word, together: &Word) -> Option<Self> {
        let is_it = |joined: &str| together.spellings().any(|whole| whole == joined);
        let mut joined = Self::spellings(one, two).filter(|(joined, _)| is_it(joined));
        joined.next().map(|(_, how)| how)
    }

    /// Every spelling of two words in one that is long enough, the whole ones first.
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
