//! The handshake in five revisions, unexpected first messages, lines that cannot be read.

use bitrix24_mail_mcp::demo::{DemoPortal, Settings};
use serde_json::{Value, json};

use crate::support::harness::{RawSession, call, program, with_metadata};
use crate::support::revisions::{TOOLS, WITH_HANDSHAKE, demo, session_with, tool_names};

async fn list_and_call(session: &mut RawSession, prepare: impl Fn(Value) -> Value) {
    let list = session
        .ask(prepare(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})))
        .await;
    assert_eq!(tool_names(&list), TOOLS);
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
        assert_eq!(tool_names(&list), TOOLS);
    }
}

#[tokio::test]
async fn the_portal_gets_no_request_before_the_first_call() {
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
        // A notification before the handshake belongs to no session either.
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

/// Without a response the client would wait until its time-out.
#[tokio::test]
async fn an_unreadable_line_gets_an_error_and_the_session_continues() {
    let mut session = demo();
    session.initialize("2025-11-25").await;
    let deep = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"ping\",\"params\":{}1{}}}",
        "[".repeat(300),
        "]".repeat(300)
    );
    let long = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"{}\"}}",
        "x".repeat(5 * 1024 * 1024)
    );
    let many = format!("[{}5]", "5,".repeat(1_000_000));
    for (line, id, code) in [
        (
            r#"{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"#,
            json!(5),
            -32700,
        ),
        (
            r#"{"jsonrpc":"2.0","id":"a","method":"tools/list"}}"#,
            json!("a"),
            -32700,
        ),
        (deep.as_str(), json!(6), -32700),
        ("{", Value::Null, -32700),
        (r#"{"jsonrpc":"2.0","id":8,"method":7}"#, json!(8), -32600),
        (r#"{"hello":"world"}"#, Value::Null, -32600),
        (
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"id":5,"x":}},"id":77}"#,
            json!(77),
            -32700,
        ),
        (many.as_str(), Value::Null, -32600),
        ("[]", Value::Null, -32600),
        ("[1]", Value::Null, -32600),
        (long.as_str(), json!(7), -32600),
    ] {
        session.send_line(line).await;
        let answer = session.receive().await;
        assert_eq!(
            (&answer["error"]["code"], &answer["id"]),
            (&json!(code), &id),
            "{answer}"
        );
    }
    for ignored in [
        "",
        "  ",
        "not json",
        r#"{"jsonrpc":"2.0","method":"window/logMessage","params":{}}"#,
    ] {
        session.send_line(ignored).await;
    }
    list_and_call(&mut session, |request| request).await;
}

/// `JSON.stringify` writes half an emoji as a lone surrogate. An assistant that cuts a name may leave half an emoji.
#[tokio::test]
async fn a_lone_surrogate_in_a_query_becomes_the_replacement_character() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let mut session = session_with(&portal);
    session.initialize("2025-11-25").await;
    session
        .send_line(r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"list_mail_contacts","arguments":{"query":"Bloom \ud83c"}}}"#)
        .await;
    assert_eq!(
        session.receive().await["result"]["structuredContent"]["page"]["returned"],
        0
    );
    let sent: Value = serde_json::from_slice(&portal.requests()[0].body).unwrap();
    assert_eq!(sent["query"], "Bloom \u{fffd}");
}

/// Revision 2025-03-26 obliges a server to accept batches.
#[tokio::test]
async fn each_message_of_a_batch_is_answered() {
    let mut session = demo();
    session.initialize("2025-03-26").await;
    let ping = |id: u32| json!({"jsonrpc": "2.0", "id": id, "method": "ping"});
    session
        .send(json!([ping(2), {"jsonrpc": "2.0", "method": "notifications/initialized"}, ping(3), 5, ping(4)]))
        .await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(session.receive().await["id"].as_u64());
    }
    ids.sort_unstable();
    assert_eq!(ids, [None, Some(2), Some(3), Some(4)]);
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
        .ask(json!({"jsonrpc": "2.0", "id": 6, "method": "logging/setLevel", "params": {"level": "info"}}))
        .await;
    assert_eq!(answer["error"]["code"], -32601);
    let answer = session
        .ask(json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list", "params": {"cursor": "x"}}))
        .await;
    assert_eq!(answer["error"]["code"], -32602);
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
