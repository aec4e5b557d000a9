//! The refreshes that run in this process: one for each pair, shared by all callers that wait for it.
//!
//! A refresh runs in a task of its own. A caller that leaves does not end it, since the portal may have issued a pair
//! already, and the old one is spent.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use parking_lot::Mutex;
use tokio_util::task::TaskTracker;

use crate::portal::{EmployeeId, Error};
use crate::team::store::records::SealedPair;

/// The pair to use after a refresh, or why there is none.
pub(super) type Refreshed = Result<SealedPair, Error>;

/// A pair: its employee and its version.
type Key = (EmployeeId, i64);

/// The refreshes that run, and what their callers wait for.
type Running = Arc<Mutex<HashMap<Key, Shared<BoxFuture<'static, Refreshed>>>>>;

/// The refreshes that run in this process.
#[derive(Default)]
pub(in crate::team) struct RunningRefreshes {
    running: Running,
}

impl std::fmt::Debug for RunningRefreshes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RunningRefreshes {}", self.running.lock().len())
    }
}

/// Removes the refresh from the map when its task ends, also by a panic.
struct Entry {
    running: Running,
    key: Key,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.running.lock().remove(&self.key);
    }
}

impl RunningRefreshes {
    /// Waits for the refresh of this pair. Starts `refresh` in a task of `tasks` if none runs.
    pub(super) async fn join(
        &self,
        tasks: &TaskTracker,
        key: Key,
        refresh: impl Future<Output = Refreshed> + Send + 'static,
    ) -> Refreshed {
        let shared = {
            let mut running = self.running.lock();
            match running.get(&key) {
                Some(shared) => shared.clone(),
                None => {
                    let entry = (Arc::clone(&self.running), key.clone());
                    // The entry is made in the task: a task that never runs must not lock the map that is locked here.
                    let task = tasks.spawn(async move {
                        let (running, key) = entry;
                        let _entry = Entry { running, key };
                        refresh.await
                    });
                    let shared = async move { task.await.unwrap_or(Err(Error::Cancelled)) }
                        .boxed()
                        .shared();
                    running.insert(key, shared.clone());
                    shared
                }
            }
        };
        shared.await
    }
}
