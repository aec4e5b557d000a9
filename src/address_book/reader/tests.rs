//! Tests that read a model of the portal's list, which may change between any two pages.

use std::collections::HashSet;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::portal::{Error, Refusal, Speaker, Unreadable};

const MS: Duration = Duration::from_millis(1);

/// The portal's list of contacts, newest first, and the changes to come.
struct Model {
    ids: Vec<u64>,
    next: u64,
    changes: std::vec::IntoIter<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Nothing,
    /// This many new contacts.
    Insert(u64),
    /// This many contacts, from this fraction of the list on.
    Delete(f64, usize),
    /// The request fails in this way.
    Fail(Failed),
}

/// Failures by an error page, by a reply that is too large, and without a reply.
fn failures() -> [Failed; 3] {
    let busy = Error::Unreadable {
        from: Speaker::Portal,
        http_status: 503,
        reason: Unreadable::Html,
    };
    let too_large = Error::TooLarge {
        http_status: 200,
        limit: 1,
    };
    [busy, too_large, Error::TimedOut { after: MS }].map(Failed::from)
}

impl Model {
    fn new(count: u64, changes: Vec<Change>) -> Self {
        Self {
            // The ids have gaps, as after deletions and with rows of other users between them.
            ids: (1..=count).rev().map(|id| id * 3).collect(),
            next: count * 3 + 1,
            changes: changes.into_iter(),
        }
    }

    fn change(&mut self) -> Option<Failed> {
        match self.changes.next()? {
            Change::Nothing => {}
            Change::Insert(count) => {
                let new = self.next..self.next + count;
                self.next += count;
                self.ids.splice(0..0, new.rev());
            }
            Change::Delete(part, count) => {
                let from = (self.ids.len() as f64 * part) as usize;
                let end = (from + count).min(self.ids.len());
                self.ids.drain(from.min(end)..end);
            }
            Change::Fail(failed) => return Some(failed),
        }
        None
    }

    fn page(&self, request: &PageRequest) -> Listing {
        let rows = self
            .ids
            .iter()
            .skip(request.offset as usize)
            .take(request.limit as usize);
        listed(rows.copied().map(Some))
    }

    /// Answers a request, or fails.
    fn answer(&mut self, requests: &[PageRequest]) -> Result<Vec<Listing>, Failed> {
        let mut pages = Vec::new();
        for request in requests {
            if let Some(failed) = self.change() {
                // The portal client retries a single page itself.
                if requests.len() > 1 {
                    return Err(failed);
                }
            }
            pages.push(self.page(request));
        }
        Ok(pages)
    }
}

/// Rows with these ids; a row without an id is unreadable.
fn listed(ids: impl IntoIterator<Item = Option<u64>>) -> Listing {
    let row = |id: Option<u64>| serde_json::json!({"id": id, "email": "a@example.com"});
    serde_json::from_value(ids.into_iter().map(row).collect()).unwrap()
}

impl Reader {
    /// Takes a reply: pages of 20 ms each, or a failure.
    fn take_pages(&mut self, requests: Vec<PageRequest>, pages: Result<Vec<Listing>, Failed>) {
        let took = 20 * MS * requests.len() as u32;
        let listings = pages.map(|pages| (pages, took));
        self.take_reply(BatchReply { requests, listings });
    }
}

/// Reads to the end; returns the number of pages of each request.
fn read(reader: &mut Reader, model: &mut Model) -> Vec<usize> {
    let mut counts = Vec::new();
    loop {
        let requests = reader.next_pages();
        if requests.is_empty() {
            return counts;
        }
        assert!(requests.len() <= crate::portal::MAX_CALLS);
        counts.push(requests.len());
        assert!(counts.len() < 5_000, "it does not end");
        let pages = model.answer(&requests);
        reader.take_pages(requests, pages);
    }
}

