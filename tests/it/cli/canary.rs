//! The secret of a webhook never appears on stdout, on stderr at the finest log level, or in results.

use bitrix24_mail_mcp::demo::{self, CLIENT_SECRET, DemoPortal, FAULTS, Fault, Outcome, SECRET};
use rmcp::model::ReadResourceRequestParams;
use serde_json::json;

use crate::support::harness::{Session, program, stderr, stdout};
use crate::support::scripted_portal::ScriptedPortal;
use crate::support::secrets::assert_without;

fn assert_clean(text: &str, context: &str) {
    assert_without(SECRET, text, context);
    assert_without(CLIENT_SECRET, text, context);
    for token in ["dem0acc3ss", "dem0r3fr3sh", "dem0c0d3"] {
        assert!(!text.contains(token), "{context}: a {token} token is in\n{text}");
    }
}

/// True if a call must fail. A fault of the webhook does not affect an application, and some faults make no call fail.
fn must_fail(fault: &Fault, kind: &str) -> bool {
    fault.outcome == Outcome::Fails && (kind == "--demo" || fault.needs_oauth)
}

/// What a client receives for a resource and for a completion.
async fn read_and_completed(session: &Session) -> String {
    let client = session.client();
    let uri = "bitrix24-mail://contacts/search/zebra-query";
    let read = client.read_resource(ReadResourceRequestParams::new(uri));
    let completed = client.complete_prompt_argument("draft_mail", "to", "zebra-query", None);
    format!("{:?}", tokio::join!(read, completed))
}

#[tokio::test]
async fn no_fault_shows_the_secret_to_a_client_or_in_the_logs() {
    for fault in FAULTS {
        for (format, kind) in [("text", "--demo"), ("json", "--demo-oauth")] {
            // With this fault the portal's address is refused, so with an application no server starts.
            let kind = if fault.name == "plain-http" { "--demo" } else { kind };
            let mut command = program();
            command.args(["-vvv", "--log-format", format, kind, "--demo-fault", fault.name]);
            command
                .env("BITRIX24_MCP_LOG", "trace")
                .env("BITRIX24_TIMEOUT", "240ms")
                .env("RUST_LOG", "trace");
            let session = Session::start(command).await;
            let arguments = json!({"query": "zebra-query"});
            let (result, others) = tokio::join!(session.call(arguments), read_and_completed(&session));
            assert_clean(&serde_json::to_string(&result).unwrap(), fault.name);
            assert_clean(&others, fault.name);
            let log = session.end().await;
            let is_logged = log.contains("a tool call failed");
            assert!(
                is_logged || !must_fail(fault, kind),
                "{}: nothing was logged",
                fault.name
            );
            assert_clean(&log, fault.name);
            assert!(!log.contains("zebra-query"), "{}: the query is in the log", fault.name);
        }
    }
}

/// A proxy before the portal may echo the request's path anywhere.
#[tokio::test]
async fn a_portal_that_echoes_the_secret_everywhere_does_not_spread_it() {
    let secret = crate::support::scripted_portal::SECRET;
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let split = secret.replace('c', "c\u{ad}").replace('7', "<b></b>7");
    let headers = format!(
        "content-type: application/json; path=/rest/1/{secret}/\r\nlocation: https://{percent}.example/{secret}\r\nx-path: {secret}\r\n"
    );
    for echo in [secret.to_owned(), secret.to_uppercase(), split, secret[4..].to_owned()] {
        let flat = json!({"error": echo, "error_description": format!("<a href='/rest/1/{echo}/'>{echo}</a>")});
        let envelope =
            json!({"error": {"code": "X", "message": echo, "validation": [{"field": echo, "message": echo}]}});
        let replies = [
            (200, flat.to_string()),
            (302, String::new()),
            (401, envelope.to_string()),
            (500, format!("<html>{echo}")),
        ];
        for (status, body) in replies {
            let portal = ScriptedPortal::answering(status, &headers, body.as_bytes()).await;
            let output = program()
                .args(["lookup", "-vvv", "--format", "json"])
                .env("BITRIX24_WEBHOOK_URL", &portal.webhook_url)
                .output()
                .await
                .unwrap();
            assert_eq!(output.status.code(), Some(1));
            assert_without(
                secret,
                &(stdout(&output) + &stderr(&output)),
                &format!("{status} {echo}"),
            );
        }
    }
}

