//! The line that shows at a terminal how many contacts were read so far. It goes to stderr; elsewhere nothing is shown.

use std::pin::pin;
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
}

/// Returns what `reading` returns, and calls `show` if that takes over a second.
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
    async fn a_reading_is_shown_after_a_second_and_not_before() {
        for (milliseconds, expected) in [(999, false), (1_100, true)] {
            let mut is_shown = false;
            let reading = tokio::time::sleep(Duration::from_millis(milliseconds));
            during(reading, || is_shown = true).await;
            assert_eq!(is_shown, expected, "{milliseconds}");
        }
    }
}
