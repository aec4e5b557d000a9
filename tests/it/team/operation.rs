//! Health, readiness and metrics.

use bitrix24_mail_mcp::transports::guard::{self, Token};

use super::server::TeamServer;
use crate::support::http_client::Request;
use crate::support::http_server::look_up;
use crate::support::team_client::bearer;

const TOKEN: &str = "canary-t0ken-0123456789abcdef";

#[tokio::test]
async fn health_and_readiness_are_open_and_need_no_employee() {
    let server = TeamServer::start().await;
    for path in ["/healthz", "/readyz"] {
        let answer = server
            .ask(&Request::get(path).header("x-forwarded-for", "192.0.2.1"))
            .await;
        assert_eq!(answer.head.status, 200, "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_metrics_are_for_programs_on_the_servers_machine() {
    let server = TeamServer::start().await;
    let token = server.sign_in("Anna").await;
    assert_eq!(server.ask(&bearer(look_up(1, "client"), &token)).await.head.status, 200);
    let metrics = server.ask(&Request::get("/metrics")).await;
    assert_eq!(metrics.head.status, 200);
    for expected in [
        "http_requests_total{route=\"/oauth/token\",status=\"2xx\"} 1",
        "http_requests_total{route=\"/oauth/callback\",status=\"3xx\"} 1",
        "mcp_team_",
        "mcp_ready 1",
        "mcp_tool_calls",
    ] {
        assert!(metrics.body.contains(expected), "{expected}: {}", metrics.body);
    }
    for person in ["Anna", "Lindqvist", "client-care", &token] {
        assert!(!metrics.body.contains(person), "{person}");
    }
    for proxy in ["x-forwarded-for", "forwarded", "x-real-ip", "via"] {
        let answer = server.ask(&Request::get("/metrics").header(proxy, "127.0.0.1")).await;
        assert_eq!(answer.head.status, 403, "{proxy}");
    }
    let answer = server.ask(&Request::get("/metrics").in_http_1_0()).await;
    assert_eq!(answer.head.status, 403, "nginx speaks HTTP/1.0");
}

#[tokio::test]
async fn the_metrics_are_not_for_those_who_call_the_server_by_its_public_name() {
    let token = || Some(Token::from_text(TOKEN.into()).unwrap());
    for (token, refused) in [(None, 403), (token(), 401)] {
        let settings = guard::Settings {
            token,
            ..guard::Settings::default()
        };
        let server = TeamServer::at(Some("https://mcp.example.com"), settings).await;
        for (host, status) in [
            ("mcp.example.com", refused),
            ("localhost", 200),
            ("127.0.0.1:9090", 200),
            ("[::1]:8024", 200),
        ] {
            let answer = server.ask(&Request::get("/metrics").header("host", host)).await;
            assert_eq!(answer.head.status, status, "{host}");
        }
        if refused == 401 {
            let request = bearer(Request::get("/metrics").header("host", "mcp.example.com"), TOKEN);
            assert_eq!(server.ask(&request).await.head.status, 200);
        }
    }
}

#[tokio::test]
async fn others_need_the_operators_token_for_the_metrics() {
    let server = TeamServer::with(guard::Settings {
        token: Some(Token::from_text(TOKEN.into()).unwrap()),
        ..guard::Settings::default()
    })
    .await;
    let remote = || Request::get("/metrics").header("x-forwarded-for", "192.0.2.1");
    let signed_in = server.sign_in("Anna").await;
    for (request, status) in [
        (remote(), 401),
        (bearer(remote(), "guess"), 401),
        (bearer(remote(), &signed_in), 401),
        (bearer(remote(), TOKEN), 200),
        (Request::get("/metrics"), 200),
    ] {
        assert_eq!(server.ask(&request).await.head.status, status, "{request:?}");
    }
}
