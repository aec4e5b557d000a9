//! Reads, keeps and searches the address book of the person whose credentials the portal client holds, or of each
//! employee who has signed in.
//!
//! A person's **book** is all mail contacts and employees that the portal lists for that person. A **contact** is one
//! row of the book: an id, an address and mostly a name. Bitrix24 harvests contacts from mail headers, so strangers may
//! have written the names. This room imports only the portal client, not MCP and not the fix-it table.
//!
//! *Reading.* A **page** is one answer of a list method: up to 200 rows, with their place in the list. `listing` reads
//! the rows leniently and cleans names and addresses. A **reading** requests page after page until the book is whole;
//! `reader` decides which pages come next. A **walk** is a reading whose contacts the caller receives step by step.
//!
//! *Keeping.* `books` keeps the book of each person for a time and lets all callers share one reading. `cache` keeps
//! single pages.
//!
//! *Finding.* [`Names`] are looked for in the whole book. `index` finds the **candidates** for a name, the contacts
//! with similar words, and `search` compares each of them with the name. A candidate that fits is a **match**.
//!
//! *Judging.* `resolve/judge` decides for each name whether one match is certain, or the user has to choose.
//!
//! *Cautions.* A **caution** marks a contact as suspicious or unusable, as for a domain that imitates another. A
//! caution forbids nothing, but a name whose only match has a serious caution never gets the status `one`.
//!
//! | file | holds |
//! |---|---|
//! | `account` | one person's access to the portal |
//! | `contact` | [`Contact`] and [`Source`] |
//! | `error` | [`Error`] and its codes |
//! | `query` | [`Query`]: a checked text and page |
//! | `listing` | the portal's answer to a list method, read and cleaned |
//! | `page` | [`ContactPage`], the result of [`AddressBook::list`] |
//! | `look_up` | where one page comes from: the portal, or the book |
//! | `cache` | pages kept for a short time, and one request for equal look-ups |
//! | `reader` | which pages a reading requests |
//! | `walk` | [`Walk`]: a reading, step by step |
//! | `book` | one person's book as it was read |
//! | `books` | the books in memory, and when each is read again |
//! | `index` | the book's words, for finding candidates |
//! | `search` | whether a name means a contact |
//! | `resolve` | [`Names`] in, [`Resolution`] out |
//! | `cautions` | [`Caution`] and the rules for each |
//! | `processors` | threads for work that takes long |

mod account;
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

use account::Account;
use books::Books;
use cache::{Cache, Key};
use look_up::look_up;
use processors::Processors;
use resolve::Resolver;

use crate::portal::{self, Method, Portal};
pub use crate::portal::{Employee, EmployeeId, Person, clean, without_lone_surrogates};

/// Looks people up in the address book of the person behind the portal's credentials. Cheap to clone; every clone has
/// the same cache and books.
#[derive(Debug, Clone)]
pub struct AddressBook {
    portal: Portal,
    cache: Arc<Cache>,
    books: Arc<Books>,
    processors: Processors,
}

/// How long [`AddressBook::probe`] relies on the last successful call. Under load calls succeed more often than this.
const RECENT: Duration = Duration::from_secs(10);

impl AddressBook {
    /// Makes the address book behind `portal`, without a request. Pages and books that were read are used again for
    /// `cache_ttl`.
    pub fn new(portal: Portal, cache_ttl: Duration) -> Self {
        let processors = Processors::new();
        Self {
            cache: Arc::new(Cache::new(cache_ttl)),
            books: Arc::new(Books::new(processors.clone(), cache_ttl)),
            processors,
            portal,
        }
    }

    /// The address book of one employee who has signed in, behind the same portal, in the same cache and books. Made for
    /// each request, so it is cheap. Only for the address book of a team server, see [`Portal::of_employee`].
    #[must_use]
    pub fn of(&self, employee: &Employee) -> Self {
        Self {
            portal: self.portal.of_employee(employee),
            ..self.clone()
        }
    }

    /// Returns one page of a source.
    ///
    /// For contacts: those whose name or address contains the query's text, newest first. For employees: those with a
    /// word that begins with a word of the text, in no order.
    ///
    /// A page that was read a short time ago comes from the cache. If the request would have to wait for the rate
    /// limit, the page may also come from the whole book, which is read first if it is not in memory: the first of the
    /// two to answer is used. A page from the cache or the book has its age.
    ///
    /// # Errors
    /// [`Error::Portal`]; an empty page is not an error.
    pub async fn list(&self, query: &Query, cancellation: &CancellationToken) -> Result<ContactPage, Error> {
        let account = self.account()?;
        self.list_by(key(&account, query), account, cancellation).await
    }

