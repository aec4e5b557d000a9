//! Files that `install` refuses to change, naming the place of the problem, and what it keeps of those it changes.

use serde_json::json;

use crate::support::client_home::{CANARY, CLIENTS, Home, webhook};
use crate::support::harness::{stderr, stdout};

#[tokio::test]
async fn a_file_that_cannot_be_parsed_is_left_and_the_place_named() {
    let deep = format!("{}{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    let secret_word = format!("{{\n  \"a\": {CANARY}\n}}");
    let open_text = format!("{{\n\n\"a\": \"{CANARY}");
    let bare_key = format!("{{\n{CANARY}: 1}}");
    let json = [
        ("{\n  \"a\": 1\n  \"b\": 2\n}", "it is not JSON (line 2)"),
        (&secret_word, "it is not JSON (line 2)"),
        (&open_text, "it is not JSON (line 3)"),
        (&bare_key, "it is not JSON (line 2)"),
        ("{}\n{}", "it is not JSON (line 2)"),
        (&deep, "it is not JSON (line 1)"),
        ("\0", "it is not JSON (line 1)"),
        ("[]", "it is not a JSON object"),
        ("\"text\"", "it is not a JSON object"),
        ("{\"mcpServers\": null, \"servers\": null}", "is not an object"),
        ("{\"mcpServers\": [], \"servers\": \"x\"}", "is not an object"),
        (
            "{\"mcpServers\": {}, \"mcpServers\": {}, \"servers\": {}, \"servers\": {}}",
            "is in it twice",
        ),
    ];
    let keys = format!("{} = 1\n", vec!["a"; 5000].join("."));
    let lists = format!("a = {}", "[".repeat(5000));
    let word = format!("a = 1\nb = {CANARY}\n");
    let key = format!("\n{CANARY}\n");
    let twice = format!("{CANARY} = 1\n{CANARY} = 2\n");
    let toml = [
        ("a = 1\nb = \n", "it is not TOML (line 2)"),
        (&word, "it is not TOML (line 2)"),
        (&key, "it is not TOML (line 2)"),
        (&twice, "it is not TOML (line 2)"),
        (&keys, "it is not TOML (line 1)"),
        (&lists, "it is not TOML (line 1)"),
        ("{}", "it is not TOML (line 1)"),
        ("mcp_servers = 1\n", "is not in a table"),
        ("[[mcp_servers]]\na = 1\n", "is not in a table"),
    ];
    for client in CLIENTS {
        let files = if client == "codex" { &toml[..] } else { &json[..] };
        for (text, problem) in files {
            let home = Home::with(client, text).set("BITRIX24_WEBHOOK_URL", webhook());
            let said = home.refused(&[]).await;
            let place = home.file().display().to_string();
            assert!(
                said.contains(problem) && said.contains(&place),
                "{client} {:.80}: {said}",
                text
            );
            assert!(
                said.contains("hint: ") && said.contains("nothing was changed"),
                "{said}"
            );
            home.refused(&["--dry-run"]).await;
            home.run(&["install", client, "--remove"]).await;
            assert_eq!(home.text().as_deref(), Some(*text));
        }
    }
}

#[tokio::test]
async fn an_entry_of_an_unknown_shape_counts_as_another_servers() {
    for client in ["claude-code", "cursor", "vscode", "claude-desktop"] {
        for entry in [
            json!(null),
            json!("text"),
            json!([1]),
            json!({"command": null}),
            json!({"command": ["a"]}),
        ] {
            let home = Home::with_entry(client, &entry);
            assert!(home.refused(&[]).await.contains("starts no program"));
            home.install(&["--force"]).await;
            assert!(home.entry()["command"].is_string());
        }
    }
}

#[tokio::test]
async fn unusual_values_in_this_servers_entry_are_kept_or_corrected() {
    let unusual = json!({"command": "/x/bitrix24-mail-mcp", "args": "x", "type": 7, "url": null,
        "env": {"BITRIX24_TIMEOUT": 9, "OTHER": ["a"], "EMPTY": null}, "env_vars": [{"name": "X", "source": "local"}, 7, "Y"]});
    for client in ["claude-code", "cursor", "vscode", "claude-desktop"] {
        let home = Home::with_entry(client, &unusual);
        home.install(&[]).await;
        let entry = home.entry();
        assert!(entry.get("args").is_none());
        for name in ["BITRIX24_TIMEOUT", "OTHER", "EMPTY"] {
            assert_eq!(entry["env"][name], unusual["env"][name], "{client}");
        }
        assert_eq!(home.report(&[]).await["action"], "unchanged");
    }
    let entry = json!({"command": "/x/bitrix24-mail-mcp", "env_vars": [{"name": "BITRIX24_WEBHOOK_URL", "source": "local"}, "MINE"],
        "startup_timeout_sec": 20.5, "tools": {"list_mail_contacts": {"approval_mode": "approve"}}});
    let home = Home::with_entry("codex", &entry);
    home.install(&[]).await;
    let mut expected = entry.clone();
    expected["command"] = json!(crate::support::client_home::PROGRAM);
    assert_eq!(home.entry(), expected);
}

#[tokio::test]
async fn without_a_home_folder_install_fails() {
    let home = Home::of("codex");
    let output = home
        .command(&["install", "codex", "--dry-run"])
        .env("HOME", "here")
        .output()
        .await
        .unwrap();
    assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(1), ""));
    assert!(stderr(&output).contains("no home folder"), "{}", stderr(&output));
}

