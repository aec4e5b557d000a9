//! `notifications/progress`: how many contacts were read so far, for a client that gave a token and waits for the address
//! book to be read.
//!
//! Nothing is sent in the first second, in which most calls are answered; then two notifications a second at most, each
//! with more contacts than the last. An answer waits for a notification that is being sent, so none comes after it.
//! See <https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress>.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future;
use indicatif::HumanCount;
use rmcp::model::{NumberOrString, ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext, RoleServer, ServiceError};
use tokio_util::sync::CancellationToken;

/// A call that takes no longer has no progress worth telling.
const SILENCE: Duration = Duration::from_secs(1);
/// The time between two notifications.
const PAUSE: Duration = Duration::from_millis(500);
/// A token comes back with every notification. The tokens of clients are numbers or have some dozens of bytes.
const MAX_TOKEN: usize = 256;

/// What one call has read, and who wants to know.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    read: AtomicUsize,
    client: Option<(Peer<RoleServer>, ProgressToken)>,
}

impl Progress {
    /// For the client of a request; it is sent nothing if it gave no token.
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

    /// So many contacts were read so far.
    pub(crate) fn set(&self, contacts: usize) {
        self.read.fetch_max(contacts, Ordering::Relaxed);
    }

    /// Returns what `call` returns. The client is sent what the call [sets](Self::set) meanwhile.
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
                // A client to which nothing can be sent gets no answer either.
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

    /// When each notification was sent, in milliseconds, and when the call ended, while so many contacts are read after
    /// so many milliseconds.
    async fn told(reading: &[(u64, usize)], one_takes: u64) -> (Vec<(u128, usize)>, u128) {
        let (progress, told, began) = (Progress::default(), Mutex::default(), Instant::now());
        let call = async {
            for (after, contacts) in reading {
                sleep(Duration::from_millis(*after)).await;
                progress.set(*contacts);
            }
        };
        let send = async |read| {
            sleep(Duration::from_millis(one_takes)).await;
            Vec::push(&mut told.lock().unwrap(), (began.elapsed().as_millis(), read));
            Ok(())
        };
        progress.sent(call, send).await;
        (told.into_inner().unwrap(), began.elapsed().as_millis())
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
    async fn a_client_hears_of_what_grew_twice_a_second_at_most_and_of_nothing_in_the_first() {
        let expected = vec![(1_000, 990), (1_500, 2_000), (2_500, 1_234_567)];
        assert_eq!(told(LONG, 0).await, (expected, 4_300));
        assert_eq!(told(&[(500, 1_000), (400, 2_000)], 0).await, (vec![], 900));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_waits_for_a_notification_that_is_being_sent() {
        assert_eq!(told(LONG, 60_000).await, (vec![(61_000, 990)], 61_000));
    }
}
