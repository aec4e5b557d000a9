//! Files with secrets: a byte order mark is ignored, other encodings are refused by name, and `doctor` warns if others
//! can read such a file.

use std::fs;
use std::path::Path;

use bitrix24_mail_mcp::demo::{CLIENT_SECRET, DemoPortal, SECRET, Settings};
use serde_json::Value;
use tokio::process::Command;

use crate::support::harness::{program, stderr, stdout};

const MARK: &str = "\u{feff}";

fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

/// Each file with a secret, with `encoded` text in it, and the command that reads it.
async fn readers(
    portal: &DemoPortal,
    folder: &Path,
    encoded: impl Fn(&str) -> Vec<u8>,
) -> Vec<(&'static str, Command)> {
    let application = portal.oauth_application();
    let webhook = portal.webhook_url().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, encoded(text)).unwrap();
        path
    };
    let lookup = || {
        let mut command = program();
        command.args(["lookup", "client"]);
        command
    };
    let mut by_webhook = lookup();
    by_webhook.env("BITRIX24_WEBHOOK_URL_FILE", file("webhook", &format!("{webhook}\r\n")));
    let mut by_settings = lookup();
    let settings = format!("webhook_url = \"{webhook}\"\nlog = \"warn\"\n");
    by_settings.arg("--config").arg(file("settings.toml", &settings));
    let mut by_tokens = lookup();
    by_tokens
        .env("BITRIX24_PORTAL", &application.portal)
        .env("BITRIX24_OAUTH_SERVER", &application.oauth_server)
        .env("BITRIX24_CLIENT_ID", &application.client_id)
        .env(
            "BITRIX24_CLIENT_SECRET_FILE",
            file("client", &application.client_secret),
        )
        .env(
            "BITRIX24_REFRESH_TOKEN_FILE",
            file("refresh", &application.refresh_token),
        )
        .env("BITRIX24_TOKEN_STORE", folder.join("tokens.json"));
    let mut by_http_token = program();
    by_http_token.args(["lookup", "client", "--demo"]).env(
        "BITRIX24_MCP_HTTP_TOKEN_FILE",
        file("http", "0123456789abcdef0123456789abcdef"),
    );
    vec![
        ("webhook", by_webhook),
        ("settings", by_settings),
        ("tokens", by_tokens),
        ("http", by_http_token),
    ]
}

#[tokio::test]
async fn a_byte_order_mark_in_a_file_with_a_secret_does_no_harm() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (name, mut command) in readers(&portal, folder.path(), |text| format!("{MARK}{text}").into()).await {
        let output = command.output().await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
    }
}

#[tokio::test]
async fn a_file_in_another_encoding_is_refused_with_its_name_and_what_to_do() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    for mark in [MARK, ""] {
        for (to_bytes, encoding) in [
            (u16::to_le_bytes as fn(u16) -> [u8; 2], "UTF-16 (little-endian)"),
            (u16::to_be_bytes, "UTF-16 (big-endian)"),
        ] {
            let encoded = |text: &str| utf16(&format!("{mark}{text}"), to_bytes);
            for (name, mut command) in readers(&portal, folder.path(), encoded).await {
                let output = command.output().await.unwrap();
                let said = stderr(&output);
                assert_eq!(output.status.code(), Some(2), "{name}: {said}");
                assert!(
                    said.contains(encoding) && said.contains("save it as UTF-8"),
                    "{name}: {said}"
                );
                for secret in [SECRET, CLIENT_SECRET, "0123456789abcdef"] {
                    assert!(!said.contains(secret), "{name}: {said}");
                }
            }
        }
    }
}

#[tokio::test]
async fn names_on_standard_input_may_begin_with_a_byte_order_mark() {
    use tokio::io::AsyncWriteExt;
    for (input, status) in [
        (format!("{MARK}client@example.com\r\n").into_bytes(), 0),
        (utf16(&format!("{MARK}client@example.com\r\n"), u16::to_le_bytes), 2),
    ] {
        let mut child = program()
            .args(["resolve", "-", "--demo", "--format", "json"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&input).await.unwrap();
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", stderr(&output));
        if status == 0 {
            let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
            assert_eq!(answer["recipients"][0]["asked"], "client@example.com");
        } else {
            assert!(stderr(&output).contains("UTF-16"), "{}", stderr(&output));
        }
    }
}

#[cfg(unix)]
#[tokio::test]
async fn doctor_warns_of_each_file_with_a_secret_that_others_can_reach() {
    use std::os::unix::fs::PermissionsExt;
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let set = |name: &str, mode| {
        fs::set_permissions(folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    for (mode, is_open) in [(0o600, false), (0o640, true), (0o604, true)] {
        for (name, mut command) in readers(&portal, folder.path(), |text| text.into()).await {
            set("", 0o700);
            let files: &[&str] = match name {
                "webhook" => &["webhook"],
                "settings" => &["settings.toml"],
                "tokens" => &["client", "refresh"],
                _ => continue,
            };
            for file in files {
                set(file, mode);
            }
            let inner = command.as_std_mut();
            let arguments: Vec<_> = inner.get_args().skip(2).map(ToOwned::to_owned).collect();
            let mut doctor = program();
            doctor.args(["doctor", "--format", "json"]).args(arguments);
            doctor.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let output = doctor.output().await.unwrap();
            assert_eq!(output.status.code(), Some(0), "{name}: {}", stderr(&output));
            let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
            let settings = &report["checks"][0];
            assert_eq!(settings["name"], "settings");
            let status = if is_open { "warning" } else { "ok" };
            assert_eq!(settings["status"], status, "{name} {mode:o}: {settings}");
            for file in files {
                let step = format!("Run: chmod 600 '{}'", folder.path().join(file).display());
                let steps = settings["fix"]["fix"].as_array();
                assert_eq!(
                    steps.is_some_and(|steps| steps.contains(&step.into())),
                    is_open,
                    "{settings}"
                );
            }
        }
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_leaves_no_core_dump() {
    let mut command = program();
    command.arg("--demo");
    let server = crate::support::http_server::Program::start(command).await;
    let limits = fs::read_to_string(format!("/proc/{}/limits", server.process.id().unwrap())).unwrap();
    let core = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"))
        .unwrap();
    assert_eq!(
        core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(),
        ["0", "0"],
        "{core}"
    );
}
