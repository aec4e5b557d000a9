//! Reads the JSON-RPC messages in a text, in the same way for every transport. Pure.
//!
//! | text | result |
//! |---|---|
//! | a message | that message, without the parts that nothing reads ([`reduced`]) |
//! | a message with half a surrogate pair (`\ud83d`, as `JSON.stringify` writes half an emoji) or with bytes that are not UTF-8 | the message with U+FFFD in their place |
//! | an array (a batch of revision 2025-03-26) | its messages, each answered separately |
//! | an object that is not JSON, or nested too deep | error -32700, with the request's id if it can be recognised |
//! | a request with `params` that are no object | error -32602, with the id likewise |
//! | a response with one of these defects | an error without an id, or an error response in its place ([`ErrorResponse::into_failed_response`]) |
//! | JSON that is no message, a batch of more than 100, a message of more than 1000 JSON values, an id that is no string and no integer of 64 bits | error -32600, with the id likewise |
//! | `initialize` with a field of the wrong type ([`initialize`]) | error -32602, with the id likewise |
//! | an unknown notification, empty text, text that does not begin like JSON | no answer |

mod error_response;
mod initialize;
mod members;
mod reduced;
mod weight;

use rmcp::model::{ClientNotification, ErrorCode, ErrorData, JsonRpcMessage, RequestId};
use rmcp::service::{RoleServer, RxJsonRpcMessage};
use serde_json::error::Category;
use serde_json::value::RawValue;

pub(super) use error_response::ErrorResponse;
use error_response::not_json;
use members::Members;
pub(super) use reduced::reduced;
use reduced::without_malformed_meta;

use crate::mcp::without_lone_surrogates;

/// The most messages in one batch. A larger batch is a mistake or an attack. Over HTTP the limit is lower, since the
/// responses wait for each other.
const MAX_BATCH: usize = 100;

/// The most bytes of one text, whether a message or a batch. A call has a few hundred bytes, a call with fifty names a
/// few thousand.
pub(super) const MAX_BYTES: usize = 128 * 1024;

/// A message of a client.
pub(super) type Message = RxJsonRpcMessage<RoleServer>;

/// The id of the request that `message` cancels; `None` if `message` is no cancellation.
pub(super) fn cancelled_request(message: &Message) -> Option<&RequestId> {
    let JsonRpcMessage::Notification(notification) = message else {
        return None;
    };
    match &notification.notification {
        ClientNotification::CancelledNotification(cancelled) => cancelled.params.request_id.as_ref(),
        _ => None,
    }
}

/// The content of a text: a message, or the error that answers it.
#[derive(Debug)]
pub(super) enum Read {
    Message(Box<Message>),
    Invalid(ErrorResponse),
}

/// Reads the one message in `text`. `None` if the text gets no answer.
pub(super) fn read(text: &[u8]) -> Option<Read> {
    match reduced(text) {
        Ok(text) => read_reduced(trimmed(&String::from_utf8_lossy(&text))),
        Err(error) => Some(Read::Invalid(error)),
    }
}

/// Reads the one message in the body of an HTTP request. `None` if the message gets no answer.
///
/// # Errors
/// The error that answers the body. The request's `Content-Type` declares JSON, so text that is not JSON is an error
/// here, while [`read`] ignores such text.
pub(super) fn read_body(body: &[u8]) -> Result<Option<Box<Message>>, ErrorResponse> {
    if read_batch(body).is_some() {
        return Err(ErrorResponse::without_id(ErrorData::invalid_request(ONE_MESSAGE, None)));
    }
    match read(body) {
        Some(Read::Message(message)) => Ok(Some(message)),
        Some(Read::Invalid(error)) => Err(error),
        None if trimmed(&String::from_utf8_lossy(body)).starts_with('{') => Ok(None),
        None => {
            let error = ErrorData::new(ErrorCode::PARSE_ERROR, "the body is not JSON", None);
            Err(ErrorResponse::without_id(error))
        }
    }
}

/// The error message where batches are not allowed.
pub(super) const ONE_MESSAGE: &str =
    "batches exist only up to revision 2025-03-26, and only `POST /mcp` accepts them: send one message in a request";

