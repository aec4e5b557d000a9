//! Checks that the server can serve: the store answers, and the portal answers a request without credentials.

use super::parts::Parts;

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
    let (store, portal) = tokio::join!(parts.store.check(), parts.application.answers());
    store.map_err(|unavailable| {
        tracing::warn!(reason = %unavailable, "not ready: the store does not answer");
        NotReady::Store
    })?;
    portal.map_err(|error| {
        tracing::warn!(error.code = error.code(), "not ready: the portal does not answer");
        NotReady::Portal
    })
}
