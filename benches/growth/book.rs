//! Address books of any size, the same on each run: people with names in several scripts, companies, and senders without
//! a name. The oldest contacts of every book are the same. The rows are the JSON that the portal sends, so that a page
//! costs the portal no more than a copy.

use std::fmt::Write;

use fastrand::Rng;
use serde_json::json;

/// The parts of names in one script: first names, syllables that begin, continue and end a surname, and the legal form of
/// a company. Each part of a person's name is a pair: its spelling in the name, and in the address.
struct Letters {
    first_names: &'static [(&'static str, &'static str)],
    begin: &'static [(&'static str, &'static str)],
    middle: &'static [(&'static str, &'static str)],
    end: &'static [(&'static str, &'static str)],
    company: &'static str,
}

const LETTERS: [Letters; 4] = [
    Letters {
        first_names: &[
            ("Иван", "ivan"),
            ("Ольга", "olga"),
            ("Дмитрий", "dmitry"),
            ("Елена", "elena"),
            ("Сергей", "sergey"),
            ("Татьяна", "tatyana"),
            ("Михаил", "mikhail"),
            ("Наталья", "natalya"),
            ("Алексей", "alexey"),
            ("Юлия", "yulia"),
            ("Павел", "pavel"),
            ("Мария", "maria"),
        ],
        begin: &[
            ("Мельн", "meln"),
            ("Сокол", "sokol"),
            ("Кузьм", "kuzm"),
            ("Лебед", "lebed"),
            ("Тим", "tim"),
            ("Бел", "bel"),
            ("Зар", "zar"),
            ("Гор", "gor"),
            ("Нов", "nov"),
            ("Рог", "rog"),
            ("Стеб", "steb"),
            ("Чер", "cher"),
        ],
        middle: &[
            ("ик", "ik"),
            ("ан", "an"),
            ("ов", "ov"),
            ("ел", "el"),
            ("еш", "esh"),
            ("ун", "un"),
            ("ач", "ach"),
            ("ил", "il"),
            ("он", "on"),
            ("ыр", "yr"),
        ],
        end: &[
            ("ов", "ov"),
            ("енко", "enko"),
            ("ин", "in"),
            ("ский", "sky"),
            ("ук", "uk"),
        ],
        company: "ООО",
    },
    Letters {
        first_names: &[
            ("Jürgen", "juergen"),
            ("Sabine", "sabine"),
            ("Günter", "guenter"),
            ("Käthe", "kaethe"),
            ("Moritz", "moritz"),
            ("Anke", "anke"),
            ("Björn", "bjoern"),
            ("Heike", "heike"),
            ("Uwe", "uwe"),
            ("Greta", "greta"),
        ],
        begin: &[
            ("Schmid", "schmid"),
            ("Brück", "brueck"),
            ("Vogt", "vogt"),
            ("Größ", "groess"),
            ("Lind", "lind"),
            ("Hart", "hart"),
            ("Küh", "kueh"),
            ("Web", "web"),
            ("Stein", "stein"),
            ("Fisch", "fisch"),
        ],
        middle: &[
            ("el", "el"),
            ("er", "er"),
            ("in", "in"),
            ("ol", "ol"),
            ("ar", "ar"),
            ("en", "en"),
        ],
        end: &[
            ("mann", "mann"),
            ("bach", "bach"),
            ("hofer", "hofer"),
            ("ing", "ing"),
            ("stedt", "stedt"),
            ("ke", "ke"),
        ],
        company: "GmbH",
    },
    Letters {
        first_names: &[
            ("Łukasz", "lukasz"),
            ("Zofia", "zofia"),
            ("Jiří", "jiri"),
            ("Kateřina", "katerina"),
            ("Paweł", "pawel"),
            ("Małgorzata", "malgorzata"),
            ("Tomáš", "tomas"),
            ("Agnieszka", "agnieszka"),
        ],
        begin: &[
            ("Ćwiert", "cwiert"),
            ("Dvoř", "dvor"),
            ("Wójc", "wojc"),
            ("Novot", "novot"),
            ("Żół", "zol"),
            ("Kon", "kon"),
            ("Kraw", "kraw"),
            ("Sob", "sob"),
        ],
        middle: &[
            ("ar", "ar"),
            ("ic", "ic"),
            ("ał", "al"),
            ("et", "et"),
            ("ow", "ow"),
            ("ym", "ym"),
            ("uk", "uk"),
        ],
        end: &[
            ("ski", "ski"),
            ("ek", "ek"),
            ("ník", "nik"),
            ("czyk", "czyk"),
            ("iak", "iak"),
        ],
        company: "sp. z o.o.",
    },
    Letters {
        first_names: &[
            ("Anna", "anna"),
            ("Robert", "robert"),
            ("Claire", "claire"),
            ("José", "jose"),
            ("Diane", "diane"),
            ("Harry", "harry"),
            ("Lorna", "lorna"),
            ("Thomas", "thomas"),
            ("Siobhán", "siobhan"),
            ("Mike", "mike"),
        ],
        begin: &[
            ("Har", "har"),
            ("Whit", "whit"),
            ("Ing", "ing"),
            ("Tre", "tre"),
            ("Orms", "orms"),
            ("Quig", "quig"),
            ("Bak", "bak"),
            ("Nor", "nor"),
            ("Lef", "lef"),
            ("Mar", "mar"),
        ],
        middle: &[
            ("gra", "gra"),
            ("le", "le"),
            ("vi", "vi"),
            ("ti", "ti"),
            ("mo", "mo"),
            ("lo", "lo"),
            ("ke", "ke"),
        ],
        end: &[
            ("ve", "ve"),
            ("by", "by"),
            ("ley", "ley"),
            ("ton", "ton"),
            ("nez", "nez"),
            ("rd", "rd"),
        ],
        company: "Ltd.",
    },
];

