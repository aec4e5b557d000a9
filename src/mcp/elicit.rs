//! Elicitation: a form in which the user chooses a recipient for each name that several people have.
//!
//! | client | how the user is asked |
//! |---|---|
//! | 2026-07-28, with elicitation declared for the request | an `InputRequiredResult`; the client calls again with the answer |
//! | older, with elicitation declared in its session | a request of this server to the client, while the call waits |
//! | any other | not at all: the result is the ranked list |
//!
//! The server keeps nothing between the two calls. The client carries the `requestState`, which is sealed: a client
//! cannot forge it. It is bound to the names, the sources and the person whose address book is searched, and is valid
//! for ten minutes. It holds nothing but the places of the names that were asked about. Everything else is looked up
//! again, so the answer can only choose among the people found by the second call. See
//! <https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation>.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rmcp::model::{
    ConstTitle, ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema, EnumSchema,
    InputRequest, InputRequiredResult, InputResponses, LegacyEnumSchema, PrimitiveSchemaDefinition, ProtocolVersion,
    RequestStateCodec, SealOptions, SingleSelectEnumSchema, TitledSingleSelectEnumSchema,
};
use rmcp::service::{Peer, RequestContext, RoleServer, ServiceError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::hints::{is_modern, server_info_meta};
use crate::address_book::{Caution, Choice, EmployeeId, Match, Names, Person, Recipient, Status};

/// The key of the form in `inputRequests` and `inputResponses`.
const FORM: &str = "recipients";
/// The value of the choice "None of these".
const NOBODY: &str = "none_of_these";
/// Names in one form; a longer form is a burden for the user.
const MAX_NAMES: usize = 10;
/// Choices for each name, beside "None of these".
const MAX_PEOPLE: usize = 10;
/// How long an answer is accepted. After that the user has probably written the mail another way.
const OPEN_FOR: Duration = Duration::from_secs(10 * 60);
/// How long a request to the client waits for the user. The client's own time limit on calls is shorter as a rule.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// How this call gets the user's choice for names that several people have.
#[derive(Debug)]
pub(crate) enum Asking {
    /// The client sent the user's answer, about the names at these places.
    Answered(ElicitResult, Vec<usize>),
    /// The result of this call asks the user.
    ByResult,
    /// A request to the client asks the user, while the call waits.
    ByRequest(Peer<RoleServer>, Titles),
    /// Nobody asks the user.
    Never,
}

/// How the client's protocol revision expects the labels of choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Titles {
    /// `oneOf` with `const` and `title`, from 2025-11-25 on.
    OneOf,
    /// `enum` with `enumNames`.
    EnumNames,
}

impl Asking {
    /// How this client can ask the user; [`Asking::Never`] if the client has not declared that it shows forms.
    pub(crate) fn for_client(context: &RequestContext<RoleServer>) -> Self {
        Self::by_form(context).unwrap_or(Self::Never)
    }

    fn by_form(context: &RequestContext<RoleServer>) -> Option<Self> {
        let version = context.protocol_version()?;
        let capabilities = if is_modern(context) {
            context.client_capabilities()?
        } else {
            // Only the capabilities of the session count: without a session the client cannot respond to this server.
            context.peer.peer_info()?.capabilities.clone()
        };
        let elicitation = capabilities.elicitation?;
        if elicitation.form.is_none() && elicitation.url.is_some() {
            return None;
        }
        if is_modern(context) {
            return Some(Self::ByResult);
        }
        let titles = if version.as_str() >= ProtocolVersion::V_2025_11_25.as_str() {
            Titles::OneOf
        } else {
            Titles::EnumNames
        };
        Some(Self::ByRequest(context.peer.clone(), titles))
    }
}

/// Seals the `requestState` that a client carries from one call to the next. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Seal {
    /// Seals and opens.
    first: Arc<RequestStateCodec>,
    /// Open only.
    others: Arc<[RequestStateCodec]>,
    open_for: Duration,
}

