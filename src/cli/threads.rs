//! The runtime of a command.

use std::io;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};

/// How many threads do the work.
#[derive(Debug, Clone, Copy)]
pub(super) enum Threads {
    /// For one client: the work is waiting, and a second thread would cost memory and a hand-off for each message.
    One,
    /// For many clients, one a core and four at most: ranking ten thousand contacts for one must not hold up all others.
    Several,
}

/// More would only take memory: the portal's limit is reached long before.
const MOST: usize = 4;

impl Threads {
    pub(super) fn runtime(self) -> io::Result<Runtime> {
        let mut builder = match self {
            Self::One => Builder::new_current_thread(),
            Self::Several => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(available_parallelism().map_or(1, usize::from).min(MOST));
                builder
            }
        };
        builder.enable_all().build()
    }
}
