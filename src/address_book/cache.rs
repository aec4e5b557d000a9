//! Pages kept for a short time, and one request for equal look-ups that are under way at the same time.
//!
//! A failure is never kept. A caller that arrives while an equal look-up is under way waits for the answer of that
//! look-up. The request continues as long as a caller waits for it, and is cancelled when the last caller has left. The
//! cache is bounded by the number of contacts in it, not by the number of pages; one employee's pages are bounded to a
//! share of it. The key includes the person whose credentials are used, so that no person sees another person's address
//! book.

mod shares;
#[cfg(test)]
mod tests;

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
use shares::Shares;

/// The most contacts of all cache entries together: a few megabytes.
const MAX_CONTACTS: u64 = 20_000;
/// The most contacts of one employee's entries together.
const MAX_CONTACTS_OF_ONE: u64 = MAX_CONTACTS / 10;
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
    shares: Arc<Shares>,
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
            shares: Arc::new(Shares::new(MAX_CONTACTS_OF_ONE, ttl)),
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
        let (shares, look_ups) = (Arc::clone(&self.shares), self.look_ups.clone());
        let flight = async move {
            let answered = asking.await;
            count(
                &look_ups,
                answered.as_ref().map_or(AnsweredBy::Portal, |answer| answer.by),
            );
            let Answer { page, by } = answered?;
            let page = Arc::new(page);
            if !ttl.is_zero() && by == AnsweredBy::Portal {
                keep(&entries, &shares, entry_key, Arc::clone(&page));
            }
            Ok(page)
        }
        .boxed()
        .shared();
        under_way.extend(flight.downgrade().map(|weak| (key, weak)));
        flight
    }
}

/// Keeps a page, after the pages that must leave because of its person's share.
fn keep(entries: &Entries<Key, Entry, ByContacts>, shares: &Shares, key: Key, page: Arc<ContactPage>) {
    let at = Instant::now();
    let entry = Entry { page, at };
    for (query, at) in shares.add(&key.person, &key.query, ByContacts.weight(&key, &entry), at) {
        let person = key.person.clone();
        // A page that was looked up again meanwhile is younger, and stays.
        entries.remove_if(&Key { person, query }, |kept| kept.at == at);
    }
    entries.insert(key, entry);
}
