//! The authorization server (portal contract, section 13): the token endpoint, and consent for applications of one user.
//!
//! In reality the authorization server is another host; here it is another path. `sign_in.rs` has the authorization of
//! employees.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use url::{Host, Url};

use super::answer::Answer;
use super::credentials::{CLIENT_ID, CLIENT_SECRET, scopes_of_application};
use super::faults::{Behaviour, Breakage, WrongTokenAnswer};
use super::people::Barred;
use super::request::RecordedRequest;
use super::state::State;
use super::tokens::{ACCESS_LIFE, Pair, RefreshRefusal};

/// The id of the demo portal, by which an application tells portals apart.
pub(super) const MEMBER_ID: &str = "da45a03b265edd8787f8a258d793cc5d";

/// The id of another portal.
const OTHER_MEMBER_ID: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

/// The host of the authorization server, where employees sign in. The name has no address (RFC 6761, section 6.4).
pub(super) const SERVER_HOST: &str = "oauth.demo.invalid";

/// How long the fault `oauth-slow` delays tokens: longer than any client waits.
const TOO_SLOW: Duration = Duration::from_secs(40);

/// `/oauth/authorize/`: grants consent without asking and redirects with a code.
pub(super) fn authorize(state: &State, request: &RecordedRequest) -> Answer {
    if request.method != "GET" {
        return Answer::html(405, "<html><body><h1>Method Not Allowed</h1></body></html>");
    }
    if state.is_application_removed() || request.parameter("client_id").as_deref() != Some(CLIENT_ID) {
        return wrong_request("Application not found");
    }
    if request.parameter("response_type").is_some_and(|kind| kind != "code") {
        return wrong_request("Unknown response_type");
    }
    let target = request.parameter("redirect_uri");
    let Ok(target) = target.as_deref().map(loopback).transpose() else {
        return wrong_request("The redirect_uri does not belong to the application");
    };
    let code = state.tokens().new_code(1, state.clock.now());
    let Some(mut target) = target else {
        return Answer::html(
            200,
            format!(
                "<html><head><title>Demo portal</title></head><body><p>Code: <code>{code}</code></p></body></html>"
            ),
        );
    };
    let host = state.address.to_string();
    target
        .query_pairs_mut()
        .append_pair("code", &code)
        .append_pair("state", &request.parameter("state").unwrap_or_default())
        .append_pair("domain", &host)
        .append_pair("member_id", MEMBER_ID)
        .append_pair("scope", &scope(state))
        .append_pair("server_domain", &host);
    Answer::redirect(302, target.to_string())
}

fn wrong_request(text: &str) -> Answer {
    Answer::html(400, format!("<html><body><h1>{text}</h1></body></html>"))
}

/// The redirect address, if it is on this computer: codes are sent nowhere else.
fn loopback(target: &str) -> Result<Url, ()> {
    let url = Url::parse(target).map_err(drop)?;
    let is_loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() == "http" && is_loopback {
        Ok(url)
    } else {
        Err(())
    }
}

/// `/oauth/token/`: exchanges a code or a refresh token for a token pair.
pub(super) async fn token(state: &State, request: &RecordedRequest) -> Result<Answer, Breakage> {
    let given = |name: &str| request.parameter(name).unwrap_or_default();
    let is_known_verb = matches!(request.method.as_str(), "GET" | "POST");
    let grant = given("grant_type");
    if !is_known_verb || !["refresh_token", "authorization_code"].contains(&grant.as_str()) {
        return Ok(Answer::flat(400, "invalid_request", "The request is not well-formed"));
    }
    let is_known_client = given("client_id") == CLIENT_ID && given("client_secret") == CLIENT_SECRET;
    if !is_known_client || state.is_application_removed() {
        return Ok(Answer::flat(401, "invalid_client", "Client secret is not valid"));
    }
    if grant == "authorization_code" {
        let pair = redeem(state, &given("code"));
        until_sent(state, Duration::ZERO).await;
        return Ok(pair.map_or_else(invalid_grant, |pair| token_answer(state, &pair, true)));
    }
    state.until_refreshes_released().await;
    let pair = refresh(state, &given("refresh_token"));
    let is_lost = pair.is_some() && state.loses_next_refresh.swap(false, Ordering::SeqCst);
    until_sent(state, state.settings.refresh_delay).await;
    if is_lost {
        return Err(Breakage::Reset);
    }
    Ok(pair.map_or_else(invalid_grant, |pair| token_answer(state, &pair, false)))
}

/// Exchanges a code; `None` also for an employee who was dismissed since signing in.
fn redeem(state: &State, code: &str) -> Option<Pair> {
    let ends_earlier_pairs = state.settings.ends_earlier_pairs;
    let pair = state.tokens().redeem(code, state.clock.now(), ends_earlier_pairs)?;
    let barred = state.people().barred(pair.user);
    (barred != Some(Barred::Dismissed)).then_some(pair)
}

/// Spends a refresh token; `None` also for an employee who was dismissed.
fn refresh(state: &State, refresh_token: &str) -> Option<Pair> {
    let now = state.clock.now();
    let user = state.tokens().user_of(refresh_token, now);
    if user.is_ok_and(|user| state.barred(user) == Some(Barred::Dismissed)) {
        return None;
    }
    let refreshed = state.tokens().refresh(refresh_token, now);
    match &refreshed {
        Ok(_) => state.count(&state.refreshes),
        Err(RefreshRefusal::Spent) => state.count(&state.spent_refreshes),
        Err(RefreshRefusal::Unknown) => {}
    }
    refreshed.ok()
}

/// Waits until the answer with tokens is to be sent.
async fn until_sent(state: &State, delay: Duration) {
    let delay = match state.behaviour() {
        Some(Behaviour::SlowTokens) => TOO_SLOW,
        _ => delay,
    };
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    state.until_tokens_released().await;
}

fn invalid_grant() -> Answer {
    Answer::flat(400, "invalid_grant", "Invalid grant")
}

/// The application's scopes as the server writes them.
pub(super) fn scope(state: &State) -> String {
    scopes_of_application(state).join(",")
}

fn token_answer(state: &State, pair: &Pair, is_exchange: bool) -> Answer {
    let endpoint = format!("{}/rest/", state.origin());
    let (domain, server_endpoint) = match &state.settings.handler {
        Some(_) => (SERVER_HOST.to_owned(), format!("https://{SERVER_HOST}/rest/")),
        None => (state.address.to_string(), endpoint.clone()),
    };
    let mut body = json!({
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "expires": state.clock.unix(pair.access_expires),
        "expires_in": ACCESS_LIFE.as_secs(),
        "client_endpoint": endpoint,
        "server_endpoint": server_endpoint,
        "domain": domain,
        "member_id": MEMBER_ID,
        "scope": scope(state),
        "status": "L",
        "user_id": pair.user,
    });
    let has_user = !is_exchange || state.settings.has_user_id_in_exchange;
    let wrong = match state.behaviour() {
        Some(Behaviour::TokenAnswer(wrong)) => Some(wrong),
        _ => None,
    };
    if let Some(body) = body.as_object_mut() {
        if !has_user || wrong == Some(WrongTokenAnswer::NoUser) {
            body.remove("user_id");
        }
        let replacement = match wrong {
            Some(WrongTokenAnswer::OtherMember) => Some(("member_id", OTHER_MEMBER_ID)),
            Some(WrongTokenAnswer::OtherPortal) => Some(("client_endpoint", "https://other-portal.invalid/rest/")),
            _ => None,
        };
        if let Some((key, value)) = replacement {
            body.insert(key.to_owned(), value.into());
        }
    }
    Answer::json(200, &body)
}
