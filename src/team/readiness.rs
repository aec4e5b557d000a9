//! Checks that the server can serve: the store answers, and the portal answers a request without credentials.

use std::time::Duration;

use tokio::time::timeout;

use super::parts::Parts;
use super::store::Unavailable;

/// How long the store is waited for. It is less than a probe may take, so that a store that hangs is named.
const STORE_PATIENCE: Duration = Duration::from_secs(4);

/// Why the server cannot serve now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// The store does not answer.
    #[error("the store does not answer")]
    Store,
    /// The portal does not answer.
    #[error("the portal does not answer")]
    Portal,
}

/// Checks the store and the portal.
///
/// # Errors
/// [`NotReady`].
pub(super) async fn check(parts: &Parts) -> Result<(), NotReady> {
    let store = async {
        let check = timeout(STORE_PATIENCE, parts.store.check()).await;
        check.unwrap_or_else(|_| {
            Err(Unavailable(format!(
                "no answer within {} seconds",
                STORE_PATIENCE.as_secs()
            )))
        })
    };
    let (store, portal) = tokio::join!(store, parts.application.answers());
    store.map_err(|unavailable| {
        tracing::warn!(reason = %unavailable, "not ready: the store does not answer");
        NotReady::Store
    })?;
    portal.map_err(|error| {
        tracing::warn!(error.code = error.code(), "not ready: the portal does not answer");
        NotReady::Portal
    })
}
