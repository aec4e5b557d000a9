//! Reads the client's trace of a call, `_meta.traceparent` in the form of W3C Trace Context, for the log.
//!
//! Every log line of the call has the ids. A value that is not exactly of that form is ignored, so that a client cannot
//! write text into the log.

use rmcp::model::RequestMetaObject;
use tracing::{Span, field};

/// The span of one call of `tool`. Its level is error, so that every log level includes it.
pub(super) fn span(tool: &'static str, meta: &RequestMetaObject) -> Span {
    let span = tracing::error_span!(
        "call",
        mcp.tool = tool,
        trace.id = field::Empty,
        trace.parent_id = field::Empty
    );
    let given = meta.get("traceparent").and_then(serde_json::Value::as_str);
    if let Some((trace, parent)) = given.and_then(ids) {
        span.record("trace.id", trace);
        span.record("trace.parent_id", parent);
    }
    span
}

/// Trace id and parent id of `00-TRACE-PARENT-FLAGS`; later versions of the format may have more fields at the end.
/// See <https://www.w3.org/TR/trace-context/#traceparent-header>.
fn ids(traceparent: &str) -> Option<(&str, &str)> {
    let mut parts = traceparent.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_well_formed = is_hex(version, 2)
        && version != "ff"
        && is_hex(trace, 32)
        && is_hex(parent, 16)
        && is_hex(flags, 2)
        && (version != "00" || parts.next().is_none());
    let is_given = |id: &str| id.bytes().any(|digit| digit != b'0');
    (is_well_formed && is_given(trace) && is_given(parent)).then_some((trace, parent))
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const PARENT: &str = "00f067aa0ba902b7";

    #[test]
    fn only_a_whole_traceparent_is_taken() {
        for (given, is_taken) in [
            (format!("00-{TRACE}-{PARENT}-01"), true),
            (format!("01-{TRACE}-{PARENT}-01-more"), true),
            (format!("00-{TRACE}-{PARENT}-01-more"), false),
            (format!("ff-{TRACE}-{PARENT}-01"), false),
            (format!("00-{}-{PARENT}-01", TRACE.to_uppercase()), false),
            (format!("00-{}-{PARENT}-01", "0".repeat(32)), false),
            (format!("00-{TRACE}-{}-01", "0".repeat(16)), false),
            (format!("00-{TRACE}-{PARENT}"), false),
            (format!("00-{TRACE}\n-{PARENT}-01"), false),
            (String::new(), false),
        ] {
            assert_eq!(ids(&given).is_some(), is_taken, "{given}");
        }
        assert_eq!(ids(&format!("00-{TRACE}-{PARENT}-01")), Some((TRACE, PARENT)));
    }
}
