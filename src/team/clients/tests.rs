//! Clients through the whole server: registration, sign-in, tokens and revocation.

use std::sync::Arc;

use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::Clients;
use super::registration_limit::RegistrationLimit;
use crate::team::answer::Answer;
use crate::team::client_metadata::Documents;
use crate::team::client_metadata::scripted_network::{ID, ScriptedNetwork};
use crate::team::request::Request;
use crate::team::store::records::{Client, Registered};
use crate::team::store::{MAX_CLIENTS, Store};
use crate::team::test_support::{CALLER, TestClient, TestServer, portal_settings};

fn post(body: &str) -> Request<'_> {
    Request {
        query: "",
        body: body.as_bytes(),
        cookies: "",
        origin: None,
        accept_language: "en",
        caller: CALLER,
    }
}

fn json_of(answer: Answer) -> (u16, Value, Option<u64>) {
    match answer {
        Answer::Json {
            status,
            body,
            retry_after,
        } => (status, body, retry_after),
        answer => panic!("{answer:?}"),
    }
}

fn registration() -> String {
    json!({"client_name": "Codex", "redirect_uris": ["http://127.0.0.1:37819/callback"]}).to_string()
}

async fn register(server: &TestServer) -> (u16, Value, Option<u64>) {
    json_of(server.team.register(post(&registration())).await)
}

/// A client that signs in from another port than it has registered or lists in its document.
async fn client(server: &TestServer, id: &str) -> TestClient {
    TestClient {
        id: id.to_owned(),
        redirect_uri: "http://127.0.0.1:52163/callback".to_owned(),
        ..server.client("another").await
    }
}

/// A server that reads documents over `network`.
async fn server_with(network: &Arc<ScriptedNetwork>) -> TestServer {
    let mut server = TestServer::in_process(portal_settings()).await;
    Arc::get_mut(&mut server.team.parts).unwrap().clients = Clients {
        registrations: RegistrationLimit::default(),
        documents: Documents::over(network, "client.example".parse().unwrap()),
    };
    server
}

#[tokio::test]
async fn a_registered_client_signs_in_and_is_known_to_the_token_endpoint() {
    let server = TestServer::start().await;
    let (status, registered, _) = register(&server).await;
    assert_eq!(status, 201);
    let client = client(&server, registered["client_id"].as_str().unwrap()).await;
    let code = server.browser().sign_in_as("Anna", &client).await;
    let (status, tokens, _) = json_of(server.team.token(post(&client.code_form(&code))).await);
    assert_eq!(status, 200, "{tokens}");
    let (_, again, _) = register(&server).await;
    assert_ne!(registered["client_id"], again["client_id"]);
}

#[tokio::test]
async fn n15_the_eleventh_registration_of_an_address_is_refused() {
    let server = TestServer::start().await;
    for _ in 0..10 {
        assert_eq!(register(&server).await.0, 201);
    }
    let (status, body, retry_after) = register(&server).await;
    assert_eq!((status, &body["error"]), (429, &json!("temporarily_unavailable")));
    assert!((1..=61).contains(&retry_after.unwrap()));
    let other = Request {
        caller: "192.0.2.1".parse().unwrap(),
        ..post("{}")
    };
    assert_eq!(server.team.register(other).await.status(), 400);
}

#[tokio::test]
async fn n09_n15_a_full_store_and_one_that_does_not_answer_are_503() {
    let server = TestServer::start().await;
    server.store.break_off("add_client");
    let (status, body, retry_after) = register(&server).await;
    assert_eq!((status, &body["error"]), (503, &json!("temporarily_unavailable")));
    assert!(retry_after.is_some());
    server.store.repair();
    for number in 0..MAX_CLIENTS {
        let added = server.store.add_client(Client {
            id: number.to_string(),
            name: String::new(),
            redirect_uris: Vec::new(),
        });
        assert_eq!(added.await.unwrap(), Registered::Kept);
    }
    let (status, body, retry_after) = register(&server).await;
    assert_eq!((status, &body["error"]), (503, &json!("temporarily_unavailable")));
    assert!(retry_after.is_some());
}

