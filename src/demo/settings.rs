//! The settings of a demo portal. Pure.

use std::time::Duration;

use super::answer::Language;
use super::faults::{Behaviour, Fault, WrongSettings};
use super::limits::{Bucket, Operating};
use super::quirks::Quirk;

/// How the demo portal behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The fault that the portal simulates.
    pub fault: Option<&'static Fault>,
    /// How many requests of REST 3.0 succeed before the fault begins.
    pub spared: usize,
    /// An unusual answer that a client has to accept.
    pub quirk: Option<Quirk>,
    /// The language of the portal's messages.
    pub language: Language,
    /// How the portal treats a negative `limit`.
    pub negative_limit: NegativeLimit,
    /// The kind of credentials to hand out; a fault may override it, see [`Settings::credential_kind`].
    pub credential: CredentialKind,
    /// The scopes of user 1's webhook and of the application; `None`: `mail` and `user`.
    pub scopes: Option<&'static [&'static str]>,
    /// The limit on requests a second; `None`: no limit.
    pub bucket: Option<Bucket>,
    /// The limit on operating time; `None`: a self-hosted portal without this limit, whose `time` object does not
    /// mention it.
    pub operating: Option<Operating>,
    /// Seconds in the `Retry-After` of every 429 and 503; `None`: no such header, as on real portals.
    pub retry_after: Option<u32>,
    /// The port to listen on; 0: any free port.
    pub port: u16,
    /// The handler path of the application: the URL to which a browser returns after signing in at the portal, as on a
    /// real portal, where employees sign in by name. `None`: a browser returns to the `redirect_uri` of the request, on
    /// this computer, and user 1 is signed in.
    pub handler: Option<String>,
    /// True if the answer to a code has `user_id`. The documents promise `user_id` for the answer to a refresh only.
    pub has_user_id_in_exchange: bool,
    /// True if a user who signs in again ends the user's earlier tokens.
    pub ends_earlier_pairs: bool,
    /// The number of generated employees, with ids from 1001. Each has an address book.
    pub generated_employees: u32,
    /// How many per cent of the requests for tokens and of either API fail, at random and temporarily.
    pub random_faults: f64,
    /// How many per cent of the calls find that their access token has expired.
    pub expired_tokens: f64,
    /// How long the authorization server delays the answer to a refresh. The old pair is spent before the delay, so a
    /// caller that closes the connection meanwhile loses the new pair, as with a real server.
    pub refresh_delay: Duration,
    /// The number of generated contacts that replace user 1's address book: `person17@company.example`, "Person 17".
    pub contacts: Option<usize>,
    /// How long each call of a request takes.
    pub time_per_call: Duration,
    /// A request that takes longer gets the gateway's page with status 504.
    pub gateway_timeout: Option<Duration>,
    /// True if every answer has the employees in another order, as a database may return rows without `ORDER BY`.
    pub shuffles_employees: bool,
    /// Changes to address books between two pages.
    pub changes: &'static [Change],
    /// How many of the newest requests [`DemoPortal::requests`](super::DemoPortal::requests) returns at most.
    pub kept_requests: usize,
    /// The seed of the fault `random`, of `random_faults`, of `expired_tokens` and of the employees' order, so that runs
    /// repeat.
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
            port: 0,
            handler: None,
            has_user_id_in_exchange: true,
            ends_earlier_pairs: false,
            generated_employees: 0,
            random_faults: 0.0,
            expired_tokens: 0.0,
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
    /// The kind of credentials to hand out: OAuth if the fault needs an application, otherwise `credential`.
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

    /// The limit on operating time, as a fault may change it.
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

/// A kind of credentials. The portal always accepts both kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CredentialKind {
    /// [`DemoPortal::webhook_url`](super::DemoPortal::webhook_url).
    #[default]
    Webhook,
    /// [`DemoPortal::oauth_application`](super::DemoPortal::oauth_application).
    OAuth,
}

/// How the portal treats a negative `limit`; sources disagree about real portals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NegativeLimit {
    /// The whole address book in one answer.
    #[default]
    Everything,
    /// Status 500.
    InternalError,
}

/// A change to an address book while a client pages through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// The change happens after this many successful answers of `mail.recipient.listcontacts`, to any caller.
    pub after_requests: usize,
    /// What happens.
    pub what: ChangeKind,
}

/// What changes in an address book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// Adds a contact, as [`DemoPortal::insert_contact`](super::DemoPortal::insert_contact) does.
    Insert {
        /// The owner of the address book.
        user: u64,
        /// The address.
        email: &'static str,
        /// The name.
        name: &'static str,
    },
    /// Removes a contact, as [`DemoPortal::delete_contact`](super::DemoPortal::delete_contact) does.
    Delete {
        /// The owner of the address book.
        user: u64,
        /// The contact's id.
        id: u64,
    },
}
