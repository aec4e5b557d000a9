//! Answers a batch of messages in one `POST /mcp`, which only revisions up to 2025-03-26 have.
//!
//! | message | part of the answer |
//! |---|---|
//! | a request | its response. Each request counts for the rate limit, and as a running call until the whole answer is ready. A request above a limit is refused alone |
//! | `initialize`, or a request of a revision without batches | an error |
//! | JSON that is no message | an error |
//! | a notification, a response | none |
//!
//! All responses are sent together when the last one is ready: as one JSON array, or as one event that holds the array.
//! The status is 202 if there are none. The responses are kept until then, so [`MAX_MESSAGES`] and
//! [`Limits::batch_answer_bytes`](crate::transports::limits::Limits::batch_answer_bytes) bound them. See
//! <https://modelcontextprotocol.io/specification/2025-03-26/basic/transports#sending-messages-to-the-server>.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use rmcp::model::{ErrorData, ProtocolVersion};
use serde_json::value::{RawValue, to_raw_value};

use super::accept::AnswerFormat;
use super::direct::{Direct, older_revision, plain_request};
use crate::mcp::Employee;
use crate::transports::guard::{ConnectionAddresses, Guard, MAX_RUNNING_PER_CALLER, RunningCall};
use crate::transports::messages::{ErrorResponse, Message, ONE_MESSAGE, Read, read};
use crate::transports::metrics::Metrics;
use crate::transports::refusal::{Refusal, UNREADABLE};

const SENT_ALONE: &str = "`initialize`, and requests that name a later revision, must be sent alone, not in a batch";

/// The most messages of one batch. All calls of a batch count as running until the last is answered, so a batch may not
/// have more calls than one caller may run.
const MAX_MESSAGES: usize = 50;
const _: () = assert!(MAX_MESSAGES <= MAX_RUNNING_PER_CALLER);

/// A POST that holds a batch, and the parts that answer its messages.
pub(super) struct Batch<'a> {
    pub(super) guard: &'a Guard,
    pub(super) metrics: &'a Metrics,
    pub(super) direct: &'a Direct,
    /// Bytes of all responses together.
    pub(super) max_answer_bytes: usize,
    pub(super) addresses: ConnectionAddresses,
    pub(super) headers: &'a HeaderMap,
    /// The employee who has signed in to a team's server.
    pub(super) employee: Option<&'a Employee>,
}

/// The response to one message, kept until the other responses are ready.
struct BatchResponse {
    text: Box<RawValue>,
    /// `None` if no call was made.
    running: Option<RunningCall>,
}

impl Batch<'_> {
    /// Answers `messages`. The POST itself was counted and admitted as the call `running`, which the first message
    /// uses.
    ///
    /// # Errors
    /// The header names a revision without batches, or `messages` is an error.
    pub(super) async fn answer(
        self,
        messages: Result<Vec<Box<RawValue>>, ErrorResponse>,
        format: AnswerFormat,
        running: RunningCall,
    ) -> Result<Response, Refusal> {
        let revision = older_revision(self.headers).filter(|revision| **revision <= ProtocolVersion::V_2025_03_26);
        let refused = |problem: String| {
            let error = ErrorData::invalid_request(problem, None);
            Err(Refusal::unreadable(ErrorResponse::without_id(error)))
        };
        let Some(revision) = revision else {
            return refused(ONE_MESSAGE.to_owned());
        };
        let messages = messages.map_err(Refusal::unreadable)?;
        if messages.len() > MAX_MESSAGES {
            return refused(format!("a batch may have {MAX_MESSAGES} messages at most"));
        }
        let mut running = Some(running);
        let answered_bytes = AtomicUsize::new(0);
        let answering = messages
            .into_iter()
            .map(|text| self.answer_one(revision, text, running.take(), &answered_bytes));
        let answers: Vec<_> = join_all(answering).await.into_iter().flatten().collect();
        if answers.is_empty() {
            return Ok(StatusCode::ACCEPTED.into_response());
        }
        let (answers, running): (Vec<_>, Vec<_>) = answers
            .into_iter()
            .map(|answered| (answered.text, answered.running))
            .unzip();
        let response = batch_answer(&answers, format);
        drop(running);
        Ok(response)
    }

    fn admit(&self) -> Result<RunningCall, Refusal> {
        let person = self.employee.map(|employee| &employee.person);
        let caller = self.guard.count_call(self.addresses, self.headers, person)?;
        self.guard.admit(&caller)
    }

    /// The response to one message; `None` if the message gets none. `answered_bytes` counts the bytes of all
    /// responses.
    async fn answer_one(
        &self,
        revision: &ProtocolVersion,
        text: Box<RawValue>,
        running: Option<RunningCall>,
        answered_bytes: &AtomicUsize,
    ) -> Option<BatchResponse> {
        let message = match read(text.get().as_bytes())? {
            Read::Message(message) => *message,
            Read::Invalid(error) => return self.error(&error, UNREADABLE),
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
                return self.error(&ErrorResponse::to_request(&id, refusal.into_error()), reason);
            }
        };
        let Some(request) = plain_request(message) else {
            let error = ErrorData::invalid_request(SENT_ALONE, None);
            return self.error(&ErrorResponse::to_request(&id, error), UNREADABLE);
        };
        let answer = self.direct.call(revision, self.employee, request).await?;
        let text = to_raw_value(&answer).ok()?;
        let bytes = text.get().len();
        let max = self.max_answer_bytes;
        if answered_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > max {
            answered_bytes.fetch_sub(bytes, Ordering::Relaxed);
            let problem = format!(
                "the answers to one batch may have {} KiB together; send this request alone",
                max / 1024
            );
            let error = ErrorData::invalid_request(problem, None);
            return self.error(&ErrorResponse::to_request(&id, error), "batch_too_large");
        }
        let running = Some(running);
        Some(BatchResponse { text, running })
    }

    fn error(&self, error: &ErrorResponse, reason: &'static str) -> Option<BatchResponse> {
        self.metrics.refused(reason);
        let text = to_raw_value(error).ok()?;
        Some(BatchResponse { text, running: None })
    }
}

fn batch_answer(answers: &[Box<RawValue>], format: AnswerFormat) -> Response {
    let array = serde_json::to_string(answers).unwrap_or_default();
    let (kind, body) = match format {
        AnswerFormat::Json => ("application/json", array),
        AnswerFormat::EventStream => ("text/event-stream", format!("data: {array}\n\n")),
    };
    let mut response = Response::new(Body::from(body));
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
