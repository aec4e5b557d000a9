//! Drops the titles and degrees of people, which are no part of a name. Pure.
//!
//! `titles.txt` lists the titles by their place in a name and explains each place. A title that is also a name is
//! dropped only where it cannot be a name. At least one word of a name stays. Jr., III and the like are not titles,
//! since they distinguish father and son.

use std::sync::LazyLock;

use foldhash::HashMap;

use super::super::spelling::{ARABIC_ARTICLE, composed, is_border, split};

const TABLE: &str = include_str!("titles.txt");

/// A word, with how it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TypedWord {
    /// In lower case.
    pub(super) word: String,
    /// True if the first letter is a capital.
    pub(super) is_capital: bool,
    /// True if all letters are capitals.
    is_in_capitals: bool,
    /// True if the word's script has no capital letters.
    has_no_case: bool,
    is_before_dot: bool,
    is_after_comma: bool,
}

impl TypedWord {
    /// True for a word in small letters without a dot after it.
    pub(super) fn is_small_word(&self) -> bool {
        !self.is_capital && !self.is_before_dot
    }
}

/// The place of a title in a name; `titles.txt` explains each place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Before,
    Dotted,
    Small,
    After,
    Degree,
    Capitals,
    Comma,
    Inside,
}

impl Place {
    /// The place with this name in `titles.txt`; `None` if there is none.
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "before" => Self::Before,
            "dotted" => Self::Dotted,
            "small" => Self::Small,
            "after" => Self::After,
            "degree" => Self::Degree,
            "capitals" => Self::Capitals,
            "comma" => Self::Comma,
            "inside" => Self::Inside,
            _ => return None,
        })
    }
}

