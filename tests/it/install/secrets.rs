//! `install` and `doctor --client` show no secret of a client's file, of the environment or of a file of secrets.
//! `Home::run` searches the output of every run for the secret.

use serde_json::{Value, json};

use crate::support::client_home::{CANARY, CLIENTS, Home, PROGRAM, section, webhook, written};

/// Runs every command on a file with this text, each on a fresh copy.
async fn every_command_on(make: impl Fn() -> Home) {
    for options in [
        &[][..],
        &["--dry-run"],
        &["--format", "json"],
        &["--remove"],
        &["--remove", "--dry-run"],
        &["--remove", "--format", "json"],
        &["--force"],
        &["--force", "--format", "json"],
        &["--force", "--remove"],
        &["--demo"],
    ] {
        let home = make();
        home.run(&[&["install", home.client], options].concat()).await;
        // Again, on the result of the first run.
        if !options.contains(&"--dry-run") {
            let home = home.set("BITRIX24_WEBHOOK_URL", webhook());
            home.run(&["install", home.client, "--format", "json"]).await;
        }
    }
    let home = make();
    for arguments in [
        &["install", "--list"][..],
        &["install", "--list", "--format", "json"],
        &["doctor", "--client", home.client],
        &["doctor", "--client", home.client, "--format", "json"],
    ] {
        home.run(arguments).await;
    }
}

#[tokio::test]
async fn secrets_of_other_entries_are_not_shown() {
    for client in CLIENTS {
        let others = json!({
            "other": {"command": "x", "args": ["--token", CANARY], "env": {"TOKEN": CANARY}},
            "http": {"url": format!("https://example.com/{CANARY}"), "headers": {"Authorization": CANARY}},
        });
        let all = json!({"apiKey": CANARY, section(client): others, "inputs": [{"id": "a", "default": CANARY}]});
        let text = written(client, &all);
        every_command_on(|| Home::with(client, &text).set("BITRIX24_WEBHOOK_URL", webhook())).await;
        let home = Home::with(client, &text);
        home.install(&[]).await;
        assert!(home.text().unwrap().contains(CANARY), "the file itself keeps it");
    }
}

#[tokio::test]
async fn secrets_in_this_servers_entry_are_not_shown() {
    let with_default = format!("${{BITRIX24_WEBHOOK_URL:-{}}}", webhook());
    let entries = [
        json!({"command": PROGRAM, "args": ["--x", CANARY, format!("--y={CANARY}")]}),
        json!({"command": PROGRAM, "args": [CANARY]}),
        json!({"command": PROGRAM, "args": CANARY}),
        json!({"command": PROGRAM, "env": {"BITRIX24_WEBHOOK_URL": webhook()}}),
        json!({"command": PROGRAM, "env": {"BITRIX24_WEBHOOK_URL": with_default}}),
        json!({"command": PROGRAM, "env": {"BITRIX24_WEBHOOK_URL": [webhook()]}}),
        json!({"command": PROGRAM, "env": {"BITRIX24_WEBHOOK_URL_FILE": webhook()}}),
        json!({"command": PROGRAM, "env": {"BITRIX24_PORTAL": webhook(), "BITRIX24_CLIENT_SECRET": CANARY}}),
        json!({"command": PROGRAM, "env": {"BITRIX24_TIMEOUT": [CANARY], "BITRIX24_RATE_LIMIT": CANARY, "X": CANARY}}),
        json!({"command": PROGRAM, "env": CANARY, "note": CANARY, "headers": {"A": CANARY}}),
        json!({"command": PROGRAM, "env_vars": [CANARY, {"name": "A", "value": CANARY}]}),
        json!({"command": format!("TOKEN={CANARY} {PROGRAM}")}),
        json!({"command": format!("{PROGRAM} --token {CANARY}")}),
        json!({"command": format!("https://u:{CANARY}@example.com/bitrix24-mail-mcp")}),
        json!({"command": format!("node x.js --token={CANARY}")}),
        json!({"url": webhook(), "headers": {"Authorization": CANARY}}),
    ];
    for (index, entry) in entries.iter().enumerate() {
        // The clients with JSON differ in their own form alone.
        let json = ["claude-code", "cursor", "vscode", "claude-desktop"];
        for client in ["codex", json[index % json.len()]] {
            every_command_on(|| Home::with_entry(client, entry)).await;
            // Again, in a file of the current folder.
            let home = Home::of(client);
            let Some(file) = crate::support::client_home::file_of_a_folder(client) else {
                continue;
            };
            let file = home.path("repository").join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            let all = json!({section(client): {"bitrix24-mail": entry}});
            std::fs::write(&file, written(client, &all)).unwrap();
            for format in ["text", "json"] {
                let mut command = home.command(&["doctor", "--client", client, "--format", format]);
                let output = command.current_dir(home.path("repository")).output().await.unwrap();
                let said = format!("{output:?}");
                assert!(said.contains("--trust-folder") && !said.contains(CANARY), "{said}");
            }
        }
    }
}

