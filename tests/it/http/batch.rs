//! Batches of messages over HTTP, which revisions up to 2025-03-26 have.

use bitrix24_mail_mcp::transports::guard::{self, CallerLimit, Token};
use bitrix24_mail_mcp::transports::http::{self, Limits};
use serde_json::{Value, json};

use crate::support::harness::{initialize, with_metadata};
use crate::support::http_client::{Answer, Connection, Request, ask};
use crate::support::http_server::{InProcess, call, until};

fn ping(id: u32) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "ping"})
}

fn batch(messages: &Value) -> Request {
    Request::post("/mcp", messages).header("accept", "application/json, text/event-stream")
}

fn ids(answer: &Answer) -> Vec<Value> {
    let answers = answer.message();
    let answers = answers
        .as_array()
        .unwrap_or_else(|| panic!("no array: {}", answer.body));
    answers.iter().map(|answer| answer["id"].clone()).collect()
}

fn initialized() -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/initialized"})
}

#[tokio::test]
async fn every_request_of_a_batch_is_answered_in_one_array() {
    let server = InProcess::start(http::Settings::default()).await;
    let response = json!({"jsonrpc": "2.0", "id": 90, "result": {}});
    let messages = json!([
        initialized(),
        call(1, "client"),
        response,
        {"jsonrpc": "2.0", "id": "two", "method": "tools/list"},
        {"jsonrpc": "2.0", "id": 3, "method": "no/such/method"},
        7,
        {"jsonrpc": "2.0", "id": 1.5, "method": "ping"},
        ping(4),
    ]);
    for revision in [None, Some("2025-03-26"), Some("2024-11-05")] {
        for accept in [
            "application/json, text/event-stream",
            "application/json",
            "text/event-stream",
        ] {
            let mut request = batch(&messages).header("accept", accept);
            if let Some(revision) = revision {
                request = request.header("mcp-protocol-version", revision);
            }
            let answer = ask(server.address, &request).await;
            assert_eq!(answer.head.status, 200, "{}", answer.body);
            let kind = if accept == "text/event-stream" {
                accept
            } else {
                "application/json"
            };
            assert_eq!(answer.head.header("content-type"), Some(kind));
            let expected = [json!(1), json!("two"), json!(3), Value::Null, json!(1.5), json!(4)];
            assert_eq!(ids(&answer), expected, "{}", answer.body);
            let answers = answer.message();
            assert_eq!(answers[0]["result"]["structuredContent"]["page"]["returned"], 5);
            assert!(answers[1]["result"]["tools"].is_array());
            let codes = [2, 3, 4].map(|at: usize| answers[at]["error"]["code"].clone());
            assert_eq!(codes, [json!(-32601), json!(-32600), json!(-32600)]);
            assert_eq!(answers[5]["result"], json!({}));
        }
    }
}

#[tokio::test]
async fn a_batch_without_requests_is_accepted_and_has_no_answer() {
    let server = InProcess::start(http::Settings::default()).await;
    let error = json!({"jsonrpc": "2.0", "id": 8, "error": {"code": -1, "message": "no"}});
    for accept in ["application/json", "text/event-stream"] {
        let request = batch(&json!([initialized(), error, {"jsonrpc": "2.0", "id": 9, "result": {}}]));
        let answer = ask(server.address, &request.header("accept", accept)).await;
        assert_eq!((answer.head.status, answer.body.as_str()), (202, ""));
    }
}

#[tokio::test]
async fn revisions_without_batches_refuse_them() {
    let server = InProcess::start(http::Settings::default()).await;
    for revision in ["2025-06-18", "2025-11-25", "2026-07-28", "1999-01-01"] {
        let request = batch(&json!([ping(1)])).header("mcp-protocol-version", revision);
        let answer = ask(server.address, &request).await;
        let error = &answer.message()["error"];
        assert_eq!(
            (answer.head.status, &error["code"]),
            (400, &json!(-32600)),
            "{revision}: {error}"
        );
        assert!(error["message"].as_str().unwrap().contains("2025-03-26"), "{error}");
    }
}

#[tokio::test]
async fn an_array_that_is_no_valid_batch_is_refused_as_a_whole() {
    let server = InProcess::start(http::Settings::default()).await;
    let pings = |count: u32| json!((0..count).map(ping).collect::<Vec<_>>()).to_string();
    for (body, code) in [
        ("[]".to_owned(), -32600),
        ("[ \n ]".to_owned(), -32600),
        (pings(51), -32600),
        (format!("[{}]", vec!["5"; 60_000].join(",")), -32600),
        ("[".to_owned(), -32700),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}"#.to_owned(), -32700),
    ] {
        let answer = ask(server.address, &batch(&Value::Null).body(body.clone())).await;
        let message = answer.message();
        let is_refused = answer.head.status == 400 && message["error"]["code"] == code && message.get("id").is_none();
        assert!(
            is_refused,
            "{} {}: {message}",
            &body[..body.len().min(60)],
            answer.head.status
        );
    }
    let answer = ask(server.address, &batch(&Value::Null).body(pings(50))).await;
    assert_eq!(ids(&answer).len(), 50);
}

/// Revision 2025-03-26 forbids the handshake in a batch.
#[tokio::test]
async fn a_handshake_in_a_batch_is_refused_and_the_rest_is_answered() {
    let server = InProcess::start(http::Settings::default()).await;
    let discover = with_metadata(json!({"jsonrpc": "2.0", "id": 2, "method": "server/discover"}));
    let messages = json!([initialize("2025-03-26"), discover, ping(3)]);
    let answers = ask(server.address, &batch(&messages)).await.message();
    for at in [0, 1] {
        assert_eq!(answers[at]["error"]["code"], -32600, "{answers}");
        assert!(
            answers[at]["error"]["message"]
                .as_str()
                .unwrap()
                .contains("`initialize`"),
            "{answers}"
        );
    }
    assert_eq!(answers[2]["result"], json!({}));
}

