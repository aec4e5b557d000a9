//! `doctor --client`: what each client would start, in which environment, and how that goes.

use bitrix24_mail_mcp::demo::{self, DemoPortal};
use serde_json::{Value, json};

use crate::client_home::{CLIENTS, Home, PROGRAM, check, section};

const OF_THE_CLIENT: [&str; 5] = ["client", "entry", "program", "environment", "handshake"];

fn names(report: &Value) -> Vec<&str> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks.map(|check| check["name"].as_str().unwrap()).collect()
}

fn fix_of<'a>(report: &'a Value, name: &str) -> &'a str {
    let checks = report["checks"].as_array().unwrap();
    let check = checks.iter().find(|check| check["name"] == name).unwrap();
    check["fix"]["fix"][0].as_str().unwrap()
}

/// The secret of this client's entry, where the entry says that it is.
fn put_secret(home: Home, webhook: &str) -> Home {
    let own = home.path(".config/bitrix24-mail-mcp");
    std::fs::create_dir_all(&own).unwrap();
    match home.client {
        "cursor" => std::fs::write(
            own.join("env"),
            format!("# mine\nexport BITRIX24_WEBHOOK_URL='{webhook}'\n"),
        )
        .unwrap(),
        "claude-desktop" => std::fs::write(own.join("webhook-url"), webhook).unwrap(),
        _ => return home.set("BITRIX24_WEBHOOK_URL", webhook),
    }
    home
}

#[tokio::test]
async fn nothing_is_installed() {
    for client in CLIENTS {
        let home = Home::of(client);
        let (report, status) = home.doctor(&[]).await;
        assert_eq!((status, &report["ok"]), (Some(1), &json!(false)));
        assert_eq!(names(&report), OF_THE_CLIENT);
        assert_eq!(check(&report, "client").0, "warning");
        assert_eq!(check(&report, "entry").0, "failed");
        assert_eq!(
            fix_of(&report, "entry"),
            format!("Run `bitrix24-mail-mcp install {client}`.")
        );
        assert_eq!(
            check(&report, "handshake"),
            ("skipped".to_owned(), "because entry failed".to_owned())
        );
        assert!(home.files().is_empty());
    }
}

