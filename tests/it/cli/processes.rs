//! Processes that share a token store, and `lookup --all`.

use std::process::Stdio;

use bitrix24_mail_mcp::demo::{DemoPortal, Settings};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::support::commands::signed_in;
use crate::support::harness::{RawSession, call, program, run, send_signal, stderr, stdout};

#[tokio::test]
async fn two_processes_with_one_store_refresh_tokens_once() {
    let folder = tempfile::tempdir().unwrap();
    let portal = DemoPortal::start(Settings {
        bucket: None,
        ..Settings::default()
    })
    .await
    .unwrap();
    let store = folder.path().join("tokens.json");
    let mut sessions = [
        RawSession::start(signed_in(&portal, &store)),
        RawSession::start(signed_in(&portal, &store)),
    ];
    portal.expire_access_tokens();
    for session in &mut sessions {
        session.initialize("2025-11-25").await;
    }
    for number in 2..52 {
        for session in &mut sessions {
            session.send(call(number, json!({"query": format!("q{number}")}))).await;
        }
    }
    for session in &mut sessions {
        for _ in 2..52 {
            let answer = session.receive().await;
            assert!(
                answer["result"]["structuredContent"].get("contacts").is_some(),
                "{answer}"
            );
        }
    }
    assert_eq!((portal.refreshes(), portal.spent_refreshes()), (1, 0));
}

#[tokio::test]
async fn all_pages_become_one_list_in_every_format() {
    let json: Value =
        serde_json::from_str(&stdout(&run(&["lookup", "--all", "--demo", "--format", "json"]).await)).unwrap();
    assert_eq!(json["contacts"].as_array().unwrap().len(), 62);
    assert_eq!(
        json["page"],
        json!({"offset": 0, "limit": 200, "returned": 62, "complete": true})
    );
    let page = run(&["lookup", "--limit", "200", "--demo", "--format", "json"]).await;
    assert_eq!(
        stdout(&run(&["lookup", "--all", "--demo", "--format", "json"]).await),
        stdout(&page)
    );
    let pages = run(&["lookup", "--all", "--limit", "10", "--demo", "--format", "json"]).await;
    let pages: Value = serde_json::from_str(&stdout(&pages)).unwrap();
    assert_eq!(pages["contacts"].as_array().unwrap().len(), 62);
    for (format, lines) in [("table", 62 + 2), ("csv", 62 + 1)] {
        let output = run(&["lookup", "--all", "--limit", "10", "--demo", "--format", format]).await;
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(
            stdout(&output).lines().count() >= lines,
            "{format}: {}",
            stdout(&output)
        );
        assert_eq!(stderr(&output), "", "no progress where no terminal is");
    }
    let nobody = run(&["lookup", "--all", "nobody", "--demo", "--format", "csv"]).await;
    assert_eq!(stdout(&nobody), "id,email,name,cautions\n");
    let nobody = run(&["lookup", "--all", "nobody", "--demo", "--format", "json"]).await;
    assert_eq!(
        stdout(&nobody),
        "{\"contacts\":[],\"page\":{\"offset\":0,\"limit\":200,\"returned\":0,\"complete\":true}}\n"
    );
    let failed = run(&["lookup", "--all", "--demo-fault", "license", "--format", "json"]).await;
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        serde_json::from_str::<Value>(&stdout(&failed))
            .unwrap()
            .get("error")
            .is_some()
    );
}

/// The portal stops answering after the first five pages; then SIGINT is sent.
#[cfg(unix)]
#[tokio::test]
async fn an_interrupted_walk_leaves_valid_output() {
    use tokio::io::{AsyncBufReadExt, BufReader};
    for (format, rows) in [("csv", 1 + 46), ("json", 46)] {
        let portal = crate::support::scripted_pages::ScriptedPages::start(1).await;
        let mut child = program()
            .args(["lookup", "--all", "--limit", "10", "--format", format, "-v"])
            .env("BITRIX24_WEBHOOK_URL", &portal.webhook_url)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        portal.is_silent().await;
        send_signal("-INT", &child);
        assert_eq!(child.wait().await.unwrap().code(), Some(130), "{format}");
        let mut text = String::new();
        child.stdout.take().unwrap().read_to_string(&mut text).await.unwrap();
        let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut has_note = false;
        while let Some(line) = errors.next_line().await.unwrap() {
            has_note |= line.contains("the first 46 contacts");
        }
        assert!(has_note);
        if format == "csv" {
            assert_eq!(text.lines().count(), rows, "{text}");
        } else {
            let json: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(json["contacts"].as_array().unwrap().len(), rows);
            assert_eq!(
                (&json["page"]["complete"], &json["error"]["code"]),
                (&json!(false), &json!("CANCELLED"))
            );
        }
    }
}
