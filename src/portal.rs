//! The portal client: one call of a REST 3.0 method, from parameters to a typed result or a typed error.
//!
//! | file | step of a call |
//! |---|---|
//! | `caller.rs` | the loop of attempts: retries by the rules of `retry.rs`, under one deadline |
//! | `attempt.rs` | one attempt: wait for the `limits`, authorise by the `credentials`, send, read, find the reason of a refusal |
//! | `request.rs`, `wire.rs`, `reply.rs` | the request as bytes; the network; the reply's bytes, read as a result or an error |
//! | `refusal_reason.rs`, `old_api.rs` | the reason of a refusal, from the portal's old API |
//! | `batch.rs` | several calls in one request |
//! | `self_check.rs` | the checks of `doctor` |
//!
//! This room imports no other room: it has no part in MCP, advice or the command line.

mod attempt;
mod batch;
mod caller;
mod certificate;
mod codes;
mod credentials;
mod employee;
mod employee_id;
mod error;
mod failed;
mod foreign_text;
mod limits;
mod loose;
mod measurements;
mod old_api;
mod origin;
mod person;
mod profile;
mod quote;
mod refusal_reason;
mod reply;
mod request;
mod retry;
mod self_check;
mod settings;
mod wire;

use std::hash::RandomState;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::registry::Registry;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;

use attempt::{Progress, Shared};
pub use batch::{Call, MAX_CALLS};
use caller::Caller;
pub use certificate::CertificateProblem;
pub use codes::{FOREIGN as FOREIGN_CODES, code};
pub use credentials::Credentials;
pub use credentials::given_secret::GivenSecret;
pub use credentials::oauth::application::Application;
pub use credentials::oauth::application_client::{ApplicationClient, ClientSettings};
pub use credentials::oauth::exchange::{EXCHANGE_TIMEOUT, IssuedTokens};
pub use credentials::small_file::{decode_utf8, read_small_file, wide_encoding};
pub use credentials::webhook_address::{InvalidWebhookUrl, WebhookAddress, may_hold_a_webhook};
pub use employee::{Employee, EmployeeTokens};
pub use employee_id::EmployeeId;
pub use error::{ConnectionFailure, Destination, Error, Limit, Refusal, Speaker, Unreadable, Violation};
pub use failed::{Blame, Failed};
pub use foreign_text::{Cleaned, clean};
use limits::Limits;
pub use limits::{
    Answer, Arrival, Gate, GateChange, GateState, KeptGate, NoAnswer, Place, PlaceRequest, RateLimit, SharedLimits,
    SharedLimitsSettings,
};
pub use loose::{First, Loose};
use measurements::Measurements;
pub use origin::{InvalidOrigin, Origin};
pub use person::Person;
pub use profile::Profile;
pub use reply::{RawReply, with_lone_surrogates_as, without_lone_surrogates};
pub use request::{Method, Request};
pub use self_check::{Finding, Remedy, Status, exposures};
pub use settings::Settings;
use wire::HttpWire;
pub use wire::Wire;

/// A client for one portal, shared by all callers in the process. A clone is the same client.
#[derive(Debug, Clone)]
pub struct Portal {
    caller: Caller,
    /// Hashes accounts to numbers that are valid within this process only.
    account_hashes: RandomState,
}

impl Portal {
    /// Makes a client over the network. Nothing is opened, read or resolved before the first call.
    pub fn new(settings: Settings) -> Self {
        let wire = HttpWire::new(settings.timeout);
        Self::with_wire(Arc::new(wire), settings)
    }

    /// Makes a client that sends requests over `wire` in place of the network, as tests do.
    pub fn with_wire(wire: Arc<dyn Wire>, settings: Settings) -> Self {
        let measurements = Measurements::default();
        let taken_alone = measurements.taken_alone.clone();
        let shared = Shared {
            limits: Limits::new(settings.rate_limit, settings.shared_limits, taken_alone),
            wire,
            measurements,
        };
        let caller = Caller {
            shared: Arc::new(shared),
            credentials: settings.credentials.into(),
            timeout: settings.timeout,
            rate_limit: settings.rate_limit,
            max_attempts: settings.max_attempts,
            jitter: settings.jitter,
        };
        Self {
            caller,
            account_hashes: RandomState::new(),
        }
    }

    /// This client for the calls of one employee who has signed in: with the employee's tokens, and with the limits,
    /// connections and measurements of this client. Made for each request, so it is cheap.
    ///
    /// Only for a client with [`Credentials::Team`]; any other returns a client without credentials.
    #[must_use]
    pub fn of_employee(&self, employee: &Employee) -> Self {
        Self {
            caller: Caller {
                credentials: self.caller.credentials.of_employee(employee),
                ..self.caller.clone()
            },
            account_hashes: self.account_hashes.clone(),
        }
    }

    /// The application of a team server, which uses the connections and limits of this client.
    pub fn application_client(&self, settings: ClientSettings) -> ApplicationClient {
        ApplicationClient::new(settings, Arc::clone(&self.caller.shared))
    }

