//! The transport of revision 2024-11-05: a client posts messages to one address, and receives the answers from another
//! as one long event stream.
//!
//! `GET /sse` opens a session; its first event names the address for messages. `POST /messages?sessionId=…` receives a
//! message and returns 202. The specification calls this transport deprecated; this server keeps it for clients that
//! are configured with `"type": "sse"`. See
//! <https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse>.
//!
//! | what could grow | limit |
//! |---|---|
//! | sessions | [`Limits::sessions`]; a session without messages ends after [`Limits::session_idle`], one without a first message after a minute |
//! | events that a client does not read | [`MAX_UNREAD`], then answers wait to be sent, for [`Limits::write_time`] at most |
//! | calls of a session, until their answers are in the stream | `MAX_UNANSWERED`, then 429 |

mod session;

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, StatusCode, Uri};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::form_urlencoded;
use uuid::Uuid;

use super::body::BodyReader;
use super::guard::{CallerKey, CallerQuota, ConnectionAddresses, Guard, Reservation};
use super::limits::Limits;
use super::messages::read_body;
use super::refusal::Refusal;
use crate::mcp::Server;
use session::Session;

/// The path of the event stream.
pub(super) const STREAM: &str = "/sse";
/// The path for messages.
pub(super) const MESSAGES: &str = "/messages";

/// The most events of one session that wait for the client to read them. An answer of 200 contacts has 80 kB, so a
/// thousand clients that do not read hold 160 MB. Their further answers wait as running calls, of which there are
/// [`Limits::running_calls`] at most.
const MAX_UNREAD: usize = 2;
/// The most sessions from one address: enough for an office behind it. Loopback has no such limit.
const MAX_SESSIONS_PER_CALLER: usize = 100;
/// Seconds after which a refused client may try again: another client may have closed a session by then.
const RETRY_SECONDS: u64 = 30;

/// All sessions of one server, and the parts that serve their messages.
#[derive(Debug)]
pub(super) struct Sessions {
    server: Server,
    guard: Arc<Guard>,
    bodies: Arc<BodyReader>,
    limits: Limits,
    /// Cancelled when the server begins to stop.
    closing: CancellationToken,
    /// Open sessions by their ids. The ids are random, so only the client that opened a session knows its id.
    open: Mutex<HashMap<Uuid, Arc<Session>>>,
    per_caller: Arc<CallerQuota>,
}

impl Sessions {
    pub(super) fn new(
        server: Server,
        guard: Arc<Guard>,
        bodies: Arc<BodyReader>,
        limits: Limits,
        closing: CancellationToken,
    ) -> Self {
        Self {
            server,
            guard,
            bodies,
            limits,
            closing,
            open: Mutex::default(),
            per_caller: CallerQuota::new(MAX_SESSIONS_PER_CALLER),
        }
    }

    /// The number of open sessions.
    pub(super) fn count(&self) -> usize {
        self.open.lock().len()
    }

    /// Opens a session and returns its events: first the address for messages, then the messages of the server. The
    /// session ends when the stream is dropped, and for the reasons that [`Session::run`] lists.
    fn open(
        self: &Arc<Self>,
        caller: Option<CallerKey>,
    ) -> Result<impl Stream<Item = Result<Event, Infallible>> + use<>, Refusal> {
        let too_many = |message| {
            let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_sessions", message);
            refusal.retry_after(RETRY_SECONDS)
        };
        let reservation = self.per_caller.reserve(caller).ok_or_else(|| {
            too_many("your address has as many sessions open as one address may have; close one, or use POST /mcp")
        })?;
        let id = Uuid::new_v4();
        let (events, mut unread) = mpsc::channel(MAX_UNREAD);
        let (session, incoming) = Session::new(self.limits);
        let session = Arc::new(session);
        {
            let mut open = self.open.lock();
            if open.len() >= self.limits.sessions {
                return Err(too_many(
                    "this server has as many sessions open as it may; close one, or use POST /mcp",
                ));
            }
            open.insert(id, Arc::clone(&session));
        }
        let stream_gone = CancellationToken::new();
        let (sessions, gone) = (Arc::clone(self), stream_gone.clone());
        let (server, closing) = (self.server.clone(), self.closing.clone());
        tokio::spawn(async move {
            let _listed = ListedSession {
                sessions,
                id,
                _reservation: reservation,
            };
            session.run(server, incoming, events, gone, closing).await;
        });
        let endpoint = Event::default()
            .event("endpoint")
            .data(format!("{MESSAGES}?sessionId={id}"));
        let stream_gone = stream_gone.drop_guard();
        let unread = stream::poll_fn(move |context| {
            let _ = &stream_gone;
            unread.poll_recv(context)
        });
        Ok(stream::iter([endpoint]).chain(unread).map(Ok))
    }

    /// Finds the session whose id is in the query of `uri`.
    fn find(&self, uri: &Uri) -> Result<Arc<Session>, Refusal> {
        let query = uri.query().unwrap_or_default().as_bytes();
        let id = form_urlencoded::parse(query).find_map(|(key, value)| (key == "sessionId").then_some(value));
        let Some(id) = id else {
            let message = "the session's id is missing: post to the address in the endpoint event of GET /sse";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "no_session_id", message));
        };
        let session = id.parse().ok().and_then(|id: Uuid| self.open.lock().get(&id).cloned());
        session.ok_or_else(|| {
            let message = "there is no such session, or it has ended; open one with GET /sse";
            Refusal::new(StatusCode::NOT_FOUND, "no_such_session", message)
        })
    }
}

/// Keeps a session in [`Sessions`] until this value is dropped.
struct ListedSession {
    sessions: Arc<Sessions>,
    id: Uuid,
    _reservation: Reservation,
}

impl Drop for ListedSession {
    fn drop(&mut self) {
        self.sessions.open.lock().remove(&self.id);
    }
}

/// `GET /sse`: opens a session.
pub(super) async fn open_stream(
    State(sessions): State<Arc<Sessions>>,
    Extension(addresses): Extension<ConnectionAddresses>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let caller = sessions.guard.count_call(addresses, &headers, None)?;
    let events = sessions.open(caller.limited)?;
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(sessions.limits.keep_alive));
    // Without this header nginx would buffer events until it has a page of them.
    Ok(([("x-accel-buffering", "no")], stream).into_response())
}

/// `POST /messages?sessionId=…`: receives a message for a session.
pub(super) async fn receive(
    State(sessions): State<Arc<Sessions>>,
    Extension(addresses): Extension<ConnectionAddresses>,
    request: Request,
) -> Result<Response, Refusal> {
    const ACCEPTED: (StatusCode, &str) = (StatusCode::ACCEPTED, "Accepted");
    let (parts, body) = request.into_parts();
    let guard = &sessions.guard;
    let caller = guard.count_call(addresses, &parts.headers, None)?;
    let session = sessions.find(&parts.uri)?;
    let body = sessions.bodies.read(caller.address, &parts.headers, body).await?;
    let message = match read_body(&body.bytes) {
        Ok(Some(message)) => *message,
        Ok(None) => return Ok(ACCEPTED.into_response()),
        Err(error) => error.into_failed_response().map_err(Refusal::unreadable)?,
    };
    session.accept(message, || guard.admit(&caller))?;
    Ok(ACCEPTED.into_response())
}
