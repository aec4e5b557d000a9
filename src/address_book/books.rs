//! The books in memory, by person: how long each is used, and one reading of it for all callers that wait.
//!
//! | the kept book is | then |
//! |---|---|
//! | younger than `BITRIX24_CACHE_TTL` | it is used as it is |
//! | older | its newest pages are read again, until a known contact is met |
//! | older than ten times that, five minutes at least and an hour at most, or than 200 times the portal's time for it | all of it is read again |
//! | unused for that long | it is dropped when a book is next looked for |
//! | not whole | its reading goes on with the next caller |
//!
//! A reading goes on as long as one caller waits for it; then its whole pages stay, and the next caller continues it. With
//! a time of zero a caller only uses what was asked for after it came, and nothing is kept.

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

use super::book::Book;
use super::contact::Source;
use super::error::Error;
use super::index::Index;
use super::processors::Processors;
use crate::portal::{self, Person, Portal};
use reading::{Outcome, Reading};

/// Contacts and employees that all books may hold together: some 250 MB.
const MAX_CONTACTS: usize = 500_000;

type Flight = Shared<BoxFuture<'static, Outcome>>;

/// The books of everybody whose credentials the process has.
#[derive(Debug)]
pub(super) struct Books {
    portal: Arc<Portal>,
    processors: Processors,
    /// How long a book is used as it is.
    ttl: Duration,
    /// Contacts and employees that all books may hold.
    max_contacts: usize,
    shelves: Mutex<HashMap<Person, Shelf>>,
    count: Gauge,
    contacts: Gauge,
}

/// What is kept of one person's book.
#[derive(Debug)]
struct Shelf {
    book: Option<Arc<Book>>,
    /// The last reading, as long as a caller waits for it.
    under_way: Option<UnderWay>,
    /// The last reading until it has come to its end, also if no caller waits for it, so that the next caller continues
    /// it; `None` if nothing may be kept.
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
    /// The reading, unless all callers have left it or it has ended.
    fn join(&self) -> Option<(Arc<Reading>, Flight)> {
        let flight = self.flight.upgrade().filter(|flight| flight.peek().is_none())?;
        Some((self.reading.upgrade()?, flight))
    }
}

/// A book, and how old it was for a caller.
#[derive(Debug)]
pub(super) struct BookRead {
    pub(super) book: Arc<Book>,
    /// `None`: all of it was asked for after the caller came.
    pub(super) age: Option<Duration>,
    /// False if contacts may be missing that came since its newest pages were read.
    pub(super) is_current: bool,
}

impl BookRead {
    fn by(book: Arc<Book>, arrived: Instant, is_current: bool) -> Self {
        let read_at = book.report.times.whole_at;
        Self {
            book,
            age: (read_at < arrived).then(|| read_at.elapsed()),
            is_current,
        }
    }
}

impl Books {
    pub(super) fn new(portal: Arc<Portal>, processors: Processors, ttl: Duration) -> Self {
        Self {
            portal,
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

    /// The shelves of those whose book is in use.
    fn shelves(&self) -> MutexGuard<'_, HashMap<Person, Shelf>> {
        let mut shelves = self.shelves.lock();
        let now = Instant::now();
        shelves.retain(|_, shelf| shelf.is_under_way() || now < shelf.used_at + self.longest(shelf));
        shelves
    }

    /// Everybody in the book that is kept, however old.
    pub(super) fn kept(&self, person: Person) -> Option<Arc<Index>> {
        Some(Arc::clone(&self.shelves().get(&person)?.book.as_ref()?.index))
    }

    /// The book, if it may be used as it is.
    pub(super) fn fresh(&self, person: Person) -> Option<Arc<Book>> {
        let mut shelves = self.shelves();
        let shelf = shelves.get_mut(&person)?;
        let book = shelf.book.as_ref()?;
        let is_fresh = book.report.times.newest_at.elapsed() < self.ttl && shelf.unfinished.is_none();
        shelf.used_at = Instant::now();
        is_fresh.then(|| Arc::clone(book))
    }

    /// The book of `person`: as it is kept, or read for a caller that came at `arrived` and waits until `until` at most;
    /// then as far as it has been read. `progress` is called with the number of contacts read so far.
    ///
    /// # Errors
    /// That of the reading, if nothing could be read.
    pub(super) async fn read(
        self: &Arc<Self>,
        person: Person,
        arrived: Instant,
        until: Option<Instant>,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<BookRead, Error> {
        loop {
            if let Some(book) = self.fresh(person) {
                return Ok(BookRead::by(book, arrived, true));
            }
            let (reading, flight) = self.join_or_begin(person);
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
                    // A reading that the portal's limit has stopped would stop again at once.
                    if is_in_time || !reading.reader.lock().is_over() {
                        return Ok(BookRead::by(book, arrived, is_in_time));
                    }
                }
                () = time_is_up => {
                    let book = self.partial_book(&reading).await?;
                    return Ok(BookRead::by(book, arrived, self.is_in_time(&reading, arrived)));
                }
                () = waiting => {}
            }
        }
    }

    /// Whether a caller that came at `arrived` may use what this reading has brought.
    fn is_in_time(&self, reading: &Reading, arrived: Instant) -> bool {
        reading.begun_at >= arrived || reading.begun_at.elapsed() < self.ttl
    }

