//! The operator's view of the HTTP server: health, readiness, metrics, the page, traces. None of these shows a secret.

use std::time::Duration;

use bitrix24_mail_mcp::demo::{CLIENT_SECRET, DemoPortal, FAULTS, SECRET, Settings};
use bitrix24_mail_mcp::portal::RateLimit;
use bitrix24_mail_mcp::transports::guard::{self, Token};
use bitrix24_mail_mcp::transports::http::{self, Limits};
use serde_json::{Value, json};

use crate::support::demo_in_process::portal_with_fault;
use crate::support::harness::{call, program, with_metadata};
use crate::support::http_client::{Answer, Connection, Request, ask};
use crate::support::http_server::{InProcess, Program, look_up};
use crate::support::secrets::assert_without;

async fn get(server: &InProcess, path: &str) -> Answer {
    ask(server.address, &Request::get(path)).await
}

async fn on(fault: &str) -> InProcess {
    InProcess::on(portal_with_fault(fault).await, http::Settings::default()).await
}

#[tokio::test(start_paused = true)]
async fn one_request_to_the_portal_answers_all_readiness_checks_for_a_while() {
    let server = InProcess::start(http::Settings::default()).await;
    let asks = async || {
        let answers = futures_util::future::join_all((0..10).map(|_| get(&server, "/readyz"))).await;
        for answer in answers {
            assert_eq!((answer.head.status, answer.body.as_str()), (200, r#"{"ready":true}"#));
        }
        server.portal.request_count()
    };
    assert_eq!(asks().await, 1);
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert_eq!(asks().await, 1);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(asks().await, 2);
    // The probe is the cheapest request.
    let sent: Value = serde_json::from_slice(&server.portal.requests()[0].body).unwrap();
    assert_eq!(sent["pagination"]["limit"], 1);
}

/// Kubernetes waits one second for the answer. The next request gets the result of a probe that took longer.
#[tokio::test]
async fn a_probe_outlives_its_caller_and_answers_the_next_one() {
    let server = InProcess::start(http::Settings::default()).await;
    server.portal.hold_answers();
    let mut impatient = Connection::open(server.address).await;
    impatient.send(&Request::get("/readyz").bytes()).await;
    server.portal.wait_until(|portal| portal.request_count() == 1).await;
    drop(impatient);
    // When a later request is answered, the server has noticed that the connection is closed.
    get(&server, "/healthz").await;
    server.portal.release_answers();
    assert_eq!(get(&server, "/readyz").await.head.status, 200);
    assert_eq!((server.portal.request_count(), server.portal.abandoned()), (1, 0));
}

#[tokio::test]
async fn with_a_portal_that_refuses_the_server_is_alive_and_not_ready() {
    let server = on("no-mail-scope").await;
    let answer = get(&server, "/readyz").await;
    assert_eq!(answer.head.status, 503);
    let code = &answer.message()["code"];
    assert!(code.as_str().unwrap().to_ascii_lowercase().contains("scope"), "{code}");
    assert!(!answer.message()["meaning"].as_str().unwrap().is_empty());
    assert_eq!(get(&server, "/healthz").await.body, r#"{"alive":true}"#);
}

#[tokio::test(start_paused = true)]
async fn a_probe_of_a_silent_portal_times_out() {
    let server = InProcess::start(http::Settings::default()).await;
    server.portal.hold_answers();
    let answer = get(&server, "/readyz").await;
    assert_eq!(
        (answer.head.status, &answer.message()["code"]),
        (503, &json!("TIMED_OUT"))
    );
    server.portal.release_answers();
    // A failure is kept for a shorter time than a success.
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(get(&server, "/readyz").await.head.status, 200);
}

#[tokio::test]
async fn without_credentials_the_server_is_alive_and_says_what_is_missing() {
    let server = Program::start(program()).await;
    let answer = ask(server.address, &Request::get("/readyz")).await;
    assert_eq!(
        (answer.head.status, &answer.message()["code"]),
        (503, &json!("NO_CREDENTIALS"))
    );
    assert_eq!(ask(server.address, &Request::get("/healthz")).await.head.status, 200);
    let found = ask(server.address, &look_up(1, "client")).await.message();
    assert_eq!(found["result"]["structuredContent"]["error"]["code"], "NO_CREDENTIALS");
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_is_ready() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let server = InProcess::on_with_rate(portal, http::Settings::default(), Some(RateLimit::default())).await;
    let look_ups = (0..200).map(|id| look_up(id, &format!("question {id}")));
    let look_ups: Vec<_> = look_ups
        .map(|request| async move { ask(server.address, &request).await })
        .collect();
    let ready = async {
        server.portal.wait_until(|portal| portal.request_count() >= 51).await;
        get(&server, "/readyz").await
    };
    let started = tokio::time::Instant::now();
    let (answers, (readiness, after)) = tokio::join!(futures_util::future::join_all(look_ups), async {
        let readiness = ready.await;
        (readiness, started.elapsed())
    });
    assert_eq!(
        (readiness.head.status, readiness.body.as_str()),
        (200, r#"{"ready":true}"#)
    );
    assert!(after < Duration::from_secs(5), "{after:?}");
    assert_eq!(answers.len(), 200);
}

#[tokio::test]
async fn the_page_shows_how_to_connect_and_loads_nothing() {
    let server = InProcess::with_limits(Limits::default()).await;
    let request = Request::get("/").header("host", "localhost:8024");
    let page = ask(server.address, &request).await;
    assert_eq!(page.head.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        page.head
            .header("content-security-policy")
            .unwrap()
            .starts_with("default-src 'none'")
    );
    for expected in [
        "The portal answers",
        "claude mcp add --transport http bitrix24-mail http://localhost:8024/mcp",
        "[mcp_servers.bitrix24-mail]",
        "claude mcp add --transport sse bitrix24-mail http://localhost:8024/sse",
        "deprecated",
    ] {
        assert!(page.body.contains(expected), "{expected} is not in {}", page.body);
    }
    for absent in [
        "<script",
        "src=",
        "@import",
        "url(",
        SECRET,
        "BITRIX24_MCP_HTTP_TOKEN",
        "http://localhost:8024/rest",
    ] {
        assert!(!page.body.contains(absent), "{absent} is in {}", page.body);
    }
    let failing = on("wrong-secret").await;
    let page = get(&failing, "/").await.body;
    assert!(
        page.contains("Look-ups do not work") && page.contains("doctor"),
        "{page}"
    );
    assert!(!page.contains("transport sse"), "{page}");
}

#[tokio::test]
async fn with_a_token_the_page_shows_where_to_set_it_and_never_the_token() {
    let token = "canary-t0ken-0123456789abcdef";
    let server = InProcess::start(http::Settings {
        guard: guard::Settings {
            token: Some(Token::from_text(token.into()).unwrap()),
            ..guard::Settings::default()
        },
        ..http::Settings::default()
    })
    .await;
    let request = Request::get("/").header("authorization", &format!("Bearer {token}"));
    let page = ask(server.address, &request).await.body;
    assert_eq!(
        page.matches("BITRIX24_MCP_HTTP_TOKEN").count(),
        5,
        "a sentence and four clients: {page}"
    );
    assert!(!page.contains("canary"));
    // Behind a proxy with TLS the page shows https.
    let secure = request.header("x-forwarded-proto", "https").header("host", "localhost");
    assert!(
        ask(server.address, &secure)
            .await
            .body
            .contains("https://localhost/mcp")
    );
}

#[tokio::test]
async fn a_trace_of_the_client_is_in_every_log_line_of_its_call() {
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    let mut command = program();
    command.args(["--demo", "-v", "--log-format", "json"]);
    let mut server = Program::start(command).await;
    let traced = |id: u32, traceparent: &str| {
        let mut message = with_metadata(call(id, json!({"query": format!("q{id}")})));
        message["params"]["_meta"]["traceparent"] = json!(traceparent);
        Request::post("/mcp", &message)
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", "list_mail_contacts")
    };
    let parent = "00f067aa0ba902b7";
    ask(server.address, &traced(1, &format!("00-{TRACE}-{parent}-01"))).await;
    ask(server.address, &traced(2, "00-canary\\nforged-01")).await;
    let _ = server.process.start_kill();
    let (_, log) = server.ended().await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered: Vec<_> = lines
        .iter()
        .filter(|line| line["message"] == "the portal answered")
        .collect();
    assert_eq!(answered.len(), 2, "{log}");
    assert_eq!(answered[0]["span"]["trace.id"], TRACE);
    assert_eq!(answered[0]["span"]["trace.parent_id"], parent);
    assert_eq!(answered[0]["span"]["mcp.tool"], "list_mail_contacts");
    assert_eq!(answered[1]["span"].get("trace.id"), None);
    assert!(!log.contains("canary") && !log.contains("\"q1\""), "{log}");
}

#[tokio::test]
async fn no_failure_shows_a_secret_on_any_route_or_in_the_log() {
    let token = "canary-t0ken-0123456789abcdef";
    for fault in FAULTS {
        let kind = if fault.needs_oauth { "--demo-oauth" } else { "--demo" };
        let mut command = program();
        command
            .args(["-vvv", kind, "--demo-fault", fault.name])
            .env("BITRIX24_TIMEOUT", "240ms")
            .env("BITRIX24_MCP_HTTP_TOKEN", token)
            .env("RUST_LOG", "trace");
        let mut server = Program::start(command).await;
        let bearer = |request: Request| request.header("authorization", &format!("Bearer {token}"));
        let mut seen = String::new();
        for request in [
            bearer(look_up(1, "zebra-query")),
            bearer(look_up(2, "zebra-query")).header("accept", "text/event-stream"),
            bearer(Request::get("/readyz")),
            bearer(Request::get("/metrics")),
            bearer(Request::get("/")),
            look_up(3, "zebra-query").header("authorization", "Bearer wrong"),
        ] {
            let answer = ask(server.address, &request).await;
            seen.push_str(&format!("{:?} {}\n", answer.head, answer.body));
        }
        let _ = server.process.start_kill();
        let (_, log) = server.ended().await;
        assert!(!log.contains("zebra"), "{}: the query is in the log\n{log}", fault.name);
        seen.push_str(&log);
        for secret in [SECRET, CLIENT_SECRET, token] {
            assert_without(secret, &seen, fault.name);
        }
        for token in ["dem0acc3ss", "dem0r3fr3sh"] {
            assert!(!seen.contains(token), "{}: {token} is in\n{seen}", fault.name);
        }
    }
}
