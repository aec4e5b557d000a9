//! The limits of time, size and number over HTTP. A client above a limit gets an error, and other clients are not
//! affected.

use std::net::SocketAddr;
use std::time::Duration;

use bitrix24_mail_mcp::transports::http::{self, Limits};
use serde_json::json;
use tokio::time::Instant;

use crate::support::harness::{call, program};
use crate::support::http_client::{Connection, EventStream, Request, ask};
use crate::support::http_server::{InProcess, Program, look_up, unlimited, until};
use crate::support::legacy_sse::Session;

const SECOND: Duration = Duration::from_secs(1);

async fn assert_responsive(address: SocketAddr) {
    assert_eq!(ask(address, &Request::get("/healthz")).await.head.status, 200);
    let found = ask(address, &look_up(1, "client")).await.message();
    assert_eq!(found["result"]["structuredContent"]["page"]["returned"], 5);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_arrive_in_time_ends_the_connection() {
    let server = InProcess::with_limits(Limits::default()).await;
    for beginning in ["", "P", "POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: "] {
        let mut silent = Connection::open(server.address).await;
        silent.send(beginning.as_bytes()).await;
        let started = Instant::now();
        silent.is_closed().await;
        let waited = started.elapsed();
        assert!(
            (10 * SECOND..12 * SECOND).contains(&waited),
            "{beginning:?}: {waited:?}"
        );
    }
    // A byte now and then does not extend the time.
    let mut slow = Connection::open(server.address).await;
    slow.send(b"POST /mcp HTTP/1.1\r\nx-slow: ").await;
    let started = Instant::now();
    while slow.try_send(b"x").await {
        tokio::time::sleep(SECOND / 2).await;
    }
    assert!(started.elapsed() < 13 * SECOND, "{:?}", started.elapsed());
    assert_responsive(server.address).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_used_again_is_closed() {
    let server = InProcess::with_limits(Limits::default()).await;
    let mut idle = Connection::open(server.address).await;
    assert_eq!(idle.ask(&Request::get("/healthz")).await.head.status, 200);
    let started = Instant::now();
    assert!(idle.is_closed().await);
    assert!(started.elapsed() < 12 * SECOND, "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_in_time_is_refused() {
    let server = InProcess::with_limits(Limits::default()).await;
    for path in ["/mcp", "/messages?sessionId=none"] {
        let mut slow = Connection::open(server.address).await;
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n"
        );
        slow.send(head.as_bytes()).await;
        let started = Instant::now();
        let status = slow.answer().await.expect("an answer").head.status;
        if path == "/mcp" {
            assert_eq!(status, 408);
            assert!((15 * SECOND..17 * SECOND).contains(&started.elapsed()));
        } else {
            assert_eq!(status, 404, "the body of a message without a session is not read");
        }
    }
    assert_responsive(server.address).await;
}

#[tokio::test]
async fn heads_and_bodies_that_are_too_long_are_refused() {
    let server = InProcess::with_limits(Limits::default()).await;
    let long = "x".repeat(100 * 1024);
    let many = (0..150).fold(Request::get("/healthz"), |request, number| {
        request.header(&format!("x-{number}"), "1")
    });
    for request in [
        Request::get("/healthz").header("x-long", &long),
        Request::get(&format!("/healthz?{long}")),
        many,
    ] {
        let mut connection = Connection::open(server.address).await;
        connection.try_send(&request.bytes()).await;
        // The server may close the connection before the whole request was sent. Then no answer arrives.
        if let Some(head) = connection.head().await {
            assert!(matches!(head.status, 414 | 431), "{}", head.status);
        }
    }
    let limit = Limits::default().body_bytes;
    let padded = |length: usize| {
        let message = look_up(1, "client");
        let text = call(1, json!({"query": "client"})).to_string();
        message.body(text.clone() + &" ".repeat(length - text.len()))
    };
    assert_eq!(ask(server.address, &padded(limit)).await.head.status, 200);
    assert_eq!(ask(server.address, &padded(limit + 1)).await.head.status, 413);
    // Without a `Content-Length`, the limit is checked while the body arrives.
    let mut chunked = Connection::open(server.address).await;
    chunked
        .send(b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x1_0000));
    let mut sent = 0;
    while sent < 4 * limit && chunked.try_send(chunk.as_bytes()).await {
        sent += 0x1_0000;
    }
    if let Some(answer) = chunked.answer().await {
        assert_eq!(answer.head.status, 413);
    }
    assert_responsive(server.address).await;
}

#[tokio::test]
async fn a_body_without_a_message_gets_the_same_error_as_on_any_transport() {
    let server = InProcess::with_limits(Limits::default()).await;
    let deep = format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"ping\",\"params\":{}1{}}}",
        "[".repeat(300),
        "]".repeat(300)
    );
    for (body, status, code, id) in [
        ("{", 400, -32700, json!(null)),
        ("", 400, -32700, json!(null)),
        ("not json", 400, -32700, json!(null)),
        ("null", 400, -32600, json!(null)),
        (
            r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"#,
            400,
            -32700,
            json!(7),
        ),
        (deep.as_str(), 400, -32700, json!(6)),
        (r#"{"hello":"world"}"#, 400, -32600, json!(null)),
        (r#"{"jsonrpc":"2.0","id":8,"method":7}"#, 400, -32600, json!(8)),
        (
            r#"[{"jsonrpc":"2.0","id":9,"method":"ping"}]"#,
            400,
            -32600,
            json!(null),
        ),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, 400, -32600, json!(null)),
    ] {
        let answer = ask(server.address, &look_up(1, "x").body(body)).await;
        let message = answer.message();
        assert_eq!(answer.head.status, status, "{body}: {message}");
        assert_eq!(
            (&message["error"]["code"], &message["id"]),
            (&json!(code), &id),
            "{body}: {message}"
        );
    }
    let notification = look_up(1, "x").body(r#"{"jsonrpc":"2.0","method":"notifications/unheard-of"}"#);
    assert_eq!(ask(server.address, &notification).await.head.status, 202);
    // Half an emoji, as JSON.stringify writes it, and bytes that are not UTF-8.
    for query in [&br"Bloom \ud83c"[..], b"Bloom \xff"] {
        let text = call(5, json!({"query": "QUERY"})).to_string();
        let (before, after) = text.split_once("QUERY").unwrap();
        let body = [before.as_bytes(), query, after.as_bytes()].concat();
        let answer = ask(server.address, &look_up(5, "x").body(body)).await;
        assert_eq!(answer.message()["result"]["structuredContent"]["page"]["returned"], 0);
        let sent = server.portal.requests().pop().unwrap();
        assert!(String::from_utf8(sent.body).unwrap().contains("Bloom \u{fffd}"));
    }
}

#[tokio::test]
async fn calls_above_the_limit_get_503_on_every_route() {
    let server = InProcess::with_limits(Limits {
        running_calls: 3,
        ..Limits::default()
    })
    .await;
    let mut legacy = Session::begun(&server).await;
    server.portal.hold_answers();
    let mut json = Connection::open(server.address).await;
    json.send(&look_up(1, "json").bytes()).await;
    let as_stream = look_up(1, "stream").header("accept", "text/event-stream");
    let mut stream = EventStream::open(server.address, &as_stream).await.ok().unwrap();
    legacy.post(&server, &call(1, json!({"query": "legacy"}))).await;
    server.portal.wait_until(|portal| portal.request_count() == 3).await;

    for one_more in [
        look_up(3, "anna"),
        look_up(3, "anna").header("accept", "text/event-stream"),
        Request::post(&legacy.messages, &call(3, json!({"query": "anna"}))),
    ] {
        let answer = ask(server.address, &one_more).await;
        assert_eq!(
            (answer.head.status, answer.head.header("retry-after")),
            (503, Some("1"))
        );
        assert!(answer.body.contains("as many calls as it may"), "{}", answer.body);
    }
    assert_eq!(ask(server.address, &Request::get("/healthz")).await.head.status, 200);
    let metrics = ask(server.address, &Request::get("/metrics")).await.body;
    assert!(metrics.contains("mcp_running_calls 3\n"), "{metrics}");

    server.portal.release_answers();
    assert_eq!(json.answer().await.unwrap().head.status, 200);
    assert!(stream.next().await.is_some() && stream.next().await.is_none());
    legacy.next().await;
    assert_responsive(server.address).await;
}

#[tokio::test]
async fn connections_above_the_limit_are_closed() {
    let server = InProcess::with_limits(Limits {
        connections: 16,
        ..Limits::default()
    })
    .await;
    let mut open = Vec::new();
    for _ in 0..16 {
        let mut connection = Connection::open(server.address).await;
        assert_eq!(connection.ask(&Request::get("/healthz")).await.head.status, 200);
        open.push(connection);
    }
    assert!(Connection::open(server.address).await.is_closed().await);
    let metrics = open[0].ask(&Request::get("/metrics")).await.body;
    assert!(metrics.contains("http_connections 16\n") && metrics.contains("http_connections_refused_total 1\n"));
}

#[tokio::test]
async fn closing_the_connection_cancels_the_request_to_the_portal() {
    let server = InProcess::with_limits(Limits::default()).await;
    server.portal.hold_answers();
    for accept in ["application/json", "text/event-stream"] {
        let abandoned = server.portal.abandoned();
        let mut connection = Connection::open(server.address).await;
        connection
            .send(&look_up(1, accept).header("accept", accept).bytes())
            .await;
        let asked = server.portal.request_count();
        server
            .portal
            .wait_until(|portal| portal.request_count() > asked || portal.request_count() > abandoned)
            .await;
        drop(connection);
        server.portal.wait_until(|portal| portal.abandoned() > abandoned).await;
    }
    server.portal.release_answers();
    assert_responsive(server.address).await;
    let metrics = ask(server.address, &Request::get("/metrics")).await.body;
    assert!(metrics.contains("mcp_running_calls 0\n"), "{metrics}");
}

/// Over real sockets, with far more answers than their buffers hold.
#[tokio::test(start_paused = true)]
async fn the_connection_of_a_client_that_never_reads_is_closed() {
    let portal = unlimited(Some(200)).await;
    let server = InProcess::on(portal, http::Settings::default()).await;
    let mut unread = Connection::open(server.address).await;
    let request = Request::post("/mcp", &call(1, json!({"limit": 200})));
    let started = Instant::now();
    while unread.try_send(&request.bytes()).await {}
    assert!(started.elapsed() < 70 * SECOND, "{:?}", started.elapsed());
    assert_eq!(ask(server.address, &Request::get("/healthz")).await.head.status, 200);
}

/// In real time, since rmcp's keep-alive ignores the paused clock of a test.
#[tokio::test]
async fn a_silent_event_stream_is_kept_alive_by_comments() {
    let server = InProcess::with_limits(Limits {
        keep_alive: Duration::from_millis(1),
        ..Limits::default()
    })
    .await;
    server.portal.hold_answers();
    let request = look_up(1, "client").header("accept", "text/event-stream");
    let mut stream = EventStream::open(server.address, &request).await.ok().unwrap();
    stream.next_comment().await;
    server.portal.release_answers();
    assert!(stream.next().await.unwrap().data.contains("client@example.com"));
}

/// The test opens twice as many streams as the server allows.
#[tokio::test]
async fn with_thousands_of_idle_streams_the_server_stays_responsive_and_small() {
    const STREAMS: usize = 2000;
    let files = rlimit::increase_nofile_limit(STREAMS as u64 + 500).unwrap();
    assert!(
        files > STREAMS as u64 + 100,
        "this machine allows {files} open files only"
    );
    let mut command = program();
    command.arg("--demo");
    let server = Program::start_with_legacy_sse(command).await;
    let (mut open, mut refused) = (Vec::new(), 0);
    for _ in 0..STREAMS {
        match EventStream::open(server.address, &Request::get("/sse")).await {
            Ok(mut stream) => {
                assert_eq!(stream.next().await.unwrap().name.as_deref(), Some("endpoint"));
                open.push(stream);
            }
            Err(answer) => {
                assert_eq!(
                    (answer.head.status, answer.head.header("retry-after")),
                    (503, Some("30"))
                );
                refused += 1;
            }
        }
    }
    assert_eq!((open.len(), refused), (1000, STREAMS - 1000));
    assert_responsive(server.address).await;
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string(format!("/proc/{}/status", server.process.id().unwrap())).unwrap();
        let resident = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        let kilobytes: u64 = resident.split_whitespace().nth(1).unwrap().parse().unwrap();
        // This is an unoptimised build. A session takes about 80 kB, most of it for channels of rmcp.
        assert!(kilobytes < 250_000, "{resident}");
    }
    drop(open);
    until("their places are free again", async || {
        let metrics = ask(server.address, &Request::get("/metrics")).await.body;
        metrics.contains("mcp_legacy_sse_sessions 0\n")
    })
    .await;
}