    /// The reading that is under way, or a new one.
    fn join_or_begin(self: &Arc<Self>, person: Person) -> (Arc<Reading>, Flight) {
        let now = Instant::now();
        let mut shelves = self.shelves();
        let shelf = shelves.entry(person).or_insert_with(|| Shelf {
            book: None,
            under_way: None,
            unfinished: None,
            used_at: now,
        });
        shelf.used_at = now;
        if let Some(joined) = shelf.under_way.as_ref().and_then(UnderWay::join) {
            return joined;
        }
        let longest = self.longest(shelf);
        let goes_on = |reading: &Arc<Reading>| now < reading.begun_at + longest && !reading.reader.lock().is_over();
        let reading = shelf.unfinished.take().filter(goes_on).unwrap_or_else(|| {
            let is_young = |book: &&Arc<Book>| !book.report.has_failed && now < book.report.times.whole_at + longest;
            Arc::new(Reading::new(now, shelf.book.as_ref().filter(is_young).cloned()))
        });
        let flight = Arc::clone(self).flight(person, Arc::clone(&reading)).boxed().shared();
        shelf.under_way = flight.downgrade().map(|flight| UnderWay {
            reading: Arc::downgrade(&reading),
            flight,
        });
        shelf.unfinished = (!self.ttl.is_zero()).then(|| Arc::clone(&reading));
        self.make_room(&mut shelves, person);
        (reading, flight)
    }

    /// How long a book is brought up to date by its newest pages, and kept unused.
    fn longest(&self, shelf: &Shelf) -> Duration {
        const TIMES: u32 = 10;
        const BOUNDS: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(3600));
        /// So that the portal spends half a percent of its time on a book at most.
        const TIMES_THE_COST: u32 = 200;
        let cost = shelf
            .book
            .as_ref()
            .map_or(Duration::ZERO, |book| book.report.times.cost);
        let by_ttl = self.ttl.saturating_mul(TIMES).clamp(BOUNDS.0, BOUNDS.1);
        by_ttl.max(cost.saturating_mul(TIMES_THE_COST))
    }

    /// Reads to the end, or until the portal has no time for more, and keeps what was read.
    async fn flight(self: Arc<Self>, person: Person, reading: Arc<Reading>) -> Outcome {
        let arrival = self.portal.arrive();
        loop {
            let Some(batch) = reading.reader.lock().next_batch(&self.portal) else {
                break;
            };
            let reply = batch.read(&self.portal, arrival).await;
            *reading.failure.lock() = reply.failure().cloned();
            let count = {
                let mut reader = reading.reader.lock();
                reader.take_reply(reply);
                reader.total(Source::Contacts)
            };
            reading.count.send_replace(count);
        }
        let book = self.so_far(&reading).await;
        self.put(person, book.as_ref().ok());
        book
    }

    /// Indexes what a reading has brought so far.
    async fn so_far(&self, reading: &Arc<Reading>) -> Outcome {
        let (reading, after) = (Arc::clone(reading), self.portal.timeout());
        let made = self
            .processors
            .run(move |_| reading.so_far(portal::Error::TimedOut { after }));
        made.await.unwrap_or_else(|| Err(Error::cancelled()))
    }

    /// The book as far as it has been read, made once for all callers whose time is up.
    async fn partial_book(&self, reading: &Arc<Reading>) -> Outcome {
        let mut part = reading.part.lock().await;
        let rows = Source::ALL
            .iter()
            .map(|source| reading.reader.lock().total(*source))
            .sum();
        match &*part {
            Some((of, book)) if *of == rows => Ok(Arc::clone(book)),
            _ => {
                let book = self.so_far(reading).await?;
                *part = Some((rows, Arc::clone(&book)));
                Ok(book)
            }
        }
    }

    /// Keeps a book that was read, and the reading if it can go on.
    fn put(&self, person: Person, book: Option<&Arc<Book>>) {
        let mut shelves = self.shelves();
        if let Some(shelf) = shelves.get_mut(&person) {
            // It may go on where only the portal's limit has stopped it.
            shelf.unfinished.take_if(|reading| reading.reader.lock().is_over());
            if let (false, Some(book)) = (self.ttl.is_zero(), book) {
                shelf.book = Some(Arc::clone(book));
            }
        }
        self.make_room(&mut shelves, person);
    }

    /// Drops the books that were unused for longest until the rest fits, but never that of `person`.
    fn make_room(&self, shelves: &mut HashMap<Person, Shelf>, person: Person) {
        let all = |shelves: &HashMap<Person, Shelf>| shelves.values().map(Shelf::len).sum::<usize>();
        while all(shelves) > self.max_contacts {
            let others = shelves
                .iter()
                .filter(|(other, shelf)| **other != person && !shelf.is_under_way());
            let Some(oldest) = others.min_by_key(|(_, shelf)| shelf.used_at).map(|(other, _)| *other) else {
                break;
            };
            shelves.remove(&oldest);
        }
        let gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        self.count
            .set(gauge(shelves.values().filter(|shelf| shelf.book.is_some()).count()));
        self.contacts.set(gauge(all(shelves)));
    }
}

impl Shelf {
    fn is_under_way(&self) -> bool {
        self.under_way
            .as_ref()
            .is_some_and(|reading| reading.flight.upgrade().is_some())
    }

    /// Contacts and employees that are kept.
    fn len(&self) -> usize {
        let of_reading = self.unfinished.as_ref().map_or(0, |reading| *reading.count.borrow());
        self.book.as_ref().map_or(0, |book| book.len()) + of_reading
    }
}
