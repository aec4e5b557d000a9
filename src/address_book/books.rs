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
use tokio::sync::watch;
use tokio::time::Instant;

use super::book::{Book, Employees, Known, MAX_OF_ONE, State, States, Times};
use super::index::Index;
use super::processors::Processors;
use super::reader::Reader;
use super::{Error, Source};
use crate::portal::{self, Failed, Person, Portal};

/// Contacts and employees that all books may hold together: some 250 MB.
const MAX_CONTACTS: usize = 500_000;

type Outcome = Result<Arc<Book>, Error>;
type Flight = Shared<BoxFuture<'static, Outcome>>;

/// The books of everybody whose credentials the process has.
#[derive(Debug)]
pub(super) struct Books {
    portal: Arc<Portal>,
    processors: Processors,
    /// How long a book is used as it is.
    ttl: Duration,
    /// Contacts and employees that all books may hold.
    most: usize,
    shelves: Mutex<HashMap<Person, Shelf>>,
    count: Gauge,
    contacts: Gauge,
}

/// What is known of one person's book.
#[derive(Debug)]
struct Shelf {
    kept: Option<Arc<Book>>,
    /// The last reading, as long as somebody waits for it.
    course: Weak<Course>,
    /// The same until it has come to its end, also if nobody waits; `None` if nothing may be kept.
    unfinished: Option<Arc<Course>>,
    flight: Option<WeakShared<BoxFuture<'static, Outcome>>>,
    used_at: Instant,
}

/// A reading, as those who wait for it see it.
#[derive(Debug)]
struct Course {
    begun_at: Instant,
    reader: Mutex<Reader>,
    /// The book whose newest pages are read again; `None` if all is read.
    before: Option<Arc<Book>>,
    /// Contacts read so far.
    count: watch::Sender<usize>,
    /// Why the last request failed; the reading may have gone on.
    failure: Mutex<Option<Failed>>,
    /// The last book that was made of a part, and of how many rows.
    part: tokio::sync::Mutex<Option<(usize, Arc<Book>)>>,
}

/// A book, and how old it was for a caller.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) book: Arc<Book>,
    /// `None`: all of it was asked for after the caller came.
    pub(super) age: Option<Duration>,
    /// False if contacts may be missing that came since its newest pages were read.
    pub(super) is_current: bool,
}

impl Read {
    fn by(book: Arc<Book>, arrived: Instant, is_current: bool) -> Self {
        let read_at = book.known.times.whole_at;
        Self {
            book,
            age: (read_at < arrived).then(|| read_at.elapsed()),
            is_current,
        }
    }
}

impl Course {
    fn new(now: Instant, before: Option<Arc<Book>>) -> Self {
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
            part: tokio::sync::Mutex::default(),
        }
    }

    /// The book as far as it has been read. A source of which nothing has come yet has failed with the last request, or
    /// is `late`.
    fn so_far(&self, late: portal::Error) -> Outcome {
        let late = self.failure.lock().clone().unwrap_or_else(|| late.into());
        let reader = self.reader.lock();
        let has_all = |source| reader.unreadable(source).len() == reader.unreadable_count(source) as usize;
        let state = |source| match (reader.is_whole(source), reader.failure(source)) {
            (true, _) if has_all(source) => State::Whole,
            (true, _) => State::Partly,
            _ if reader.total(source) > 0 || reader.unreadable_count(source) > 0 => State::Partly,
            (false, failed) => State::Failed(failed.cloned().unwrap_or_else(|| late.clone()).into()),
        };
        // A refusal of the employees is no reason to read all again soon.
        let is_passing = |source: &Source, failed: &Failed| {
            *source == Source::Contacts || !matches!(failed.error.http_status(), Some(400..=499))
        };
        let has_failed = |source: &Source| reader.failure(*source).is_some_and(|failed| is_passing(source, failed));
        let course = Known {
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
        match (&course.states.contacts, &course.states.employees, &self.before) {
            (State::Failed(error), State::Failed(_), _) | (State::Failed(error), _, Some(_)) => Err(error.clone()),
            (_, _, Some(before)) => Ok(Arc::new(
                before.brought_up_to_date(contacts, covered_to, damaged, course),
            )),
            _ => Ok(Arc::new(Book::new(contacts, damaged, employees, course))),
        }
    }
}

