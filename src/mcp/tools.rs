//! The list of tools: what `tools/list` shows, and which tool a call is for.

use std::sync::OnceLock;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rmcp::ErrorData;
use rmcp::model::{CallToolResponse, Tool};
use tokio::time::Instant;

use super::arguments::{self, Argument, GivenArguments};
use super::list_mail_contacts::ListMailContacts;
use super::list_mail_employees::ListMailEmployees;
use super::measurements::Measurements;
use super::outcome;
use super::resolve_mail_recipients::ResolveMailRecipients;
use super::schema;
use super::tool::{CallContext, MailTool};

/// Every tool, in the order of `tools/list`. Built once: deriving schemas costs more than answering a request.
fn all() -> &'static Tools {
    static TOOLS: OnceLock<Tools> = OnceLock::new();
    TOOLS.get_or_init(|| {
        let tools = [
            listed::<ResolveMailRecipients>(),
            listed::<ListMailContacts>(),
            listed::<ListMailEmployees>(),
        ];
        let (descriptions, handlers) = tools.into_iter().unzip();
        Tools { descriptions, handlers }
    })
}

struct Tools {
    descriptions: Vec<Tool>,
    handlers: Vec<Handler>,
}

/// What a call of one tool needs: how its arguments are read, and the function that answers.
#[derive(Debug)]
pub(super) struct Handler {
    pub(super) name: &'static str,
    arguments: &'static [Argument],
    answer: Answer,
}

/// [`answer`] for one tool. The future is boxed for the reason that `Server::until_the_stop` gives.
type Answer = for<'a> fn(
    &'static Handler,
    GivenArguments,
    CallContext<'a>,
    &'a Measurements,
) -> BoxFuture<'a, Result<CallToolResponse, ErrorData>>;

/// The tools as `tools/list` shows them.
pub fn tools() -> &'static [Tool] {
    &all().descriptions
}

/// The handler of the tool that has this name.
///
/// # Errors
/// A protocol error that names the tools there are.
pub(super) fn handler(name: &str) -> Result<&'static Handler, ErrorData> {
    let handlers = &all().handlers;
    handlers.iter().find(|handler| handler.name == name).ok_or_else(|| {
        let names: Vec<_> = handlers.iter().map(|handler| handler.name).collect();
        let problem = format!("unknown tool; this server has {}", names.join(", "));
        ErrorData::invalid_params(problem, None)
    })
}

impl Handler {
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

fn listed<T: MailTool + 'static>() -> (Tool, Handler) {
    let handler = Handler {
        name: T::NAME,
        arguments: T::ARGUMENTS,
        answer: |handler, arguments, context, measurements| {
            answer::<T>(handler, arguments, context, measurements).boxed()
        },
    };
    let description = schema::tool::<T::Input, T::Output>(T::NAME, T::TITLE, T::DESCRIPTION);
    (description, handler)
}

async fn answer<T: MailTool>(
    handler: &'static Handler,
    arguments: GivenArguments,
    context: CallContext<'_>,
    measurements: &Measurements,
) -> Result<CallToolResponse, ErrorData> {
    let started = Instant::now();
    let input = arguments.and_then(|arguments| arguments::read(arguments, handler.arguments));
    let ended = match input {
        Ok(input) => T::call(input, context).await,
        Err(refused) => Err(refused.into()),
    };
    outcome::response::<T>(ended, started.elapsed(), measurements)
}
