//! Calls of several employees: each sees their own address book.

use std::time::Duration;

use bitrix24_mail_mcp::transports::guard::{self, Token};
use serde_json::{Value, json};

use super::server::{TeamServer, bearer};
use crate::support::harness::with_metadata;
use crate::support::http_client::{EventStream, Request};
use crate::support::http_server::{call, look_up};

/// A contact of Anna, and one of Boris. Each is found by "client".
const OF_ANNA: &str = "hello@client-care.example";
const OF_BORIS: &str = "client@other.example";

/// Asserts that `answer` has contacts of one of the two only.
fn assert_own(answer: &str, own: &str, foreign: &str) {
    assert!(answer.contains(own), "{answer}");
    assert!(!answer.contains(foreign), "{answer}");
}

#[tokio::test]
async fn each_employee_sees_their_own_contacts_in_every_form_of_answer() {
    let server = TeamServer::start().await;
    let (anna, boris) = (server.sign_in("Anna").await, server.sign_in("Boris").await);
    for (token, own, foreign) in [(&anna, OF_ANNA, OF_BORIS), (&boris, OF_BORIS, OF_ANNA)] {
        let json = server.ask(&bearer(look_up(1, "client"), token)).await;
        assert_eq!(json.head.status, 200);
        assert_own(&json.body, own, foreign);

        let request = bearer(look_up(1, "client"), token).header("accept", "text/event-stream");
        let mut events = EventStream::open(server.address, &request)
            .await
            .unwrap_or_else(|_| panic!("no stream"));
        assert_own(&events.next().await.unwrap().data, own, foreign);

        let batch = json!([call(1, "client"), call(2, "client"), {"jsonrpc": "2.0", "id": 3, "method": "ping"}]);
        let batch = server.ask(&bearer(Request::post("/mcp", &batch), token)).await;
        assert_eq!(batch.message().as_array().map(Vec::len), Some(3), "{}", batch.body);
        for answer in &batch.message().as_array().unwrap()[..2] {
            assert_own(&answer.to_string(), own, foreign);
        }

        for accept in ["application/json", "text/event-stream"] {
            let newest = Request::post("/mcp", &with_metadata(call(1, "client")))
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", "tools/call")
                .header("mcp-name", "list_mail_contacts")
                .header("accept", accept);
            let newest = server.ask(&bearer(newest, token)).await;
            assert_eq!(newest.head.status, 200, "{}", newest.body);
            assert_own(&newest.body, own, foreign);
        }
    }
    server.stopped().await;
}

#[tokio::test]
async fn two_employees_who_ask_the_same_at_the_same_time_see_their_own_contacts() {
    let server = TeamServer::start().await;
    let (anna, boris) = (server.sign_in("Anna").await, server.sign_in("Boris").await);
    let asking = (0..20).map(|number| {
        let is_anna = number % 2 == 0;
        let request = bearer(look_up(number, "client"), if is_anna { &anna } else { &boris });
        let server = &server;
        async move { (is_anna, server.ask(&request).await) }
    });
    for (is_anna, answer) in futures_util::future::join_all(asking).await {
        match is_anna {
            true => assert_own(&answer.body, OF_ANNA, OF_BORIS),
            false => assert_own(&answer.body, OF_BORIS, OF_ANNA),
        }
    }
}

#[tokio::test]
async fn a_sign_in_outlives_the_portals_access_token_and_ends_with_the_account() {
    let server = TeamServer::start().await;
    let (anna, boris) = (server.sign_in("Anna").await, server.sign_in("Boris").await);
    server.demo.expire_access(1);
    let answer = server.ask(&bearer(look_up(1, "client"), &anna)).await;
    assert_own(&answer.body, OF_ANNA, OF_BORIS);
    assert_eq!(server.demo.refreshes(), 1);

    server.demo.dismiss(7);
    let answer = server.ask(&bearer(look_up(1, "client"), &boris)).await;
    assert_eq!(answer.head.status, 200);
    assert_eq!(answer.message()["result"]["isError"], true, "{}", answer.body);
    let answer = server.ask(&bearer(look_up(1, "client"), &boris)).await;
    assert_eq!(answer.head.status, 401, "{}", answer.body);
    let answer = server.ask(&bearer(look_up(1, "client"), &anna)).await;
    assert_own(&answer.body, OF_ANNA, OF_BORIS);
}

#[tokio::test]
async fn the_token_for_one_person_opens_nothing_but_the_metrics() {
    const STATIC: &str = "canary-t0ken-0123456789abcdef";
    let server = TeamServer::with(guard::Settings {
        token: Some(Token::from_text(STATIC.into()).unwrap()),
        ..guard::Settings::default()
    })
    .await;
    let answer = server.ask(&bearer(look_up(1, ""), STATIC)).await;
    assert_eq!(answer.head.status, 401);
    assert!(
        answer
            .head
            .header("www-authenticate")
            .unwrap()
            .contains("invalid_token")
    );
    let token = server.sign_in("Anna").await;
    let answer = server.ask(&bearer(look_up(1, "client"), &token)).await;
    assert_own(&answer.body, OF_ANNA, OF_BORIS);
}

#[tokio::test]
async fn other_routes_and_the_transport_of_2024_11_05_are_not_there() {
    let server = TeamServer::start().await;
    let token = server.sign_in("Anna").await;
    for request in [
        Request::get("/sse"),
        Request::post("/messages", &Value::Null),
        Request::get("/oauth"),
        Request::get("/.well-known/oauth-protected-resource/other"),
    ] {
        let answer = server.ask(&bearer(request, &token)).await;
        assert_eq!(answer.head.status, 404);
    }
    let answer = server.ask(&bearer(Request::get("/mcp"), &token)).await;
    assert_eq!((answer.head.status, answer.head.header("allow")), (405, Some("POST")));
}

#[tokio::test]
async fn the_answer_to_a_question_of_another_employee_is_not_accepted() {
    let server = TeamServer::start().await;
    let (anna, boris) = (server.sign_in("Anna").await, server.sign_in("Boris").await);
    let resolve = |arguments: Value| {
        let params = json!({"name": "resolve_mail_recipients", "arguments": arguments});
        let mut message = with_metadata(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}));
        message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {"form": {}}});
        message
    };
    let send = async |message: &Value, token: &str| {
        let request = Request::post("/mcp", message)
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", "resolve_mail_recipients");
        server.ask(&bearer(request, token)).await.message()
    };
    let mut question = resolve(json!({"names": ["Anna Schmidt"], "ask": true}));
    let asked = send(&question, &anna).await;
    let state = asked["result"]["requestState"].clone();
    assert!(state.is_string(), "{asked}");
    let name = asked["result"]["inputRequests"]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    let choice = "anna.schmidt@contoso.example";
    question["params"]["requestState"] = state;
    question["params"]["inputResponses"] = json!({name: {"action": "accept", "content": {"person_1": choice}}});
    let of_boris = send(&question, &boris).await;
    assert!(!of_boris.to_string().contains(choice), "{of_boris}");
    tokio::time::timeout(Duration::from_secs(60), server.stopped())
        .await
        .unwrap();
}
