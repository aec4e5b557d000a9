//! A batch of messages in one `POST /mcp`, as revision 2025-03-26 has it.
//!
//! | message | in the answer |
//! |---|---|
//! | a request | its response; each counts as a call of the caller, and as a running one until the whole answer is there; it may be refused as such |
//! | `initialize`, or a request of a revision without batches | an error |
//! | what is no message | an error |
//! | a notification, a response | nothing |
//!
//! The answers come together, head and all, as one JSON array or one event that holds it, when the last is there; if there
//! are none, the status is 202. Those that are there wait for the last, so they are bounded by [`MAX_MESSAGES`] and
//! [`Limits::batch_answer_bytes`](super::Limits::batch_answer_bytes). See
//! <https://modelcontextprotocol.io/specification/2025-03-26/basic/transports#sending-messages-to-the-server>.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use rmcp::model::{ErrorData, ProtocolVersion};
use serde_json::value::{RawValue, to_raw_value};

use super::direct::{older_revision, plain_request};
use super::endpoint::Form;
use super::routes::App;
use crate::transports::guard::{Ends, RUNNING_OF_ONE, Running};
use crate::transports::messages::{Message, ONE_MESSAGE, Read, Refused, read};
use crate::transports::refusal::{Refusal, UNREADABLE};

const BY_ITSELF: &str = "`initialize`, and requests that name a later revision, must be sent alone, not in a batch";

/// Messages of one batch. Each call runs until all are answered, so these are less than the calls that one caller may have.
const MAX_MESSAGES: usize = 50;
const _: () = assert!(MAX_MESSAGES <= RUNNING_OF_ONE);

/// A POST that holds a batch.
pub(super) struct Batch<'a> {
    app: &'a App,
    ends: Ends,
    headers: &'a HeaderMap,
    /// Bytes of the answers so far.
    answered: AtomicUsize,
}

/// An answer that waits for those to the other messages.
struct Answered {
    text: Box<RawValue>,
    /// `None` if there was no call.
    running: Option<Running>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(app: &'a App, ends: Ends, headers: &'a HeaderMap) -> Self {
        Self {
            app,
            ends,
            headers,
            answered: AtomicUsize::new(0),
        }
    }

    /// The answers to `messages`. The POST itself has been counted and admitted, which serves for the first of them.
    ///
    /// # Errors
    /// The header names a revision without batches, or `messages` is no batch.
    pub(super) async fn answer(
        self,
        messages: Result<Vec<Box<RawValue>>, Refused>,
        form: Form,
        running: Running,
    ) -> Result<Response, Refusal> {
        let revision = older_revision(self.headers).filter(|revision| **revision <= ProtocolVersion::V_2025_03_26);
        let refused = |problem: String| {
            let error = ErrorData::invalid_request(problem, None);
            Err(Refusal::unreadable(Refused::new(error)))
        };
        let Some(revision) = revision else {
            return refused(ONE_MESSAGE.to_owned());
        };
        let messages = messages.map_err(Refusal::unreadable)?;
        if messages.len() > MAX_MESSAGES {
            return refused(format!("a batch may have {MAX_MESSAGES} messages at most"));
        }
        let mut running = Some(running);
        let answering = messages
            .into_iter()
            .map(|text| self.answer_one(revision, text, running.take()));
        let answers: Vec<_> = join_all(answering).await.into_iter().flatten().collect();
        if answers.is_empty() {
            return Ok(StatusCode::ACCEPTED.into_response());
        }
        let (answers, running): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .map(|answered| (answered.text, answered.running))
            .unzip();
        let response = response(&answers, form);
        drop(running);
        Ok(response)
    }

    fn admit(&self) -> Result<Running, Refusal> {
        let caller = self.app.guard.count(self.ends, self.headers)?;
        self.app.guard.admit(caller)
    }

    /// `None` for what has no answer.
    async fn answer_one(
        &self,
        revision: &ProtocolVersion,
        text: Box<RawValue>,
        running: Option<Running>,
    ) -> Option<Answered> {
        let message = match read(text.get().as_bytes())? {
            Read::Message(message) => *message,
            Read::Refused(refused) => return self.refused(&refused, UNREADABLE),
        };
        drop(text);
        let Message::Request(request) = &message else {
            return None;
        };
        let id = request.id.clone();
        let running = match running.map_or_else(|| self.admit(), Ok) {
            Ok(running) => running,
            Err(refusal) => {
                let reason = refusal.reason();
                return self.refused(&Refused::to(&id, refusal.into_error()), reason);
            }
        };
        let Some(request) = plain_request(message) else {
            let error = ErrorData::invalid_request(BY_ITSELF, None);
            return self.refused(&Refused::to(&id, error), UNREADABLE);
        };
        let answer = self.app.endpoint.direct.call(revision, request).await?;
        let text = to_raw_value(&answer).ok()?;
        let bytes = text.get().len();
        let most = self.app.limits.batch_answer_bytes;
        if self.answered.fetch_add(bytes, Ordering::Relaxed) + bytes > most {
            self.answered.fetch_sub(bytes, Ordering::Relaxed);
            let problem = format!(
                "the answers to one batch may have {} KiB together; send this request alone",
                most / 1024
            );
            let error = ErrorData::invalid_request(problem, None);
            return self.refused(&Refused::to(&id, error), "batch_too_large");
        }
        let running = Some(running);
        Some(Answered { text, running })
    }

    fn refused(&self, refused: &Refused, reason: &'static str) -> Option<Answered> {
        self.app.metrics.refused(reason);
        let text = to_raw_value(refused).ok()?;
        Some(Answered { text, running: None })
    }
}

fn response(answers: &[Box<RawValue>], form: Form) -> Response {
    let array = serde_json::to_string(answers).unwrap_or_default();
    let (kind, body) = match form {
        Form::Json => ("application/json", array),
        Form::EventStream => ("text/event-stream", format!("data: {array}\n\n")),
    };
    let mut response = Response::new(Body::from(body));
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
