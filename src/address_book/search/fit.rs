//! How well a contact fits a reading of a question, word by word. Pure.
//!
//! Each word of the question should be found in the contact: in its name, in the local part of its address, or as the
//! company in its domain. A patronymic may be missing, an initial, or one word beside two that are in the name.
//! Initials alone fit no contact.
//!
//! A fit is certain if each word is the same, as it is written or in another script, or if all words are
//! [declined](super::declension). Any other fit is similar. A fit is also only similar if
//!
//! - an initial is missing, or a word beside two that are in the name;
//! - the question has an initial, and it leaves out a word of the name, or differs in order from a name with two
//!   initials;
//! - only one word of the name is found, and it is a single syllable: 高 is another surname than 高橋;
//! - a patronymic is missing that may be a surname: Роман Абрамович is not Роман Сидоров;
//! - a word of the question is found only in the domain or the address, and the name has another word instead: Anna
//!   Weber is not Anna Klein of weber.example, unless the question says that Weber is a company (`Anna at Weber`);
//! - the company's name is a label before another domain, whose owner may write any name there
//!   (`contoso.evil.example`);
//! - the question was typed without a space, and its parts are in the name in another order (林李 is not 李林);
//! - two words are written as one in the question or the contact, unless both are whole, the words of the question have
//!   at least [`LONG_NAME`] letters each, and the contact has no name;
//! - the name has more than [`LONGEST_NAME`] other words, so that any name may be found in it.

use std::cmp::Reverse;

use super::contact_words::{BookWords, ContactWords, WordId};
use super::declension::{Forms, is_certainly_declined};
use super::joined::Joined;
use super::likeness::Likeness;
use super::reading::Reading;
use super::spelling::Word;
use super::verdict::{Fit, Standing, Why};

/// The most words that a name may have beside the words of the question; a name with more is a list.
pub(super) const LONGEST_NAME: usize = 4;
/// The fewest letters of first and last name, each, for a certain fit with an address that writes both as one word.
const LONG_NAME: usize = 4;
/// Points of a contact in which the question's two words are one word, or the question's one word is two.
const POINTS_OF_JOINED: i32 = 80;

/// Where in a contact a word of the question was found: the part, and the place in that part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Name(usize),
    Local(usize),
    Company(usize),
    Subdomain(usize),
}

impl Place {
    fn is_in_name(&self) -> bool {
        matches!(self, Self::Name(_))
    }

    /// The word of the name at this place; `None` for a place outside the name.
    fn word_of_name(self, contact: ContactWords<'_>) -> Option<&WordId> {
        match self {
            Self::Name(at) => contact.name.get(at),
            _ => None,
        }
    }

    /// Points that a word loses at this place: none in the name, which identifies a person best.
    fn cost(self) -> i32 {
        match self {
            Self::Name(_) => 0,
            Self::Local(_) => 4,
            Self::Company(_) | Self::Subdomain(_) => 8,
        }
    }
}

/// Where the words of a question were found in a contact, and how alike the words are.
#[derive(Debug, Default)]
struct Placement {
    /// The places of the words that were found, in the order of the question.
    places: Vec<Place>,
    /// The average over all words of the question; a missing word has none.
    points: i32,
    worst: Likeness,
    /// The genders and cases in which all words agree.
    forms: Forms,
    /// How many words were found outside the name, apart from words of a company that the question marks as one.
    elsewhere: usize,
    /// True if a word was found that is not an initial.
    has_a_word: bool,
    /// True if the question has a patronymic and the contact has none.
    lacks_patronymic: bool,
    /// True if every word was found only in the domain.
    is_company_alone: bool,
    /// True if a word or an initial is missing, or if a company was found elsewhere than as the domain's owner.
    is_incomplete: bool,
}

impl Placement {
    fn in_name(&self) -> impl Iterator<Item = &Place> + Clone {
        self.places.iter().filter(|place| place.is_in_name())
    }
}

/// How much of a contact's name a question covers.
struct NameCoverage {
    /// How many words of the name were found.
    found: usize,
    /// How many words of the name were not found.
    left_over: usize,
    /// How many initials the name has.
    initials: usize,
    /// True if the words found are in the name in the order of the question.
    is_in_order: bool,
    /// True if only one word of several in the name was found, and it is a single syllable: 高 is not 高橋.
    is_one_syllable: bool,
    /// True if all words of the name were found, apart from patronymics and initials.
    is_complete: bool,
}

impl NameCoverage {
    fn new(placement: &Placement, contact: ContactWords<'_>, book: &impl BookWords) -> Self {
        let places = placement.in_name();
        let words = places.clone().filter_map(|place| place.word_of_name(contact));
        let found = places.clone().count();
        let left_over = contact.name.len().saturating_sub(found);
        let is_syllable = |id: &WordId| {
            let word = book.word(*id);
            word.is_some_and(|word| !word.is_initial && word.plain().chars().count() == 1)
        };
        let is_needed = |id: &&WordId| !book.is_initial(**id) && !book.is_patronymic(**id);
        Self {
            found,
            left_over,
            initials: contact.name.iter().filter(|id| book.is_initial(**id)).count(),
            is_in_order: places.clone().zip(places.skip(1)).all(|(one, next)| one < next),
            is_one_syllable: left_over > 0 && found == 1 && words.clone().all(is_syllable),
            is_complete: contact.name.iter().filter(is_needed).count() == words.filter(is_needed).count(),
        }
    }

