//! The JSON-RPC error that answers a text without a valid message. Pure.
//!
//! The error repeats the id of the request as the client wrote it:
//!
//! | id in the text | id in the error |
//! |---|---|
//! | a string or a number | the same, even a number that no integer here can hold, such as 2^64 or 1.5 |
//! | null, true, a list, an object | null |
//! | none, or none that can be recognised | none |
//!
//! A response of the client carries an id that the server chose. The client would mistake an error with that id for the
//! answer to a request of its own. So the error about a response has no id, and [`ErrorResponse::into_failed_response`]
//! ends the server's request.

use rmcp::model::{ErrorCode, ErrorData, JsonRpcMessage, RequestId};
use rmcp::service::{RoleServer, RxJsonRpcMessage};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::members::Members;

/// A JSON-RPC error as it is sent.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(in crate::transports) struct ErrorResponse(Box<Fields>);

#[derive(Debug, Clone, Serialize)]
struct Fields {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Box<RawValue>>,
    error: ErrorData,
    /// The id of the server's request to which the text was the response.
    #[serde(skip)]
    server_request: Option<RequestId>,
}

/// The error about a text that is not JSON.
pub(super) fn not_json() -> ErrorData {
    ErrorData::new(ErrorCode::PARSE_ERROR, "this is not JSON that can be read", None)
}

impl ErrorResponse {
    fn with_id(id: Option<Box<RawValue>>, error: ErrorData) -> Self {
        Self(Box::new(Fields {
            jsonrpc: "2.0",
            id,
            error,
            server_request: None,
        }))
    }

    /// An error about a response of the client, which has this id.
    fn about_response(id: Option<&str>, error: ErrorData) -> Self {
        let mut error_response = Self::with_id(None, error);
        error_response.0.server_request = id.and_then(|id| serde_json::from_str(id).ok());
        error_response
    }

    /// An error about a text that has no id.
    pub(in crate::transports) fn without_id(error: ErrorData) -> Self {
        Self::with_id(None, error)
    }

    /// An error about the request with this id.
    pub(in crate::transports) fn to_request(id: &RequestId, error: ErrorData) -> Self {
        Self::with_id(to_raw_value(id).ok(), error)
    }

    /// An error about the message with these members. The message is a response if it has no `method`.
    pub(super) fn about_message(members: &Members<'_>, error: ErrorData) -> Self {
        let id = members.get("id");
        if members.get("method").is_none() {
            return Self::about_response(id, error);
        }
        Self::with_id(id.and_then(repeated), error)
    }

    /// An error about a text that is not JSON as a whole, or that is the beginning of a longer one.
    pub(in crate::transports) fn about_text(text: &str, error: ErrorData) -> Self {
        let beginning = Beginning::of(text);
        if !beginning.is_request {
            return Self::about_response(beginning.id, error);
        }
        Self::with_id(beginning.id.and_then(repeated), error)
    }

    /// Turns an error about a response of the client into the error response that replaces it, so that the server's
    /// request ends immediately.
    ///
    /// # Errors
    /// The error itself, if it is about anything else.
    pub(in crate::transports) fn into_failed_response(self) -> Result<RxJsonRpcMessage<RoleServer>, Self> {
        let Fields {
            error,
            server_request,
            id,
            ..
        } = *self.0;
        match server_request {
            Some(request) => Ok(JsonRpcMessage::error(error, Some(request))),
            None => Err(Self::with_id(id, error)),
        }
    }

    pub(in crate::transports) fn into_error(self) -> ErrorData {
        self.0.error
    }
}

/// The id that the error repeats: `id` itself, or null if a JSON-RPC id cannot have its type.
fn repeated(id: &str) -> Option<Box<RawValue>> {
    let is_kept = id.starts_with(['"', '-']) || id.starts_with(|first: char| first.is_ascii_digit());
    RawValue::from_string(if is_kept { id } else { "null" }.to_owned()).ok()
}

/// The id and the kind of a message in a text that cannot be parsed as a whole. Only the keys of its outermost object
/// count: those inside the arguments may mean anything.
#[derive(Debug, Default)]
struct Beginning<'a> {
    id: Option<&'a str>,
    /// The text has a member that no response has: `method`, or `params`, since `method` may come after large `params`.
    is_request: bool,
}

