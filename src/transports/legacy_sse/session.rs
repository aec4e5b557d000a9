//! One session of the transport of 2024-11-05: messages come in by `take`, events go out to the stream.

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
use rmcp::service::{RoleServer, RxJsonRpcMessage, TxJsonRpcMessage, serve_directly_with_ct};
use rmcp::transport::Transport;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::UNANSWERED;
use crate::mcp::Server;
use crate::transports::guard::Running;
use crate::transports::http::Limits;
use crate::transports::refusal::Refusal;
use crate::transports::session::{Session as ForgivingSession, begins_a_session};
use crate::transports::unanswered::Unanswered;

/// Messages that wait to be looked at; more than the calls, since notifications come between them.
pub(super) const INCOMING: usize = 2 * UNANSWERED;

/// Clients begin at once; a stream that nobody posts for is let go.
const TIME_TO_BEGIN: Duration = Duration::from_secs(60);

/// What the handlers of both routes share of a session.
#[derive(Debug)]
pub(super) struct Session {
    limits: Limits,
    incoming: mpsc::Sender<RxJsonRpcMessage<RoleServer>>,
    state: Mutex<State>,
    /// Something happened.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// Requests without an answer, each one of the running calls of all transports.
    unanswered: Unanswered<Running>,
    /// When something was last sent or received.
    used: Instant,
    has_begun: bool,
    is_ending: bool,
}

impl Session {
    /// A session, and what it will receive.
    pub(super) fn new(limits: Limits) -> (Self, mpsc::Receiver<RxJsonRpcMessage<RoleServer>>) {
        let (incoming, received) = mpsc::channel(INCOMING);
        let session = Self {
            limits,
            incoming,
            state: Mutex::new(State {
                unanswered: Unanswered::default(),
                used: Instant::now(),
                has_begun: false,
                is_ending: false,
            }),
            changed: Notify::new(),
        };
        (session, received)
    }

    /// Hands a message on. A request that is admitted runs until it is answered or cancelled.
    pub(super) fn take(
        &self,
        message: RxJsonRpcMessage<RoleServer>,
        admit: impl FnOnce() -> Result<Running, Refusal>,
    ) -> Result<(), Refusal> {
        let mut state = self.state.lock();
        if state.is_ending {
            return Err(ended());
        }
        let waiting = self.incoming.try_reserve().map_err(|error| match error {
            mpsc::error::TrySendError::Full(()) => full(),
            mpsc::error::TrySendError::Closed(()) => ended(),
        })?;
        if let JsonRpcMessage::Request(request) = &message {
            if state.unanswered.is_running(&request.id) {
                let message = "a request with this id is not answered yet";
                return Err(Refusal::new(StatusCode::BAD_REQUEST, "same_id", message));
            }
            if state.unanswered.len() >= UNANSWERED {
                return Err(full());
            }
            let running = admit()?;
            state.unanswered.begin(request.id.clone(), running);
        } else {
            state.unanswered.forget_cancelled(&message);
        }
        waiting.send(message);
        state.used = Instant::now();
        state.has_begun = true;
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Serves the session until its stream is gone, nothing has happened for too long, the client takes no more, or
    /// `closing` is cancelled and everything is answered.
    pub(super) async fn run(
        self: &Arc<Self>,
        server: Server,
        incoming: mpsc::Receiver<RxJsonRpcMessage<RoleServer>>,
        events: mpsc::Sender<Event>,
        stream_gone: CancellationToken,
        closing: CancellationToken,
    ) {
        let transport = Outgoing {
            session: Arc::clone(self),
            first: None,
            incoming,
            events,
        };
        // Ends every call of the session at once.
        let end = CancellationToken::new();
        let client_gone = CancellationToken::new();
        let serving = serve(server, transport, client_gone.clone(), end.clone());
        let over = async {
            tokio::select! {
                () = stream_gone.cancelled() => {}
                () = client_gone.cancelled() => {}
                () = self.idle() => tracing::debug!("ended a session in which nothing happened"),
                () = self.answered(&closing) => {}
            }
        };
        tokio::pin!(serving);
        tokio::select! {
            () = &mut serving => {}
            () = over => {
                self.state.lock().is_ending = true;
                end.cancel();
                serving.await;
            }
        }
        let mut state = self.state.lock();
        state.is_ending = true;
        state.unanswered.clear();
    }

    /// Waits until nothing has happened for too long.
    async fn idle(&self) {
        loop {
            let until = {
                let state = self.state.lock();
                let idle_time = if state.has_begun {
                    self.limits.session_idle
                } else {
                    TIME_TO_BEGIN.min(self.limits.session_idle)
                };
                // Somebody waits for an answer, so the session is not idle.
                let used = if state.unanswered.len() == 0 {
                    state.used
                } else {
                    Instant::now()
                };
                used + idle_time
            };
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }

    /// Waits for the end of the server, then for the answers to what was asked before.
    async fn answered(&self, closing: &CancellationToken) {
        closing.cancelled().await;
        loop {
            let changed = self.changed.notified();
            if self.state.lock().unanswered.len() == 0 {
                return;
            }
            changed.await;
        }
    }

    fn sent(&self, is_answer: bool) {
        let mut state = self.state.lock();
        state.used = Instant::now();
        if is_answer {
            state.unanswered.end_sending();
        }
        drop(state);
        self.changed.notify_one();
    }
}

fn full() -> Refusal {
    let message = "this session has as many unanswered requests as it may; read the stream, then send on";
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "session_is_full", message).retry_after(1)
}

fn ended() -> Refusal {
    let message = "the session is ending; open one with GET /sse";
    Refusal::new(StatusCode::NOT_FOUND, "no_such_session", message)
}

/// Serves one client. The TypeScript SDK opens a stream that has broken off anew, takes the new address and goes on
/// where it was, without another handshake; nothing of the old session is needed, so it may.
async fn serve(server: Server, mut transport: Outgoing, client_gone: CancellationToken, end: CancellationToken) {
    let is_continued = tokio::select! {
        first = transport.first_request() => match first {
            Some(is_continued) => is_continued,
            None => return,
        },
        () = end.cancelled() => return,
    };
    let session = ForgivingSession::new(transport, client_gone);
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

/// The session as rmcp sees it.
struct Outgoing {
    session: Arc<Session>,
    /// Looked at already, and still to be handed on.
    first: Option<RxJsonRpcMessage<RoleServer>>,
    incoming: mpsc::Receiver<RxJsonRpcMessage<RoleServer>>,
    events: mpsc::Sender<Event>,
}

impl Outgoing {
    /// Waits for the first request and tells whether it goes on with a session that was begun elsewhere. Pings may come
    /// before a handshake and are answered; what is no request is ignored, as by every transport.
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

impl Transport<RoleServer> for Outgoing {
    type Error = NotSent;

    fn send(
        &mut self,
        message: TxJsonRpcMessage<RoleServer>,
    ) -> impl Future<Output = Result<(), NotSent>> + Send + 'static {
        let (session, events) = (Arc::clone(&self.session), self.events.clone());
        let running = session.state.lock().unanswered.begin_sending(&message);
        async move {
            // JSON has no raw carriage returns, which an event may not hold.
            let event = Event::default().event("message").data(serde_json::to_string(&message)?);
            drop(message);
            let sent = events.send_timeout(event, session.limits.write_time).await;
            session.sent(running.is_some());
            sent.map_err(|_| NotSent::Unread)
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleServer>> {
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
