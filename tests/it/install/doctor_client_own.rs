//! `doctor --client` on an entry of the user's own file, in a folder that a stranger made: no file of that folder is
//! run or read.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::client_home::{CANARY, Home, PROGRAM, check, fix_of, webhook, written};
use crate::support::harness::{stderr, stdout, write_private};

fn write(file: &Path, text: &str) {
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
    let mut permissions = std::fs::metadata(file).unwrap().permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o700);
    std::fs::set_permissions(file, permissions).unwrap();
}

/// A stranger's folder with a script that creates a file when it is run.
fn hostile(home: &Home) -> (PathBuf, PathBuf) {
    let (folder, mark) = (home.path("repository"), home.path("was-here"));
    write(&folder.join("evil.sh"), &format!("#!/bin/sh\n: > {}\n", mark.display()));
    write(&folder.join("webhook"), "http://127.0.0.1:1/rest/1/strangerswebhook/\n");
    (folder, mark)
}

async fn doctor_in(folder: &Path, home: &Home, options: &[&str]) -> (Value, String) {
    let all = [&["doctor", "--client", home.client, "--format", "json"], options].concat();
    let mut command = home.command(&all);
    let output = command
        .current_dir(folder)
        .env("PWD", folder)
        .env("OLDPWD", folder)
        .output();
    let output = output.await.unwrap();
    assert!(!format!("{}{}", stdout(&output), stderr(&output)).contains(CANARY));
    (serde_json::from_str(&stdout(&output)).unwrap(), stderr(&output))
}

fn home_with(client: &'static str, entry: &Value) -> Home {
    let home = Home::with_entry(client, entry);
    match client {
        "codex" => home.set("PATH", "/usr/bin:/bin"),
        _ => home,
    }
}

#[tokio::test]
async fn another_program_that_is_allowed_runs_no_code_that_lies_in_the_folder() {
    for arguments in [
        json!(["evil.sh"]),
        json!(["-c", "PATH=. evil.sh"]),
        json!(["-c", "cd . && ./evil.sh"]),
        json!(["-c", "\"$PWD/evil.sh\""]),
        json!(["-c", "\"$OLDPWD/evil.sh\""]),
        json!(["-c", "\"$(pwd -P)/evil.sh\""]),
    ] {
        for client in ["claude-code", "codex", "cursor", "vscode"] {
            let home = home_with(client, &json!({"command": "/bin/sh", "args": arguments}));
            let (folder, mark) = hostile(&home);
            let (report, said) = doctor_in(&folder, &home, &["--run-other-program"]).await;
            assert!(!mark.exists(), "{arguments} {report}");
            let started = format!(
                "started in: {}",
                home.path("").display().to_string().trim_end_matches('/')
            );
            assert!(check(&report, "program").1.ends_with(&started), "{report}");
            assert!(
                said.starts_with("doctor runs `bitrix24-mail` in ") && said.contains(&started),
                "{said}"
            );
            let (report, said) = doctor_in(&folder, &home, &["--trust-folder", "--run-other-program"]).await;
            // Codex does not pass OLDPWD on.
            assert!(
                mark.exists() || arguments[1] == "\"$OLDPWD/evil.sh\"",
                "{arguments} {report}"
            );
            assert!(
                said.contains("\n  started in: ") && said.contains("/repository\n"),
                "{said}"
            );
        }
    }
}

#[tokio::test]
async fn the_folder_that_an_own_entry_runs_in_is_not_the_strangers() {
    for own in ["${workspaceFolder}", ".", "src", "../repository", "FOLDER"] {
        let home = Home::of("vscode");
        let (folder, mark) = hostile(&home);
        write(&folder.join("src/evil.sh"), &format!(": > {}\n", mark.display()));
        let own = own.replace("FOLDER", folder.to_str().unwrap());
        let entry = json!({"command": "/bin/sh", "args": ["evil.sh"], "cwd": own});
        home.write(&written("vscode", &json!({"servers": {"bitrix24-mail": entry}})));
        let (report, _) = doctor_in(&folder, &home, &["--run-other-program"]).await;
        assert!(!mark.exists(), "{own} {report}");
    }
}

