//! The portal client: one call of a REST 3.0 method, from parameters to a typed result or a typed error.
//!
//! [`Portal::call`] is the whole path on one screen: limits, credentials, request, wire, reply, verdict; and again, as
//! long as it can help, under one deadline. This room imports no other room and knows nothing of MCP, of advice or of
//! the command line.

mod address;
mod batch;
mod certificate;
mod codes;
mod credentials;
mod diagnosis;
mod error;
mod examination;
mod exposure;
mod failed;
mod foreign_text;
mod limits;
mod loose;
mod measurements;
mod oauth;
mod old_api;
mod origin;
mod person;
mod quote;
mod reply;
mod request;
mod retry;
mod settings;
mod small_file;
mod token_store;
mod turnstile;
mod wire;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::registry::Registry;
use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

pub use address::{InvalidWebhookUrl, WebhookAddress, may_hold_a_webhook};
pub use batch::{Blame, Call, MAX_CALLS};
pub use certificate::CertificateProblem;
pub use codes::{FOREIGN as FOREIGN_CODES, code};
use credentials::Authority;
pub use credentials::{Credentials, GivenSecret};
pub use error::{ConnectionFailure, Destination, Error, Limit, Refusal, Speaker, Unreadable, Violation};
pub use examination::{Finding, Remedy, Status};
pub use exposure::exposures;
pub use failed::Failed;
pub use foreign_text::{Cleaned, clean};
pub use limits::RateLimit;
pub use loose::{First, Loose};
use measurements::Measurements;
pub use oauth::Application;
pub use origin::{InvalidOrigin, Origin};
pub use person::Person;
use reply::{Answer, read};
pub use reply::{RawReply, with_lone_surrogates_as, without_lone_surrogates};
use request::Access;
pub use request::{Method, Request};
use retry::Trouble;
pub use settings::Settings;
pub use small_file::{decoded, read_small_file, wide_encoding};
pub use turnstile::Arrival;
use turnstile::Turnstile;
use wire::HttpWire;
pub use wire::Wire;

/// A client for one portal, shared by all callers in the process. A clone is the same client.
#[derive(Debug, Clone)]
pub struct Portal {
    authority: Arc<Authority>,
    timeout: Duration,
    rate_limit: Option<RateLimit>,
    max_attempts: u32,
    jitter: fn() -> f64,
    turnstile: Arc<Turnstile>,
    wire: Arc<dyn Wire>,
    measurements: Arc<Measurements>,
    /// Makes people's numbers, which mean nothing outside this process.
    people: RandomState,
}

/// How a call is made: by when, and what is tried again.
#[derive(Debug, Clone, Copy)]
struct Terms {
    deadline: Instant,
    arrival: Arrival,
    /// Whether a bad moment of the portal or the network is waited out, beside its limits. If not, a request has three
    /// fifths of the time, so that a smaller one can follow.
    outlasts_failures: bool,
}

/// What a call has come to so far.
#[derive(Debug, Default)]
struct Progress {
    attempts: u32,
    retry_after: Option<Duration>,
    /// The wait that the last reply asked for.
    asked: Option<Duration>,
    /// Time of the last request.
    took: Duration,
}

impl Portal {
    /// Makes a client. Nothing is opened, read or resolved before the first call.
    pub fn new(settings: Settings) -> Self {
        let wire = HttpWire::new(settings.timeout);
        Self::over(Arc::new(wire), settings)
    }

    /// Makes a client over another wire than the network, as tests do.
    pub fn over(wire: Arc<dyn Wire>, settings: Settings) -> Self {
        Self {
            authority: Arc::new(settings.credentials.into()),
            timeout: settings.timeout,
            rate_limit: settings.rate_limit,
            max_attempts: settings.max_attempts,
            jitter: settings.jitter,
            turnstile: Arc::new(Turnstile::new(settings.rate_limit)),
            wire,
            measurements: Arc::default(),
            people: RandomState::new(),
        }
    }

    /// The person the credentials act as.
    ///
    /// # Errors
    /// Those of missing or wrong settings.
    pub fn person(&self) -> Result<Person, Error> {
        let mut hasher = self.people.build_hasher();
        self.authority.identify(&mut hasher)?;
        Ok(Person::numbered(hasher.finish()))
    }

