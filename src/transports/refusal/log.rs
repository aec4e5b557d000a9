//! Logs refusals: the first one immediately, then at most one line a second, which counts the others by reason.
//! Strangers can cause any number of refusals.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tracing::Level;

const PERIOD: Duration = Duration::from_secs(1);

/// Counts refusals between two lines of the log. The set of reasons is fixed, which bounds each line.
#[derive(Debug, Clone)]
pub(in crate::transports) struct RefusalLog {
    level: Level,
    message: &'static str,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// True for a second after each line.
    has_logged: bool,
    /// Refusals by reason that are not in the log yet.
    unlogged: BTreeMap<&'static str, u64>,
}

impl RefusalLog {
    /// Lines with counts have this level and the text `message`.
    pub(in crate::transports) fn new(level: Level, message: &'static str) -> Self {
        Self {
            level,
            message,
            state: Arc::default(),
        }
    }

    /// Counts a refusal. Returns true if nothing was logged for a second: the caller then logs this refusal itself.
    /// Otherwise the next line includes it.
    pub(in crate::transports) fn is_first(&self, reason: &'static str) -> bool {
        let mut state = self.state.lock();
        if state.has_logged {
            *state.unlogged.entry(reason).or_default() += 1;
            return false;
        }
        state.has_logged = true;
        drop(state);
        let log = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(PERIOD).await;
                let counted = {
                    let mut state = log.state.lock();
                    state.has_logged = !state.unlogged.is_empty();
                    std::mem::take(&mut state.unlogged)
                };
                if counted.is_empty() {
                    return;
                }
                log.write(&counted);
            }
        });
        true
    }

    /// Logs the refusals since the last line, for example when the server stops.
    pub(in crate::transports) fn flush(&self) {
        let counted = std::mem::take(&mut self.state.lock().unlogged);
        if !counted.is_empty() {
            self.write(&counted);
        }
    }

    fn write(&self, counted: &BTreeMap<&'static str, u64>) {
        let count: u64 = counted.values().sum();
        let mut reasons = String::new();
        for (reason, count) in counted {
            let comma = if reasons.is_empty() { "" } else { ", " };
            // Writing to a string does not fail.
            let _ = write!(reasons, "{comma}{reason} {count}");
        }
        if self.level == Level::WARN {
            tracing::warn!(refused.count = count, refused.reasons = reasons, "{}", self.message);
        } else {
            tracing::info!(refused.count = count, refused.reasons = reasons, "{}", self.message);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use tracing::subscriber::DefaultGuard;

    use super::*;

    /// The lines that this thread logs.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        fn captured() -> (Self, DefaultGuard) {
            let lines = Self::default();
            let writer = lines.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_writer(move || writer.clone())
                .without_time()
                .with_ansi(false)
                .with_target(false)
                .finish();
            (lines, tracing::subscriber::set_default(subscriber))
        }

        fn taken(&self) -> Vec<String> {
            let bytes = std::mem::take(&mut *self.0.lock());
            let text = String::from_utf8(bytes).unwrap();
            text.lines().map(|line| line.trim().to_owned()).collect()
        }
    }

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Counts one refusal a millisecond, for so many milliseconds.
    async fn refuse(log: &RefusalLog, reasons: [&'static str; 2], milliseconds: usize) {
        for reason in reasons.iter().cycle().take(milliseconds) {
            if log.is_first(reason) {
                tracing::info!("first {reason}");
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_refusals_make_one_line_a_second_and_each_is_counted() {
        let (lines, _guard) = Lines::captured();
        let log = RefusalLog::new(Level::INFO, "refused more requests");
        refuse(&log, ["no_token", "foreign_host"], 2_500).await;
        tokio::time::sleep(10 * PERIOD).await;
        let written = lines.taken();
        assert_eq!(written.len(), 4, "{written:#?}");
        assert_eq!(written[0], "INFO first no_token");
        let counts = written[1..].iter().map(|line| {
            let (_, count) = line.split_once("refused.count=").unwrap();
            count.split(' ').next().unwrap().parse::<usize>().unwrap()
        });
        assert_eq!(1 + counts.sum::<usize>(), 2_500, "{written:#?}");
        assert!(written[1].starts_with("INFO refused more requests"), "{written:#?}");
        assert!(written[1].contains("foreign_host 500, no_token "), "{written:#?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_after_a_quiet_second_is_logged_at_once_and_no_task_is_left() {
        let (lines, _guard) = Lines::captured();
        let log = RefusalLog::new(Level::WARN, "closed more new connections");
        for _ in 0..3 {
            refuse(&log, ["too_many_connections"; 2], 1).await;
            assert_eq!(lines.taken(), ["INFO first too_many_connections"]);
            tokio::time::sleep(PERIOD).await;
        }
        assert_eq!(lines.taken(), Vec::<String>::new());
        let tasks = tokio::runtime::Handle::current().metrics().num_alive_tasks();
        assert_eq!(tasks, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_counts_are_logged_when_the_server_stops() {
        let (lines, _guard) = Lines::captured();
        let log = RefusalLog::new(Level::WARN, "closed more new connections");
        refuse(&log, ["too_many_connections"; 2], 10).await;
        log.flush();
        log.flush();
        let written = lines.taken();
        assert_eq!(written.len(), 2, "{written:#?}");
        assert!(
            written[1].starts_with("WARN closed more new connections refused.count=9"),
            "{written:#?}"
        );
    }
}
