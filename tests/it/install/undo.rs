//! How `install --remove` restores a file, whatever happened to the file and to the environment since.

use serde_json::{Value, json};

use crate::support::client_home::{CLIENTS, Home, PROGRAM, section, value, webhook, written};

fn small(client: &str) -> &'static str {
    if client == "codex" {
        "model = \"o3\"\n"
    } else {
        "{\n  \"theme\": \"dark\"\n}\n"
    }
}

/// Rewrites the file with one more key, as a client does; returns the new content.
fn rewritten(home: &Home) -> Value {
    let mut all = home.value();
    all["numStartups"] = json!(7);
    home.write(&written(home.client, &all));
    all
}

#[tokio::test]
async fn the_real_and_the_demo_server_come_and_go_in_any_order() {
    for client in CLIENTS {
        for text in [None, Some(small(client))] {
            for [first, second] in [["", "--demo"], ["--demo", ""]] {
                for [first_out, second_out] in [["", "--demo"], ["--demo", ""]] {
                    let home = Home::of(client).set("BITRIX24_WEBHOOK_URL", webhook());
                    text.iter().for_each(|text| home.write(text));
                    for option in [first, second] {
                        home.install(&option.split_terminator(' ').collect::<Vec<_>>()).await;
                    }
                    let servers = home.value()[section(client)].as_object().unwrap().len();
                    assert_eq!(servers, 2);
                    for (option, left) in [(first_out, 1), (second_out, 0)] {
                        let options: Vec<_> = std::iter::once("--remove")
                            .chain(option.split_terminator(' '))
                            .collect();
                        home.install(&options).await;
                        let all = home.text().map_or(json!({}), |text| value(client, &text));
                        let servers = all[section(client)].as_object().map_or(0, |servers| servers.len());
                        assert_eq!(servers, left);
                    }
                    assert_eq!(
                        home.text().as_deref(),
                        text,
                        "{client} {first}{second} {first_out}{second_out}"
                    );
                    assert_eq!(home.files().len(), usize::from(text.is_some()), "{:?}", home.files());
                }
            }
        }
    }
}

#[tokio::test]
async fn settings_that_changed_since_are_removed_with_the_entry() {
    for client in CLIENTS {
        for text in [None, Some(small(client))] {
            let mut home = Home::of(client).set("BITRIX24_WEBHOOK_URL", webhook());
            text.iter().for_each(|text| home.write(text));
            home.install(&[]).await;
            home = home.set("BITRIX24_TIMEOUT", "9s");
            assert!(home.install(&[]).await.contains("updated"));
            home.install(&["--demo"]).await;
            home.unset("BITRIX24_WEBHOOK_URL");
            home = home
                .set("BITRIX24_WEBHOOK_URL_FILE", "/run/webhook")
                .set("BITRIX24_RATE_LIMIT", "5/250");
            home.install(&[]).await;
            assert_eq!(
                home.entry()["env"],
                json!({"BITRIX24_TIMEOUT": "9s", "BITRIX24_WEBHOOK_URL_FILE": "/run/webhook", "BITRIX24_RATE_LIMIT": "5/250"})
            );
            let asks = home.text().unwrap().contains("promptString");
            assert!(!asks, "a question that nobody asks any more: {client}");
            home.install(&["--config", "other.toml"]).await;
            home.install(&["--remove", "--demo"]).await;
            home.install(&["--remove"]).await;
            assert_eq!(home.text().as_deref(), text, "{client}");
            assert_eq!(home.files().len(), usize::from(text.is_some()), "{:?}", home.files());
        }
    }
}

#[tokio::test]
async fn changes_of_other_programs_since_stay() {
    for client in CLIENTS {
        for updates in [false, true] {
            let mut home = Home::with(client, small(client)).set("BITRIX24_WEBHOOK_URL", webhook());
            home.install(&[]).await;
            let mut expected = rewritten(&home);
            if updates {
                home = home.set("BITRIX24_TIMEOUT", "9s");
                assert_eq!(home.report(&[]).await["action"], "updated");
                assert_eq!(home.entry()["env"]["BITRIX24_TIMEOUT"], "9s");
            }
            let report = home.report(&["--remove"]).await;
            assert_eq!(report["action"], "removed");
            let mut left = home.value();
            for all in [&mut expected, &mut left] {
                let all = all.as_object_mut().unwrap();
                all.remove("inputs");
                all.remove(section(client));
            }
            assert_eq!(left, expected, "{client}");
            assert_eq!(home.entry(), Value::Null, "{client}");
            let kept = std::fs::read_to_string(report["backup"].as_str().unwrap()).unwrap();
            assert!(kept.contains("numStartups") && kept.contains("bitrix24-mail"), "{kept}");
        }
    }
}

