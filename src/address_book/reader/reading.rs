//! One reading of a list, or of contacts and employees together: which pages the next request asks for, and what its
//! outcome means. Pure: no clock, no network.
//!
//! | a request failed with | then |
//! |---|---|
//! | anything that one source may be to blame for, and both are in it | each source is asked alone from then on |
//! | a passing failure, a timeout, a reply too large | half as many pages, down to one |
//! | a refusal, and a batch succeeded before | the same |
//! | a refusal, and none did | one page; if that succeeds, the portal has no batch |
//! | a single page, answered | the source ends there |
//! | no answer at all to a single page, credentials, limits | every source ends there |

use std::time::Duration;

use super::contacts::ContactPages;
use super::employees::EmployeePages;
use super::pace::Pace;
use super::{Ask, Kept};
use crate::address_book::page::Rows;
use crate::address_book::{Contact, Query, Source};
use crate::portal::{Blame, Failed, MAX_CALLS};

/// What has been read so far, and what is to be read next.
#[derive(Debug)]
pub(super) struct Reading {
    contacts: Option<ContactPages>,
    employees: Option<EmployeePages>,
    failures: Failures,
    pace: Pace,
    /// True if a request holds pages of one source only.
    is_apart: bool,
    /// Time of the portal for the pages that came.
    pub(super) cost: Duration,
}

/// Why each source ended before its list did.
#[derive(Debug, Default)]
struct Failures {
    contacts: Option<Failed>,
    employees: Option<Failed>,
}

impl Reading {
    pub(super) fn new(contacts: Option<ContactPages>, employees: Option<EmployeePages>) -> Self {
        Self {
            contacts,
            employees,
            failures: Failures::default(),
            pace: Pace::default(),
            is_apart: false,
            cost: Duration::ZERO,
        }
    }

    fn contacts_open(&self) -> Option<&ContactPages> {
        let contacts = self.contacts.as_ref().filter(|contacts| !contacts.is_over());
        contacts.filter(|_| self.failures.contacts.is_none())
    }

    fn employees_open(&self) -> Option<&EmployeePages> {
        let employees = self.employees.as_ref().filter(|employees| !employees.is_over());
        employees.filter(|_| self.failures.employees.is_none())
    }

    /// The pages of the next request; none at the end.
    pub(super) fn ask(&self) -> Vec<Ask> {
        let pages = self.pace.pages();
        match (self.contacts_open(), self.employees_open()) {
            (Some(contacts), Some(employees)) if self.is_apart || pages == 1 => {
                // Employees as soon as it is known that the portal answers at all.
                match self.pace.is_new() {
                    true => contacts.ask(pages),
                    false => employees.ask(pages),
                }
            }
            (Some(contacts), Some(employees)) => {
                // Beside the five pages of contacts in the first request.
                let room = pages + usize::from(self.pace.is_new());
                let mut beside = employees.ask((room / 2).max(1));
                let mut asks = contacts.ask((room - beside.len()).min(MAX_CALLS));
                beside.truncate(MAX_CALLS.saturating_sub(asks.len()));
                asks.append(&mut beside);
                asks
            }
            (Some(contacts), None) => contacts.ask(pages),
            (None, Some(employees)) => employees.ask(pages),
            (None, None) => Vec::new(),
        }
    }

    /// The question that a page belongs to.
    pub(super) fn query(&self, source: Source) -> Option<&Query> {
        match source {
            Source::Contacts => self.contacts.as_ref().map(|contacts| &contacts.query),
            Source::Employees => self.employees.as_ref().map(|employees| &employees.query),
        }
    }

    /// Takes the rows of all pages of a request. A page of
    /// another shape is the failure of its source.
    pub(super) fn take(&mut self, pages: Vec<(Ask, Result<Rows, Failed>)>, took: Duration) {
        self.pace.succeeded(pages.len(), took);
        self.cost += took;
        for (ask, rows) in pages {
            let rows = match rows {
                Ok(rows) => rows,
                Err(failed) => {
                    *self.failures.of(ask.source) = Some(failed);
                    continue;
                }
            };
            match (ask.source, &mut self.contacts, &mut self.employees) {
                (Source::Contacts, Some(contacts), _) => contacts.take(&ask, rows),
                (Source::Employees, _, Some(employees)) => employees.take(&ask, rows),
                _ => {}
            }
        }
    }

