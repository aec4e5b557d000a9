//! The commands of a team as processes: `team`, `doctor --team`, and what stops `serve --team` from starting.

use std::process::Stdio;

use bitrix24_mail_mcp::demo::{CLIENT_ID, CLIENT_SECRET};
use bitrix24_mail_mcp::team::ServerKeys;
use serde_json::Value;
use tokio::process::Command;

use super::server::TeamServer;
use crate::support::browser::Browser;
use crate::support::harness::{program, stderr, stdout};
use crate::support::http_server::look_up;
use crate::support::secrets::assert_without;
use crate::support::team_client::bearer;

/// How a command ended, and what it printed.
#[derive(Debug)]
struct Outcome {
    status: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Outcome {
    #[track_caller]
    fn assert(&self, status: i32, texts: &[&str]) {
        assert_eq!(self.status, Some(status), "{self:?}");
        for text in texts {
            assert!(self.stderr.contains(text), "{text} is not in {self:?}");
        }
    }
}

async fn outcome(mut command: Command) -> Outcome {
    let output = command.stdin(Stdio::null()).output().await.unwrap();
    Outcome {
        status: output.status.code(),
        stdout: stdout(&output),
        stderr: stderr(&output),
    }
}

/// A command with the settings of `server`.
fn with_settings_of(server: &TeamServer, arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments).args(["-vvv"]).envs([
        ("BITRIX24_PORTAL", server.demo.origin()),
        ("BITRIX24_OAUTH_SERVER", server.demo.origin()),
        ("BITRIX24_CLIENT_ID", CLIENT_ID.to_owned()),
        ("BITRIX24_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
        ("BITRIX24_MCP_PUBLIC_URL", server.url.clone()),
        ("BITRIX24_MCP_SERVER_KEY", server.keys.join(" ")),
        (
            "BITRIX24_MCP_STORE",
            format!("sqlite:{}", server.store_file().display()),
        ),
    ]);
    command
}

/// Runs a command with the settings of `server`. Asserts that it prints no secret.
async fn run(server: &TeamServer, arguments: &[&str]) -> Outcome {
    run_with(server, arguments, &[]).await
}

/// As [`run`], with these settings in place of the server's.
async fn run_with(server: &TeamServer, arguments: &[&str], settings: &[(&str, &str)]) -> Outcome {
    let mut command = with_settings_of(server, arguments);
    command.envs(settings.iter().copied());
    let outcome = outcome(command).await;
    let secrets = settings
        .iter()
        .filter(|(name, _)| name.ends_with("_KEY") || name.ends_with("_SECRET"));
    let secrets = secrets.flat_map(|(_, keys)| keys.split(' '));
    for secret in secrets.chain(server.keys.iter().map(String::as_str)) {
        assert_without(secret, &outcome.stdout, "stdout");
        assert_without(secret, &outcome.stderr, "stderr");
    }
    assert!(!outcome.stdout.contains(CLIENT_SECRET) && !outcome.stderr.contains(CLIENT_SECRET));
    outcome
}

fn new_key() -> String {
    use secrecy::ExposeSecret;
    ServerKeys::generate().unwrap().expose_secret().to_owned()
}

async fn status_of_a_call(server: &TeamServer, token: &str) -> u16 {
    server.ask(&bearer(look_up(1, "client"), token)).await.head.status
}

#[tokio::test]
async fn each_server_key_is_another() {
    let mut keys = Vec::new();
    for _ in 0..2 {
        let mut command = program();
        command.args(["team", "key"]);
        let made = outcome(command).await;
        assert_eq!((made.status, made.stderr.as_str()), (Some(0), ""));
        let key = made.stdout.strip_suffix('\n').unwrap().to_owned();
        assert_eq!(key.len(), 44, "{key}");
        assert_eq!(key.parse::<ServerKeys>().unwrap().ids().len(), 1);
        keys.push(key);
    }
    assert_ne!(keys[0], keys[1]);
}

#[tokio::test]
async fn the_list_names_employees_and_clients_and_no_token() {
    let server = TeamServer::start().await;
    run(&server, &["team", "list"])
        .await
        .assert(0, &["nobody is signed in"]);
    let client = server.register("Test client").await;
    let tokens = client.sign_in(&mut Browser::new(server.address), "Anna").await;
    let table = run(&server, &["team", "list"]).await;
    let lines: Vec<_> = table.stdout.lines().collect();
    assert_eq!((table.status, lines.len()), (Some(0), 3), "{table:?}");
    for (header, cell) in [
        ("User", "1"),
        ("Name", "Anna"),
        ("Client", "Test client"),
        ("Last renewed", "Z"),
    ] {
        assert!(lines[0].contains(header) && lines[2].contains(cell), "{table:?}");
    }
    let list = run(&server, &["team", "list", "--format", "json"]).await;
    for token in [&tokens.access, &tokens.refresh] {
        assert_without(token, &format!("{}{}", table.stdout, list.stdout), "list");
    }
    let list: Value = serde_json::from_str(&list.stdout).unwrap();
    let sign_in = &list["sign_ins"][0];
    assert_eq!(list["sign_ins"].as_array().unwrap().len(), 1);
    assert_eq!(
        (sign_in["user_id"].as_u64(), sign_in["client"].as_str()),
        (Some(1), Some("Test client"))
    );
    for time in ["signed_in_at", "last_renewed_at"] {
        assert!(
            humantime::parse_rfc3339(sign_in[time].as_str().unwrap()).is_ok(),
            "{list}"
        );
    }
}

#[tokio::test]
async fn an_ended_sign_in_is_refused_at_the_next_call_of_a_running_server() {
    let server = TeamServer::start().await;
    let (anna, boris, carla) = (
        server.sign_in("Anna").await,
        server.sign_in("Boris").await,
        server.sign_in("Carla").await,
    );
    run(&server, &["team", "end", "1"])
        .await
        .assert(0, &["signed user 1 out: 1 sign-in has ended"]);
    assert_eq!(status_of_a_call(&server, &anna).await, 401);
    assert_eq!(status_of_a_call(&server, &boris).await, 200);
    run(&server, &["team", "end", "1"])
        .await
        .assert(1, &["nobody with the id 1 is signed in", "team list"]);
    run(&server, &["team", "end", "Anna"])
        .await
        .assert(2, &["it has to be a number, as `team list` shows it"]);
    run(&server, &["team", "end"]).await.assert(2, &["--all"]);
    run(&server, &["team", "end", "--all"])
        .await
        .assert(0, &["2 sign-ins have ended"]);
    for token in [boris, carla] {
        assert_eq!(status_of_a_call(&server, &token).await, 401);
    }
}

#[tokio::test]
async fn the_key_is_changed_beside_a_running_server() {
    let server = TeamServer::start().await;
    let token = server.sign_in("Anna").await;
    let [old, new] = &server.keys;
    let both = format!("{new} {old}");
    fn with(keys: &str) -> [(&str, &str); 1] {
        [("BITRIX24_MCP_SERVER_KEY", keys)]
    }
    let rekeyed = run_with(&server, &["team", "rekey"], &with(&both)).await;
    rekeyed.assert(0, &["sealed the tokens of 1 employee by the first key"]);
    assert_eq!(status_of_a_call(&server, &token).await, 200);
    // The old key is not needed any more, and is not the store's any more.
    run_with(&server, &["team", "rekey"], &with(new))
        .await
        .assert(0, &["0 employees"]);
    let other = run_with(&server, &["team", "rekey"], &with(old)).await;
    other.assert(
        2,
        &["the store was made with another server key", "BITRIX24_MCP_SERVER_KEY"],
    );
    assert_eq!(status_of_a_call(&server, &token).await, 200);
}

#[tokio::test]
async fn a_server_with_another_key_fails_as_a_rekey_does() {
    let server = TeamServer::start().await;
    server.sign_in("Anna").await;
    // A copy, because the store of a running server is in use.
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("copy.sqlite");
    let connection = rusqlite::Connection::open(server.store_file()).unwrap();
    connection.execute("VACUUM INTO ?1", [store.to_str().unwrap()]).unwrap();
    let store = format!("sqlite:{}", store.display());
    let key = new_key();
    let settings = [
        ("BITRIX24_MCP_SERVER_KEY", key.as_str()),
        ("BITRIX24_MCP_STORE", &store),
    ];
    let served = run_with(&server, &["serve", "--http", "0", "--team"], &settings).await;
    let rekeyed = run_with(&server, &["team", "rekey"], &settings).await;
    served.assert(
        2,
        &["error: the store was made with another server key", "hint: ", "-wal"],
    );
    rekeyed.assert(2, &[]);
    let error = |outcome: &Outcome| outcome.stderr.find("error:").map(|at| outcome.stderr[at..].to_owned());
    assert_eq!(error(&served), error(&rekeyed));
}

#[tokio::test]
async fn a_store_that_is_missing_in_use_or_of_another_program_is_named() {
    let server = TeamServer::start().await;
    let folder = tempfile::tempdir().unwrap();
    let missing = format!("sqlite:{}", folder.path().join("missing.sqlite").display());
    let list = run_with(&server, &["team", "list"], &[("BITRIX24_MCP_STORE", &missing)]).await;
    list.assert(1, &["there is no store", "missing.sqlite", "check BITRIX24_MCP_STORE"]);
    let other = folder.path().join("other.sqlite");
    std::fs::write(&other, "no database ".repeat(100)).unwrap();
    let other = format!("sqlite:{}", other.display());
    let list = run_with(&server, &["team", "list"], &[("BITRIX24_MCP_STORE", &other)]).await;
    list.assert(1, &["other.sqlite", "check BITRIX24_MCP_STORE"]);
    let second = run(&server, &["serve", "--http", "0", "--team"]).await;
    second.assert(1, &["another server uses the store", "team.sqlite"]);
}

/// The checks of `doctor --team`.
async fn checks(server: &TeamServer, settings: &[(&str, &str)], status: i32) -> Value {
    let outcome = run_with(server, &["doctor", "--team", "--format", "json"], settings).await;
    outcome.assert(status, &[]);
    serde_json::from_str(&outcome.stdout).unwrap()
}

fn check<'a>(report: &'a Value, name: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap()
}

