//! The portal client: one call of a REST 3.0 method, from parameters to a typed result or a typed error.
//!
//! [`Portal::call`] is the whole path on one screen: credentials, request, wire, reply, verdict, under one deadline.
//! This room imports no other room and knows nothing of MCP, of advice or of the command line.

mod address;
mod credentials;
mod error;
mod foreign_text;
mod quote;
mod reply;
mod request;
mod small_file;
mod wire;

use std::time::Duration;

use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use address::{InvalidWebhookUrl, WebhookAddress, may_hold_a_webhook};
pub use credentials::Credentials;
pub use error::{ConnectionFailure, Destination, Error, Refusal, Unreadable, Violation, code};
pub use foreign_text::{Cleaned, clean};
use reply::read;
pub use request::Method;
use request::Request;
pub use small_file::read_small_file;
use wire::Wire;

/// What the portal client is told.
#[derive(Debug)]
pub struct Settings {
    /// Whom to act as: `BITRIX24_WEBHOOK_URL` or its file.
    pub credentials: Credentials,
    /// Time for one look-up, from start to result: `BITRIX24_TIMEOUT`, 25 seconds by default.
    pub timeout: Duration,
}

impl Settings {
    /// Under the limit of every client that was measured, the shortest of which is 60 seconds a call.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(25);
}

/// A client for one portal, shared by all callers in the process.
#[derive(Debug)]
pub struct Portal {
    settings: Settings,
    wire: Wire,
}

impl Portal {
    /// Makes a client. Nothing is opened, read or resolved before the first call.
    pub fn new(settings: Settings) -> Self {
        let wire = Wire::new(settings.timeout);
        Self { settings, wire }
    }

    /// Calls `method` and reads its `result` as `T`. Dropping the future, or cancelling the token, closes the
    /// connection, so the portal does no more for a caller that is gone.
    ///
    /// # Errors
    /// Any [`Error`]; each has a row of advice under its [`Error::code`].
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        parameters: &Value,
        cancellation: &CancellationToken,
    ) -> Result<T, Error> {
        let started = Instant::now();
        let timeout = self.settings.timeout;
        let outcome = tokio::select! {
            biased;
            () = cancellation.cancelled() => Err(Error::Cancelled),
            outcome = tokio::time::timeout(timeout, self.attempt(method, parameters)) => {
                outcome.unwrap_or(Err(Error::TimedOut { after: timeout }))
            }
        };
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &outcome {
            Ok(_) => tracing::info!(portal.method = method.as_str(), elapsed_ms, "the portal answered"),
            Err(error) => tracing::debug!(
                portal.method = method.as_str(),
                elapsed_ms,
                error.code = error.code(),
                http.status = error.http_status(),
                "the call to the portal failed"
            ),
        }
        outcome
    }

    async fn attempt<T: DeserializeOwned>(&self, method: Method, parameters: &Value) -> Result<T, Error> {
        let address = self.settings.credentials.current()?;
        let reply = self
            .wire
            .send(Request::for_webhook(&address, method, parameters))
            .await?;
        read(&reply, address.secret().expose_secret())
    }
}