fn ids(reader: &Reader) -> Vec<u64> {
    let contacts = &reader.received(Source::Contacts).unwrap().contacts;
    contacts.iter().map(|contact| contact.id).collect()
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => Just(Change::Nothing),
        2 => (1_u64..=3).prop_map(Change::Insert),
        1 => (1_u64..=450).prop_map(Change::Insert),
        3 => (0.0..1.0, 1_usize..=3).prop_map(|(part, count)| Change::Delete(part, count)),
        1 => (0.0..1.0, 1_usize..=450).prop_map(|(part, count)| Change::Delete(part, count)),
        1 => proptest::sample::select(failures().to_vec()).prop_map(Change::Fail),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 150 } else { 5_000 }))]

    #[test]
    fn whatever_changes_meanwhile_no_contact_that_stays_is_missed_or_comes_twice(
        count in 0_u64..4_000,
        changes in proptest::collection::vec(change(), 0..120),
    ) {
        let mut model = Model::new(count, changes);
        let before: HashSet<u64> = model.ids.iter().copied().collect();
        let mut reading = Reader::until(0, usize::MAX);
        read(&mut reading, &mut model);
        let came = ids(&reading);
        let different: HashSet<u64> = came.iter().copied().collect();
        prop_assert_eq!(different.len(), came.len());
        let lost: Vec<_> = model.ids.iter().filter(|id| before.contains(id) && !different.contains(id)).collect();
        prop_assert!(lost.is_empty(), "{lost:?}");
        prop_assert!(reading.is_whole(Source::Contacts) && reading.stopped_at(Source::Contacts).is_none());
    }

    #[test]
    fn a_reading_down_to_a_known_contact_has_all_that_were_added_since(
        count in 1_u64..1_500, new in 0_u64..2_000,
        changes in proptest::collection::vec(change(), 0..40),
    ) {
        let mut model = Model::new(count, Vec::new());
        let known = model.ids[0];
        model.changes = vec![Change::Insert(new)].into_iter();
        model.change();
        model.changes = changes.into_iter();
        let before: HashSet<u64> = model.ids.iter().copied().collect();
        let mut reading = Reader::until(known, usize::MAX);
        read(&mut reading, &mut model);
        let covered = reading.covered_to().unwrap();
        prop_assert!(covered <= known && reading.is_whole(Source::Contacts));
        let came: HashSet<u64> = ids(&reading).into_iter().collect();
        for id in model.ids.iter().filter(|id| before.contains(id) && **id >= covered) {
            prop_assert!(came.contains(id), "{id} of {covered}");
        }
    }

    #[test]
    fn unreadable_rows_hide_no_other_and_are_counted_once(
        runs in proptest::collection::vec((any::<bool>(), 1_usize..450), 0..12),
    ) {
        let damaged = runs.iter().flat_map(|(is_damaged, rows)| vec![*is_damaged; *rows]);
        let rows: Vec<_> = (1..9_000).rev().zip(damaged).map(|(id, is_damaged)| (!is_damaged).then_some(id * 3)).collect();
        let mut reading = Reader::until(0, usize::MAX);
        let mut batches = 0;
        while !reading.is_over() {
            let requests = reading.next_pages();
            let page = |request: &PageRequest| listed(rows.iter().copied().skip(request.offset as usize).take(request.limit as usize));
            let pages = requests.iter().map(page).collect();
            reading.take_pages(requests, Ok(pages));
            batches += 1;
        }
        let came = reading.sorted(Source::Contacts).into_iter().map(|contact| contact.id);
        prop_assert!(came.eq(rows.iter().flatten().copied()));
        prop_assert_eq!(reading.unreadable_count(Source::Contacts) as usize, rows.iter().filter(|row| row.is_none()).count());
        prop_assert!(reading.is_whole(Source::Contacts) && batches <= 8, "{}", batches);
    }

    #[test]
    fn a_reading_of_any_pages_ends(
        pages in proptest::collection::vec(proptest::collection::vec(prop_oneof![Just(None), (0_u64..40).prop_map(Some)], 0..4), 1..30),
        offset in 0_u64..3,
    ) {
        let given = crate::address_book::GivenPagination {
            limit: Some(3.into()),
            offset: Some(offset.into()),
            ..Default::default()
        };
        let query = Query::new("", &given).unwrap();
        let mut reading = Reader::new(Some(ContactPages::new(query, 0, usize::MAX)), None, false);
        let mut pages = pages.iter().cycle();
        for _ in 0..3_000 {
            let requests = reading.next_pages();
            if requests.is_empty() {
                return Ok(());
            }
            let answers = requests.iter().map(|_| listed(pages.next().unwrap().iter().copied())).collect();
            reading.take_pages(requests, Ok(answers));
        }
        prop_assert!(false, "it does not end");
    }
}

