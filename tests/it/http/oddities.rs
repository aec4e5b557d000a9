//! Requests of real clients and proxies that differ from the specification in small things.

use bitrix24_mail_mcp::transports::guard::{self, Token};
use bitrix24_mail_mcp::transports::http::{self, Limits};
use serde_json::json;

use crate::support::harness::{call, initialize, with_metadata};
use crate::support::http_client::{Connection, Request, ask};
use crate::support::http_server::{InProcess, look_up};
use crate::support::legacy_sse::Session;

async fn status(server: &InProcess, request: &Request) -> (u16, Option<String>) {
    let mut connection = Connection::open(server.address).await;
    connection.send(&request.bytes()).await;
    let head = connection.head().await.expect("an answer");
    (head.status, head.header("allow").map(str::to_owned))
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_path_changes_nothing() {
    let server = InProcess::with_limits(Limits::default()).await;
    let mut session = Session::begun(&server).await;
    let message = call(7, json!({"query": "client"}));
    for path in ["/mcp", "/sse", "/messages", "/healthz", "/readyz", "/metrics"] {
        for method in ["GET", "HEAD", "OPTIONS", "DELETE", "PUT"] {
            let expected = status(&server, &Request::new(method, path)).await;
            let with_slash = status(&server, &Request::new(method, &format!("{path}/"))).await;
            assert_eq!(with_slash, expected, "{method} {path}");
        }
    }
    let answer = ask(server.address, &Request::post("/mcp/?x=1", &message)).await;
    assert_eq!(answer.message()["result"]["structuredContent"]["page"]["returned"], 5);
    session.messages = session.messages.replace("/messages?", "/messages/?");
    session.post(&server, &message).await;
    assert_eq!(session.next().await["id"], 7);
    for path in ["//mcp", "/mcp//", "/mcp/x", "//", "/MCP"] {
        assert_eq!(status(&server, &Request::post(path, &message)).await.0, 404, "{path}");
    }
    let metrics = ask(server.address, &Request::get("/metrics/")).await.body;
    assert!(
        metrics.contains(r#"http_requests_total{route="/mcp",status="2xx"} 1"#),
        "{metrics}"
    );
    assert!(
        metrics.contains(r#"http_requests_total{route="other",status="4xx"} 5"#),
        "{metrics}"
    );
}

#[tokio::test]
async fn the_body_of_initialize_negotiates_the_revision_and_not_the_header() {
    let server = InProcess::with_limits(Limits::default()).await;
    for (headers, wanted, given) in [
        (&["2025-06-18"][..], "2025-11-25", "2025-11-25"),
        (&["2025-11-25"], "2025-06-18", "2025-06-18"),
        (&["2026-07-28"], "2025-06-18", "2025-06-18"),
        (&["1999-01-01"], "2024-11-05", "2024-11-05"),
        (&[""], "2025-06-18", "2025-06-18"),
        (&["2025-06-18", "2025-06-18"], "2025-06-18", "2025-06-18"),
        (&["2025-06-18", "1999-01-01"], "2025-11-25", "2025-11-25"),
        (&["1999-01-01"], "1999-01-01", "2025-11-25"),
        (&["2025-06-18"], "2099-01-01", "2025-11-25"),
        (&[], "2025-11-25", "2025-11-25"),
    ] {
        for accept in ["application/json", "text/event-stream"] {
            let request = Request::post("/mcp", &initialize(wanted)).header("accept", accept);
            let named = headers.iter();
            let request = named.fold(request, |request, header| {
                request.and_header("mcp-protocol-version", header)
            });
            let answer = ask(server.address, &request).await;
            assert_eq!(
                answer.head.status, 200,
                "{headers:?} {wanted} {accept}: {}",
                answer.body
            );
            assert_eq!(
                answer.message()["result"]["protocolVersion"],
                given,
                "{headers:?} {wanted} {accept}"
            );
        }
    }
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    for header in ["1999-01-01", "", "2025-06-18x", "latest"] {
        for message in [&list, &call(1, json!({"query": "initialize"}))] {
            let request = Request::post("/mcp", message).header("mcp-protocol-version", header);
            let answer = ask(server.address, &request).await;
            assert_eq!(answer.head.status, 400, "{header:?}: {}", answer.body);
            assert!(
                answer.body.contains("MCP-Protocol-Version names no revision"),
                "{}",
                answer.body
            );
            assert!(
                answer.body.contains("2025-11-25") && !answer.body.contains("1999"),
                "{}",
                answer.body
            );
        }
    }
    // A header that names another method than the body is still refused.
    let contradicting = Request::post("/mcp", &initialize("2026-07-28"))
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/list");
    assert_eq!(ask(server.address, &contradicting).await.head.status, 400);
    let modern = Request::post("/mcp", &with_metadata(list)).header("mcp-protocol-version", "2025-11-25");
    assert_eq!(ask(server.address, &modern).await.head.status, 400, "no handshake");
}

/// The request as nginx forwards it with a bare `proxy_pass`.
fn through_nginx(request: Request) -> Request {
    request.header("connection", "close").in_http_1_0()
}

#[tokio::test]
async fn http_1_0_needs_a_token_on_every_route() {
    let token = "canary-t0ken-0123456789abcdef";
    let open = InProcess::with_limits(Limits::default()).await;
    let closed = InProcess::start(http::Settings {
        guard: guard::Settings {
            token: Some(Token::from_text(token.into()).unwrap()),
            ..guard::Settings::default()
        },
        ..http::Settings::default()
    })
    .await;
    for request in [
        look_up(1, "client"),
        Request::get("/healthz"),
        Request::get("/readyz"),
        Request::get("/metrics"),
        Request::get("/"),
    ] {
        let answer = ask(open.address, &through_nginx(request.clone())).await;
        assert_eq!(answer.head.status, 403, "{request:?}");
        let message = &answer.message()["error"]["message"];
        assert!(
            message.as_str().unwrap().contains("BITRIX24_MCP_HTTP_TOKEN"),
            "{message}"
        );
        assert_eq!(ask(open.address, &request).await.head.status, 200, "{request:?}");

        let nginx = through_nginx(request.clone());
        assert_eq!(ask(closed.address, &nginx).await.head.status, 401, "{request:?}");
        let nginx = nginx.header("authorization", &format!("Bearer {token}"));
        assert_eq!(ask(closed.address, &nginx).await.head.status, 200, "{request:?}");
    }
    assert_eq!(
        open.portal.request_count(),
        closed.portal.request_count(),
        "only the direct requests"
    );
    let mut oldest = Connection::open(open.address).await;
    oldest.send(b"GET /healthz\r\n\r\n").await;
    assert_eq!(oldest.head().await.unwrap().status, 400, "HTTP/0.9");
}