/// The sealed content of a `requestState`.
#[derive(Debug, Serialize, Deserialize)]
struct RequestState {
    /// Places of the names that were asked about.
    names: Vec<usize>,
}

impl Seal {
    /// A seal that only this process can open.
    pub(crate) fn new() -> Self {
        let key = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        Self::of(RequestStateCodec::new_unchecked(key), [])
    }

    /// A seal that every process with one of these keys can open. The first key seals. Without a key, only this process
    /// can open the seal.
    pub(crate) fn with_keys(keys: &[[u8; 32]]) -> Self {
        match keys.split_first() {
            Some((first, others)) => Self::of(codec(first), others.iter().map(codec)),
            None => Self::new(),
        }
    }

    fn of(first: RequestStateCodec, others: impl IntoIterator<Item = RequestStateCodec>) -> Self {
        Self {
            first: Arc::new(first),
            others: others.into_iter().collect(),
            open_for: OPEN_FOR,
        }
    }

    /// The same seal, valid for `open_for`.
    #[must_use]
    pub(crate) fn open_for(self, open_for: Duration) -> Self {
        Self { open_for, ..self }
    }

    fn seal(&self, names: &[usize], request: &[u8]) -> String {
        let payload = json!(RequestState { names: names.to_vec() }).to_string();
        let options = SealOptions::new().associated_data(request).ttl(self.open_for);
        self.first.seal_with(payload.as_bytes(), &options)
    }

    /// The places of the names that were asked about. `None` if `state` was sealed with another key, or for another
    /// request, or too long ago.
    pub(crate) fn opened(&self, state: &str, request: &[u8]) -> Option<Vec<usize>> {
        let open = |codec: &RequestStateCodec| codec.open_json_with(state, request).ok();
        let opened: RequestState = std::iter::once(self.first.as_ref())
            .chain(self.others.iter())
            .find_map(open)?;
        Some(opened.names)
    }
}

fn codec(key: &[u8; 32]) -> RequestStateCodec {
    RequestStateCodec::new_unchecked(key.to_vec())
}

/// The request that a seal is bound to: the person whose address book is searched, the names and the sources.
pub(crate) fn request_of(names: &Names, person: &Person) -> Vec<u8> {
    let person = match person {
        Person::OfTheSettings(number) => json!(number),
        Person::Employee(EmployeeId { member_id, user_id }) => json!([member_id.as_ref(), user_id]),
    };
    json!([person, names.asked(), names.sources()]).to_string().into_bytes()
}

/// Places of the names for which the user could choose a recipient.
pub(crate) fn undecided(recipients: &[Recipient]) -> Vec<usize> {
    // An entry that holds several recipients has no single one to choose.
    let is_undecided = |recipient: &Recipient| {
        recipient.status == Status::Several && !recipient.matches.is_empty() && recipient.entries.is_empty()
    };
    let undecided = recipients
        .iter()
        .enumerate()
        .filter(|(_, recipient)| is_undecided(recipient));
    undecided.map(|(at, _)| at).take(MAX_NAMES).collect()
}

/// The result of a call that asks the user: the form, and the sealed state that the client sends with the answer.
pub(crate) fn input_required(
    recipients: &[Recipient],
    asked: &[usize],
    seal: &Seal,
    request: &[u8],
) -> InputRequiredResult {
    let form = ElicitRequest::new(form(recipients, asked, Titles::OneOf));
    let requests = BTreeMap::from([(FORM.to_owned(), InputRequest::Elicitation(form))]);
    InputRequiredResult::new(Some(requests), Some(seal.seal(asked, request))).with_meta(server_info_meta())
}

/// The user's answer among the responses that the client sent; `None` if there is none.
pub(crate) fn answer_in(responses: Option<InputResponses>) -> Option<ElicitResult> {
    let response = responses?.remove(FORM)?;
    serde_json::from_value(response).ok()
}

