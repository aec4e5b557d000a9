//! The company's employees, and the portal's full-text search over them (portal contract, section 6).
//!
//! The index has the words of the name (last, then first) and of the local part of the address, but not the
//! domain. A word is a run of letters and digits in lower case; accented letters, `ё` and `ґ` are
//! not folded.
//! Results come in an order without meaning: not by id, not by name, not by how well they match.
//!
//! The invented people make searches of user 1 ambiguous: namesakes of each other and of contacts, and
//! Kate Brown, who is in both with the same address. The owners of the demo's webhooks, users 1, 7 and 9, have no
//! address, so the portal leaves them out.

use super::address_book::{Row, numbered, row};
use super::php;

/// The length in characters of the shortest word, and of the shortest phrase, that is searched for.
const SHORTEST: usize = 2;

/// The employees that can be found, the same for every caller.
#[derive(Debug)]
pub(super) struct Employees(Vec<Employee>);

#[derive(Debug)]
struct Employee {
    row: Row,
    words: Vec<String>,
}

impl Default for Employees {
    fn default() -> Self {
        Self::new(COMPANY.to_vec())
    }
}

impl Employees {
    /// Employees from addresses and names, with ids from 1; the portal trims names and leaves out people without an
    /// address.
    pub(super) fn from_people(people: impl IntoIterator<Item = (String, String)>) -> Self {
        let trimmed = people
            .into_iter()
            .map(|(email, name)| (email, php::trim(&name).to_owned()));
        let mut rows = numbered(trimmed);
        rows.retain(|row| !row.email.is_empty());
        Self::new(rows)
    }

    fn new(rows: Vec<Row>) -> Self {
        let mut employees: Vec<_> = rows.into_iter().map(Employee::new).collect();
        employees.sort_by_key(|employee| (scattered(&employee.row.email), employee.row.id));
        Self(employees)
    }

    /// Shuffles the order of the results.
    pub(super) fn shuffle(&mut self, dice: &mut fastrand::Rng) {
        dice.shuffle(&mut self.0);
    }

    /// The employees that match `query`, or all if it is blank: at most `limit` of them, starting at `offset`.
    pub(super) fn matching(&self, query: &str, offset: usize, limit: Option<usize>) -> Vec<Row> {
        let wanted = Wanted::from_query(query);
        self.0
            .iter()
            .filter(|employee| wanted.as_ref().is_none_or(|wanted| wanted.is_met_by(employee)))
            .skip(offset)
            .take(limit.unwrap_or(usize::MAX))
            .map(|employee| employee.row.clone())
            .collect()
    }
}

impl Employee {
    fn new(row: Row) -> Self {
        let local_part = row.email.split('@').next().unwrap_or_default();
        let words = words(&row.name).into_iter().chain(words(local_part)).collect();
        Self { row, words }
    }

    fn has(&self, prefix: &str) -> bool {
        self.words.iter().any(|word| word.starts_with(prefix))
    }
}

/// The words of a query that is not blank.
struct Wanted {
    words: Vec<String>,
    is_long_enough: bool,
}

impl Wanted {
    fn from_query(query: &str) -> Option<Self> {
        let query = php::trim(query);
        (!query.is_empty()).then(|| Self {
            words: words(query),
            is_long_enough: query.chars().count() >= SHORTEST,
        })
    }

    /// True if the employee matches the phrase, that is all of its words, or any word that is long enough. So the
    /// phrase decides only where all words are short, as in `O'N`.
    fn is_met_by(&self, employee: &Employee) -> bool {
        let is_phrase_met =
            self.is_long_enough && !self.words.is_empty() && self.words.iter().all(|word| employee.has(word));
        is_phrase_met
            || self
                .words
                .iter()
                .any(|word| word.chars().count() >= SHORTEST && employee.has(word))
    }
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The FNV-1a hash: a place in the order that is always the same and means nothing.
fn scattered(email: &str) -> u64 {
    email.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    })
}

/// The employees, oldest first. The ids of former employees are missing.
const COMPANY: &[Row] = &[
    // Namesakes of contacts of user 1, at other addresses
    row(11, "ivan.petrov@demo-company.example", "Петров Иван"),
    row(12, "j.smith@demo-company.example", "Smith John"),
    row(14, "j.mueller@demo-company.example", "Müller Jürgen"),
    row(15, "m.ivanova@demo-company.example", "Иванова Мария"),
    row(16, "a.schmidt@demo-company.example", "Schmidt Anna"),
    // The same person as the contact, under the same address
    row(17, "kate.brown@example.com", "Brown Kate"),
    // Namesakes of each other
    row(18, "john.smith2@demo-company.example", "Smith John"),
    row(20, "m.ivanova2@demo-company.example", "Иванова Мария"),
    row(21, "p.ivanov@demo-company.example", "Иванов Пётр"),
    row(22, "i.petrova@demo-company.example", "Петрова Ирина"),
    // Cyrillic
    row(25, "o.sidorenko@demo-company.example", "Сидоренко Ольга"),
    row(26, "fedor.yolkin@demo-company.example", "Ёлкин Фёдор"),
    row(27, "s.nikitin@demo-company.example", "Никитин-Заречный Сергей"),
    row(28, "t.egorova@demo-company.example", "Егорова Татьяна"),
    row(31, "y.izhakevych@demo-company.example", "Їжакевич Юрій"),
    row(32, "h.galagan@demo-company.example", "Ґалаґан Ганна"),
    row(33, "o.shevchenko@demo-company.example", "Шевченко Олексій"),
    // Umlauts, diacritics, apostrophes
    row(34, "k.weiss@demo-company.example", "Weiß Käthe"),
    row(35, "anke.mueller-lang@demo-company.example", "Müller-Lang Anke"),
    row(36, "sean.oneill@demo-company.example", "O'Neill Seán"),
    row(39, "b.akesson@demo-company.example", "Åkesson Björn"),
    row(40, "z.zielinska@demo-company.example", "Zielińska Żaneta"),
    // With a name in part, or without one
    row(41, "reception@demo-company.example", "Reception"),
    row(42, "Olga.Marketing@Demo-Company.example", "Ольга"),
    row(43, "printer@demo-company.example", ""),
];
