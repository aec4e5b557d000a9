//! The answer to a text that holds no message: an error of JSON-RPC, with the request's id as the client wrote it. Pure.
//!
//! The id of a response is the server's own, and the client would take it for one of its own requests. So the error about
//! a response has no id, and the server's request ends with [`Refused::into_response`].
//!
//! | id | in the answer |
//! |---|---|
//! | a string or a number | itself, also a number that no integer here can hold, such as 2^64 or 1.5 |
//! | null, true, a list, an object | null |
//! | none, or none that can be made out | none |

use rmcp::model::{ErrorData, JsonRpcMessage, RequestId};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::Message;
use super::members::Members;

/// An error as it is sent.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(in crate::transports) struct Refused(Box<Answer>);

#[derive(Debug, Clone, Serialize)]
struct Answer {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Box<RawValue>>,
    error: ErrorData,
    /// The server's request that the text was to answer.
    #[serde(skip)]
    asked: Option<RequestId>,
}

impl Refused {
    fn with_id(id: Option<Box<RawValue>>, error: ErrorData) -> Self {
        Self(Box::new(Answer {
            jsonrpc: "2.0",
            id,
            error,
            asked: None,
        }))
    }

    /// An error about a response with this id.
    fn response(id: Option<&str>, error: ErrorData) -> Self {
        let mut refused = Self::with_id(None, error);
        refused.0.asked = id.and_then(|id| serde_json::from_str(id).ok());
        refused
    }

    /// An error about nothing that could be named by an id.
    pub(in crate::transports) fn new(error: ErrorData) -> Self {
        Self::with_id(None, error)
    }

    /// An error about the request with this id.
    pub(in crate::transports) fn to(id: &RequestId, error: ErrorData) -> Self {
        Self::with_id(to_raw_value(id).ok(), error)
    }

    /// An error about an object of these members: a response if it has no `method`.
    pub(super) fn of(members: &Members<'_>, error: ErrorData) -> Self {
        let id = members.get("id");
        if members.get("method").is_none() {
            return Self::response(id, error);
        }
        Self::with_id(id.and_then(repeated), error)
    }

    /// An error about a text that is no JSON as a whole, or the beginning of one.
    pub(in crate::transports) fn in_text(text: &str, error: ErrorData) -> Self {
        let beginning = Beginning::of(text);
        if !beginning.is_request {
            return Self::response(beginning.id, error);
        }
        Self::with_id(beginning.id.and_then(repeated), error)
    }

    /// The error that takes the place of a refused response, so that the server's request ends at once.
    pub(in crate::transports) fn into_response(self) -> Result<Message, Self> {
        let Answer { error, asked, .. } = *self.0;
        match asked {
            Some(id) => Ok(JsonRpcMessage::error(error, Some(id))),
            None => Err(Self::with_id(self.0.id, error)),
        }
    }

    pub(in crate::transports) fn into_error(self) -> ErrorData {
        self.0.error
    }
}

/// An id as it is sent back.
fn repeated(id: &str) -> Option<Box<RawValue>> {
    let is_kept = id.starts_with(['"', '-']) || id.starts_with(|first: char| first.is_ascii_digit());
    RawValue::from_string(if is_kept { id } else { "null" }.to_owned()).ok()
}

/// What can be made out of a text that cannot be read as a whole, told from the keys of its outermost object. Never from
/// those inside the arguments, which may be about something else.
#[derive(Debug, Default)]
struct Beginning<'a> {
    id: Option<&'a str>,
    /// It has a member that no response has. `method` may stand behind large `params`.
    is_request: bool,
}

impl<'a> Beginning<'a> {
    fn of(text: &'a str) -> Self {
        let mut beginning = Self::default();
        // Ends where the text does.
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
    fn an_id_is_made_out_where_there_is_one() {
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
    fn an_id_comes_back_as_it_was_written_or_as_null() {
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
            let refused = Refused::of(&members, ErrorData::invalid_request("no", None));
            let sent = serde_json::to_string(&refused).unwrap();
            assert!(
                sent.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{expected},"error""#)),
                "{sent}"
            );
        }
    }

    #[test]
    fn the_id_of_a_response_is_never_sent_back_and_ends_the_request_of_the_server() {
        let error = || ErrorData::invalid_request("no", None);
        for (text, id) in [
            (r#"{"id":0,"result":"#, Some(0)),
            (r#"{"jsonrpc":"2.0","error":{"method":1,"id":5},"id":7,"#, Some(7)),
            (r#"{"id":1.5,"result":"#, None),
            (r#"{"result":{"id":5,"#, None),
            (r#"{"id":"#, None),
        ] {
            let refused = Refused::in_text(text, error());
            let sent = serde_json::to_value(&refused).unwrap();
            assert_eq!(sent.get("id"), None, "{text}");
            let response = refused.into_response().ok();
            let ended = response.map(|response| serde_json::to_value(response).unwrap());
            assert_eq!(ended.as_ref().and_then(|ended| ended["id"].as_i64()), id, "{text}");
        }
        for text in [
            r#"{"id":3,"method":"ping","x":"#,
            r#"{"id":3,"params":{"#,
            r#"{"params":{},"id":3,"#,
        ] {
            let refused = Refused::in_text(text, error()).into_response().unwrap_err();
            assert_eq!(serde_json::to_value(&refused).unwrap()["id"], 3, "{text}");
        }
    }
}
