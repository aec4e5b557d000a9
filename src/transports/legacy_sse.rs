//! The transport of revision 2024-11-05: answers come over one long event stream, messages go to another address.
//!
//! `GET /sse` opens a session and tells, as its first event, where to post; `POST /messages?sessionId=…` takes a
//! message and answers 202. The specification calls this transport deprecated; it is here for clients that are
//! configured with `"type": "sse"`. See
//! <https://modelcontextprotocol.io/specification/2024-11-05/basic/transports#http-with-sse>.
//!
//! | what could grow | is bounded by |
//! |---|---|
//! | sessions | [`Limits::sessions`]; one in which nothing happens ends after [`Limits::session_idle`], one that never begins after a minute |
//! | answers that a client does not read | [`UNREAD`] events, then the calls wait, for [`Limits::write_time`] at most |
//! | calls of a session, until their answers are taken | [`UNANSWERED`], then 429 |

mod session;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::{Extension, Request, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt, stream};
use http::{HeaderMap, StatusCode, Uri};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::form_urlencoded;
use uuid::Uuid;

use super::guard::{Ends, Share, Shares};
use super::http::{App, Limits};
use super::messages::read_body;
use super::refusal::Refusal;
use crate::mcp::Server;
use session::{NotTaken, Session};

/// Where the stream is.
pub(super) const STREAM: &str = "/sse";
/// Where messages go.
pub(super) const MESSAGES: &str = "/messages";

/// Events that wait for a client to read them. An answer of 200 contacts has 80 kB, so a thousand deaf sessions hold 160
/// MB; their further answers wait as running calls, which are bounded for all together.
const UNREAD: usize = 2;
/// Calls of one session that are not answered yet: an assistant asks for a handful at the same time.
const UNANSWERED: usize = 32;
/// Sessions of one other machine: those of an office behind one address.
const SESSIONS_OF_ONE: usize = 100;
/// Seconds after which somebody may have closed a session.
const SESSION_WAIT: u64 = 30;

/// All sessions of one server.
#[derive(Debug)]
pub(super) struct Sessions {
    server: Server,
    limits: Limits,
    /// Cancelled when the server is told to stop.
    closing: CancellationToken,
    /// The ids are random, so who knows one has been told it.
    open: Mutex<HashMap<Uuid, Arc<Session>>>,
    shares: Arc<Shares>,
}

impl Sessions {
    pub(super) fn new(server: Server, limits: Limits, closing: CancellationToken) -> Self {
        Self {
            server,
            limits,
            closing,
            open: Mutex::default(),
            shares: Shares::new(SESSIONS_OF_ONE),
        }
    }

    /// Sessions that are open.
    pub(super) fn count(&self) -> usize {
        self.open().len()
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Session>>> {
        // Each change is one call of the map's, so a panic elsewhere has not broken it.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a session. Its stream says where to post, then what the server says. The session ends with the stream, and
    /// with everything that [`Session::run`] says.
    fn begin(
        self: &Arc<Self>,
        caller: Option<IpAddr>,
    ) -> Result<impl Stream<Item = Result<Event, Infallible>> + use<>, Refusal> {
        let too_many = |message| {
            let refusal = Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_sessions", message);
            refusal.retry_after(SESSION_WAIT)
        };
        let share = self.shares.take(caller).ok_or_else(|| {
            too_many("your address has as many sessions open as one may have; close one, or use POST /mcp")
        })?;
        let id = Uuid::new_v4();
        let (events, mut unread) = mpsc::channel(UNREAD);
        let (session, incoming) = Session::new(self.limits);
        let session = Arc::new(session);
        {
            let mut open = self.open();
            if open.len() >= self.limits.sessions {
                return Err(too_many(
                    "as many sessions are open as this server takes; close one, or use POST /mcp",
                ));
            }
            open.insert(id, Arc::clone(&session));
        }
        let stream_gone = CancellationToken::new();
        let (sessions, gone) = (Arc::clone(self), stream_gone.clone());
        let (server, closing) = (self.server.clone(), self.closing.clone());
        tokio::spawn(async move {
            let _open = Open {
                sessions,
                id,
                _share: share,
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

    fn find(&self, uri: &Uri) -> Result<Arc<Session>, Refusal> {
        let query = uri.query().unwrap_or_default().as_bytes();
        let id = form_urlencoded::parse(query).find_map(|(key, value)| (key == "sessionId").then_some(value));
        let Some(id) = id else {
            let message = "the session's id is missing: post to the address that the endpoint event of GET /sse gives";
            return Err(Refusal::new(StatusCode::BAD_REQUEST, "no_session_id", message));
        };
        let session = id.parse().ok().and_then(|id: Uuid| self.open().get(&id).cloned());
        session.ok_or_else(|| {
            let message = "there is no such session (any more); open one with GET /sse";
            Refusal::new(StatusCode::NOT_FOUND, "no_such_session", message)
        })
    }
}

/// A session in the list, until this is dropped.
struct Open {
    sessions: Arc<Sessions>,
    id: Uuid,
    _share: Share,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.sessions.open().remove(&self.id);
    }
}

/// `GET /sse`.
pub(super) async fn open(
    State(app): State<Arc<App>>,
    Extension(sessions): Extension<Arc<Sessions>>,
    Extension(ends): Extension<Ends>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let caller = app.guard.count(ends, &headers)?;
    let events = sessions.begin(caller.limited)?;
    let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(sessions.limits.keep_alive));
    // nginx would hold events back until it has a page of them.
    Ok(([("x-accel-buffering", "no")], stream).into_response())
}

/// `POST /messages?sessionId=…`.
pub(super) async fn receive(
    State(app): State<Arc<App>>,
    Extension(sessions): Extension<Arc<Sessions>>,
    Extension(ends): Extension<Ends>,
    request: Request,
) -> Result<Response, Refusal> {
    const ACCEPTED: (StatusCode, &str) = (StatusCode::ACCEPTED, "Accepted");
    let (parts, body) = request.into_parts();
    let caller = app.guard.count(ends, &parts.headers)?;
    let session = sessions.find(&parts.uri)?;
    let body = app.bodies.read(caller.address, &parts.headers, body).await?;
    match read_body(&body.bytes) {
        Ok(Some(message)) => session.take(*message, || app.guard.admit(caller)).map_err(not_taken)?,
        Ok(None) => {}
        Err(refused) => {
            let response = refused.into_response().map_err(Refusal::unreadable)?;
            session.take(response, || app.guard.admit(caller)).map_err(not_taken)?;
        }
    }
    Ok(ACCEPTED.into_response())
}

fn not_taken(reason: NotTaken) -> Refusal {
    match reason {
        NotTaken::Refused(refusal) => refusal,
        NotTaken::SameId => {
            let message = "a request with this id is not answered yet";
            Refusal::new(StatusCode::BAD_REQUEST, "same_id", message)
        }
        NotTaken::TooMany => {
            let message = "this session has as many unanswered requests as it may; read the stream, then send on";
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "session_is_full", message).retry_after(1)
        }
        NotTaken::Ended => {
            let message = "the session is ending; open one with GET /sse";
            Refusal::new(StatusCode::NOT_FOUND, "no_such_session", message)
        }
    }
}
