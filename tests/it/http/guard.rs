//! Which requests are let in over HTTP: each rule of the guard is broken on every route.

use std::net::SocketAddr;

use bitrix24_mail_mcp::transports::guard::{self, CallerLimit, Token};
use bitrix24_mail_mcp::transports::http;
use serde_json::json;

use crate::support::harness::call;
use crate::support::http_client::{Answer, Connection, Request, ask};
use crate::support::http_server::{InProcess, look_up};

const TOKEN: &str = "canary-t0ken-0123456789abcdef";

/// A request to every route, and some to paths and methods without a route.
fn routes() -> Vec<Request> {
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    vec![
        Request::post("/mcp", &message),
        Request::get("/mcp"),
        Request::new("DELETE", "/mcp"),
        Request::new("OPTIONS", "/mcp"),
        Request::get("/sse"),
        Request::post("/messages?sessionId=00000000-0000-4000-8000-000000000000", &message),
        Request::get("/healthz"),
        Request::new("HEAD", "/healthz"),
        Request::get("/readyz"),
        Request::get("/metrics"),
        Request::get("/"),
        Request::get("/nothing-here"),
        Request::post("/nothing-here", &message),
    ]
}

async fn server(guard: guard::Settings) -> InProcess {
    InProcess::start(http::Settings {
        guard,
        legacy_sse: true,
        ..http::Settings::default()
    })
    .await
}

fn with_token() -> guard::Settings {
    guard::Settings {
        token: Some(Token::from_text(TOKEN.into()).unwrap()),
        ..guard::Settings::default()
    }
}

fn bearer(request: Request) -> Request {
    request.header("authorization", &format!("Bearer {TOKEN}"))
}

/// Sends a request on a new connection and reads only the head of the answer: an answer to HEAD has no body, and a
/// stream no end.
async fn status(address: SocketAddr, request: &Request) -> u16 {
    let mut connection = Connection::open(address).await;
    connection.send(&request.bytes()).await;
    connection.head().await.expect("an answer").status
}

