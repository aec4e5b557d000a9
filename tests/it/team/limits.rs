//! The limits: of addresses before the sign-in, of people after it.

use bitrix24_mail_mcp::transports::guard::{self, CallerLimit};
use serde_json::json;

use super::server::TeamServer;
use crate::support::http_client::{Answer, Request};
use crate::support::http_server::look_up;
use crate::support::team_client::bearer;

/// Limits that nobody outlasts within a test.
fn strict(burst: u32) -> guard::Settings {
    guard::Settings {
        caller_limit: Some(CallerLimit {
            per_second: 0.001,
            burst,
            limits_loopback: false,
        }),
        trusted_proxies: "10.0.0.0/8".parse().unwrap(),
        ..guard::Settings::default()
    }
}

fn through(request: Request, addresses: &str) -> Request {
    request.header("x-forwarded-for", addresses)
}

fn assert_refused(answer: &Answer) {
    assert_eq!(answer.head.status, 429, "{}", answer.body);
    assert!(answer.head.header("retry-after").is_some());
}

#[tokio::test]
async fn after_the_sign_in_people_are_counted_and_not_their_address() {
    let server = TeamServer::with(strict(4)).await;
    let (anna, boris) = (server.sign_in("Anna").await, server.sign_in("Boris").await);
    let call = |token: &str| bearer(look_up(1, "client"), token);
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.3"] {
        let answer = server.ask(&through(call(&anna), address)).await;
        assert_eq!(answer.head.status, 200, "{}", answer.body);
    }
    assert_refused(&server.ask(&through(call(&anna), "192.0.2.4")).await);
    assert_refused(&server.ask(&call(&anna)).await);
    // The same address, another person.
    let batch = json!([
        crate::support::http_server::call(1, "client"),
        crate::support::http_server::call(2, "client"),
    ]);
    let batch = bearer(Request::post("/mcp", &batch), &boris);
    for _ in 0..2 {
        let answer = server.ask(&through(batch.clone(), "192.0.2.4")).await;
        assert_eq!(
            answer.body.matches("client@other.example").count(),
            4,
            "twice in each answer: {}",
            answer.body
        );
    }
    assert_refused(&server.ask(&call(&boris)).await);
}

#[tokio::test]
async fn before_the_sign_in_addresses_behind_trusted_proxies_are_counted() {
    let server = TeamServer::with(strict(2)).await;
    let open = |addresses: &str| through(Request::get("/oauth/authorize"), addresses);
    let status = async |request: Request| server.ask(&request).await.head.status;
    // Whatever the caller writes, the proxies add its real address behind it.
    assert_eq!(status(open("192.0.2.1, 10.1.1.1")).await, 400);
    assert_eq!(status(open("198.51.100.7, 192.0.2.1, 10.1.1.1, 10.2.2.2")).await, 400);
    assert_refused(&server.ask(&open("192.0.2.1")).await);
    assert_eq!(status(open("192.0.2.2")).await, 400, "another address");
    let token = Request::new("POST", "/oauth/token").header("content-type", "application/x-www-form-urlencoded");
    let refused = server.ask(&through(token, "192.0.2.1")).await;
    assert_refused(&refused);
    assert_eq!(refused.message()["error"], "temporarily_unavailable");
    // The documents are not counted: all clients of an office read them when the day begins.
    for _ in 0..10 {
        let document = Request::get("/.well-known/oauth-authorization-server");
        assert_eq!(status(through(document, "192.0.2.1")).await, 200);
    }
}

#[tokio::test]
async fn n14_a_body_above_its_bound_is_refused_in_the_form_of_oauth() {
    let server = TeamServer::start().await;
    let registration = |bytes: usize| {
        let registration = json!({"client_name": "x", "redirect_uris": ["http://127.0.0.1/"], "padding": ""});
        let padding = "x".repeat(bytes - registration.to_string().len());
        let registration = registration.to_string().replace("\"\"", &format!("\"{padding}\""));
        assert_eq!(registration.len(), bytes);
        Request::new("POST", "/oauth/register")
            .header("content-type", "application/json")
            .body(registration)
    };
    let answer = server.ask(&registration(8 * 1024)).await;
    assert_eq!(answer.head.status, 201, "{}", answer.body);
    for bytes in [8 * 1024 + 1, 8 * 1024 + 2, 100 * 1024] {
        let answer = server.ask(&registration(bytes)).await;
        assert_eq!(answer.head.status, 400, "{bytes}");
        assert!(answer.message()["error"].is_string(), "{}", answer.body);
    }
    let wrong_type = server
        .ask(&registration(200).header("content-type", "text/plain"))
        .await;
    assert_eq!(
        (wrong_type.head.status, &wrong_type.message()["error"]),
        (400, &json!("invalid_request"))
    );
    let json = Request::post("/oauth/token", &json!({"grant_type": "refresh_token"}));
    let answer = server.ask(&json).await;
    assert_eq!(
        (answer.head.status, &answer.message()["error"]),
        (400, &json!("invalid_request"))
    );
}

#[tokio::test]
async fn a_proxy_needs_no_token_since_every_call_has_one() {
    let server = TeamServer::start().await;
    let token = server.sign_in("Anna").await;
    let call = bearer(look_up(1, "client"), &token)
        .header("x-forwarded-for", "192.0.2.1")
        .header("via", "1.1 proxy")
        .in_http_1_0();
    assert_eq!(server.ask(&call).await.head.status, 200);
}
