//! Pages kept for a short time, and one request for equal look-ups that are under way at the same time.
//!
//! A failure is never kept. A caller that arrives while an equal look-up is under way waits for the answer of that
//! look-up. The request continues as long as a caller waits for it, and is cancelled when the last caller has left. The
//! cache is bounded by the number of contacts in it, not by the number of pages. The key includes the person whose
//! credentials are used, so that no person sees another person's address book.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use quick_cache::Weighter;
use quick_cache::sync::Cache as Entries;
use tokio::time::Instant;

use super::error::Error;
use super::page::ContactPage;
use super::query::Query;
use crate::portal::Person;

/// The most contacts of all cache entries together: a few megabytes.
const MAX_CONTACTS: u64 = 20_000;
/// The weight of an entry beside that of its contacts: a page without contacts takes memory too.
const ENTRY_WEIGHT: u64 = 5;
/// An estimate of how many entries the cache holds.
const COMMON_ENTRIES: usize = 1_000;

/// The key of a page: the query, and the person whose address book is searched.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) person: Person,
    pub(super) query: Query,
}

type Outcome = Result<Arc<ContactPage>, Error>;
type Flight = Shared<BoxFuture<'static, Outcome>>;

/// The pages of one address book.
#[derive(Debug)]
pub(super) struct Cache {
    /// How long an entry is used: `BITRIX24_CACHE_TTL`; zero keeps nothing.
    ttl: Duration,
    entries: Arc<Entries<Key, Entry, ByContacts>>,
    under_way: Mutex<HashMap<Key, WeakShared<BoxFuture<'static, Outcome>>>>,
    look_ups: LookUps,
}

type LookUps = Family<[(&'static str, &'static str); 1], Counter>;

fn count(look_ups: &LookUps, by: AnsweredBy) {
    let by = match by {
        AnsweredBy::Cache => "kept",
        AnsweredBy::SameLookUp => "under_way",
        AnsweredBy::Portal => "portal",
        AnsweredBy::Book => "book",
    };
    look_ups.get_or_create(&[("from", by)]).inc();
}

/// Where the answer of a look-up comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnsweredBy {
    /// An entry of this cache.
    Cache,
    /// An equal look-up of another caller, which was under way already.
    SameLookUp,
    Portal,
    /// The whole book in memory. The page is not kept, since the book is.
    Book,
}

/// A page that was looked up, and where it came from.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) page: ContactPage,
    pub(super) by: AnsweredBy,
}

/// A page in the cache.
#[derive(Debug, Clone)]
struct Entry {
    page: Arc<ContactPage>,
    at: Instant,
}

#[derive(Debug, Clone)]
struct ByContacts;

impl Weighter<Key, Entry> for ByContacts {
    fn weight(&self, _: &Key, entry: &Entry) -> u64 {
        entry.page.contacts.len() as u64 + ENTRY_WEIGHT
    }
}

impl Cache {
    pub(super) fn new(ttl: Duration) -> Self {
        Self {
            ttl,
            entries: Arc::new(Entries::with_weighter(COMMON_ENTRIES, MAX_CONTACTS, ByContacts)),
            under_way: Mutex::default(),
            look_ups: Family::default(),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "bitrix24_look_ups",
            "Look-ups by where their answer came from: kept, asked for by another look-up already, the portal, or the whole book in memory",
            self.look_ups.clone(),
        );
    }

    fn count(&self, by: AnsweredBy) {
        count(&self.look_ups, by);
    }

    /// Returns the page for `key`: from an entry, or from an equal look-up that is under way, or else from `ask`.
    pub(super) async fn answer<F>(&self, key: Key, ask: impl FnOnce() -> F) -> Result<ContactPage, Error>
    where
        F: Future<Output = Result<Answer, Error>> + Send + 'static,
    {
        if let Some(entry) = self.fresh(&key) {
            tracing::debug!("answered from the cache");
            self.count(AnsweredBy::Cache);
            let mut page = ContactPage::clone(&entry.page);
            page.page.age_seconds = Some(entry.at.elapsed().as_secs());
            return Ok(page);
        }
        let flight = self.join_or_begin(key, ask);
        // Copies the page only if a cache entry or another caller still holds it.
        flight.await.map(Arc::unwrap_or_clone)
    }

