//! Bodies over HTTP: the memory that they share, one caller's part of it, and the headers that are accepted.

use std::net::SocketAddr;

use bitrix24_mail_mcp::transports::guard::{self, CallerLimit, Token};
use bitrix24_mail_mcp::transports::http::{self, Limits};
use serde_json::{Value, json};

use crate::support::harness::call;
use crate::support::http_client::{Answer, Connection, Request, ask};
use crate::support::http_server::{InProcess, look_up, until};
use crate::support::legacy_sse::Session;

const TOKEN: &str = "canary-t0ken-0123456789abcdef";

/// A server behind a local proxy, so that the tests can send requests of several callers.
async fn server(limits: Limits) -> InProcess {
    InProcess::start(http::Settings {
        guard: guard::Settings {
            token: Some(Token::from_text(TOKEN.into()).unwrap()),
            caller_limit: Some(CallerLimit {
                per_second: 1000.0,
                burst: 10_000,
                limits_loopback: false,
            }),
            ..guard::Settings::default()
        },
        legacy_sse: true,
        limits,
        ..http::Settings::default()
    })
    .await
}

/// The request with the token, from caller 192.0.2.`caller`; `caller` 0 is a local program.
fn from(caller: u8, request: Request) -> Request {
    let request = request.header("authorization", &format!("Bearer {TOKEN}"));
    if caller == 0 {
        request
    } else {
        request.header("x-forwarded-for", &format!("192.0.2.{caller}"))
    }
}

/// A look-up whose body is padded to `length`.
fn padded(length: usize) -> Request {
    let text = call(1, json!({"query": "client"})).to_string();
    look_up(1, "client").body(text.clone() + &" ".repeat(length - text.len()))
}

/// Sends all of a request but its last byte.
async fn send_all_but_the_last_byte(address: SocketAddr, request: &Request) -> Connection {
    let mut connection = Connection::open(address).await;
    let bytes = request.bytes();
    connection.send(&bytes[..bytes.len() - 1]).await;
    connection
}

async fn metric(address: SocketAddr, name: &str) -> u64 {
    let metrics = ask(address, &from(0, Request::get("/metrics"))).await.body;
    let mut lines = metrics.lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap().parse().unwrap()
}

fn refusal(answer: &Answer) -> (u16, Option<&str>, bool) {
    let is_of_one_caller = answer.body.contains("your address");
    (answer.head.status, answer.head.header("retry-after"), is_of_one_caller)
}

const KIB: usize = 1024;

#[tokio::test]
async fn one_caller_cannot_fill_the_memory_for_bodies() {
    for caller in [0, 1] {
        let server = server(Limits::default()).await;
        let whole = padded(128 * KIB);
        let mut slow = Vec::new();
        // The first 8 KiB of a body do not count, so 68 of these bodies count as 8 MiB.
        for _ in 0..60 {
            slow.push(send_all_but_the_last_byte(server.address, &from(caller, whole.clone())).await);
        }
        until("they arrive", async || {
            metric(server.address, "http_body_bytes").await == 60 * (128 * KIB as u64 - 1)
        })
        .await;
        assert_eq!(
            metric(server.address, "mcp_running_calls").await,
            0,
            "they take no places of running calls"
        );
        for _ in 0..40 {
            slow.push(send_all_but_the_last_byte(server.address, &from(caller, whole.clone())).await);
        }
        // A caller above its part of the memory is refused immediately.
        let refused = ask(server.address, &from(caller, whole.clone())).await;
        assert_eq!(refusal(&refused), (429, Some("1"), true), "{caller}: {}", refused.body);
        let held = metric(server.address, "http_body_bytes").await;
        assert!(held < 10 << 20, "{held}");
        for (other, request) in [(2, whole.clone()), (2, padded(500)), (caller, padded(4_000))] {
            let answer = ask(server.address, &from(other, request)).await;
            assert_eq!(answer.head.status, 200, "{caller} and {other}: {}", answer.body);
        }
        drop(slow);
        until("the memory is free again", async || {
            ask(server.address, &from(caller, whole.clone())).await.head.status == 200
        })
        .await;
        until("nothing is held", async || {
            metric(server.address, "http_body_bytes").await == 0
        })
        .await;
    }
}

/// The same over the transport of 2024-11-05, whose messages have their own route.
#[tokio::test]
async fn one_caller_cannot_fill_the_memory_over_the_old_transport() {
    let limits = Limits {
        all_bodies_bytes: 8 * 100_000,
        body_bytes: 100_000,
        ..Limits::default()
    };
    let server = InProcess::with_limits(limits).await;
    let mut session = Session::begun(&server).await;
    let text = call(1, json!({"query": "client"})).to_string();
    let padding = " ".repeat(90_000 - text.len());
    let message = Request::post(&session.messages, &Value::Null).body(text + &padding);
    let slow = send_all_but_the_last_byte(server.address, &message).await;
    let held = async || {
        let metrics = ask(server.address, &Request::get("/metrics")).await.body;
        metrics.contains("http_body_bytes 89999\n")
    };
    until("it arrives", held).await;
    let refused = ask(server.address, &message).await;
    assert_eq!(refusal(&refused), (429, Some("1"), true), "{}", refused.body);
    session.post(&server, &call(2, json!({"query": "client"}))).await;
    assert_eq!(session.next().await["id"], 2);
    drop(slow);
}

