//! How a demo portal is to behave: one value, complete when made. Pure.

use std::time::Duration;

use super::answer::Language;
use super::faults::{Behaviour, Fault, WrongSettings};
use super::limits::{Bucket, Operating};
use super::quirks::Quirk;

/// How the demo portal behaves.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// What goes wrong.
    pub fault: Option<&'static Fault>,
    /// So many first requests of REST 3.0 come before the fault.
    pub spared: usize,
    /// Something odd that a client must bear.
    pub quirk: Option<Quirk>,
    /// The language of its messages.
    pub language: Language,
    /// What a limit below zero does.
    pub negative_limit: NegativeLimit,
    /// What a person would be given to sign in with; a fault may insist, see [`Settings::credential_kind`].
    pub credential: CredentialKind,
    /// What user 1's webhook and the application may do; `None`: `mail` and `user`.
    pub scopes: Option<&'static [&'static str]>,
    /// The limit on requests a second; `None`: no limit.
    pub bucket: Option<Bucket>,
    /// The limit on operating time; `None`: a self-hosted portal whose limiter is off, so that `time` does not tell it.
    pub operating: Option<Operating>,
    /// Seconds in the `Retry-After` of every 429 and 503; `None`: no such header, as on real portals.
    pub retry_after: Option<u32>,
    /// How long the authorization server keeps the answer to a refresh. The old pair is spent from the start, so a
    /// caller that goes away in the meantime loses the new one, as with a real server.
    pub refresh_delay: Duration,
    /// This many made-up contacts instead of user 1's address book: `person17@company.example`, "Person 17".
    pub contacts: Option<usize>,
    /// How long each call of a request takes.
    pub time_per_call: Duration,
    /// A request that takes longer gets the gateway's time-out page.
    pub gateway_timeout: Option<Duration>,
    /// True if employees are in another order in every answer, as a database may give rows without an order.
    pub shuffles_employees: bool,
    /// Changes to address books between two pages.
    pub changes: &'static [Change],
    /// How many requests are kept for [`DemoPortal::requests`](super::DemoPortal::requests): the newest.
    pub kept_requests: usize,
    /// Where the fault `random` begins its dice, so that runs repeat.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fault: None,
            spared: 0,
            quirk: None,
            language: Language::default(),
            negative_limit: NegativeLimit::default(),
            credential: CredentialKind::default(),
            scopes: None,
            bucket: Some(Bucket::default()),
            operating: Some(Operating::default()),
            retry_after: None,
            refresh_delay: Duration::ZERO,
            contacts: None,
            time_per_call: Duration::ZERO,
            gateway_timeout: None,
            shuffles_employees: false,
            changes: &[],
            kept_requests: 10_000,
            seed: 1,
        }
    }
}

impl Settings {
    /// What a person would sign in with: `credential`, unless the fault is one of OAuth.
    pub fn credential_kind(&self) -> CredentialKind {
        match self.fault {
            Some(fault) if fault.needs_oauth => CredentialKind::OAuth,
            _ => self.credential,
        }
    }

    pub(super) fn behaviour(&self) -> Option<Behaviour> {
        self.fault.map(|fault| fault.behaviour)
    }

    pub(super) fn wrong(&self) -> Option<WrongSettings> {
        match self.behaviour() {
            Some(Behaviour::Settings(wrong)) => Some(wrong),
            _ => None,
        }
    }

    /// The limit on operating time that is in force.
    pub(super) fn operating_limit(&self) -> Option<Operating> {
        match self.behaviour() {
            Some(Behaviour::OperatingUsedUp) => Some(Operating {
                limit: Duration::from_secs(1),
                ..self.operating.unwrap_or_default()
            }),
            _ => self.operating,
        }
    }
}

/// What a client signs in with. The portal always takes both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CredentialKind {
    /// [`DemoPortal::webhook_url`](super::DemoPortal::webhook_url).
    #[default]
    Webhook,
    /// [`DemoPortal::oauth_application`](super::DemoPortal::oauth_application).
    OAuth,
}

/// What a limit below zero does; sources disagree about real portals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NegativeLimit {
    /// The whole address book in one answer.
    #[default]
    Everything,
    /// 500.
    InternalError,
}

/// A change to an address book while somebody walks through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// It happens after so many successful answers of `mail.recipient.listcontacts`, whoever asked.
    pub after_requests: usize,
    /// What happens.
    pub what: ChangeKind,
}

/// What changes in an address book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// A new, highest id, as [`DemoPortal::insert_contact`](super::DemoPortal::insert_contact) does.
    Insert {
        /// Whose address book.
        user: u64,
        /// The address.
        email: &'static str,
        /// The name.
        name: &'static str,
    },
    /// The row goes, as [`DemoPortal::delete_contact`](super::DemoPortal::delete_contact) does.
    Delete {
        /// Whose address book.
        user: u64,
        /// The row.
        id: u64,
    },
}