/// Asks by a request to the client. If the request fails, the answer is "cancelled".
pub(crate) async fn ask(
    peer: &Peer<RoleServer>,
    titles: Titles,
    recipients: &[Recipient],
    asked: &[usize],
) -> ElicitResult {
    let form = form(recipients, asked, titles);
    match peer.create_elicitation_with_timeout(form, Some(PATIENCE)).await {
        Ok(answer) => return answer,
        // The message of the client's error is not logged, since it may name people.
        Err(ServiceError::McpError(refusal)) => {
            tracing::info!(error.code = refusal.code.0, "the client did not ask the user");
        }
        Err(error) => tracing::info!(%error, "the client did not ask the user"),
    }
    ElicitResult::new(ElicitationAction::Cancel)
}

/// Writes the user's answer into the `recipients` that were `asked` about.
pub(crate) fn apply(answer: &ElicitResult, asked: &[usize], recipients: &mut [Recipient]) {
    for at in asked {
        let Some(recipient) = recipients.get_mut(*at) else {
            continue;
        };
        // A name may have one match now, though it had several when the user was asked.
        let is_clear = match recipient.status {
            Status::Several => false,
            Status::One => true,
            Status::None => continue,
        };
        match answer.action {
            ElicitationAction::Accept => {
                let chosen = answer.content.as_ref().and_then(|content| content.get(key(*at)));
                match chosen.and_then(serde_json::Value::as_str) {
                    Some(NOBODY) => recipient.choose_nobody(),
                    Some(email) if offered(recipient).any(|found| found.email == email) => recipient.choose(email),
                    // The user chose a person whom this call does not find any more.
                    Some(_) if is_clear => recipient.status = Status::Several,
                    _ => {}
                }
            }
            // The user declined or closed the form, which says nothing against the one match that is found now.
            _ if is_clear => {}
            ElicitationAction::Decline => recipient.choice = Some(Choice::Declined),
            _ => recipient.choice = Some(Choice::Cancelled),
        }
    }
}

/// The matches that the user can choose among.
fn offered(recipient: &Recipient) -> impl Iterator<Item = &Match> {
    // Mail cannot be sent to an invalid address.
    let is_address = |found: &&Match| !found.cautions.contains(&Caution::AddressInvalid);
    recipient.matches.iter().filter(is_address).take(MAX_PEOPLE)
}

fn key(at: usize) -> String {
    // Two digits, since clients show the fields of a form in the order of their keys.
    format!("recipient_{:02}", at + 1)
}

fn form(recipients: &[Recipient], asked: &[usize], titles: Titles) -> ElicitRequestParams {
    let fields = asked
        .iter()
        .filter_map(|at| Some((key(*at), choice_of(recipients.get(*at)?, titles))));
    let fields: BTreeMap<String, PrimitiveSchemaDefinition> = fields.collect();
    let required = fields.keys().cloned().collect();
    ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: "Whom is the mail for? More than one person may be meant, or the name is only similar.".to_owned(),
        requested_schema: ElicitationSchema::new(fields).with_required(required),
    }
}

fn choice_of(recipient: &Recipient, titles: Titles) -> PrimitiveSchemaDefinition {
    let mut choices: Vec<(String, String)> = offered(recipient)
        .map(|found| (found.email.clone(), found.to_string()))
        .collect();
    choices.push((NOBODY.to_owned(), "None of these".to_owned()));
    let title = Some(recipient.asked.clone().into());
    let choice = match titles {
        Titles::OneOf => {
            let choices = choices.into_iter().map(|(value, title)| ConstTitle::new(value, title));
            let mut choice = TitledSingleSelectEnumSchema::new(choices.collect());
            choice.title = title;
            EnumSchema::Single(SingleSelectEnumSchema::Titled(choice))
        }
        Titles::EnumNames => {
            let (values, names) = choices.into_iter().unzip();
            let mut choice = LegacyEnumSchema::new(values);
            choice.enum_names = Some(names);
            choice.title = title;
            EnumSchema::Legacy(choice)
        }
    };
    PrimitiveSchemaDefinition::Enum(choice)
}
