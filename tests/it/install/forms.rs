//! `install` as a person runs it: each client's own form, files of every kind, run twice, as a dry run, as JSON, and
//! removal.

use serde_json::{Value, json};

use crate::support::client_home::{CANARY, CLIENTS, Home, PROGRAM, section, value, webhook};
use crate::support::harness::{run, stderr, stdout};

/// Files as clients, editors and people leave them.
fn files(client: &str) -> Vec<&'static str> {
    if client == "codex" {
        return vec![
            "",
            "\n",
            "# Only a comment.",
            "model = \"o3\"",
            "model = \"o3\"\r\n\r\n[mcp_servers.other]\r\ncommand = 'x'\r\n",
            "\u{feff}model = \"o3\"\n",
            "[mcp_servers]\n\n[profiles.a]\nmodel = \"z\"\n\n\n",
            "[mcp_servers.other]\ncommand = 'x' # why\n\n[mcp_servers.other.env]\nTOKEN = \"t\"\n\n# The end.\n",
            "mcp_servers.other.command = \"x\"\na.b = 1\nc = 2\na.d = 3\n",
            "mcp_servers = { other = { command = \"x\", args = [ \"y\" ] } }\n",
            "[\"mcp_servers\".\"other.one\"]\n\tcommand = \"x\"\n\ttext = \"\"\"\n[mcp_servers.bitrix24-mail]\n\"\"\"\n",
            "[b]\nx = 1\r\n[a]\ny = nan\n[b.c]\nz = 1979-05-27T07:32:00Z\n[[list]]\nn = 1\n[[list]]\nn = 2",
        ];
    }
    vec![
        "",
        " \n",
        "{}",
        "{ }\n",
        "\u{feff}{\n  \"a\": 1\n}\n",
        r#"{"mcpServers":{"other":{"command":"x"}},"servers":{"other":{"command":"x"}},"a":1}"#,
        "{\r\n    \"mcpServers\": {\r\n        \"other\": {}\r\n    },\r\n    \"servers\": {\r\n        \"other\": {}\r\n    }\r\n}\r\n",
        "{\n\t\"servers\": {\n\t\t\"other\": { \"url\": \"https://example.com\", \"headers\": { \"A\": \"b\" } }\n\t},\n\t\"mcpServers\": {}\n}",
        "{\n  \"numStartups\": 12345678901234567890123,\n  \"a\": \"\\ud83d\\ude00\",\n  \"a\": 2,\n  \"mcpServ\\u0065rs\": { \"other\": {} }\n}\n",
        "{\n  \"inputs\": [\n    { \"id\": \"key\", \"type\": \"promptString\" }\n  ],\n  \"servers\": {}\n}\n",
    ]
}

/// Files that only some clients read.
const WITH_COMMENTS: &[&str] = &[
    "// Only a comment.\n",
    "/* One. */\n{\n  // Two.\n  \"servers\": {\n    \"other\": {}, // three\n    // four\n  },\n}\n// Five.\n",
    "{\n  \"mcpServers\": { /* mine */ },\n  \"servers\": {\n    // nothing\n  },\n  \"inputs\": [\n  ]\n}",
];

/// A text that JavaScript cut in the middle of a character; other parsers refuse it.
const CUT: &str = "{\n  \"history\": [\n    \"cut \\ud83d\"\n  ]\n}";

#[tokio::test]
async fn each_client_gets_an_entry_in_its_own_form() {
    for client in CLIENTS {
        let home = Home::of(client).set("BITRIX24_WEBHOOK_URL", webhook());
        let said = home.install(&[]).await;
        let own = |below: &str| home.path(".config/bitrix24-mail-mcp").join(below).display().to_string();
        let expected = match client {
            "claude-code" => json!({"type": "stdio", "command": PROGRAM,
                "env": {"BITRIX24_WEBHOOK_URL": "${BITRIX24_WEBHOOK_URL:-}"}}),
            "codex" => json!({"command": PROGRAM, "env_vars": ["BITRIX24_WEBHOOK_URL"]}),
            "cursor" => json!({"type": "stdio", "command": PROGRAM, "envFile": own("env")}),
            "vscode" => json!({"type": "stdio", "command": PROGRAM,
                "env": {"BITRIX24_WEBHOOK_URL": "${input:bitrix24-webhook-url}"}}),
            _ => json!({"command": PROGRAM, "env": {"BITRIX24_WEBHOOK_URL_FILE": own("webhook-url")}}),
        };
        assert_eq!(home.entry(), expected, "{client}");
        assert_eq!(home.value()["inputs"].is_array(), client == "vscode");
        assert!(
            said.contains("`bitrix24-mail` added to ") && said.contains("was not found"),
            "{said}"
        );
        assert!(!format!("{:?}", home.files()).contains(CANARY), "{client}");
    }
}

