//! What a text that should hold JSON-RPC messages means, whichever transport brought it. Pure.
//!
//! | text | becomes |
//! |---|---|
//! | a message | that message |
//! | a message with half a surrogate pair (`\ud83d`, as `JSON.stringify` writes half an emoji) or bytes that are not UTF-8 | the same with U+FFFD |
//! | an array (a batch of revision 2025-03-26) | its messages, each answered by itself |
//! | an object that is not JSON, or nested too deep | error -32700, with the request's id where it can be made out |
//! | JSON that is no message, a batch of more than 100 | error -32600, likewise |
//! | a notification that nobody knows, empty text, text that does not even begin like JSON | nothing |

use std::collections::VecDeque;

use rmcp::model::{ErrorCode, ErrorData, RequestId};
use rmcp::service::{RoleServer, RxJsonRpcMessage};
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

/// More in one text is a mistake or an attack.
const MAX_BATCH: usize = 100;

/// What a text holds.
#[derive(Debug)]
pub(super) enum Read {
    Message(Box<RxJsonRpcMessage<RoleServer>>),
    Refusal(ErrorData, Option<RequestId>),
}

/// What a text that should hold one message, and that serde cannot read as one, holds all the same.
#[derive(Debug)]
pub(super) enum Found {
    /// A message, as JSON that can be read.
    Message(String),
    /// No message: the sender should know what is wrong.
    Refused(ErrorData, Option<RequestId>),
    /// Nothing that is answered.
    Nothing,
}

/// Looks again at a text that should hold one message and cannot be read as one.
pub(super) fn look_again(text: &str) -> Found {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with('[') {
        let problem = "send one message in a request: batches, which only 2025-03-26 knew, are not taken over HTTP";
        return Found::Refused(ErrorData::invalid_request(problem, None), None);
    }
    match read_one(text) {
        Some(Read::Message(_)) => Found::Message(without_lone_surrogates(text).unwrap_or_else(|| text.to_owned())),
        Some(Read::Refusal(error, id)) => Found::Refused(error, id),
        None if text.starts_with('{') => Found::Nothing,
        None => Found::Refused(
            ErrorData::new(ErrorCode::PARSE_ERROR, "the body is not JSON", None),
            None,
        ),
    }
}

/// Adds what `text` holds, by the table above.
pub(super) fn read_from(line: &str, read: &mut VecDeque<Read>) {
    let text = line.trim_start_matches('\u{feff}').trim();
    if text.starts_with('[')
        && let Ok(batch) = serde_json::from_str::<Vec<&RawValue>>(text)
        && !batch.is_empty()
    {
        if batch.len() > MAX_BATCH {
            let problem = format!("a batch may have {MAX_BATCH} messages at most");
            read.push_back(Read::Refusal(ErrorData::invalid_request(problem, None), None));
            return;
        }
        read.extend(batch.into_iter().filter_map(|message| read_one(message.get())));
    } else {
        read.extend(read_one(text));
    }
}

/// JSON, but not what is spoken here.
pub(super) fn no_message() -> ErrorData {
    ErrorData::invalid_request("this is not a JSON-RPC 2.0 message of MCP", None)
}

fn read_one(text: &str) -> Option<Read> {
    let error = match serde_json::from_str::<RxJsonRpcMessage<RoleServer>>(text) {
        Ok(message) => return Some(Read::Message(Box::new(message))),
        Err(error) => error,
    };
    if error.classify() == Category::Data {
        // JSON, but no message of MCP.
        let value: Value = serde_json::from_str(text).ok()?;
        let is_notification = value.get("method").is_some_and(Value::is_string) && value.get("id").is_none();
        let id = value.get("id").and_then(|id| serde_json::from_value(id.clone()).ok());
        return (!is_notification).then(|| Read::Refusal(no_message(), id));
    }
    if let Some(mended) = without_lone_surrogates(text) {
        return read_one(&mended);
    }
    // An answer to what is not even meant as JSON could start an exchange of complaints.
    text.starts_with(['{', '[']).then(|| {
        let refusal = ErrorData::new(ErrorCode::PARSE_ERROR, "this is not JSON that can be read", None);
        Read::Refusal(refusal, id_in(text))
    })
}