#[tokio::test]
async fn an_installed_server_is_started_as_the_client_would_and_reaches_the_portal() {
    for client in CLIENTS {
        let portal = DemoPortal::start(demo::Settings::default()).await.unwrap();
        let home = put_secret(Home::of(client), &portal.webhook_url().unwrap());
        home.install(&[]).await;
        let (report, status) = home.doctor(&[]).await;
        assert!(!report.to_string().contains(demo::SECRET), "{report}");
        assert_eq!(names(&report)[..5], OF_THE_CLIENT);
        assert_eq!(
            check(&report, "program"),
            ("ok".to_owned(), format!("this one ({PROGRAM})"))
        );
        let (found, saw) = check(&report, "handshake");
        assert!(found == "ok" && saw.contains(", 3 tools, in "), "{saw}");
        let (found, saw) = check(&report, "environment");
        assert_eq!(found, "ok", "{saw}");
        let expected = match client {
            "claude-code" => "BITRIX24_WEBHOOK_URL from the environment; Claude Code passes on its whole environment",
            "codex" => "BITRIX24_WEBHOOK_URL from the environment; Codex passes on nothing else",
            "cursor" => "BITRIX24_WEBHOOK_URL from the file of variables; Cursor passes on its whole environment",
            "vscode" => "BITRIX24_WEBHOOK_URL asked by the client; VS Code passes on its whole environment",
            _ => "BITRIX24_WEBHOOK_URL_FILE in the entry; Claude Desktop passes on nothing else",
        };
        assert_eq!(saw, expected);
        assert_eq!(status, Some(0), "{report}");
        if client == "vscode" {
            assert_eq!(check(&report, "portal").0, "skipped");
            continue;
        }
        assert_eq!(check(&report, "identity").0, "ok", "{report}");
        assert_eq!(report["checks"].as_array().unwrap().len(), 5 + 12);
        assert!(!portal.requests().is_empty());
        let text = crate::harness::stdout(&home.run(&["doctor", "--client", client]).await);
        assert!(
            text.contains("ok   handshake") && text.ends_with("\nall well\n"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn the_demo_server_needs_nothing() {
    for client in CLIENTS {
        let home = Home::of(client);
        home.install(&["--demo"]).await;
        let (report, status) = home.doctor(&["--demo"]).await;
        assert_eq!(status, Some(0), "{report}");
        assert!(check(&report, "entry").1.starts_with("`bitrix24-mail-demo` in "));
        assert_eq!(check(&report, "identity").0, "ok");
        assert_eq!(home.doctor(&[]).await.1, Some(1), "the real one is another entry");
    }
}

#[tokio::test]
async fn a_secret_that_is_not_there_is_missed_where_it_should_be() {
    for client in CLIENTS {
        let home = Home::of(client);
        home.install(&[]).await;
        let (report, status) = home.doctor(&[]).await;
        let (found, saw) = check(&report, "environment");
        match client {
            "claude-code" | "codex" => {
                assert!(
                    found == "warning" && saw.contains("from the environment, where it is not set"),
                    "{saw}"
                );
                assert!(fix_of(&report, "environment").contains("Set BITRIX24_WEBHOOK_URL where"));
                assert_eq!(check(&report, "settings").0, "failed");
            }
            "cursor" => {
                assert!(
                    found == "failed" && saw.contains("bitrix24-mail-mcp/env cannot be read"),
                    "{saw}"
                );
                assert!(fix_of(&report, "environment").contains("BITRIX24_WEBHOOK_URL=…"));
            }
            "vscode" => assert_eq!((found.as_str(), status), ("ok", Some(0))),
            _ => assert_eq!(check(&report, "settings").0, "failed", "{report}"),
        }
        assert_eq!(check(&report, "handshake").0, "ok", "it answers without credentials");
    }
}

#[tokio::test]
async fn a_client_that_clears_the_environment_passes_on_only_what_the_entry_names() {
    let portal = DemoPortal::start(demo::Settings::default()).await.unwrap();
    for (client, is_cleared) in [
        ("codex", true),
        ("claude-desktop", true),
        ("claude-code", false),
        ("cursor", false),
        ("vscode", false),
    ] {
        let home = Home::with_entry(client, &json!({"command": PROGRAM}));
        let home = home.set("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap());
        let (report, status) = home.doctor(&[]).await;
        let (found, saw) = check(&report, "environment");
        if is_cleared {
            assert!(
                found == "warning" && saw.starts_with("no setting of this program"),
                "{client} {saw}"
            );
            assert_eq!(check(&report, "settings").0, "failed");
            assert_eq!(status, Some(1));
        } else {
            assert!(
                found == "ok" && saw.starts_with("BITRIX24_WEBHOOK_URL from the environment"),
                "{client} {saw}"
            );
            assert_eq!(check(&report, "identity").0, "ok");
        }
    }
    for passed in [
        json!("BITRIX24_WEBHOOK_URL"),
        json!({"name": "BITRIX24_WEBHOOK_URL", "source": "local"}),
    ] {
        let home = Home::with_entry("codex", &json!({"command": PROGRAM, "env_vars": [passed]}));
        let home = home.set("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap());
        assert_eq!(home.doctor(&[]).await.1, Some(0));
    }
}

#[tokio::test]
async fn a_secret_in_the_entry_works_and_is_warned_of() {
    let portal = DemoPortal::start(demo::Settings::default()).await.unwrap();
    let webhook = portal.webhook_url().unwrap();
    let by_default = format!("${{BITRIX24_WEBHOOK_URL:-{webhook}}}");
    for (client, text) in [
        ("claude-code", &by_default),
        ("claude-code", &webhook),
        ("codex", &webhook),
        ("claude-desktop", &webhook),
    ] {
        let home = Home::with_entry(
            client,
            &json!({"command": PROGRAM, "env": {"BITRIX24_WEBHOOK_URL": text}}),
        );
        let (report, status) = home.doctor(&[]).await;
        let (found, saw) = check(&report, "environment");
        assert!(
            found == "warning" && saw.contains("a secret in the entry itself"),
            "{saw}"
        );
        assert_eq!((status, check(&report, "identity").0.as_str()), (Some(0), "ok"));
        assert!(!report.to_string().contains(demo::SECRET));
    }
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
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
async fn another_program_is_started_too_and_told_by_what_it_says() {
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
        // What was asked, said again, is no answer.
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
        let (report, status) = home.doctor(&[]).await;
        assert_eq!(status, Some(1));
        let (program, told) = check(&report, "program");
        assert!(program == "warning" && told.starts_with("another one ("), "{told}");
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
async fn a_server_that_says_much_to_people_is_heard_out() {
    let script = format!("head -c 300000 /dev/zero >&2; exec '{PROGRAM}' --demo");
    let home = Home::with_entry(
        "cursor",
        &json!({"command": "/bin/sh", "args": ["-c", script], "env": {"PATH": "/usr/bin:/bin"}}),
    );
    let (report, _) = home.doctor(&[]).await;
    let (found, saw) = check(&report, "handshake");
    assert!(found == "ok" && saw.contains("3 tools"), "{saw}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_line_without_an_end_is_given_up() {
    let home = Home::with_entry("cursor", &json!({"command": "/bin/cat", "args": ["/dev/zero"]}));
    assert_eq!(
        check(&home.doctor(&[]).await.0, "handshake"),
        ("failed".to_owned(), "the server ended before it answered".to_owned())
    );
}

#[tokio::test]
async fn an_entry_that_is_switched_off_is_told_of() {
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
async fn the_folder_that_the_entry_names_is_used_where_the_client_does() {
    let script = "echo \"in ${PWD##*/}\" >&2; exit 1";
    for (client, expected) in [("codex", "in work"), ("vscode", "in work"), ("claude-desktop", "in ")] {
        let home = Home::of(client);
        std::fs::create_dir(home.path("work")).unwrap();
        let file = home.path("server");
        std::fs::write(&file, script).unwrap();
        let entry = json!({"command": "/bin/sh", "args": [file], "cwd": "work"});
        home.write(&crate::client_home::written(
            client,
            &json!({section(client): {"bitrix24-mail": entry}}),
        ));
        let (_, saw) = check(&home.doctor(&[]).await.0, "handshake");
        assert_eq!(
            saw,
            format!("the server ended before it answered: {expected}").trim_end(),
            "{client}"
        );
    }
}

#[tokio::test]
async fn a_broken_file_is_told_with_its_place() {
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
async fn an_entry_over_http_and_one_that_starts_nothing_are_not_started() {
    for client in CLIENTS {
        for (entry, told) in [
            (json!({"url": "https://example.com/mcp"}), "a server over HTTP"),
            (json!({"args": []}), "starts nothing"),
        ] {
            let (report, status) = Home::with_entry(client, &entry).doctor(&[]).await;
            assert!(check(&report, "handshake").1.contains(told), "{report}");
            assert_eq!((check(&report, "program").0.as_str(), status), ("skipped", Some(0)));
        }
    }
}

#[tokio::test]
async fn the_folder_one_is_in_has_a_word_too() {
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
        let mut command = home.command(&["doctor", "--client", client, "--demo", "--format", "json"]);
        let output = command.current_dir(&folder).output().await.unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(check(&report, "entry").1.starts_with("`by-hand` in "), "{report}");
        assert_eq!(output.status.code(), Some(0));
    }
}