#[tokio::test]
async fn settings_of_the_environment_go_in_except_those_of_the_http_server() {
    let home = Home::of("codex")
        .set("BITRIX24_PORTAL", " https://example.bitrix24.com ")
        .set("BITRIX24_CLIENT_SECRET", CANARY)
        .set("BITRIX24_TOKEN_STORE", "tokens.json")
        .set("BITRIX24_TIMEOUT", "9s")
        .set("BITRIX24_MCP_HTTP_TOKEN", CANARY)
        .set("BITRIX24_RATE_LIMIT", "")
        .set("HTTPS_PROXY", format!("http://u:{CANARY}@proxy"));
    home.install(&["--config", "my settings.toml"]).await;
    let here = |below: &str| home.path(below).canonicalize().unwrap_or_else(|_| home.path(below));
    assert_eq!(
        home.entry(),
        json!({"command": PROGRAM, "args": ["--config", here("my settings.toml")],
            "env_vars": ["BITRIX24_CLIENT_SECRET", "HTTPS_PROXY"],
            "env": {"BITRIX24_PORTAL": "https://example.bitrix24.com", "BITRIX24_TOKEN_STORE": here("tokens.json"),
                "BITRIX24_TIMEOUT": "9s"}})
    );
}

/// Installs, installs again and removes.
async fn goes_in_and_out(client: &'static str, text: Option<&str>) {
    let home = Home::of(client).set("BITRIX24_WEBHOOK_URL", webhook());
    text.iter().for_each(|text| home.write(text));
    home.install(&[]).await;
    let with = home.text().unwrap();
    let is_odd = |text: &str| text == CUT || WITH_COMMENTS.contains(&text);
    let is_plain = client == "codex" || !text.is_some_and(is_odd);
    if is_plain {
        let mut all = home.value();
        let servers = all[section(client)].as_object_mut().unwrap();
        assert_eq!(servers.remove("bitrix24-mail").unwrap()["command"], PROGRAM, "{with}");
        let before = text.filter(|text| client == "codex" || !text.trim().is_empty());
        let before = value(client, before.unwrap_or(if client == "codex" { "" } else { "{}" }));
        for (key, value) in before.as_object().unwrap() {
            let is_list = key == "inputs" && client == "vscode";
            assert!(is_list || all[key] == *value, "{key} of {text:?} in {with}");
        }
    }
    let backups = home.files();
    let modified = || std::fs::metadata(home.file()).unwrap().modified().unwrap();
    let first = modified();
    assert!(
        home.install(&[]).await.contains("`bitrix24-mail` unchanged in "),
        "{text:?}"
    );
    assert_eq!(home.files(), backups, "{text:?}");
    assert_eq!(modified(), first, "the file is not written at all");
    assert!(
        home.install(&["--remove"])
            .await
            .contains("`bitrix24-mail` removed from ")
    );
    assert_eq!(home.text().as_deref(), text, "after\n{with}");
    assert_eq!(home.files().len(), usize::from(text.is_some()), "{:?}", home.files());
    assert!(home.install(&["--remove"]).await.contains("`bitrix24-mail` absent in "));
    assert_eq!(home.text().as_deref(), text);
}

#[tokio::test]
async fn removal_restores_every_byte_in_files_of_every_kind() {
    for client in CLIENTS {
        goes_in_and_out(client, None).await;
        for text in files(client) {
            goes_in_and_out(client, Some(text)).await;
        }
        for text in WITH_COMMENTS.iter().chain([&CUT]).filter(|_| client != "codex") {
            goes_in_and_out(client, Some(text)).await;
        }
    }
}

#[tokio::test]
async fn comments_that_a_client_refuses_are_reported() {
    for client in CLIENTS.into_iter().filter(|client| *client != "codex") {
        let said = Home::with(client, "{\n  // mine\n}\n").install(&[]).await;
        let is_reported = said.contains("has comments or trailing commas");
        assert_eq!(is_reported, client != "vscode", "{said}");
    }
}

