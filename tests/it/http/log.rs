//! The log lines that strangers' requests cause.

use serde_json::Value;

use crate::support::harness::program;
use crate::support::http_client::{Connection, Request};
use crate::support::http_server::{Program, look_up};

const TOKEN: &str = "canary-t0ken-0123456789abcdef";

#[cfg(unix)]
#[tokio::test]
async fn refused_requests_are_counted_in_few_lines_and_each_answered_one_has_a_line() {
    const REFUSED: u64 = 300;
    const ANSWERED: usize = 20;
    let mut command = program();
    command
        .args(["--demo", "-v", "--log-format", "json"])
        .env("BITRIX24_MCP_HTTP_TOKEN", TOKEN)
        .env("BITRIX24_MCP_ALLOWED_ORIGINS", "https://app.example");
    let server = Program::start(command).await;
    let started = std::time::Instant::now();
    let bearer = |request: Request| request.header("authorization", &format!("Bearer {TOKEN}"));
    let strangers = [
        look_up(1, "client"),
        look_up(1, "client").header("authorization", "Bearer guess"),
        Request::get("/nothing-here").header("host", "evil.example"),
        Request::get("/").header("origin", "http://evil.example"),
        bearer(Request::get("/zebra")),
        bearer(look_up(1, "client").header("content-type", "text/plain")),
    ];
    let mut connection = Connection::open(server.address).await;
    for request in strangers.iter().cycle().take(REFUSED as usize) {
        let status = connection.ask(request).await.head.status;
        assert!((400..500).contains(&status), "{status}: {request:?}");
    }
    let preflight = Request::new("OPTIONS", "/mcp")
        .header("origin", "https://app.example")
        .header("access-control-request-method", "POST");
    for _ in 0..50 {
        assert_eq!(connection.ask(&preflight).await.head.status, 200);
    }
    // The beginning of TLS is no HTTP request.
    let mut tls = Connection::open(server.address).await;
    tls.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").await;
    tls.is_closed().await;
    for _ in 0..ANSWERED {
        assert_eq!(connection.ask(&bearer(look_up(1, "client"))).await.head.status, 200);
    }
    let mut answered = ANSWERED;
    let metrics = loop {
        let metrics = connection.ask(&bearer(Request::get("/metrics"))).await.body;
        answered += 1;
        // The server counts it a moment after the connection has ended.
        if metrics.contains("unreadable_request") {
            break metrics;
        }
    };
    for (reason, count) in [("no_token", 50), ("foreign_host", 50), ("unreadable_request", 1)] {
        let line = format!("http_refused_total{{reason=\"{reason}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line} is not in {metrics}");
    }
    drop(connection);
    server.terminate();
    let (_, log) = server.ended().await;
    let seconds = started.elapsed().as_secs();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let refused: Vec<_> = lines
        .iter()
        .filter(|line| line.get("http.refused").is_some() || line.get("refused.count").is_some())
        .collect();
    assert!(refused.len() as u64 <= 2 + seconds, "{refused:#?}");
    let counted = |line: &&Value| line.get("refused.count").map_or(1, |count| count.as_u64().unwrap());
    assert_eq!(refused.iter().map(counted).sum::<u64>(), REFUSED + 1, "{refused:#?}");
    let lines = lines.iter().filter(|line| line.get("http.status") == Some(&200.into()));
    assert_eq!(lines.count(), answered);
}
