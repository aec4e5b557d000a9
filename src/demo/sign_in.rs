//! Sign-in of employees, where the settings have a handler path: as a real portal does it.
//!
//! A real portal reads `client_id` and `state` alone: `redirect_uri`, `scope` and PKCE are ignored, and nobody is asked
//! for consent. A browser that is signed in goes to the application's handler path immediately. Another browser gets the
//! portal's sign-in page, and then goes on. Errors stay on the portal's page.

use url::form_urlencoded::Serializer;

use super::answer::Answer;
use super::credentials::CLIENT_ID;
use super::oauth_server::{MEMBER_ID, SERVER_HOST, scope};
use super::pages;
use super::people::{Barred, Person};
use super::request::RecordedRequest;
use super::state::State;

/// The cookie that holds the id of the employee who is signed in.
const COOKIE: &str = "demo_portal_user";

/// Answers a request for a page that is neither of an API nor of the token endpoint.
pub(super) fn answer(state: &State, request: &RecordedRequest, handler: &str, page: &[&str]) -> Answer {
    match (request.method.as_str(), page) {
        ("GET", []) => home(state, request),
        ("GET", ["oauth", "authorize"]) => authorize(state, request, handler),
        ("POST", ["oauth", "sign-in"]) => sign_in(state, request, handler),
        ("POST", ["oauth", "sign-out"]) => Answer {
            set_cookie: Some(format!("{COOKIE}=; Max-Age=0; HttpOnly; SameSite=Lax; Path=/")),
            ..Answer::redirect(303, "/".to_owned())
        },
        (_, [] | ["oauth", "authorize" | "sign-in" | "sign-out"]) => {
            pages::message(405, "This page cannot be used in this way")
        }
        _ => Answer::no_such_page(404),
    }
}

/// The portal's first page: the employee who is signed in, or the sign-in page.
fn home(state: &State, request: &RecordedRequest) -> Answer {
    match signed_in(state, request) {
        Some(person) => pages::signed_in(&person.full_name()),
        None => sign_in_page(state, request),
    }
}

/// `/oauth/authorize/`: the way to the handler, or the sign-in page.
fn authorize(state: &State, request: &RecordedRequest, handler: &str) -> Answer {
    if is_unknown_application(state, request) {
        return pages::message(404, "Application not found");
    }
    match signed_in(state, request) {
        Some(person) => proceed(state, request, handler, &person, 302),
        None => sign_in_page(state, request),
    }
}

/// The form of the sign-in page: signs the browser in, then goes on to the handler, or home if no application asked.
fn sign_in(state: &State, request: &RecordedRequest, handler: &str) -> Answer {
    let wanted = request.parameter("user").and_then(|user| user.trim().parse().ok());
    let Some(person) = wanted.and_then(|user| state.people().find_active(user)) else {
        return pages::message(403, "There is no such employee");
    };
    let next = match request.parameter("client_id") {
        None => Answer::redirect(303, "/".to_owned()),
        Some(_) if is_unknown_application(state, request) => pages::message(404, "Application not found"),
        Some(_) => proceed(state, request, handler, &person, 303),
    };
    Answer {
        set_cookie: Some(format!("{COOKIE}={}; HttpOnly; SameSite=Lax; Path=/", person.user)),
        ..next
    }
}

fn is_unknown_application(state: &State, request: &RecordedRequest) -> bool {
    state.is_application_removed() || request.parameter("client_id").as_deref() != Some(CLIENT_ID)
}

/// The employee whom the request's cookie names.
fn signed_in(state: &State, request: &RecordedRequest) -> Option<Person> {
    let cookies = request.headers.iter().filter(|(name, _)| name == "cookie");
    let user = cookies
        .flat_map(|(_, value)| value.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then(|| value.parse().ok())?)?;
    state.people().find_active(user)
}

fn sign_in_page(state: &State, request: &RecordedRequest) -> Answer {
    let kept = ["client_id", "state"].map(|name| request.parameter(name).map(|value| (name, value)));
    let kept: Vec<_> = kept.into_iter().flatten().collect();
    let people = state.people();
    pages::sign_in(&people.offered(), people.has_generated(), &kept)
}

/// Issues a code to the employee and sends the browser to the handler.
fn proceed(state: &State, request: &RecordedRequest, handler: &str, person: &Person, status: u16) -> Answer {
    if state.people().barred(person.user) == Some(Barred::Excluded) {
        return pages::message(403, "You have no access to this application");
    }
    let code = state.tokens().new_code(person.user, state.clock.now());
    let query = Serializer::new(String::new())
        .append_pair("code", &code)
        .append_pair("state", &request.parameter("state").unwrap_or_default())
        .append_pair("domain", &state.address.to_string())
        .append_pair("member_id", MEMBER_ID)
        .append_pair("scope", &scope(state))
        .append_pair("server_domain", SERVER_HOST)
        .finish();
    let separator = if handler.contains('?') { '&' } else { '?' };
    Answer::redirect(status, format!("{handler}{separator}{query}"))
}