    /// Time for one call with all its attempts.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A caller comes now.
    pub fn arrive(&self) -> Arrival {
        self.turnstile.arrive()
    }

    /// True if a call of `method` that is made now would wait for the portal's limits.
    pub fn would_wait(&self, method: Method) -> bool {
        self.turnstile.would_wait(method)
    }

    /// Calls `method` and reads its `result` as `T`, trying again as long as that can help and the time allows.
    /// Dropping the future closes the connection, so the portal does no more for a caller that is gone.
    ///
    /// # Errors
    /// [`Failed`]; each [`Error`] in it has a row of advice under its [`Error::code`].
    pub async fn call<T: DeserializeOwned>(&self, method: Method, parameters: &Value) -> Result<T, Failed> {
        let terms = self.terms_until(Instant::now() + self.timeout);
        self.call_on(terms, method, parameters, &mut Progress::default()).await
    }

    fn terms_until(&self, deadline: Instant) -> Terms {
        Terms {
            deadline,
            arrival: self.arrive(),
            outlasts_failures: true,
        }
    }

    async fn call_on<T: DeserializeOwned>(
        &self,
        terms: Terms,
        method: Method,
        parameters: &Value,
        progress: &mut Progress,
    ) -> Result<T, Failed> {
        let started = Instant::now();
        let attempts = self.attempts(method, parameters, terms, progress);
        let outcome = tokio::time::timeout_at(terms.deadline, attempts)
            .await
            .unwrap_or(Err(Error::TimedOut { after: self.timeout }));
        let elapsed = started.elapsed();
        let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        match &outcome {
            Ok(_) => tracing::info!(
                portal.method = method.as_str(),
                attempts = progress.attempts,
                elapsed_ms,
                "the portal answered"
            ),
            Err(error) => tracing::debug!(
                portal.method = method.as_str(),
                attempts = progress.attempts,
                elapsed_ms,
                error.code = error.code(),
                http.status = error.http_status(),
                "the call to the portal failed"
            ),
        }
        outcome.map_err(|error| Failed {
            retry_after: match &error {
                Error::Throttled { needed, .. } => Some(*needed),
                _ => progress.retry_after,
            },
            error,
            attempts: progress.attempts,
            elapsed,
        })
    }