impl Books {
    pub(super) fn new(portal: Arc<Portal>, processors: Processors, ttl: Duration) -> Self {
        Self {
            portal,
            processors,
            ttl,
            most: MAX_CONTACTS,
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
        Some(Arc::clone(&self.shelves().get(&person)?.kept.as_ref()?.index))
    }

    /// The book, if it may be used as it is.
    pub(super) fn fresh(&self, person: Person) -> Option<Arc<Book>> {
        let mut shelves = self.shelves();
        let shelf = shelves.get_mut(&person)?;
        let book = shelf.kept.as_ref()?;
        let is_fresh = book.known.times.newest_at.elapsed() < self.ttl && shelf.unfinished.is_none();
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
    ) -> Result<Read, Error> {
        loop {
            if let Some(book) = self.fresh(person) {
                return Ok(Read::by(book, arrived, true));
            }
            let (course, flight) = self.joined(person);
            let mut count = course.count.subscribe();
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
                    let (book, is_in_time) = (outcome?, self.is_in_time(&course, arrived));
                    // A reading that the portal's limit has stopped would stop again at once.
                    if is_in_time || !course.reader.lock().is_over() {
                        return Ok(Read::by(book, arrived, is_in_time));
                    }
                }
                () = time_is_up => {
                    let book = self.in_part(&course).await?;
                    return Ok(Read::by(book, arrived, self.is_in_time(&course, arrived)));
                }
                () = waiting => {}
            }
        }
    }

    /// Whether a caller that came at `arrived` may use what this reading has brought.
    fn is_in_time(&self, course: &Course, arrived: Instant) -> bool {
        course.begun_at >= arrived || course.begun_at.elapsed() < self.ttl
    }

    /// The reading that is under way, or a new one.
    fn joined(self: &Arc<Self>, person: Person) -> (Arc<Course>, Flight) {
        let now = Instant::now();
        let mut shelves = self.shelves();
        let shelf = shelves.entry(person).or_insert_with(|| Shelf {
            kept: None,
            course: Weak::new(),
            unfinished: None,
            flight: None,
            used_at: now,
        });
        shelf.used_at = now;
        let flight = shelf.flight.as_ref().and_then(WeakShared::upgrade);
        // One that has ended was answered to those who waited for it.
        if let (Some(flight), Some(course)) = (flight.filter(|flight| flight.peek().is_none()), shelf.course.upgrade())
        {
            return (course, flight);
        }
        let longest = self.longest(shelf);
        let goes_on = |course: &Arc<Course>| now < course.begun_at + longest && !course.reader.lock().is_over();
        let course = shelf.unfinished.take().filter(goes_on).unwrap_or_else(|| {
            let is_young = |book: &&Arc<Book>| !book.known.has_failed && now < book.known.times.whole_at + longest;
            Arc::new(Course::new(now, shelf.kept.as_ref().filter(is_young).cloned()))
        });
        let flight = Arc::clone(self).flight(person, Arc::clone(&course)).boxed().shared();
        shelf.course = Arc::downgrade(&course);
        shelf.unfinished = (!self.ttl.is_zero()).then(|| Arc::clone(&course));
        shelf.flight = flight.downgrade();
        self.make_room(&mut shelves, person);
        (course, flight)
    }

    /// How long a book is brought up to date by its newest pages, and kept unused.
    fn longest(&self, shelf: &Shelf) -> Duration {
        const TIMES: u32 = 10;
        const BOUNDS: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(3600));
        /// So that the portal spends half a percent of its time on a book at most.
        const TIMES_THE_COST: u32 = 200;
        let cost = shelf.kept.as_ref().map_or(Duration::ZERO, |book| book.known.times.cost);
        let by_ttl = self.ttl.saturating_mul(TIMES).clamp(BOUNDS.0, BOUNDS.1);
        by_ttl.max(cost.saturating_mul(TIMES_THE_COST))
    }

    /// Reads to the end, or until the portal has no time for more, and keeps what was read.
    async fn flight(self: Arc<Self>, person: Person, course: Arc<Course>) -> Outcome {
        let arrival = self.portal.arrive();
        loop {
            let Some(pages) = course.reader.lock().next(&self.portal) else {
                break;
            };
            let answer = pages.read(&self.portal, arrival).await;
            *course.failure.lock() = answer.failure().cloned();
            let count = {
                let mut reader = course.reader.lock();
                reader.learn(answer);
                reader.total(Source::Contacts)
            };
            course.count.send_replace(count);
        }
        let book = self.so_far(&course).await;
        self.put(person, book.as_ref().ok());
        book
    }

    /// Indexes what a reading has brought so far.
    async fn so_far(&self, course: &Arc<Course>) -> Outcome {
        let (course, after) = (Arc::clone(course), self.portal.timeout());
        let made = self
            .processors
            .run(move |_| course.so_far(portal::Error::TimedOut { after }));
        made.await.unwrap_or_else(|| Err(Error::cancelled()))
    }

    /// The book as far as it has been read, made once for all callers whose time is up.
    async fn in_part(&self, course: &Arc<Course>) -> Outcome {
        let mut part = course.part.lock().await;
        let rows = Source::ALL
            .iter()
            .map(|source| course.reader.lock().total(*source))
            .sum();
        match &*part {
            Some((of, book)) if *of == rows => Ok(Arc::clone(book)),
            _ => {
                let book = self.so_far(course).await?;
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
            shelf.unfinished.take_if(|course| course.reader.lock().is_over());
            if let (false, Some(book)) = (self.ttl.is_zero(), book) {
                shelf.kept = Some(Arc::clone(book));
            }
        }
        self.make_room(&mut shelves, person);
    }

    /// Drops the books that were unused for longest until the rest fits, but never that of `person`.
    fn make_room(&self, shelves: &mut HashMap<Person, Shelf>, person: Person) {
        let all = |shelves: &HashMap<Person, Shelf>| shelves.values().map(Shelf::len).sum::<usize>();
        while all(shelves) > self.most {
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
            .set(gauge(shelves.values().filter(|shelf| shelf.kept.is_some()).count()));
        self.contacts.set(gauge(all(shelves)));
    }
}

impl Shelf {
    fn is_under_way(&self) -> bool {
        self.flight.as_ref().is_some_and(|flight| flight.upgrade().is_some())
    }

    /// Contacts and employees that are kept.
    fn len(&self) -> usize {
        let of_course = self.unfinished.as_ref().map_or(0, |course| *course.count.borrow());
        self.kept.as_ref().map_or(0, |book| book.len()) + of_course
    }
}