#[tokio::test]
async fn a_dry_run_shows_the_same_and_writes_nothing() {
    for client in CLIENTS {
        for home in [Home::of(client), Home::with(client, files(client)[4])] {
            let before = home.files();
            let dry = home.report(&["--dry-run"]).await;
            assert_eq!(
                (&dry["action"], &dry["dry_run"]),
                (&json!("would be added"), &json!(true))
            );
            assert_eq!(home.files(), before);
            if before.is_empty() {
                assert_eq!(std::fs::read_dir(home.path("")).unwrap().count(), 0, "no folder either");
            }
            let real = home.report(&[]).await;
            assert_eq!(dry["entry"], real["entry"]);
            let installed = home.files();
            let dry = home.report(&["--dry-run", "--remove"]).await;
            assert_eq!(dry["action"], "would be removed");
            home.report(&["--dry-run", "--demo"]).await;
            assert_eq!(home.files(), installed);
        }
    }
}

#[tokio::test]
async fn the_report_as_json_is_one_line_with_the_same_keys() {
    let mut home = Home::with("cursor", "{}").set("BITRIX24_TIMEOUT", "9s");
    let keys = |report: &Value| report.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let all = [
        "client", "file", "name", "action", "dry_run", "entry", "backup", "warnings", "next",
    ];
    let report = home.report(&[]).await;
    assert_eq!(keys(&report), all);
    assert_eq!(
        (
            &report["client"],
            &report["name"],
            &report["action"],
            &report["dry_run"]
        ),
        (
            &json!("cursor"),
            &json!("bitrix24-mail"),
            &json!("added"),
            &json!(false)
        )
    );
    assert_eq!(report["entry"]["env"], json!({"BITRIX24_TIMEOUT": "9s"}));
    assert_eq!(
        std::fs::read_to_string(report["backup"].as_str().unwrap()).unwrap(),
        "{}"
    );
    assert_eq!(home.report(&[]).await["action"], "unchanged");
    home = home.set("BITRIX24_TIMEOUT", "8s");
    assert_eq!(home.report(&[]).await["action"], "updated");
    assert_eq!(home.report(&["--remove"]).await["action"], "removed");
    assert_eq!(keys(&home.report(&["--remove"]).await), &all[..5]);
    assert_eq!(home.text().unwrap(), "{}");
}

#[tokio::test]
async fn the_list_shows_where_the_server_is_installed() {
    let home = Home::of("vscode");
    home.install(&[]).await;
    std::fs::write(home.path(".claude.json"), "{").unwrap();
    std::fs::create_dir_all(home.path(".cursor/extensions")).unwrap();
    std::fs::write(
        home.path(".cursor/mcp.json"),
        r#"{"mcpServers": {"bitrix24-mail": {"url": "https://x"}}}"#,
    )
    .unwrap();
    let listed: Value =
        serde_json::from_str(&stdout(&home.run(&["install", "--list", "--format", "json"]).await)).unwrap();
    let states: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["client"], &row["state"]))
        .collect();
    let state = [
        "broken file",
        "not installed",
        "another server",
        "installed",
        "not installed",
    ];
    for ((client, found), (name, expected)) in states.into_iter().zip(CLIENTS.into_iter().zip(state)) {
        assert_eq!((client, found), (&json!(name), &json!(expected)));
    }
    // Folders that `install` created do not count as an installed client.
    let found: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row.get("found").is_some())
        .collect();
    assert_eq!(found.len(), 1, "{listed}");
    assert_eq!(found[0]["client"], "cursor");
    let table = stdout(&home.run(&["install", "--list"]).await);
    assert_eq!(table.lines().count(), 2 + CLIENTS.len(), "{table}");
}

#[tokio::test]
async fn wrong_usage_ends_with_status_2() {
    for arguments in [
        &["install"][..],
        &["install", "unheard-of"],
        &["install", "codex", "--list"],
        &["install", "codex", "--format", "xml"],
        &["install", "codex", "--demo-fault", "unheard-of"],
        &["doctor", "--client", "unheard-of"],
    ] {
        let output = run(arguments).await;
        assert_eq!(
            (output.status.code(), stdout(&output).as_str()),
            (Some(2), ""),
            "{arguments:?} {}",
            stderr(&output)
        );
    }
}