#[test]
fn a_reading_that_stops_at_its_bound_is_not_whole() {
    let mut reading = Reader::until(0, 3_000);
    let mut model = Model::new(20_000, Vec::new());
    assert_eq!(read(&mut reading, &mut model), [5, 11]);
    let came = ids(&reading);
    assert!(came.len() >= 3_000 && !reading.is_whole(Source::Contacts));
    assert_eq!(came, model.ids[..came.len()], "the newest");
}

#[test]
fn a_refusal_of_one_source_does_not_end_the_other() {
    for refused in [Source::Contacts, Source::Employees] {
        let mut reading = Reader::of_book(usize::MAX);
        let model = Model::new(700, Vec::new());
        let mut batches = 0;
        while !reading.is_over() {
            batches += 1;
            let requests = reading.next_pages();
            let pages = match requests.iter().any(|request| request.source == refused) {
                true => Err(refusal(404)),
                false => Ok(requests.iter().map(|request| model.page(request)).collect()),
            };
            reading.take_pages(requests, pages);
        }
        let other = Source::ALL.iter().find(|source| **source != refused).unwrap();
        assert!(
            reading.is_whole(*other) && reading.failure(*other).is_none(),
            "{refused:?}"
        );
        assert!(!reading.is_whole(refused) && reading.failure(refused).is_some());
        assert!(batches <= 5, "{refused:?}: {batches}");
    }
}

#[test]
fn refused_credentials_end_the_reading_of_every_source_immediately() {
    let mut reading = Reader::of_book(usize::MAX);
    let requests = reading.next_pages();
    assert_eq!(requests.len(), 6, "five pages of contacts and one of employees");
    reading.fail(&requests, &refusal(401));
    assert!(reading.next_pages().is_empty());
    assert!(Source::ALL.iter().all(|source| reading.failure(*source).is_some()));
    reading.retry();
    assert_eq!(reading.next_pages(), requests, "a retry requests the same pages");
}

#[test]
fn a_portal_that_is_down_gets_only_a_few_requests() {
    let mut reading = Reader::of_book(usize::MAX);
    let mut pages = Vec::new();
    let [busy, ..] = failures();
    while let requests @ [_, ..] = reading.next_pages().as_slice() {
        pages.push(requests.len());
        reading.fail(requests, &busy);
    }
    assert_eq!(pages, [6, 5, 2, 1]);
}

fn refusal(http_status: u16) -> Failed {
    Error::Refused(Refusal {
        by: Speaker::Portal,
        code: "X".to_owned(),
        http_status,
        message: String::new(),
        validation: Vec::new(),
    })
    .into()
}

#[test]
fn employees_are_read_once_more_if_rows_repeat_and_are_whole_if_none_repeats() {
    for (second, is_whole) in [(201..251, true), (190..240, false)] {
        let mut reading = Reader::of_all(&Query::everybody(Source::Employees));
        for rows in [[1..201, 0..0], [150..250, 0..0], [1..201, second]] {
            let mut requests = reading.next_pages();
            requests.truncate(rows.len());
            let pages = rows.iter().map(|ids| listed(ids.clone().map(Some))).collect();
            reading.take_pages(requests, Ok(pages));
        }
        assert!(reading.is_over());
        assert_eq!(reading.is_whole(Source::Employees), is_whole);
        let received = reading.received(Source::Employees).unwrap();
        assert_eq!(received.contacts.len(), received.seen.len());
    }
}
