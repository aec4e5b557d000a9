//! The old API at `/rest/…`: identity, permissions and time, in flat shapes. It does not know the methods of REST 3.0,
//! and unlike REST 3.0 names the reason when it refuses credentials.

use serde_json::{Value, json};

use super::answer::{Answer, message_for};
use super::credentials::{self, CLIENT_ID, Caller, PathCredential};
use super::faults::{Behaviour, WrongTokenAnswer};
use super::request::RecordedRequest;
use super::state::State;

const METHODS: &[&str] = &["profile", "scope", "app.info", "server.time"];

/// Answers a request to `/rest/…`.
pub(super) fn answer(state: &State, request: &RecordedRequest, path: PathCredential<'_>, method: &str) -> Answer {
    let language = state.settings.language;
    let method = method.strip_suffix(".json").unwrap_or(method);
    let Some(method) = METHODS.iter().find(|known| **known == method).copied() else {
        let code = "ERROR_METHOD_NOT_FOUND";
        return Answer::flat(404, code, message_for(language, code));
    };
    let caller = match credentials::identify(state, request, path) {
        Ok(caller) => caller,
        Err(refusal) => return refusal.flat(language),
    };
    let is_profile_refused = matches!(
        state.behaviour(),
        Some(Behaviour::TokenAnswer(WrongTokenAnswer::NoUser))
    );
    if method == "profile" && is_profile_refused {
        let text = "The request requires higher privileges than provided by the access token";
        return Answer::flat(403, "insufficient_scope", text);
    }
    // Without sign-in by name every user is the same invented person.
    let has_names = state.settings.handler.is_some();
    let person = state.people().find(caller.user).filter(|_| has_names);
    let (first_name, last_name) = match &person {
        Some(person) => (person.first_name.as_str(), person.last_name.as_str()),
        None => ("Demo", "User"),
    };
    let result = match method {
        "scope" => json!(caller.scopes),
        "app.info" => app_info(&caller),
        "server.time" => json!(state.clock.date()),
        _ => json!({
            "ID": caller.user.to_string(),
            "ADMIN": false,
            "NAME": first_name,
            "LAST_NAME": last_name,
            "PERSONAL_GENDER": "",
            "TIME_ZONE": "",
            "TIME_ZONE_OFFSET": 0,
        }),
    };
    // These methods are too short for their operating time to count.
    let operated = state.settings.operating_limit().map(|limit| {
        let usage = state.operating().usage(&caller.key(), method, state.clock.now());
        (limit, usage)
    });
    Answer::json(200, &json!({"result": result, "time": state.clock.time(operated)}))
}

fn app_info(caller: &Caller) -> Value {
    if !caller.is_application {
        return json!({"SCOPE": caller.scopes, "LICENSE": "demo"});
    }
    json!({
        "ID": "1",
        "CODE": CLIENT_ID,
        "VERSION": "1",
        "STATUS": "L",
        "INSTALLED": true,
        "PAYMENT_EXPIRED": "N",
        "DAYS": null,
        "LANGUAGE_ID": "en",
        "LICENSE": "demo",
        "SCOPE": caller.scopes,
    })
}
