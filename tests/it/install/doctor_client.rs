//! `doctor --client`: what each client would start, in which environment, and the result of its handshake.

use bitrix24_mail_mcp::demo::{self, DemoPortal};
use serde_json::json;

use crate::support::client_home::{CLIENTS, Home, PROGRAM, check, fix_of, names};

const OF_THE_CLIENT: [&str; 5] = ["client", "entry", "program", "environment", "handshake"];

/// The secret, placed where this client's entry refers to it.
fn put_secret(home: Home, webhook: &str) -> Home {
    let own = home.path(".config/bitrix24-mail-mcp");
    std::fs::create_dir_all(&own).unwrap();
    match home.client {
        "cursor" => crate::support::harness::write_private(
            &own.join("env"),
            &format!("# mine\nexport BITRIX24_WEBHOOK_URL='{webhook}'\n"),
        ),
        "claude-desktop" => crate::support::harness::write_private(&own.join("webhook-url"), webhook),
        _ => return home.set("BITRIX24_WEBHOOK_URL", webhook),
    }
    home
}

#[tokio::test]
async fn a_client_without_the_entry_fails() {
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
            "claude-code" => "BITRIX24_WEBHOOK_URL: from the environment; Claude Code passes on its whole environment",
            "codex" => "BITRIX24_WEBHOOK_URL: from the environment; Codex passes on nothing else",
            "cursor" => "BITRIX24_WEBHOOK_URL: from the file of variables; Cursor passes on its whole environment",
            "vscode" => "BITRIX24_WEBHOOK_URL: asked by the client; VS Code passes on its whole environment",
            _ => "BITRIX24_WEBHOOK_URL_FILE: in the entry; Claude Desktop passes on nothing else",
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
        let text = crate::support::harness::stdout(&home.run(&["doctor", "--client", client]).await);
        assert!(
            text.contains("ok   handshake") && text.ends_with("\nnothing failed, 1 to look at\n"),
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
async fn a_missing_secret_is_reported_with_its_place() {
    for client in CLIENTS {
        let home = Home::of(client);
        home.install(&[]).await;
        let (report, status) = home.doctor(&[]).await;
        let (found, saw) = check(&report, "environment");
        match client {
            "claude-code" | "codex" => {
                assert!(
                    found == "warning" && saw.contains("BITRIX24_WEBHOOK_URL: not set in the environment"),
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
            _ => {
                assert_eq!(found, "warning", "{saw}");
                assert!(fix_of(&report, "environment").contains("bitrix24-mail-mcp/webhook-url"));
                assert_eq!(check(&report, "settings").0, "failed", "{report}");
            }
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
                found == "ok" && saw.starts_with("BITRIX24_WEBHOOK_URL: from the environment"),
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
async fn a_secret_in_the_entry_works_with_a_warning() {
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
            found == "warning" && saw.contains("its secret is in the entry itself"),
            "{saw}"
        );
        assert_eq!((status, check(&report, "identity").0.as_str()), (Some(0), "ok"));
        assert!(!report.to_string().contains(demo::SECRET));
    }
}