#[tokio::test]
async fn the_calls_of_a_batch_run_together_and_each_counts_as_running() {
    let limits = Limits {
        running_calls: 3,
        ..Limits::default()
    };
    let server = InProcess::with_limits(limits).await;
    server.portal.hold_answers();
    let messages: Vec<_> = (0..5).map(|id| call(id, &format!("client{id}"))).collect();
    let mut connection = Connection::open(server.address).await;
    connection.send(&batch(&json!(messages)).bytes()).await;
    server.portal.wait_until(|portal| portal.request_count() == 3).await;
    let other = ask(server.address, &batch(&ping(9))).await;
    assert_eq!(other.head.status, 503, "{}", other.body);
    server.portal.release_answers();
    let answers = connection.answer().await.unwrap();
    assert_eq!(ids(&answers), [0, 1, 2, 3, 4].map(Value::from));
    let answers = answers.message();
    for at in 0..5 {
        assert_eq!(answers[at].get("error").is_some(), at >= 3, "{answers}");
    }
    until("the calls are over", async || {
        ask(server.address, &batch(&ping(9))).await.head.status == 200
    })
    .await;
}

/// Otherwise a batch could keep any number of finished answers while one call waits.
#[tokio::test]
async fn each_call_of_a_batch_counts_as_running_until_the_last_is_answered() {
    let limits = Limits {
        running_calls: 3,
        ..Limits::default()
    };
    let server = InProcess::with_limits(limits).await;
    server.portal.hold_answers();
    let mut connection = Connection::open(server.address).await;
    let messages = json!([ping(1), call(2, "client"), ping(3)]);
    connection.send(&batch(&messages).bytes()).await;
    server.portal.wait_until(|portal| portal.request_count() == 1).await;
    let other = ask(server.address, &batch(&ping(9))).await;
    assert_eq!(other.head.status, 503, "{}", other.body);
    server.portal.release_answers();
    assert_eq!(ids(&connection.answer().await.unwrap()), [1, 2, 3].map(Value::from));
}

#[tokio::test]
async fn answers_above_the_byte_limit_of_a_batch_are_errors() {
    let limits = Limits {
        batch_answer_bytes: 100 * 1024,
        ..Limits::default()
    };
    let server = InProcess::with_limits(limits).await;
    let page = |id: u32| {
        let arguments = json!({"limit": 50});
        json!({"jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": {"name": "list_mail_contacts", "arguments": arguments}})
    };
    let messages: Vec<_> = (0..50).map(page).collect();
    let answer = ask(server.address, &batch(&json!(messages))).await;
    assert_eq!(ids(&answer).len(), 50);
    assert!(answer.body.len() < 100 * 1024 + 50 * 200, "{}", answer.body.len());
    let answers = answer.message();
    let is_refused = |at: usize| {
        let problem = answers[at]["error"]["message"].as_str().unwrap_or_default();
        problem.contains("100 KiB")
    };
    let refused = (0..50).filter(|at| is_refused(*at)).count();
    assert!((1..50).contains(&refused), "{refused} of {}", answer.body.len());
}

#[tokio::test]
async fn refusals_inside_a_batch_are_counted_by_their_reasons() {
    let limits = Limits {
        running_calls: 2,
        ..Limits::default()
    };
    let server = InProcess::with_limits(limits).await;
    let messages = json!([ping(1), ping(2), ping(3), ping(4), 7, {"jsonrpc": "2.0", "id": 1.5, "method": "ping"}]);
    ask(server.address, &batch(&messages)).await;
    let metrics = ask(server.address, &Request::get("/metrics")).await.body;
    for line in [
        r#"http_refused_total{reason="too_many_calls"} 2"#,
        r#"http_refused_total{reason="unreadable_body"} 2"#,
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
}

#[tokio::test]
async fn closing_the_connection_cancels_all_calls_of_its_batch() {
    let server = InProcess::start(http::Settings::default()).await;
    server.portal.hold_answers();
    let mut connection = Connection::open(server.address).await;
    let messages = json!([call(1, "anna"), call(2, "boris")]);
    connection.send(&batch(&messages).bytes()).await;
    server.portal.wait_until(|portal| portal.request_count() == 2).await;
    drop(connection);
    server.portal.wait_until(|portal| portal.abandoned() == 2).await;
}

/// Otherwise a batch would count as one call, whatever the number of its messages.
#[tokio::test]
async fn each_call_of_a_batch_counts_for_its_caller() {
    let caller_limit = CallerLimit {
        per_second: 1.0,
        burst: 10,
        limits_loopback: true,
    };
    let server = InProcess::start(http::Settings {
        guard: guard::Settings {
            token: Some(Token::from_text("0123456789abcdef0123456789abcdef".into()).unwrap()),
            caller_limit: Some(caller_limit),
            ..guard::Settings::default()
        },
        ..http::Settings::default()
    })
    .await;
    let messages: Vec<_> = (0..20).map(ping).collect();
    // The caller is another machine, behind a local proxy.
    let request = batch(&json!(messages))
        .header("authorization", "Bearer 0123456789abcdef0123456789abcdef")
        .header("x-forwarded-for", "192.0.2.7");
    let answers = ask(server.address, &request).await.message();
    let refused = (0..20).filter(|at| answers[*at].get("error").is_some()).count();
    assert_eq!(refused, 10, "{answers}");
}