#[tokio::test(start_paused = true)]
async fn n23_a_client_with_a_document_is_known_to_every_endpoint() {
    let network = Arc::new(ScriptedNetwork::new());
    let server = server_with(&network).await;
    let client = client(&server, ID).await;
    let code = server.browser().sign_in_as("Anna", &client).await;
    let (status, tokens, _) = json_of(server.team.token(post(&client.code_form(&code))).await);
    assert_eq!(status, 200, "{tokens}");
    let form = |fields: [(&str, &str); 2]| {
        let mut form = Serializer::new(String::new());
        form.append_pair("client_id", ID).extend_pairs(fields).finish()
    };
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let refresh = form([("grant_type", "refresh_token"), ("refresh_token", refresh_token)]);
    let (status, tokens, _) = json_of(server.team.token(post(&refresh)).await);
    assert_eq!(status, 200, "{tokens}");
    let access_token = tokens["access_token"].as_str().unwrap();
    assert!(server.team.authenticate(access_token).await.is_ok());
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let revoke = form([("token", refresh_token), ("token_type_hint", "refresh_token")]);
    assert_eq!(server.team.revoke(post(&revoke)).await.status(), 200);
    assert!(server.team.authenticate(access_token).await.is_err());
    assert_eq!(network.fetches(), 1);
}

/// A page instead of the document, or none during a roll-out.
#[tokio::test(start_paused = true)]
async fn a_mistake_of_a_documents_host_costs_no_client_its_tokens() {
    let network = Arc::new(ScriptedNetwork::new());
    let server = server_with(&network).await;
    let client = client(&server, ID).await;
    let code = server.browser().sign_in_as("Anna", &client).await;
    let (_, tokens, _) = json_of(server.team.token(post(&client.code_form(&code))).await);
    let form = |id: &str, token: &serde_json::Value| {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token")
            .append_pair("client_id", id);
        form.append_pair("refresh_token", token.as_str().unwrap()).finish()
    };
    tokio::time::advance(std::time::Duration::from_secs(7 * 24 * 3600)).await;
    network.answers_with_status(404);
    let page = server.browser().open(&client.authorize_url()).await;
    assert_eq!((page.status, network.fetches()), (400, 2), "the document is not found");
    for (id, error) in [
        ("https://client.example/another.json", "invalid_grant"),
        ("https://elsewhere.example/client.json", "invalid_client"),
        ("never registered", "invalid_client"),
    ] {
        let (status, body, _) = json_of(server.team.token(post(&form(id, &tokens["refresh_token"]))).await);
        assert_eq!((status, &body["error"]), (400, &json!(error)), "{id}");
    }
    let (status, tokens, _) = json_of(server.team.token(post(&form(ID, &tokens["refresh_token"]))).await);
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(network.fetches(), 2, "no other document was asked for");
    let access_token = tokens["access_token"].as_str().unwrap();
    let revoke = form(ID, &tokens["refresh_token"]).replace("refresh_token=", "token=");
    assert_eq!(server.team.revoke(post(&revoke)).await.status(), 200);
    assert!(server.team.authenticate(access_token).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn n21_n22_without_a_document_there_is_a_page_and_a_refresh_may_be_tried_again() {
    let network = Arc::new(ScriptedNetwork::new());
    let server = server_with(&network).await;
    let client = client(&server, ID).await;
    let exchange = client.code_form("b24c_unknown");
    for (answer, status, error) in [(404, 400, "invalid_client"), (503, 503, "temporarily_unavailable")] {
        network.answers_with_status(answer);
        tokio::time::advance(std::time::Duration::from_secs(30)).await;
        let page = server.browser().open(&client.authorize_url()).await;
        assert_eq!((page.status, page.goes_on_to()), (status, None), "{}", page.html);
        let (token_status, body, _) = json_of(server.team.token(post(&exchange)).await);
        assert_eq!((token_status, &body["error"]), (status, &json!(error)));
    }
}
