//! Whether the server can serve: the store answers, and the portal answers a request without credentials.
//!
//! A result is kept for some seconds and shared by all who ask meanwhile, so that requests to `/readyz`, however many,
//! load neither the portal nor the store.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::team::parts::Parts;

/// How long a result is kept, from the beginning of its check.
const KEPT: Duration = Duration::from_secs(5);

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

/// A check: when it began, and its result.
type Check = (Instant, Shared<BoxFuture<'static, Result<(), NotReady>>>);

/// The newest check.
#[derive(Debug, Default)]
pub(in crate::team) struct Readiness(Mutex<Option<Check>>);

/// Checks the store and the portal, or returns the result of a check that was made just now.
///
/// # Errors
/// [`NotReady`].
pub(in crate::team) async fn check(parts: &Arc<Parts>) -> Result<(), NotReady> {
    let check = {
        let mut newest = parts.readiness.0.lock();
        let is_usable = |(begun, result): &Check| begun.elapsed() < KEPT || result.peek().is_none();
        match newest.as_ref().filter(|check| is_usable(check)) {
            Some((_, result)) => result.clone(),
            None => {
                // In a task of its own: a caller that leaves does not end it.
                let task = tokio::spawn(check_now(Arc::clone(parts)));
                let result = async move { task.await.unwrap_or(Err(NotReady::Store)) }
                    .boxed()
                    .shared();
                *newest = Some((Instant::now(), result.clone()));
                result
            }
        }
    };
    check.await
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
