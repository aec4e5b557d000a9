//! `~` in paths that no shell has expanded becomes the home folder or is refused; no folder `~` is ever made.

use serde_json::{Value, json};

use crate::support::client_home::{CANARY, CLIENTS, Home, PROGRAM, check, fix_of, webhook};
use crate::support::harness::{stderr, stdout, write_private};

/// Runs `doctor` in a folder below the home folder. Returns its report, or its stderr if the settings are wrong.
async fn doctor(home: &Home, options: &[&str]) -> Result<Value, String> {
    let folder = home.path("somewhere");
    std::fs::create_dir_all(&folder).unwrap();
    let all = [&["doctor", "--format", "json"], options].concat();
    let output = home.command(&all).current_dir(&folder).output().await.unwrap();
    assert!(!format!("{}{}", stdout(&output), stderr(&output)).contains(CANARY));
    assert!(folder.read_dir().unwrap().next().is_none(), "nothing is created there");
    serde_json::from_str(&stdout(&output)).map_err(|_| {
        assert_eq!(output.status.code(), Some(2));
        stderr(&output)
    })
}

#[tokio::test]
async fn a_tilde_is_expanded_in_the_environment_and_in_the_settings_file() {
    let home = Home::of("codex").set("BITRIX24_WEBHOOK_URL_FILE", "~/secrets/webhook");
    std::fs::create_dir(home.path("secrets")).unwrap();
    write_private(&home.path("secrets/webhook"), &webhook());
    let report = doctor(&home, &[]).await.unwrap();
    assert_eq!(check(&report, "settings").0, "ok", "{report}");

    for text in [
        "webhook_url_file = \"~/secrets/webhook\"",
        "webhook_url_file = \"secrets/webhook\"",
    ] {
        let mut home = home_with_settings(text);
        std::fs::create_dir(home.path("secrets")).unwrap();
        write_private(&home.path("secrets/webhook"), &webhook());
        home.unset("BITRIX24_WEBHOOK_URL_FILE");
        for option in [&["--config", "~/settings.toml"][..], &["--config=~/settings.toml"]] {
            let report = doctor(&home, option).await.unwrap();
            assert_eq!(check(&report, "settings").0, "ok", "{text} {report}");
        }
    }
}

fn home_with_settings(text: &str) -> Home {
    let home = Home::of("codex");
    std::fs::write(home.path("settings.toml"), text).unwrap();
    home
}

#[tokio::test]
async fn a_path_that_cannot_be_expanded_is_refused_with_a_reason() {
    for (variable, value, problem) in [
        (
            "BITRIX24_WEBHOOK_URL_FILE",
            "~bob/webhook",
            "home folders of other users",
        ),
        (
            "BITRIX24_TOKEN_STORE",
            "~bob/tokens.json",
            "home folders of other users",
        ),
        (
            "BITRIX24_TOKEN_STORE",
            "${HOME}/tokens.json",
            "a variable that was not replaced",
        ),
        (
            "BITRIX24_MCP_HTTP_TOKEN_FILE",
            "$HOME/token",
            "a variable that was not replaced",
        ),
        (
            "BITRIX24_TOKEN_STORE",
            "\"~/tokens.json\"",
            "a quotation mark that was not removed",
        ),
        (
            "BITRIX24_WEBHOOK_URL_FILE",
            "'/run/webhook'",
            "a quotation mark that was not removed",
        ),
        ("SSL_CERT_FILE", "~/ca.pem", "the TLS library does not replace"),
        ("SSL_CERT_DIR", "/etc/ssl:~/certs", "the TLS library does not replace"),
    ] {
        let said = doctor(&Home::of("codex").set(variable, value), &[]).await.unwrap_err();
        assert!(said.contains(variable) && said.contains(problem), "{said}");
    }
    let said = doctor(&Home::of("codex"), &["--config", "~bob/settings.toml"])
        .await
        .unwrap_err();
    assert!(said.contains("~bob/settings.toml begins with `~` and a name"), "{said}");
}

#[tokio::test]
async fn a_tilde_is_expanded_in_the_place_of_the_token_store() {
    for (variable, value, store) in [
        ("BITRIX24_TOKEN_STORE", "~/t/tokens.json", "t/tokens.json"),
        ("XDG_STATE_HOME", "~/state", "state/bitrix24-mail-mcp/"),
        ("XDG_STATE_HOME", "relative", ".local/state/bitrix24-mail-mcp/"),
    ] {
        let home = Home::of("codex")
            .set("BITRIX24_PORTAL", "http://127.0.0.1:1")
            .set("BITRIX24_OAUTH_SERVER", "http://127.0.0.1:1")
            .set("BITRIX24_CLIENT_ID", "local.1")
            .set("BITRIX24_CLIENT_SECRET", "secret")
            .set("BITRIX24_ACCESS_TOKEN", "access")
            .set("BITRIX24_REFRESH_TOKEN", "refresh")
            .set(variable, value);
        let report = doctor(&home, &[]).await.unwrap();
        let expected = home.path(store).display().to_string();
        assert!(report.to_string().contains(&expected), "{expected} {report}");
    }
}