#[tokio::test]
async fn doctor_finds_a_healthy_team_well() {
    let server = TeamServer::start().await;
    server.sign_in("Anna").await;
    let report = checks(&server, &[], 0).await;
    assert_eq!(report["ok"], true, "{report}");
    for name in ["settings", "store", "portal", "application", "public URL"] {
        assert_eq!(check(&report, name)["status"], "ok", "{report}");
    }
    let store = check(&report, "store")["saw"].as_str().unwrap();
    assert!(store.ends_with(": 1 sign-in"), "{store}");
}

#[tokio::test]
async fn doctor_names_what_is_wrong_with_a_team() {
    let server = TeamServer::start().await;
    server.sign_in("Anna").await;
    let portal = server.demo.origin();
    let key = new_key();
    for (setting, value, name, status, expected) in [
        (
            "BITRIX24_MCP_SERVER_KEY",
            key.as_str(),
            "store",
            "failed",
            "BITRIX24_MCP_SERVER_KEY",
        ),
        (
            "BITRIX24_MCP_PUBLIC_URL",
            "http://127.0.0.1:9",
            "public URL",
            "warning",
            "start the server",
        ),
        (
            "BITRIX24_MCP_PUBLIC_URL",
            &portal,
            "public URL",
            "failed",
            "another program answers",
        ),
        (
            "BITRIX24_CLIENT_SECRET",
            "wrong-secret-of-the-team",
            "application",
            "failed",
            "BITRIX24_CLIENT_SECRET",
        ),
        (
            "BITRIX24_CLIENT_SECRET_FILE",
            "/nowhere/client-secret",
            "application",
            "failed",
            "/nowhere/client-secret",
        ),
        (
            "BITRIX24_PORTAL",
            "http://127.0.0.1:9",
            "portal",
            "failed",
            "CONNECTION_REFUSED",
        ),
    ] {
        let mut command = with_settings_of(&server, &["doctor", "--team", "--format", "json"]);
        if setting.ends_with("_FILE") {
            command.env_remove("BITRIX24_CLIENT_SECRET");
        }
        command.env(setting, value);
        let outcome = outcome(command).await;
        outcome.assert(i32::from(status == "failed"), &[]);
        let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
        let found = check(&report, name);
        assert_eq!(found["status"], status, "{setting}: {report}");
        let text = found.to_string();
        assert!(text.contains(expected), "{expected} is not in {text}");
        assert!(!text.contains("webhook"), "{text}");
        assert_without(&key, &outcome.stdout, setting);
    }
    let outcome = run_with(
        &server,
        &["doctor", "--team"],
        &[("BITRIX24_MCP_PUBLIC_URL", "http://127.0.0.1:9")],
    )
    .await;
    assert!(!outcome.stdout.contains("the portal or its proxy"), "{outcome:?}");
}

