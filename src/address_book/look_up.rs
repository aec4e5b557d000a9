//! One page of a list, from the portal. If the request would have to wait for the portal's rate limit, the page comes
//! from the whole book or the portal, whichever answers first.

use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::FusedFuture;
use tokio::time::Instant;

use super::account::Account;
use super::books::{BookRead, Books};
use super::cache::{Answer, AnsweredBy};
use super::error::Error;
use super::listing::Listing;
use super::page::ContactPage;
use super::processors::Processors;
use super::query::Query;
use crate::portal::Failed;

/// Looks one page up for the person of `account`. The cache calls this, and shares and keeps the answer.
pub(super) async fn look_up(
    account: Account,
    books: Arc<Books>,
    processors: Processors,
    query: Query,
) -> Result<Answer, Error> {
    let portal = &account.portal;
    let method = query.source().method();
    let from_portal = async {
        let listing: Listing = portal.call(method, &query.parameters()).await?;
        let listing = match query.offset() {
            0 => listing.checked().map_err(Failed::from)?,
            _ => listing,
        };
        let book = books.index_in_memory(&account.person);
        let page = ContactPage::new(&query, listing, book.as_deref());
        Ok(Answer {
            page,
            by: AnsweredBy::Portal,
        })
    };
    if !portal.would_wait(method) {
        return from_portal.await;
    }
    let deadline = Instant::now() + portal.timeout();
    let mut from_book = pin!(page_of_book(&books, processors, &account, &query).fuse());
    let by_book = |page| Answer {
        page,
        by: AnsweredBy::Book,
    };
    // The book is polled first, so that its reading queues before this call.
    let found = tokio::select! {
        biased;
        Some(page) = &mut from_book => return Ok(by_book(page)),
        found = from_portal => found,
    };
    // The rate limit has no place for this call in time; a reading that is under way may still end in time.
    if found.as_ref().is_err_and(Error::is_throttled)
        && !from_book.is_terminated()
        && let Ok(Some(page)) = tokio::time::timeout_at(deadline, from_book).await
    {
        return Ok(by_book(page));
    }
    found
}

/// The page out of the whole book, which is read first if it is not in memory; `None` if the book cannot answer.
async fn page_of_book(
    books: &Arc<Books>,
    processors: Processors,
    account: &Account,
    query: &Query,
) -> Option<ContactPage> {
    let BookRead { book, age, is_current } = books.read(account, Instant::now(), None, &|_| {}).await.ok()?;
    if !is_current || !book.can_list(query) {
        return None;
    }
    let query = query.clone();
    let page = processors.run(move |_| book.page(&query)).await?;
    Some(page.aged(age))
}
