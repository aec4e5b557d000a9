//! The trait that each tool's file implements, the context of a call, and the reasons why a call has no output.

use rmcp::ErrorData;
use rmcp::model::{InputRequiredResult, InputResponses};
use rmcp::service::{RequestContext, RoleServer};
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use super::arguments::Argument;
use super::elicit::Seal;
use super::progress::Progress;
use crate::address_book::{AddressBook, Error, InvalidQuery};
use crate::fixit::{Audience, Failure};

/// A tool of this server. `mcp/tools.rs` lists all.
pub(super) trait MailTool {
    /// The name in calls.
    const NAME: &'static str;
    /// The name that people see.
    const TITLE: &'static str;
    /// The description that models read.
    const DESCRIPTION: &'static str;
    /// The other names and forms in which models send the fields of [`Self::Input`].
    const ARGUMENTS: &'static [Argument];

    /// The arguments of a call. The input schema is derived from this type.
    type Input: DeserializeOwned + JsonSchema + Send;
    /// The structured content of a result, also of a failed call. The output schema is derived from this type.
    type Output: From<Failure> + Serialize + JsonSchema;

    /// Answers one call.
    fn call(
        input: Self::Input,
        context: CallContext<'_>,
    ) -> impl Future<Output = Result<Self::Output, NoOutput>> + Send;
}

/// Everything that a tool may use in one call besides its input.
#[derive(Debug)]
pub(super) struct CallContext<'a> {
    pub(super) book: &'a AddressBook,
    /// Decides which advice a failure has.
    pub(super) audience: Audience,
    pub(super) cancellation: &'a CancellationToken,
    pub(super) request: &'a RequestContext<RoleServer>,
    /// Seals the state that the client carries to the next call.
    pub(super) seal: &'a Seal,
    /// The sealed state that the client carries from an earlier call.
    pub(super) state: Option<String>,
    /// The user's answers to the questions of an earlier call.
    pub(super) responses: Option<InputResponses>,
    /// False for a transport that carries only the response to a request.
    pub(super) sends_progress: bool,
}

impl CallContext<'_> {
    /// The sender of progress notifications; it sends none if the client or the transport does not accept them.
    pub(super) fn progress(&self) -> Progress {
        match self.sends_progress {
            true => Progress::for_client(self.request),
            false => Progress::default(),
        }
    }
}

/// Why a call ends without output.
#[derive(Debug)]
pub(super) enum NoOutput {
    /// The look-up failed, or the arguments cannot be used: a result with advice.
    Failed(Error),
    /// The user has to choose first; the client calls again with the answer.
    NeedsUser(Box<InputRequiredResult>),
    /// The request breaks the protocol: a JSON-RPC error.
    BadRequest(ErrorData),
}

impl From<Error> for NoOutput {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<InvalidQuery> for NoOutput {
    fn from(error: InvalidQuery) -> Self {
        Self::Failed(error.into())
    }
}