impl<'a> Beginning<'a> {
    fn of(text: &'a str) -> Self {
        let mut beginning = Self::default();
        // `None` only means that the text has ended, or cannot be read further.
        let _ = beginning.read(text);
        beginning
    }

    fn read(&mut self, text: &'a str) -> Option<()> {
        let (mut depth, mut from) = (0_u32, 0);
        while let Some(at) = text.get(from..)?.find(['{', '[', '}', ']', '"']) {
            let at = from + at;
            from = at + 1;
            match text.as_bytes().get(at)? {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1)?,
                _ => {
                    let mut strings = serde_json::Deserializer::from_str(text.get(at..)?).into_iter::<String>();
                    let string = strings.next()?.ok()?;
                    from = at + strings.byte_offset();
                    let Some(after) = text.get(from..)?.trim_start().strip_prefix(':') else {
                        continue;
                    };
                    match (depth, string.as_str()) {
                        (1, "method" | "params") => self.is_request = true,
                        (1, "id") if self.id.is_none() => {
                            let mut values = serde_json::Deserializer::from_str(after).into_iter::<&RawValue>();
                            self.id = Some(values.next()?.ok()?.get());
                        }
                        _ => {}
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_in_text_that_is_not_json() {
        for (text, expected) in [
            (r#"{"jsonrpc":"2.0","id" : 7,"method":"#, Some("7")),
            (r#"{"id":"a""#, Some(r#""a""#)),
            (r#"{"id":18446744073709551616,"x":}"#, Some("18446744073709551616")),
            (r#"{"params":{"arguments":{"id":5,"x":}},"id":77}"#, Some("77")),
            (r#"{"params":{"id":5,"x":"\"id\":6"#, None),
            (r#"{"method":"id","x":"{","id":8"#, Some("8")),
            (r#"}{"id":8"#, None),
            (r#"{"id":{"#, None),
            ("{", None),
        ] {
            assert_eq!(Beginning::of(text).id, expected, "{text}");
        }
    }

    #[test]
    fn the_id_is_repeated_as_it_was_written_or_as_null() {
        for (id, expected) in [
            ("18446744073709551616", "18446744073709551616"),
            ("-9223372036854775809", "-9223372036854775809"),
            ("1.50", "1.50"),
            ("1e400", "1e400"),
            (r#""a\u0041""#, r#""a\u0041""#),
            ("null", "null"),
            ("true", "null"),
            ("[1]", "null"),
            (r#"{"a":1}"#, "null"),
        ] {
            let text = format!(r#"{{"id": {id} ,"method":1}}"#);
            let members = Members::of(&text).unwrap();
            let error_response = ErrorResponse::about_message(&members, ErrorData::invalid_request("no", None));
            let sent = serde_json::to_string(&error_response).unwrap();
            assert!(
                sent.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{expected},"error""#)),
                "{sent}"
            );
        }
    }

    #[test]
    fn an_error_about_a_response_has_no_id_and_ends_the_request_of_the_server() {
        let error = || ErrorData::invalid_request("no", None);
        for (text, id) in [
            (r#"{"id":0,"result":"#, Some(0)),
            (r#"{"jsonrpc":"2.0","error":{"method":1,"id":5},"id":7,"#, Some(7)),
            (r#"{"id":1.5,"result":"#, None),
            (r#"{"result":{"id":5,"#, None),
            (r#"{"id":"#, None),
        ] {
            let error_response = ErrorResponse::about_text(text, error());
            let sent = serde_json::to_value(&error_response).unwrap();
            assert_eq!(sent.get("id"), None, "{text}");
            let response = error_response.into_failed_response().ok();
            let ended = response.map(|response| serde_json::to_value(response).unwrap());
            assert_eq!(ended.as_ref().and_then(|ended| ended["id"].as_i64()), id, "{text}");
        }
        for text in [
            r#"{"id":3,"method":"ping","x":"#,
            r#"{"id":3,"params":{"#,
            r#"{"params":{},"id":3,"#,
        ] {
            let error_response = ErrorResponse::about_text(text, error())
                .into_failed_response()
                .unwrap_err();
            assert_eq!(serde_json::to_value(&error_response).unwrap()["id"], 3, "{text}");
        }
    }
}
