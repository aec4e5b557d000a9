//! The only place that makes results of tools, counts them and logs failures.
//!
//! Clients differ in what they show a model: Claude Code drops text on success and structure on failure, Codex knows
//! only structure, older clients only text. So each result is complete twice: in `structuredContent` and in one text.

use std::time::Duration;

use rmcp::ErrorData;
use rmcp::model::{CallToolResponse, CallToolResult, ContentBlock};
use serde::Serialize;
use serde_json::Value;

use super::advice;
use super::measurements::Measurements;
use super::tool::{MailTool, NoOutput};
use crate::fixit::{Audience, Failure, Retry};

/// The response to a call of the tool `T`. A call that first asks the user is counted only when it ends.
///
/// # Errors
/// A protocol error for a bad request, or if an output cannot be JSON, which no output of ours is.
pub(super) fn response<T: MailTool>(
    audience: Audience,
    ended: Result<T::Output, NoOutput>,
    took: Duration,
    measurements: &Measurements,
) -> Result<CallToolResponse, ErrorData> {
    let (result, failed_with) = match ended {
        Ok(output) => (success(&output)?, None),
        Err(NoOutput::Failed(error)) => {
            let failure = advice::failure(audience, &error);
            log(&failure, "a tool call");
            let (text, code) = (failure.to_string(), failure.code.clone());
            (failed(text, &T::Output::from(failure))?, Some(code))
        }
        Err(NoOutput::NeedsUser(request)) => return Ok((*request).into()),
        Err(NoOutput::BadRequest(error)) => return Err(error),
    };
    measurements.count(T::NAME, failed_with.as_deref(), took);
    Ok(result.into())
}

/// Logs that `what` failed.
pub(super) fn log(failure: &Failure, what: &'static str) {
    // The operator, who reads the log, has nothing to do if the model can call again immediately.
    if failure.retry == Retry::Now {
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

/// A result with `output` as structured content, and the same as JSON text.
fn success(output: &impl Serialize) -> Result<CallToolResult, ErrorData> {
    // Written from the output itself: a `Value` prints through `fmt`, piece by piece, at twice the cost.
    let text = serde_json::to_string(output).map_err(unwritable)?;
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured(output)?);
    Ok(result)
}

/// The result of a failed call: `output` as structured content, and a `text` that needs no context.
fn failed(text: String, output: &impl Serialize) -> Result<CallToolResult, ErrorData> {
    let mut result = CallToolResult::error(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured(output)?);
    Ok(result)
}

fn structured(output: &impl Serialize) -> Result<Value, ErrorData> {
    serde_json::to_value(output).map_err(unwritable)
}

fn unwritable(error: serde_json::Error) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}
