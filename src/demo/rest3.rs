//! A request through REST 3.0's order of checks: method, credentials, operating time, scope, verb, JSON, pagination,
//! action.
//!
//! The order is observable: an unknown method with a bad secret is 404, a bad body with a missing scope is 403.

use serde_json::{Map, Value, json};

use super::address_book::Row;
use super::answer::{Answer, Language, V3};
use super::credentials::{self, Caller, PathCredential, Refusal};
use super::faults::{Behaviour, StartingTokens};
use super::limits::{Operating, Usage};
use super::quirks::Quirk;
use super::request::RecordedRequest;
use super::settings::NegativeLimit;
use super::state::State;
use super::{batch, documentation, pagination, php};

/// Methods of REST 3.0 that this portal has; matched exactly, so camel case and `.json` are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    ListContacts,
    Documentation,
    /// Not within itself.
    Batch,
}

impl Method {
    pub(super) fn find(name: &str) -> Option<Self> {
        match name {
            "mail.recipient.listcontacts" => Some(Self::ListContacts),
            "rest.documentation.openapi" | "documentation" => Some(Self::Documentation),
            "batch" => Some(Self::Batch),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::ListContacts => "mail.recipient.listcontacts",
            Self::Documentation => "rest.documentation.openapi",
            Self::Batch => "batch",
        }
    }
}

/// Answers a request to `/rest/api/…`.
pub(super) fn answer(state: &State, request: &RecordedRequest, path: PathCredential<'_>, method: &str) -> Answer {
    checked(state, request, path, method).unwrap_or_else(|refused| refused)
}

fn checked(state: &State, request: &RecordedRequest, path: PathCredential<'_>, method: &str) -> Result<Answer, Answer> {
    let language = state.settings.language;
    let method = Method::find(method).ok_or_else(|| Answer::v3(404, language, "METHODNOTFOUNDEXCEPTION"))?;
    let caller = credentials::identify(state, request, path).map_err(|refusal| fold(state, refusal))?;
    within_operating_limit(state, &caller, method)?;
    if method == Method::ListContacts {
        check_scope(state, &caller)?;
    }
    if !matches!(request.method.as_str(), "GET" | "POST") {
        return Err(Answer::envelope(
            400,
            "invalid_http_method",
            "Invalid HTTP method",
            None,
        ));
    }
    if method == Method::Documentation {
        return Ok(documentation::answer(state));
    }
    let arguments: Value = request
        .is_json()
        .then(|| serde_json::from_slice(&request.body).ok())
        .flatten()
        .filter(|body: &Value| body.is_object() || body.is_array())
        .ok_or_else(|| Answer::v3(400, language, "INVALIDJSONEXCEPTION"))?;
    let result = match (method, arguments) {
        (Method::Batch, items) => batch::run(state, &caller, &items)?,
        (_, Value::Object(arguments)) => list_contacts(state, &caller, &arguments)?,
        // A list has no named keys, so every argument has its default.
        (..) => list_contacts(state, &caller, &Map::new())?,
    };
    let operated = charge(state, &caller, method);
    Ok(finish(state, result, operated))
}

/// Wrong secret, unknown user, expired token and no credential at all: the same body.
fn fold(state: &State, refusal: Refusal) -> Answer {
    let is_flat = matches!(
        state.settings.behaviour(),
        Some(Behaviour::Tokens(StartingTokens::ExpiredFlat))
    );
    if is_flat && refusal == Refusal::ExpiredToken {
        return refusal.flat(state.settings.language);
    }
    Answer::v3(401, state.settings.language, "ACCESSDENIEDEXCEPTION")
}

fn within_operating_limit(state: &State, caller: &Caller, method: Method) -> Result<(), Answer> {
    let Some(limit) = state.settings.operating_limit() else {
        return Ok(());
    };
    let usage = state.operating().usage(&caller.key(), method.name(), state.clock.now());
    if usage.used < limit.limit {
        Ok(())
    } else if limit.answer_flat {
        let text = "Method is blocked due to operation time limit.";
        Err(Answer::flat(429, "OPERATION_TIME_LIMIT", text))
    } else {
        Err(Answer::v3(429, state.settings.language, "RATELIMITEXCEPTION"))
    }
}

fn charge(state: &State, caller: &Caller, method: Method) -> Option<(Operating, Usage)> {
    let limit = state.settings.operating_limit()?;
    let (key, now) = (caller.key(), state.clock.now());
    let usage = state.operating().charge(&key, method.name(), now, limit.cost_per_call);
    Some((limit, usage))
}

/// `mail.recipient.listcontacts` needs one of three.
fn check_scope(state: &State, caller: &Caller) -> Result<(), Answer> {
    if caller.has_one_of(&["mail", "mail.recipient", "mail.recipient.listcontacts"]) {
        return Ok(());
    }
    let code = match state.settings.behaviour() {
        Some(Behaviour::FoldedScope) => "ACCESSDENIEDEXCEPTION",
        _ => "INSUFFICIENTSCOPEEXCEPTION",
    };
    Err(Answer::v3(403, state.settings.language, code))
}

