//! The address book as a library: a book on one portal, queries and names, and the failures of a resolution.

use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, Error, GivenPagination, Names, Query, Resolution, Source, Status};
use bitrix24_mail_mcp::portal::{Credentials, Portal, Settings};
use tokio_util::sync::CancellationToken;

/// An address book on this webhook. It tries each request only once.
pub(crate) fn book(webhook_url: &str) -> AddressBook {
    let settings = Settings {
        max_attempts: 1,
        ..Settings::new(Credentials::from_webhook_url(webhook_url))
    };
    AddressBook::new(Portal::new(settings), Duration::ZERO)
}

pub(crate) fn query(text: &str) -> Query {
    Query::new(text, &GivenPagination::default()).unwrap()
}

pub(crate) fn names(asked: &[&str]) -> Names {
    let asked: Vec<String> = asked.iter().map(|name| (*name).to_owned()).collect();
    Names::new(&asked, &[]).unwrap()
}

/// The sources that could not be asked, each with the code of its failure.
pub(crate) fn failures(resolution: &Resolution) -> Vec<(Source, &str)> {
    let failures = resolution.not_asked.iter();
    failures.map(|failed| (failed.source, failed.error.code())).collect()
}

pub(crate) async fn resolve(book: &AddressBook, asked: &[&str]) -> Resolution {
    try_resolve(book, asked).await.unwrap()
}

pub(crate) async fn try_resolve(book: &AddressBook, asked: &[&str]) -> Result<Resolution, Error> {
    book.resolve(&names(asked), &|_| {}, &CancellationToken::new()).await
}

/// The status of the first recipient.
pub(crate) fn status(resolution: &Resolution) -> Status {
    resolution.recipients[0].status
}