    async fn attempts<T: DeserializeOwned>(
        &self,
        method: Method,
        parameters: &Value,
        terms: Terms,
        progress: &mut Progress,
    ) -> Result<T, Error> {
        loop {
            let error = match self.attempt(method, parameters, terms, progress).await {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            let asked = progress.asked.take();
            let Some(wait) = self.wait_after(&error, method, asked, progress.attempts, terms) else {
                return Err(error);
            };
            // What cannot be done in time is left to the caller, at once.
            if progress.attempts >= self.max_attempts || Instant::now() + wait >= terms.deadline {
                // Our own delay is no news to the caller; what the portal told is.
                let is_told = asked.is_some() || retry::trouble(&error) == Some(Trouble::OperatingTime);
                progress.retry_after = is_told.then_some(wait);
                return Err(error);
            }
            tracing::info!(
                portal.method = method.as_str(),
                error.code = error.code(),
                http.status = error.http_status(),
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                "the attempt failed; waiting before the next"
            );
            self.measurements.waited("retry", wait);
            tokio::time::sleep(wait).await;
        }
    }

    /// Waits until the limits let one call through.
    async fn pass(&self, method: Method, terms: Terms) -> Result<(), Error> {
        self.turnstile.pass_gate(method, terms.deadline).await?;
        self.turnstile.pass_bucket(terms.arrival, terms.deadline).await
    }

    /// One attempt with the credentials of this moment; a token that has expired is renewed once.
    async fn attempt<T: DeserializeOwned>(
        &self,
        method: Method,
        parameters: &Value,
        terms: Terms,
        progress: &mut Progress,
    ) -> Result<T, Error> {
        let mut has_renewed = false;
        loop {
            let waiting = Instant::now();
            let passed = self.pass(method, terms).await;
            self.measurements.waited("limit", waiting.elapsed());
            passed?;
            let access = self.authority.access(&self.wire).await?;
            progress.attempts += 1;
            let sent = Instant::now();
            let sending = self.wire.send(access.call(method, parameters));
            let replied = if terms.outlasts_failures {
                sending.await
            } else {
                let after = self.timeout * 3 / 5;
                let late = Err(Error::TimedOut { after });
                tokio::time::timeout(after, sending).await.unwrap_or(late)
            };
            let took = sent.elapsed();
            progress.took = took;
            let reply = replied.inspect_err(|_| self.measurements.request(method, false, took))?;
            let answer = read(&reply, Speaker::Portal, access.secret());
            self.measurements.request(method, answer.is_ok(), took);
            let error = match answer {
                Ok(Answer { result, operating }) => {
                    self.turnstile.answered(method, sent, operating);
                    return Ok(result);
                }
                Err(error) => error,
            };
            if let (false, Access::Token { token, .. }) = (has_renewed, &access)
                && diagnosis::may_be_an_expired_token(&error)
                && self.renew(token).await?
            {
                has_renewed = true;
                continue;
            }
            progress.asked = reply.wait_asked();
            let Some(question) = diagnosis::question(&error) else {
                return Err(error);
            };
            let reason = self.reason(question, method, &access, &error, terms.deadline).await;
            return Err(reason.unwrap_or(error));
        }
    }

    async fn renew(&self, rejected: &SecretString) -> Result<bool, Error> {
        match self.authority.oauth() {
            Some(oauth) => oauth.renew(Some(rejected), &self.wire).await,
            None => Ok(false),
        }
    }

    /// How long to wait before trying again; `None` if that cannot help. The limits learn from the failure.
    fn wait_after(
        &self,
        error: &Error,
        method: Method,
        asked: Option<Duration>,
        attempts: u32,
        terms: Terms,
    ) -> Option<Duration> {
        let trouble = retry::trouble(error)?;
        let may_be_its_size = trouble == Trouble::Passing && !terms.outlasts_failures;
        if may_be_its_size {
            return None;
        }
        let per_second = self.rate_limit.unwrap_or_default().per_second;
        let wait = retry::delay(trouble, attempts, per_second, (self.jitter)(), asked);
        Some(match trouble {
            Trouble::Requests => {
                self.turnstile.overflowed();
                wait
            }
            Trouble::OperatingTime => self.turnstile.used_up(method, asked),
            Trouble::Passing => wait,
        })
    }

    /// True if the portal gave a result to somebody within this time.
    pub fn has_answered_within(&self, time: Duration) -> bool {
        let last = *self.measurements.last_answer.lock();
        last.is_some_and(|at| at.elapsed() < time)
    }

    /// True if a call of `method` would wait for nobody, and would leave half of what the limit grants at once to others.
    pub fn is_idle(&self, method: Method) -> bool {
        self.turnstile.is_idle(method)
    }

    /// Adds what this client counts to `registry`.
    pub fn register(&self, registry: &mut Registry) {
        self.measurements.register(registry);
        if let Some(oauth) = self.authority.oauth() {
            oauth.register(registry);
        }
    }

    /// Exchanges the code of the authorize page for tokens and keeps them; [`settle`](Self::settle) returns whether they
    /// are saved. Returns the user's id, if it was told.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] without an application, and the failures of exchange and store.
    pub async fn sign_in(&self, code: SecretString) -> Result<Option<u64>, Error> {
        match self.authority.oauth() {
            Some(oauth) => oauth.sign_in(code, &self.wire).await,
            None => Err(Error::NoCredentials("no application is set".to_owned())),
        }
    }

    /// The application, if the credentials are one.
    pub fn application(&self) -> Option<&Application> {
        self.authority.oauth().map(|oauth| oauth.application())
    }

    /// Before the process ends: waits for tokens that are being exchanged, and saves those that could not be saved yet.
    ///
    /// # Errors
    /// [`Error::TokensNotSaved`].
    pub async fn settle(&self) -> Result<(), Error> {
        match self.authority.oauth() {
            Some(oauth) => oauth.settle().await,
            None => Ok(()),
        }
    }
}
