//! How often the right person is found: a labelled set of questions to an address book of sixteen hundred contacts, by
//! kind of difficulty. One half was used to tune the search; the other half, held out, is the measure.
//!
//! The figures are in docs/tools.md; `INSTA_UPDATE=always` writes them there. See `recipients/README.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, Names, Recipient, Source, Status};
use bitrix24_mail_mcp::demo::{self, DemoPortal};
use bitrix24_mail_mcp::portal::{Credentials, Portal, Settings};
use tokio_util::sync::CancellationToken;

/// The kind of the questions about people who are not in the book.
const ABSENT: &str = "absent";
/// The number of matches among which recall@5 looks.
const FIRST: usize = 5;
/// The numbers of names in one call.
const AT_ONCE: [usize; 3] = [1, 5, 50];
/// The least share of questions whose expected people are all among the first five matches.
const RECALL: f64 = 0.98;
/// The most by which that share may vary with the number of names in one call.
const DIFFERENCE: f64 = 0.01;
/// The least share of right answers among those with the status `one`.
const PRECISION: f64 = 0.997;
/// How long the book is kept: long enough that it is read once.
const KEPT: Duration = Duration::from_secs(3_600);

struct Pair {
    kind: String,
    asked: String,
    /// The addresses that should be found; several if the question is ambiguous, none if nobody has the name.
    expected: Vec<String>,
}

fn fixture(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/recipients");
    std::fs::read_to_string(folder.join(name)).unwrap()
}

fn rows(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split('\t').collect())
}

fn pairs(name: &str) -> Vec<Pair> {
    rows(&fixture(name))
        .map(|row| Pair {
            kind: row[0].to_owned(),
            asked: row[1].to_owned(),
            expected: row[2]
                .split('|')
                .filter(|address| *address != "-")
                .map(str::to_owned)
                .collect(),
        })
        .collect()
}

/// The results of the questions of one kind, counted.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Tally {
    asked: usize,
    /// How often the first match is an expected one.
    at_1: usize,
    /// How often all expected people are among the first five matches.
    at_5: usize,
    /// How often the status is `one`.
    one: usize,
    /// How often the status is `one` and the match is the expected one.
    right: usize,
}

impl Tally {
    fn count(&mut self, pair: &Pair, found: &Recipient) {
        self.asked += 1;
        let place = |address: &String| {
            let is_it = |email: &str| email.eq_ignore_ascii_case(address);
            found.matches.iter().position(|found| is_it(&found.email))
        };
        let places: Vec<_> = pair.expected.iter().map(place).collect();
        let is_one = found.status == Status::One;
        if pair.expected.is_empty() {
            // Nobody has the name, so any status but `one` is right.
            self.at_1 += usize::from(!is_one);
            self.at_5 += usize::from(!is_one);
        } else {
            self.at_1 += usize::from(places.contains(&Some(0)));
            self.at_5 += usize::from(places.iter().all(|place| place.is_some_and(|place| place < FIRST)));
        }
        self.one += usize::from(is_one);
        self.right += usize::from(is_one && places == [Some(0)]);
    }

    fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.at_1 += other.at_1;
        self.at_5 += other.at_5;
        self.one += other.one;
        self.right += other.right;
    }

    fn recall(&self, count: usize) -> f64 {
        count as f64 / self.asked as f64
    }

    fn precision(&self) -> f64 {
        self.right as f64 / self.one as f64
    }
}

/// Asks the questions, `at_once` in each call. Each call mixes the kinds, in the same way in each run.
async fn asked(portal: &DemoPortal, pairs: &[Pair], at_once: usize) -> BTreeMap<String, Tally> {
    let settings = Settings {
        rate_limit: None,
        ..Settings::new(Credentials::from_webhook_url(&portal.webhook_url().unwrap()))
    };
    let book = AddressBook::new(Portal::new(settings), KEPT);
    let mut mixed: Vec<&Pair> = pairs.iter().collect();
    fastrand::Rng::with_seed(1).shuffle(&mut mixed);
    let mut courses: BTreeMap<String, Tally> = BTreeMap::new();
    for pairs in mixed.chunks(at_once) {
        let names: Vec<String> = pairs.iter().map(|pair| pair.asked.clone()).collect();
        let names = Names::new(&names, &[Source::Contacts]).unwrap();
        let resolution = book.resolve(&names, &|_| {}, &CancellationToken::new()).await.unwrap();
        for (pair, recipient) in pairs.iter().zip(&resolution.recipients) {
            let tally = courses.entry(pair.kind.clone()).or_default();
            tally.count(pair, recipient);
        }
    }
    courses
}

fn table(held_out: &BTreeMap<String, Tally>) -> String {
    let mut table = String::from("| kind | questions | recall@1 | recall@5 |\n|---|---|---|---|\n");
    let all = all(held_out);
    for (kind, tally) in held_out {
        row(&mut table, kind, tally);
    }
    row(&mut table, "**all**", &all);
    let precision = all.precision();
    writeln!(
        table,
        "\nA single person was given for sure {} times, and it was the right one {} times: precision {precision:.3}.",
        all.one, all.right
    )
    .unwrap();
    table
}

