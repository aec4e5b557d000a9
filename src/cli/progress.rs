//! The progress line: how many contacts were read so far. It is shown on stderr, and only at a terminal.

use std::pin::pin;
use std::time::Duration;

use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long reading runs before the line is shown.
const SILENCE: Duration = Duration::from_secs(1);

/// A new progress line, drawn on `target`.
pub(super) fn line(target: ProgressDrawTarget) -> ProgressBar {
    let line = ProgressBar::with_draw_target(None, target);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        line.set_style(style);
    }
    line.set_message("reading the address book");
    line.enable_steady_tick(Duration::from_millis(120));
    line
}

/// Shows that `contacts` contacts were read.
pub(super) fn show(line: &ProgressBar, contacts: usize) {
    let contacts = HumanCount(u64::try_from(contacts).unwrap_or(u64::MAX));
    line.set_message(format!("{contacts} contacts"));
}

/// Awaits `reading` and returns its output. Calls `show` if that takes more than a second.
pub(super) async fn during<T>(reading: impl Future<Output = T>, show: impl FnOnce()) -> T {
    let mut reading = pin!(reading);
    match tokio::time::timeout(SILENCE, &mut reading).await {
        Ok(outcome) => outcome,
        Err(_) => {
            show();
            reading.await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn progress_is_shown_after_a_second_and_not_before() {
        for (milliseconds, expected) in [(999, false), (1_100, true)] {
            let mut is_shown = false;
            let reading = tokio::time::sleep(Duration::from_millis(milliseconds));
            during(reading, || is_shown = true).await;
            assert_eq!(is_shown, expected, "{milliseconds}");
        }
    }
}
