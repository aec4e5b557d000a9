//! REST 3.0's order of checks: method, credentials, operating time, scope, verb, JSON, and last the method's own
//! checks.
//!
//! Clients can observe the order: an unknown method with a bad secret is 404, a bad body with a missing scope is 403.

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::credentials::{self, Caller, PathCredential, Refusal};
use super::faults::{Behaviour, StartingTokens};
use super::limits::{Operating, Usage};
use super::method::Method;
use super::quirks::Quirk;
use super::request::RecordedRequest;
use super::state::State;
use super::{batch, dispatch, documentation};

/// Answers a request to `/rest/api/…`.
pub(super) fn answer(state: &State, request: &RecordedRequest, path: PathCredential<'_>, method: &str) -> Answer {
    checked(state, request, path, method).unwrap_or_else(|error| error)
}

fn checked(state: &State, request: &RecordedRequest, path: PathCredential<'_>, method: &str) -> Result<Answer, Answer> {
    let language = state.settings.language;
    let method = Method::find(method, state.settings.quirk)
        .ok_or_else(|| Answer::v3(404, language, "METHODNOTFOUNDEXCEPTION"))?;
    let caller = credentials::identify(state, request, path).map_err(|refusal| refused(state, refusal))?;
    within_operating_limit(state, &caller, method)?;
    dispatch::check_scope(state, &caller, method)?;
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
        (_, Value::Object(arguments)) => dispatch::run(state, &caller, method, &arguments)?,
        // A list has no named keys, so every argument has its default.
        (..) => dispatch::run(state, &caller, method, &Map::new())?,
    };
    let operated = charge(state, &caller, method);
    Ok(finish(state, result, operated))
}

/// The answer to refused credentials: the same body for a wrong secret, an unknown user, an expired token and none at
/// all.
fn refused(state: &State, refusal: Refusal) -> Answer {
    let is_flat = matches!(state.behaviour(), Some(Behaviour::Tokens(StartingTokens::ExpiredFlat)));
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
