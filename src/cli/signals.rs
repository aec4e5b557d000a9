//! Signals that ask the process to end: SIGINT (Ctrl-C), SIGQUIT (Ctrl-\\), SIGTERM, and SIGHUP (the terminal was
//! closed).
//!
//! No signal ends the process immediately: a token exchange must save its tokens, and printed output must stay valid.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(unix)]
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use tokio_util::sync::CancellationToken;

/// Cancellation tokens for the running command. Signals cancel them.
#[derive(Debug, Clone, Default)]
pub(super) struct Interruption {
    /// Cancelled by the first signal.
    pub(super) requested: CancellationToken,
    /// Cancelled by the second SIGINT, SIGQUIT or SIGTERM: the process then ends without waiting for running calls.
    pub(super) forced: CancellationToken,
}

impl Interruption {
    /// Starts listening for signals. Call it within a runtime.
    ///
    /// # Errors
    /// The system's error.
    pub(super) fn listen() -> io::Result<Self> {
        let mut signals = Signals::listen()?;
        let interruption = Self::default();
        let listener = interruption.clone();
        tokio::spawn(async move {
            signals.next().await;
            listener.requested.cancel();
            // When a terminal is closed, the shell and the kernel both send SIGHUP, so a second SIGHUP does not count.
            signals.next_except_hang_up().await;
            listener.forced.cancel();
        });
        Ok(interruption)
    }
}

/// Holds signals back while a file is written, so that no half-written file stays behind.
#[derive(Debug, Default)]
pub(super) struct Deferred {
    has_signal: Arc<AtomicBool>,
    is_over: Arc<AtomicBool>,
}

impl Deferred {
    /// Starts holding signals back. Needs no runtime.
    pub(super) fn begin() -> Self {
        let deferred = Self::default();
        #[cfg(unix)]
        for signal in [SIGINT, SIGQUIT, SIGTERM, SIGHUP] {
            // If registering fails, the signal still ends the process immediately.
            let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&deferred.is_over));
            let _ = signal_hook::flag::register(signal, Arc::clone(&deferred.has_signal));
        }
        deferred
    }

    /// Stops holding signals back. Returns true if a signal has arrived meanwhile.
    pub(super) fn end(&self) -> bool {
        self.is_over.store(true, Ordering::SeqCst);
        self.has_signal.load(Ordering::SeqCst)
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
    /// `None` if the process was started to survive its terminal, as by `nohup`.
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

    /// Waits for the next signal.
    async fn next(&mut self) {
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

    /// Waits for the next signal that is not SIGHUP.
    async fn next_except_hang_up(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.quit.recv() => {}
        }
    }
}

/// True under `nohup`, whose effect a handler would undo.
#[cfg(target_os = "linux")]
fn is_hang_up_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 << (SIGHUP - 1) != 0)
}

/// A guess, since other systems do not show whether a signal is ignored: under `nohup`, stderr is no terminal.
#[cfg(all(unix, not(target_os = "linux")))]
fn is_hang_up_ignored() -> bool {
    !io::IsTerminal::is_terminal(&io::stderr())
}

/// Other systems have only Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    async fn next_except_hang_up(&mut self) {
        self.next().await;
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
        assert!(
            deferred.has_signal.load(Ordering::SeqCst),
            "the signal was noticed, and this process is still running"
        );
        assert!(deferred.end());
    }
}
