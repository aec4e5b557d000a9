//! Keeps the result of the check whether the server can serve.
//!
//! A result is kept for some seconds and shared by all who ask meanwhile, so that requests to `/readyz`, however many,
//! load neither the portal nor the store.

use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio::time::Instant;

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

impl Readiness {
    /// The result of the newest check. Begins `check` if the newest is too old.
    ///
    /// # Errors
    /// [`NotReady`].
    pub(super) async fn newest(
        &self,
        check: impl Future<Output = Result<(), NotReady>> + Send + 'static,
    ) -> Result<(), NotReady> {
        let result = {
            let mut newest = self.0.lock();
            let is_usable = |(begun, result): &&Check| begun.elapsed() < KEPT || result.peek().is_none();
            match newest.as_ref().filter(is_usable) {
                Some((_, result)) => result.clone(),
                None => {
                    // In a task of its own: a caller that leaves does not end it.
                    let task = tokio::spawn(check);
                    let result = async move { task.await.unwrap_or(Err(NotReady::Store)) }
                        .boxed()
                        .shared();
                    *newest = Some((Instant::now(), result.clone()));
                    result
                }
            }
        };
        result.await
    }
}
