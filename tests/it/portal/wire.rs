//! The bytes of requests and replies: request line, headers, body, limits.

use std::time::Duration;

use bitrix24_mail_mcp::address_book::Error;
use bitrix24_mail_mcp::portal::Settings;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::address_books::{book, query};
use crate::support::demo_in_process::portal_with_fault;
use crate::support::harness::{program, stderr};
use crate::support::scripted_portal::{SECRET, ScriptedPortal};

async fn failure_with(webhook_url: &str) -> Error {
    book(webhook_url)
        .list(&query(""), &CancellationToken::new())
        .await
        .unwrap_err()
}

const EMPTY_PAGE: &[u8] = br#"{"result":{"items":[]}}"#;

#[tokio::test]
async fn a_call_is_a_post_of_json_to_the_rest_3_path() {
    let portal = ScriptedPortal::answering(200, "content-type: application/json\r\n", EMPTY_PAGE).await;
    let output = program()
        .args(["lookup", "анна"])
        .env("BITRIX24_WEBHOOK_URL", &portal.webhook_url)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));

    let requests = portal.requests();
    assert_eq!(requests.len(), 1);
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(
        lines.next().unwrap(),
        format!("POST /rest/api/1/{SECRET}/mail.recipient.listcontacts HTTP/1.1")
    );
    let headers: Vec<String> = lines.map(str::to_ascii_lowercase).collect();
    let host = portal.webhook_url.split('/').nth(2).unwrap();
    for expected in [
        "content-type: application/json".to_owned(),
        "accept: application/json".to_owned(),
        format!("content-length: {}", body.len()),
        format!("host: {host}"),
        format!("user-agent: bitrix24-mail-mcp/{}", env!("CARGO_PKG_VERSION")),
    ] {
        assert!(headers.contains(&expected), "{expected} is missing in {headers:?}");
    }
    assert_eq!(headers.len(), 5, "nothing else is sent: {headers:?}");
    assert_eq!(
        serde_json::from_str::<Value>(body).unwrap(),
        json!({"query": "анна", "pagination": {"limit": 50, "offset": 0}})
    );
}

#[tokio::test]
async fn a_body_of_64_mib_is_not_read() {
    let mut reply = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec();
    reply.resize(64 * 1024 * 1024, b' ');
    let portal = ScriptedPortal::sending(reply).await;
    let error = failure_with(&portal.webhook_url).await;
    assert_eq!(error.code(), "REPLY_TOO_LARGE");
    assert!(portal.sent() < 24 * 1024 * 1024, "{} bytes were taken", portal.sent());
}

#[tokio::test]
async fn an_announced_length_beyond_the_cap_is_refused_before_the_body() {
    let reply = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{".to_vec();
    let portal = ScriptedPortal::sending(reply).await;
    let error = failure_with(&portal.webhook_url).await;
    assert_eq!(error.code(), "REPLY_TOO_LARGE");
}

#[tokio::test]
async fn a_redirect_is_reported_and_never_followed() {
    let elsewhere = ScriptedPortal::answering(200, "", EMPTY_PAGE).await;
    let location = format!("location: {}\r\n", elsewhere.webhook_url);
    for status in [301, 302, 303, 307, 308] {
        let portal = ScriptedPortal::answering(status, &location, b"").await;
        let error = failure_with(&portal.webhook_url).await;
        assert_eq!((error.code(), error.http_status()), ("REDIRECTED", Some(status)));
        assert!(error.to_string().contains("127.0.0.1"), "{error}");
    }
    assert!(
        elsewhere.requests().is_empty(),
        "credentials must not reach another host"
    );
    let portal = ScriptedPortal::answering(302, "location: /bitrix/coupon_activation.php\r\n", b"").await;
    let error = failure_with(&portal.webhook_url).await;
    assert_eq!(
        error.to_string(),
        "the portal redirects to the page where a licence is activated"
    );
}

#[tokio::test]
async fn a_status_line_that_is_not_http_is_a_lost_connection() {
    let portal = ScriptedPortal::sending(b"HTTP/1.1 invalid_http_method\r\n\r\n".to_vec()).await;
    let error = failure_with(&portal.webhook_url).await;
    assert_eq!(error.code(), "CONNECTION_LOST");
}

/// A proxy would see the path of plain http, and with it the webhook's secret.
#[tokio::test]
async fn a_loopback_portal_is_never_called_through_a_proxy() {
    let proxy = ScriptedPortal::answering(200, "", EMPTY_PAGE).await;
    let portal = ScriptedPortal::answering(200, "", EMPTY_PAGE).await;
    let proxy_url: String = proxy.webhook_url.split('/').take(3).collect::<Vec<_>>().join("/");
    let output = program()
        .arg("lookup")
        .env("BITRIX24_WEBHOOK_URL", &portal.webhook_url)
        .envs([
            ("HTTP_PROXY", &proxy_url),
            ("http_proxy", &proxy_url),
            ("ALL_PROXY", &proxy_url),
        ])
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!((proxy.requests().len(), portal.requests().len()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_call_to_a_silent_portal_ends_at_the_deadline() {
    let demo = portal_with_fault("hang").await;
    let started = tokio::time::Instant::now();
    let error = failure_with(&demo.webhook_url().unwrap()).await;
    assert_eq!(error.code(), "TIMED_OUT");
    // Paused time advances only when nothing else can happen, so it shows which time limit ended the call.
    let (elapsed, limit) = (started.elapsed(), Settings::DEFAULT_TIMEOUT);
    assert!(
        elapsed >= limit && elapsed < limit + Duration::from_millis(10),
        "{elapsed:?}"
    );
}
