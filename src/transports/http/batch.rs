//! A batch of messages in one `POST /mcp`, as revision 2025-03-26 has it.
//!
//! | message | in the answer |
//! |---|---|
//! | a request | its response; each counts as a call of the caller and as a running one, and may be refused as such |
//! | `initialize`, or a request of a revision without batches | an error |
//! | what is no message | an error |
//! | a notification, a response | nothing |
//!
//! The answers come together, as one JSON array or one event that holds it, when the last is there; if there are none,
//! the status is 202. See
//! <https://modelcontextprotocol.io/specification/2025-03-26/basic/transports#sending-messages-to-the-server>.

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
use crate::transports::guard::{Ends, Running};
use crate::transports::messages::{Message, ONE_MESSAGE, Read, Refused, read};
use crate::transports::refusal::Refusal;

const BY_ITSELF: &str = "`initialize` and requests of a revision without batches are sent by themselves";

/// A POST that holds a batch.
pub(super) struct Batch<'a> {
    app: &'a App,
    ends: Ends,
    headers: &'a HeaderMap,
}

impl<'a> Batch<'a> {
    pub(super) fn new(app: &'a App, ends: Ends, headers: &'a HeaderMap) -> Self {
        Self { app, ends, headers }
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
        let Some(revision) = revision else {
            let error = ErrorData::invalid_request(ONE_MESSAGE, None);
            return Err(Refusal::unreadable(Refused::new(error)));
        };
        let messages = messages.map_err(Refusal::unreadable)?;
        let mut running = Some(running);
        let answering = messages
            .iter()
            .map(|text| self.answer_one(revision, text, running.take()));
        let answers: Vec<_> = join_all(answering).await.into_iter().flatten().collect();
        if answers.is_empty() {
            return Ok(StatusCode::ACCEPTED.into_response());
        }
        Ok(response(&answers, form))
    }

    fn admit(&self) -> Result<Running, Refusal> {
        let caller = self.app.guard.count(self.ends, self.headers)?;
        self.app.guard.admit(caller)
    }

    /// `None` for what has no answer.
    async fn answer_one(
        &self,
        revision: &ProtocolVersion,
        text: &RawValue,
        running: Option<Running>,
    ) -> Option<Box<RawValue>> {
        let message = match read(text.get().as_bytes())? {
            Read::Message(message) => *message,
            Read::Refused(refused) => return to_raw_value(&refused).ok(),
        };
        let Message::Request(request) = &message else {
            return None;
        };
        let id = request.id.clone();
        let refused = |error| to_raw_value(&Refused::to(&id, error)).ok();
        let _running = match running.map_or_else(|| self.admit(), Ok) {
            Ok(running) => running,
            Err(refusal) => return refused(refusal.into_error()),
        };
        let Some(request) = plain_request(message) else {
            return refused(ErrorData::invalid_request(BY_ITSELF, None));
        };
        let answer = self.app.endpoint.direct.call(revision, request).await?;
        to_raw_value(&answer).ok()
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