    /// True if an entry can answer `key`.
    pub(super) fn holds(&self, key: &Key) -> bool {
        self.fresh(key).is_some()
    }

    /// How long an entry is used.
    pub(super) fn ttl(&self) -> Duration {
        self.ttl
    }

    fn fresh(&self, key: &Key) -> Option<Entry> {
        self.entries.get(key).filter(|entry| entry.at.elapsed() < self.ttl)
    }

    fn join_or_begin<F>(&self, key: Key, ask: impl FnOnce() -> F) -> Flight
    where
        F: Future<Output = Result<Answer, Error>> + Send + 'static,
    {
        let mut under_way = self.under_way.lock();
        if let Some(flight) = under_way.get(&key).and_then(WeakShared::upgrade) {
            // A look-up that has ended is not shared: its page is in an entry, or may not be used again.
            if flight.peek().is_none() {
                self.count(AnsweredBy::SameLookUp);
                return flight;
            }
        }
        // Finished look-ups are removed only when the map is full, so that a look-up does not scan it each time.
        if under_way.len() == under_way.capacity() {
            under_way.retain(|_, flight| flight.upgrade().is_some());
            // Afterwards at least half of the map is free, so the next scan is as many look-ups away.
            let live = under_way.len();
            under_way.reserve(live);
        }
        let (asking, entries, ttl, entry_key) = (ask(), Arc::clone(&self.entries), self.ttl, key.clone());
        let look_ups = self.look_ups.clone();
        let flight = async move {
            let answered = asking.await;
            count(
                &look_ups,
                answered.as_ref().map_or(AnsweredBy::Portal, |answer| answer.by),
            );
            let Answer { page, by } = answered?;
            let page = Arc::new(page);
            if !ttl.is_zero() && by == AnsweredBy::Portal {
                let (page, at) = (Arc::clone(&page), Instant::now());
                entries.insert(entry_key, Entry { page, at });
            }
            Ok(page)
        }
        .boxed()
        .shared();
        under_way.extend(flight.downgrade().map(|weak| (key, weak)));
        flight
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address_book::{GivenPagination, Page};
    use crate::portal;
    use std::sync::atomic::{AtomicUsize, Ordering};

    const TTL: Duration = Duration::from_secs(60);
    const TRIP: Duration = Duration::from_secs(1);

    fn key(text: &str) -> Key {
        Key {
            person: Person::numbered(1),
            query: Query::new(text, &GivenPagination::default()).unwrap(),
        }
    }

    fn page() -> ContactPage {
        ContactPage {
            contacts: Vec::new(),
            page: Page {
                offset: 0,
                limit: 50,
                returned: 0,
                unreadable: 0,
                next_offset: None,
                complete: true,
                age_seconds: None,
            },
        }
    }

    fn by_portal(page: ContactPage) -> Answer {
        let by = AnsweredBy::Portal;
        Answer { page, by }
    }

    /// Counts requests and answers; each answer takes a second.
    #[derive(Clone, Default)]
    struct Portal {
        asked: Arc<AtomicUsize>,
        answered: Arc<AtomicUsize>,
    }

    impl Portal {
        fn ask(
            &self,
            outcome: Result<ContactPage, Error>,
        ) -> impl FnOnce() -> BoxFuture<'static, Result<Answer, Error>> {
            let portal = self.clone();
            move || {
                portal.asked.fetch_add(1, Ordering::SeqCst);
                async move {
                    tokio::time::sleep(TRIP).await;
                    portal.answered.fetch_add(1, Ordering::SeqCst);
                    outcome.map(by_portal)
                }
                .boxed()
            }
        }

        fn counts(&self) -> (usize, usize) {
            (self.asked.load(Ordering::SeqCst), self.answered.load(Ordering::SeqCst))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn sixty_four_identical_look_ups_are_one_request() {
        let (cache, portal) = (Cache::new(Duration::ZERO), Portal::default());
        let all = (0..64).map(|_| cache.answer(key("anna"), portal.ask(Ok(page()))));
        let pages = futures_util::future::join_all(all).await;
        assert!(pages.iter().all(|found| *found == Ok(page())));
        assert_eq!(portal.counts(), (1, 1));
        cache.answer(key("anna"), portal.ask(Ok(page()))).await.unwrap();
        assert_eq!(portal.counts(), (2, 2), "nothing is kept without a time to live");
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_is_kept_for_its_time_and_has_its_age() {
        let (cache, portal) = (Cache::new(TTL), Portal::default());
        let ask = async || {
            cache
                .answer(key("anna"), portal.ask(Ok(page())))
                .await
                .unwrap()
                .page
                .age_seconds
        };
        assert_eq!(ask().await, None, "fresh");
        assert_eq!(ask().await, Some(0));
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(ask().await, Some(59));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(ask().await, None);
        assert_eq!(portal.counts(), (2, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_of_the_whole_book_is_not_kept_beside_it() {
        let (cache, portal) = (Cache::new(TTL), Portal::default());
        let by_book = || async {
            Ok(Answer {
                page: page(),
                by: AnsweredBy::Book,
            })
        };
        cache.answer(key("anna"), by_book).await.unwrap();
        cache.answer(key("anna"), portal.ask(Ok(page()))).await.unwrap();
        assert_eq!(portal.counts(), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_shared_and_never_kept() {
        let (cache, portal) = (Cache::new(TTL), Portal::default());
        let failure = || Err(Error::Portal(portal::Error::NoRestV3.into()));
        let (one, two) = tokio::join!(
            cache.answer(key("anna"), portal.ask(failure())),
            cache.answer(key("anna"), portal.ask(failure()))
        );
        assert_eq!((one, two), (failure(), failure()));
        assert_eq!(portal.counts(), (1, 1));
        cache.answer(key("anna"), portal.ask(Ok(page()))).await.unwrap();
        assert_eq!(portal.counts(), (2, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_leaves_does_not_cancel_the_others() {
        let (cache, portal) = (Cache::new(TTL), Portal::default());
        let soon = TRIP / 2;
        let (first, second) = tokio::join!(
            tokio::time::timeout(soon, cache.answer(key("anna"), portal.ask(Ok(page())))),
            cache.answer(key("anna"), portal.ask(Ok(page())))
        );
        assert!(first.is_err(), "the first caller has left");
        assert_eq!(second, Ok(page()));
        assert_eq!(portal.counts(), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn when_all_callers_have_left_the_request_is_cancelled() {
        let (cache, portal) = (Cache::new(TTL), Portal::default());
        let leave = async || {
            let asking = cache.answer(key("anna"), portal.ask(Ok(page())));
            tokio::time::timeout(TRIP / 2, asking).await.unwrap_err();
        };
        tokio::join!(leave(), leave());
        tokio::time::sleep(TRIP * 2).await;
        assert_eq!(portal.counts(), (1, 0));
        cache.answer(key("anna"), portal.ask(Ok(page()))).await.unwrap();
        assert_eq!(portal.counts(), (2, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn entries_are_bounded_and_kept_apart_by_person() {
        let (cache, portal) = (Cache::new(TTL), Portal::default());
        for number in 0..10_000 {
            let key = Key {
                person: Person::numbered(number),
                ..key("anna")
            };
            cache.answer(key, portal.ask(Ok(page()))).await.unwrap();
        }
        assert_eq!(portal.counts(), (10_000, 10_000));
        assert!(cache.entries.weight() <= MAX_CONTACTS, "{}", cache.entries.weight());
        assert!(cache.under_way.lock().len() <= 8);
    }
}