#[tokio::test]
async fn a_secret_in_the_file_is_reported_and_removed_when_the_environment_has_one() {
    for client in CLIENTS {
        let entry = json!({"command": PROGRAM, "env": {"BITRIX24_WEBHOOK_URL": webhook()}});
        let home = Home::with_entry(client, &entry);
        let warnings = home.report(&[]).await["warnings"].to_string();
        assert!(
            warnings.contains("the secret of BITRIX24_WEBHOOK_URL is in the file itself"),
            "{warnings}"
        );
        let home = home.set("BITRIX24_WEBHOOK_URL", webhook());
        home.install(&[]).await;
        assert!(!home.text().unwrap().contains(CANARY), "{client}");
    }
}

#[tokio::test]
async fn a_value_that_looks_like_a_secret_is_left_out() {
    for client in CLIENTS {
        for (variable, value) in [
            ("BITRIX24_PORTAL", webhook()),
            ("BITRIX24_OAUTH_SERVER", format!("https://user:{CANARY}@example.com")),
            ("BITRIX24_WEBHOOK_URL_FILE", webhook()),
            ("BITRIX24_TOKEN_STORE", webhook()),
        ] {
            let home = Home::of(client).set(variable, value);
            let warnings = home.report(&[]).await["warnings"].to_string();
            assert!(warnings.contains(&format!("{variable} was left out")), "{warnings}");
            assert!(!home.text().unwrap().contains(CANARY), "{client} {variable}");
        }
        let home = Home::of(client).set("BITRIX24_PORTAL", "https://example.bitrix24.com");
        home.install(&[]).await;
        assert_eq!(home.entry()["env"]["BITRIX24_PORTAL"], "https://example.bitrix24.com");
    }
}

#[tokio::test]
async fn no_url_is_taken_as_an_argument() {
    let home = Home::of("cursor");
    let address = webhook();
    for options in [&["--config", address.as_str()][..], &[address.as_str()]] {
        let output = home.run(&[&["install", "cursor"], options].concat()).await;
        assert_eq!(output.status.code(), Some(2));
        assert!(home.files().is_empty());
    }
}

/// The server repeats its secrets in each place that `doctor` reads.
#[cfg(unix)]
#[tokio::test]
async fn a_server_that_repeats_its_secrets_is_not_repeated() {
    let answer =
        r#"while read -r line; do for id in 1 2; do echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"RESULT\"}"; done; done"#;
    let refusal = answer.replace("\\\"RESULT\\\"", r#"\"error\":{\"code\":1,\"message\":\"no $SAID\"}"#);
    let greeting = answer.replace(
        "\\\"RESULT\\\"",
        r#"\"result\":{\"serverInfo\":{\"name\":\"$SAID\",\"version\":\"$SAID\"},\"protocolVersion\":\"$SAID\"}"#,
    );
    for (script, status) in [
        ("echo \"failed: $SAID\" >&2; exit 1", "failed"),
        (&refusal, "failed"),
        (&greeting, "ok"),
    ] {
        for said in ["$BITRIX24_WEBHOOK_URL", "$OTHER", CANARY] {
            let script = format!("SAID={said}; {script}");
            let entry = json!({"command": "/bin/sh", "args": ["-c", script],
                "env": {"BITRIX24_WEBHOOK_URL": webhook(), "OTHER": CANARY}});
            let (report, _) = Home::with_entry("claude-desktop", &entry)
                .doctor(&["--run-other-program"])
                .await;
            let (found, saw) = crate::support::client_home::check(&report, "handshake");
            assert!(found == status && saw.contains('…'), "{status} {found} {saw}");
        }
    }
}

#[tokio::test]
async fn a_file_of_secrets_is_read_and_not_shown() {
    for (client, entry, text) in [
        (
            "cursor",
            json!({"command": PROGRAM, "envFile": "secrets.env"}),
            format!("BITRIX24_WEBHOOK_URL={}\nOTHER={CANARY}\n", webhook()),
        ),
        (
            "claude-desktop",
            json!({"command": PROGRAM, "env": {"BITRIX24_WEBHOOK_URL_FILE": "SECRET_FILE"}}),
            webhook(),
        ),
    ] {
        let make = || {
            let home = Home::of(client);
            let file = home.path("secrets.env");
            crate::support::harness::write_private(&file, &text);
            let entry: Value =
                serde_json::from_str(&entry.to_string().replace("SECRET_FILE", file.to_str().unwrap())).unwrap();
            home.write(&json!({"mcpServers": {"bitrix24-mail": entry}}).to_string());
            home
        };
        every_command_on(make).await;
        let (report, _) = make().doctor(&[]).await;
        assert_eq!(
            crate::support::client_home::check(&report, "settings").0,
            "ok",
            "{report}"
        );
    }
}
