//! The address book of the person whose credentials the portal client holds: questions in, pages of contacts out.
//!
//! Contacts are harvested by Bitrix24 from mail headers, so names are text that strangers wrote. They leave this room
//! cleaned and bounded. The room imports only the portal client and knows nothing of MCP or of advice.

mod book;
mod books;
mod cache;
mod cautions;
mod contact;
mod error;
mod index;
mod listing;
mod look_up;
mod page;
mod processors;
mod query;
mod reader;
mod resolve;
mod search;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::registry::Registry;
use serde::de::IgnoredAny;
use tokio_util::sync::CancellationToken;

pub use cautions::Caution;
pub use contact::{Contact, Source};
pub use error::{Error, INVALID_ARGUMENTS, NotAsked};
pub use page::{ContactPage, Page};
pub use query::{GivenPagination, InvalidQuery, MAX_LIMIT, MAX_TEXT, Query, shown};
pub use resolve::{Choice, MAX_NAMES, Match, Names, Recipient, Resolution, Status};
pub use search::Why;
pub use walk::{Step, Walk};

use books::Books;
use cache::{Cache, Key};
use look_up::look_up;
use processors::Processors;
use resolve::Resolver;

use crate::portal::{self, Method, Portal};
pub use crate::portal::{Person, clean, without_lone_surrogates};

/// Looks people up in the portal.
#[derive(Debug)]
pub struct AddressBook {
    portal: Arc<Portal>,
    cache: Cache,
    books: Arc<Books>,
    processors: Processors,
}

/// Under load answers come more often than this.
const A_MOMENT: Duration = Duration::from_secs(10);

impl AddressBook {
    /// Opens the address book behind `portal`. Answers, and a book that was read, are used as they are for `cache_ttl`.
    /// Nothing is asked yet.
    pub fn new(portal: Portal, cache_ttl: Duration) -> Self {
        let (portal, processors) = (Arc::new(portal), Processors::new());
        Self {
            cache: Cache::new(cache_ttl),
            books: Arc::new(Books::new(Arc::clone(&portal), processors.clone(), cache_ttl)),
            processors,
            portal,
        }
    }

    /// One page of the contacts whose name or address contains the query's text, newest first; or of the employees who
    /// have a word that begins with one of it, in no order. A page that was asked for a short while ago comes from the
    /// cache. One that would have to wait for the portal's limit comes from the whole book, if that is in memory or is
    /// read first. Both have their age.
    ///
    /// # Errors
    /// [`Error::Portal`]; an empty page is not an error.
    pub async fn list(&self, query: &Query, cancellation: &CancellationToken) -> Result<ContactPage, Error> {
        self.listed(self.key(query)?, cancellation).await
    }

    async fn listed(&self, key: Key, cancellation: &CancellationToken) -> Result<ContactPage, Error> {
        let (portal, books) = (Arc::clone(&self.portal), Arc::clone(&self.books));
        let asking = look_up(portal, books, self.processors.clone(), key.person, key.query.clone());
        tokio::select! {
            biased;
            () = cancellation.cancelled() => Err(Error::cancelled()),
            answer = self.cache.answer(key, || asking) => answer,
        }
    }

    /// As [`list`](Self::list), for whom the answer is a mere convenience: `None` if the answer is not there
    /// already and the portal client is [busy](Portal::is_idle), so that nobody's look-up waits for this one.
    ///
    /// # Errors
    /// [`Error::Portal`].
    pub async fn list_if_idle(
        &self,
        query: &Query,
        cancellation: &CancellationToken,
    ) -> Result<Option<ContactPage>, Error> {
        let key = self.key(query)?;
        if !self.cache.holds(&key) && !self.portal.is_idle(Method::ListContacts) {
            return Ok(None);
        }
        self.listed(key, cancellation).await.map(Some)
    }

    /// How long the same question will still get the same answer as `page`, out of the cache.
    pub fn fresh_for(&self, page: &Page) -> Duration {
        // The age was rounded down.
        let age = page
            .age_seconds
            .map_or(Duration::ZERO, |age| Duration::from_secs(age + 1));
        self.cache.ttl().saturating_sub(age)
    }

    fn key(&self, query: &Query) -> Result<Key, Error> {
        Ok(Key {
            person: self.person()?,
            query: query.clone(),
        })
    }

    /// Looks all `names` up in the whole address book, which is read if it is not in memory. `progress` is called with
    /// the number of contacts read so far. Addresses alone are asked for as they are, in one request, and need no book if
    /// they are all contacts'.
    ///
    /// # Errors
    /// [`Error::Portal`] if nothing could be read at all.
    pub async fn resolve(
        &self,
        names: &Names,
        progress: &(dyn Fn(usize) + Sync),
        cancellation: &CancellationToken,
    ) -> Result<Resolution, Error> {
        let resolver = Resolver {
            portal: &self.portal,
            books: &self.books,
            processors: &self.processors,
            person: self.person()?,
        };
        resolver.resolve(names, progress, cancellation).await
    }

    /// Starts to walk all contacts that match `query`, from its offset on.
    pub fn walk(&self, query: &Query) -> Walk<'_> {
        Walk::new(&self.portal, &self.books, query)
    }

    /// Tells whether look-ups work: they do if one did a moment ago. Else asks for the one newest contact, past the
    /// cache, which is the cheapest request that tells it.
    ///
    /// # Errors
    /// [`Error::Portal`].
    pub async fn probe(&self) -> Result<(), Error> {
        // Of a busy portal client everybody waits for the limit's next place, and a probe would wait with them.
        if self.portal.has_answered_within(A_MOMENT) {
            return Ok(());
        }
        let newest = GivenPagination {
            limit: Some(1.into()),
            ..GivenPagination::default()
        };
        let parameters = Query::new("", &newest)?.parameters();
        let _: IgnoredAny = self.portal.call(Method::ListContacts, &parameters).await?;
        Ok(())
    }

    /// Adds what this address book and its portal client count to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        self.cache.register(registry);
        self.books.register(registry);
        self.portal.register(registry);
    }

    /// The person whose address book it is.
    ///
    /// # Errors
    /// [`Error::Portal`] for missing or wrong settings.
    pub fn person(&self) -> Result<Person, Error> {
        Ok(self.portal.person().map_err(portal::Failed::from)?)
    }

    /// The portal client behind the address book.
    pub fn portal(&self) -> &Portal {
        &self.portal
    }
}
