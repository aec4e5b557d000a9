//! A Bitrix24 portal on loopback, to try the program with and to test it against.
//!
//! A real HTTP server on a port of its own, written from the portal contract alone: it imports nothing of the client,
//! so it cannot share the client's mistakes. The portal records requests, enforces the limits of a real portal, and
//! fails in every known way on demand. Tests with a paused clock bypass the socket by [`DemoPortal::answer`].
//!
//! A request goes from `socket` to `exchange` (recording, limits, faults, routes), and from there to one of three
//! servers: `rest3` (REST 3.0), `old_api` or `oauth_server`. `rest3` checks in the portal's order, then `dispatch` runs
//! the method, or `batch` runs several.
//!
//! - **Faults** (`--demo-fault`) are rows of the table in `faults/table.rs`. To add one, write a row with its name, the
//!   portal's behaviour and one line for people. A new kind of behaviour also needs a variant of `Behaviour` in
//!   `faults/fault.rs`; a new canned answer also needs a variant of `Body` in `faults/failure.rs`. Tests run every
//!   row, see `tests/it/demo/faults.rs` and `tests/it/mcp/advice.rs`; their snapshots then change.
//! - **Quirks** (`--demo-quirk`) are rows of the table in `quirks.rs`: unusual answers that a client has to accept.
//! - **People** are in `address_book.rs` (contacts), `employees.rs` (the company) and `people.rs` (accounts). With a
//!   handler path in the settings they sign in by name, see `sign_in.rs`.

mod address_book;
mod answer;
mod batch;
mod clock;
mod credentials;
mod dispatch;
mod documentation;
mod employees;
mod exchange;
mod faults;
mod limits;
mod method;
mod oauth_server;
mod old_api;
mod pages;
mod pagination;
mod people;
mod php;
mod quirks;
mod recipients;
mod request;
mod rest3;
mod settings;
mod sign_in;
mod socket;
mod state;
mod tokens;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::net::TcpSocket;
use tokio::task::JoinHandle;

pub use answer::Language;
pub use credentials::{CLIENT_ID, CLIENT_SECRET, SECRET};
use employees::Employees;
use faults::WrongSettings;
pub use faults::{FAULTS, Fault, Outcome};
pub use limits::{Bucket, Operating};
pub use quirks::{QUIRKS, Quirk};
pub use request::RecordedRequest;
pub use settings::{Change, ChangeKind, CredentialKind, NegativeLimit, Settings};
use state::State;

/// A running demo portal; it stops when dropped.
#[derive(Debug)]
pub struct DemoPortal {
    state: Arc<State>,
    accepting: JoinHandle<()>,
}

/// The settings with which a user signs in as the demo's application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuthApplication {
    /// The portal's origin.
    pub portal: String,
    /// The authorization server's origin.
    pub oauth_server: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: String,
    /// Valid for an hour. Starts with `dem0acc3ss`.
    pub access_token: String,
    /// Valid for one refresh. Starts with `dem0r3fr3sh`.
    pub refresh_token: String,
}

/// An HTTP answer of [`DemoPortal::answer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The connection was refused, reset, closed in mid-answer or flooded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection broke before the answer was complete")]
pub struct BrokenConnection;