#[tokio::test]
async fn no_success_logs_the_secret_an_address_or_a_name() {
    let mut command = program();
    command.args(["--demo", "-vvv"]).env("BITRIX24_MCP_LOG", "trace");
    let session = Session::start(command).await;
    let result = session.call(json!({"query": "client"})).await;
    assert_clean(&serde_json::to_string(&result).unwrap(), "success");
    let log = session.end().await;
    assert!(log.contains("the portal answered"), "{log}");
    assert_clean(&log, "success");
    for private in ["client@", "Tom Becker", "\"client\""] {
        assert!(!log.contains(private), "{private} is in the log:\n{log}");
    }
}

#[tokio::test]
async fn no_fault_shows_the_secret_on_the_command_line() {
    for fault in FAULTS {
        for (format, kind) in [("table", "--demo"), ("json", "--demo-oauth"), ("csv", "--demo")] {
            let output = program()
                .args([
                    "lookup",
                    "client",
                    kind,
                    "-vvv",
                    "--format",
                    format,
                    "--demo-fault",
                    fault.name,
                ])
                .env("BITRIX24_TIMEOUT", "240ms")
                .output()
                .await
                .unwrap();
            assert!(
                output.status.code() == Some(1) || !must_fail(fault, kind),
                "{}",
                fault.name
            );
            assert_clean(&(stdout(&output) + &stderr(&output)), fault.name);
        }
    }
}

#[tokio::test]
async fn no_wrong_setting_shows_its_value() {
    let urls = [
        format!("http://portal.example/rest/1/{SECRET}/"),
        format!("https://portal.example/rest/{SECRET}/"),
        format!("https://portal.example/{SECRET}"),
        format!("https://user:{SECRET}@portal.example/rest/1/abc/"),
        format!("https://portal.example/rest/1/{SECRET}%20/"),
        SECRET.to_owned(),
        format!("https://{SECRET} /rest/1/a/"),
    ];
    for url in urls {
        let output = program()
            .args(["lookup", "-vvv"])
            .env("BITRIX24_WEBHOOK_URL", &url)
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{url}");
        assert_clean(&(stdout(&output) + &stderr(&output)), "wrong setting");
    }
    // The URL, whole or without its beginning, given by mistake as a file's name or an argument.
    for url in [
        format!("https://portal.example/rest/1/{SECRET}/"),
        format!("portal.example/rest/1/{SECRET}/"),
        format!("https:/portal.example/rest/api/1/{SECRET}"),
    ] {
        let url = url.as_str();
        for (arguments, variable) in [
            (vec!["lookup", "-vvv"], Some("BITRIX24_WEBHOOK_URL_FILE")),
            (vec!["lookup", "--config", url], None),
            (vec!["lookup", "--demo-fault", url], None),
            (vec!["lookup", "--demo-quirk", url], None),
            (vec!["lookup", "--limit", url], None),
            (vec!["lookup", "--format", url], None),
            (vec!["lookup", "anna", url], None),
            (vec!["lookup", url], None),
            (vec!["schema", "--check", url], None),
            (vec!["serve", url], None),
            (vec![url], None),
        ] {
            let mut command = program();
            command.args(&arguments).envs(variable.map(|name| (name, url)));
            let output = command.output().await.unwrap();
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            assert!(stderr(&output).contains("URL"), "{}", stderr(&output));
            assert_clean(&(stdout(&output) + &stderr(&output)), "misplaced URL");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    for text in [
        format!("webhook = \"{SECRET}\""),
        format!("webhook_url = {SECRET}"),
        format!("webhook_url = [\"{SECRET}\"]"),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = program()
            .args(["lookup", "--config", file.to_str().unwrap()])
            .output()
            .await
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_clean(&(stdout(&output) + &stderr(&output)), "settings file");
    }
}

/// The portal records the secret, so the tests above search for the right text.
#[tokio::test]
async fn the_portal_does_receive_the_secret() {
    let portal = DemoPortal::start(demo::Settings::default()).await.unwrap();
    let mut command = program();
    command
        .arg("lookup")
        .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap());
    assert!(command.output().await.unwrap().status.success());
    let requests = portal.requests();
    assert!(requests[0].path.contains(SECRET));
    assert!(
        requests[0].headers.iter().all(|(_, value)| !value.contains(SECRET)),
        "only the path holds it"
    );
}
