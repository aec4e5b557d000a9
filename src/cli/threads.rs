//! The runtime of a command.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// How many threads do the work.
#[derive(Debug, Clone, Copy)]
pub(super) enum Threads {
    /// For one client: the work is waiting, and a second thread would cost memory and a hand-off for each message.
    One,
    /// For many clients, one a core: ranking ten thousand contacts for one must not hold up all others.
    Several,
}

impl Threads {
    pub(super) fn runtime(self) -> io::Result<Runtime> {
        let mut builder = match self {
            Self::One => Builder::new_current_thread(),
            Self::Several => Builder::new_multi_thread(),
        };
        builder.enable_all().build()
    }
}
