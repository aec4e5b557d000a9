//! The books in memory, by person: how long each book is used, and one reading shared by all callers that wait for it.
//!
//! | the book in memory is | then |
//! |---|---|
//! | younger than `BITRIX24_CACHE_TTL` | it is used as it is |
//! | older than that | its newest pages are read again, down to the first contact that the book has |
//! | older than its maximum age | all of it is read again |
//! | unused for its maximum age | it is dropped at the next look-up of any book |
//! | not read to the end | the next caller continues its reading |
//!
//! The maximum age is ten times `BITRIX24_CACHE_TTL`, but at least five minutes and at most an hour. If 200 times the
//! time that the portal works for the book is longer than this, that is the maximum age.
//!
//! A reading stops when no caller waits for it any more. The pages read so far stay in memory, and the next caller
//! continues the reading. With a `BITRIX24_CACHE_TTL` of zero nothing stays, and a caller gets only pages that were
//! requested after the caller's arrival.

mod reading;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use parking_lot::{Mutex, MutexGuard};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::time::Instant;

use super::account::Account;
use super::book::Book;
use super::contact::Source;
use super::error::Error;
use super::index::Index;
use super::processors::Processors;
use crate::portal::{self, Person};
use reading::{Outcome, Reading};

/// The most contacts and employees of all books together: some 250 MB.
const MAX_CONTACTS: usize = 500_000;

type Flight = Shared<BoxFuture<'static, Outcome>>;

/// The books of every person for whom the process makes calls.
#[derive(Debug)]
pub(super) struct Books {
    processors: Processors,
    /// How long a book is used as it is.
    ttl: Duration,
    /// The most contacts and employees of all books together.
    max_contacts: usize,
    shelves: Mutex<HashMap<Person, Shelf>>,
    count: Gauge,
    contacts: Gauge,
}

/// One person's book in memory, and the readings of it.
#[derive(Debug)]
struct Shelf {
    book: Option<Arc<Book>>,
    /// The last reading, if a caller waits for it.
    under_way: Option<UnderWay>,
    /// The last reading if it has not ended, so that the next caller can continue it even if no caller waits for it
    /// now. Always `None` if `BITRIX24_CACHE_TTL` is zero.
    unfinished: Option<Arc<Reading>>,
    used_at: Instant,
}

/// A reading and the future that carries it out, both held by the callers that wait.
#[derive(Debug)]
struct UnderWay {
    reading: Weak<Reading>,
    flight: WeakShared<BoxFuture<'static, Outcome>>,
}

impl UnderWay {
    /// The reading and its future; `None` if all callers have left or the reading has ended.
    fn join(&self) -> Option<(Arc<Reading>, Flight)> {
        let flight = self.flight.upgrade().filter(|flight| flight.peek().is_none())?;
        Some((self.reading.upgrade()?, flight))
    }
}

/// A book that was returned to a caller, and how old it was then.
#[derive(Debug)]
pub(super) struct BookRead {
    pub(super) book: Arc<Book>,
    /// Time since the reading of the whole book began; `None` if that was after the caller's arrival.
    pub(super) age: Option<Duration>,
    /// False if contacts that were added since the newest pages were read may be missing.
    pub(super) is_current: bool,
}

impl BookRead {
    fn new(book: Arc<Book>, arrived: Instant, is_current: bool) -> Self {
        let read_at = book.report.times.whole_at;
        Self {
            book,
            age: (read_at < arrived).then(|| read_at.elapsed()),
            is_current,
        }
    }
}

impl Books {
    pub(super) fn new(processors: Processors, ttl: Duration) -> Self {
        Self {
            processors,
            ttl,
            max_contacts: MAX_CONTACTS,
            shelves: Mutex::default(),
            count: Gauge::default(),
            contacts: Gauge::default(),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("bitrix24_books", "Address books in memory", self.count.clone());
        registry.register(
            "bitrix24_book_contacts",
            "Contacts and employees of all address books in memory",
            self.contacts.clone(),
        );
    }

    /// All shelves, after those unused for the maximum age of their book were dropped.
    fn shelves(&self) -> MutexGuard<'_, HashMap<Person, Shelf>> {
        let mut shelves = self.shelves.lock();
        let now = Instant::now();
        shelves.retain(|_, shelf| shelf.is_under_way() || now < shelf.used_at + self.max_age(shelf));
        shelves
    }

