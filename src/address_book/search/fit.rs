//! How well a contact fits a question, word by word. Pure.
//!
//! Every word of the question must be found somewhere: in the name, in the local part of the address, or as the company
//! in its domain. Only a patronymic may be missing, and initials alone are anybody's.

use super::likeness::{self, Likeness};
use super::spelling::{Word, words};
use super::{Fit, MAX_WORDS, Why};

/// A question as words, by one keyboard layout.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) words: Vec<Word>,
    pub(super) is_other_layout: bool,
}

/// A contact as the search sees it, read once for all questions.
#[derive(Debug, Clone)]
pub(in crate::address_book) struct Bearer {
    pub(super) address: String,
    name: Vec<Word>,
    local: Vec<Word>,
    company: Vec<Word>,
    /// True if the name is a name, not an address or nothing.
    has_name: bool,
}

impl Bearer {
    /// Reads a contact.
    pub(in crate::address_book) fn new(name: Option<&str>, email: &str) -> Self {
        let address = email.to_lowercase();
        let (local, domain) = address.split_once('@').unwrap_or((&address, ""));
        let name = name.unwrap_or_default();
        let is_no_name = name.is_empty() || name.contains('@') || name.eq_ignore_ascii_case(local);
        let labels: Vec<&str> = domain.split('.').collect();
        // The last label is no company, nor is the second of co.uk.
        let company = labels
            .iter()
            .rev()
            .skip(1)
            .filter(|label| label.chars().count() > 3 && !PROVIDERS.contains(label))
            .flat_map(|label| words(label))
            .collect();
        Self {
            name: if is_no_name { Vec::new() } else { bounded(words(name)) },
            local: bounded(words(&local.replace('_', " ")))
                .into_iter()
                .filter(|word| !word.plain.chars().all(|c| c.is_ascii_digit()))
                .collect(),
            company,
            has_name: !is_no_name,
            address,
        }
    }
}

/// A name has a handful of words; what has more is text.
fn bounded(mut words: Vec<Word>) -> Vec<Word> {
    words.truncate(3 * MAX_WORDS);
    words
}

/// Where everybody has an address.
const PROVIDERS: &[&str] = &[
    "gmail",
    "mail",
    "yandex",
    "outlook",
    "hotmail",
    "icloud",
    "yahoo",
    "googlemail",
    "inbox",
];

/// Where a word of the question was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Name(usize),
    Local(usize),
    Company(usize),
}

impl Place {
    /// The name says most.
    fn cost(self) -> i32 {
        match self {
            Self::Name(_) => 0,
            Self::Local(_) => 4,
            Self::Company(_) => 8,
        }
    }
}

impl Reading {
    /// How well `bearer` fits; `None` if somebody else is meant.
    pub(super) fn fit(&self, bearer: &Bearer) -> Option<Fit> {
        if self.words.is_empty() {
            return None;
        }
        let fit = self
            .fit_by_words(bearer)
            .into_iter()
            .chain(self.fit_by_joined_words(bearer));
        fit.min_by_key(|fit| (fit.why, -fit.points))
    }

    fn fit_by_words(&self, bearer: &Bearer) -> Option<Fit> {
        let mut taken: Vec<Place> = Vec::new();
        let mut points = 0;
        let mut worst = Likeness::Same;
        let mut missing = 0;
        let mut has_the_word = false;
        for word in &self.words {
            let Some((likeness, place)) = best_place(word, bearer, &taken) else {
                // Patronymics are left out as often as not.
                if !is_patronymic(word) || bearer.name.iter().any(is_patronymic) {
                    return None;
                }
                missing += 1;
                continue;
            };
            has_the_word |= !word.is_initial && likeness != Likeness::Initial;
            taken.push(place);
            points += likeness.points() - place.cost();
            worst = worst.max(likeness);
        }
        // Initials alone are anybody's.
        if taken.is_empty() || !has_the_word {
            return None;
        }
        let asked = i32::try_from(self.words.len()).unwrap_or(i32::MAX);
        points /= asked;
        let is_in_name = taken.iter().any(|place| matches!(place, Place::Name(_)));
        // A strange address is somebody's alias more often than a person of that name.
        let is_elsewhere = bearer.has_name && !is_in_name;
        let in_order = taken.windows(2).all(|pair| match pair {
            [Place::Name(one), Place::Name(two)] => one < two,
            _ => true,
        });
        let of_name = taken.iter().filter(|place| matches!(place, Place::Name(_))).count();
        let left_over = bearer.name.len().saturating_sub(of_name);
        points -= 2 * missing + i32::from(!in_order) + i32::try_from(left_over).unwrap_or(9).min(9);
        let is_whole = left_over == 0 && missing == 0 && in_order && of_name == self.words.len();
        let why = match worst {
            _ if is_elsewhere || !worst.is_the_word() => Why::Similar,
            _ if self.is_other_layout => Why::KeyboardLayout,
            Likeness::Same if is_whole => Why::ExactName,
            Likeness::Same => Why::Words,
            _ => Why::Transliterated,
        };
        Some(Fit { why, points })
    }

