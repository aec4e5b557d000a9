//! `doctor --client` on entries for servers over HTTP.

use serde_json::{Value, json};

use crate::support::client_home::{CANARY, Home, check};
use crate::support::harness::program;
use crate::support::http_server::Program;

/// The HTTP server on its demo portal; requests need this token.
async fn server() -> Program {
    let mut command = program();
    command.arg("--demo").env("BITRIX24_MCP_HTTP_TOKEN", CANARY);
    Program::start(command).await
}

fn entry(server: &Program, path: &str, headers: Value) -> Value {
    json!({"type": "http", "url": format!("http://{}{path}", server.address), "headers": headers})
}

#[tokio::test]
async fn the_server_is_greeted_with_the_headers_of_the_entry() {
    let server = server().await;
    let headers = json!({"Authorization": "Bearer ${TEAM_TOKEN:-}"});
    let home = Home::with_entry("claude-code", &entry(&server, "/mcp", headers)).set("TEAM_TOKEN", CANARY);
    let (report, status) = home.doctor(&[]).await;
    let (found, saw) = check(&report, "handshake");
    assert_eq!(found, "ok", "{saw}");
    assert!(
        saw.starts_with("bitrix24-mail-mcp ") && saw.contains("MCP 2025-11-25, 3 tools"),
        "{saw}"
    );
    assert_eq!(check(&report, "program").0, "skipped");
    assert_eq!(status, Some(0));
}

#[tokio::test]
async fn codex_names_the_variable_of_the_token() {
    let server = server().await;
    let entry = json!({"url": format!("http://{}/mcp", server.address), "bearer_token_env_var": "TEAM_TOKEN"});
    let home = Home::with_entry("codex", &entry).set("TEAM_TOKEN", CANARY);
    let (report, _) = home.doctor(&[]).await;
    assert_eq!(check(&report, "handshake").0, "ok", "{report}");
}

#[tokio::test]
async fn each_failure_over_http_is_reported() {
    let server = server().await;
    let wrong = json!({"Authorization": format!("Bearer {CANARY}-not")});
    let nobody = json!({"url": format!("http://u:{CANARY}@127.0.0.1:1/mcp?key={CANARY}")});
    for (entry, found, saw) in [
        (
            entry(&server, "/mcp", wrong),
            "failed",
            "answered `initialize` with an error: HTTP 401",
        ),
        (
            entry(
                &server,
                "/elsewhere",
                json!({"Authorization": format!("Bearer {CANARY}")}),
            ),
            "failed",
            "HTTP 404",
        ),
        (nobody, "failed", "nothing answers at 127.0.0.1:1"),
        (
            json!({"url": "https://mcp.example.com/mcp"}),
            "warning",
            "reached over HTTPS",
        ),
        (
            json!({"url": "ftp://mcp.example.com/"}),
            "failed",
            "no address of a web server",
        ),
        (json!({"url": ":"}), "failed", "no address of a web server"),
    ] {
        let home = Home::with_entry("cursor", &entry);
        let (report, status) = home.doctor(&[]).await;
        let seen = check(&report, "handshake");
        assert_eq!(seen.0, found, "{entry} {seen:?}");
        assert!(seen.1.contains(saw), "{entry} {seen:?}");
        assert_eq!(status, Some(i32::from(found == "failed")));
    }
}
