//! Blocking threads for work that keeps a processor busy, so that it does not delay the async workers.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Runs at most as many pieces of work at the same time as there are processors; further work waits.
#[derive(Debug, Clone)]
pub(super) struct Processors(Arc<Semaphore>);

impl Processors {
    pub(super) fn new() -> Self {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(count)))
    }

    /// Runs `work` on a blocking thread; `None` if the work did not end, as when the process shuts down. `work`
    /// receives a function that returns false once the caller has stopped waiting.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
    ) -> Option<T> {
        let place = Arc::clone(&self.0).acquire_owned().await.ok()?;
        let caller = Arc::new(());
        let waiting = Arc::downgrade(&caller);
        let running = tokio::task::spawn_blocking(move || {
            let _place = place;
            work(&|| waiting.strong_count() > 0)
        });
        let done = running.await.ok();
        drop(caller);
        done
    }
}
