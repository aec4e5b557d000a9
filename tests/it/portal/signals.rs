//! Signals during an exchange of tokens: each command saves the new pair before it ends. Processes, signals, store and
//! portal are real; the portal holds the new tokens back until the program has seen the signal.

use std::path::Path;
use std::process::Stdio;

use bitrix24_mail_mcp::demo::DemoPortal;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::support::commands::{signed_in, with_refresh_token};
use crate::support::harness::{RawSession, call, program, send_signal};
use crate::support::http_client::Connection;
use crate::support::http_server::{Program, look_up, unlimited};

/// Asserts that the pair is in the store: another process uses it without an exchange.
async fn assert_saved(portal: &DemoPortal, store: &Path) {
    let output = signed_in(portal, store)
        .args(["lookup", "client"])
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(portal.spent_refreshes(), 0);
}

/// Reads the program's stderr until a line contains `text`.
async fn line_with(child: &mut Child, text: &str) {
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    let mut read = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains(text) {
            return;
        }
        read.push(line);
    }
    panic!("the program ended without {text:?}: {read:#?}");
}

#[tokio::test]
async fn every_command_saves_the_pair_that_is_being_issued_before_a_signal_ends_it() {
    for arguments in [
        ["lookup", "client"].as_slice(),
        &["lookup", "--all"],
        &["resolve", "Anna"],
        &["doctor"],
    ] {
        for signal in ["-INT", "-TERM", "-HUP", "-QUIT"] {
            let (portal, folder) = (unlimited(None).await, tempfile::tempdir().unwrap());
            let store = folder.path().join("tokens.json");
            portal.hold_tokens();
            let mut child = with_refresh_token(&portal, &store)
                .args(arguments)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            portal.wait_until(|portal| portal.refreshes() == 1).await;
            send_signal(signal, &child);
            line_with(&mut child, "waiting for the exchange of tokens").await;
            // A second signal, from an impatient user or from the shell, loses no tokens either.
            send_signal(signal, &child);
            portal.release_answers();
            assert_eq!(child.wait().await.unwrap().code(), Some(130), "{arguments:?} {signal}");
            assert_saved(&portal, &store).await;
            assert_eq!(portal.refreshes(), 1, "{arguments:?} {signal}");
        }
    }
}