    /// Learns from the failure of a request for these pages.
    pub(super) fn fail(&mut self, asks: &[Ask], failed: Failed) {
        let Some(Ask { source, .. }) = asks.first() else { return };
        let is_mixed = asks.iter().any(|ask| ask.source != *source);
        match failed.blame() {
            Blame::Everything => self.end_all(&failed),
            blame if is_mixed => {
                self.is_apart = true;
                if blame == Blame::Size && !failed.was_answered() {
                    self.pace.halve(asks.len());
                }
            }
            Blame::Size if asks.len() > 1 => self.pace.halve(asks.len()),
            Blame::Calls if asks.len() > 1 => self.pace.refused(asks.len()),
            Blame::Size if !failed.was_answered() || self.pace.is_new() => self.end_all(&failed),
            Blame::Size | Blame::Calls => {
                self.pace.refused_alone();
                *self.failures.of(*source) = Some(failed);
            }
        }
    }

    fn end_all(&mut self, failed: &Failed) {
        if self.contacts_open().is_some() {
            self.failures.contacts = Some(failed.clone());
        }
        if self.employees_open().is_some() {
            self.failures.employees = Some(failed.clone());
        }
    }

    /// Forgets failures, so that the same pages are asked for again.
    pub(super) fn retry(&mut self) {
        self.failures = Failures::default();
    }

    /// True if the next request is one page because the portal has no batch.
    pub(super) fn has_no_batch(&self) -> bool {
        self.pace.has_no_batch()
    }

    /// Why a source ended before its list did.
    pub(super) fn failure(&self, source: Source) -> Option<&Failed> {
        match source {
            Source::Contacts => self.failures.contacts.as_ref(),
            Source::Employees => self.failures.employees.as_ref(),
        }
    }

    /// True if everybody of a source that is wanted has come.
    pub(super) fn is_whole(&self, source: Source) -> bool {
        match source {
            Source::Contacts => self.contacts.as_ref().is_some_and(ContactPages::is_whole),
            Source::Employees => self.employees.as_ref().is_some_and(EmployeePages::is_whole),
        }
    }

    /// The most contacts that are wanted.
    pub(super) fn most(&self) -> usize {
        self.contacts.as_ref().map_or(usize::MAX, |contacts| contacts.most)
    }

    /// The id down to which every contact has come.
    pub(super) fn covered_to(&self) -> Option<u64> {
        self.contacts.as_ref()?.covered_to()
    }

    /// Where a list was given up though more may follow.
    pub(super) fn stopped_at(&self) -> Option<u64> {
        let contacts = self.contacts.as_ref().and_then(ContactPages::stopped_at);
        contacts.or_else(|| self.employees.as_ref()?.stopped_at())
    }

    /// What came of a source.
    pub(super) fn kept(&self, source: Source) -> Option<&Kept> {
        match source {
            Source::Contacts => self.contacts.as_ref().map(|contacts| &contacts.kept),
            Source::Employees => self.employees.as_ref().map(|employees| &employees.kept),
        }
    }

    /// Takes out what came of a source since it was last taken out.
    pub(super) fn drain(&mut self, source: Source) -> Vec<Contact> {
        let kept = match source {
            Source::Contacts => self.contacts.as_mut().map(|contacts| &mut contacts.kept),
            Source::Employees => self.employees.as_mut().map(|employees| &mut employees.kept),
        };
        kept.map(|kept| std::mem::take(&mut kept.contacts)).unwrap_or_default()
    }
}

impl Failures {
    fn of(&mut self, source: Source) -> &mut Option<Failed> {
        match source {
            Source::Contacts => &mut self.contacts,
            Source::Employees => &mut self.employees,
        }
    }
}
