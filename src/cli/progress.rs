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
}

/// Returns what `reading` returns, and moves the hidden `line` to `target` if that takes over a second.
pub(super) async fn during<T>(
    line: &ProgressBar,
    target: ProgressDrawTarget,
    mut reading: impl Future<Output = T> + Unpin,
) -> T {
    let outcome = match tokio::time::timeout(SILENCE, &mut reading).await {
        Ok(outcome) => outcome,
        Err(_) => {
            line.set_draw_target(target);
            reading.await
        }
    };
    line.finish_and_clear();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use indicatif::TermLike;
    use std::io;
    use std::pin::pin;
    use std::sync::{Arc, Mutex};
    use tokio::time::sleep;

    /// Keeps what is written, and knows no cursor.
    #[derive(Debug, Clone, Default)]
    struct Paper(Arc<Mutex<String>>);

    impl Paper {
        fn write(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
    }

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.write(text)
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What is shown of a reading that brings contacts at these milliseconds.
    async fn shown(steps: &[(u64, usize)]) -> String {
        let paper = Paper::default();
        let line = line(ProgressDrawTarget::hidden());
        let reading = pin!(async {
            for (after, contacts) in steps {
                sleep(Duration::from_millis(*after)).await;
                show(&line, *contacts);
            }
        });
        let target = ProgressDrawTarget::term_like(Box::new(paper.clone()));
        during(&line, target, reading).await;
        paper.0.lock().map(|shown| shown.clone()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_reading_shows_how_far_it_is_after_a_second_and_not_before() {
        assert_eq!(shown(&[(500, 200), (499, 990)]).await, "");
        let shown = shown(&[(500, 990), (600, 1_990), (600, 2_980)]).await;
        assert!(
            shown.contains("1,990 contacts") && shown.contains("2,980 contacts"),
            "{shown}"
        );
    }
}