#[tokio::test]
async fn install_writes_absolute_paths() {
    for client in CLIENTS {
        let home = Home::of(client).set("BITRIX24_TOKEN_STORE", "~/t/tokens.json");
        let home = home.set("BITRIX24_PORTAL", "https://p.bitrix24.com");
        home.install(&["--config", "~/settings.toml"]).await;
        let entry = home.entry();
        let path = |below: &str| json!(home.path(below).display().to_string());
        assert_eq!(entry["env"]["BITRIX24_TOKEN_STORE"], path("t/tokens.json"));
        assert_eq!(entry["args"], json!(["--config", path("settings.toml")]));
    }
}

#[tokio::test]
async fn doctor_fails_if_the_client_does_not_expand_a_tilde() {
    for client in CLIENTS {
        let home = Home::of(client);
        std::fs::create_dir_all(home.path("bin")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(PROGRAM, home.path("bin/server")).unwrap();
        home.write(&crate::support::client_home::written(
            client,
            &json!({crate::support::client_home::section(client): {"bitrix24-mail":
                {"command": "~/bin/server", "args": ["--demo"]}}}),
        ));
        let (report, _) = home.doctor(&[]).await;
        let (status, saw) = check(&report, "program");
        if client == "vscode" {
            assert_eq!(status, if cfg!(unix) { "ok" } else { "failed" }, "{saw}");
            continue;
        }
        assert!(status == "failed" && saw.contains("command begins with `~`"), "{saw}");
        let whole = home.path("bin/server").display().to_string();
        assert_eq!(fix_of(&report, "program"), format!("Write {whole} there."));
        // This program expands `~` in its own variables.
        home.write(&crate::support::client_home::written(
            client,
            &json!({crate::support::client_home::section(client): {"bitrix24-mail":
                {"command": PROGRAM, "env": {"BITRIX24_WEBHOOK_URL_FILE": "~/webhook"}}}}),
        ));
        let (report, _) = home.doctor(&[]).await;
        let fix = fix_of(&report, "environment");
        assert!(
            fix.contains(&home.path("webhook").display().to_string()) && !fix.contains('~'),
            "{fix}"
        );
        write_private(&home.path("webhook"), &webhook());
        let (report, _) = home.doctor(&[]).await;
        assert_eq!(check(&report, "environment").0, "ok", "{report}");
        assert_eq!(check(&report, "settings").0, "ok", "{report}");
    }
}

#[tokio::test]
async fn a_relative_folder_of_a_client_is_a_warning() {
    for (client, variable) in [("claude-code", "CLAUDE_CONFIG_DIR"), ("codex", "CODEX_HOME")] {
        for value in ["~/there", "there"] {
            let home = Home::of(client).set(variable, value);
            let report = home.report(&[]).await;
            let expected = format!("{variable} is not an absolute path");
            assert!(report["warnings"].to_string().contains(&expected), "{report}");
            let folder = home.path(if value.starts_with('~') { "there" } else { "" });
            assert!(
                report["file"].as_str().unwrap().starts_with(folder.to_str().unwrap()),
                "{report}"
            );
            let (report, _) = home.doctor(&[]).await;
            assert!(check(&report, "client").1.starts_with(&expected));
            assert!(!home.path("~").exists());
        }
    }
}

#[tokio::test]
async fn a_tilde_is_expanded_on_the_command_line() {
    for (arguments, made) in [
        (["schema", "--write=~/x"].as_slice(), "x"),
        (&["schema", "--write", "~/x/y"], "x/y"),
        (&["man", "--write=~/m"], "m"),
    ] {
        let home = Home::of("codex");
        let folder = home.path("somewhere");
        std::fs::create_dir(&folder).unwrap();
        let output = home.command(arguments).current_dir(&folder).output().await.unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        assert!(home.path(made).read_dir().unwrap().next().is_some());
        let output = home.command(&["schema", "--check=~/x"]).current_dir(&folder).output();
        assert_eq!(output.await.unwrap().status.success(), made == "x");
        assert!(folder.read_dir().unwrap().next().is_none(), "nothing is created there");
    }
    for arguments in [["schema", "--write='~/x'"], ["man", "--write=~bob/x"]] {
        let output = Home::of("codex").run(&arguments).await;
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    }
}
