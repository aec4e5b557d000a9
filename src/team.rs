//! A server that a team shares: each employee signs in with their own Bitrix24 account, and each call sees the address
//! book of its own employee.
//!
//! Towards MCP clients this server is both the protected resource (RFC 9728) and its authorization server (RFC 8414).
//! Towards the portal it is one OAuth client, the local application.
//!
//! | in the order of a sign-in | file |
//! |---|---|
//! | how a client finds the endpoints | `documents.rs` |
//! | the clients: they have registered, or their id is the address of a document | `clients.rs`, `client_metadata.rs` |
//! | authorize request, consent, the way to the portal and back | `sign_in.rs` |
//! | what the employee sees meanwhile | `pages.rs` |
//! | code, access token, refresh token; the portal's tokens of an employee | `tokens.rs`, `saving.rs` |
//! | what is kept, as digests or sealed | `store.rs`, `secret_value.rs`, `server_key.rs` |
//! | the page where employees see and end their connections | `start_page.rs` |
//! | readiness; metrics | `readiness.rs`, `measurements.rs` |
//! | settings; addresses | `settings.rs`, `public_url.rs`, `paths.rs` |
//!
//! A sign-in: the client's browser opens `/oauth/authorize` and gets the consent page. **Allow** sends it to the portal,
//! where the employee signs in. The portal returns the browser to `/oauth/callback` with a code; this server exchanges
//! it for the employee's pair of tokens, seals the pair, and sends the client a code of its own, which the client
//! exchanges at `/oauth/token`. Nobody is sent to the portal before they have consented on our page in the same browser.
//!
//! A call: [`Team::authenticate`] finds grant, employee and sealed pair by the access token in one look-up, so that what
//! has ended is refused at the next call. What was found serves calls for 15 seconds only while the store does not
//! answer. The address book then calls the portal with the employee's own tokens. Only after the portal has refused
//! them are they refreshed, once for all callers.

mod answer;
mod client_metadata;
mod clients;
mod cookie;
mod documents;
mod measurements;
mod pages;
mod parameters;
mod parts;
pub mod paths;
mod public_url;
mod readiness;
mod request;
mod saving;
mod secret_value;
pub mod self_check;
mod server_key;
mod settings;
mod sign_in;
mod start_page;
mod store;
#[cfg(test)]
mod test_support;
mod tokens;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::registry::Registry;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use answer::Answer;
pub use client_metadata::{InvalidHosts, MetadataHosts};
pub use cookie::SetCookie;
pub use pages::{escaped, style_hash};
pub use public_url::PublicUrl;
pub use readiness::NotReady;
pub use request::Request;
pub use secret_value::{Digest, NoRandomNumbers};
pub use server_key::{InvalidServerKey, Pair, ServerKeys};
pub use settings::{Lifetimes, Settings};
pub use store::open_error::OpenError;
pub use store::postgres::PostgresStore;
pub use store::sqlite::SqliteStore;
pub use store::{Operation, Store, Unavailable, records};
pub use tokens::access::Unauthenticated;
pub use tokens::rekey::{RekeyError, Rekeyed, rekey};

use crate::portal::{Employee, Portal};
use clients::Clients;
use measurements::Measurements;
use parts::Parts;
use tokens::recent_sessions::RecentSessions;
use tokens::running_refreshes::RunningRefreshes;
use tokens::unchecked_calls::UncheckedCalls;

/// The pages and OAuth endpoints of a server that a team shares.
#[derive(Debug)]
pub struct Team {
    parts: Arc<Parts>,
}