    /// True if the name is a list, in which any name may be found.
    fn is_list(&self) -> bool {
        self.left_over > LONGEST_NAME
    }
}

impl Reading {
    /// How well `contact` fits; `None` if the question means another person.
    pub(in crate::address_book) fn fit(&self, contact: ContactWords<'_>, book: &impl BookWords) -> Option<Fit> {
        if self.words.is_empty() {
            return None;
        }
        let by_words = self.fit_by_words(contact, book);
        let fits = by_words.into_iter().chain(self.fit_by_joined_words(contact, book));
        fits.min_by_key(|fit| fit.rank())
    }

    fn fit_by_words(&self, contact: ContactWords<'_>, book: &impl BookWords) -> Option<Fit> {
        let placement = self.place_words(contact, book)?;
        let name = NameCoverage::new(&placement, contact, book);
        let is_similar = self.is_only_similar(&placement, &name);
        let is_declined = matches!(placement.worst, Likeness::Declined(_))
            && !is_similar
            && name.found > 1
            && !self.is_other_layout
            && !placement.forms.is_empty();
        // Александр Волков stays beside Александра Волкова: the question may be his name in the genitive.
        let standing = if is_declined || self.is_as_likely_meant(&placement, &name) {
            Standing::Rival
        } else if self.is_whole_name(&placement, &name) {
            Standing::WholeName
        } else {
            Standing::Ordinary
        };
        Some(Fit {
            why: self.why(&placement, &name, is_similar, is_declined),
            points: placement.points
                - 2 * i32::from(placement.lacks_patronymic)
                - i32::from(!name.is_in_order)
                - i32::try_from(name.left_over).unwrap_or(9).min(9),
            standing,
        })
    }

    /// True if a reason in the module's list makes the fit similar, however alike the words are.
    fn is_only_similar(&self, placement: &Placement, name: &NameCoverage) -> bool {
        let has_another_word = name.left_over > name.initials;
        let stands_for_a_word = name.found < 2 && has_another_word && placement.elsewhere > 0;
        let is_nobody = name.found == 0 && (name.left_over > 0 || placement.is_company_alone);
        let is_other_order = self.has_other_borders && !name.is_in_order && placement.worst == Likeness::Same;
        let is_in_full = name.left_over == 0 && (name.is_in_order || name.initials < 2);
        let is_by_initials = !is_in_full && self.words.iter().any(|word| word.is_initial);
        placement.is_incomplete
            || is_by_initials
            || name.is_one_syllable
            || (placement.lacks_patronymic && name.found < 2)
            || stands_for_a_word
            || is_nobody
            || name.is_list()
            || is_other_order
    }

    fn why(&self, placement: &Placement, name: &NameCoverage, is_similar: bool, is_declined: bool) -> Why {
        let of_person = self.words.iter().take(self.company_from).map(Word::plain);
        let is_exact =
            name.left_over == 0 && !placement.lacks_patronymic && name.is_in_order && name.found == self.words.len();
        match placement.worst {
            _ if is_declined && is_certainly_declined(of_person) => Why::Declined,
            _ if is_similar || !placement.worst.is_the_word() => Why::Similar,
            _ if self.is_other_layout => Why::KeyboardLayout,
            Likeness::Same if is_exact => Why::ExactName,
            Likeness::Same => Why::Words,
            _ => Why::Transliterated,
        }
    }

    /// True if a similar contact is as likely meant as a certain one: Екатерина beside Катя, and the people of a
    /// company beside a person with the company's name.
    fn is_as_likely_meant(&self, placement: &Placement, name: &NameCoverage) -> bool {
        let is_in_name = matches!(placement.places.as_slice(), [Place::Name(_)]);
        let is_other_form = !name.is_list() && matches!(placement.worst, Likeness::SoundsHere | Likeness::ShortForm);
        (self.words.len() == 1 && is_in_name && is_other_form)
            || (placement.is_company_alone && placement.worst.is_the_word())
    }

    /// True if the question holds all words of the name, apart from patronymics and initials, and no others.
    fn is_whole_name(&self, placement: &Placement, name: &NameCoverage) -> bool {
        !placement.is_incomplete
            && name.found == self.words.len()
            && name.is_complete
            && placement.worst <= Likeness::Mistyped(1)
    }