#[tokio::test]
async fn a_relative_setting_of_any_origin_is_shown_and_nothing_is_started() {
    let variables = |text: &str| (json!({"command": PROGRAM, "envFile": "HOME/env"}), text.to_owned());
    let own = |name: &str, value: &str| {
        (
            json!({"command": PROGRAM, "args": ["--demo"], "env": {name: value}}),
            String::new(),
        )
    };
    for ((entry, file), shown) in [
        (variables("BITRIX24_WEBHOOK_URL_FILE=webhook\n"), "webhook"),
        (variables("LD_PRELOAD=./lib/x.so\n"), "./lib/x.so"),
        (variables("BITRIX24_TOKEN_STORE='t.json'\n"), "t.json"),
        (own("LD_PRELOAD", "lib/x.so"), "lib/x.so"),
        (own("LD_AUDIT", "lib/x.so"), "lib/x.so"),
        (own("LD_LIBRARY_PATH", "."), "."),
        (own("LD_LIBRARY_PATH", "/opt/lib:a/b"), "/opt/lib:a/b"),
        (own("SSL_CERT_DIR", "/etc/ssl/certs:certs"), "/etc/ssl/certs:certs"),
        (own("X", "${workspaceFolder}/x"), "${workspaceFolder}/x"),
    ] {
        let home = Home::of("cursor");
        let (folder, _) = hostile(&home);
        let text = json!({"mcpServers": {"bitrix24-mail": entry}}).to_string();
        home.write(&text.replace("HOME", home.path("").to_str().unwrap()));
        write_private(&home.path("env"), &file);
        let (report, said) = doctor_in(&folder, &home, &["--run-other-program"]).await;
        let (status, saw) = check(&report, "entry");
        assert!(
            status == "warning" && saw.contains(&format!("refers to files in this folder ({shown})")),
            "{saw}"
        );
        assert_eq!(check(&report, "handshake").0, "skipped");
        assert_eq!(said, "");
    }
    for client in ["cursor", "codex"] {
        let entry = match client {
            "codex" => json!({"command": PROGRAM, "env_vars": ["BITRIX24_WEBHOOK_URL_FILE"]}),
            _ => json!({"command": PROGRAM}),
        };
        let home = Home::with_entry(client, &entry).set("BITRIX24_WEBHOOK_URL_FILE", "webhook");
        let (folder, _) = hostile(&home);
        let (report, _) = doctor_in(&folder, &home, &[]).await;
        assert!(
            check(&report, "entry")
                .1
                .contains("refers to files in this folder (webhook)"),
            "{report}"
        );
        assert_eq!(check(&report, "handshake").0, "skipped");
    }
    let home = Home::with_entry(
        "claude-code",
        &json!({"command": PROGRAM, "args": ["--config", "${PWD}/s.toml"]}),
    );
    let (folder, _) = hostile(&home);
    let (report, _) = doctor_in(&folder, &home, &[]).await;
    assert!(
        check(&report, "entry")
            .1
            .contains("refers to files in this folder (${PWD}/s.toml)"),
        "{report}"
    );
}

#[tokio::test]
async fn an_empty_part_of_a_library_path_is_not_the_strangers_folder() {
    for path in [":/opt/lib", "/opt/lib:", "${env:LD_LIBRARY_PATH}:/opt/lib"] {
        let entry = json!({"command": "/bin/sh", "args": ["-c", "pwd >&2"], "env": {"LD_LIBRARY_PATH": path}});
        let home = Home::with_entry("cursor", &entry);
        let (folder, _) = hostile(&home);
        let (report, _) = doctor_in(&folder, &home, &["--run-other-program"]).await;
        let (_, saw) = check(&report, "handshake");
        let at_home = home.path("").canonicalize().unwrap();
        assert!(saw.ends_with(at_home.to_str().unwrap()), "{path} {saw}");
    }
}

#[tokio::test]
async fn a_file_of_the_folder_may_be_much_smaller_than_the_users_own() {
    let entry = json!({"command": PROGRAM, "args": ["--demo"]});
    let filled = json!({"filling": "x".repeat(1_100_000), "mcpServers": {"bitrix24-mail": entry}}).to_string();
    for (client, file) in [("claude-code", ".mcp.json"), ("cursor", ".cursor/mcp.json")] {
        let home = Home::with(client, &filled);
        let (folder, _) = hostile(&home);
        let (report, _) = doctor_in(&folder, &home, &[]).await;
        assert_eq!(check(&report, "handshake").0, "ok", "{report}");
        let (report, _) = doctor_in(&home.path(""), &home, &[]).await;
        assert_eq!(check(&report, "handshake").0, "ok", "in the home folder: {report}");
        write(&folder.join(file), &filled);
        let (report, _) = doctor_in(&folder, &home, &[]).await;
        let (status, saw) = check(&report, "entry");
        assert!(status == "failed" && saw.ends_with("is larger than 1 MiB"), "{saw}");
        assert!(fix_of(&report, "entry").contains("another folder"), "{report}");
    }
}

#[tokio::test]
async fn a_file_with_a_secret_that_others_can_read_is_named_with_the_command_that_ends_it() {
    use std::os::unix::fs::PermissionsExt;
    let set = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    let home = Home::of("cursor");
    let file = home.path("env");
    home.write(&json!({"mcpServers": {"bitrix24-mail": {"command": PROGRAM, "envFile": file}}}).to_string());
    write_private(&file, &format!("BITRIX24_WEBHOOK_URL={}\n", webhook()));
    assert_eq!(check(&home.doctor(&[]).await.0, "environment").0, "ok");
    set(&file, 0o644);
    let (report, _) = home.doctor(&[]).await;
    let (status, saw) = check(&report, "environment");
    assert!(
        status == "warning" && saw.contains("env is open to others: its permissions are 644"),
        "{saw}"
    );
    assert_eq!(
        fix_of(&report, "environment"),
        format!("Run: chmod 600 '{}'", file.display())
    );

    let entry = json!({"command": PROGRAM, "env": {"BITRIX24_WEBHOOK_URL": webhook()}});
    let home = Home::with_entry("cursor", &entry);
    for (mode, is_named) in [(0o666, true), (0o600, false)] {
        set(&home.file(), mode);
        let (report, _) = home.doctor(&[]).await;
        let (status, saw) = check(&report, "environment");
        assert_eq!(
            (status.as_str(), saw.contains("mcp.json is open to others")),
            ("warning", is_named),
            "{saw}"
        );
    }
}
