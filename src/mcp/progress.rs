//! `notifications/progress`: how many contacts were read so far, for a client that sent a progress token and waits
//! until the address book is read.
//!
//! The first second is silent, since most calls end within it. After that the client gets at most two notifications a
//! second, each with more contacts than the last. The response waits for a notification that is being sent, so no
//! notification comes after it.
//! See <https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress>.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future;
use indicatif::HumanCount;
use rmcp::model::{NumberOrString, ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext, RoleServer, ServiceError};
use tokio_util::sync::CancellationToken;

/// How long a call runs before the first notification.
const SILENCE: Duration = Duration::from_secs(1);
/// The shortest time between two notifications.
const PAUSE: Duration = Duration::from_millis(500);
/// The longest progress token, in bytes, that gets notifications: each repeats the token. Clients send numbers, or some
/// dozens of bytes.
const MAX_TOKEN: usize = 256;

/// How many contacts one call has read, and the client to notify, if any.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    read: AtomicUsize,
    client: Option<(Peer<RoleServer>, ProgressToken)>,
}

impl Progress {
    /// The progress of a request, whose client gets notifications if it sent a token.
    pub(crate) fn for_client(context: &RequestContext<RoleServer>) -> Self {
        let is_short = |token: &ProgressToken| match &token.0 {
            NumberOrString::Number(_) => true,
            NumberOrString::String(text) => text.len() <= MAX_TOKEN,
        };
        let token = context.meta.get_progress_token().filter(is_short);
        Self {
            read: AtomicUsize::new(0),
            client: token.map(|token| (context.peer.clone(), token)),
        }
    }

    /// Records that `contacts` were read so far. A number below an earlier one changes nothing.
    pub(crate) fn set(&self, contacts: usize) {
        self.read.fetch_max(contacts, Ordering::Relaxed);
    }

    /// Runs `call` and returns its result. Meanwhile the client gets the numbers that the call [sets](Self::set).
    pub(crate) async fn during<T>(&self, call: impl Future<Output = T>) -> T {
        match &self.client {
            Some((peer, token)) => self.sent(call, |read| send(peer, token.clone(), read)).await,
            None => call.await,
        }
    }

    async fn sent<T, F, S>(&self, call: impl Future<Output = T>, send: S) -> T
    where
        F: Future<Output = Result<(), ServiceError>>,
        S: Fn(usize) -> F,
    {
        let is_over = CancellationToken::new();
        let sending = async {
            let (mut wait, mut sent) = (SILENCE, 0);
            while tokio::time::timeout(wait, is_over.cancelled()).await.is_err() {
                wait = PAUSE;
                let read = self.read.load(Ordering::Relaxed);
                // The connection is gone, so the response will not arrive either.
                if read > sent && send(read).await.is_err() {
                    return;
                }
                sent = read;
            }
        };
        let call = async {
            let outcome = call.await;
            is_over.cancel();
            outcome
        };
        future::join(call, sending).await.0
    }
}

async fn send(peer: &Peer<RoleServer>, token: ProgressToken, read: usize) -> Result<(), ServiceError> {
    #[expect(clippy::cast_precision_loss, reason = "far more contacts than there are")]
    let notification = ProgressNotificationParam::new(token, read as f64);
    let message = format!("{} contacts read", HumanCount(u64::try_from(read).unwrap_or(u64::MAX)));
    peer.notify_progress(notification.with_message(message)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use tokio::time::{Instant, sleep};

    /// Runs a call that reads as many contacts as `reading` says, each after some milliseconds. Returns when each
    /// notification was sent, in milliseconds, with its number, and when the call ended. Sending takes `one_takes`
    /// milliseconds.
    async fn notifications(reading: &[(u64, usize)], one_takes: u64) -> (Vec<(u128, usize)>, u128) {
        let (progress, sent, began) = (Progress::default(), Mutex::default(), Instant::now());
        let call = async {
            for (after, contacts) in reading {
                sleep(Duration::from_millis(*after)).await;
                progress.set(*contacts);
            }
        };
        let send = async |read| {
            sleep(Duration::from_millis(one_takes)).await;
            Vec::push(&mut sent.lock().unwrap(), (began.elapsed().as_millis(), read));
            Ok(())
        };
        progress.sent(call, send).await;
        (sent.into_inner().unwrap(), began.elapsed().as_millis())
    }

    const LONG: &[(u64, usize)] = &[
        (400, 200),
        (300, 990),
        (500, 1_990),
        (100, 1_500),
        (100, 2_000),
        (900, 1_234_567),
        (2_000, 1_234_567),
    ];

    #[tokio::test(start_paused = true)]
    async fn notifications_grow_come_at_most_twice_a_second_and_not_in_the_first_second() {
        let expected = vec![(1_000, 990), (1_500, 2_000), (2_500, 1_234_567)];
        assert_eq!(notifications(LONG, 0).await, (expected, 4_300));
        assert_eq!(notifications(&[(500, 1_000), (400, 2_000)], 0).await, (vec![], 900));
    }

    #[tokio::test(start_paused = true)]
    async fn the_response_waits_for_a_notification_that_is_being_sent() {
        assert_eq!(notifications(LONG, 60_000).await, (vec![(61_000, 990)], 61_000));
    }
}
