//! Bounds of memory against clients that send much or read nothing. The figures are peaks of the whole process.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use bitrix24_mail_mcp::demo::{DemoPortal, Settings};
use serde_json::json;

use crate::support::demo_in_process::{start, with_fault};
use crate::support::harness::{RawSession, call, initialize, program};
use crate::support::http_client::{Connection, Request};
use crate::support::http_server::Program;
use crate::support::scripted_portal::ScriptedPortal;

/// The peak of a process's resident memory, in megabytes.
fn most_resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// A demo portal that never answers and has no limits.
async fn hanging_portal() -> DemoPortal {
    start(Settings {
        operating: None,
        ..with_fault("hang")
    })
    .await
}

/// A JSON value of `bytes`, which takes a thousand times as many when it is parsed into a tree.
fn many_lists(bytes: usize) -> String {
    format!("[{}0]", "[0],".repeat(bytes / 4))
}

fn call_with_meta(id: u32, meta: &str) -> String {
    let arguments = json!({"query": format!("a{id}")});
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"list_mail_contacts","arguments":{arguments},"_meta":{{"x":{meta}}}}}}}"#
    )
}

/// Without the bound, 250 of these calls took 1.7 gigabytes.
#[tokio::test]
async fn waiting_calls_do_not_keep_unused_meta() {
    let portal = hanging_portal().await;
    let mut command = program();
    command
        .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap())
        .env("BITRIX24_RATE_LIMIT", "off");
    let server = Program::start(command).await;
    let meta = many_lists(120 * 1024);
    let mut waiting = Vec::new();
    for id in 0..250 {
        let request = Request::post("/mcp", &json!(null)).body(call_with_meta(id, &meta));
        let mut connection = Connection::open(server.address).await;
        connection.send(&request.bytes()).await;
        waiting.push(connection);
        // One body at a time, since the guard bounds how much one caller may send at a time.
        portal
            .wait_until(|portal| portal.request_count() == waiting.len())
            .await;
    }
    let most = most_resident(server.process.id().unwrap());
    assert!(most < 300, "{most} MB");
}

/// A client that sends requests without end and reads nothing. The server stops reading its requests too.
#[tokio::test]
async fn the_server_stops_reading_a_client_that_reads_nothing_and_ends_with_it() {
    let portal = hanging_portal().await;
    let line = |id: u32, what: &str| match what {
        "ping" => format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}\n"),
        "no message" => format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":7}}\n"),
        "list" => format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"tools/list\"}}\n"),
        _ => call_with_meta(id, "0") + "\n",
    };
    for (what, by_signal) in [
        ("ping", false),
        ("ping", true),
        ("no message", false),
        ("list", false),
        ("call", true),
        ("call", false),
    ] {
        let mut command = program();
        command
            .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap())
            .env("BITRIX24_RATE_LIMIT", "off");
        let mut session = RawSession::start(command);
        session.initialize("2025-11-25").await;
        let mut lines = String::new();
        for id in 0..100_000 {
            write!(lines, "{}", line(id, what)).unwrap();
        }
        session.write_until_nothing_is_taken(lines.as_bytes()).await;
        let most = most_resident(session.id());
        assert!(most < 100, "{what}: {most} MB");
        // Hangs here if the server does not notice the end.
        let ended_well = if by_signal {
            session.terminate_unread().await
        } else {
            session.hang_up_unread().await
        };
        assert!(ended_well, "{what}, by signal: {by_signal}");
    }
}

/// Node.js connects its children by sockets, not by pipes.
#[tokio::test]
async fn the_server_ends_with_a_client_on_sockets_that_reads_nothing() {
    let ((mut input, to_read), (_output, to_write)) = (UnixStream::pair().unwrap(), UnixStream::pair().unwrap());
    let mut command = program();
    command.arg("--demo");
    command.stdin(OwnedFd::from(to_read)).stdout(OwnedFd::from(to_write));
    let mut process = command.stderr(Stdio::null()).spawn().unwrap();
    // The test's own copies of the program's ends of the sockets.
    drop(command);
    input
        .write_all(format!("{}\n", initialize("2025-11-25")).as_bytes())
        .unwrap();
    input.set_nonblocking(true).unwrap();
    let ping = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n".repeat(1000);
    let (mut taken, mut refused) = (0, 0);
    while refused < 10_000 {
        match input.write(ping.as_bytes()) {
            Ok(bytes) => (taken, refused) = (taken + bytes, 0),
            Err(_) => refused += 1,
        }
        assert!(taken < 10_000_000, "the server keeps reading");
        tokio::task::yield_now().await;
    }
    drop(input);
    let ended = process.wait().await.unwrap();
    assert!(ended.success(), "hangs here if the end is not noticed");
}

/// Without the bound, the parsed tree took 409 megabytes.
#[tokio::test]
async fn an_error_of_nearly_4_mib_keeps_its_code_and_costs_little_more_than_its_size() {
    let lists = many_lists(4 * 1024 * 1024 - 1000);
    for body in [
        format!(r#"{{"error":{{"code":"BITRIX_X","message":"no","validation":{lists}}}}}"#),
        format!(r#"{{"error":{{"a":{lists},"code":"BITRIX_X","message":"no"}}}}"#),
        format!(r#"{{"a":{lists},"error":"BITRIX_X","error_description":"no"}}"#),
    ] {
        let portal = ScriptedPortal::answering(400, "", body.as_bytes()).await;
        let mut command = program();
        command.env("BITRIX24_WEBHOOK_URL", &portal.webhook_url);
        let mut session = RawSession::start(command);
        session.initialize("2025-11-25").await;
        let answer = session.ask(call(1, json!({"query": "anna"}))).await;
        assert_eq!(answer["result"]["structuredContent"]["error"]["code"], "BITRIX_X");
        let most = most_resident(session.id());
        assert!(most < 80, "{most} MB");
    }
}