fn error(answer: &Answer) -> String {
    answer.message()["error"]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_foreign_host_or_origin_is_refused_on_every_route_with_and_without_a_token() {
    for guard in [guard::Settings::default(), with_token()] {
        let server = server(guard).await;
        for route in routes() {
            for (name, value) in [
                ("host", "evil.example"),
                ("host", "127.0.0.1.evil.example:8024"),
                ("host", "192.0.2.1:8024"),
                ("origin", "http://evil.example"),
                ("origin", "https://localhost.evil.example"),
                ("origin", "null"),
            ] {
                let request = bearer(route.clone()).header(name, value);
                assert_eq!(
                    status(server.address, &request).await,
                    403,
                    "{name}: {value} {request:?}"
                );
                let request = route.clone().header(name, value);
                assert_eq!(
                    status(server.address, &request).await,
                    403,
                    "without a token: {request:?}"
                );
            }
            // A right value beside a wrong one does not help.
            let two_origins = bearer(route.clone())
                .header("origin", "http://localhost")
                .and_header("origin", "http://evil.example");
            assert_eq!(status(server.address, &two_origins).await, 403, "{two_origins:?}");
            let two_hosts = bearer(route.clone()).and_header("host", "evil.example");
            assert_eq!(status(server.address, &two_hosts).await, 400, "{two_hosts:?}");
            let no_host = bearer(route.clone()).without_header("host");
            assert_eq!(status(server.address, &no_host).await, 400, "{no_host:?}");
        }
        assert_eq!(server.portal.request_count(), 0, "nothing reached the portal");
    }
}

#[tokio::test]
async fn a_request_through_a_proxy_needs_a_token_on_every_route() {
    let (open, closed) = (server(guard::Settings::default()).await, server(with_token()).await);
    for route in routes() {
        for name in [
            "forwarded",
            "via",
            "x-forwarded-for",
            "x-forwarded-host",
            "x-forwarded-proto",
            "x-real-ip",
        ] {
            let request = route.clone().header(name, "192.0.2.9");
            assert_eq!(status(open.address, &request).await, 403, "{request:?}");
            assert_eq!(status(closed.address, &request).await, 401, "{request:?}");
        }
    }
    let request = bearer(look_up(1, "client")).header("x-forwarded-for", "192.0.2.9");
    assert_eq!(status(closed.address, &request).await, 200);
    let answer = ask(
        open.address,
        &look_up(1, "client").header("x-forwarded-for", "192.0.2.9"),
    )
    .await;
    assert!(error(&answer).contains("BITRIX24_MCP_HTTP_TOKEN"), "{}", answer.body);
}

#[tokio::test]
async fn without_the_token_every_route_answers_401_and_says_how_to_send_it() {
    let server = server(with_token()).await;
    for route in routes() {
        for wrong in [
            None,
            Some("Bearer"),
            Some("Bearer "),
            Some("Bearer canary-t0ken-0123456789abcde"),
            Some("Bearer canary-t0ken-0123456789abcdef0"),
            Some("Basic canary-t0ken-0123456789abcdef"),
            Some("canary-t0ken-0123456789abcdef"),
        ] {
            let request = match wrong {
                None => route.clone(),
                Some(value) => route.clone().header("authorization", value),
            };
            assert_eq!(status(server.address, &request).await, 401, "{request:?}");
        }
        // A token in the URL is not accepted: proxies would log it.
        let in_query = Request::get(&format!("/healthz?access_token={TOKEN}"));
        assert_eq!(status(server.address, &in_query).await, 401);
    }
    let answer = ask(server.address, &look_up(1, "client")).await;
    assert_eq!(
        answer.head.header("www-authenticate"),
        Some(r#"Bearer realm="bitrix24-mail-mcp""#)
    );
    assert!(error(&answer).contains("BITRIX24_MCP_HTTP_TOKEN"), "{}", answer.body);
    let wrong = look_up(1, "client").header("authorization", "Bearer guess");
    let answer = ask(server.address, &wrong).await;
    assert!(
        answer
            .head
            .header("www-authenticate")
            .unwrap()
            .contains("invalid_token")
    );
    assert_eq!(server.portal.request_count(), 0);

    let answer = ask(server.address, &bearer(look_up(1, "client"))).await;
    assert_eq!(answer.message()["result"]["structuredContent"]["page"]["returned"], 5);
}

#[tokio::test]
async fn the_token_of_the_caller_is_never_sent_to_the_portal() {
    let server = server(with_token()).await;
    let request = bearer(look_up(1, "client"))
        .header("cookie", &format!("token={TOKEN}"))
        .header("x-token", TOKEN);
    assert_eq!(ask(server.address, &request).await.head.status, 200);
    let sent = server.portal.requests();
    assert_eq!(sent.len(), 1);
    assert!(!format!("{sent:?}").contains(TOKEN), "{sent:?}");
    assert!(sent[0].headers.iter().all(|(name, _)| name != "authorization"));
}

#[tokio::test]
async fn every_loopback_name_and_the_allowed_hosts_are_let_in() {
    let server = server(guard::Settings {
        allowed_hosts: "mcp.contoso.com".parse().unwrap(),
        ..guard::Settings::default()
    })
    .await;
    let port = server.address.port();
    for host in ["127.0.0.1", "localhost", "[::1]", "LOCALHOST", "mcp.contoso.com"] {
        for host in [host.to_owned(), format!("{host}:{port}")] {
            let request = Request::get("/healthz").header("host", &host);
            assert_eq!(status(server.address, &request).await, 200, "{host}");
        }
    }
    // A target in absolute form, as clients send it to a proxy, names the host a second time.
    let absolute = |host: &str| Request::get(&format!("http://{host}/healthz"));
    assert_eq!(status(server.address, &absolute("127.0.0.1")).await, 200);
    assert_eq!(status(server.address, &absolute("evil.example")).await, 400);
}

/// A browser that loads a picture for a foreign page sends no Origin, but `Sec-Fetch-Site`. Following a link is
/// allowed.
#[tokio::test]
async fn a_foreign_page_cannot_load_anything() {
    let server = server(guard::Settings::default()).await;
    for (site, mode, expected) in [
        ("cross-site", "no-cors", 403),
        ("cross-site", "navigate", 200),
        ("same-origin", "cors", 200),
        ("same-site", "no-cors", 200),
        ("none", "navigate", 200),
    ] {
        let request = Request::get("/healthz")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", mode);
        assert_eq!(status(server.address, &request).await, expected, "{site} {mode}");
    }
}

#[tokio::test]
async fn only_pages_of_allowed_origins_may_read_answers() {
    let server = server(guard::Settings {
        allowed_origins: "https://app.contoso.com".parse().unwrap(),
        ..with_token()
    })
    .await;
    let preflight = |origin: &str| {
        Request::new("OPTIONS", "/mcp")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type,mcp-protocol-version",
            )
    };
    let answer = ask(server.address, &preflight("https://app.contoso.com")).await;
    assert_eq!(answer.head.status, 200);
    assert_eq!(
        answer.head.header("access-control-allow-origin"),
        Some("https://app.contoso.com")
    );
    let allowed = answer.head.header("access-control-allow-headers").unwrap();
    for header in [
        "authorization",
        "content-type",
        "last-event-id",
        "mcp-method",
        "mcp-name",
        "mcp-protocol-version",
        "mcp-session-id",
    ] {
        assert!(allowed.contains(header), "{header} is not in {allowed}");
    }
    assert!(
        answer
            .head
            .header("access-control-allow-methods")
            .unwrap()
            .contains("POST")
    );

    let asked = bearer(look_up(1, "client")).header("origin", "https://app.contoso.com");
    let answer = ask(server.address, &asked).await;
    assert_eq!(
        (answer.head.status, answer.head.header("access-control-allow-origin")),
        (200, Some("https://app.contoso.com"))
    );
    // A page of this machine may send requests, but not read the answers.
    for local in ["http://localhost:3000", "http://127.0.0.1"] {
        let answer = ask(server.address, &preflight(local)).await;
        assert_eq!(answer.head.header("access-control-allow-origin"), None, "{local}");
        let asked = bearer(look_up(1, "client")).header("origin", local);
        let answer = ask(server.address, &asked).await;
        assert_eq!(
            (answer.head.status, answer.head.header("access-control-allow-origin")),
            (200, None),
            "{local}"
        );
    }
    assert_eq!(status(server.address, &preflight("https://evil.example")).await, 403);
}

#[tokio::test]
async fn a_caller_above_its_rate_limit_gets_429_and_the_time_to_wait() {
    let server = server(guard::Settings {
        caller_limit: Some(CallerLimit {
            per_second: 0.1,
            burst: 3,
            limits_loopback: true,
        }),
        ..with_token()
    })
    .await;
    let look_up = |id| bearer(look_up(id, "client"));
    let mut statuses = Vec::new();
    for id in 0..5 {
        statuses.push(status(server.address, &look_up(id)).await);
    }
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    let answer = ask(server.address, &look_up(9)).await;
    let wait: u64 = answer.head.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=11).contains(&wait), "{wait}");
    assert!(error(&answer).contains("Retry-After"));
    // Another caller behind a local proxy has its own limit. Health and metrics do not count.
    let forwarded = look_up(10).header("x-forwarded-for", "192.0.2.1");
    assert_eq!(status(server.address, &forwarded).await, 200);
    for route in ["/healthz", "/readyz", "/metrics", "/"] {
        assert_eq!(
            status(server.address, &bearer(Request::get(route))).await,
            200,
            "{route}"
        );
    }
    assert_eq!(status(server.address, &bearer(Request::get("/sse"))).await, 429);
    let message = Request::post("/messages?sessionId=1", &call(1, json!({})));
    assert_eq!(status(server.address, &bearer(message)).await, 429);
}