    /// The index of the book in memory, however old; `None` if no book is in memory.
    pub(super) fn index_in_memory(&self, person: &Person) -> Option<Arc<Index>> {
        Some(Arc::clone(&self.shelves().get(person)?.book.as_ref()?.index))
    }

    /// The book in memory, if it is young enough to be used as it is.
    pub(super) fn fresh(&self, person: &Person) -> Option<Arc<Book>> {
        let mut shelves = self.shelves();
        let shelf = shelves.get_mut(person)?;
        let book = shelf.book.as_ref()?;
        let is_fresh = book.report.times.newest_at.elapsed() < self.ttl && shelf.unfinished.is_none();
        shelf.used_at = Instant::now();
        is_fresh.then(|| Arc::clone(book))
    }

    /// Returns the book of the person of `account` to a caller that arrived at `arrived`: from memory, or after a
    /// reading. If the time `until` comes first, returns the book as far as it has been read. `progress` is called with
    /// the number of contacts read so far.
    ///
    /// # Errors
    /// The error of the reading, if nothing could be read.
    pub(super) async fn read(
        self: &Arc<Self>,
        account: &Account,
        arrived: Instant,
        until: Option<Instant>,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<BookRead, Error> {
        loop {
            if let Some(book) = self.fresh(&account.person) {
                return Ok(BookRead::new(book, arrived, true));
            }
            let (reading, flight) = self.join_or_begin(account);
            let mut count = reading.count.subscribe();
            let waiting = async {
                while count.changed().await.is_ok() {
                    let read = *count.borrow_and_update();
                    progress(read);
                }
                std::future::pending::<()>().await;
            };
            let time_is_up = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                outcome = flight => {
                    let (book, is_in_time) = (outcome?, self.is_in_time(&reading, arrived));
                    // If the reading began too early for this caller, the loop begins a new one. A reading that is
                    // not over was stopped by the rate limit, and a new one would be stopped as well.
                    if is_in_time || !reading.reader.lock().is_over() {
                        return Ok(BookRead::new(book, arrived, is_in_time));
                    }
                }
                () = time_is_up => {
                    let book = self.partial_book(&reading, account.portal.timeout()).await?;
                    return Ok(BookRead::new(book, arrived, self.is_in_time(&reading, arrived)));
                }
                () = waiting => {}
            }
        }
    }

    /// True if a caller that arrived at `arrived` may use the pages of this reading.
    fn is_in_time(&self, reading: &Reading, arrived: Instant) -> bool {
        reading.begun_at >= arrived || reading.begun_at.elapsed() < self.ttl
    }

    /// Joins the reading that is under way. If none is, continues the unfinished one, or begins a new one.
    fn join_or_begin(self: &Arc<Self>, account: &Account) -> (Arc<Reading>, Flight) {
        let now = Instant::now();
        let mut shelves = self.shelves();
        let shelf = shelves.entry(account.person.clone()).or_insert_with(|| Shelf {
            book: None,
            under_way: None,
            unfinished: None,
            used_at: now,
        });
        shelf.used_at = now;
        if let Some(joined) = shelf.under_way.as_ref().and_then(UnderWay::join) {
            return joined;
        }
        let max_age = self.max_age(shelf);
        let goes_on = |reading: &Arc<Reading>| now < reading.begun_at + max_age && !reading.reader.lock().is_over();
        let reading = shelf.unfinished.take().filter(goes_on).unwrap_or_else(|| {
            let is_young = |book: &&Arc<Book>| !book.report.has_failed && now < book.report.times.whole_at + max_age;
            Arc::new(Reading::new(now, shelf.book.as_ref().filter(is_young).cloned()))
        });
        let flight = Arc::clone(self).flight(account.clone(), Arc::clone(&reading));
        let flight = flight.boxed().shared();
        shelf.under_way = flight.downgrade().map(|flight| UnderWay {
            reading: Arc::downgrade(&reading),
            flight,
        });
        shelf.unfinished = (!self.ttl.is_zero()).then(|| Arc::clone(&reading));
        self.make_room(&mut shelves, &account.person);
        (reading, flight)
    }

