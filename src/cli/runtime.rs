//! Runs a command that needs settings or the portal: reads the settings, starts logs and a runtime, and builds the parts.

use std::io;
use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::runtime::{Builder, Runtime};

use super::exit::{ExitStatus, Stop};
use super::format::ReportFormat;
use super::global::Global;
use super::report;
use super::wiring::Wiring;
use crate::fixit::Failure;
use crate::{address_book, config, telemetry};

/// How many threads the runtime has.
#[derive(Debug, Clone, Copy)]
pub(super) enum Threads {
    /// For one client. Its calls mostly wait for the portal; a second thread would cost memory and a hand-off for each
    /// message.
    One,
    /// For many clients: one thread a core, up to [`MAX_THREADS`]. Ranking ten thousand contacts for one client must
    /// not delay the others.
    Several,
}

/// The most threads. The portal's rate limit is reached long before more would help, and each takes memory.
const MAX_THREADS: usize = 4;

impl Threads {
    /// Starts a runtime.
    pub(super) fn runtime(self) -> io::Result<Runtime> {
        let mut builder = match self {
            Self::One => Builder::new_current_thread(),
            Self::Several => {
                let mut builder = Builder::new_multi_thread();
                builder.worker_threads(available_parallelism().map_or(1, usize::from).min(MAX_THREADS));
                builder
            }
        };
        builder.enable_all().build()
    }
}

/// Reads the settings, starts logs and a runtime, builds the parts and runs `command` with them.
pub(super) fn with_wiring<F>(threads: Threads, global: &Global, command: F) -> Result<ExitStatus, Stop>
where
    F: AsyncFnOnce(Wiring) -> Result<ExitStatus, Stop>,
{
    with_settings(threads, global, async |settings| {
        let wiring = Wiring::build(global, settings).await?;
        // Kept until tokens are saved: the demo's folder holds them.
        let (book, _demo) = (Arc::clone(&wiring.book), wiring.demo.clone());
        let outcome = command(wiring).await;
        let Err(error) = book.portal().save_tokens().await else {
            return outcome;
        };
        report::failure(&Failure::from(&address_book::Error::Portal(error.into())));
        outcome.map(|status| match status {
            ExitStatus::Done => ExitStatus::Failed,
            status => status,
        })
    })
}

/// Reads the settings, starts logs and a runtime, and runs `command` with the settings.
pub(super) fn with_settings<F>(threads: Threads, global: &Global, command: F) -> Result<ExitStatus, Stop>
where
    F: AsyncFnOnce(config::Settings) -> Result<ExitStatus, Stop>,
{
    let settings = config::Settings::load(global.config.as_deref())?;
    let finer = i16::from(global.verbose) - i16::from(global.quiet);
    let level = telemetry::finer_by(finer, settings.log_level);
    telemetry::start(level, global.log_format == ReportFormat::Json);
    let runtime = threads.runtime().map_err(Stop::Runtime)?;
    let outcome = runtime.block_on(command(settings));
    // A blocking read of stdin cannot be cancelled, and must not keep the process alive.
    runtime.shutdown_background();
    outcome
}