#[tokio::test]
async fn login_saves_the_pair_for_its_code_before_a_signal_ends_it() {
    for signal in ["-INT", "-TERM", "-HUP", "-QUIT"] {
        let (portal, folder) = (unlimited(None).await, tempfile::tempdir().unwrap());
        let store = folder.path().join("tokens.json");
        portal.hold_tokens();
        let mut command = signed_in(&portal, &store);
        let mut child = command
            .env_remove("BITRIX24_ACCESS_TOKEN")
            .env_remove("BITRIX24_REFRESH_TOKEN")
            .args(["login", "--port", "0", "--no-browser"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        line_with(&mut child, "Waiting up to").await;
        let code = format!("{}\n", code_of(&portal).await);
        child.stdin.as_mut().unwrap().write_all(code.as_bytes()).await.unwrap();
        let is_exchange = |portal: &DemoPortal| portal.requests().iter().any(|sent| sent.path.contains("/oauth/token"));
        portal.wait_until(is_exchange).await;
        send_signal(signal, &child);
        line_with(&mut child, "waiting for the exchange of tokens").await;
        portal.release_answers();
        line_with(&mut child, "Signed in").await;
        assert_eq!(child.wait().await.unwrap().code(), Some(130), "{signal}");
        assert!(store.exists());
        assert_saved(&portal, &store).await;
    }
}

/// The code that the authorize page shows to a user who has agreed.
async fn code_of(portal: &DemoPortal) -> String {
    let application = portal.oauth_application();
    let address = application.portal.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "GET /oauth/authorize/?client_id={} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n",
        application.client_id
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    let (_, rest) = page.split_once("<code>").unwrap();
    rest.split_once("</code>").unwrap().0.to_owned()
}

#[tokio::test]
async fn a_server_over_stdio_saves_its_tokens_when_its_terminal_is_closed() {
    let (portal, folder) = (unlimited(None).await, tempfile::tempdir().unwrap());
    let store = folder.path().join("tokens.json");
    portal.hold_tokens();
    let mut session = RawSession::start(with_refresh_token(&portal, &store));
    session.initialize("2025-11-25").await;
    session.send(call(2, json!({}))).await;
    portal.wait_until(|portal| portal.refreshes() == 1).await;
    session.hang_up_its_terminal();
    let answer = session.receive().await;
    assert_eq!(answer["result"]["structuredContent"]["error"]["code"], "CANCELLED");
    portal.release_answers();
    assert_eq!(session.hang_up().await, (vec![], true));
    assert_saved(&portal, &store).await;
    assert_eq!(portal.refreshes(), 1);
}

#[tokio::test]
async fn a_server_over_http_saves_its_tokens_when_its_terminal_is_closed() {
    let (portal, folder) = (unlimited(None).await, tempfile::tempdir().unwrap());
    let store = folder.path().join("tokens.json");
    portal.hold_tokens();
    let server = Program::start(with_refresh_token(&portal, &store)).await;
    let mut running = Connection::open(server.address).await;
    running.send(&look_up(1, "client").bytes()).await;
    portal.wait_until(|portal| portal.refreshes() == 1).await;
    send_signal("-HUP", &server.process);
    while TcpStream::connect(server.address).await.is_ok() {}
    portal.release_answers();
    let answer = running.answer().await.expect("an answer").message();
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    let (status, log) = server.ended().await;
    assert_eq!(status, Some(0), "{log}");
    assert_saved(&portal, &store).await;
}

/// As under `nohup`. If the server handled SIGHUP, SIGTERM would be the second signal, which does not wait.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_started_with_sighup_ignored_survives_its_terminal() {
    let portal = unlimited(None).await;
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"trap "" HUP; exec "$0" "$@""#])
        .arg(program().as_std().get_program())
        .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap())
        .kill_on_drop(true);
    let server = Program::start(command).await;
    portal.hold_answers();
    let mut running = Connection::open(server.address).await;
    running.send(&look_up(1, "client").bytes()).await;
    portal.wait_until(|portal| portal.request_count() == 1).await;
    send_signal("-HUP", &server.process);
    assert!(TcpStream::connect(server.address).await.is_ok());
    send_signal("-TERM", &server.process);
    while TcpStream::connect(server.address).await.is_ok() {}
    portal.release_answers();
    let answer: Value = running.answer().await.expect("an answer").message();
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    assert_eq!(server.ended().await.0, Some(0));
}

/// A read from a terminal, or from a pipe that stays open, cannot be interrupted.
#[tokio::test]
async fn a_signal_ends_resolve_while_it_waits_for_names() {
    for signal in ["-INT", "-TERM", "-HUP", "-QUIT"] {
        let mut child = program()
            .args(["resolve", "-", "--demo", "-v"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Kept open: `wait` would close it.
        let _input = child.stdin.take();
        line_with(&mut child, "waiting for names").await;
        send_signal(signal, &child);
        assert_eq!(child.wait().await.unwrap().code(), Some(130), "{signal}");
    }
}

/// A demo keeps its tokens in a folder of its own, which it removes at its end.
#[tokio::test]
async fn the_folder_of_a_demo_is_private_and_removed_at_its_end() {
    use std::os::unix::fs::PermissionsExt;
    for signal in ["-INT", "-TERM", "-HUP", "-QUIT"] {
        let root = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", r#"umask 000; exec "$0" "$@""#])
            .arg(program().as_std().get_program())
            .arg("--demo-oauth")
            .env("TMPDIR", root.path())
            .kill_on_drop(true);
        let server = Program::start(command).await;
        let folders: Vec<_> = std::fs::read_dir(root.path()).unwrap().map(Result::unwrap).collect();
        assert_eq!(folders.len(), 1);
        assert_eq!(folders[0].metadata().unwrap().permissions().mode() & 0o777, 0o700);
        send_signal(signal, &server.process);
        assert_eq!(server.ended().await.0, Some(0), "{signal}");
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0, "{signal}");
    }
}