    /// The maximum age of a book: how long only its newest pages are read again, and how long it is kept unused.
    fn max_age(&self, shelf: &Shelf) -> Duration {
        const TIMES: u32 = 10;
        const BOUNDS: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(3600));
        /// Bounds the share of its time that the portal spends on reading one whole book: half a percent.
        const TIMES_THE_COST: u32 = 200;
        let cost = shelf
            .book
            .as_ref()
            .map_or(Duration::ZERO, |book| book.report.times.cost);
        let by_ttl = self.ttl.saturating_mul(TIMES).clamp(BOUNDS.0, BOUNDS.1);
        by_ttl.max(cost.saturating_mul(TIMES_THE_COST))
    }

    /// Reads to the end, or until the rate limit stops the reading, and keeps the book.
    async fn flight(self: Arc<Self>, account: Account, reading: Arc<Reading>) -> Outcome {
        let Account { portal, person } = account;
        let arrival = portal.arrive();
        loop {
            let Some(batch) = reading.reader.lock().next_batch(&portal) else {
                break;
            };
            let reply = batch.read(&portal, arrival).await;
            *reading.failure.lock() = reply.failure().cloned();
            let count = {
                let mut reader = reading.reader.lock();
                reader.take_reply(reply);
                reader.total(Source::Contacts)
            };
            reading.count.send_replace(count);
        }
        let book = self.book_so_far(&reading, portal.timeout()).await;
        self.put(&person, book.as_ref().ok());
        book
    }

    /// Makes a book of the pages read so far, on a blocking thread. `after` is the time limit of a call.
    async fn book_so_far(&self, reading: &Arc<Reading>, after: Duration) -> Outcome {
        let reading = Arc::clone(reading);
        let made = self
            .processors
            .run(move |_| reading.book_so_far(portal::Error::TimedOut { after }));
        made.await.unwrap_or_else(|| Err(Error::cancelled()))
    }

    /// The book as far as it has been read; callers whose time is up at the same number of rows share one book.
    async fn partial_book(&self, reading: &Arc<Reading>, after: Duration) -> Outcome {
        let mut partial = reading.partial_book.lock().await;
        let rows = Source::ALL
            .iter()
            .map(|source| reading.reader.lock().total(*source))
            .sum();
        match &*partial {
            Some((of, book)) if *of == rows => Ok(Arc::clone(book)),
            _ => {
                let book = self.book_so_far(reading, after).await?;
                *partial = Some((rows, Arc::clone(&book)));
                Ok(book)
            }
        }
    }

    /// Puts a book that was read on the shelf of `person`, and drops the reading if it is over.
    fn put(&self, person: &Person, book: Option<&Arc<Book>>) {
        let mut shelves = self.shelves();
        if let Some(shelf) = shelves.get_mut(person) {
            // A reading that only the rate limit has stopped can be continued.
            shelf.unfinished.take_if(|reading| reading.reader.lock().is_over());
            if let (false, Some(book)) = (self.ttl.is_zero(), book) {
                shelf.book = Some(Arc::clone(book));
            }
        }
        self.make_room(&mut shelves, person);
    }

    /// Drops the books that were unused for longest until the rest fits, but no book that is being read, nor that of
    /// `person`.
    fn make_room(&self, shelves: &mut HashMap<Person, Shelf>, person: &Person) {
        let total = |shelves: &HashMap<Person, Shelf>| shelves.values().map(Shelf::len).sum::<usize>();
        while total(shelves) > self.max_contacts {
            let others = shelves
                .iter()
                .filter(|(other, shelf)| *other != person && !shelf.is_under_way());
            let oldest = others.min_by_key(|(_, shelf)| shelf.used_at);
            let Some(oldest) = oldest.map(|(other, _)| other.clone()) else {
                break;
            };
            shelves.remove(&oldest);
        }
        let gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.count
            .set(gauge(shelves.values().filter(|shelf| shelf.book.is_some()).count()));
        self.contacts.set(gauge(total(shelves)));
    }
}

impl Shelf {
    fn is_under_way(&self) -> bool {
        self.under_way
            .as_ref()
            .is_some_and(|reading| reading.flight.upgrade().is_some())
    }

    /// The number of contacts and employees on the shelf.
    fn len(&self) -> usize {
        let of_reading = self.unfinished.as_ref().map_or(0, |reading| *reading.count.borrow());
        self.book.as_ref().map_or(0, |book| book.len()) + of_reading
    }
}