#[tokio::test]
async fn one_caller_cannot_take_all_places_for_running_calls() {
    let server = server(guard::Settings {
        caller_limit: Some(CallerLimit {
            per_second: 1000.0,
            burst: 10_000,
            limits_loopback: true,
        }),
        ..with_token()
    })
    .await;
    server.portal.hold_answers();
    let mut running = Vec::new();
    for id in 0..64 {
        let mut connection = Connection::open(server.address).await;
        connection
            .send(&bearer(look_up(id, &format!("question {id}"))).bytes())
            .await;
        running.push(connection);
    }
    server.portal.wait_until(|portal| portal.request_count() == 64).await;
    let answer = ask(server.address, &bearer(look_up(1, "one more"))).await;
    assert_eq!(
        (answer.head.status, answer.head.header("retry-after")),
        (429, Some("1"))
    );
    let other = bearer(look_up(1, "client")).header("x-forwarded-for", "192.0.2.1");
    let mut other_caller = Connection::open(server.address).await;
    other_caller.send(&other.bytes()).await;
    server.portal.wait_until(|portal| portal.request_count() == 65).await;
    server.portal.release_answers();
    assert_eq!(other_caller.answer().await.unwrap().head.status, 200);
}

#[tokio::test]
async fn other_methods_types_and_revisions_are_refused() {
    let server = server(guard::Settings::default()).await;
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = ask(server.address, &Request::new(method, "/mcp")).await;
        assert_eq!(
            (answer.head.status, answer.head.header("allow")),
            (405, Some("POST")),
            "{method}"
        );
    }
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "",
    ] {
        let request = Request::post("/mcp", &call(1, json!({}))).header("content-type", kind);
        assert_eq!(ask(server.address, &request).await.head.status, 415, "{kind}");
    }
    let revision = look_up(1, "x").header("mcp-protocol-version", "1999-01-01");
    let answer = ask(server.address, &revision).await;
    assert_eq!(answer.head.status, 400);
    assert!(
        error(&answer).contains("2025-11-25") && !answer.body.contains("1999"),
        "{}",
        answer.body
    );
    let request = Request::post("/mcp", &call(1, json!({}))).header("accept", "text/html");
    assert_eq!(ask(server.address, &request).await.head.status, 406);
    assert_eq!(server.portal.request_count(), 0);
}
