//! The transport of 2024-11-05: sessions, their ids, how they end, and their limits.

use std::collections::HashSet;
use std::time::Duration;

use bitrix24_mail_mcp::transports::http::{self, Limits};
use serde_json::json;
use tokio::time::Instant;

use crate::support::harness::{call, initialize};
use crate::support::http_client::{EventStream, Request, ask};
use crate::support::http_server::{InProcess, unlimited, until};
use crate::support::legacy_sse::Session;

async fn server() -> InProcess {
    InProcess::with_limits(Limits::default()).await
}

#[tokio::test]
async fn each_id_is_random_and_belongs_to_one_session() {
    let server = server().await;
    let mut addresses = HashSet::new();
    for _ in 0..50 {
        let session = Session::open(&server).await;
        let id = session.messages.strip_prefix("/messages?sessionId=").unwrap();
        // A random UUID has 122 bits from the system's random source.
        assert_eq!((id.len(), &id[14..15]), (36, "4"), "{id}");
        addresses.insert(session.messages.clone());
    }
    assert_eq!(addresses.len(), 50);
    let mut one = Session::begun(&server).await;
    let mut other = Session::begun(&server).await;
    one.post(&server, &call(7, json!({"query": "client"}))).await;
    other.post(&server, &call(7, json!({"query": "nobody"}))).await;
    assert_eq!(one.next().await["result"]["structuredContent"]["page"]["returned"], 5);
    assert_eq!(other.next().await["result"]["structuredContent"]["page"]["returned"], 0);
}

#[tokio::test]
async fn a_wrong_session_or_body_is_refused() {
    let server = server().await;
    let session = Session::begun(&server).await;
    let ping = json!({"jsonrpc": "2.0", "id": 5, "method": "ping"});
    for (path, status) in [
        ("/messages", 400),
        ("/messages?session=1", 400),
        ("/messages?sessionId=", 404),
        ("/messages?sessionId=1", 404),
        ("/messages?sessionId=00000000-0000-4000-8000-000000000000", 404),
    ] {
        assert_eq!(
            ask(server.address, &Request::post(path, &ping)).await.head.status,
            status,
            "{path}"
        );
    }
    for (body, code) in [
        ("{", -32700),
        ("", -32700),
        ("not json", -32700),
        (r#"{"hello":1}"#, -32600),
        (r#"[{"jsonrpc":"2.0","id":5,"method":"ping"}]"#, -32600),
    ] {
        let answer = ask(server.address, &Request::post(&session.messages, &ping).body(body)).await;
        assert_eq!(
            (answer.head.status, &answer.message()["error"]["code"]),
            (400, &json!(code))
        );
    }
    let unheard = json!({"jsonrpc": "2.0", "method": "notifications/unheard-of"});
    assert_eq!(session.try_post(&server, &unheard).await.head.status, 202);
    let as_text = Request::post(&session.messages, &ping).header("content-type", "text/plain");
    assert_eq!(ask(server.address, &as_text).await.head.status, 415);
}

#[tokio::test]
async fn an_id_may_be_used_again_after_its_request_is_answered_or_cancelled() {
    let server = server().await;
    let mut session = Session::begun(&server).await;
    server.portal.hold_answers();
    session.post(&server, &call(7, json!({"query": "anna"}))).await;
    let again = session.try_post(&server, &call(7, json!({}))).await;
    assert_eq!(again.head.status, 400);
    assert!(again.body.contains("not answered yet"), "{}", again.body);
    server.portal.wait_until(|portal| portal.request_count() == 1).await;
    session
        .post(
            &server,
            &json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}}),
        )
        .await;
    server.portal.wait_until(|portal| portal.abandoned() == 1).await;
    server.portal.release_answers();
    session.post(&server, &call(7, json!({"query": "client"}))).await;
    assert_eq!(
        session.next().await["result"]["structuredContent"]["page"]["returned"],
        5
    );
}

#[tokio::test]
async fn without_the_option_the_transport_is_not_served() {
    let server = InProcess::start(http::Settings::default()).await;
    for request in [
        Request::get("/sse"),
        Request::post(
            "/messages?sessionId=1",
            &json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}),
        ),
    ] {
        let answer = ask(server.address, &request).await;
        assert_eq!(answer.head.status, 404);
        assert!(answer.body.contains("--legacy-sse"), "{}", answer.body);
    }
}

