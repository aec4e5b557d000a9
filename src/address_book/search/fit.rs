//! How well a contact fits a question, word by word. Pure.
//!
//! Every word of the question must be found somewhere: in the name, in the local part of the address, or as the company
//! in its domain. A patronymic may be missing. Initials alone fit nobody. A fit is certain if each word is the same, as
//! it is written or in another script, or if all are [declined](super::declension). Else it is similar; so it is if
//!
//! - an initial is missing, or one word beside two that are in the name;
//! - a patronymic is missing that may be a surname: Роман Абрамович is not Роман Сидоров;
//! - a company, or an address, stands where the name has another word: Anna Weber is not Anna Klein of weber.example,
//!   unless the company is asked for as one (`Anna at Weber`);
//! - the company's name stands before another domain, where its owner may write any name (`contoso.evil.example`);
//! - the question was typed without a space, and its parts are in the name in another order (林李 is not 李林);
//! - two words are one in the question or the contact, and one is an initial, or the contact has a name;
//! - the name is a list of more than [`LONGEST_NAME`] other words, in which any name may be found.

use std::cmp::Reverse;

use super::declension::{Forms, is_surely_declined, nominatives};
use super::joined::Joined;
use super::likeness::Likeness;
use super::spelling::Word;
use super::texts::{Bearer, Known};
use super::{Fit, Why};

/// A question as words, by one keyboard layout.
#[derive(Debug, Clone)]
pub(in crate::address_book) struct Reading {
    pub(in crate::address_book) words: Vec<Word>,
    /// The place of the first word that is said to be a company's (`Anna at Contoso`).
    pub(super) company_from: usize,
    pub(in crate::address_book) is_other_layout: bool,
    /// True if the words are separated at other places than the question was.
    pub(super) has_other_borders: bool,
}

/// Where a word of the question was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Name(usize),
    Local(usize),
    Company(usize),
    Subdomain(usize),
}

impl Place {
    /// The number of a word of the name.
    fn word_of(self, bearer: Bearer<'_>) -> Option<&u32> {
        match self {
            Self::Name(at) => bearer.name.get(at),
            _ => None,
        }
    }

    /// Points that a word loses there; the name says most.
    fn cost(self) -> i32 {
        match self {
            Self::Name(_) => 0,
            Self::Local(_) => 4,
            Self::Company(_) | Self::Subdomain(_) => 8,
        }
    }
}

impl Reading {
    /// How well `bearer` fits; `None` if somebody else is meant.
    pub(in crate::address_book) fn fit(&self, bearer: Bearer<'_>, known: &impl Known) -> Option<Fit> {
        if self.words.is_empty() {
            return None;
        }
        let fit = self
            .fit_by_words(bearer, known)
            .into_iter()
            .chain(self.fit_by_joined_words(bearer, known));
        fit.min_by_key(|fit| (fit.why, -fit.points))
    }

