//! The line that shows at a terminal how many contacts were read so far. It goes to stderr; elsewhere nothing is shown.

use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Reading that takes no longer shows no line.
const SILENCE: Duration = Duration::from_secs(1);

/// A line that is drawn on `target`.
pub(super) fn line(target: ProgressDrawTarget) -> ProgressBar {
    let line = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        line.set_style(style);
    }
    line.set_message("reading the address book");
    line.enable_steady_tick(Duration::from_millis(120));
    line
}

/// Shows that so many contacts were read.
pub(super) fn show(line: &ProgressBar, contacts: usize) {
    let contacts = HumanCount(u64::try_from(contacts).unwrap_or(u64::MAX));
    line.set_message(format!("{contacts} contacts"));
    line.tick();
}

/// Returns what `reading` returns, and draws `line`, which is hidden so far, if that takes over a second.
pub(super) async fn during<T>(line: &ProgressBar, mut reading: impl Future<Output = T> + Unpin) -> T {
    let is_short = tokio::time::timeout(SILENCE, &mut reading).await;
    let outcome = match is_short {
        Ok(outcome) => outcome,
        Err(_) => {
            line.set_draw_target(ProgressDrawTarget::stderr());
            reading.await
        }
    };
    line.finish_and_clear();
    outcome
}
