//! The list of tools: what `tools/list` shows, and which tool a call is for.

use std::sync::OnceLock;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rmcp::ErrorData;
use rmcp::model::{CallToolResponse, Tool};
use tokio::time::Instant;

use super::arguments::{self, Argument, GivenArguments};
use super::audience::text_for;
use super::list_mail_contacts::ListMailContacts;
use super::list_mail_employees::ListMailEmployees;
use super::measurements::Measurements;
use super::outcome;
use super::resolve_mail_recipients::ResolveMailRecipients;
use super::schema;
use super::tool::{CallContext, MailTool};
use crate::fixit::Audience;

/// Every tool, in the order of `tools/list`.
static HANDLERS: &[Handler] = &[
    Handler::of::<ResolveMailRecipients>(),
    Handler::of::<ListMailContacts>(),
    Handler::of::<ListMailEmployees>(),
];

/// How calls of one tool are answered: the arguments that the tool has, and the functions that describe it and answer.
#[derive(Debug)]
pub(super) struct Handler {
    pub(super) name: &'static str,
    arguments: &'static [Argument],
    tool: fn() -> Tool,
    answer: Answer,
}

/// [`answer`] for one tool. The future is boxed for the reason at `Server::until_shutdown`.
type Answer = for<'a> fn(
    &'static Handler,
    GivenArguments,
    CallContext<'a>,
    &'a Measurements,
) -> BoxFuture<'a, Result<CallToolResponse, ErrorData>>;

/// The tools as `tools/list` shows them. Built once: deriving schemas costs more than answering a request.
pub fn tools() -> &'static [Tool] {
    static TOOLS: OnceLock<Vec<Tool>> = OnceLock::new();
    TOOLS.get_or_init(|| HANDLERS.iter().map(|handler| (handler.tool)()).collect())
}

/// The tools as `tools/list` shows them to the employees of a team.
pub(super) fn for_team() -> &'static [Tool] {
    static TOOLS: OnceLock<Vec<Tool>> = OnceLock::new();
    let for_team = |tool: &Tool| {
        let mut tool = tool.clone();
        tool.description = tool
            .description
            .map(|text| text_for(Audience::Team, &text).into_owned().into());
        tool
    };
    TOOLS.get_or_init(|| tools().iter().map(for_team).collect())
}

/// The handler of the tool that has this name.
///
/// # Errors
/// A protocol error that lists the tools.
pub(super) fn handler(name: &str) -> Result<&'static Handler, ErrorData> {
    HANDLERS.iter().find(|handler| handler.name == name).ok_or_else(|| {
        let names: Vec<_> = HANDLERS.iter().map(|handler| handler.name).collect();
        let problem = format!("unknown tool; this server has {}", names.join(", "));
        ErrorData::invalid_params(problem, None)
    })
}

impl Handler {
    const fn of<T: MailTool + 'static>() -> Self {
        Self {
            name: T::NAME,
            arguments: T::ARGUMENTS,
            tool: || schema::tool::<T::Input, T::Output>(T::NAME, T::TITLE, T::DESCRIPTION),
            answer: |handler, arguments, context, measurements| {
                answer::<T>(handler, arguments, context, measurements).boxed()
            },
        }
    }

    /// Answers one call, and counts it.
    pub(super) fn answer<'a>(
        &'static self,
        arguments: GivenArguments,
        context: CallContext<'a>,
        measurements: &'a Measurements,
    ) -> BoxFuture<'a, Result<CallToolResponse, ErrorData>> {
        (self.answer)(self, arguments, context, measurements)
    }
}

async fn answer<T: MailTool>(
    handler: &'static Handler,
    arguments: GivenArguments,
    context: CallContext<'_>,
    measurements: &Measurements,
) -> Result<CallToolResponse, ErrorData> {
    let started = Instant::now();
    let audience = context.audience;
    let input = arguments.and_then(|arguments| arguments::read(arguments, handler.arguments));
    let ended = match input {
        Ok(input) => T::call(input, context).await,
        Err(refused) => Err(refused.into()),
    };
    outcome::response::<T>(audience, ended, started.elapsed(), measurements)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::schema::JsonObject;

    fn compare(tool: &str, schema: &JsonObject, arguments: &[Argument]) {
        let properties = schema["properties"].as_object().unwrap();
        let names: Vec<_> = arguments.iter().map(Argument::name).collect();
        assert_eq!(properties.keys().collect::<Vec<_>>(), names, "{tool}");
        for argument in arguments.iter().filter(|argument| !argument.properties().is_empty()) {
            let inner = properties[argument.name()].as_object().unwrap();
            compare(tool, inner, argument.properties());
            let is_inside = |property: &Argument| property.path == format!("{}.{}", argument.path, property.name());
            assert!(argument.properties().iter().all(is_inside), "{tool}");
        }
    }

    #[test]
    fn the_arguments_of_a_tool_are_the_properties_of_its_schema() {
        for (handler, tool) in HANDLERS.iter().zip(tools()) {
            compare(handler.name, &tool.input_schema, handler.arguments);
        }
    }

    #[test]
    fn every_other_name_means_one_argument() {
        for handler in HANDLERS {
            let inner = handler.arguments.iter().flat_map(Argument::properties);
            let all: Vec<_> = handler.arguments.iter().chain(inner).collect();
            for name in all.iter().flat_map(|argument| argument.other_names) {
                assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()), "{name}");
                let meant = all.iter().filter(|argument| argument.is_meant_by(name));
                assert_eq!(meant.count(), 1, "{name} of {}", handler.name);
            }
        }
    }
}