    /// Finds each word of the question in the contact; `None` if too few are found for the contact to be meant.
    fn place_words(&self, contact: ContactWords<'_>, book: &impl BookWords) -> Option<Placement> {
        let mut placement = Placement {
            forms: Forms::ALL,
            ..Placement::default()
        };
        let (mut whole, mut missing) = (0, 0);
        for (at, word) in self.words.iter().enumerate() {
            let is_company = at >= self.company_from;
            let Some((likeness, place)) = best_place(at, word, contact, &placement.places, book, is_company) else {
                if word.is_initial {
                    placement.is_incomplete = true;
                } else if self.is_patronymic(at) && !contact.name.iter().any(|id| book.is_patronymic(*id)) {
                    placement.lacks_patronymic = true;
                } else {
                    missing += 1;
                    placement.is_incomplete = true;
                    if missing > self.may_be_missing() {
                        return None;
                    }
                }
                continue;
            };
            whole += usize::from(!word.is_initial && likeness.is_the_word() && place.is_in_name());
            placement.has_a_word |= !word.is_initial && likeness != Likeness::Initial;
            let is_the_company = is_company && matches!(place, Place::Company(_));
            // A stranger may write any company's name into a name or a local part.
            placement.is_incomplete |= is_company && !is_the_company;
            placement.elsewhere += usize::from(!place.is_in_name() && !is_the_company);
            placement.points += likeness.points() - place.cost();
            placement.worst = placement.worst.max(likeness);
            placement.forms = placement.forms.and(match (likeness, place) {
                (Likeness::Declined(forms), _) => forms,
                (_, Place::Name(_)) => Forms::of_nominative(word.plain()),
                _ => Forms::ALL,
            });
            placement.places.push(place);
        }
        let mut places = placement.places.iter();
        placement.is_company_alone = places.all(|place| matches!(place, Place::Company(_) | Place::Subdomain(_)));
        let mut places = placement.places.iter();
        placement.is_incomplete |= places.any(|place| matches!(place, Place::Subdomain(_)));
        placement.points /= i32::try_from(self.words.len()).unwrap_or(i32::MAX);
        // Initials alone fit no contact.
        let is_enough = placement.has_a_word && (missing == 0 || (missing == 1 && whole >= 2));
        is_enough.then_some(placement)
    }

    /// The fit of a contact whose first and last name are one word in its address or in the question: ivanpetrov,
    /// jsmith.
    fn fit_by_joined_words(&self, contact: ContactWords<'_>, book: &impl BookWords) -> Option<Fit> {
        let joined = match (self.words.len(), contact.local, contact.name) {
            (2, [together], _) => book.joins_question(*together),
            (1, local, name) => [name, local]
                .into_iter()
                .filter_map(|words| match words {
                    [one, two] => book.joined_in_question(*one, *two),
                    _ => None,
                })
                .max(),
            _ => None,
        }?;
        // Paulina is not Paul Ina.
        let are_long = self.words.iter().all(|word| word.plain().chars().count() >= LONG_NAME);
        let is_certain = joined == Joined::Whole && are_long && contact.name.is_empty() && !self.is_other_layout;
        Some(Fit {
            why: if is_certain { Why::Words } else { Why::Similar },
            ..Fit::similar(POINTS_OF_JOINED)
        })
    }
}

/// The likeness and the place of the contact's word that is most like the question's word at `at`; of equal words the
/// first. Words at the places in `taken` do not count.
fn best_place<'a>(
    at: usize,
    word: &Word,
    contact: ContactWords<'a>,
    taken: &[Place],
    book: &impl BookWords,
    is_company: bool,
) -> Option<(Likeness, Place)> {
    type Places = fn(usize) -> Place;
    let parts = [
        (contact.name, Place::Name as Places),
        (contact.local, Place::Local),
        (contact.company, Place::Company),
        (contact.subdomains, Place::Subdomain),
    ];
    let places =
        |(words, place): (&'a [WordId], Places)| words.iter().enumerate().map(move |(at, found)| (place(at), found));
    parts
        .into_iter()
        .flat_map(places)
        .filter(|(place, _)| !taken.contains(place))
        .filter_map(|(place, found)| {
            let likeness = match book.likeness(at, *found)? {
                // A single letter in a local part is an initial.
                _ if word.is_initial && matches!(place, Place::Local(_)) => Likeness::Initial,
                likeness => likeness,
            };
            // A word that is in the local part and in the name counts once, in the name.
            let is_in_name =
                |id: &WordId| book.likeness(at, *id).is_some_and(Likeness::is_the_word) && likeness.is_the_word();
            if matches!(place, Place::Local(_)) && !word.is_initial && contact.name.iter().any(is_in_name) {
                return None;
            }
            // Initials do not count in a company, nor in a local part beside a full name.
            let may_have_initial = match place {
                Place::Name(_) => true,
                Place::Local(_) => word.is_initial || contact.name.len() < 2,
                Place::Company(_) | Place::Subdomain(_) => false,
            };
            (likeness != Likeness::Initial || may_have_initial).then_some((likeness, place))
        })
        .max_by_key(|(likeness, place)| {
            let is_the_company = is_company && matches!(place, Place::Company(_)) && likeness.is_the_word();
            (is_the_company, likeness.points() - place.cost(), Reverse(*place))
        })
}
