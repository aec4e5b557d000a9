//! The authorization server (portal contract, section 13): the consent page and the token endpoint.
//!
//! In reality the authorization server is another host; here it is another path.

use serde_json::json;
use url::{Host, Url};

use super::answer::Answer;
use super::credentials::{CLIENT_ID, CLIENT_SECRET, scopes_of_application};
use super::request::RecordedRequest;
use super::state::State;
use super::tokens::{ACCESS_LIFE, Pair, RefreshRefusal};

/// The id of the demo portal, by which an application tells portals apart.
const MEMBER_ID: &str = "da45a03b265edd8787f8a258d793cc5d";

/// `/oauth/authorize/`: grants consent without asking and redirects with a code.
pub(super) fn authorize(state: &State, request: &RecordedRequest) -> Answer {
    if request.method != "GET" {
        return Answer::html(405, "<html><body><h1>Method Not Allowed</h1></body></html>");
    }
    if request.parameter("client_id").as_deref() != Some(CLIENT_ID) {
        return wrong_request("Application not found");
    }
    if request.parameter("response_type").is_some_and(|kind| kind != "code") {
        return wrong_request("Unknown response_type");
    }
    let target = request.parameter("redirect_uri");
    let Ok(target) = target.as_deref().map(loopback).transpose() else {
        return wrong_request("The redirect_uri does not belong to the application");
    };
    let code = state.tokens().new_code(state.clock.now());
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
pub(super) async fn token(state: &State, request: &RecordedRequest) -> Answer {
    let given = |name: &str| request.parameter(name).unwrap_or_default();
    let is_known_verb = matches!(request.method.as_str(), "GET" | "POST");
    let grant = given("grant_type");
    if !is_known_verb || !["refresh_token", "authorization_code"].contains(&grant.as_str()) {
        return Answer::flat(400, "invalid_request", "The request is not well-formed");
    }
    if given("client_id") != CLIENT_ID || given("client_secret") != CLIENT_SECRET {
        return Answer::flat(401, "invalid_client", "Client secret is not valid");
    }
    if grant == "authorization_code" {
        let redeemed = state.tokens().redeem(&given("code"), state.clock.now());
        state.until_tokens_released().await;
        return redeemed.map_or_else(invalid_grant, |pair| token_answer(state, &pair));
    }
    let refreshed = state.tokens().refresh(&given("refresh_token"), state.clock.now());
    match &refreshed {
        Ok(_) => state.count(&state.refreshes),
        Err(RefreshRefusal::Spent) => state.count(&state.spent_refreshes),
        Err(RefreshRefusal::Unknown) => {}
    }
    if !state.settings.refresh_delay.is_zero() {
        tokio::time::sleep(state.settings.refresh_delay).await;
    }
    state.until_tokens_released().await;
    refreshed.map_or_else(|_| invalid_grant(), |pair| token_answer(state, &pair))
}

fn invalid_grant() -> Answer {
    Answer::flat(400, "invalid_grant", "Invalid grant")
}

fn scope(state: &State) -> String {
    scopes_of_application(&state.settings).join(",")
}

fn token_answer(state: &State, pair: &Pair) -> Answer {
    let endpoint = format!("{}/rest/", state.origin());
    let body = json!({
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "expires": state.clock.unix(pair.access_expires),
        "expires_in": ACCESS_LIFE.as_secs(),
        "client_endpoint": endpoint,
        "server_endpoint": endpoint,
        "domain": state.address.to_string(),
        "member_id": MEMBER_ID,
        "scope": scope(state),
        "status": "L",
        "user_id": 1,
    });
    Answer::json(200, &body)
}
