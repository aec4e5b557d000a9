//! Signals that ask the process to end: SIGINT (Ctrl-C), SIGQUIT (Ctrl-\\), SIGTERM, and SIGHUP, which comes when the terminal
//! is closed.
//!
//! None ends it at once: tokens that are being exchanged have to be saved, and what was printed has to stay valid.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use tokio_util::sync::CancellationToken;

/// What the signals have asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Interruption {
    /// Cancelled by the first signal.
    pub(super) asked: CancellationToken,
    /// Cancelled by the second SIGINT, SIGQUIT or SIGTERM: running calls are not waited for either.
    pub(super) insisted: CancellationToken,
}

impl Interruption {
    /// Listens from here on. Within a runtime.
    ///
    /// # Errors
    /// That of the system.
    pub(super) fn listen() -> io::Result<Self> {
        let mut signals = Signals::listen()?;
        let interruption = Self::default();
        let told = interruption.clone();
        tokio::spawn(async move {
            signals.any().await;
            told.asked.cancel();
            // The shell and the kernel both send SIGHUP when a terminal is closed, so that one does not count.
            signals.stop().await;
            told.insisted.cancel();
        });
        Ok(interruption)
    }
}

/// Signals that wait until a file is written: half of it would stay behind otherwise.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    asked: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

impl Deferred {
    /// Defers signals from here on. Needs no runtime.
    pub(super) fn begin() -> Self {
        let deferred = Self::default();
        #[cfg(unix)]
        for signal in [SIGINT, SIGQUIT, SIGTERM, SIGHUP] {
            // Without a handler a signal ends the process at once, as ever.
            let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&deferred.is_over));
            let _ = signal_hook::flag::register(signal, Arc::clone(&deferred.asked));
        }
        deferred
    }

    /// Signals end the process at once again. True if one has come meanwhile.
    pub(super) fn end(&self) -> bool {
        self.is_over.store(true, Ordering::SeqCst);
        self.asked.load(Ordering::SeqCst)
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    /// `None`: this process was started to survive its terminal.
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            hang_up: match is_hang_up_ignored() {
                true => None,
                false => Some(signal(SignalKind::hangup())?),
            },
        })
    }

    async fn any(&mut self) {
        let hang_up = async {
            match &mut self.hang_up {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
            _ = hang_up => {}
        }
    }

    async fn stop(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
        }
    }
}

/// True under `nohup`, which a handler would undo.
#[cfg(target_os = "linux")]
fn is_hang_up_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 << (SIGHUP - 1) != 0)
}

/// Elsewhere that cannot be asked; under `nohup` stderr is no terminal.
#[cfg(all(unix, not(target_os = "linux")))]
fn is_hang_up_ignored() -> bool {
    !io::IsTerminal::is_terminal(&io::stderr())
}

/// Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn any(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    async fn stop(&mut self) {
        self.any().await;
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_waits_while_a_file_is_written() {
        let deferred = Deferred::begin();
        signal_hook::low_level::raise(SIGHUP).unwrap();
        assert!(deferred.asked.load(Ordering::SeqCst), "and this process is still there");
        assert!(deferred.end());
    }
}
