//! `notifications/progress`: how many contacts were read so far, for a client that gave a token and waits for the address
//! book to be read.
//!
//! Nothing is sent in the first second, in which most calls are answered; then two notifications a second at most, each
//! with more contacts than the last. An answer waits for a notification that is being sent, so none comes after it.
//! See <https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress>.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rmcp::model::{NumberOrString, ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext, RoleServer, ServiceError};

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
    pub(crate) async fn during<T>(&self, mut call: impl Future<Output = T> + Unpin) -> T {
        let Some((peer, token)) = &self.client else {
            return call.await;
        };
        let (mut wait, mut sent) = (SILENCE, 0);
        loop {
            tokio::select! {
                biased;
                outcome = &mut call => return outcome,
                () = tokio::time::sleep(wait) => wait = PAUSE,
            }
            let read = self.read.load(Ordering::Relaxed);
            if read <= sent {
                continue;
            }
            sent = read;
            let mut sending = pin!(send(peer, token.clone(), read));
            tokio::select! {
                biased;
                outcome = &mut call => {
                    let _ = sending.await;
                    return outcome;
                }
                // Such a client gets no answer either.
                is_sent = &mut sending => if is_sent.is_err() {
                    return call.await;
                },
            }
        }
    }
}

async fn send(peer: &Peer<RoleServer>, token: ProgressToken, read: usize) -> Result<(), ServiceError> {
    #[expect(clippy::cast_precision_loss, reason = "far more contacts than there are")]
    let notification = ProgressNotificationParam::new(token, read as f64);
    let message = format!("{} contacts read", with_commas(read));
    peer.notify_progress(notification.with_message(message)).await
}

fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, ErrorData};
    use rmcp::{ServerHandler, ServiceExt};
    use serde_json::{Value, json};
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};
    use tokio::time::{Instant, sleep};

    /// Reads so many contacts after so many milliseconds, and then answers.
    struct Reading(&'static [(u64, usize)]);

    impl ServerHandler for Reading {
        async fn call_tool(
            &self,
            _: CallToolRequestParams,
            context: RequestContext<RoleServer>,
        ) -> Result<CallToolResponse, ErrorData> {
            let progress = Progress::for_client(&context);
            let reading = pin!(async {
                for (after, contacts) in self.0 {
                    sleep(Duration::from_millis(*after)).await;
                    progress.set(*contacts);
                }
            });
            progress.during(reading).await;
            Ok(CallToolResult::success(vec![]).into())
        }
    }

    struct Client {
        input: Lines<BufReader<ReadHalf<DuplexStream>>>,
        output: WriteHalf<DuplexStream>,
        began: Instant,
    }

    impl Client {
        /// A client that has called with this token; its server cannot write more than `room` bytes unread.
        async fn calling(reading: Reading, token: Value, room: usize) -> Self {
            let (near, far) = tokio::io::duplex(room);
            tokio::spawn(async move { reading.serve(far).await.unwrap().waiting().await });
            let (input, output) = tokio::io::split(near);
            let input = BufReader::new(input).lines();
            let mut client = Self {
                input,
                output,
                began: Instant::now(),
            };
            let info = json!({"name": "x", "version": "1"});
            let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": info});
            client
                .send(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}))
                .await;
            client.input.next_line().await.unwrap().unwrap();
            client
                .send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
                .await;
            let params = json!({"name": "x", "_meta": {"progressToken": token}});
            client
                .send(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params}))
                .await;
            client
        }

        async fn send(&mut self, message: Value) {
            self.output.write_all(format!("{message}\n").as_bytes()).await.unwrap();
        }

        /// The notifications up to the answer: when each came, in milliseconds, and what it says.
        async fn told(&mut self, token: &Value) -> Vec<(u128, f64, String)> {
            let mut told = Vec::new();
            loop {
                let line = self.input.next_line().await.unwrap().unwrap();
                let message: Value = serde_json::from_str(&line).unwrap();
                if message["id"] == 2 {
                    return told;
                }
                assert_eq!(message["method"], "notifications/progress");
                let params = &message["params"];
                assert_eq!(&params["progressToken"], token);
                told.push((
                    self.began.elapsed().as_millis(),
                    params["progress"].as_f64().unwrap(),
                    params["message"].as_str().unwrap().to_owned(),
                ));
            }
        }
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
    async fn a_client_with_a_token_hears_of_what_grew_twice_a_second_at_most() {
        for token in [json!(7), json!("seven")] {
            let mut client = Client::calling(Reading(LONG), token.clone(), 1 << 16).await;
            let said = |at, contacts: f64, message: &str| (at, contacts, message.to_owned());
            assert_eq!(
                client.told(&token).await,
                [
                    said(1_000, 990.0, "990 contacts read"),
                    said(1_500, 2_000.0, "2,000 contacts read"),
                    said(2_500, 1_234_567.0, "1,234,567 contacts read"),
                ]
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn short_calls_and_clients_without_a_usable_token_hear_nothing() {
        let short: &[_] = &[(500, 1_000), (400, 2_000)];
        for (reading, token) in [
            (short, json!(7)),
            (LONG, Value::Null),
            (LONG, json!([7])),
            (LONG, json!("x".repeat(MAX_TOKEN + 1))),
        ] {
            let mut client = Client::calling(Reading(reading), token.clone(), 1 << 16).await;
            assert_eq!(client.told(&token).await, []);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_comes_after_the_answer_although_the_client_reads_late() {
        let mut client = Client::calling(Reading(LONG), json!(7), 64).await;
        sleep(Duration::from_secs(60)).await;
        let told = client.told(&json!(7)).await;
        assert_eq!(told.len(), 1, "the others would have come in its place: {told:?}");
        client.send(json!({"jsonrpc": "2.0", "id": 3, "method": "ping"})).await;
        assert!(client.input.next_line().await.unwrap().unwrap().contains("\"id\":3"));
    }
}
