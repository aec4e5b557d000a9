//! How well a contact fits a question, word by word. Pure.
//!
//! Every word of the question must be found somewhere: in the name, in the local part of the address, or as the company
//! in its domain. A patronymic may be missing, and initials alone are anybody's. Whoever fits in another way is similar:
//!
//! - an initial is missing, or one word of those of whom two are in the name;
//! - a patronymic is missing that may be a surname: Роман Абрамович is not Роман Сидоров;
//! - a company, or an address, stands where the name has another word: Anna Weber is not Anna Klein of weber.example,
//!   unless the company is asked for as one (`Anna at Weber`);
//! - the name is a list of words, among which many names are.

use std::cmp::Reverse;

use super::likeness::{self, Likeness};
use super::spelling::{Word, words};
use super::{Fit, MAX_WORDS, Why};

/// A question as words, by one keyboard layout.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    pub(super) words: Vec<Word>,
    /// Words from here on are said to be a company's.
    pub(super) company_from: usize,
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
        // The last label is no company, nor is the second of co.uk.
        let labels = domain.rsplit('.').skip(1);
        let company = labels
            .filter(|label| label.chars().count() > 1 && !NO_COMPANIES.contains(label))
            .flat_map(words);
        Self {
            name: if is_no_name { Vec::new() } else { bounded(words(name)) },
            local: bounded(words(&local.replace('_', " ")))
                .into_iter()
                .filter(|word| !word.plain.chars().all(|c| c.is_ascii_digit()))
                .collect(),
            company: bounded(company.collect()),
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

/// Labels of domains where everybody has an address, and of endings in two parts.
const NO_COMPANIES: &[&str] = &[
    "ac",
    "co",
    "com",
    "edu",
    "gmail",
    "gmx",
    "googlemail",
    "gov",
    "hotmail",
    "icloud",
    "inbox",
    "live",
    "mail",
    "net",
    "org",
    "outlook",
    "proton",
    "protonmail",
    "rambler",
    "web",
    "yahoo",
    "yandex",
    "zoho",
];

/// Where a word of the question was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
        let found = self.found_in(bearer)?;
        let in_name = || found.places.iter().filter(|place| matches!(place, Place::Name(_)));
        let in_order = in_name().zip(in_name().skip(1)).all(|(one, next)| one < next);
        let of_name = in_name().count();
        let initials = bearer.name.iter().filter(|word| word.is_initial).count();
        let left_over = bearer.name.len().saturating_sub(of_name);
        let has_another_word = left_over > initials;
        let stands_for_a_word = of_name < 2 && has_another_word && found.elsewhere > 0;
        let is_nobody = of_name == 0 && (bearer.has_name || found.is_company_alone);
        let is_a_list = left_over > LONGEST_NAME;
        let is_similar = found.is_incomplete
            || (found.has_no_patronymic && of_name < 2)
            || stands_for_a_word
            || is_nobody
            || is_a_list;
        let is_whole = left_over == 0 && !found.has_no_patronymic && in_order && of_name == self.words.len();
        let why = match found.worst {
            _ if is_similar || !found.worst.is_the_word() => Why::Similar,
            _ if self.is_other_layout => Why::KeyboardLayout,
            Likeness::Same if is_whole => Why::ExactName,
            Likeness::Same => Why::Words,
            _ => Why::Transliterated,
        };
        let points = found.points
            - 2 * i32::from(found.has_no_patronymic)
            - i32::from(!in_order)
            - i32::try_from(left_over).unwrap_or(9).min(9);
        Some(Fit { why, points })
    }

    /// Finds every word; `None` if too little is found for anybody to be meant.
    fn found_in(&self, bearer: &Bearer) -> Option<Found> {
        let mut found = Found::default();
        let (mut whole, mut missing) = (0, 0);
        for (at, word) in self.words.iter().enumerate() {
            let Some((likeness, place)) = best_place(word, bearer, &found.places) else {
                if word.is_initial {
                    found.is_incomplete = true;
                } else if is_patronymic(word) && !bearer.name.iter().any(is_patronymic) {
                    found.has_no_patronymic = true;
                } else {
                    missing += 1;
                    found.is_incomplete = true;
                }
                continue;
            };
            let is_whole = !word.is_initial && likeness.is_the_word() && matches!(place, Place::Name(_));
            whole += usize::from(is_whole);
            found.has_a_word |= !word.is_initial && likeness != Likeness::Initial;
            let is_the_company = at >= self.company_from && matches!(place, Place::Company(_));
            found.elsewhere += usize::from(!matches!(place, Place::Name(_)) && !is_the_company);
            found.points += likeness.points() - place.cost();
            found.worst = found.worst.max(likeness);
            found.places.push(place);
        }
        found.is_company_alone = found.places.iter().all(|place| matches!(place, Place::Company(_)));
        found.points /= i32::try_from(self.words.len()).unwrap_or(i32::MAX);
        // Initials alone are anybody's.
        let is_enough = found.has_a_word && (missing == 0 || (missing == 1 && whole >= 2));
        is_enough.then_some(found)
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

/// More words beside those that were asked for are no name.
const LONGEST_NAME: usize = 4;

/// Where the words of a question are in a contact.
#[derive(Debug, Default)]
struct Found {
    places: Vec<Place>,
    points: i32,
    worst: Likeness,
    /// Words that are not in the name, without a company that was asked for as one.
    elsewhere: usize,
    has_a_word: bool,
    has_no_patronymic: bool,
    is_company_alone: bool,
    /// True if a word or an initial is missing.
    is_incomplete: bool,
}

/// The best word of the contact that is not taken yet; of equals the first.
fn best_place<'a>(word: &Word, bearer: &'a Bearer, taken: &[Place]) -> Option<(Likeness, Place)> {
    let placed = |words: &'a [Word], place: fn(usize) -> Place| {
        let words = words.iter().enumerate();
        words.map(move |(at, found)| (place(at), found))
    };
    placed(&bearer.name, Place::Name)
        .chain(placed(&bearer.local, Place::Local))
        .chain(placed(&bearer.company, Place::Company))
        .filter(|(place, _)| !taken.contains(place))
        .filter_map(|(place, found)| {
            let likeness = match likeness::of_words(word, found)? {
                // In an address, a letter stands for a name.
                _ if word.is_initial && matches!(place, Place::Local(_)) => Likeness::Initial,
                likeness => likeness,
            };
            // An initial says nothing of a company, nor of an address beside a whole name.
            let says_something = match place {
                Place::Name(_) => true,
                Place::Local(_) => word.is_initial || bearer.name.len() < 2,
                Place::Company(_) => false,
            };
            (likeness != Likeness::Initial || says_something).then_some((likeness, place))
        })
        .max_by_key(|(likeness, place)| (likeness.points() - place.cost(), Reverse(*place)))
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
