//! Declined names: the nominatives that a Russian or Ukrainian word may be a declined form of. Pure.
//!
//! A name is often declined in a question (`Анне Ковалёвой`), and hardly ever in a contact. So a word of the question
//! may mean each of its [`nominatives`]. The words of one name agree in gender and case: Анне Ковалёвой is a case of
//! Анна Ковалёва, but Анне Ковалёву is not a case of any name.
//!
//! Many forms belong to two names: Александра Волкова is a woman's nominative, or the genitive of Александр Волков;
//! Александру Волкову is his dative, or her accusative. A fit is certain only if [no other name](is_certainly_declined)
//! is possible.
//!
//! The endings are data ([`ENDINGS`]). They also make nominatives that are no names (Анн for Анна). These do no harm,
//! since only names in the book count.

mod known;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt};

use super::patronymic;
use super::spelling::is_cyrillic;

/// The table of endings. `endings.py`, in the same folder, writes it and names the sources and licences.
const ENDINGS: &str = include_str!("declension/endings.tsv");
/// Letters of the longest ending.
const LONGEST_ENDING: usize = 5;
/// The most nominatives of a word; those of shorter endings are left out.
const MAX_NOMINATIVES: usize = 12;

/// A set of grammatical forms that a word may have: pairs of a gender and a case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::address_book) struct Forms(u16);

impl Forms {
    const NONE: Self = Self(0);
    /// The nominative of a man's name.
    const MASCULINE_NOMINATIVE: Self = Self(1);
    /// The nominative of a woman's name.
    const FEMININE_NOMINATIVE: Self = Self(Self::MASCULINE_NOMINATIVE.0 << Self::CASES);
    const NOMINATIVE: Self = Self(Self::MASCULINE_NOMINATIVE.0 | Self::FEMININE_NOMINATIVE.0);
    /// The nominatives and the vocatives.
    const NOMINATIVE_AND_VOCATIVE: Self = Self(Self::NOMINATIVE.0 | Self::NOMINATIVE.0 << (Self::CASES - 1));
    /// All cases of a man's name.
    const MASCULINE: Self = Self((1 << Self::CASES) - 1);
    /// All cases of a woman's name.
    const FEMININE: Self = Self(Self::MASCULINE.0 << Self::CASES);
    pub(super) const ALL: Self = Self((1 << (2 * Self::CASES)) - 1);
    const CASES: u16 = 7;

    /// The forms in a row of the table: the letters of a man's cases, and of a woman's.
    fn of_row(masculine: &str, feminine: &str) -> Self {
        let bits = |cases: &str| {
            let at = cases.chars().filter_map(|case| "ngdailv".find(case));
            at.fold(0, |bits, at| bits | (1 << at))
        };
        Self(bits(masculine) | (bits(feminine) << Self::CASES))
    }

    /// The forms that are in both sets.
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The forms that are in either set.
    pub(in crate::address_book) fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True if the set has no forms.
    pub(super) fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// The forms that are spelt like this nominative: also the vocative, and all cases of a name that is not declined,
    /// such as a woman's name that ends in a consonant.
    pub(super) fn of_nominative(plain: &str) -> Self {
        let is_never_declined = |letter: char| !is_cyrillic(letter) || "еиоуэюыіїє".contains(letter);
        match plain.chars().next_back() {
            Some('х') if plain.ends_with("ых") || plain.ends_with("их") => Self::ALL,
            Some('а' | 'я') => Self::NOMINATIVE_AND_VOCATIVE,
            Some(last) if is_never_declined(last) => Self::ALL,
            _ => Self::NOMINATIVE_AND_VOCATIVE.or(Self::FEMININE),
        }
    }
}

/// A nominative of a declined word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Nominative {
    /// In lower case, plain.
    pub(super) text: String,
    /// The genders and cases that the declined word may have; never the nominative.
    pub(super) forms: Forms,
}

/// The ending of a nominative, and the forms in which a declined ending replaces it.
#[derive(Debug)]
struct Row {
    nominative: &'static str,
    forms: Forms,
}

/// The rows of the table by the ending of the declined word.
static ROWS: LazyLock<HashMap<&str, Vec<Row>>> = LazyLock::new(|| {
    let mut rows: HashMap<&str, Vec<Row>> = HashMap::with_capacity(256);
    for line in ENDINGS.lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (declined, nominative) = (column(), column());
        let forms = Forms::of_row(column(), column());
        rows.entry(declined).or_default().push(Row { nominative, forms });
    }
    rows
});

/// The nominatives that a plain word of a question may be a declined form of, those of longer endings first. The word
/// itself is not one of the results.
pub(super) fn nominatives(plain: &str) -> Vec<Nominative> {
    let mut found: Vec<Nominative> = Vec::new();
    if !plain.chars().next_back().is_some_and(is_cyrillic) {
        return found;
    }
    let letters = plain.chars().count();
    let stems = plain.char_indices().map(|(at, _)| at);
    for at in stems.skip(letters.saturating_sub(LONGEST_ENDING).max(1)) {
        let Some((stem, ending, rows)) = plain
            .split_at_checked(at)
            .and_then(|(stem, ending)| Some((stem, ending, ROWS.get(ending)?)))
        else {
            continue;
        };
        for row in rows.iter().filter(|row| may_follow(stem, ending, row.nominative)) {
            let text = format!("{stem}{}", row.nominative);
            if let Some(known) = found.iter_mut().find(|known| known.text == text) {
                known.forms = known.forms.or(row.forms);
            } else if found.len() < MAX_NOMINATIVES {
                found.push(Nominative { text, forms: row.forms });
            }
        }
    }
    // Юлию is not a case of a man's name, although Илью is.
    for known in &mut found {
        known.forms = known.forms.and(gender_of(&known.text).unwrap_or(Forms::ALL));
    }
    found.retain(|known| !known.forms.is_empty());
    found
}