    async fn list_by(
        &self,
        key: Key,
        account: Account,
        cancellation: &CancellationToken,
    ) -> Result<ContactPage, Error> {
        let (books, processors, query) = (Arc::clone(&self.books), self.processors.clone(), key.query.clone());
        tokio::select! {
            biased;
            () = cancellation.cancelled() => Err(Error::cancelled()),
            answer = self.cache.answer(key, || look_up(account, books, processors, query)) => answer,
        }
    }

    /// Returns a page as [`list`](Self::list) does, but only if that delays no other call: `None` if the page is not in
    /// the cache and the portal client is not [idle](Portal::is_idle). For callers that can do without the page.
    ///
    /// # Errors
    /// [`Error::Portal`].
    pub async fn list_if_idle(
        &self,
        query: &Query,
        cancellation: &CancellationToken,
    ) -> Result<Option<ContactPage>, Error> {
        let account = self.account()?;
        let key = key(&account, query);
        if !self.cache.holds(&key) && !self.portal.is_idle(Method::ListContacts) {
            return Ok(None);
        }
        self.list_by(key, account, cancellation).await.map(Some)
    }

    /// How long the cache will still return `page` for the same query.
    pub fn fresh_for(&self, page: &Page) -> Duration {
        // The age was rounded down.
        let age = page
            .age_seconds
            .map_or(Duration::ZERO, |age| Duration::from_secs(age + 1));
        self.cache.ttl().saturating_sub(age)
    }

    fn account(&self) -> Result<Account, Error> {
        Ok(Account {
            person: self.person()?,
            portal: self.portal.clone(),
        })
    }

    /// Finds the people whom each of `names` may mean, in the whole book, which is read first if it is not in memory.
    /// `progress` is called with the number of contacts read so far.
    ///
    /// If all names are addresses and no fresh book is in memory, the addresses are first requested from the portal in
    /// one batch. If each address is a contact's, no book is read.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use bitrix24_mail_mcp::address_book::{AddressBook, Names, Status};
    /// use bitrix24_mail_mcp::portal::{Credentials, Portal, Settings};
    /// use tokio_util::sync::CancellationToken;
    ///
    /// # async fn example(webhook_url: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// let portal = Portal::new(Settings::new(Credentials::from_webhook_url(webhook_url)));
    /// let book = AddressBook::new(portal, Duration::from_secs(60));
    /// let names = Names::new(&["Anna Schmidt".to_owned()], &[])?;
    /// let resolution = book.resolve(&names, &|_| {}, &CancellationToken::new()).await?;
    /// for recipient in resolution.recipients {
    ///     match (recipient.status, recipient.matches.as_slice()) {
    ///         (Status::One, [only]) => println!("{}: {}", recipient.asked, only.email),
    ///         (_, matches) => println!("{}: choose among {}", recipient.asked, matches.len()),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
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
            account: self.account()?,
            books: &self.books,
            processors: &self.processors,
        };
        resolver.resolve(names, progress, cancellation).await
    }

    /// Starts to walk all contacts that match `query`, from its offset on.
    pub fn walk(&self, query: &Query) -> Walk<'_> {
        Walk::new(&self.portal, &self.books, query)
    }

    /// Checks that look-ups work. Sends nothing if a call has succeeded within the last ten seconds. Otherwise requests
    /// the newest contact without the cache, the cheapest request that proves it.
    ///
    /// # Errors
    /// [`Error::Portal`].
    pub async fn probe(&self) -> Result<(), Error> {
        // While the portal client is busy, every call waits for the rate limit, and so would a probe.
        if self.portal.has_answered_within(RECENT) {
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

    /// Adds the metrics of this address book and of its portal client to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        self.cache.register(registry);
        self.books.register(registry);
        self.portal.register(registry);
    }

    /// The person whose address book this is: the account behind the portal client's credentials.
    ///
    /// # Errors
    /// [`Error::Portal`] for missing or wrong settings.
    pub fn person(&self) -> Result<Person, Error> {
        let person = self.portal.person();
        Ok(person.map_err(portal::Failed::from)?)
    }

    /// The portal client behind the address book.
    pub fn portal(&self) -> &Portal {
        &self.portal
    }
}

fn key(account: &Account, query: &Query) -> Key {
    Key {
        person: account.person.clone(),
        query: query.clone(),
    }
}