/// Small bodies that never end use little memory, so their number is limited too.
#[tokio::test]
async fn one_caller_may_send_as_many_bodies_at_once_as_calls_may_run() {
    let server = server(Limits {
        running_calls: 4,
        ..Limits::default()
    })
    .await;
    let mut slow = Vec::new();
    for _ in 0..4 {
        slow.push(send_all_but_the_last_byte(server.address, &from(0, look_up(1, "client"))).await);
    }
    until("the fifth is refused", async || {
        refusal(&ask(server.address, &from(0, look_up(1, "client"))).await) == (429, Some("1"), true)
    })
    .await;
    let other = ask(server.address, &from(1, look_up(1, "client"))).await;
    assert_eq!(other.head.status, 200, "{}", other.body);
    slow[0].send(b"}").await;
    assert_eq!(slow[0].answer().await.unwrap().head.status, 200);
    assert_eq!(
        ask(server.address, &from(0, look_up(1, "client"))).await.head.status,
        200
    );
}

#[tokio::test]
async fn a_call_without_a_free_place_is_refused_before_its_body_is_sent() {
    let server = server(Limits {
        running_calls: 1,
        ..Limits::default()
    })
    .await;
    server.portal.hold_answers();
    let mut running = Connection::open(server.address).await;
    running.send(&from(1, look_up(1, "client")).bytes()).await;
    server.portal.wait_until(|portal| portal.request_count() == 1).await;
    let mut refused = send_all_but_the_last_byte(server.address, &from(2, padded(100 * KIB))).await;
    assert_eq!(refused.answer().await.unwrap().head.status, 503);
    server.portal.release_answers();
    assert_eq!(running.answer().await.unwrap().head.status, 200);
}

/// Bytes count when they arrive: a large `Content-Length` reserves nothing.
#[tokio::test]
async fn all_bodies_that_are_received_share_a_limited_memory() {
    let server = server(Limits {
        all_bodies_bytes: 320_000,
        ..Limits::default()
    })
    .await;
    let whole = padded(120_000);
    let head = whole.bytes().len() - 120_000;
    let mut barely_begun = Vec::new();
    for caller in 1..=3 {
        let mut connection = Connection::open(server.address).await;
        let bytes = from(caller, whole.clone()).bytes();
        connection.send(&bytes[..head + 1000]).await;
        barely_begun.push(connection);
    }
    assert_eq!(ask(server.address, &from(4, whole.clone())).await.head.status, 200);
    let slow = [
        send_all_but_the_last_byte(server.address, &from(1, whole.clone())).await,
        send_all_but_the_last_byte(server.address, &from(2, whole.clone())).await,
    ];
    until("239,998 bytes arrive", async || {
        metric(server.address, "http_body_bytes").await >= 239_998
    })
    .await;
    let refused = ask(server.address, &from(3, whole.clone())).await;
    assert_eq!(refusal(&refused), (503, Some("1"), false));
    assert!(
        refused.body.contains("receiving as many bytes as it may hold"),
        "{}",
        refused.body
    );
    assert_eq!(
        ask(server.address, &from(3, look_up(1, "client"))).await.head.status,
        200
    );
    drop((slow, barely_begun));
    until("their memory is free again", async || {
        ask(server.address, &from(3, whole.clone())).await.head.status == 200
    })
    .await;
}

#[tokio::test]
async fn a_compressed_body_or_one_in_another_charset_is_refused_with_the_reason() {
    let server = InProcess::with_limits(Limits::default()).await;
    let session = Session::begun(&server).await;
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    for path in ["/mcp", &session.messages] {
        for (name, value, status, part) in [
            ("content-encoding", "gzip", 415, Some("without Content-Encoding")),
            ("content-encoding", "BR", 415, Some("without Content-Encoding")),
            (
                "content-encoding",
                "identity, deflate",
                415,
                Some("without Content-Encoding"),
            ),
            ("content-encoding", "aes128gcm", 415, Some("without Content-Encoding")),
            ("content-encoding", "Identity", 200, None),
            ("content-encoding", "", 200, None),
            ("content-type", "application/json; charset=utf-16", 415, Some("UTF-8")),
            (
                "content-type",
                "application/json; charset=\"UTF-16LE\"",
                415,
                Some("UTF-8"),
            ),
            ("content-type", "application/json;charset=UTF-8", 200, None),
            ("content-type", "APPLICATION/JSON ; charset=\"utf8\"", 200, None),
            ("content-type", "application/json-rpc", 200, None),
            ("content-type", "application/jsonrequest; x=y", 200, None),
            // A web page may send these types without a preflight request.
            (
                "content-type",
                "text/plain; charset=application/json",
                415,
                Some("Content-Type"),
            ),
            ("content-type", "text/plain;application/json", 415, Some("Content-Type")),
        ] {
            let answer = ask(server.address, &Request::post(path, &ping).header(name, value)).await;
            let status = if path == "/mcp" || status != 200 { status } else { 202 };
            assert_eq!(answer.head.status, status, "{path} {name}: {value}: {}", answer.body);
            assert!(part.is_none_or(|part| answer.body.contains(part)), "{}", answer.body);
            let accepted = answer.head.header("accept-encoding");
            let is_compressed = name == "content-encoding" && status == 415;
            assert_eq!(accepted, is_compressed.then_some("identity"), "{name}: {value}");
        }
    }
    let mut compressed = Connection::open(server.address).await;
    compressed
        .send(b"POST /mcp HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n")
        .await;
    let answer = compressed.answer().await.unwrap();
    assert_eq!(answer.head.status, 501);
    assert!(answer.body.contains("Transfer-Encoding"), "{}", answer.body);
}
