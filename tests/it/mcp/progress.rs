//! `notifications/progress` while the address book is read: over each transport that can carry notifications, and no
//! other.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bitrix24_mail_mcp::address_book::AddressBook;
use bitrix24_mail_mcp::demo::DemoPortal;
use bitrix24_mail_mcp::mcp::Server;
use bitrix24_mail_mcp::mcp::resolve_mail_recipients::NAME;
use bitrix24_mail_mcp::portal::{self, Credentials, Portal, RawReply, Request, Wire};
use bitrix24_mail_mcp::transports::http::{self, Limits, Listener};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use rmcp::ServiceExt;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream};
use tokio_util::sync::CancellationToken;

use crate::support::harness::{initialize, with_metadata};
use crate::support::http_client::{EventStream, Request as HttpRequest, ask};
use crate::support::http_server::unlimited;
use crate::support::legacy_sse;
use crate::support::revisions::{MODERN, request};

const CONTACTS: usize = 2_345;
const EVENT_STREAM: &str = "text/event-stream";

/// A demo portal that is slow with each request.
#[derive(Debug)]
struct SlowPortal {
    portal: DemoPortal,
    trip: Duration,
}

impl Wire for SlowPortal {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, portal::Error>> {
        async move {
            tokio::time::sleep(self.trip).await;
            let url = url::Url::parse(request.url().expose_secret()).unwrap();
            let headers = [("content-type".to_owned(), request.content_type().to_owned())];
            let answering = self.portal.answer("POST", url.path(), &headers, request.body());
            let answer = answering.await.unwrap();
            Ok(RawReply {
                http_status: answer.status,
                body: answer.body,
                ..RawReply::default()
            })
        }
        .boxed()
    }
}

/// A server on a portal whose every request takes `trip`.
async fn server(trip: Duration) -> Server {
    let portal = unlimited(Some(CONTACTS)).await;
    let credentials = Credentials::from_webhook_url(&portal.webhook_url().unwrap());
    let wire = Arc::new(SlowPortal { portal, trip });
    let client = Portal::with_wire(wire, portal::Settings::new(credentials));
    Server::new(Arc::new(AddressBook::new(client, Duration::ZERO)))
}

/// The same over HTTP; the clock stands still from here on.
async fn over_http(trip: Duration) -> SocketAddr {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), false).unwrap();
    let address = listener.address();
    let settings = http::Settings {
        limits: Limits {
            // rmcp's keep-alive uses the real clock and would spin beside a paused one.
            keep_alive: Duration::from_secs(3_600),
            ..Limits::default()
        },
        legacy_sse: true,
        ..http::Settings::default()
    };
    let serving = http::serve(server(trip).await, listener, settings, CancellationToken::new());
    tokio::spawn(serving);
    tokio::time::pause();
    address
}

fn call(revision: &str, token: Option<&Value>) -> Value {
    let params = json!({"name": NAME, "arguments": {"names": ["client"]}});
    let mut call = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": params});
    if revision == MODERN {
        call = with_metadata(call);
    }
    if let Some(token) = token {
        call["params"]["_meta"]["progressToken"] = token.clone();
    }
    call
}

/// The messages before the response to the call, which is the last of `messages`.
fn before_the_answer(mut messages: Vec<Value>) -> Vec<Value> {
    let answer = messages.pop().unwrap();
    assert_eq!(answer["id"], 2, "{answer}");
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    messages
}

/// Several notifications, each with more contacts than the last, and none with more than there are.
fn assert_progress(notifications: &[Value], token: &Value) {
    assert!(!notifications.is_empty());
    let mut read = 0.0;
    for notification in notifications {
        assert_eq!(notification["method"], "notifications/progress", "{notification}");
        let params = &notification["params"];
        assert_eq!(&params["progressToken"], token);
        let progress = params["progress"].as_f64().unwrap();
        assert!(
            progress > read && progress <= CONTACTS as f64 + 100.0,
            "{progress} after {read}"
        );
        read = progress;
        let message = params["message"].as_str().unwrap();
        assert_eq!(message.replace(',', ""), format!("{progress} contacts read"));
    }
}

