//! Asking the person: a form with a choice for each name that several people bear.
//!
//! | client | manner |
//! |---|---|
//! | 2026-07-28, with elicitation declared for the request | an `InputRequiredResult`; the client calls again with the answer |
//! | older, with elicitation declared in its session | a request of ours to the client, while the call waits |
//! | any other | none: the ranked list is the answer |
//!
//! Between two calls nothing is kept here. What the client brings back is sealed: it cannot be made up, it is bound to
//! the names, the sources and whoever the credentials act as, it is good for ten minutes, and it holds no more than which
//! names were asked about. Everything else is looked up again, so an answer can only choose among who is found then.
//! See <https://modelcontextprotocol.io/specification/2026-07-28/client/elicitation>.

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
use crate::address_book::{Caution, Choice, Match, Names, Person, Recipient, Status};

/// The key of the form in `inputRequests` and `inputResponses`.
const FORM: &str = "recipients";
/// What is chosen if nobody is meant.
const NOBODY: &str = "none_of_these";
/// More choices are no form for a person.
const MAX_NAMES: usize = 10;
/// People to choose from, for each name.
const MAX_PEOPLE: usize = 10;
/// An answer later than this belongs to a mail that was written otherwise.
const OPEN_FOR: Duration = Duration::from_secs(10 * 60);
/// A client that shows a form waits for a person; its own limit on calls comes first as a rule.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// How the user decides about names that several people bear.
#[derive(Debug)]
pub(crate) enum Asking {
    /// The client brought the user's answer, about the names at these places.
    Answered(ElicitResult, Vec<usize>),
    /// The result of this call asks.
    ByResult,
    /// A request to the client asks, while the call waits.
    ByRequest(Peer<RoleServer>, Titles),
    /// Not at all.
    Never,
}

/// How a client of the revision knows the words of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Titles {
    /// `oneOf` with `const` and `title`, from 2025-11-25 on.
    OneOf,
    /// `enum` with `enumNames`.
    EnumNames,
}

impl Asking {
    /// How this client can ask the user: [`Asking::Never`] if it has not said that it can show a form.
    pub(crate) fn for_client(context: &RequestContext<RoleServer>) -> Self {
        Self::by_form(context).unwrap_or(Self::Never)
    }

    fn by_form(context: &RequestContext<RoleServer>) -> Option<Self> {
        let version = context.protocol_version()?;
        let capabilities = if is_modern(context) {
            context.client_capabilities()?
        } else {
            // What a request says for itself does not count: without a session, our request could not be answered.
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

/// Seals what a client carries from one call to the next. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Seal {
    codec: Arc<RequestStateCodec>,
    open_for: Duration,
}

/// What is sealed.
#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    /// Places of the names that were asked about.
    names: Vec<usize>,
}

impl Seal {
    /// A seal that only this process can open.
    pub(crate) fn new() -> Self {
        let key = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        Self {
            codec: Arc::new(RequestStateCodec::new_unchecked(key)),
            open_for: OPEN_FOR,
        }
    }

    /// The same, good for another time.
    #[must_use]
    pub(crate) fn open_for(self, open_for: Duration) -> Self {
        Self { open_for, ..self }
    }

    fn seal(&self, names: &[usize], request: &[u8]) -> String {
        let payload = json!(Asked { names: names.to_vec() }).to_string();
        let options = SealOptions::new().associated_data(request).ttl(self.open_for);
        self.codec.seal_with(payload.as_bytes(), &options)
    }

    /// The places of the names that were asked about; `None` for whatever was not sealed here, for this request, a short
    /// while ago.
    pub(crate) fn opened(&self, state: &str, request: &[u8]) -> Option<Vec<usize>> {
        let asked: Asked = self.codec.open_json_with(state, request).ok()?;
        Some(asked.names)
    }
}

/// What a seal is bound to.
pub(crate) fn request_of(names: &Names, person: Person) -> Vec<u8> {
    json!([person.number(), names.asked(), names.sources()])
        .to_string()
        .into_bytes()
}

/// Places of the names that a person could decide.
pub(crate) fn undecided(recipients: &[Recipient]) -> Vec<usize> {
    // An entry of several recipients has no single one to choose.
    let is_undecided = |recipient: &Recipient| {
        recipient.status == Status::Several && !recipient.matches.is_empty() && recipient.entries.is_empty()
    };
    let undecided = recipients
        .iter()
        .enumerate()
        .filter(|(_, recipient)| is_undecided(recipient));
    undecided.map(|(at, _)| at).take(MAX_NAMES).collect()
}

/// The answer to a call that needs the person.
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

/// The person's answer among what the client brought back; `None` if it brought none.
pub(crate) fn answer_in(responses: Option<InputResponses>) -> Option<ElicitResult> {
    let response = responses?.remove(FORM)?;
    serde_json::from_value(response).ok()
}

/// Asks by a request to the client. A client that fails is a person who did not answer.
pub(crate) async fn ask(
    peer: &Peer<RoleServer>,
    titles: Titles,
    recipients: &[Recipient],
    asked: &[usize],
) -> ElicitResult {
    let form = form(recipients, asked, titles);
    match peer.create_elicitation_with_timeout(form, Some(PATIENCE)).await {
        Ok(answer) => return answer,
        // The client's own words may name people.
        Err(ServiceError::McpError(refusal)) => {
            tracing::info!(error.code = refusal.code.0, "the client did not ask the user");
        }
        Err(error) => tracing::info!(%error, "the client did not ask the user"),
    }
    ElicitResult::new(ElicitationAction::Cancel)
}

/// Takes the person's answer over.
pub(crate) fn apply(answer: &ElicitResult, asked: &[usize], recipients: &mut [Recipient]) {
    for at in asked {
        let Some(recipient) = recipients.get_mut(*at) else {
            continue;
        };
        // Who is found alone now was not alone when the person was asked.
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
                    // Somebody else was chosen.
                    Some(_) if is_clear => recipient.status = Status::Several,
                    _ => {}
                }
            }
            // Nothing was said against who is clear by now.
            _ if is_clear => {}
            ElicitationAction::Decline => recipient.choice = Some(Choice::Declined),
            _ => recipient.choice = Some(Choice::Cancelled),
        }
    }
}

/// Whom the person can choose.
fn offered(recipient: &Recipient) -> impl Iterator<Item = &Match> {
    // Nobody can write to what is no address.
    let is_address = |found: &&Match| !found.cautions.contains(&Caution::AddressInvalid);
    recipient.matches.iter().filter(is_address).take(MAX_PEOPLE)
}

fn key(at: usize) -> String {
    // Two digits, since a form shows its fields in the order of their keys.
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
