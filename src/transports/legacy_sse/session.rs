//! One session of the transport of 2024-11-05: `accept` receives the client's messages, and the answers go to the event
//! stream.

use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use http::StatusCode;
use parking_lot::Mutex;
use rmcp::ServiceExt;
use rmcp::model::{
    ClientCapabilities, ClientRequest, EmptyResult, Implementation, InitializeRequestParams, JsonRpcMessage,
    ProtocolVersion, ServerResult,
};
use rmcp::service::{RoleServer, TxJsonRpcMessage, serve_directly_with_ct};
use rmcp::transport::Transport;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::mcp::Server;
use crate::transports::forgiving_transport::{ForgivingTransport, begins_a_session};
use crate::transports::guard::RunningCall;
use crate::transports::limits::Limits;
use crate::transports::messages::Message;
use crate::transports::refusal::Refusal;
use crate::transports::unanswered::Unanswered;

/// The most unanswered requests of one session. An assistant makes a few calls at the same time.
const MAX_UNANSWERED: usize = 32;

/// The most messages that wait until rmcp receives them. More than the requests, since notifications come between them.
const MAX_WAITING: usize = 2 * MAX_UNANSWERED;

/// The time after which a session without any message ends. Clients send their first message immediately.
const TIME_TO_BEGIN: Duration = Duration::from_secs(60);

/// The state of a session that both routes share.
#[derive(Debug)]
pub(super) struct Session {
    limits: Limits,
    incoming: mpsc::Sender<Message>,
    state: Mutex<State>,
    /// A message was received or sent.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// Requests without an answer. Each holds a place among the running calls of the server.
    unanswered: Unanswered<RunningCall>,
    /// When a message was last received or sent.
    last_used: Instant,
    has_begun: bool,
    is_ending: bool,
}

impl Session {
    /// A session, and the channel of the messages that it accepts.
    pub(super) fn new(limits: Limits) -> (Self, mpsc::Receiver<Message>) {
        let (incoming, received) = mpsc::channel(MAX_WAITING);
        let session = Self {
            limits,
            incoming,
            state: Mutex::new(State {
                unanswered: Unanswered::default(),
                last_used: Instant::now(),
                has_begun: false,
                is_ending: false,
            }),
            changed: Notify::new(),
        };
        (session, received)
    }

    /// Accepts a message for rmcp. `admit` reserves a place among the running calls for a request, which keeps the
    /// place until the request is answered or cancelled.
    pub(super) fn accept(
        &self,
        message: Message,
        admit: impl FnOnce() -> Result<RunningCall, Refusal>,
    ) -> Result<(), Refusal> {
        let mut state = self.state.lock();
        if state.is_ending {
            return Err(session_ended());
        }
        let channel = self.incoming.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => session_full(),
            mpsc::error::TrySendError::Closed(()) => session_ended(),
        })?;
        if let JsonRpcMessage::Request(request) = &message {
            if state.unanswered.is_running(&request.id) {
                let message = "a request with this id is not answered yet";
                return Err(Refusal::new(StatusCode::BAD_REQUEST, "same_id", message));
            }
            if state.unanswered.len() >= MAX_UNANSWERED {
                return Err(session_full());
            }
            let running = admit()?;
            state.unanswered.begin(request.id.clone(), running);
        } else {
            state.unanswered.remove_cancelled(&message);
        }
        channel.send(message);
        state.last_used = Instant::now();
        state.has_begun = true;
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Serves the session until the handshake fails, the stream is dropped, the client stops reading, the session is
    /// idle for too long, or `closing` is cancelled and every request is answered.
    pub(super) async fn run(
        self: &Arc<Self>,
        server: Server,
        incoming: mpsc::Receiver<Message>,
        events: mpsc::Sender<Event>,
        stream_gone: CancellationToken,
        closing: CancellationToken,
    ) {
        let transport = SseTransport {
            session: Arc::clone(self),
            first: None,
            incoming,
            events,
        };
        // Cancels every call of the session.
        let end = CancellationToken::new();
        let client_gone = CancellationToken::new();
        let serving = serve(server, transport, client_gone.clone(), end.clone());
        let ended = async {
            tokio::select! {
                () = stream_gone.cancelled() => {}
                () = client_gone.cancelled() => {}
                () = self.wait_until_idle() => tracing::debug!("ended an idle session"),
                () = self.wait_for_last_answers(&closing) => {}
            }
        };
        tokio::pin!(serving);
        tokio::select! {
            () = &mut serving => {}
            () = ended => {
                self.state.lock().is_ending = true;
                end.cancel();
                serving.await;
            }
        }
        let mut state = self.state.lock();
        state.is_ending = true;
        state.unanswered.clear();
    }

    /// Waits until no message was received or sent for too long.
    async fn wait_until_idle(&self) {
        loop {
            let until = {
                let state = self.state.lock();
                let idle_time = if state.has_begun {
                    self.limits.session_idle
                } else {
                    TIME_TO_BEGIN.min(self.limits.session_idle)
                };
                // A session with an unanswered request is not idle.
                let last_used = if state.unanswered.len() == 0 {
                    state.last_used
                } else {
                    Instant::now()
                };
                last_used + idle_time
            };
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// Waits until the server begins to stop, then until every request is answered.
    async fn wait_for_last_answers(&self, closing: &CancellationToken) {
        closing.cancelled().await;
        loop {
            let changed = self.changed.notified();
            if self.state.lock().unanswered.len() == 0 {
                return;
            }
            changed.await;
        }
    }

    /// Records that a message was sent.
    fn record_sent(&self, is_answer: bool) {
        let mut state = self.state.lock();
        state.last_used = Instant::now();
        if is_answer {
            state.unanswered.end_sending();
        }
        drop(state);
        self.changed.notify_one();
    }
}

fn session_full() -> Refusal {
    let message = "this session has as many unanswered requests as it may have; read the stream, then send more";
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "session_is_full", message).retry_after(1)
}

