//! The answer to a text that holds no message: an error of JSON-RPC, with the request's id as the client wrote it. Pure.
//!
//! | id | in the answer |
//! |---|---|
//! | a string or a number | itself, also a number that no integer here can hold, such as 2^64 or 1.5 |
//! | null, true, a list, an object | null |
//! | none, or none that can be made out | none |

use rmcp::model::{ErrorData, RequestId};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

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
}

impl Refused {
    fn with_id(id: Option<Box<RawValue>>, error: ErrorData) -> Self {
        Self(Box::new(Answer {
            jsonrpc: "2.0",
            id,
            error,
        }))
    }

    /// An error about nothing that could be named by an id.
    pub(in crate::transports) fn new(error: ErrorData) -> Self {
        Self::with_id(None, error)
    }

    /// An error about the request with this id.
    pub(in crate::transports) fn to(id: &RequestId, error: ErrorData) -> Self {
        Self::with_id(to_raw_value(id).ok(), error)
    }

    /// An error about a request, of which these are the members.
    pub(super) fn of(members: &Members<'_>, error: ErrorData) -> Self {
        Self::with_id(members.get("id").and_then(repeated), error)
    }

    /// An error about a text that is no JSON as a whole, or the beginning of one.
    pub(in crate::transports) fn in_text(text: &str, error: ErrorData) -> Self {
        Self::with_id(id_in(text), error)
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

/// The id of a request that cannot be read as a whole: the value of the `id` that is a key of the outermost object,
/// never one inside the arguments, which may be the id of something else.
fn id_in(text: &str) -> Option<Box<RawValue>> {
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
                let after = text.get(from..)?.trim_start().strip_prefix(':');
                if let (1, "id", Some(after)) = (depth, string.as_str(), after) {
                    let mut values = serde_json::Deserializer::from_str(after).into_iter::<&RawValue>();
                    return repeated(values.next()?.ok()?.get());
                }
            }
        }
    }
    None
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
            let id = id_in(text);
            assert_eq!(id.as_deref().map(RawValue::get), expected, "{text}");
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
            let text = format!(r#"{{"id": {id} ,"x":1}}"#);
            let members = Members::of(&text).unwrap();
            let refused = Refused::of(&members, ErrorData::invalid_request("no", None));
            let sent = serde_json::to_string(&refused).unwrap();
            assert!(
                sent.starts_with(&format!(r#"{{"jsonrpc":"2.0","id":{expected},"error""#)),
                "{sent}"
            );
        }
    }
}