impl Team {
    /// Makes the server's part for sign-ins, over the connections and limits of `portal`.
    pub fn new(settings: Settings, store: Arc<dyn Store>, portal: &Portal) -> Self {
        let application = settings.application(portal);
        Self {
            parts: Arc::new(Parts {
                clients: Clients::new(&settings.client_metadata),
                measurements: Measurements::default(),
                saving: TaskTracker::new(),
                recent_sessions: RecentSessions::default(),
                unchecked_calls: UncheckedCalls::default(),
                refreshes: RunningRefreshes::default(),
                settings,
                store,
                application,
            }),
        }
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    /// `POST /oauth/register`: registers a client.
    pub async fn register(&self, request: Request<'_>) -> Answer {
        self.parts.clients.register(self.parts.store.as_ref(), request).await
    }

    /// `GET /oauth/authorize`: the consent page for a client's request.
    pub async fn authorize(&self, request: Request<'_>) -> Answer {
        sign_in::authorize(&self.parts, request).await
    }

    /// `POST /oauth/consent`: the decision on the consent page.
    pub async fn consent(&self, request: Request<'_>) -> Answer {
        sign_in::consent(&self.parts, request).await
    }

    /// `GET /oauth/callback`: the return from the portal.
    pub async fn callback(&self, request: Request<'_>) -> Answer {
        sign_in::callback(&self.parts, request).await
    }

    /// `POST /oauth/token`: exchanges a code or a refresh token for tokens.
    pub async fn token(&self, request: Request<'_>) -> Answer {
        tokens::endpoint::token(&self.parts, request).await
    }

    /// `POST /oauth/revoke`: a client gives up its tokens.
    pub async fn revoke(&self, request: Request<'_>) -> Answer {
        tokens::revocation::revoke(&self.parts, request).await
    }

    /// `GET /`: how to connect a client, and the clients of the employee whom the browser is signed in as.
    pub async fn start_page(&self, request: Request<'_>) -> Answer {
        start_page::show(&self.parts, request).await
    }

    /// `POST /sign-in`: signs the browser in to the start page.
    pub async fn start_sign_in(&self, request: Request<'_>) -> Answer {
        start_page::sign_in(&self.parts, request).await
    }

    /// `POST /connections/end`: ends the sign-in of one client of the employee.
    pub async fn end_connection(&self, request: Request<'_>) -> Answer {
        start_page::end(&self.parts, request).await
    }

    /// `POST /sign-out`: ends the sign-in to the start page.
    pub async fn sign_out(&self, request: Request<'_>) -> Answer {
        start_page::sign_out(&self.parts, request).await
    }

    /// Protected resource metadata for clients that know the resource as `/mcp`, or, if `with_slash`, as `/mcp/`.
    pub fn protected_resource(&self, with_slash: bool) -> Answer {
        Answer::json(documents::protected_resource(&self.settings().public_url, with_slash))
    }

    /// Authorization server metadata.
    pub fn authorization_server(&self) -> Answer {
        let Settings {
            public_url,
            client_metadata,
            ..
        } = self.settings();
        Answer::json(documents::authorization_server(public_url, client_metadata))
    }

    /// The value of `WWW-Authenticate` for a call to `/mcp`, or, if `with_slash`, to `/mcp/`, that has no token, or, if
    /// `is_invalid`, one that is not valid.
    pub fn challenge(&self, with_slash: bool, is_invalid: bool) -> String {
        documents::challenge(&self.settings().public_url, with_slash, is_invalid)
    }

    /// The employee whose access token a call has.
    ///
    /// # Errors
    /// [`Unauthenticated`].
    pub async fn authenticate(&self, token: &str) -> Result<Employee, Unauthenticated> {
        tokens::access::authenticate(&self.parts, token).await
    }

    /// Checks that this server can serve, for `/readyz`.
    ///
    /// # Errors
    /// [`NotReady`].
    pub async fn check(&self) -> Result<(), NotReady> {
        readiness::check(&self.parts).await
    }

    /// Deletes what has expired from the store, every five minutes until `stop`.
    pub async fn sweep(&self, stop: CancellationToken) {
        tokens::sweeper::sweep(&self.parts, stop).await;
    }

    /// Before the process ends: waits until new tokens of the portal are saved, at most for `time`. False if some may be
    /// lost.
    pub async fn finish(&self, time: Duration) -> bool {
        self.parts.saving.close();
        tokio::time::timeout(time, self.parts.saving.wait()).await.is_ok()
    }

    /// Adds the metrics of sign-ins, refreshes and the store to `registry`.
    pub fn register_metrics(&self, registry: &mut Registry) {
        self.parts.measurements.register(registry);
        self.parts.store.register_metrics(registry);
    }
}