fn row(table: &mut String, kind: &str, tally: &Tally) {
    let (at_1, at_5) = (tally.recall(tally.at_1), tally.recall(tally.at_5));
    writeln!(table, "| {kind} | {} | {at_1:.2} | {at_5:.2} |", tally.asked).unwrap();
}

/// Asks the questions of one half, with a demo portal that holds the labelled book, and prints the results.
async fn tally_of(half: &str, at_once: usize) -> BTreeMap<String, Tally> {
    let portal = DemoPortal::start(demo::Settings {
        bucket: None,
        kept_requests: 0,
        ..demo::Settings::default()
    })
    .await
    .unwrap();
    let book = fixture("book.tsv");
    portal.replace_book(
        1,
        rows(&book).map(|row| (row[0].to_owned(), row.get(1).unwrap_or(&"").to_string())),
    );
    let courses = asked(&portal, &pairs(half), at_once).await;
    print(&format!("{half}, {at_once} at once"), &courses);
    courses
}

#[expect(clippy::print_stdout, reason = "prints figures for developers who change the search")]
fn print(half: &str, courses: &BTreeMap<String, Tally>) {
    println!("{half}:\n{}", table(courses));
}

fn assert_good(courses: &BTreeMap<String, Tally>) {
    let all = all(courses);
    for (kind, tally) in courses {
        assert!(tally.asked >= 18, "{kind}: {tally:?}");
        assert!(tally.recall(tally.at_5) >= 0.9, "{kind}: {tally:?}");
    }
    assert!(courses.contains_key(ABSENT) && all.asked >= 300, "{all:?}");
    assert!(all.recall(all.at_5) >= RECALL, "{all:?}");
    assert!(all.precision() >= PRECISION, "{all:?}");
    assert!(all.one as f64 / all.asked as f64 > 0.3, "nothing is ever sure: {all:?}");
}

/// The results of one half, for each number of names in one call.
async fn courses_of(half: &str) -> Vec<BTreeMap<String, Tally>> {
    let mut courses = Vec::new();
    for at_once in AT_ONCE {
        courses.push(tally_of(half, at_once).await);
    }
    courses
}

fn assert_all_good(courses: &[BTreeMap<String, Tally>]) {
    courses.iter().for_each(assert_good);
    let recalls = courses.iter().map(all).map(|all| all.recall(all.at_5));
    let (least, most) = recalls.fold((1.0, 0.0), |(least, most), recall| {
        (f64::min(least, recall), f64::max(most, recall))
    });
    assert!(
        most - least <= DIFFERENCE,
        "many names at once: {least:.3} to {most:.3}"
    );
}

#[tokio::test]
#[ignore = "prints figures for developers who change the search; only the held-out half must pass"]
async fn the_right_person_is_found_by_the_questions_that_were_looked_at() {
    assert_all_good(&courses_of("pairs.tuning.tsv").await);
}

#[tokio::test]
async fn the_right_person_is_found_by_the_questions_that_were_held_out() {
    let courses = courses_of("pairs.held_out.tsv").await;
    assert_all_good(&courses);
    assert_documented("recall", &table(&courses[0]));
    assert_documented("recall of many", &table_of_many(&courses));
}

fn table_of_many(courses: &[BTreeMap<String, Tally>]) -> String {
    let mut table = String::from(
        "| names at once | recall@1 | recall@5 | given for sure | of these right |\n|---|---|---|---|---|\n",
    );
    for (at_once, all) in AT_ONCE.iter().zip(courses.iter().map(all)) {
        let (at_1, at_5) = (all.recall(all.at_1), all.recall(all.at_5));
        writeln!(
            table,
            "| {at_once} | {at_1:.2} | {at_5:.2} | {} | {} |",
            all.one, all.right
        )
        .unwrap();
    }
    table
}

fn all(courses: &BTreeMap<String, Tally>) -> Tally {
    let mut all = Tally::default();
    courses.values().for_each(|tally| all.add(*tally));
    all
}

#[expect(
    clippy::disallowed_methods,
    reason = "insta's own variable, for what insta cannot write"
)]
fn assert_documented(name: &str, figures: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/tools.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let place = format!("<!-- measured: {name} -->\n");
    let (before, rest) = text.split_once(&place).expect("a place in docs/tools.md");
    let (found, after) = rest.split_once("<!-- end -->").unwrap();
    if found != figures && std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        let written = format!("{before}{place}{figures}<!-- end -->{after}");
        std::fs::write(&path, written).unwrap();
        return;
    }
    assert_eq!(
        found, figures,
        "docs/tools.md has other figures; INSTA_UPDATE=always writes them"
    );
}
