//! Settings from the environment and from the settings file, right and wrong.

use std::fs;

use bitrix24_mail_mcp::demo::{DemoPortal, Settings};

use crate::support::harness::{RawSession, call, program, stderr, stdout};

#[tokio::test]
async fn the_webhook_may_come_from_environment_file_or_settings_file() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let url = portal.webhook_url().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("webhook");
    fs::write(&secret, format!("{url}\n")).unwrap();
    let file = folder.path().join("settings.toml");
    let with_url = format!("webhook_url = \"{url}\"\n");
    let with_file = format!("webhook_url_file = \"{}\"\n", secret.display());

    let runs = [
        (vec![("BITRIX24_WEBHOOK_URL", url.clone())], String::new()),
        (
            vec![("BITRIX24_WEBHOOK_URL_FILE", secret.display().to_string())],
            String::new(),
        ),
        (vec![], with_url),
        (vec![], with_file),
        // The environment wins; an empty variable counts as not set.
        (
            vec![("BITRIX24_WEBHOOK_URL", url.clone())],
            "webhook_url = \"nonsense\"\n".to_owned(),
        ),
        (
            vec![
                ("BITRIX24_WEBHOOK_URL", url.clone()),
                ("BITRIX24_WEBHOOK_URL_FILE", " ".to_owned()),
            ],
            String::new(),
        ),
        // A variable of an earlier version is ignored.
        (
            vec![
                ("BITRIX24_WEBHOOK_URL", url.clone()),
                ("BITRIX24_MERGE", "perhaps".to_owned()),
            ],
            String::new(),
        ),
    ];
    for (environment, text) in runs {
        fs::write(&file, &text).unwrap();
        let output = program()
            .args(["lookup", "client", "--config", file.to_str().unwrap()])
            .envs(environment.clone())
            .output()
            .await
            .unwrap();
        assert!(
            stdout(&output).contains("client@example.com"),
            "{environment:?} {text}: {}",
            stderr(&output)
        );
    }
}

#[tokio::test]
async fn a_wrong_setting_is_named_with_an_example() {
    for (name, value, expected) in [
        (
            "BITRIX24_TIMEOUT",
            "soon",
            "BITRIX24_TIMEOUT is not a duration, for example 25s",
        ),
        ("BITRIX24_TIMEOUT", "1h", "BITRIX24_TIMEOUT must be from 100ms to 50s"),
        ("BITRIX24_MCP_LOG", "loud", "BITRIX24_MCP_LOG is not a log level"),
    ] {
        for command in ["lookup", "serve"] {
            let output = program().arg(command).env(name, value).output().await.unwrap();
            assert_eq!(output.status.code(), Some(2), "{name}={value}");
            assert!(stderr(&output).contains(expected), "{}", stderr(&output));
        }
    }
    let output = program()
        .arg("lookup")
        .envs([
            ("BITRIX24_WEBHOOK_URL", "https://p.example/rest/1/a/"),
            ("BITRIX24_WEBHOOK_URL_FILE", "w"),
        ])
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("BITRIX24_WEBHOOK_URL and BITRIX24_WEBHOOK_URL_FILE are both set"));
}

#[tokio::test]
async fn a_running_server_notices_a_new_webhook_file() {
    let first = DemoPortal::start(Settings::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("webhook");
    let mut command = program();
    command.env("BITRIX24_WEBHOOK_URL_FILE", &secret);
    let mut session = RawSession::start(command);
    session.initialize("2025-11-25").await;

    let answer = session.ask(call(2, serde_json::json!({}))).await;
    assert_eq!(
        answer["result"]["structuredContent"]["error"]["code"], "NO_CREDENTIALS",
        "no file yet"
    );

    fs::write(&secret, first.webhook_url_of(7)).unwrap();
    let answer = session.ask(call(3, serde_json::json!({}))).await;
    assert_eq!(
        answer["result"]["structuredContent"]["page"]["returned"], 3,
        "the book of user 7"
    );

    fs::write(&secret, format!("{}profile.json", first.webhook_url_of(1))).unwrap();
    let answer = session.ask(call(4, serde_json::json!({}))).await;
    assert_eq!(
        answer["result"]["structuredContent"]["page"]["returned"], 50,
        "the book of user 1"
    );
}

/// Reading a pipe could block the server before the handshake, and a device may have no end.
#[cfg(unix)]
#[tokio::test]
async fn only_small_ordinary_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(
        tokio::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .await
            .unwrap()
            .success()
    );
    for file in [pipe.to_str().unwrap(), "/dev/zero", folder.path().to_str().unwrap()] {
        let output = program().args(["serve", "--config", file]).output().await.unwrap();
        assert_eq!(output.status.code(), Some(2), "{file}");
        assert!(
            stderr(&output).contains("it is not an ordinary file"),
            "{}",
            stderr(&output)
        );
        let output = program()
            .arg("lookup")
            .env("BITRIX24_WEBHOOK_URL_FILE", file)
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{file}");
        assert!(
            stderr(&output).contains("it is not an ordinary file"),
            "{}",
            stderr(&output)
        );
    }
}
