//! The log of calls whose access token cannot be checked, since the store does not answer: the first one at once, then at
//! most one line a second, which counts the others, and one when the store answers again.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::team::store::Unavailable;

const PERIOD: Duration = Duration::from_secs(1);

/// Counts calls between two lines of the log.
#[derive(Debug, Default)]
pub(in crate::team) struct UncheckedCalls(Mutex<Option<Outage>>);

/// A time in which the store does not answer.
#[derive(Debug)]
struct Outage {
    logged_at: Instant,
    unlogged: Counts,
}

/// Calls that are not in the log yet.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Counts {
    refused: u64,
    let_in: u64,
}

impl UncheckedCalls {
    /// A call was refused, or let in because its token was valid a few seconds ago.
    pub(super) fn record(&self, reason: &Unavailable, is_let_in: bool) {
        let Some(Counts { refused, let_in }) = self.counted(is_let_in) else {
            return;
        };
        match refused {
            0 => tracing::warn!(
                %reason,
                calls.let_in = let_in,
                "access tokens cannot be checked now; these were valid a few seconds ago"
            ),
            _ => tracing::error!(
                %reason,
                calls.refused = refused,
                calls.let_in = let_in,
                "access tokens cannot be checked now"
            ),
        }
    }

    /// The store has answered.
    pub(super) fn end(&self) {
        if let Some(Counts { refused, let_in }) = self.ended() {
            tracing::info!(
                calls.refused = refused,
                calls.let_in = let_in,
                "access tokens are checked again"
            );
        }
    }

    /// Counts a call. Returns what is to be logged now.
    fn counted(&self, is_let_in: bool) -> Option<Counts> {
        let mut outage = self.0.lock();
        let is_due = outage
            .as_ref()
            .is_none_or(|outage| outage.logged_at.elapsed() >= PERIOD);
        let outage = outage.get_or_insert_with(|| Outage {
            logged_at: Instant::now(),
            unlogged: Counts::default(),
        });
        match is_let_in {
            true => outage.unlogged.let_in += 1,
            false => outage.unlogged.refused += 1,
        }
        is_due.then(|| {
            outage.logged_at = Instant::now();
            std::mem::take(&mut outage.unlogged)
        })
    }

    /// The calls since the last line, once after an outage. While only some questions fail, the outage goes on.
    fn ended(&self) -> Option<Counts> {
        let ended = self.0.lock().take_if(|outage| outage.logged_at.elapsed() >= PERIOD);
        ended.map(|outage| outage.unlogged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_millis(1);

    #[tokio::test(start_paused = true)]
    async fn each_call_is_counted_once_and_at_most_one_line_a_second_is_logged() {
        let calls = UncheckedCalls::default();
        assert_eq!(calls.ended(), None, "nothing was wrong");
        let mut lines = Vec::new();
        for call in 0..2_500 {
            lines.extend(calls.counted(call % 5 == 0));
            // Another call is answered meanwhile.
            lines.extend(calls.ended().filter(|_| call % 2 == 0));
            tokio::time::advance(STEP).await;
        }
        assert_eq!(lines.len(), 3, "{lines:?}");
        tokio::time::advance(PERIOD).await;
        lines.extend(calls.ended());
        assert_eq!(calls.ended(), None, "it is logged once");
        assert_eq!(lines.first(), Some(&Counts { refused: 0, let_in: 1 }));
        let sum = |count: fn(&Counts) -> u64| lines.iter().map(count).sum::<u64>();
        assert_eq!((sum(|line| line.refused), sum(|line| line.let_in)), (2_000, 500));
        // The next outage is logged at once.
        assert_eq!(calls.counted(false), Some(Counts { refused: 1, let_in: 0 }));
    }
}
