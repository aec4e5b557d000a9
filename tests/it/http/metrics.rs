//! The metrics of the HTTP server: calls, sources of answers, waiting times.

use std::time::Duration;

use bitrix24_mail_mcp::demo::{DemoPortal, SECRET, Settings};
use bitrix24_mail_mcp::transports::http::Limits;
use serde_json::json;

use crate::support::demo_in_process::portal_with_fault;
use crate::support::harness::{call, program};
use crate::support::http_client::{Request, ask};
use crate::support::http_server::{InProcess, Program, look_up};

/// The longest wait for the calls of a test.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn metrics_count_calls_by_tool_and_outcome_and_hold_no_contents() {
    let server = InProcess::with_limits(Limits::default()).await;
    for request in [
        look_up(1, "zebra-query"),
        look_up(2, "client"),
        Request::post("/mcp", &call(3, json!({"limit": "zebra"}))),
        Request::post("/mcp", &call(4, json!({"zebra": 1}))),
        Request::get("/zebra"),
        Request::get("/healthz").header("origin", "http://zebra.example"),
        Request::post(
            "/mcp",
            &json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "zebra"}}),
        ),
        Request::post("/mcp", &json!({"jsonrpc": "2.0", "id": 6, "method": "zebra/list"})),
    ] {
        ask(server.address, &request).await;
    }
    let answer = ask(server.address, &Request::get("/metrics")).await;
    assert_eq!(
        answer.head.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    for line in [
        r#"mcp_tool_calls_total{tool="list_mail_contacts",outcome="ok"} 2"#,
        r#"mcp_tool_calls_total{tool="list_mail_contacts",outcome="BITRIX_REST_V3_EXCEPTION_INVALIDPAGINATIONEXCEPTION"} 1"#,
        r#"mcp_tool_calls_total{tool="list_mail_contacts",outcome="INVALID_ARGUMENTS"} 1"#,
        r#"mcp_tool_call_duration_seconds_count{tool="list_mail_contacts"} 4"#,
        r#"bitrix24_portal_request_duration_seconds_count{method="mail.recipient.listcontacts",outcome="answered"} 2"#,
        r#"bitrix24_look_ups_total{from="portal"} 2"#,
        r#"http_requests_total{route="/mcp",status="2xx"} 6"#,
        r#"http_requests_total{route="other",status="4xx"} 1"#,
        r#"http_refused_total{reason="foreign_origin"} 1"#,
        "mcp_running_calls 0",
        "# EOF",
    ] {
        assert!(
            answer.body.lines().any(|known| known == line),
            "{line} is not in\n{}",
            answer.body
        );
    }
    for canary in ["zebra", "client@example.com", "127.0.0.1", SECRET] {
        assert!(!answer.body.contains(canary), "{canary} is in\n{}", answer.body);
    }
}

/// The value of one metric.
fn metric(metrics: &str, name: &str) -> f64 {
    let value = metrics
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value
        .unwrap_or_else(|| panic!("{name} is not in\n{metrics}"))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn sources_of_answers_and_waiting_times_are_counted() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let start = async |rate_limit: &str| {
        let mut command = program();
        command
            .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap())
            .env("BITRIX24_RATE_LIMIT", rate_limit);
        Program::start(command).await
    };
    let server = start("off").await;
    for query in ["client", "client", "anna"] {
        ask(server.address, &look_up(1, query)).await;
    }
    portal.hold_answers();
    let asked = portal.request_count();
    let equal_look_ups = async {
        let one = look_up(1, "ivan");
        tokio::join!(ask(server.address, &one), ask(server.address, &one))
    };
    let release = async {
        portal.wait_until(|portal| portal.request_count() > asked).await;
        // The second look-up is counted as soon as it joins the first.
        while !ask(server.address, &Request::get("/metrics"))
            .await
            .body
            .contains("under_way")
        {}
        portal.release_answers();
    };
    let both = async { tokio::join!(equal_look_ups, release) };
    tokio::time::timeout(PATIENCE, both)
        .await
        .expect("two equal look-ups share one request");
    let metrics = ask(server.address, &Request::get("/metrics")).await.body;
    for (from, count) in [("kept", 1.0), ("under_way", 1.0), ("portal", 3.0)] {
        assert_eq!(
            metric(&metrics, &format!("bitrix24_look_ups_total{{from=\"{from}\"}}")),
            count
        );
    }
    assert!(metric(&metrics, "http_connections") >= 1.0);

    // The rate limit allows one request each half second. A look-up that would have to wait is answered from the whole
    // address book.
    let server = start("2/1").await;
    for query in ["client", "anna", "ivan"] {
        ask(server.address, &look_up(1, query)).await;
    }
    let metrics = ask(server.address, &Request::get("/metrics")).await.body;
    let [by_book, by_portal] =
        ["book", "portal"].map(|from| metric(&metrics, &format!("bitrix24_look_ups_total{{from=\"{from}\"}}")));
    assert!(by_book >= 1.0 && by_book + by_portal == 3.0, "{metrics}");
    assert_eq!(metric(&metrics, "bitrix24_books"), 1.0);
    assert!(metric(&metrics, "bitrix24_book_contacts") > 50.0);
    assert!(metric(&metrics, r#"bitrix24_portal_waited_seconds_total{for="limit"}"#) > 0.02);
}

#[tokio::test]
async fn waits_before_another_attempt_are_counted() {
    let portal = portal_with_fault("throttle-twice").await;
    let mut command = program();
    command
        .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap())
        // The pause between two attempts depends on this rate.
        .env("BITRIX24_RATE_LIMIT", "1000/1000");
    let server = Program::start(command).await;
    let found = ask(server.address, &look_up(1, "client")).await.message();
    assert_eq!(found["result"]["isError"], false, "{found}");
    let metrics = ask(server.address, &Request::get("/metrics")).await.body;
    assert!(metric(&metrics, r#"bitrix24_portal_waited_seconds_total{for="retry"}"#) > 0.0);
}

#[tokio::test]
async fn refreshed_tokens_and_failed_requests_are_counted() {
    let mut command = program();
    command.args(["--demo-oauth", "--demo-fault", "expired-token"]);
    let server = Program::start(command).await;
    ask(server.address, &look_up(1, "client")).await;
    let metrics = ask(server.address, &Request::get("/metrics")).await.body;
    assert!(metrics.contains("bitrix24_tokens_refreshed_total 1\n"), "{metrics}");
    assert!(metrics.contains(r#"outcome="failed"} 1"#), "{metrics}");
}
