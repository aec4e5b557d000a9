//! Calls of several employees: each sees their own address book.

use bitrix24_mail_mcp::transports::guard::{self, Token};
use serde_json::{Value, json};

use super::server::TeamServer;
use crate::support::harness::with_metadata;
use crate::support::http_client::{EventStream, Request};
use crate::support::http_server::{call, look_up};
use crate::support::team_client::bearer;

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
    const CHOSEN: &str = "anna.schmidt@contoso.example";
    let server = TeamServer::start().await;
    // Both find the same two namesakes, so that only the state shows whose question it was.
    for address in [CHOSEN, "anna.schmidt@fabrikam.example"] {
        server.demo.insert_contact(7, address, "Anna Schmidt");
    }
    let (anna, boris) = (server.sign_in("Anna").await, server.sign_in("Boris").await);
    let call = async |parameters: Value, token: &str| {
        let mut message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters});
        message["params"]["name"] = "resolve_mail_recipients".into();
        message["params"]["arguments"] = json!({"names": ["Anna Schmidt"], "ask": true});
        let mut message = with_metadata(message);
        message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {"form": {}}});
        let request = Request::post("/mcp", &message)
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", "resolve_mail_recipients");
        server.ask(&bearer(request, token)).await.message()
    };
    let asked = call(json!({}), &anna).await;
    let state = &asked["result"]["requestState"];
    assert!(state.is_string(), "{asked}");
    let responses = json!({"recipients": {"action": "accept", "content": {"recipient_01": CHOSEN}}});
    let answer = json!({"requestState": state, "inputResponses": responses});
    let choice = |result: &Value| result.pointer("/result/structuredContent/recipients/0/choice").cloned();
    let of_boris = call(answer.clone(), &boris).await;
    assert_eq!(choice(&of_boris), None, "{of_boris}");
    let of_anna = call(answer, &anna).await;
    assert!(choice(&of_anna).is_some(), "{of_anna}");
}
