//! A request through REST 3.0's order of checks: method, credentials, operating time, scope, verb, JSON, and then what
//! the method itself checks.
//!
//! The order is observable: an unknown method with a bad secret is 404, a bad body with a missing scope is 403.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::credentials::{self, Caller, PathCredential, Refusal};
use super::faults::{Behaviour, StartingTokens};
use super::limits::{Operating, Usage};
use super::quirks::Quirk;
use super::request::RecordedRequest;
use super::state::State;
use super::{batch, documentation, recipients};

/// Methods of REST 3.0 that this portal has; matched exactly, so camel case and `.json` are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    ListContacts,
    ListEmployees,
    Documentation,
    /// Not within itself.
    Batch,
}

impl Method {
    /// `None` also for a method that the quirk takes away.
    pub(super) fn find(name: &str, quirk: Option<Quirk>) -> Option<Self> {
        let method = match name {
            "mail.recipient.listcontacts" => Self::ListContacts,
            "mail.recipient.listemployees" => Self::ListEmployees,
            "rest.documentation.openapi" | "documentation" => Self::Documentation,
            "batch" => Self::Batch,
            _ => return None,
        };
        let is_missing = matches!(
            (method, quirk),
            (Self::Batch, Some(Quirk::NoBatch)) | (Self::ListEmployees, Some(Quirk::NoEmployees))
        );
        (!is_missing).then_some(method)
    }

    fn name(self) -> &'static str {
        match self {
            Self::ListContacts => "mail.recipient.listcontacts",
            Self::ListEmployees => "mail.recipient.listemployees",
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
    let method = Method::find(method, state.settings.quirk)
        .ok_or_else(|| Answer::v3(404, language, "METHODNOTFOUNDEXCEPTION"))?;
    let caller = credentials::identify(state, request, path).map_err(|refusal| fold(state, refusal))?;
    within_operating_limit(state, &caller, method)?;
    check_scope(state, &caller, method)?;
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
        (_, Value::Object(arguments)) => run(state, &caller, method, &arguments)?,
        // A list has no named keys, so every argument has its default.
        (..) => run(state, &caller, method, &Map::new())?,
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

/// Each of the methods that list recipients needs one of three scopes; the last is its own name.
fn check_scope(state: &State, caller: &Caller, method: Method) -> Result<(), Answer> {
    let needs_none = matches!(method, Method::Documentation | Method::Batch);
    if needs_none || caller.has_one_of(&["mail", "mail.recipient", method.name()]) {
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
    check_scope(state, caller, method)?;
    run(state, caller, method, arguments)
}

fn run(state: &State, caller: &Caller, method: Method, arguments: &Map<String, Value>) -> Result<Value, Answer> {
    match method {
        Method::ListContacts => recipients::list_contacts(state, caller, arguments),
        Method::ListEmployees => recipients::list_employees(state, arguments),
        Method::Documentation => Ok(documentation::document(state)),
        Method::Batch => Err(Answer::v3(404, state.settings.language, "METHODNOTFOUNDEXCEPTION")),
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
        Some(Quirk::WrongCharset | Quirk::Windows1251) => {
            answer.content_type = "application/json; charset=windows-1251"
        }
        Some(Quirk::TextHtml) => answer.content_type = "text/html",
        _ => {}
    }
    if let Some(quirk) = quirk {
        answer.body = quirk.sent(answer.body);
    }
    answer
}
