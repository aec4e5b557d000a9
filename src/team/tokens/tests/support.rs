//! What the tests of the tokens share: requests of clients, and calls of employees.

use std::sync::Arc;

use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::demo;
use crate::portal::{Employee, EmployeeId, Method, Person};
use crate::team::test_support::{CALLER, FaultyStore, TestClient, TestServer};
use crate::team::{Answer, Request, Team, Unauthenticated};

/// The tokens that a client got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: String,
}

/// Why a call had no result: the server did not let it in, or it failed with this code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    AtTheDoor(Unauthenticated),
    Code(String),
}

/// A server that reaches this demo portal without sockets, and its store: for tests with a paused clock.
pub(super) async fn steered(settings: demo::Settings) -> (TestServer, Arc<FaultyStore>) {
    let server = TestServer::in_process(settings).await;
    let store = Arc::clone(&server.store);
    (server, store)
}

pub(super) fn request(body: &str) -> Request<'_> {
    Request {
        query: "",
        body: body.as_bytes(),
        cookies: "",
        origin: None,
        accept_language: "en",
        caller: CALLER,
    }
}

/// Sends a form to the token endpoint.
pub(super) async fn ask(team: &Team, form: &str) -> Result<Tokens, (u16, String)> {
    let Answer::Json { status, body, .. } = team.token(request(form)).await else {
        panic!("no JSON");
    };
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    match status {
        200 => Ok(Tokens {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }),
        _ => Err((status, text("error"))),
    }
}

/// The error 400 with this code.
pub(super) fn refused(code: &str) -> Result<Tokens, (u16, String)> {
    Err((400, code.to_owned()))
}

/// Signs an employee in for `client` in a new browser.
pub(super) async fn sign_in(server: &TestServer, name: &str, client: &TestClient) -> Tokens {
    let code = server.browser().sign_in_as(name, client).await;
    ask(&server.team, &client.code_form(&code)).await.unwrap()
}

/// The form with which `client` exchanges a refresh token.
pub(super) fn refresh_form(client: &TestClient, token: &str) -> String {
    form(&[
        ("grant_type", "refresh_token"),
        ("client_id", &client.id),
        ("refresh_token", token),
    ])
}

pub(super) fn form(pairs: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// `form` with one parameter replaced; an empty value leaves it out.
pub(super) fn with(form: &str, name: &str, value: &str) -> String {
    let kept = url::form_urlencoded::parse(form.as_bytes()).filter(|(known, _)| known != name);
    let changed = Some((name.into(), value.into())).filter(|_| !value.is_empty());
    Serializer::new(String::new())
        .extend_pairs(kept.chain(changed))
        .finish()
}

pub(super) async fn employee(server: &TestServer, access_token: &str) -> Employee {
    server.team.authenticate(access_token).await.unwrap()
}

pub(super) fn id_of(employee: &Employee) -> EmployeeId {
    match &employee.person {
        Person::Employee(id) => id.clone(),
        Person::OfTheSettings(_) => panic!("nobody has signed in"),
    }
}

/// Calls the portal with an access token, as the transport and the address book do. Returns the contacts' addresses.
pub(super) async fn call(server: &TestServer, access_token: &str) -> Result<Vec<String>, Refused> {
    let employee = server.team.authenticate(access_token).await;
    call_as(server, &employee.map_err(Refused::AtTheDoor)?).await
}

/// Calls the portal for an employee whose access token was checked.
pub(super) async fn call_as(server: &TestServer, employee: &Employee) -> Result<Vec<String>, Refused> {
    let portal = server.portal.of_employee(employee);
    let called = portal.call::<Value>(Method::ListContacts, &json!({})).await;
    let result = called.map_err(|failed| Refused::Code(failed.error.code().to_ascii_lowercase()))?;
    let items = result["items"].as_array().cloned().unwrap_or_default();
    Ok(items
        .iter()
        .map(|item| item["email"].as_str().unwrap_or_default().to_owned())
        .collect())
}

/// The failure of a call with this code.
pub(super) fn failed(code: &str) -> Result<Vec<String>, Refused> {
    Err(Refused::Code(code.to_owned()))
}

/// The refusal of an access token that is no good.
pub(super) fn turned_away() -> Result<Vec<String>, Refused> {
    Err(Refused::AtTheDoor(Unauthenticated::Invalid))
}

/// The lines of the team's metrics that are not zero.
pub(super) fn metrics(team: &Team) -> String {
    let mut registry = Registry::default();
    team.register_metrics(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect()
}
