//! Each employee's share of the page cache, so that one who looks up much does not displace the pages of all others.
//!
//! An employee's oldest pages leave the cache before a new page would pass the share. The one person of the
//! settings has the whole cache.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::address_book::query::Query;
use crate::portal::Person;

/// The pages of each employee, the oldest first.
#[derive(Debug)]
pub(super) struct Shares {
    /// The most that the pages of one employee may weigh together.
    max_weight: u64,
    /// How long a page is used.
    ttl: Duration,
    of: Mutex<HashMap<Person, Share>>,
}

#[derive(Debug, Default)]
struct Share {
    pages: VecDeque<KeptPage>,
    weight: u64,
}

/// A page in the cache.
#[derive(Debug)]
struct KeptPage {
    query: Query,
    at: Instant,
    weight: u64,
}

impl Shares {
    pub(super) fn new(max_weight: u64, ttl: Duration) -> Self {
        Self {
            max_weight,
            ttl,
            of: Mutex::default(),
        }
    }

    /// Counts a page that `person` is about to keep. Returns the queries of the person's pages that must leave the cache
    /// first, and when each was kept.
    pub(super) fn add(&self, person: &Person, query: &Query, weight: u64, now: Instant) -> Vec<(Query, Instant)> {
        if let Person::OfTheSettings(_) = person {
            return Vec::new();
        }
        let mut shares = self.of.lock();
        if !shares.contains_key(person) && shares.len() == shares.capacity() {
            // The last page of a share is its youngest.
            let is_in_use =
                |share: &Share| (share.pages.back()).is_some_and(|page| now.duration_since(page.at) < self.ttl);
            shares.retain(|_, share| is_in_use(share));
            let live = shares.len();
            shares.reserve(live);
        }
        let share = shares.entry(person.clone()).or_default();
        share.weight += weight;
        share.pages.push_back(KeptPage {
            query: query.clone(),
            at: now,
            weight,
        });
        let mut leaving = Vec::new();
        let leaves = |share: &Share| {
            let is_old = |page: &KeptPage| now.duration_since(page.at) >= self.ttl;
            share.weight > self.max_weight || share.pages.front().is_some_and(is_old)
        };
        // The new page stays, however large it is.
        while share.pages.len() > 1 && leaves(share) {
            let Some(oldest) = share.pages.pop_front() else { break };
            share.weight -= oldest.weight;
            leaving.push((oldest.query, oldest.at));
        }
        leaving
    }

    /// The number of employees whose pages are counted.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.of.lock().len()
    }
}