fn session_ended() -> Refusal {
    let message = "the session is ending; open one with GET /sse";
    Refusal::new(StatusCode::NOT_FOUND, "no_such_session", message)
}

/// Serves one client. When its stream breaks off, the TypeScript SDK opens a new one, takes the new address and
/// continues without another handshake. That is allowed, since nothing of the old session is needed.
async fn serve(server: Server, mut transport: SseTransport, client_gone: CancellationToken, end: CancellationToken) {
    let is_continued = tokio::select! {
        first = transport.first_request() => match first {
            Some(is_continued) => is_continued,
            None => return,
        },
        () = end.cancelled() => return,
    };
    let session = ForgivingTransport::new(transport, client_gone);
    let running = if is_continued {
        let client = InitializeRequestParams::new(ClientCapabilities::default(), Implementation::default())
            .with_protocol_version(ProtocolVersion::V_2024_11_05);
        Ok(serve_directly_with_ct(server, session.begun(), Some(client), end))
    } else {
        server.serve_with_ct(session, end).await
    };
    match running {
        Ok(running) => {
            let _ = running.waiting().await;
        }
        Err(error) => tracing::debug!(%error, "a session ended before it began"),
    }
}

/// The session as a transport of rmcp.
struct SseTransport {
    session: Arc<Session>,
    /// The first request, which was read and is not passed to rmcp yet.
    first: Option<Message>,
    incoming: mpsc::Receiver<Message>,
    events: mpsc::Sender<Event>,
}

impl SseTransport {
    /// Waits for the first request. Returns true if it continues a session that was opened before, and `None` if the
    /// channel is closed. Pings before the handshake are answered here; messages that are no request are ignored, as on
    /// every transport.
    async fn first_request(&mut self) -> Option<bool> {
        loop {
            let message = self.incoming.recv().await?;
            let JsonRpcMessage::Request(request) = &message else {
                continue;
            };
            if matches!(request.request, ClientRequest::PingRequest(_)) {
                let pong = ServerResult::EmptyResult(EmptyResult {});
                self.send(JsonRpcMessage::response(pong, request.id.clone()))
                    .await
                    .ok()?;
                continue;
            }
            let is_continued =
                !begins_a_session(&request.request) && !matches!(request.request, ClientRequest::DiscoverRequest(_));
            self.first = Some(message);
            return Some(is_continued);
        }
    }
}

/// Why a message could not be sent.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error("the client does not read its stream")]
    Unread,
    #[error("the message is no JSON")]
    Json(#[from] serde_json::Error),
}

impl Transport<RoleServer> for SseTransport {
    type Error = NotSent;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), NotSent>> + Send + 'static {
        let (session, events) = (Arc::clone(&self.session), self.events.clone());
        let running = session.state.lock().unanswered.begin_sending(&message);
        async move {
            // JSON has no raw line breaks, so it fits into one event.
            let event = Event::default().event("message").data(serde_json::to_string(&message)?);
            drop(message);
            let sent = events.send_timeout(event, session.limits.write_time).await;
            session.record_sent(running.is_some());
            sent.map_err(|_| NotSent::Unread)
        }
    }

    async fn receive(&mut self) -> Option<Message> {
        match self.first.take() {
            Some(first) => Some(first),
            None => self.incoming.recv().await,
        }
    }

    async fn close(&mut self) -> Result<(), NotSent> {
        self.incoming.close();
        Ok(())
    }
}