    /// Calls `method` and reads its `result` as `T`. Retries while that can help and the deadline of the look-up
    /// ([`Settings::timeout`]) allows it. Dropping the future closes the connection, which ends the work at the portal.
    ///
    /// ```
    /// use bitrix24_mail_mcp::portal::{Credentials, Method, Portal, Settings};
    /// use serde_json::{Value, json};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// // Without credentials every call fails before anything is sent.
    /// let portal = Portal::new(Settings::new(Credentials::Missing));
    /// let called = portal.call::<Value>(Method::ListContacts, &json!({"query": "anna"})).await;
    /// assert_eq!(called.unwrap_err().error.code(), "NO_CREDENTIALS");
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Failed`]; each [`Error`] in it has a row of advice under its [`Error::code`].
    pub async fn call<T: DeserializeOwned>(&self, method: Method, parameters: &Value) -> Result<T, Failed> {
        let terms = self.caller.terms();
        self.caller
            .call(terms, method, parameters, &mut Progress::default())
            .await
    }

    /// Makes all `calls`, at most [`MAX_CALLS`], in one request. Returns their results in the same order, and the time
    /// that the request took.
    ///
    /// A single call is made without a batch. A request that the portal's limits refuse is retried under the same
    /// deadline. After another transient failure, or after three fifths of the time, only a single call is retried: a
    /// batch may be too large, and the caller can send a smaller one.
    ///
    /// # Errors
    /// [`Failed`]: there are all results or none.
    pub async fn call_all<T: DeserializeOwned>(
        &self,
        arrival: Arrival,
        calls: &[Call],
    ) -> Result<(Vec<T>, Duration), Failed> {
        batch::call_all(&self.caller, arrival, calls).await
    }

    /// Registers a caller now: its requests wait behind those of all earlier callers of the same person.
    pub fn arrive(&self) -> Arrival {
        self.caller.arrive()
    }

    /// True if a call of `method` that is made now would wait for the portal's limits.
    pub fn would_wait(&self, method: Method) -> bool {
        self.caller.shared.limits.would_wait(method)
    }

    /// True if a call of `method` could be sent now and at least half of the burst would remain.
    pub fn is_idle(&self, method: Method) -> bool {
        self.caller.shared.limits.is_idle(method)
    }

    /// Time for one call with all its attempts.
    pub fn timeout(&self) -> Duration {
        self.caller.timeout
    }

    /// True if the portal returned a result to any caller within the last `time`.
    pub fn has_answered_within(&self, time: Duration) -> bool {
        self.caller.shared.measurements.has_answered_within(time)
    }

    /// The person whose account the credentials belong to.
    ///
    /// # Errors
    /// The errors of missing or wrong settings.
    pub fn person(&self) -> Result<Person, Error> {
        self.caller.credentials.person(&self.account_hashes)
    }

    /// Scheme, host and port of the portal.
    ///
    /// # Errors
    /// The errors of missing or wrong settings.
    pub fn origin(&self) -> Result<Origin, Error> {
        self.caller.credentials.origin()
    }

    /// The application that users sign in with; `None` with other credentials.
    pub fn application(&self) -> Option<&Application> {
        let oauth = self.caller.credentials.oauth()?;
        Some(oauth.application())
    }

    /// Exchanges the code of the authorize page for tokens and keeps them; [`save_tokens`](Self::save_tokens) reports
    /// whether they are saved. Returns the user's id, if the authorization server sent it.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] without an application, and the failures of exchange and store.
    pub async fn sign_in(&self, code: SecretString) -> Result<Option<u64>, Error> {
        match self.caller.credentials.oauth() {
            Some(oauth) => oauth.sign_in(code, &self.caller.shared.wire).await,
            None => Err(Error::NoCredentials("no application is set".to_owned())),
        }
    }

    /// Before the process ends: waits for an exchange of tokens in progress, prevents others, and saves tokens that
    /// could not be saved yet.
    ///
    /// # Errors
    /// [`Error::TokensNotSaved`].
    pub async fn save_tokens(&self) -> Result<(), Error> {
        match self.caller.credentials.oauth() {
            Some(oauth) => oauth.finish().await,
            None => Ok(()),
        }
    }

    /// Checks everything that a look-up at the portal `origin` needs, within the time of one look-up, with at most two
    /// seconds more for the token store. Returns one finding for each of [`self_check_names`](Self::self_check_names).
    pub async fn self_check(&self, origin: &Origin) -> Vec<Finding> {
        self_check::check(&self.caller, origin).await
    }

    /// The names of the checks that [`self_check`](Self::self_check) makes, in order.
    pub fn self_check_names() -> impl Iterator<Item = &'static str> {
        self_check::check_names()
    }

    /// Adds the metrics of this client to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        self.caller.shared.measurements.register(registry);
        if let Some(oauth) = self.caller.credentials.oauth() {
            oauth.register(registry);
        }
    }
}
