//! What a text that should hold JSON-RPC messages means, whichever transport brought it. Pure.
//!
//! | text | becomes |
//! |---|---|
//! | a message | that message, without what nobody reads ([`reduced`]) |
//! | a message with half a surrogate pair (`\ud83d`, as `JSON.stringify` writes half an emoji) or bytes that are not UTF-8 | the same with U+FFFD |
//! | an array (a batch of revision 2025-03-26) | its messages, each answered by itself |
//! | an object that is not JSON, or nested too deep | error -32700, with the request's id where it can be made out |
//! | a request with `params` that are no object | error -32602, likewise |
//! | a response that is none of the above | an error without an id, or an error response in its place ([`Refused::into_response`]) |
//! | JSON that is no message, a batch of more than 100, a message of more than 1000 JSON values, an id that is no string and no integer of 64 bits | error -32600, likewise |
//! | `initialize` with a field that cannot be understood ([`initialize`]) | error -32602, likewise |
//! | a notification that nobody knows, empty text, text that does not even begin like JSON | nothing |

mod initialize;
mod members;
mod reduced;
mod refused;
mod weight;

use rmcp::model::{ErrorCode, ErrorData, RequestId};
use rmcp::service::{RoleServer, RxJsonRpcMessage};
use serde_json::error::Category;
use serde_json::value::RawValue;

use members::Members;
pub(super) use reduced::reduced;
use reduced::without_odd_meta;
pub(super) use refused::Refused;

use crate::mcp::without_lone_surrogates;

/// More in one text is a mistake or an attack. Over HTTP the bound is lower, since answers wait for each other.
const MAX_BATCH: usize = 100;

/// Bytes of one text, be it a message or a batch. A call has a few hundred, fifty names a few thousand.
pub(super) const MAX_BYTES: usize = 128 * 1024;

const NOT_JSON: &str = "this is not JSON that can be read";

/// A message of a client.
pub(super) type Message = RxJsonRpcMessage<RoleServer>;

/// What a text holds.
#[derive(Debug)]
pub(super) enum Read {
    Message(Box<Message>),
    Refused(Refused),
}

/// The message in `text`, or what is wrong with it; `None` for what is not answered.
pub(super) fn read(text: &[u8]) -> Option<Read> {
    match reduced(text) {
        Ok(text) => read_reduced(trimmed(&String::from_utf8_lossy(&text))),
        Err(refused) => Some(Read::Refused(refused)),
    }
}

/// The message in the body of a request, which holds one alone; `None` for what is not answered.
///
/// # Errors
/// What is wrong with it. A body is meant as JSON by its label, so it is refused where a line is ignored.
pub(super) fn read_body(body: &[u8]) -> Result<Option<Box<Message>>, Refused> {
    if batch_in(body).is_some() {
        return Err(Refused::new(ErrorData::invalid_request(ONE_MESSAGE, None)));
    }
    match read(body) {
        Some(Read::Message(message)) => Ok(Some(message)),
        Some(Read::Refused(refused)) => Err(refused),
        None if trimmed(&String::from_utf8_lossy(body)).starts_with('{') => Ok(None),
        None => {
            let error = ErrorData::new(ErrorCode::PARSE_ERROR, "the body is not JSON", None);
            Err(Refused::new(error))
        }
    }
}

/// Why a batch is not taken.
pub(super) const ONE_MESSAGE: &str =
    "batches exist only up to revision 2025-03-26, and only `POST /mcp` takes them: send one message in a request";

/// The texts of a batch's messages, to be [read](read) one by one. `None` if `text` is no array.
///
/// # Errors
/// A batch of none or too many, or an array that is not JSON.
pub(super) fn batch_in(text: &[u8]) -> Option<Result<Vec<Box<RawValue>>, Refused>> {
    // The first byte that is neither white space nor part of a byte order mark.
    let first = text.iter().find(|byte| !b" \t\r\n\xEF\xBB\xBF".contains(byte))?;
    if *first != b'[' {
        return None;
    }
    let text = String::from_utf8_lossy(text);
    let text = trimmed(&text);
    let refused = |error| Some(Err(Refused::new(error)));
    match serde_json::from_str::<Vec<&RawValue>>(text) {
        Ok(messages) if messages.is_empty() => {
            refused(ErrorData::invalid_request("a batch needs at least one message", None))
        }
        Ok(messages) if messages.len() > MAX_BATCH => {
            let problem = format!("a batch may have {MAX_BATCH} messages at most");
            refused(ErrorData::invalid_request(problem, None))
        }
        Ok(messages) => Some(Ok(messages.into_iter().map(ToOwned::to_owned).collect())),
        Err(_) => refused(ErrorData::new(ErrorCode::PARSE_ERROR, NOT_JSON, None)),
    }
}

/// JSON, but not what is spoken here.
pub(super) fn no_message() -> ErrorData {
    ErrorData::invalid_request("this is not a JSON-RPC 2.0 message of MCP", None)
}

fn trimmed(text: &str) -> &str {
    text.trim_start_matches('\u{feff}').trim()
}

fn read_reduced(text: &str) -> Option<Read> {
    let refused = |refused| Some(Read::Refused(refused));
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
            return refused(Refused::of(&message, ErrorData::invalid_request(problem, None)));
        }
        if is_json {
            if let Some(mended) = without_odd_meta(&message) {
                return read_reduced(&mended);
            }
            let has_odd_params = message.get("params").is_some_and(|params| !params.starts_with('{'));
            if is_named && id.is_some() && has_odd_params {
                let error = ErrorData::invalid_params("`params` must be an object", None);
                return refused(Refused::of(&message, error));
            }
            // A notification that nobody knows, or no message of MCP.
            let is_notification = is_named && id.is_none();
            return (!is_notification).then(|| Read::Refused(Refused::of(&message, no_message())));
        }
    } else if is_json {
        return refused(Refused::new(no_message()));
    }
    if let Some(mended) = without_lone_surrogates(text) {
        return read_reduced(&mended);
    }
    // An answer to what is not even meant as JSON could start an exchange of complaints.
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let error = ErrorData::new(ErrorCode::PARSE_ERROR, NOT_JSON, None);
    refused(Refused::in_text(text, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(line: &str) {
        match batch_in(line.as_bytes()) {
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
        fn no_line_makes_the_reader_panic(line in any::<String>()) {
            read_all(&line);
        }

        #[test]
        fn no_line_of_json_letters_makes_the_reader_panic(line in r#"[\[{](\\u[d8c]{1,4}|[\[\]{}:,"a-z0-9\\]|"id":){0,40}"#) {
            read_all(&line);
        }
    }
}
