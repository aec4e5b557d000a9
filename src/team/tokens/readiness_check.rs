//! Checks that the server can serve: the store answers, and the portal answers a request without credentials.

use std::sync::Arc;

use super::readiness::NotReady;
use crate::team::parts::Parts;

/// Checks the store and the portal, or returns the result of a check that was made just now.
///
/// # Errors
/// [`NotReady`].
pub(in crate::team) async fn check(parts: &Arc<Parts>) -> Result<(), NotReady> {
    parts.readiness.newest(check_now(Arc::clone(parts))).await
}

async fn check_now(parts: Arc<Parts>) -> Result<(), NotReady> {
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
