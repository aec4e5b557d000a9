//! One reading of a person's book, shared by all callers that wait for it.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::address_book::book::{Book, Employees, MAX_OF_ONE, ReadingReport, State, States, Times};
use crate::address_book::contact::Source;
use crate::address_book::error::Error;
use crate::address_book::reader::Reader;
use crate::portal::{self, Failed};

/// The book that a reading has made, or why nothing could be read.
pub(super) type Outcome = Result<Arc<Book>, Error>;

/// A reading of a book that has begun.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) begun_at: Instant,
    pub(super) reader: Mutex<Reader>,
    /// The book whose newest pages are read again; `None` if the whole book is read.
    before: Option<Arc<Book>>,
    /// The number of contacts read so far; waiting callers report it as their progress.
    pub(super) count: watch::Sender<usize>,
    /// Why the last batch failed; `None` if it succeeded.
    pub(super) failure: Mutex<Option<Failed>>,
    /// The last book that was made before the end of the reading, and the number of its rows.
    pub(super) partial_book: tokio::sync::Mutex<Option<(usize, Arc<Book>)>>,
}

impl Reading {
    pub(super) fn new(now: Instant, before: Option<Arc<Book>>) -> Self {
        let before = before.filter(|book| !book.contacts.is_empty());
        let reader = match before.as_ref().and_then(|book| book.contacts.first()) {
            Some(newest) => Reader::until(newest.id, MAX_OF_ONE),
            None => Reader::of_book(MAX_OF_ONE),
        };
        Self {
            begun_at: now,
            reader: Mutex::new(reader),
            before,
            count: watch::Sender::new(0),
            failure: Mutex::default(),
            partial_book: tokio::sync::Mutex::default(),
        }
    }

    /// Makes a book of the pages read so far. A source without a page yet has failed: with its own failure, or that of
    /// the last batch, or else `timeout`.
    pub(super) fn book_so_far(&self, timeout: portal::Error) -> Outcome {
        let unread = self.failure.lock().clone().unwrap_or_else(|| timeout.into());
        let reader = self.reader.lock();
        let has_all = |source| reader.unreadable(source).len() == reader.unreadable_count(source) as usize;
        let state = |source| match (reader.is_whole(source), reader.failure(source)) {
            (true, _) if has_all(source) => State::Whole,
            (true, _) => State::Partial,
            _ if reader.total(source) > 0 || reader.unreadable_count(source) > 0 => State::Partial,
            (false, failed) => State::Failed(failed.cloned().unwrap_or_else(|| unread.clone()).into()),
        };
        // A portal that refuses to list employees will refuse again, so the whole book is not read again for that.
        let is_passing = |source: &Source, failed: &Failed| {
            *source == Source::Contacts || !matches!(failed.error.http_status(), Some(400..=499))
        };
        let has_failed = |source: &Source| reader.failure(*source).is_some_and(|failed| is_passing(source, failed));
        let report = ReadingReport {
            states: States {
                contacts: state(Source::Contacts),
                employees: state(Source::Employees),
            },
            times: Times {
                whole_at: self.begun_at,
                newest_at: self.begun_at,
                cost: reader.cost(),
            },
            has_failed: Source::ALL.iter().any(has_failed),
            has_batch: !reader.has_no_batch(),
        };
        let contacts = reader.sorted(Source::Contacts);
        let damaged = reader.unreadable(Source::Contacts).to_vec();
        let employees = Employees {
            rows: reader.sorted(Source::Employees).into(),
            damaged: reader.unreadable(Source::Employees).into(),
        };
        let covered_to = reader.covered_to().unwrap_or(u64::MAX);
        drop(reader);
        match (&report.states.contacts, &report.states.employees, &self.before) {
            (State::Failed(error), State::Failed(_), _) | (State::Failed(error), _, Some(_)) => Err(error.clone()),
            (_, _, Some(before)) => Ok(Arc::new(before.updated(contacts, covered_to, damaged, report))),
            _ => Ok(Arc::new(Book::new(contacts, damaged, employees, report))),
        }
    }
}
