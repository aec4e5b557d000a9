//! The only maker of tool results.
//!
//! Clients differ in what they show a model: Claude Code drops text on success and structure on failure, Codex knows
//! only structure, older ones only text. So each result is complete twice: in `structuredContent` and in one text.

use rmcp::model::{CallToolResult, ContentBlock};
use serde::Serialize;

use crate::address_book;
use crate::fixit::{Failure, Report};

/// A result with structured content and the same as JSON text.
pub(crate) fn success(output: &impl Serialize) -> CallToolResult {
    match serde_json::to_value(output) {
        Ok(structured) => CallToolResult::structured(structured),
        // The outputs are plain structs; should one ever fail to serialise, the caller learns it.
        Err(error) => failure(&Failure::from(Report {
            code: "UNSERIALISABLE_RESULT".to_owned(),
            message: error.to_string(),
            ..Report::default()
        })),
    }
}

/// A failed call: `structuredContent.error` and a text that reads well alone.
pub(crate) fn failure(failure: &Failure) -> CallToolResult {
    #[derive(Serialize)]
    struct Failed<'a> {
        error: &'a Failure,
    }
    tracing::warn!(
        error.code = failure.code,
        http.status = failure.http_status,
        "a tool call failed"
    );
    let mut result = CallToolResult::error(vec![ContentBlock::text(failure.to_string())]);
    result.structured_content = serde_json::to_value(Failed { error: failure }).ok();
    result
}

impl From<&address_book::Error> for Failure {
    fn from(error: &address_book::Error) -> Self {
        Self::from(Report {
            code: error.code().to_owned(),
            http_status: error.http_status(),
            message: error.to_string(),
            validation: error.validation(),
        })
    }
}