impl DemoPortal {
    /// Starts a portal on a loopback port.
    ///
    /// ```
    /// use bitrix24_mail_mcp::demo::{DemoPortal, Settings};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let portal = DemoPortal::start(Settings::default()).await?;
    /// let webhook_url = portal.webhook_url().unwrap_or_default();
    /// assert!(webhook_url.starts_with("http://127.0.0.1:"));
    /// assert_eq!(portal.request_count(), 0);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the port, or every loopback port, is taken.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from(([127, 0, 0, 1], settings.port)))?;
        let state = Arc::new(State::new(settings, socket.local_addr()?));
        let accepting = match state.settings.wrong() {
            // Bound, so that no other program gets the port, but not listening, so that connections are refused.
            Some(WrongSettings::ClosedPort) => tokio::spawn(socket::hold(socket)),
            Some(WrongSettings::FullQueue) => tokio::spawn(socket::hold(socket::full_queue(socket).await?)),
            _ => tokio::spawn(socket::accept(socket.listen(socket::QUEUE)?, Arc::clone(&state))),
        };
        Ok(Self { state, accepting })
    }

    /// The settings of this portal.
    pub fn settings(&self) -> &Settings {
        &self.state.settings
    }

    /// The value for `BITRIX24_WEBHOOK_URL`; a wrong one for some faults. `None` if the fault is that it is not set.
    pub fn webhook_url(&self) -> Option<String> {
        let port = self.state.address.port();
        let Some(wrong) = self.state.settings.wrong() else {
            return Some(self.webhook_url_of(1));
        };
        match wrong {
            WrongSettings::NoCredentials => None,
            WrongSettings::BadWebhookUrl => Some(format!("https://127.0.0.1:{port}/rest/{SECRET}/")),
            WrongSettings::PlainHttp => Some(format!("http://portal.example/rest/1/{SECRET}/")),
            // RFC 6761, section 6.4: this name never has an address.
            WrongSettings::UnknownHost => Some(format!("https://portal.invalid/rest/1/{SECRET}/")),
            WrongSettings::ClosedPort | WrongSettings::FullQueue => Some(self.webhook_url_of(1)),
            WrongSettings::TlsToPlainPort => Some(format!("https://127.0.0.1:{port}/rest/1/{SECRET}/")),
            WrongSettings::WrongSecret => Some(format!("http://127.0.0.1:{port}/rest/1/{SECRET}x/")),
            WrongSettings::NoMailScope => Some(self.webhook_url_of(9)),
        }
    }

    /// The webhook of an employee: users 1 and 7 have address books, the webhook of user 9 lacks the mail permission.
    pub fn webhook_url_of(&self, user_id: u64) -> String {
        format!("{}/rest/{user_id}/{SECRET}/", self.state.origin())
    }

    /// The settings for the application of user 1, with the current tokens; for some faults an expired or a spent pair,
    /// tokens that were never issued, or another portal.
    pub fn oauth_application(&self) -> OAuthApplication {
        let (origin, pair) = (self.state.origin(), self.state.pair_for_user());
        let wrong = self.state.settings.wrong();
        let tail = if wrong == Some(WrongSettings::WrongSecret) {
            "x"
        } else {
            ""
        };
        let portal = match wrong {
            Some(WrongSettings::PlainHttp) => "http://portal.example".to_owned(),
            Some(WrongSettings::UnknownHost) => "https://portal.invalid".to_owned(),
            Some(WrongSettings::TlsToPlainPort) => origin.replacen("http:", "https:", 1),
            _ => origin.clone(),
        };
        OAuthApplication {
            portal,
            oauth_server: origin,
            client_id: CLIENT_ID.to_owned(),
            client_secret: CLIENT_SECRET.to_owned(),
            access_token: pair.access + tail,
            refresh_token: pair.refresh + tail,
        }
    }

    /// Answers one request without a socket; the request is recorded and counted like any other. A hanging answer never
    /// resolves. Dropping the future abandons the request.
    ///
    /// # Errors
    /// [`BrokenConnection`] where a socket would not have carried a complete answer.
    pub async fn answer(
        &self,
        method: &str,
        path_and_query: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<PlainAnswer, BrokenConnection> {
        match self.state.settings.wrong() {
            Some(WrongSettings::ClosedPort) => return Err(BrokenConnection),
            Some(WrongSettings::FullQueue) => std::future::pending::<()>().await,
            _ => {}
        }
        let headers = headers
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
        let request = RecordedRequest {
            method: method.to_owned(),
            path: path_and_query.to_owned(),
            headers: headers.collect(),
            body: body.to_vec(),
        };
        let answer = exchange::respond(&self.state, request).await;
        let answer = answer.map_err(|_| BrokenConnection)?;
        let headers = answer.headers().into_iter();
        Ok(PlainAnswer {
            status: answer.status,
            headers: headers.map(|(name, value)| (name.to_owned(), value)).collect(),
            body: answer.body,
        })
    }

    /// The recorded requests: the newest [`Settings::kept_requests`], or fewer if they are long.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.state.requests()
    }

    /// Requests since the start.
    pub fn request_count(&self) -> usize {
        self.state.request_count()
    }

    /// Requests of REST 3.0 since the start, refused ones included; a batch is one request.
    pub fn rest3_request_count(&self) -> usize {
        self.state.rest3_count()
    }

    /// Requests whose caller closed the connection before the answer.
    pub fn abandoned(&self) -> usize {
        self.state.abandoned.load(Ordering::SeqCst)
    }

    /// Requests refused with 503 by the limit on requests a second.
    pub fn throttled(&self) -> usize {
        self.state.throttled.load(Ordering::SeqCst)
    }

    /// Refresh tokens accepted.
    pub fn refreshes(&self) -> usize {
        self.state.refreshes.load(Ordering::SeqCst)
    }

    /// Refresh tokens refused because they had been used before.
    pub fn spent_refreshes(&self) -> usize {
        self.state.spent_refreshes.load(Ordering::SeqCst)
    }

    /// Codes presented at the authorization server, good and bad.
    pub fn code_exchanges(&self) -> usize {
        self.state.code_exchanges.load(Ordering::SeqCst)
    }

    /// Requests for `/oauth/authorize/`.
    pub fn authorize_requests(&self) -> usize {
        self.state.authorize_requests.load(Ordering::SeqCst)
    }

    /// Expires all access tokens now; the refresh tokens stay valid.
    pub fn expire_access_tokens(&self) {
        let now = self.state.clock.now();
        self.state.tokens().expire_access(None, now);
    }

    /// Expires a user's access tokens now; the refresh tokens stay valid.
    pub fn expire_access(&self, user: u64) {
        let now = self.state.clock.now();
        self.state.tokens().expire_access(Some(user), now);
    }

    /// Dismisses an employee: the portal refuses the employee's sign-in, calls and refreshes from now on.
    pub fn dismiss(&self, user: u64) {
        self.state.people().dismiss(user);
    }

    /// Takes an employee off the application's access list: the portal refuses the employee's sign-in and calls from now
    /// on.
    pub fn exclude(&self, user: u64) {
        self.state.people().exclude(user);
    }

    /// Removes the application: the portal refuses every sign-in, call and refresh of the application from now on.
    pub fn remove_application(&self) {
        self.state.people().remove_application();
    }

    /// Makes the answer to the next good refresh get lost; the refresh token is spent nevertheless.
    pub fn lose_next_refresh(&self) {
        self.state.loses_next_refresh.store(true, Ordering::SeqCst);
    }

    /// Begins a fault, or ends the present one. Faults that concern the start, such as wrong settings, have no effect.
    pub fn set_fault(&self, fault: Option<&'static Fault>) {
        self.state.set_fault(fault);
    }

    /// The portal's origin, such as `http://127.0.0.1:8025`.
    pub fn origin(&self) -> String {
        self.state.origin()
    }

    /// Holds every answer back, also to requests already received, until [`release_answers`](Self::release_answers).
    pub fn hold_answers(&self) {
        self.state.hold_answers(true);
    }

    /// Holds issued tokens back until [`release_answers`](Self::release_answers); the old ones are spent nevertheless.
    pub fn hold_tokens(&self) {
        self.state.hold_tokens(true);
    }

    /// Holds requests for a refresh back until [`release_answers`](Self::release_answers): their refresh tokens are not
    /// spent before. A request whose caller closes the connection meanwhile never happens.
    pub fn hold_refreshes(&self) {
        self.state.hold_refreshes(true);
    }

    /// Sends the answers and tokens that were held back, and obeys the requests.
    pub fn release_answers(&self) {
        self.state.hold_refreshes(false);
        self.state.hold_answers(false);
        self.state.hold_tokens(false);
    }

    /// Adds a contact to a user's address book and returns its id, the highest so far. For a known address the portal
    /// keeps the present contact, so this returns its id.
    pub fn insert_contact(&self, user: u64, email: &str, name: &str) -> u64 {
        self.state.books().insert(user, email, name)
    }

    /// Removes a contact; false if there is no such contact.
    pub fn delete_contact(&self, user: u64, id: u64) -> bool {
        self.state.books().delete(user, id)
    }

    /// Replaces a user's address book: addresses and names, oldest first, with ids from 1. A repeated address is
    /// skipped, as on the portal.
    pub fn replace_book(&self, user: u64, contacts: impl IntoIterator<Item = (String, String)>) {
        self.state.books().replace(user, contacts);
    }

    /// Replaces the company's employees: addresses and names (last name first), with ids from 1. Employees without an
    /// address are left out.
    pub fn replace_employees(&self, people: impl IntoIterator<Item = (String, String)>) {
        *self.state.employees() = Employees::from_people(people);
    }

    /// Waits until `condition` is true. The portal checks the condition again after each of its events.
    pub async fn wait_until(&self, condition: impl Fn(&Self) -> bool) {
        loop {
            let changed = self.state.changed.notified();
            if condition(self) {
                return;
            }
            changed.await;
        }
    }
}

impl Drop for DemoPortal {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