#[tokio::test]
async fn the_clients_own_variables_say_where_the_file_is() {
    for (client, variable, below) in [
        ("claude-code", "CLAUDE_CONFIG_DIR", ".claude.json"),
        ("codex", "CODEX_HOME", "config.toml"),
        ("vscode", "VSCODE_PORTABLE", "user-data/User/mcp.json"),
    ] {
        let home = Home::of(client);
        let folder = home.path("a \"b\" ${c} ü");
        let home = home.set(variable, folder.display().to_string());
        let file = home.report(&[]).await["file"].as_str().unwrap().to_owned();
        assert_eq!(file, folder.join(below).display().to_string());
        assert!(std::fs::read_to_string(&file).unwrap().contains("bitrix24-mail"));
        home.install(&["--remove"]).await;
        assert!(!std::path::Path::new(&file).exists());
    }
    // A relative folder would mean another folder in each place.
    let home = Home::of("codex").set("CODEX_HOME", "here");
    home.install(&[]).await;
    assert!(home.text().is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn links_and_permissions_stay_and_a_read_only_file_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for client in CLIENTS {
        let text = if client == "codex" {
            "a = 1\n"
        } else {
            "{\n  \"a\": 1\n}\n"
        };
        let home = Home::with(client, text);
        let target = home.path("dotfiles.txt");
        std::fs::rename(home.file(), &target).unwrap();
        symlink(&target, home.file()).unwrap();
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
        let report = home.report(&[]).await;
        assert!(home.file().is_symlink());
        assert_eq!(mode(&target), 0o640);
        assert_eq!(mode(std::path::Path::new(report["backup"].as_str().unwrap())), 0o640);
        home.install(&["--remove"]).await;
        assert!(home.file().is_symlink());
        assert_eq!(std::fs::read_to_string(&target).unwrap(), text);

        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o440)).unwrap();
        assert!(home.refused(&[]).await.contains("caused by: it is read-only"));

        let home = Home::of(client);
        home.install(&[]).await;
        assert_eq!(mode(&home.file()), 0o600, "a new file is its owner's alone");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn anything_but_a_file_is_left_alone() {
    for client in CLIENTS {
        let home = Home::of(client);
        std::fs::create_dir_all(home.file()).unwrap();
        assert!(home.refused(&[]).await.contains("is not a file of UTF-8 text"));
        let home = Home::with(client, "");
        std::fs::write(home.file(), [b'{', 0xff, b'}']).unwrap();
        assert!(home.refused(&[]).await.contains("is not a file of UTF-8 text"));
        assert_eq!(std::fs::read(home.file()).unwrap(), [b'{', 0xff, b'}']);
        let home = Home::with(client, "");
        std::fs::remove_file(home.file()).unwrap();
        std::os::unix::fs::symlink(home.file(), home.file()).unwrap();
        assert!(home.refused(&[]).await.contains("cannot be read"));
        assert!(home.file().is_symlink());
    }
    // A file is where the folder should be.
    let home = Home::of("cursor");
    std::fs::write(home.path(".cursor"), "x").unwrap();
    home.refused(&[]).await;
}

#[tokio::test]
async fn concurrent_installs_leave_the_file_of_one_of_them() {
    for client in ["claude-code", "codex"] {
        let home = Home::of(client);
        let mut running = Vec::new();
        for option in ["", "--demo", "", "--demo"] {
            let mut command = home.command(&["install", client]);
            command.args(option.split_terminator(' '));
            running.push(tokio::spawn(async move { command.output().await.unwrap() }));
        }
        for output in running {
            let output = output.await.unwrap();
            let is_reported = stderr(&output).contains("was changed by another program just now");
            assert!(output.status.success() || is_reported, "{}", stderr(&output));
        }
        let servers = home.value()[crate::support::client_home::section(client)].clone();
        assert!(
            servers.as_object().is_some_and(|servers| !servers.is_empty()),
            "{servers}"
        );
        let left = home.files();
        assert!(left.keys().all(|name| !name.contains(".tmp")), "{left:?}");
    }
}