/// `\ud83d` alone names no character, so serde refuses it; JavaScript and Python write it for half an emoji. `None` if
/// there is nothing to mend.
fn without_lone_surrogates(text: &str) -> Option<String> {
    let mut mended = String::with_capacity(text.len());
    let (mut rest, mut was_mended) = (text, false);
    while let Some((before, escape)) = rest.split_once('\\') {
        mended.push_str(before);
        let length = match (
            unit_of(escape),
            escape
                .get(5..)
                .and_then(|next| next.strip_prefix('\\'))
                .and_then(unit_of),
        ) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 11,
            (Some(0xD800..=0xDFFF), _) => {
                mended.push_str("\\ufffd");
                was_mended = true;
                rest = escape.get(5..)?;
                continue;
            }
            (Some(_), _) => 5,
            // The character after the backslash, which may be another backslash.
            (None, _) => escape.chars().next().map_or(0, char::len_utf8),
        };
        let (escape, after) = escape.split_at_checked(length)?;
        mended.push('\\');
        mended.push_str(escape);
        rest = after;
    }
    mended.push_str(rest);
    was_mended.then_some(mended)
}

/// The code unit of a `\u` escape, after its backslash.
fn unit_of(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix('u')?.get(..4)?;
    u16::from_str_radix(digits, 16)
        .ok()
        .filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The id of a request that cannot be read as a whole: the value of the `id` that is a key of the outermost object,
/// never one inside the arguments, which may be the id of something else.
pub(super) fn id_in(text: &str) -> Option<RequestId> {
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
                    return serde_json::Deserializer::from_str(after)
                        .into_iter::<RequestId>()
                        .next()?
                        .ok();
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(line: &str) -> Vec<Read> {
        let mut read = VecDeque::new();
        read_from(line, &mut read);
        read.into()
    }

    #[test]
    fn half_a_surrogate_pair_is_mended_and_whole_ones_are_kept() {
        for (given, expected) in [
            (r#""a\ud83d""#, Some(r#""a\ufffd""#)),
            (r#""\udf3b x""#, Some(r#""\ufffd x""#)),
            (r#""\ud83dx\ud83c\udf3b\ud83d""#, Some(r#""\ufffdx\ud83c\udf3b\ufffd""#)),
            (r#""\ud83d\ud83c\udf3b""#, Some(r#""\ufffd\ud83c\udf3b""#)),
            (r#""\\ud83d""#, None),
            (r#""\u0041\n\"""#, None),
            (r#""\u+0a1""#, None),
            (r#""\ud8"#, None),
            ("\"\\é", None),
        ] {
            assert_eq!(without_lone_surrogates(given).as_deref(), expected, "{given}");
        }
    }

    #[test]
    fn an_id_is_made_out_where_there_is_one() {
        assert_eq!(
            id_in(r#"{"jsonrpc":"2.0","id" : 7,"method":"#),
            Some(RequestId::Number(7))
        );
        assert_eq!(id_in(r#"{"id":"a""#), Some(RequestId::String("a".into())));
        assert_eq!(
            id_in(r#"{"params":{"arguments":{"id":5,"x":}},"id":77}"#),
            Some(RequestId::Number(77))
        );
        assert_eq!(id_in(r#"{"params":{"id":5,"x":"\"id\":6"#), None);
        assert_eq!(id_in(r#"{"method":"id","x":"{","id":8"#), Some(RequestId::Number(8)));
        assert_eq!(id_in(r#"}{"id":8"#), None);
        assert_eq!(id_in(r#"{"id":{"#), None);
        assert_eq!(id_in("{"), None);
    }

    proptest! {
        #[test]
        fn no_line_makes_the_reader_panic(line in any::<String>()) {
            read(&line);
        }

        #[test]
        fn no_line_of_json_letters_makes_the_reader_panic(line in r#"[\[{](\\u[d8c]{1,4}|[\[\]{}:,"a-z0-9\\]|"id":){0,40}"#) {
            read(&line);
        }
    }
}