/// One item of a batch: no limit on operating time, no verb and no JSON to check.
pub(super) fn batch_item(
    state: &State,
    caller: &Caller,
    method: Method,
    arguments: &Map<String, Value>,
) -> Result<Value, Answer> {
    match method {
        Method::Documentation => Ok(documentation::document(state)),
        Method::Batch => Err(Answer::v3(404, state.settings.language, "METHODNOTFOUNDEXCEPTION")),
        Method::ListContacts => {
            check_scope(state, caller)?;
            list_contacts(state, caller, arguments)
        }
    }
}

/// `select`, `filter` and `order` are checked though the method does not use them.
fn stray_argument(arguments: &Map<String, Value>) -> Option<&'static str> {
    let is_set = |key: &str| {
        arguments.get(key).filter(|value| match value {
            Value::Array(list) => !list.is_empty(),
            Value::Object(object) => !object.is_empty(),
            other => !other.is_null(),
        })
    };
    let is_known = |name: &Value| matches!(name.as_str(), Some("id" | "email" | "name"));
    match is_set("select") {
        Some(Value::Array(fields)) if fields.iter().all(is_known) => {}
        Some(Value::Array(_)) => return Some("UNKNOWNDTOPROPERTYEXCEPTION"),
        Some(_) => return Some("INVALIDSELECTEXCEPTION"),
        None => {}
    }
    match (is_set("filter"), is_set("order")) {
        (Some(_), _) => Some("INVALIDFILTEREXCEPTION"),
        (None, Some(_)) => Some("INVALIDORDEREXCEPTION"),
        (None, None) => None,
    }
}

fn list_contacts(state: &State, caller: &Caller, arguments: &Map<String, Value>) -> Result<Value, Answer> {
    let settings = &state.settings;
    if let Some(code) = stray_argument(arguments) {
        return Err(Answer::v3(400, settings.language, code));
    }
    let slice = pagination::read(arguments.get("pagination")).map_err(|wrong| {
        let text = match settings.language {
            Language::English => "Incorrect \"pagination\" parameter value:",
            Language::Russian => "Некорректное значение параметра \"pagination\":",
        };
        let code = format!("{V3}INVALIDPAGINATIONEXCEPTION");
        Answer::envelope(400, &code, &format!("{text} `{wrong}`"), None)
    })?;
    let offset = match (slice.limit, settings.negative_limit) {
        (Some(_), _) => slice.offset,
        (None, NegativeLimit::Everything) => 0,
        (None, NegativeLimit::InternalError) => {
            return Err(Answer::v3(500, settings.language, "INTERNAL_INTERNALEXCEPTION"));
        }
    };
    let query = php::to_text(arguments.get("query"));
    let rows = state.books().matching(caller.user, &query, offset, slice.limit);
    state.turn_page();
    let items: Value = rows.iter().map(|row| item(settings.quirk, row)).collect();
    Ok(match settings.quirk {
        Some(Quirk::BareList) => items,
        _ => json!({"items": items}),
    })
}

fn item(quirk: Option<Quirk>, row: &Row) -> Value {
    let Row { id, email, name } = row;
    match quirk {
        Some(Quirk::IdsAsText) => json!({"id": id.to_string(), "email": email, "name": name}),
        Some(Quirk::NullNames) => json!({"id": id, "email": email, "name": null}),
        Some(Quirk::MissingNames) => json!({"id": id, "email": email}),
        Some(Quirk::UnknownKeys) => json!({"id": id, "email": email, "name": name, "icon": {"url": "\u{2026}"}}),
        _ => json!({"id": id, "email": email, "name": name}),
    }
}

fn finish(state: &State, result: Value, operated: Option<(Operating, Usage)>) -> Answer {
    let mut reply = Map::from_iter([("result".to_owned(), result)]);
    let quirk = state.settings.quirk;
    if quirk != Some(Quirk::NoTime) {
        reply.insert("time".to_owned(), state.clock.time(operated));
    }
    if quirk == Some(Quirk::UnknownKeys) {
        reply.insert("signature".to_owned(), "f00".into());
        reply.insert("warnings".to_owned(), json!([{"code": 1}]));
    }
    let mut answer = Answer::json(200, &Value::Object(reply));
    match quirk {
        Some(Quirk::WrongCharset) => answer.content_type = "application/json; charset=windows-1251",
        Some(Quirk::TextHtml) => answer.content_type = "text/html",
        Some(Quirk::ByteOrderMark) => answer.body.splice(0..0, *b"\xEF\xBB\xBF").for_each(drop),
        _ => {}
    }
    answer
}
