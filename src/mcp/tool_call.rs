//! A request to call a tool, also in the forms that rmcp cannot read. Pure.

use rmcp::ErrorData;
use rmcp::model::{
    CallToolRequestMethod, CallToolRequestParams, ConstString, CustomRequest, ErrorCode, InputResponses,
};
use serde_json::Value;

use super::arguments::{self, GivenArguments};
use crate::address_book::shown;

/// A call of a tool, with the state and the user's answers that the client carries over from an earlier call.
#[derive(Debug)]
pub(super) struct ToolCall {
    pub(super) name: String,
    pub(super) arguments: GivenArguments,
    /// The `requestState` of an earlier result.
    pub(super) state: Option<String>,
    /// The user's answers to the questions of an earlier result.
    pub(super) responses: Option<InputResponses>,
}

impl From<CallToolRequestParams> for ToolCall {
    fn from(request: CallToolRequestParams) -> Self {
        Self {
            name: request.name.into_owned(),
            arguments: Ok(request.arguments.unwrap_or_default()),
            state: request.request_state,
            responses: request.input_responses,
        }
    }
}

impl ToolCall {
    /// Reads a call whose arguments are not an object. Some clients send them as JSON text, or as `[]` where they mean
    /// `{}`. rmcp reports such a call as an unknown method.
    ///
    /// # Errors
    /// A protocol error for any other request that rmcp does not know.
    pub(super) fn from_custom(request: CustomRequest) -> Result<Self, ErrorData> {
        if let Some(problem) = unreadable_parameters(&request.method) {
            return Err(ErrorData::invalid_params(problem, None));
        }
        if request.method != CallToolRequestMethod::VALUE {
            let problem = format!("this server has no method {}", shown(&request.method));
            return Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, problem, None));
        }
        let mut params = request.params.unwrap_or_default();
        let text = |key: &str| params.get(key).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            name: text("name").unwrap_or_default(),
            // A state that is not text cannot be one of this server's, so it is refused like an empty text.
            state: (params.get("requestState"))
                .filter(|state| !state.is_null())
                .map(|state| state.as_str().unwrap_or_default().to_owned()),
            responses: params
                .get("inputResponses")
                .and_then(|responses| serde_json::from_value(responses.clone()).ok()),
            arguments: arguments::object_from(params.get_mut("arguments").map(Value::take)),
        })
    }
}

/// What is wrong with a request of a known `method` whose parameters rmcp could not read; `None` for other methods.
fn unreadable_parameters(method: &str) -> Option<&'static str> {
    Some(match method {
        "prompts/get" => "`name` must be the name of a prompt, and `arguments` an object of texts",
        "resources/read" => "`uri` must be the address of a resource, as text",
        "completion/complete" => {
            "`ref` must be {\"type\":\"ref/prompt\",\"name\":…} or {\"type\":\"ref/resource\",\"uri\":…}, and `argument` \
            an object with `name` and `value` as text"
        }
        _ => return None,
    })
}