    /// Names that are written as one word in an address, or were in the question: ivanpetrov, jsmith.
    fn fit_by_joined_words(&self, bearer: &Bearer) -> Option<Fit> {
        let joined = |apart: &[Word], together: &[Word]| match (apart, together) {
            ([one, two], [together]) => joined(one, two, together).max(joined(two, one, together)),
            _ => None,
        };
        let joined = joined(&self.words, &bearer.local)
            .max(joined(&bearer.name, &self.words))
            .max(joined(&bearer.local, &self.words))?;
        let is_sure = joined == Joined::Whole && !bearer.has_name && !self.is_other_layout;
        let why = if is_sure { Why::Words } else { Why::Similar };
        Some(Fit { why, points: 80 })
    }
}

/// The best word of the contact that is not taken yet.
fn best_place(word: &Word, bearer: &Bearer, taken: &[Place]) -> Option<(Likeness, Place)> {
    let name = bearer
        .name
        .iter()
        .enumerate()
        .map(|(at, found)| (Place::Name(at), found));
    let local = bearer
        .local
        .iter()
        .enumerate()
        .map(|(at, found)| (Place::Local(at), found));
    let company = bearer
        .company
        .iter()
        .enumerate()
        .map(|(at, found)| (Place::Company(at), found));
    name.chain(local)
        .chain(company)
        .filter(|(place, _)| !taken.contains(place))
        .filter_map(|(place, found)| {
            let likeness = match likeness::of_words(word, found)? {
                // In an address, a letter stands for a name.
                _ if word.is_initial && matches!(place, Place::Local(_)) => Likeness::Initial,
                likeness => likeness,
            };
            // A company's or an address's initial says nothing.
            (likeness != Likeness::Initial || !matches!(place, Place::Company(_))).then_some((likeness, place))
        })
        .max_by_key(|(likeness, place)| likeness.points() - place.cost())
}

/// How two words are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Joined {
    /// One of them by its initial.
    ByInitial,
    /// Both of them whole.
    Whole,
}

/// How `together` is `one` and then `two` in one word.
fn joined(one: &Word, two: &Word, together: &Word) -> Option<Joined> {
    const SHORTEST: usize = 4;
    let spellings = |word: &Word| -> Vec<String> { word.keys.iter().chain([&word.plain]).cloned().collect() };
    let (ones, twos, whole) = (spellings(one), spellings(two), spellings(together));
    let first = |spelling: &str| spelling.chars().next().map(String::from).unwrap_or_default();
    let is_it = |joined: String| joined.chars().count() >= SHORTEST && whole.contains(&joined);
    let pairs = || ones.iter().flat_map(|one| twos.iter().map(move |two| (one, two)));
    if pairs().any(|(one, two)| is_it(format!("{one}{two}"))) {
        return Some(Joined::Whole);
    }
    let by_initial =
        pairs().any(|(one, two)| is_it(format!("{}{two}", first(one))) || is_it(format!("{one}{}", first(two))));
    by_initial.then_some(Joined::ByInitial)
}

fn is_patronymic(word: &Word) -> bool {
    const ENDINGS: &[&str] = &[
        "ович",
        "евич",
        "ёвич",
        "ьич",
        "овна",
        "евна",
        "ична",
        "йович",
        "ївна",
        "ovich",
        "evich",
        "ovych",
        "yovych",
        "ovna",
        "evna",
        "ivna",
        "owitsch",
        "owna",
    ];
    ENDINGS.iter().any(|ending| word.plain.ends_with(ending)) && word.plain.chars().count() > 6
}