/// Every message of a session over pipes up to the response to the call, and to a ping after it.
async fn over_a_pipe(revision: &str, token: Option<&Value>, trip: Duration) -> Vec<Value> {
    async fn send(output: &mut (impl AsyncWriteExt + Unpin), message: &Value) {
        output.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }
    let server = server(trip).await;
    let (near, far): (DuplexStream, DuplexStream) = tokio::io::duplex(1 << 20);
    tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
    tokio::time::pause();
    let (input, mut output) = tokio::io::split(near);
    let mut lines = BufReader::new(input).lines();
    if revision != MODERN {
        send(&mut output, &initialize(revision)).await;
        lines.next_line().await.unwrap().unwrap();
        send(
            &mut output,
            &json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        )
        .await;
    }
    send(&mut output, &call(revision, token)).await;
    let mut messages: Vec<Value> = Vec::new();
    while messages.last().is_none_or(|message| message["id"] != 2) {
        let line = lines.next_line().await.unwrap().unwrap();
        messages.push(serde_json::from_str(&line).unwrap());
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    let list = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/list"});
    let list = if revision == MODERN { with_metadata(list) } else { list };
    send(&mut output, &list).await;
    let next: Value = serde_json::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    assert_eq!(next["id"], 3, "nothing comes after the answer: {next}");
    messages
}

const TRIP: Duration = Duration::from_secs(2);

#[tokio::test]
async fn a_session_over_pipes_gets_the_progress_of_a_long_reading() {
    for revision in ["2024-11-05", "2025-11-25", MODERN] {
        for token in [json!(7), json!("reading-1")] {
            let messages = over_a_pipe(revision, Some(&token), TRIP).await;
            assert_progress(&before_the_answer(messages), &token);
            tokio::time::resume();
        }
    }
}

#[tokio::test]
async fn a_short_reading_and_a_call_without_a_usable_token_have_no_progress() {
    let long = json!("x".repeat(300));
    for (token, trip) in [
        (None, TRIP),
        (Some(json!([7])), TRIP),
        (Some(long), TRIP),
        (Some(json!(7)), Duration::from_millis(50)),
    ] {
        let messages = over_a_pipe("2025-11-25", token.as_ref(), trip).await;
        assert_eq!(before_the_answer(messages), Vec::<Value>::new());
        tokio::time::resume();
    }
}

#[tokio::test]
async fn an_event_stream_has_the_progress_before_the_response_and_then_ends() {
    let address = over_http(TRIP).await;
    let token = json!(7);
    for revision in ["2025-03-26", "2025-06-18", "2025-11-25", MODERN] {
        let request = request(revision, EVENT_STREAM, &call(revision, Some(&token)));
        let mut stream = EventStream::open(address, &request).await.ok().unwrap();
        let mut messages = Vec::new();
        while let Some(event) = stream.next().await {
            messages.push(serde_json::from_str(&event.data).unwrap());
        }
        assert_progress(&before_the_answer(messages), &token);
    }
}

#[tokio::test]
async fn a_client_that_accepts_only_json_gets_no_progress() {
    let address = over_http(TRIP).await;
    for revision in ["2025-06-18", MODERN] {
        for accept in ["application/json", "application/json, text/event-stream"] {
            let answer = ask(address, &request(revision, accept, &call(revision, Some(&json!(7))))).await;
            assert_eq!(
                answer.head.header("content-type"),
                Some("application/json"),
                "{revision} {accept}"
            );
            assert_eq!(before_the_answer(vec![answer.message()]), Vec::<Value>::new());
        }
    }
}

#[tokio::test]
async fn a_session_of_the_old_transport_gets_the_progress_of_a_long_reading() {
    let address = over_http(TRIP).await;
    let (mut events, messages) = legacy_sse::open(address).await;
    let token = json!("reading-1");
    for message in [
        initialize("2024-11-05"),
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        call("2024-11-05", Some(&token)),
    ] {
        let taken = ask(address, &HttpRequest::post(&messages, &message)).await;
        assert_eq!(taken.head.status, 202, "{}", taken.body);
    }
    let mut heard: Vec<Value> = Vec::new();
    while heard.last().is_none_or(|message| message["id"] != 2) {
        heard.push(serde_json::from_str(&events.next().await.unwrap().data).unwrap());
    }
    let handshake = heard.remove(0);
    assert_eq!(handshake["result"]["protocolVersion"], "2024-11-05", "{handshake}");
    assert_progress(&before_the_answer(heard), &token);
}
