//! The store does not answer.

use std::process::Stdio;

use bitrix24_mail_mcp::demo::{CLIENT_ID, CLIENT_SECRET};
use serde_json::Value;
use tokio::process::Command;

use super::server::TeamServer;
use crate::support::browser::Browser;
use crate::support::harness::program;
use crate::support::http_client::Request;
use crate::support::http_server::look_up;
use crate::support::team_client::bearer;

const TABLES: [&str; 5] = ["clients", "sign_ins", "grants", "access_tokens", "refresh_tokens"];

/// Takes the store's tables away, or puts them back, so that its statements fail.
fn rename(server: &TeamServer, is_taken_away: bool) {
    let connection = rusqlite::Connection::open(server.store_file()).unwrap();
    for table in TABLES {
        let (from, to) = match is_taken_away {
            true => (table.to_owned(), format!("away_{table}")),
            false => (format!("away_{table}"), table.to_owned()),
        };
        connection
            .execute(&format!("ALTER TABLE {from} RENAME TO {to}"), [])
            .unwrap();
    }
}

#[tokio::test]
async fn n09_while_the_store_does_not_answer_nobody_is_signed_out() {
    let server = TeamServer::start().await;
    let client = server.register("Test client").await;
    let tokens = client.sign_in(&mut Browser::new(server.address), "Anna").await;
    rename(&server, true);
    let call = server.ask(&bearer(look_up(1, "client"), &tokens.access)).await;
    let refreshed = client.refresh(&tokens.refresh).await;
    for answer in [&call, &refreshed] {
        assert_eq!(answer.head.status, 503, "{}", answer.body);
        assert!(answer.head.header("retry-after").is_some());
        assert_eq!(answer.head.header("www-authenticate"), None);
        assert!(!answer.body.contains("invalid_grant") && !answer.body.contains("no such table"));
    }
    let page = server.ask(&Request::get(&client.authorize_path())).await;
    assert_eq!(page.head.status, 503, "{}", page.body);
    assert!(page.head.header("retry-after").is_some());
    assert!(!page.body.contains("no such table"));
    let alive = server.ask(&Request::get("/healthz")).await;
    assert_eq!(alive.head.status, 200);

    rename(&server, false);
    let call = server.ask(&bearer(look_up(1, "client"), &tokens.access)).await;
    assert_eq!(call.head.status, 200, "{}", call.body);
    assert_eq!(client.refresh(&tokens.refresh).await.head.status, 200);
}

/// A command with the settings of `server`, apart from its store.
fn command(server: &TeamServer, arguments: &[&str], store: &str) -> Command {
    let mut command = program();
    command.args(arguments).envs([
        ("BITRIX24_PORTAL", server.demo.origin().as_str()),
        ("BITRIX24_OAUTH_SERVER", server.demo.origin().as_str()),
        ("BITRIX24_CLIENT_ID", CLIENT_ID),
        ("BITRIX24_CLIENT_SECRET", CLIENT_SECRET),
        ("BITRIX24_MCP_PUBLIC_URL", &server.url),
        ("BITRIX24_MCP_SERVER_KEY", &server.keys.join(" ")),
        ("BITRIX24_MCP_STORE", store),
    ]);
    command
}

#[tokio::test]
async fn doctor_knows_a_server_whose_store_does_not_answer() {
    let server = TeamServer::start().await;
    rename(&server, true);
    let store = format!("sqlite:{}", server.store_file().display());
    let doctor = command(&server, &["doctor", "--team", "--format", "json"], &store)
        .output()
        .await
        .unwrap();
    let report: Value = serde_json::from_slice(&doctor.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    let url = checks.iter().find(|check| check["name"] == "public URL").unwrap();
    assert_eq!(url["status"], "warning", "{report}");
    assert!(url["saw"].as_str().unwrap().contains("cannot serve now"), "{report}");
}

/// A database that is not there is waited for.
#[cfg(unix)]
#[tokio::test]
async fn sigterm_ends_a_server_that_waits_for_its_database() {
    use tokio::io::{AsyncBufReadExt, BufReader};

    let server = TeamServer::start().await;
    let nothing = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let store = format!("postgres://mcp@{nothing}/mcp");
    let mut serve = command(&server, &["serve", "--http", "0", "--team"], &store);
    let mut process = serve.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
    loop {
        let line = lines.next_line().await.unwrap().expect("the server does not wait");
        if line.contains("trying again") {
            break;
        }
    }
    crate::support::harness::terminate(&process);
    let begun = std::time::Instant::now();
    assert_eq!(process.wait().await.unwrap().code(), Some(0));
    assert!(begun.elapsed().as_secs() < 10, "it has waited on");
}
