//! Resolves names and addresses: finds for each name the people whom it may mean, and why.
//!
//! Every name is judged against the whole address book ([`Book`](super::book::Book)), which is read first if it is not
//! in memory. A name gets the status `one` only if a single person of the book has it. The user decides about a person
//! whose name is only similar, or who has a serious caution. If a part of the book could not be read, the result says
//! so, and the names are also requested from the portal as they were typed.
//!
//! | file | holds |
//! |---|---|
//! | `names` | the checked names of a call |
//! | `recipient` | the result |
//! | `literal` | the requests for the names as they were typed |
//! | `judge` | the decision about each name |

mod judge;
mod literal;
mod names;
mod recipient;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use names::{MAX_NAMES, Names};
pub use recipient::{Choice, Match, Recipient, Resolution, Status};

use super::account::Account;
use super::book::State;
use super::books::{BookRead, Books};
use super::contact::Source;
use super::error::Error;
use super::processors::Processors;
use super::search::Question;
use crate::portal::{self, Failed};
use judge::Evidence;
use literal::ask_literally;

/// The most contacts that are judged on the async worker, which takes a few milliseconds; more are judged on a blocking
/// thread.
const CONTACTS_AT_ONCE: usize = 1_000;
/// How long before its deadline a call stops reading and answers from the part that was read; shorter if this is more
/// than a quarter of the call's time.
const ANSWER_TIME: Duration = Duration::from_secs(3);

/// Resolves names in the address book of one person.
#[derive(Debug)]
pub(super) struct Resolver<'a> {
    /// The person whose address book is searched.
    pub(super) account: Account,
    pub(super) books: &'a Arc<Books>,
    pub(super) processors: &'a Processors,
}

impl Resolver<'_> {
    /// Resolves `names` as [`AddressBook::resolve`](super::AddressBook::resolve) describes.
    pub(super) async fn resolve(
        &self,
        names: &Names,
        progress: &(dyn Fn(usize) + Sync),
        cancellation: &CancellationToken,
    ) -> Result<Resolution, Error> {
        let (arrived, after) = (Instant::now(), self.account.portal.timeout());
        let resolving = tokio::time::timeout(after, self.resolve_in_time(names, arrived, progress));
        tokio::select! {
            biased;
            () = cancellation.cancelled() => Err(Error::cancelled()),
            resolution = resolving => resolution.map_err(|_| Failed::from(portal::Error::TimedOut { after }))?,
        }
    }

    async fn resolve_in_time(
        &self,
        names: &Names,
        arrived: Instant,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Resolution, Error> {
        let Account { portal, person } = &self.account;
        let time = portal.timeout();
        let deadline = arrived + time;
        let wanted: Vec<Question> = names.asked().iter().map(|name| Question::new(name)).collect();
        let until = deadline - ANSWER_TIME.min(time / 4);
        let literal_until = until + (deadline - until) / 2;
        let wants_contacts = names.sources().contains(&Source::Contacts);
        if wants_contacts && wanted.iter().all(Question::is_address) && self.books.fresh(person).is_none() {
            let asking = ask_literally(portal, self.processors, &wanted, &[Source::Contacts]);
            let found = tokio::time::timeout_at(until, asking).await.ok().flatten();
            // An address that no contact has may be an employee's. The portal searches employees by words, not by a
            // whole address, so then the book is needed.
            if let Some(index) = found.filter(|index| wanted.iter().all(|wanted| index.has_address_of(wanted))) {
                let evidence = Evidence {
                    indexes: vec![index],
                    ..Evidence::default()
                };
                return self.judge(names, wanted, evidence).await;
            }
        }
        let BookRead { book, age, is_current } = self.books.read(&self.account, arrived, Some(until), progress).await?;
        let states = &book.report.states;
        let not_asked = states.not_asked(names.sources());
        if let ([failed, ..], true) = (not_asked.as_slice(), not_asked.len() == names.sources().len()) {
            return Err(failed.error.clone());
        }
        let mut indexes = vec![Arc::clone(&book.index)];
        let is_partial = |source: &Source| !is_current || matches!(states.of(*source), State::Partial);
        let parts: Vec<Source> = names.sources().iter().copied().filter(is_partial).collect();
        if !parts.is_empty() && book.report.has_batch {
            let asking = ask_literally(portal, self.processors, &wanted, &parts);
            indexes.extend(tokio::time::timeout_at(literal_until, asking).await.ok().flatten());
        }
        let evidence = Evidence {
            is_whole: is_current && states.are_whole(names.sources()),
            not_asked,
            indexes,
        };
        let resolution = self.judge(names, wanted, evidence).await?;
        Ok(Resolution {
            age_seconds: age.map(|age| age.as_secs()),
            ..resolution
        })
    }

    /// Judges the names, on a blocking thread if there are many contacts.
    async fn judge(&self, names: &Names, wanted: Vec<Question>, evidence: Evidence) -> Result<Resolution, Error> {
        let contacts: usize = evidence.indexes.iter().map(|index| index.len()).sum();
        if contacts <= CONTACTS_AT_ONCE {
            return judge::resolution(names, &wanted, &evidence, &|| true).ok_or_else(Error::cancelled);
        }
        let names = names.clone();
        let judging = self
            .processors
            .run(move |goes_on| judge::resolution(&names, &wanted, &evidence, goes_on));
        judging.await.flatten().ok_or_else(Error::cancelled)
    }
}