/// The TypeScript SDK reopens a broken stream and continues without another handshake.
#[tokio::test]
async fn a_reopened_stream_continues_without_a_handshake() {
    let server = server().await;
    let mut session = Session::open(&server).await;
    session
        .post(&server, &json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}))
        .await;
    assert_eq!(session.next().await["result"], json!({}));
    session
        .post(
            &server,
            &json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        )
        .await;
    session.post(&server, &call(2, json!({"query": "client"}))).await;
    assert_eq!(
        session.next().await["result"]["structuredContent"]["page"]["returned"],
        5
    );
    session
        .post(&server, &json!({"jsonrpc": "2.0", "id": 3, "method": "tools/list"}))
        .await;
    let list = session.next().await;
    assert!(
        list["result"].get("ttlMs").is_none() && list["result"]["tools"].is_array(),
        "{list}"
    );

    let mut pinged = Session::open(&server).await;
    pinged
        .post(&server, &json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}))
        .await;
    assert_eq!(pinged.next().await["id"], 1);
    pinged.post(&server, &initialize("2024-11-05")).await;
    assert_eq!(pinged.next().await["result"]["protocolVersion"], "2024-11-05");
}

#[tokio::test]
async fn closing_the_stream_ends_the_session_and_cancels_its_look_ups() {
    let server = server().await;
    let session = Session::begun(&server).await;
    server.portal.hold_answers();
    session.post(&server, &call(7, json!({"query": "anna"}))).await;
    server.portal.wait_until(|portal| portal.request_count() == 1).await;
    let messages = session.messages.clone();
    drop(session);
    server.portal.wait_until(|portal| portal.abandoned() == 1).await;
    let ping = json!({"jsonrpc": "2.0", "id": 8, "method": "ping"});
    let answer = ask(server.address, &Request::post(&messages, &ping)).await;
    assert_eq!(answer.head.status, 404, "{}", answer.body);
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_ends() {
    let server = server().await;
    let mut never_begun = Session::open(&server).await;
    let started = Instant::now();
    assert_eq!(never_begun.events.next().await, None);
    let minute = Duration::from_secs(60);
    assert!(
        (minute..minute * 2).contains(&started.elapsed()),
        "{:?}",
        started.elapsed()
    );

    let mut session = Session::begun(&server).await;
    for id in 10..13 {
        tokio::time::sleep(minute * 59).await;
        session
            .post(&server, &json!({"jsonrpc": "2.0", "id": id, "method": "ping"}))
            .await;
        assert_eq!(session.next().await["id"], id);
    }
    let started = Instant::now();
    assert_eq!(session.events.next().await, None);
    assert!(
        (minute * 59..minute * 62).contains(&started.elapsed()),
        "{:?}",
        started.elapsed()
    );
    assert!(session.events.comments > 100, "it was kept alive until then");
}

#[tokio::test]
async fn the_number_of_sessions_is_limited() {
    let server = InProcess::with_limits(Limits {
        sessions: 2,
        ..Limits::default()
    })
    .await;
    let one = Session::open(&server).await;
    let _two = Session::open(&server).await;
    let refused = EventStream::open(server.address, &Request::get("/sse"))
        .await
        .err()
        .unwrap();
    assert_eq!(refused.head.status, 503);
    assert!(refused.body.contains("POST /mcp"), "{}", refused.body);
    drop(one);
    until("the place of a closed session is free", async || {
        EventStream::open(server.address, &Request::get("/sse")).await.is_ok()
    })
    .await;
}

/// Over real sockets, with far more answers than their buffers hold.
#[tokio::test(start_paused = true)]
async fn answers_that_a_client_never_reads_do_not_accumulate() {
    let portal = unlimited(Some(200)).await;
    let settings = http::Settings {
        legacy_sse: true,
        ..http::Settings::default()
    };
    let server = InProcess::on(portal, settings).await;
    let unread = Session::begun(&server).await;
    let mut posted = 0;
    let full = loop {
        let answer = unread
            .try_post(&server, &call(100 + posted, json!({"limit": 200, "offset": 0})))
            .await;
        match answer.head.status {
            202 => posted += 1,
            _ => break answer,
        }
    };
    assert_eq!(
        (full.head.status, full.head.header("retry-after")),
        (429, Some("1")),
        "{}",
        full.body
    );
    assert!(full.body.contains("read the stream"), "{}", full.body);
    // Other clients are still served, by this transport too.
    let mut other = Session::begun(&server).await;
    other.post(&server, &call(1, json!({"limit": 1}))).await;
    assert_eq!(other.next().await["result"]["structuredContent"]["page"]["returned"], 1);
    // The session of a client that reads nothing for a minute is ended.
    tokio::time::sleep(Duration::from_secs(65)).await;
    let ended = unread
        .try_post(&server, &json!({"jsonrpc": "2.0", "id": 1, "method": "ping"}))
        .await;
    assert_eq!(ended.head.status, 404, "{}", ended.body);
}
