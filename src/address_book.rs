//! The address book of the person whose credentials the portal client holds: questions in, pages of contacts out.
//!
//! Contacts are harvested by Bitrix24 from mail headers, so names are text that strangers wrote. They leave this room
//! cleaned and bounded. The room imports only the portal client and knows nothing of MCP or of advice.

mod book;
mod books;
mod cache;
mod cautions;
mod index;
mod page;
mod processors;
mod query;
mod reader;
mod resolve;
mod search;
mod walk;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::FusedFuture;
use prometheus_client::registry::Registry;
use serde::de::IgnoredAny;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use cautions::Caution;
pub use page::{Contact, ContactPage, Page};
pub use query::{GivenPagination, InvalidQuery, Query, shown};
pub use resolve::{Choice, MAX_NAMES, Match, Names, NotAsked, Recipient, Resolution, Source, Status};
pub use search::Why;
pub use walk::{Step, Walk};

use books::{Books, Read};
use cache::{Answered, Cache, Key};
use page::Listing;
use processors::Processors;

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

/// Why a look-up gave no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The question was refused before any request.
    #[error(transparent)]
    Invalid(#[from] InvalidQuery),
    /// The portal client failed.
    #[error(transparent)]
    Portal(#[from] portal::Failed),
}

/// The portal's own code for wrong pagination; ours too, so that the advice is the same wherever it was noticed.
const INVALID_PAGINATION: &str = "BITRIX_REST_V3_EXCEPTION_INVALIDPAGINATIONEXCEPTION";
/// Any other argument that was refused before a request.
pub const INVALID_ARGUMENTS: &str = "INVALID_ARGUMENTS";

impl Error {
    /// Stable text that names the failure: the key to the fix-it table.
    pub fn code(&self) -> &str {
        match self {
            Self::Invalid(error) if error.is_about_pagination() => INVALID_PAGINATION,
            Self::Invalid(_) => INVALID_ARGUMENTS,
            Self::Portal(failed) => failed.error.code(),
        }
    }

    /// HTTP status of the portal's reply; `None` when there was none.
    pub fn http_status(&self) -> Option<u16> {
        match self {
            Self::Invalid(_) => None,
            Self::Portal(failed) => failed.error.http_status(),
        }
    }

    /// Field and problem of each argument at fault; empty if the arguments are not to blame.
    pub fn validation(&self) -> Vec<(String, String)> {
        match self {
            Self::Invalid(error) => vec![(error.field.to_owned(), error.problem.clone())],
            Self::Portal(failed) => failed
                .error
                .validation()
                .iter()
                .map(|violation| (violation.field.clone(), violation.message.clone()))
                .collect(),
        }
    }
}

impl Error {
    /// Requests that were sent for the look-up.
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Invalid(_) => 0,
            Self::Portal(failed) => failed.attempts,
        }
    }

    /// How long to wait before asking again, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Invalid(_) => None,
            Self::Portal(failed) => failed.retry_after,
        }
    }

    fn is_throttled(&self) -> bool {
        matches!(self, Self::Portal(failed) if matches!(failed.error, portal::Error::Throttled { .. }))
    }

    /// True if the portal does not have the method.
    fn is_unknown_method(&self) -> bool {
        let code = self.code();
        code.ends_with("METHODNOTFOUNDEXCEPTION") || code == "ERROR_METHOD_NOT_FOUND"
    }

    /// The caller withdrew.
    pub fn cancelled() -> Self {
        Self::Portal(portal::Error::Cancelled.into())
    }
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
        let asking = self.asked(key.person, &key.query);
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

    fn asked(&self, person: Person, query: &Query) -> impl Future<Output = Result<Answered, Error>> + Send + use<> {
        let (portal, books, processors) = (
            Arc::clone(&self.portal),
            Arc::clone(&self.books),
            self.processors.clone(),
        );
        let query = query.clone();
        async move {
            let method = query.source().method();
            let from_portal = async {
                let listing: Listing = portal.call(method, &query.parameters()).await?;
                let listing = match query.offset() {
                    0 => listing.checked().map_err(portal::Failed::from)?,
                    _ => listing,
                };
                let book = books.kept(person);
                let page = ContactPage::new(&query, listing, book.as_deref());
                Ok(Answered::ByPortal(page))
            };
            if !portal.would_wait(method) {
                return from_portal.await;
            }
            let deadline = Instant::now() + portal.timeout();
            let mut from_book = pin!(page_of_book(&books, processors, person, &query).fuse());
            // The book first, so that its reading stands before this call in the queue.
            let found = tokio::select! {
                biased;
                Some(page) = &mut from_book => return Ok(Answered::ByBook(page)),
                found = from_portal => found,
            };
            // There is no place for this call in time; there may be one for the book.
            if found.as_ref().is_err_and(Error::is_throttled)
                && !from_book.is_terminated()
                && let Ok(Some(page)) = tokio::time::timeout_at(deadline, from_book).await
            {
                return Ok(Answered::ByBook(page));
            }
            found
        }
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

/// The page out of the whole book, once that is there; `None` if it cannot answer.
async fn page_of_book(
    books: &Arc<Books>,
    processors: Processors,
    person: Person,
    query: &Query,
) -> Option<ContactPage> {
    let Read { book, age, is_current } = books.read(person, Instant::now(), None, &|_| {}).await.ok()?;
    if !is_current || !book.can_list(query) {
        return None;
    }
    let asked = query.clone();
    let page = processors.run(move |_| book.page(&asked)).await?;
    Some(page.aged(age))
}
