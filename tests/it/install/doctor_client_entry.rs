//! `doctor --client` on entries that start another program, nothing, or a process in another folder.

use serde_json::{Value, json};

use crate::support::client_home::{CLIENTS, Home, PROGRAM, check, fix_of, names, section};

#[tokio::test]
async fn a_missing_program_is_named() {
    for client in CLIENTS {
        let home = Home::with_entry(client, &json!({"command": "/nowhere/bitrix24-mail-mcp"}));
        let (report, status) = home.doctor(&[]).await;
        assert_eq!(status, Some(1));
        let (found, saw) = check(&report, "program");
        assert_eq!(
            (found.as_str(), saw.as_str()),
            ("failed", "/nowhere/bitrix24-mail-mcp is not there, or may not be run")
        );
        assert_eq!(check(&report, "handshake").1, "because program failed");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_failure_of_another_program_quotes_its_own_words() {
    let ready = r#"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"#;
    for (script, found, saw) in [
        ("exit 0", "failed", "the server ended before it answered"),
        (
            "echo; echo ' usage: mail' >&2; echo more >&2; exit 2",
            "failed",
            "the server ended before it answered: usage: mail",
        ),
        (
            "printf '\\033[31mred\\n' >&2",
            "failed",
            "the server ended before it answered:  [31mred",
        ),
        (
            "echo '{}'; echo '[1]'; echo garbage; printf '\\377\\n'",
            "failed",
            "the server ended before it answered",
        ),
        // A program that echoes the request has not responded.
        (
            "read -r line; echo \"$line\"",
            "failed",
            "the server ended before it answered",
        ),
        (
            &format!("echo \"{ready}\""),
            "failed",
            "the server ended before it answered",
        ),
    ] {
        let home = Home::of("cursor");
        let file = home.path("server");
        std::fs::write(&file, script).unwrap();
        let entry = json!({"command": "/bin/sh", "args": [file]});
        home.write(&json!({"mcpServers": {"bitrix24-mail": entry}}).to_string());
        let (report, status) = home.doctor(&["--run-other-program"]).await;
        assert_eq!(status, Some(1));
        let (warning, program) = check(&report, "program");
        assert!(
            warning == "warning" && program.starts_with("another one ("),
            "{program}"
        );
        assert_eq!(
            check(&report, "handshake"),
            (found.to_owned(), saw.to_owned()),
            "{script}"
        );
        assert!(!names(&report).contains(&"settings"));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_writes_much_to_stderr_does_not_block() {
    let script = format!("head -c 300000 /dev/zero >&2; exec '{PROGRAM}' --demo");
    let home = Home::with_entry(
        "cursor",
        &json!({"command": "/bin/sh", "args": ["-c", script], "env": {"PATH": "/usr/bin:/bin"}}),
    );
    let (report, _) = home.doctor(&["--run-other-program"]).await;
    let (found, saw) = check(&report, "handshake");
    assert!(found == "ok" && saw.contains("3 tools"), "{saw}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_line_without_an_end_fails_the_handshake() {
    let home = Home::with_entry("cursor", &json!({"command": "/bin/cat", "args": ["/dev/zero"]}));
    assert_eq!(
        check(&home.doctor(&["--run-other-program"]).await.0, "handshake"),
        ("failed".to_owned(), "the server ended before it answered".to_owned())
    );
}

#[tokio::test]
async fn an_entry_that_is_switched_off_is_reported() {
    for client in CLIENTS {
        for (key, value) in [("disabled", true), ("enabled", false)] {
            let entry = json!({"command": PROGRAM, "args": ["--demo"], key: value});
            let (report, status) = Home::with_entry(client, &entry).doctor(&[]).await;
            let (found, saw) = check(&report, "entry");
            assert!(found == "warning" && saw.ends_with(" is switched off"), "{saw}");
            assert_eq!(status, Some(0));
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_folder_of_an_entry_is_used_if_the_client_uses_it() {
    let script = "echo \"in ${PWD##*/}\" >&2; exit 1";
    for (client, expected) in [("codex", "in work"), ("vscode", "in work"), ("claude-desktop", "in ")] {
        let home = Home::of(client);
        std::fs::create_dir(home.path("work")).unwrap();
        let file = home.path("server");
        std::fs::write(&file, script).unwrap();
        let entry = json!({"command": "/bin/sh", "args": [file], "cwd": "work"});
        home.write(&crate::support::client_home::written(
            client,
            &json!({section(client): {"bitrix24-mail": entry}}),
        ));
        let (_, saw) = check(&home.doctor(&["--run-other-program"]).await.0, "handshake");
        assert_eq!(
            saw,
            format!("the server ended before it answered: {expected}").trim_end(),
            "{client}"
        );
    }
}

#[tokio::test]
async fn a_broken_file_is_reported_with_the_line() {
    for client in CLIENTS {
        let home = Home::with(client, "\n{\"a\": ]\n");
        let (report, status) = home.doctor(&[]).await;
        let (found, saw) = check(&report, "entry");
        assert!(
            found == "failed" && saw.contains("(line 2)") && saw.contains(home.file().to_str().unwrap()),
            "{saw}"
        );
        assert_eq!(status, Some(1));
        assert!(fix_of(&report, "entry").starts_with("Mend "));
    }
}

#[tokio::test]
async fn an_entry_that_starts_nothing_is_reported() {
    for client in CLIENTS {
        let home = Home::with_entry(client, &json!({"args": []}));
        let (report, status) = home.doctor(&[]).await;
        let (found, saw) = check(&report, "program");
        assert_eq!(
            (found.as_str(), saw.as_str()),
            ("failed", "the entry starts no program")
        );
        assert_eq!(check(&report, "handshake").1, "because program failed");
        assert_eq!(status, Some(1));
    }
}

#[tokio::test]
async fn an_entry_of_the_current_folder_counts_too() {
    let entry = json!({"command": PROGRAM, "args": ["--demo"]});
    for (client, file) in [
        ("claude-code", ".mcp.json"),
        ("cursor", ".cursor/mcp.json"),
        ("vscode", ".vscode/mcp.json"),
    ] {
        let home = Home::of(client);
        let folder = home.path("project");
        std::fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        std::fs::write(
            folder.join(file),
            json!({section(client): {"by-hand": entry}}).to_string(),
        )
        .unwrap();
        let mut command = home.command(&[
            "doctor",
            "--client",
            client,
            "--demo",
            "--format",
            "json",
            "--trust-folder",
        ]);
        let output = command.current_dir(&folder).output().await.unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(check(&report, "entry").1.starts_with("`by-hand` in "), "{report}");
        assert_eq!(output.status.code(), Some(0));
    }
}