#[tokio::test]
async fn without_settings_doctor_and_serve_name_the_first_that_is_missing() {
    for (arguments, is_on_stdout) in [
        (&["doctor", "--team"][..], true),
        (&["serve", "--http", "0", "--team"], false),
        (&["team", "list"], false),
    ] {
        let mut command = program();
        command.args(arguments);
        let outcome = outcome(command).await;
        outcome.assert(2, &[]);
        let text = if is_on_stdout { &outcome.stdout } else { &outcome.stderr };
        assert!(
            text.contains("BITRIX24_PORTAL must be set for a team's server"),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_team_is_not_served_with_one_persons_settings_or_unprotected() {
    let server = TeamServer::start().await;
    let webhook = "https://example.bitrix24.com/rest/1/canarysecret/";
    let mut command = with_settings_of(&server, &["serve", "--http", "0", "--team"]);
    command
        .env("BITRIX24_WEBHOOK_URL", webhook)
        .env_remove("BITRIX24_PORTAL");
    let refused = outcome(command).await;
    refused.assert(2, &["BITRIX24_WEBHOOK_URL cannot be used with --team"]);
    assert_without("canarysecret", &refused.stderr, "serve");
    let legacy = run(&server, &["serve", "--http", "0", "--team", "--legacy-sse"]).await;
    legacy.assert(2, &["--legacy-sse", "--team"]);
    run(&server, &["serve", "--team"]).await.assert(2, &["--http"]);
    let open = run(&server, &["serve", "--http", "0.0.0.0:0", "--team"]).await;
    open.assert(
        2,
        &["BITRIX24_MCP_PUBLIC_URL does not begin with https://", "nginx or Caddy"],
    );
}

#[tokio::test]
async fn the_demo_portal_is_refused_where_a_real_store_is_meant() {
    let server = TeamServer::start().await;
    let token = server.sign_in("Anna").await;
    for (arguments, option) in [
        (&["team", "end", "--all", "--demo"][..], "--demo"),
        (&["team", "list", "--demo-fault", "wrong-secret"], "--demo-fault"),
        (&["--demo-oauth", "team", "rekey"], "--demo-oauth"),
        (&["doctor", "--team", "--demo-quirk", "slow"], "--demo-quirk"),
    ] {
        let refused = run(&server, arguments).await;
        let texts = [
            &format!("{option} cannot be used with `"),
            "hint: ",
            "serve --http 8024 --team --demo",
        ];
        refused.assert(2, &texts.map(|text: &str| text));
        assert_eq!(refused.stdout, "", "{refused:?}");
    }
    assert_eq!(status_of_a_call(&server, &token).await, 200);
}
