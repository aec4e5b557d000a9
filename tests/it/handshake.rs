//! The handshake in five revisions, odd first messages, the end of input, cancelled calls.

use bitrix24_mail_mcp::demo::{DemoPortal, FAULTS, Settings};
use serde_json::{Value, json};

use crate::harness::{RawSession, call, initialize, program, with_metadata};

const WITH_HANDSHAKE: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

fn demo() -> RawSession {
    let mut command = program();
    command.arg("--demo");
    RawSession::start(command)
}

async fn hanging_portal() -> DemoPortal {
    let fault = FAULTS.iter().find(|fault| fault.name == "hang");
    DemoPortal::start(Settings {
        fault,
        ..Settings::default()
    })
    .await
    .unwrap()
}

fn session_with(portal: &DemoPortal) -> RawSession {
    let mut command = program();
    command.env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap());
    RawSession::start(command)
}

async fn list_and_call(session: &mut RawSession, prepare: impl Fn(Value) -> Value) {
    let list = session
        .ask(prepare(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})))
        .await;
    assert_eq!(list["result"]["tools"][0]["name"], "list_mail_contacts");
    let found = session
        .ask(prepare(call(3, json!({"query": "client@example.com"}))))
        .await;
    assert_eq!(found["result"]["structuredContent"]["contacts"][0]["id"], 10, "{found}");
}

#[tokio::test]
async fn each_revision_with_a_handshake_is_echoed_and_served() {
    for version in WITH_HANDSHAKE {
        let mut session = demo();
        let answer = session.initialize(version).await;
        assert_eq!(answer["result"]["protocolVersion"], version);
        assert_eq!(answer["result"]["serverInfo"]["name"], "bitrix24-mail-mcp");
        list_and_call(&mut session, |request| request).await;
        assert_eq!(session.hang_up().await, (vec![], true), "{version}");
    }
}

#[tokio::test]
async fn the_revision_without_a_handshake_is_served_with_and_without_a_probe() {
    for probes in [true, false] {
        let mut session = demo();
        if probes {
            let discover = with_metadata(json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover"}));
            let answer = session.ask(discover).await;
            let versions = answer["result"]["supportedVersions"].as_array().unwrap();
            assert_eq!(versions.len(), 5, "{answer}");
        }
        list_and_call(&mut session, with_metadata).await;
        let list = session
            .ask(with_metadata(
                json!({"jsonrpc": "2.0", "id": 4, "method": "tools/list"}),
            ))
            .await;
        assert_eq!(list["result"]["ttlMs"], 3_600_000);
        assert_eq!(list["result"]["cacheScope"], "public");
        assert_eq!(
            list["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"],
            "bitrix24-mail-mcp"
        );
        assert!(session.hang_up().await.1);
    }
}

#[tokio::test]
async fn an_unknown_revision_gets_the_newest_that_has_a_handshake() {
    for version in ["2026-07-28", "2031-01-01", "1.0", ""] {
        let mut session = demo();
        assert_eq!(
            session.initialize(version).await["result"]["protocolVersion"],
            "2025-11-25",
            "{version}"
        );
        list_and_call(&mut session, |request| request).await;
    }
}

#[tokio::test]
async fn the_handshake_needs_no_credentials_and_no_portal() {
    for url in [
        "",
        "nonsense",
        "https://portal.invalid/rest/1/abc/",
        "http://portal.example/rest/1/abc/",
    ] {
        let mut command = program();
        command.env("BITRIX24_WEBHOOK_URL", url);
        let mut session = RawSession::start(command);
        assert_eq!(
            session.initialize("2025-11-25").await["result"]["protocolVersion"],
            "2025-11-25",
            "{url}"
        );
        let list = session
            .ask(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}))
            .await;
        assert_eq!(list["result"]["tools"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn nothing_is_asked_of_the_portal_before_the_first_call() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let mut session = session_with(&portal);
    session.initialize("2025-11-25").await;
    session
        .ask(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}))
        .await;
    assert!(session.hang_up().await.1);
    assert!(portal.requests().is_empty());
}

#[tokio::test]
async fn a_first_message_that_is_not_a_handshake_does_not_end_the_server() {
    for first in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/unheard-of","params":{"x":1}}"#,
        r#"{"jsonrpc":"2.0","id":77,"result":{}}"#,
        r#"{"jsonrpc":"2.0","id":77,"error":{"code":-32601,"message":"no"}}"#,
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#,
        "",
        "not json",
        "\u{feff}",
        "{\"jsonrpc\":\"2.0\"",
    ] {
        let mut session = demo();
        session.send_line(first).await;
        assert_eq!(
            session.initialize("2025-06-18").await["result"]["protocolVersion"],
            "2025-06-18",
            "{first}"
        );
        list_and_call(&mut session, |request| request).await;
    }
}

#[tokio::test]
async fn a_first_request_that_is_not_a_handshake_is_answered() {
    for (first, is_error) in [
        (json!({"jsonrpc": "2.0", "id": 9, "method": "ping"}), false),
        (json!({"jsonrpc": "2.0", "id": 9, "method": "tools/list"}), true),
        (json!({"jsonrpc": "2.0", "id": 9, "method": "unheard/of"}), true),
        (json!({"jsonrpc": "2.0", "id": 9, "method": "server/discover"}), true),
    ] {
        let mut session = demo();
        let answer = session.ask(first.clone()).await;
        assert_eq!(answer.get("error").is_some(), is_error, "{answer}");
        // A notification in between belongs to no session yet either.
        session
            .send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
        assert_eq!(
            session.initialize("2025-06-18").await["result"]["protocolVersion"],
            "2025-06-18",
            "{first}"
        );
    }
}

