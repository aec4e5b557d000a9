//! Work that takes a processor for a while, off the threads that serve callers.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Runs as much work at once as there are processors; the rest waits.
#[derive(Debug, Clone)]
pub(super) struct Processors(Arc<Semaphore>);

impl Processors {
    pub(super) fn new() -> Self {
        let count = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(count)))
    }

    /// Runs `work`. Its argument returns false once the caller does not wait any more. `None` if the work came to
    /// nothing, as in a process that ends.
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