/// Splits a batch into the texts of its messages, to be [read](read) one by one. `None` if `text` is no array.
///
/// # Errors
/// The batch has no message or too many, or the array is not JSON.
pub(super) fn read_batch(text: &[u8]) -> Option<Result<Vec<Box<RawValue>>, ErrorResponse>> {
    // The first byte that is neither white space nor part of a byte order mark.
    let first = text.iter().find(|byte| !b" \t\r\n\xEF\xBB\xBF".contains(byte))?;
    if *first != b'[' {
        return None;
    }
    let text = String::from_utf8_lossy(text);
    let text = trimmed(&text);
    let refused = |error| Some(Err(ErrorResponse::without_id(error)));
    match serde_json::from_str::<Vec<&RawValue>>(text) {
        Ok(messages) if messages.is_empty() => {
            refused(ErrorData::invalid_request("a batch needs at least one message", None))
        }
        Ok(messages) if messages.len() > MAX_BATCH => {
            let problem = format!("a batch may have {MAX_BATCH} messages at most");
            refused(ErrorData::invalid_request(problem, None))
        }
        Ok(messages) => Some(Ok(messages.into_iter().map(ToOwned::to_owned).collect())),
        Err(_) => refused(not_json()),
    }
}

/// The error about JSON that is no message.
fn no_message() -> ErrorData {
    ErrorData::invalid_request("this is not a JSON-RPC 2.0 message of MCP", None)
}

/// The text without a byte order mark and white space around it.
fn trimmed(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

/// Reads the one message in `text`, which is trimmed and reduced. `None` if the text gets no answer.
fn read_reduced(text: &str) -> Option<Read> {
    let refused = |error| Some(Read::Invalid(error));
    let error = match serde_json::from_str::<Message>(text) {
        Ok(message) => return Some(Read::Message(Box::new(message))),
        Err(error) => error,
    };
    let is_json = error.classify() == Category::Data;
    if let Some(message) = Members::of(text) {
        let is_named = message.string("method").is_some();
        let id = message.get("id");
        if is_named && id.is_some_and(|id| serde_json::from_str::<RequestId>(id).is_err()) {
            let problem = "the id of a request must be a string or an integer of 64 bits";
            return refused(ErrorResponse::about_message(
                &message,
                ErrorData::invalid_request(problem, None),
            ));
        }
        if is_json {
            if let Some(mended) = without_malformed_meta(&message) {
                return read_reduced(&mended);
            }
            let has_malformed_params = message.get("params").is_some_and(|params| !params.starts_with('{'));
            if is_named && id.is_some() && has_malformed_params {
                let error = ErrorData::invalid_params("`params` must be an object", None);
                return refused(ErrorResponse::about_message(&message, error));
            }
            // A message with a method and without an id is an unknown notification; any other is no message of MCP.
            let is_notification = is_named && id.is_none();
            return (!is_notification).then(|| Read::Invalid(ErrorResponse::about_message(&message, no_message())));
        }
    } else if is_json {
        return refused(ErrorResponse::without_id(no_message()));
    }
    if let Some(mended) = without_lone_surrogates(text) {
        return read_reduced(&mended);
    }
    // If text that is not meant as JSON got an error, two programs could answer each other with errors without end.
    if !text.starts_with(['{', '[']) {
        return None;
    }
    refused(ErrorResponse::about_text(text, not_json()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(line: &str) {
        match read_batch(line.as_bytes()) {
            Some(Ok(batch)) => batch.iter().for_each(|message| {
                read(message.get().as_bytes());
            }),
            Some(Err(_)) => {}
            None => {
                read(line.as_bytes());
            }
        }
        let _ = read_body(line.as_bytes());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(line in any::<String>()) {
            read_all(&line);
        }

        #[test]
        fn no_text_of_json_characters_makes_the_reader_panic(line in r#"[\[{](\\u[d8c]{1,4}|[\[\]{}:,"a-z0-9\\]|"id":){0,40}"#) {
            read_all(&line);
        }
    }
}
