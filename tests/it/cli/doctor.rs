//! `doctor`: every check passes on a healthy portal, and each fault fails the right check with the right advice.

use std::process::Output;

use serde_json::Value;

use crate::support::harness::{program, run, stderr, stdout};
use bitrix24_mail_mcp::demo;

const CHECKS: [&str; 12] = [
    "settings",
    "dns",
    "tcp",
    "tls",
    "clock",
    "credential",
    "identity",
    "scope",
    "method",
    "round_trip",
    "rate_limit",
    "token_store",
];

/// Parses the report, and asserts that it holds every check in order.
fn report(output: &Output) -> Value {
    let text = stdout(output);
    assert_eq!(text.lines().count(), 1, "{text}{}", stderr(output));
    let report: Value = serde_json::from_str(&text).unwrap();
    let names: Vec<_> = report["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| &check["name"])
        .collect();
    assert_eq!(names, CHECKS, "scripts rely on the order");
    report
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap()
}

/// Asserts that only the check `name` fails, with `code`, and that every check before it passes or does not apply.
fn assert_fails_at(output: &Output, name: &str, code: &str) {
    let report = report(output);
    assert_eq!(report["ok"], false);
    let mut is_before = true;
    for check in report["checks"].as_array().unwrap() {
        if check["name"] == name {
            is_before = false;
            assert_eq!(check["status"], "failed", "{check}");
            assert_eq!(check["fix"]["code"], code, "{check}");
            assert!(!check["fix"]["fix"].as_array().unwrap().is_empty(), "{check}");
            continue;
        }
        assert_ne!(check["status"], "failed", "{check}");
        assert_ne!(check["status"], "warning", "{check}");
        let applies = !check["saw"].as_str().unwrap().starts_with("because ");
        assert!(!is_before || applies, "{check}");
    }
}

async fn with_fault(fault: &str) -> Output {
    program()
        .args(["doctor", "--format", "json", "-vvv", "--demo-fault", fault])
        .env("BITRIX24_TIMEOUT", "3s")
        .output()
        .await
        .unwrap()
}

#[tokio::test]
async fn on_a_healthy_portal_every_check_passes() {
    let output = run(&["doctor", "--demo", "--format", "json", "-vvv"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = report(&output);
    assert_eq!(report["ok"], true);
    for (name, status, saw) in [
        ("settings", "ok", "the built-in demo portal"),
        ("dns", "skipped", "address"),
        ("tcp", "ok", " ms"),
        ("tls", "skipped", "plain http on loopback"),
        ("clock", "ok", " s "),
        ("credential", "ok", "takes it"),
        ("identity", "ok", "acts as Demo User (user 1), sees only"),
        ("scope", "ok", "mail, user"),
        ("method", "ok", "answered"),
        ("round_trip", "ok", " ms"),
        ("rate_limit", "ok", " of 50 requests free, 2 a second"),
        ("token_store", "skipped", "webhook"),
    ] {
        let check = check(&report, name);
        assert_eq!(check["status"], status, "{check}");
        assert!(check["saw"].as_str().unwrap().contains(saw), "{check}");
    }
    assert!(!format!("{}{}", stdout(&output), stderr(&output)).contains(demo::SECRET));
}

#[tokio::test]
async fn the_text_reads_without_glyphs_and_colours() {
    let output = run(&["doctor", "--demo"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = stdout(&output);
    assert_eq!(text.lines().count(), CHECKS.len() + 1, "{text}");
    assert!(text.contains("ok   scope") && text.contains("skip dns"), "{text}");
    assert!(text.ends_with("\nall well\n") && !text.contains('\u{1b}'), "{text}");

    let output = run(&["doctor", "--demo-fault", "no-mail-scope"]).await;
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let (_, under) = text.split_once("FAIL scope").unwrap();
    let mut under = under.lines().skip(1);
    assert!(
        under.next().unwrap().starts_with("        code:    insufficient_scope"),
        "{text}"
    );
    assert!(text.ends_with("\n1 check failed\n"), "{text}");
}

#[tokio::test]
async fn each_fault_fails_its_own_check() {
    for (fault, name, code) in [
        ("closed-port", "tcp", "CONNECTION_REFUSED"),
        ("unknown-host", "dns", "NAME_NOT_RESOLVED"),
        ("tls", "tls", "TLS_FAILURE"),
        ("reset", "credential", "CONNECTION_LOST"),
        ("wrong-secret", "credential", "INVALID_CREDENTIALS"),
        ("folded-plan", "credential", "ACCESS_DENIED"),
        ("no-mail-scope", "scope", "insufficient_scope"),
        (
            "method-not-found",
            "method",
            "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION",
        ),
    ] {
        let output = with_fault(fault).await;
        assert_eq!(output.status.code(), Some(1), "{fault}: {}", stderr(&output));
        assert_fails_at(&output, name, code);
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert!(!said.contains(demo::SECRET), "{fault}: {said}");
    }
}

#[tokio::test]
async fn a_portal_that_never_answers_ends_within_the_time_allowed() {
    let output = program()
        .args(["doctor", "--format", "json", "--demo-fault", "hang"])
        .env("BITRIX24_TIMEOUT", "300ms")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert_fails_at(&output, "credential", "TIMED_OUT");
}

#[tokio::test]
async fn without_credentials_it_names_the_setting() {
    let output = run(&["doctor", "--format", "json"]).await;
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert_fails_at(&output, "settings", "NO_CREDENTIALS");
    let output = run(&["doctor"]).await;
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains("BITRIX24_WEBHOOK_URL"), "{}", stdout(&output));
}

#[tokio::test]
async fn settings_are_listed_by_name_and_source_without_values() {
    let portal = demo::DemoPortal::start(demo::Settings::default()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, "timeout = \"9s\"\n").unwrap();
    let output = program()
        .args(["doctor", "--format", "json", "-vvv", "--config"])
        .arg(&file)
        .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap())
        .output()
        .await
        .unwrap();
    let report = report(&output);
    let saw = check(&report, "settings")["saw"].as_str().unwrap();
    assert!(
        saw.starts_with("a webhook; set: BITRIX24_WEBHOOK_URL, `timeout` in "),
        "{saw}"
    );
    assert!(!saw.contains("9s"), "{saw}");
    assert!(!format!("{}{}", stdout(&output), stderr(&output)).contains(demo::SECRET));
    // The first request carries no credentials.
    let first = &portal.requests()[0];
    assert_eq!(first.path, "/rest/profile");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_certificate_is_read_and_a_wrong_one_named() {
    use crate::support::certificate_authority::Authority;

    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let roots = authority.roots_file(folder.path());
    let doctor = async |port: u16| {
        program()
            .args(["doctor", "--format", "json", "-vvv"])
            .env(
                "BITRIX24_WEBHOOK_URL",
                format!("https://localhost:{port}/rest/1/t1sc4narysecret/"),
            )
            .env("BITRIX24_TIMEOUT", "5s")
            .env("SSL_CERT_FILE", &roots)
            .env_remove("SSL_CERT_DIR")
            .env("NO_PROXY", "*")
            .output()
            .await
            .unwrap()
    };
    for (port, what) in [
        (authority.portal("localhost", true).await, "has expired"),
        (authority.portal("portal.example", false).await, "is for another name"),
        (
            Authority::new().portal("localhost", false).await,
            "issuer is not trusted",
        ),
    ] {
        let output = doctor(port).await;
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert_fails_at(&output, "tls", "TLS_FAILURE");
        let report = report(&output);
        let saw = check(&report, "tls")["saw"].as_str().unwrap();
        assert!(saw.contains(what), "{saw}");
        assert!(!format!("{}{}", stdout(&output), stderr(&output)).contains("t1sc4nary"));
    }
    let output = doctor(authority.portal("localhost", false).await).await;
    let report = report(&output);
    let tls = check(&report, "tls");
    assert_eq!(tls["status"], "ok", "{tls}");
    assert!(tls["saw"].as_str().unwrap().ends_with(" days left"), "{tls}");
}

#[tokio::test]
async fn a_store_that_is_set_is_checked_and_one_that_is_away_is_a_warning() {
    let portal = crate::support::http_server::unlimited(None).await;
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite:{}", folder.path().join("limits.sqlite").display());
    for (store, status, saw) in [
        (file.as_str(), "ok", "3 processes share the portal's limits"),
        (
            "postgres://u:canary@127.0.0.1:1/x",
            "warning",
            "its own share of the portal's limits",
        ),
    ] {
        let output = program()
            .args(["doctor", "--format", "json"])
            .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap())
            .env("BITRIX24_MCP_STORE", store)
            .env("BITRIX24_MCP_REPLICAS", "3")
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let found = check(&report, "store");
        assert_eq!(found["status"], status, "{found}");
        assert!(found["saw"].as_str().unwrap().contains(saw), "{found}");
        assert!(!format!("{}{}", stdout(&output), stderr(&output)).contains("canary"));
    }
}
