//! The only maker of tool results.
//!
//! Clients differ in what they show a model: Claude Code drops text on success and structure on failure, Codex knows
//! only structure, older ones only text. So each result is complete twice: in `structuredContent` and in one text.

use rmcp::ErrorData;
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};
use serde::Serialize;

use crate::address_book::Error;
use crate::fixit::{Failure, RetryName};

/// A result with structured content and the same as JSON text.
///
/// # Errors
/// A protocol error if `output` cannot be JSON, which no output of ours is.
pub(crate) fn success(output: &impl Serialize) -> Result<CallToolResponse, ErrorData> {
    // Written from the output itself: a `Value` prints through `fmt`, piece by piece, at twice the cost.
    let text = serde_json::to_string(output).map_err(unwritable)?;
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured(output)?);
    Ok(result.into())
}

/// A failed call: the `output` of the failure, and a text that reads well alone.
///
/// # Errors
/// As [`success`].
pub(crate) fn failure<T: Serialize>(error: &Error, output: fn(Failure) -> T) -> Result<CallToolResponse, ErrorData> {
    let failure = Failure::from(error);
    log(&failure, "a tool call");
    let mut result = CallToolResult::error(vec![ContentBlock::text(failure.to_string())]);
    result.structured_content = Some(structured(&output(failure))?);
    Ok(result.into())
}

/// Logs that `what` failed.
pub(crate) fn log(failure: &Failure, what: &'static str) {
    // What a model or a client did by itself is no news to whoever reads the log.
    if failure.retry == RetryName::Now {
        tracing::debug!(
            error.code = failure.code,
            http.status = failure.http_status,
            "{what} failed"
        );
    } else {
        tracing::warn!(
            error.code = failure.code,
            http.status = failure.http_status,
            "{what} failed"
        );
    }
}

fn structured(output: &impl Serialize) -> Result<serde_json::Value, ErrorData> {
    serde_json::to_value(output).map_err(unwritable)
}

fn unwritable(error: serde_json::Error) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}