/// All titles.
struct Titles {
    /// Titles of whole words, by their first word, the longest first.
    by_word: HashMap<String, Vec<(Place, Vec<String>)>>,
    /// Titles that are written at the end of a word, each with the least number of letters before it.
    attached: Vec<(usize, &'static str)>,
}

static TITLES: LazyLock<Titles> = LazyLock::new(|| {
    let mut titles = Titles {
        by_word: HashMap::default(),
        attached: Vec::new(),
    };
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    for (kind, texts) in lines.filter_map(|line| line.split_once('\t')) {
        let texts = texts.split(',').map(str::trim);
        if kind == "attached" {
            let attached = texts.filter_map(|text| text.split_once(' '));
            let read = attached.filter_map(|(least, end)| Some((least.parse().ok()?, end)));
            titles.attached.extend(read);
        } else if let Some(place) = Place::named(kind) {
            for words in texts.map(split) {
                if let Some(first) = words.first() {
                    titles.by_word.entry(first.clone()).or_default().push((place, words));
                }
            }
        }
    }
    for titles in titles.by_word.values_mut() {
        titles.sort_by_key(|(_, words)| std::cmp::Reverse(words.len()));
    }
    titles
});

/// The words of a name in lower case, without titles and degrees.
pub(in crate::address_book::search) fn words_of_name(text: &str) -> Vec<String> {
    let mut words = typed(text);
    drop_titles(&mut words);
    words.into_iter().map(|typed| typed.word).collect()
}

/// The words of a text, each with how it was typed.
pub(super) fn typed(text: &str) -> Vec<TypedWord> {
    let text = composed(text);
    let mut typed: Vec<TypedWord> = Vec::new();
    let mut is_after_comma = false;
    for piece in text.split_inclusive(is_border) {
        let border = piece.chars().next_back().filter(|c| is_border(*c));
        for word in split(piece) {
            let has_no_case = !piece.chars().any(|c| c.is_lowercase() || c.is_uppercase());
            typed.push(TypedWord {
                word,
                is_capital: piece
                    .chars()
                    .find(|c| c.is_alphabetic())
                    .is_some_and(char::is_uppercase),
                is_in_capitals: !has_no_case && !piece.chars().any(char::is_lowercase),
                has_no_case,
                is_before_dot: border == Some('.'),
                is_after_comma,
            });
            is_after_comma = false;
        }
        is_after_comma |= matches!(border, Some(',' | '，' | '、' | '،'));
    }
    typed
}

/// Drops titles and degrees.
pub(super) fn drop_titles(words: &mut Vec<TypedWord>) {
    let titles = &*TITLES;
    drop_before(words, 0, titles);
    // `Klein, Dr. Anna`: a title after the comma.
    let comma = words.iter().skip(1).position(|typed| typed.is_after_comma);
    if let Some(at) = comma {
        drop_before(words, at + 1, titles);
    }
    drop_after(words, titles);
    drop_inside(words, titles);
    if let Some(last) = words.last_mut() {
        drop_attached(last, titles);
    }
}

/// Drops titles at `start` that have a word after them.
fn drop_before(words: &mut Vec<TypedWord>, start: usize, titles: &Titles) {
    while let Some(rest) = words.get(start..)
        && let Some(length) = titles.longest(rest, stands_before)
    {
        let is_after_comma = rest.first().is_some_and(|typed| typed.is_after_comma);
        words.drain(start..start + length);
        if let Some(next) = words.get_mut(start) {
            next.is_after_comma |= is_after_comma;
        }
    }
}

fn stands_before(place: Place, title: &[TypedWord], behind: &[TypedWord]) -> bool {
    // A comma after the word makes it a surname: `Herr, Lucy`.
    let Some(next) = behind.first().filter(|next| !next.is_after_comma) else {
        return false;
    };
    match place {
        Place::Before => true,
        Place::Dotted => title.last().is_some_and(|typed| typed.is_before_dot),
        Place::Small if next.has_no_case => behind.iter().filter(|typed| typed.word != ARABIC_ARTICLE).count() >= 2,
        Place::Small => next.is_capital && title.first().is_some_and(|typed| !typed.is_capital),
        _ => false,
    }
}

/// Drops titles and degrees from the end.
fn drop_after(words: &mut Vec<TypedWord>, titles: &Titles) {
    loop {
        let ends_here = |start: &usize| {
            let (before, rest) = words.split_at_checked(*start).unwrap_or_default();
            let stands = |place, title: &[TypedWord], behind: &[TypedWord]| {
                let least = match place {
                    Place::After => 1,
                    Place::Degree => 2,
                    Place::Capitals if is_in_capitals(title) && !is_in_capitals(before) => 2,
                    Place::Comma
                        if is_in_capitals(title) && title.first().is_some_and(|typed| typed.is_after_comma) =>
                    {
                        2
                    }
                    _ => return false,
                };
                behind.is_empty() && before.len() >= least
            };
            titles.longest(rest, stands).is_some()
        };
        let Some(start) = (1..words.len()).find(ends_here) else {
            return;
        };
        words.truncate(start);
    }
}

fn is_in_capitals(words: &[TypedWord]) -> bool {
    words.iter().all(|typed| typed.is_in_capitals)
}

/// Drops a word between two surnames of a person: née, geb.
fn drop_inside(words: &mut Vec<TypedWord>, titles: &Titles) {
    let stands = |place, _: &[TypedWord], behind: &[TypedWord]| place == Place::Inside && !behind.is_empty();
    let found = (1..words.len()).find_map(|at| Some((at, titles.longest(words.get(at..)?, stands)?)));
    if let Some((at, length)) = found {
        words.drain(at..at + length);
    }
}

/// Drops a title that is written at the end of a word.
fn drop_attached(last: &mut TypedWord, titles: &Titles) {
    if last.word.is_ascii() {
        return;
    }
    let kept = titles.attached.iter().filter_map(|(least, end)| {
        let kept = last.word.strip_suffix(end)?;
        (kept.chars().count() >= *least).then_some(kept.len())
    });
    if let Some(shortest) = kept.min() {
        last.word.truncate(shortest);
    }
}

impl Titles {
    /// The number of words of the longest title at the beginning of `words` for which `stands` returns true; `None` if
    /// `words` begin with no such title. `stands` receives the title's place, its words, and the words after it.
    fn longest(
        &self,
        words: &[TypedWord],
        stands: impl Fn(Place, &[TypedWord], &[TypedWord]) -> bool,
    ) -> Option<usize> {
        let known = self.by_word.get(&words.first()?.word)?;
        let fits = |(place, title): &&(Place, Vec<String>)| {
            words.split_at_checked(title.len()).is_some_and(|(begin, behind)| {
                begin.iter().map(|typed| &typed.word).eq(title) && stands(*place, begin, behind)
            })
        };
        known.iter().find(fits).map(|(_, title)| title.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_degrees_are_no_part_of_a_name() {
        for (text, expected) in [
            ("Miss Park", "park"),
            ("MR. PARK", "park"),
            ("Ing. Hinz", "hinz"),
            ("Dipl.-Ing. Karl Hinz", "karl hinz"),
            ("Prof. Dr. med. Anna Klein", "anna klein"),
            ("Prof.Dr.Klein", "klein"),
            ("Klein, Dr. Anna", "klein anna"),
            ("Herrn Dr. rer. nat. Müller", "müller"),
            ("г-н Петров", "петров"),
            ("г-ну Петрову", "петрову"),
            ("Уважаемый господин Петров", "петров"),
            ("к.т.н. Иван Петров", "иван петров"),
            ("шановна пані Олена", "олена"),
            ("Sra. García", "garcía"),
            ("Sr. García", "garcía"),
            ("pan Kowalski", "kowalski"),
            ("Szanowny Pan Kowalski", "kowalski"),
            ("Dott.ssa Rossi", "rossi"),
            ("Bapak Widodo", "widodo"),
            ("Malam Bello", "bello"),
            ("श्री शर्मा", "शर्मा"),
            ("السيد محمد البدوي", "محمد ال بدوی"),
            ("田中さん", "田中"),
            ("佐々木花子 様", "佐々木花子"),
            ("김민수님", "김민수"),
            ("王小明先生", "王小明"),
            ("Anna Klein, PhD", "anna klein"),
            ("Anna Klein MD, MBA", "anna klein"),
            ("Anna Klein Ph.D.", "anna klein"),
            ("Anna Klein, MA", "anna klein"),
            ("Janez Novak, univ. dipl. inž.", "janez novak"),
            ("Jane Smith (née Hinz)", "jane smith hinz"),
            ("Anna Klein geb. Hinz", "anna klein hinz"),
            ("Lt. Gen. Olga Hinz", "olga hinz"),
        ] {
            assert_eq!(words_of_name(text).join(" "), expected, "{text}");
        }
    }

    #[test]
    fn a_title_that_may_be_a_name_stays() {
        for text in [
            "Lucy Herr",
            "Herr, Lucy",
            "Пан, Виктор",
            "Chika Obi Mba",
            "CHIKA OBI MBA",
            "Karim Rahman Md",
            "Lieber Karl",
            "Herr",
            "Виктор Пан",
            "Пан",
            "Г Петров",
            "Von Miller",
            "Don Miller",
            "Pan Wei",
            "Ing Chang",
            "Ma Jun",
            "Wei Ma",
            "Li Ming Ma",
            "Garcia Lopez, Ma",
            "Rahman, Md",
            "Md Rahman",
            "Do Van Nam",
            "Nam Do",
            "Prince Okafor",
            "Major Thomas",
            "Sri Mulyani",
            "Baron Cohen",
            "Dean Martin",
            "Lady Gómez",
            "Tuan Anh",
            "Cher Brown",
            "San Martin",
            "Aung San",
            "Kim Ji",
            "Sen Amartya",
            "Anna Prof",
            "السيد البدوي",
            "김하님",
            "Mary St John",
            "John Smith Jr",
            "John Smith III",
            "Rao M D",
            "Nee Chang",
            "Geb Anna",
        ] {
            assert_eq!(words_of_name(text), split(text), "{text}");
        }
    }

    #[test]
    fn each_line_of_the_table_has_a_known_place() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let (place, titles) = line.split_once('\t').unwrap();
            assert!(place == "attached" || Place::named(place).is_some(), "{place}");
            assert!(titles.split(',').all(|title| !split(title).is_empty()), "{line}");
        }
        assert!(TITLES.attached.len() > 10);
    }
}