#[tokio::test]
async fn a_message_of_another_shape_gets_an_error_and_the_session_goes_on() {
    let mut session = demo();
    session.send_line(r#"[{"jsonrpc":"2.0"}]"#).await;
    assert_eq!(session.receive().await["error"]["code"], -32600);
    session.initialize("2025-11-25").await;
    list_and_call(&mut session, |request| request).await;
}

#[tokio::test]
async fn unknown_tools_and_methods_are_protocol_errors() {
    let mut session = demo();
    session.initialize("2025-11-25").await;
    let tool = session.ask(json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "send_mail"}}));
    let answer = tool.await;
    assert_eq!(answer["error"]["code"], -32602);
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("list_mail_contacts")
    );
    let answer = session
        .ask(json!({"jsonrpc": "2.0", "id": 6, "method": "prompts/get", "params": {"name": "x"}}))
        .await;
    assert_eq!(answer["error"]["code"], -32601);
}

/// rmcp alone would answer these with "method not found: tools/call".
#[tokio::test]
async fn arguments_that_are_no_object_are_understood_or_refused_with_advice() {
    for version in ["2025-06-18", "2026-07-28"] {
        let is_modern = version == "2026-07-28";
        let mut session = demo();
        if !is_modern {
            session.initialize(version).await;
        }
        let prepare = |request| if is_modern { with_metadata(request) } else { request };
        for arguments in [
            json!("{\"query\":\"client@example.com\"}"),
            json!({"query": "client@example.com"}),
        ] {
            let answer = session.ask(prepare(call(2, arguments))).await;
            assert_eq!(
                answer["result"]["structuredContent"]["contacts"][0]["id"], 10,
                "{answer}"
            );
            assert_eq!(answer["result"].get("resultType").is_some(), is_modern, "{answer}");
        }
        for arguments in [json!([]), json!(null), json!("{}"), json!("")] {
            let answer = session.ask(prepare(call(3, arguments.clone()))).await;
            let is_refused = arguments == "";
            assert_eq!(answer["result"]["isError"], is_refused, "{answer}");
        }
        for arguments in [json!("anna"), json!(["anna"]), json!(7), json!(true)] {
            let answer = session.ask(prepare(call(4, arguments))).await;
            let error = &answer["result"]["structuredContent"]["error"];
            assert_eq!(error["code"], "INVALID_ARGUMENTS", "{answer}");
            assert_eq!(error["validation"][0]["field"], "arguments", "{answer}");
        }
        for params in [json!({}), json!({"name": 5}), json!({"arguments": {}})] {
            let request = json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params});
            let answer = session.ask(prepare(request)).await;
            assert_eq!(answer["error"]["code"], -32602, "{answer}");
            assert!(
                answer["error"]["message"]
                    .as_str()
                    .unwrap()
                    .contains("list_mail_contacts"),
                "{answer}"
            );
        }
    }
}

#[tokio::test]
async fn the_end_of_input_ends_the_program() {
    assert_eq!(demo().hang_up().await, (vec![], true), "before the handshake");
    let mut session = demo();
    session.initialize("2025-11-25").await;
    assert_eq!(session.hang_up().await, (vec![], true), "after the handshake");
}

#[tokio::test]
async fn a_script_that_pipes_its_requests_gets_its_answers() {
    let mut session = demo();
    session.send(initialize("2025-11-25")).await;
    session.send(call(2, json!({"query": "client"}))).await;
    let (answers, ended_well) = session.hang_up().await;
    assert!(ended_well);
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[1]["result"]["structuredContent"]["page"]["returned"], 5);
}

#[tokio::test]
async fn a_call_that_still_runs_at_the_end_of_input_is_answered_as_cancelled() {
    let portal = hanging_portal().await;
    let mut session = session_with(&portal);
    session.initialize("2025-11-25").await;
    session.send(call(2, json!({}))).await;
    portal.wait_until(|portal| !portal.requests().is_empty()).await;
    let (answers, ended_well) = session.hang_up().await;
    assert!(ended_well);
    let result = &answers[0]["result"];
    assert_eq!(result["structuredContent"]["error"]["code"], "CANCELLED");
    assert!(result["content"][0]["text"].as_str().unwrap().contains("CANCELLED"));
    portal.wait_until(|portal| portal.abandoned() == 1).await;
}

#[tokio::test]
async fn a_cancelled_call_stops_its_request_in_every_revision() {
    for version in WITH_HANDSHAKE.iter().chain(&["2026-07-28"]) {
        let portal = hanging_portal().await;
        let mut session = session_with(&portal);
        let is_modern = *version == "2026-07-28";
        let request = call(2, json!({}));
        if is_modern {
            session.send(with_metadata(request)).await;
        } else {
            session.initialize(version).await;
            session.send(request).await;
        }
        portal.wait_until(|portal| portal.requests().len() == 1).await;
        assert_eq!(portal.abandoned(), 0);
        session
            .send(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}))
            .await;
        // Hangs here, and so fails, if the connection to the portal stays open.
        portal.wait_until(|portal| portal.abandoned() == 1).await;
        let ping = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/list"});
        let answer = session.ask(if is_modern { with_metadata(ping) } else { ping }).await;
        assert!(
            answer.get("result").is_some(),
            "the session goes on, and the cancelled call stays unanswered"
        );
    }
}