/// Address and name of a contact.
fn contact(number: u64) -> (String, String) {
    let mut dice = Rng::with_seed(number);
    // The first values of neighbouring seeds have similar low bits.
    dice.u64(..);
    let letters = pick(&mut dice, &LETTERS);
    let (first_name, first_part) = *pick(&mut dice, letters.first_names);
    let (surname, last_part) = surname(&mut dice, letters);
    let (_, company) = self::surname(&mut dice, letters);
    let domain = match dice.u8(..4) {
        0 => "mail.example".to_owned(),
        _ => format!("{company}.example"),
    };
    // The number makes the address unique.
    let local = match dice.u8(..3) {
        0 => format!("{first_part}.{last_part}{number}"),
        1 => format!("{last_part}.{}{number}", first_part.get(..1).unwrap_or_default()),
        _ => format!("{last_part}{number}"),
    };
    let email = format!("{local}@{domain}");
    let name = match dice.u8(..20) {
        0 => String::new(),
        1 => email.clone(),
        2 => format!("{} {}", letters.company, capital(&company)),
        3..7 => format!("{surname} {first_name}"),
        _ => format!("{first_name} {surname}"),
    };
    (email, name)
}

fn surname(dice: &mut Rng, letters: &Letters) -> (String, String) {
    let (begin, middle, end) = (
        pick(dice, letters.begin),
        pick(dice, letters.middle),
        pick(dice, letters.end),
    );
    // There are few short surnames, so each is frequent.
    match dice.u8(..4) {
        0 => (format!("{}{}", begin.0, end.0), format!("{}{}", begin.1, end.1)),
        _ => (
            format!("{}{}{}", begin.0, middle.0, end.0),
            format!("{}{}{}", begin.1, middle.1, end.1),
        ),
    }
}

fn pick<'a, T>(dice: &mut Rng, from: &'a [T]) -> &'a T {
    &from[dice.usize(..from.len())]
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

/// Names of people to ask for, the oldest contacts' first. Every book of at least a hundred contacts has the first fifty.
pub(super) fn names() -> impl Iterator<Item = String> {
    let names = (0..).map(|number| contact(number).1);
    let is_company = |name: &str| LETTERS.iter().any(|letters| name.starts_with(letters.company));
    names.filter(move |name| name.contains(' ') && !is_company(name))
}

/// An address book, newest contact first.
pub(super) struct Book {
    /// The contacts as JSON, with a comma after each.
    rows: String,
    /// The end of each contact in `rows`.
    ends: Vec<usize>,
    /// The contacts in upper case: a line for the name, a line for the address.
    folded: String,
    folded_ends: Vec<usize>,
}

impl Book {
    pub(super) fn of(contacts: usize) -> Self {
        let mut book = Self {
            rows: String::new(),
            ends: Vec::with_capacity(contacts),
            folded: String::new(),
            folded_ends: Vec::with_capacity(contacts),
        };
        for number in (0..contacts as u64).rev() {
            let (email, name) = contact(number);
            write!(
                book.rows,
                "{},",
                json!({"id": number + 1, "email": email, "name": name})
            )
            .unwrap();
            writeln!(book.folded, "{}\n{}", name.to_uppercase(), email.to_uppercase()).unwrap();
            book.ends.push(book.rows.len());
            book.folded_ends.push(book.folded.len());
        }
        book
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// `{"items":[…]}` with the contacts that contain `query`, and their number.
    pub(super) fn listing(&self, query: &str, offset: usize, limit: usize) -> (String, usize) {
        let (rows, count) = if query.is_empty() {
            let (from, to) = (offset.min(self.len()), offset.saturating_add(limit).min(self.len()));
            (self.rows[self.start(from)..self.start(to)].to_owned(), to - from)
        } else {
            self.matching(query, offset, limit)
        };
        let rows = rows.trim_end_matches(',');
        (format!(r#"{{"items":[{rows}]}}"#), count)
    }

    /// The start of a contact in `rows`, or the end of the last one.
    fn start(&self, row: usize) -> usize {
        row.checked_sub(1).map_or(0, |before| self.ends[before])
    }

    fn matching(&self, query: &str, offset: usize, limit: usize) -> (String, usize) {
        let wanted = query.to_uppercase();
        let (mut rows, mut count, mut skipped, mut at) = (String::new(), 0, 0, 0);
        while count < limit
            && let Some(found) = self.folded[at..].find(&wanted)
        {
            let row = self.folded_ends.partition_point(|end| *end <= at + found);
            at = self.folded_ends[row];
            if skipped < offset {
                skipped += 1;
                continue;
            }
            rows.push_str(&self.rows[self.start(row)..self.ends[row]]);
            count += 1;
        }
        (rows, count)
    }
}