/// True if Russian or Ukrainian spelling allows both endings after the stem.
fn may_follow(stem: &str, declined: &str, nominative: &str) -> bool {
    const VOWELS: &str = "аеиоуыэюяіїє";
    const HISSING: &str = "жчшщц";
    let Some(last) = stem.chars().next_back() else {
        return false;
    };
    let is_vowel = VOWELS.contains(last);
    match nominative.chars().next() {
        // Лёве is a case of Лёва, and Льве of Лев.
        None if stem == "лев" => false,
        // The stem must have a vowel, as in Ян.
        None => !is_vowel && stem.chars().any(|letter| VOWELS.contains(letter)),
        Some('й') => is_vowel,
        Some('ь') => !is_vowel && !"ьйгкх".contains(last),
        // Сашей, but Анной.
        Some('а') if declined.starts_with('е') && declined.chars().count() > 1 => HISSING.contains(last),
        Some('а' | 'о' | 'ы') => !is_vowel && !"ьй".contains(last),
        Some('я') => !"гкх".contains(last) && !HISSING.contains(last),
        Some(_) => true,
    }
}

/// True if plain words that are a declined name cannot be another name: neither a name in the nominative, nor a case of
/// both a man's name and a woman's (Валентину Бурову).
pub(super) fn is_certainly_declined<'a>(words: impl Iterator<Item = &'a str> + Clone) -> bool {
    let nominative = words
        .clone()
        .map(possible_nominatives)
        .fold(Forms::NOMINATIVE, Forms::and);
    let is_nominative = nominative != Forms::NONE && words.clone().any(may_be_first_name);
    let forms = words.map(possible_forms).fold(Forms::ALL, Forms::and);
    let is_of_both = [Forms::MASCULINE, Forms::FEMININE]
        .iter()
        .all(|gender| forms.and(*gender) != Forms::NONE);
    !is_nominative && !is_of_both
}

/// The forms of men's and women's names that a word may be. Men's names in -а and -я are left out: they are spelt like
/// women's.
fn possible_forms(plain: &str) -> Forms {
    let nominatives = nominatives(plain);
    let known = nominatives.iter().find(|known| gender_of(&known.text).is_some());
    let known = known.map(|known| known.forms);
    known.unwrap_or_else(|| {
        let forms = nominatives.iter().map(|known| match known.text.ends_with(['а', 'я']) {
            true => known.forms.and(Forms::FEMININE),
            false => known.forms,
        });
        let unchanged = match possible_nominatives(plain) {
            Forms::NONE | Forms::MASCULINE_NOMINATIVE => Forms::NONE,
            _ => Forms::of_nominative(plain),
        };
        forms.fold(unchanged, Forms::or)
    })
}

/// All cases of the gender that a name in the nominative certainly has; `None` if the gender is not certain.
fn gender_of(nominative: &str) -> Option<Forms> {
    if known::MEN.contains(&nominative)
        || known::MOSTLY_MEN.contains(&nominative)
        || patronymic::is_of_a_man(nominative)
    {
        Some(Forms::MASCULINE)
    } else if known::WOMEN.contains(&nominative) || patronymic::is_of_a_woman(nominative) {
        Some(Forms::FEMININE)
    } else {
        None
    }
}

/// The fewest letters of a word whose ending shows its gender and case.
const SHORTEST: usize = 5;

/// Which nominatives a name with one of these endings may be: none, a man's or a woman's. The last two lines of the
/// first group are endings of declined patronymics.
const GENDERS_BY_ENDING: &[(Forms, &str)] = &[
    (
        Forms::NONE,
        "ого ому ему овым евым иным ским цким ову еву ину ыну ове еве ую юю ою ею ові еві єві ої ом еем ием ієм аєм ии ії \
         ича ичу ичем иче овны евны ичны овне евне ичне овну евну ичну овной евной ичной \
         івни івні івну івною ївни ївні ївну ївною",
    ),
    (Forms::MASCULINE_NOMINATIVE, "ой ий ый"),
    (Forms::FEMININE_NOMINATIVE, "ова ева ина ына ская цкая ська цька е"),
];

/// The nominatives that a word may be: a man's, a woman's, both, or none.
fn possible_nominatives(plain: &str) -> Forms {
    let is_known = |known: &Nominative| {
        let may_be_feminine = plain.ends_with(['а', 'я']) && known::MOSTLY_MEN.contains(&known.text.as_str());
        !may_be_feminine && gender_of(&known.text).is_some()
    };
    if !ends_with_any(plain, "о тру дру") && nominatives(plain).iter().any(is_known) {
        // Анне, Марие and Анни are names in other languages.
        let is_foreign = ends_with_any(plain, "не ие нни");
        return if is_foreign {
            Forms::FEMININE_NOMINATIVE
        } else {
            Forms::NONE
        };
    }
    if plain.chars().count() < SHORTEST {
        return Forms::NOMINATIVE;
    }
    let by_ending = GENDERS_BY_ENDING
        .iter()
        .find(|(_, endings)| ends_with_any(plain, endings));
    by_ending.map_or(Forms::NOMINATIVE, |(forms, _)| *forms)
}

/// False for endings that only surnames have. Александру and Корнелиу are Romanian first names.
fn may_be_first_name(plain: &str) -> bool {
    plain.chars().count() < SHORTEST || !ends_with_any(plain, "ой у ю") || ends_with_any(plain, "тру дру иу")
}

fn ends_with_any(plain: &str, endings: &str) -> bool {
    endings.split_whitespace().any(|ending| plain.ends_with(ending))
}