    fn fit_by_words(&self, bearer: Bearer<'_>, known: &impl Known) -> Option<Fit> {
        let found = self.found_in(bearer, known)?;
        let in_name = || found.places.iter().filter(|place| matches!(place, Place::Name(_)));
        let in_order = in_name().zip(in_name().skip(1)).all(|(one, next)| one < next);
        let of_name = in_name().count();
        let initials = bearer.name.iter().filter(|word| known.is_initial(**word)).count();
        let left_over = bearer.name.len().saturating_sub(of_name);
        let has_another_word = left_over > initials;
        let stands_for_a_word = of_name < 2 && has_another_word && found.elsewhere > 0;
        let is_nobody = of_name == 0 && (!bearer.name.is_empty() || found.is_company_alone);
        let is_a_list = left_over > LONGEST_NAME;
        let is_other_order = self.has_other_borders && !in_order && found.worst == Likeness::Same;
        let is_in_full = left_over == 0 && (in_order || initials < 2);
        let is_by_initials = !is_in_full && self.words.iter().any(|word| word.is_initial);
        // 高 is another surname than 高橋.
        let is_syllable = |number: &u32| {
            let word = known.word(*number);
            word.is_some_and(|word| !word.is_initial && word.plain().chars().count() == 1)
        };
        let is_of_one_syllable =
            left_over > 0 && of_name == 1 && in_name().filter_map(|place| place.word_of(bearer)).all(is_syllable);
        let is_similar = found.is_incomplete
            || is_by_initials
            || is_of_one_syllable
            || (found.has_no_patronymic && of_name < 2)
            || stands_for_a_word
            || is_nobody
            || is_a_list
            || is_other_order;
        let is_whole = left_over == 0 && !found.has_no_patronymic && in_order && of_name == self.words.len();
        let agrees = matches!(found.worst, Likeness::Declined(_))
            && !is_similar
            && of_name > 1
            && !self.is_other_layout
            && !found.forms.is_empty();
        let of_person = self.words.iter().take(self.company_from).map(Word::plain);
        let why = match found.worst {
            _ if agrees && is_surely_declined(of_person) => Why::Declined,
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
        // Beside Александра Волкова, Александр Волков stays: the question may be his genitive. Beside Катя, Екатерина
        // stays, and beside a person called Contoso, people of that company.
        let is_in_name = matches!(found.places.as_slice(), [Place::Name(_)]);
        let is_other_form = !is_a_list && matches!(found.worst, Likeness::SoundsHere | Likeness::ShortForm);
        let is_rival = agrees
            || (self.words.len() == 1 && is_in_name && is_other_form)
            || (found.is_company_alone && found.worst.is_the_word());
        let is_needed = |number: &&u32| !known.is_initial(**number) && !known.is_patronymic(**number);
        let needed = bearer.name.iter().filter(is_needed).count();
        let of_needed = in_name()
            .filter_map(|place| place.word_of(bearer))
            .filter(is_needed)
            .count();
        let is_whole_name = !found.is_incomplete
            && of_name == self.words.len()
            && needed == of_needed
            && found.worst <= Likeness::Mistyped(1);
        Some(Fit {
            why,
            points,
            is_rival,
            is_whole_name,
        })
    }

    /// How many words of the question a contact may lack, if it has two others in full.
    pub(in crate::address_book) fn may_be_missing(&self) -> usize {
        usize::from(self.words.iter().filter(|word| !word.is_initial).count() >= 3)
    }

    /// Finds every word; `None` if too little is found for anybody to be meant.
    fn found_in(&self, bearer: Bearer<'_>, known: &impl Known) -> Option<Found> {
        let mut found = Found {
            forms: Forms::ALL,
            ..Found::default()
        };
        let (mut whole, mut missing) = (0, 0);
        for (at, word) in self.words.iter().enumerate() {
            let is_company = at >= self.company_from;
            let Some((likeness, place)) = best_place(at, word, bearer, &found.places, known, is_company) else {
                if word.is_initial {
                    found.is_incomplete = true;
                } else if is_patronymic_in_any_case(word) && !bearer.name.iter().any(|word| known.is_patronymic(*word))
                {
                    found.has_no_patronymic = true;
                } else {
                    missing += 1;
                    found.is_incomplete = true;
                    if missing > self.may_be_missing() {
                        return None;
                    }
                }
                continue;
            };
            let is_whole = !word.is_initial && likeness.is_the_word() && matches!(place, Place::Name(_));
            whole += usize::from(is_whole);
            found.has_a_word |= !word.is_initial && likeness != Likeness::Initial;
            let is_the_company = is_company && matches!(place, Place::Company(_));
            // A stranger may write any company into a name or an address.
            found.is_incomplete |= is_company && !is_the_company;
            found.elsewhere += usize::from(!matches!(place, Place::Name(_)) && !is_the_company);
            found.points += likeness.points() - place.cost();
            found.worst = found.worst.max(likeness);
            found.forms = found.forms.and(match (likeness, place) {
                (Likeness::Declined(forms), _) => forms,
                (_, Place::Name(_)) => Forms::of_nominative(word.plain()),
                _ => Forms::ALL,
            });
            found.places.push(place);
        }
        found.is_company_alone = found
            .places
            .iter()
            .all(|place| matches!(place, Place::Company(_) | Place::Subdomain(_)));
        found.is_incomplete |= found.places.iter().any(|place| matches!(place, Place::Subdomain(_)));
        found.points /= i32::try_from(self.words.len()).unwrap_or(i32::MAX);
        // Initials alone are anybody's.
        let is_enough = found.has_a_word && (missing == 0 || (missing == 1 && whole >= 2));
        is_enough.then_some(found)
    }

    /// Names that are written as one word in an address, or were in the question: ivanpetrov, jsmith.
    fn fit_by_joined_words(&self, bearer: Bearer<'_>, known: &impl Known) -> Option<Fit> {
        let joined = match (self.words.len(), bearer.local, bearer.name) {
            (2, [together], _) => known.are_in_one(*together),
            (1, local, name) => [name, local]
                .into_iter()
                .filter_map(|words| match words {
                    [one, two] => known.is_two(*one, *two),
                    _ => None,
                })
                .max(),
            _ => None,
        }?;
        // Paulina is no Paul Ina.
        let are_long = self.words.iter().all(|word| word.plain().chars().count() >= LONG_NAME);
        let is_sure = joined == Joined::Whole && are_long && bearer.name.is_empty() && !self.is_other_layout;
        let why = if is_sure { Why::Words } else { Why::Similar };
        Some(Fit {
            why,
            points: 80,
            is_rival: false,
            is_whole_name: false,
        })
    }
}

/// Letters of first and last name at least, for an address in which they are one word to be sure.
const LONG_NAME: usize = 4;
/// Words that a name may have beside those that were asked for; with more it is a list.
pub(super) const LONGEST_NAME: usize = 4;

/// Where the words of a question are in a contact.
#[derive(Debug, Default)]
struct Found {
    places: Vec<Place>,
    points: i32,
    worst: Likeness,
    /// The genders and cases in which all words agree.
    forms: Forms,
    /// How many words were found outside the name, a company that was asked for as one aside.
    elsewhere: usize,
    has_a_word: bool,
    has_no_patronymic: bool,
    is_company_alone: bool,
    /// True if a word or an initial is missing.
    is_incomplete: bool,
}

/// The word of the contact that is most like the question's word at `at`, without those already `taken`; of equals the
/// first.
fn best_place<'a>(
    at: usize,
    word: &Word,
    bearer: Bearer<'a>,
    taken: &[Place],
    known: &impl Known,
    is_company: bool,
) -> Option<(Likeness, Place)> {
    type Places = fn(usize) -> Place;
    let parts = [
        (bearer.name, Place::Name as Places),
        (bearer.local, Place::Local),
        (bearer.company, Place::Company),
        (bearer.subdomains, Place::Subdomain),
    ];
    let places =
        |(words, place): (&'a [u32], Places)| words.iter().enumerate().map(move |(at, found)| (place(at), found));
    parts
        .into_iter()
        .flat_map(places)
        .filter(|(place, _)| !taken.contains(place))
        .filter_map(|(place, found)| {
            let likeness = match known.likeness(at, *found)? {
                // In an address, a letter stands for a name.
                _ if word.is_initial && matches!(place, Place::Local(_)) => Likeness::Initial,
                likeness => likeness,
            };
            // The words of an address that are in the name as well count once.
            let is_in_name =
                |number: &u32| known.likeness(at, *number).is_some_and(Likeness::is_the_word) && likeness.is_the_word();
            if matches!(place, Place::Local(_)) && !word.is_initial && bearer.name.iter().any(is_in_name) {
                return None;
            }
            // Initials do not count in a company, nor in an address beside a full name.
            let says_something = match place {
                Place::Name(_) => true,
                Place::Local(_) => word.is_initial || bearer.name.len() < 2,
                Place::Company(_) | Place::Subdomain(_) => false,
            };
            (likeness != Likeness::Initial || says_something).then_some((likeness, place))
        })
        .max_by_key(|(likeness, place)| {
            let is_the_company = is_company && matches!(place, Place::Company(_)) && likeness.is_the_word();
            (is_the_company, likeness.points() - place.cost(), Reverse(*place))
        })
}

/// True for a word that ends like a patronymic.
pub(in crate::address_book) fn is_patronymic(word: &Word) -> bool {
    ends_like_patronymic(word.plain())
}

/// True for a word of a question that is a patronymic, or a declined one.
pub(in crate::address_book) fn is_patronymic_in_any_case(word: &Word) -> bool {
    is_patronymic(word)
        || nominatives(word.plain())
            .iter()
            .any(|known| ends_like_patronymic(&known.text))
}

fn ends_like_patronymic(plain: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "ович",
        "евич",
        "ёвич",
        "ьич",
        "овна",
        "евна",
        "ична",
        "йович",
        "івна",
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
    ENDINGS.iter().any(|ending| plain.ends_with(ending)) && plain.chars().count() > 6
}