#[tokio::test]
async fn tables_that_were_made_for_the_entry_go_with_it_and_those_of_others_stay() {
    let home = Home::with("vscode", "{\"theme\": 1}").set("BITRIX24_WEBHOOK_URL", webhook());
    home.install(&[]).await;
    rewritten(&home);
    home.install(&["--remove"]).await;
    assert_eq!(home.value(), json!({"theme": 1, "numStartups": 7}));

    let home = Home::with("vscode", "{\"servers\": {}, \"inputs\": []}").set("BITRIX24_WEBHOOK_URL", webhook());
    home.install(&[]).await;
    rewritten(&home);
    home.install(&["--remove"]).await;
    assert_eq!(home.value(), json!({"servers": {}, "inputs": [], "numStartups": 7}));

    // Another server of the user's uses the same question.
    let home = Home::with("vscode", "{}").set("BITRIX24_WEBHOOK_URL", webhook());
    home.install(&[]).await;
    let mut all = home.value();
    all["servers"]["mine"] = json!({"command": "x", "env": {"A": "${input:bitrix24-webhook-url}"}});
    home.write(&all.to_string());
    home.install(&["--remove"]).await;
    assert_eq!(home.value()["inputs"][0]["id"], "bitrix24-webhook-url");
    assert_eq!(home.value()["servers"]["mine"], all["servers"]["mine"]);
}

#[tokio::test]
async fn an_entry_written_by_hand_is_updated_and_removed_for_good() {
    for client in CLIENTS {
        let entry = json!({"command": "/old place/bitrix24-mail-mcp", "timeout": 60, "disabled": true,
            "env": {"BITRIX24_CACHE_TTL": "5m", "RUST_LOG": "x"}});
        let home = Home::with_entry(client, &entry);
        let report = home.report(&[]).await;
        assert_eq!(report["action"], "updated");
        let warnings = report["warnings"].to_string();
        assert!(
            warnings.contains("the entry started /old") && warnings.contains("before"),
            "{warnings}"
        );
        let now = home.entry();
        assert_eq!(now["command"], PROGRAM);
        for key in ["timeout", "disabled"] {
            assert_eq!(now[key], entry[key]);
        }
        for variable in ["BITRIX24_CACHE_TTL", "RUST_LOG"] {
            assert_eq!(now["env"][variable], entry["env"][variable]);
        }
        assert_eq!(home.report(&["--remove"]).await["action"], "removed");
        let left = home.text().unwrap_or_default();
        assert!(!left.contains("bitrix24-mail-mcp"), "{left}");
    }
}

#[tokio::test]
async fn another_servers_entry_is_refused_and_restored_after_force() {
    for client in CLIENTS {
        for (entry, reason) in [
            (json!({"url": "https://example.com/mcp"}), "is a server over HTTP"),
            (
                json!({"command": "/usr/bin/node", "args": ["x.js"]}),
                "starts another program (node)",
            ),
            (
                json!({"command": "C:\\tools\\mail.exe"}),
                "starts another program (mail.exe)",
            ),
            (json!({"note": "later"}), "starts no program"),
        ] {
            let home = Home::with_entry(client, &entry).set("BITRIX24_WEBHOOK_URL", webhook());
            let before = home.text();
            for options in [&[][..], &["--dry-run"], &["--remove"]] {
                let said = home.refused(options).await;
                assert!(said.contains(reason) && said.contains("--force"), "{said}");
            }
            home.install(&["--force"]).await;
            assert_eq!(home.entry()["command"], PROGRAM);
            assert!(home.entry().get("url").is_none() && home.entry().get("note").is_none());
            home.install(&["--remove"]).await;
            assert_eq!(home.text(), before, "{client}");

            home.install(&["--force"]).await;
            rewritten(&home);
            home.install(&["--remove"]).await;
            assert_eq!(home.entry(), entry, "{client}");
            assert_eq!(home.value()["numStartups"], 7);

            home.install(&["--remove", "--force"]).await;
            assert_eq!(home.entry(), Value::Null);
        }
    }
}

#[tokio::test]
async fn the_same_program_is_recognised_under_other_paths() {
    for command in [
        "C:\\Program Files\\b\\Bitrix24-Mail-MCP.exe",
        "bitrix24-mail-mcp",
        "/a b/\"c\"/ü/bitrix24-mail-mcp",
    ] {
        for client in CLIENTS {
            let home = Home::with_entry(client, &json!({"command": command}));
            assert_eq!(home.report(&[]).await["action"], "updated", "{client} {command}");
            assert_eq!(home.entry()["command"], PROGRAM);
        }
    }
}

#[tokio::test]
async fn an_outdated_backup_is_not_restored() {
    for client in CLIENTS {
        let home = Home::with(client, small(client)).set("BITRIX24_WEBHOOK_URL", webhook());
        home.install(&[]).await;
        let backup = home.report(&[]).await;
        assert_eq!(backup["action"], "unchanged");
        let with = home.text().unwrap();
        // The user removes the entry by hand and changes the rest; the backup stays behind.
        let other = small(client).replace("dark", "light").replace("o3", "o4");
        home.write(&other);
        home.install(&[]).await;
        home.install(&["--remove"]).await;
        assert_eq!(home.text().unwrap(), other);
        // The same, with the entry put back by hand.
        home.write(small(client));
        home.install(&[]).await;
        home.write(&with.replace("dark", "light").replace("o3", "o4"));
        home.install(&["--remove"]).await;
        assert_eq!(
            home.value().get("theme").or(home.value().get("model")),
            value(client, &other).as_object().unwrap().values().next()
        );
        assert_eq!(home.entry(), Value::Null);
    }
}
