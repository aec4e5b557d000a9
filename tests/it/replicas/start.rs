//! What replicas check when they start, and clocks that differ.

use std::process::Stdio;
use std::time::{Duration, SystemTime};

use futures_util::future::join_all;
use tokio::process::Command;

use super::replica::{OF_ANNA, Replicas, assert_found, database, new_key};
use crate::support::harness::stderr;
use crate::support::http_client::{Request, ask};
use crate::support::http_server::Program;
use crate::support::postgres_server::client as database_client;
use crate::support::team_client::Tokens;

/// Runs a server that must not start. Returns the exit status and what it printed.
async fn refused(mut command: Command) -> (Option<i32>, String) {
    let output = command.stdin(Stdio::null()).output();
    let output = tokio::time::timeout(Duration::from_secs(30), output).await;
    let output = output.expect("the server has started").unwrap();
    (output.status.code(), stderr(&output))
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n83_a_replica_with_another_server_key_does_not_start() {
    let replicas = Replicas::start(1).await;
    let anna = replicas.sign_in(0, "Anna").await;
    let mut command = replicas.serve();
    command.env("BITRIX24_MCP_SERVER_KEY", new_key());
    let (status, text) = refused(command).await;
    assert_eq!(status, Some(2), "{text}");
    assert!(text.contains("the store was made with another server key"), "{text}");
    assert_found(&replicas.call(0, &anna.access).await, OF_ANNA);
    // A replica that has the right key too starts.
    let mut command = replicas.serve();
    let both = format!("{} {}", new_key(), replicas.setting("BITRIX24_MCP_SERVER_KEY"));
    command.env("BITRIX24_MCP_SERVER_KEY", both);
    let started = Program::spawn(command).await;
    let answer = ask(started.address, &Request::get("/readyz")).await;
    assert_eq!(answer.head.status, 200, "{}", answer.body);
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n84_a_replica_does_not_start_on_a_store_of_a_newer_version() {
    let replicas = Replicas::start(1).await;
    let anna = replicas.sign_in(0, "Anna").await;
    let database = database_client(replicas.store()).await;
    let newer = "UPDATE schema SET version = version + 1";
    assert_eq!(database.execute(newer, &[]).await.unwrap(), 1);
    let (status, text) = refused(replicas.serve()).await;
    assert!(status.is_some_and(|status| status != 0), "{text}");
    assert!(text.contains("newer"), "{text}");
    database
        .execute("UPDATE schema SET version = version - 1", &[])
        .await
        .unwrap();
    Program::spawn(replicas.serve()).await;
    assert_found(&replicas.call(0, &anna.access).await, OF_ANNA);
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn replicas_that_start_at_once_on_an_empty_database_make_its_tables_once() {
    for _ in 0..3 {
        let replicas = Replicas::start(4).await;
        let anna = replicas.sign_in(0, "Anna").await;
        for at in 0..4 {
            assert_found(&replicas.call(at, &anna.access).await, OF_ANNA);
        }
    }
}

/// A command whose clock is ahead by this long.
fn ahead(command: &mut Command, time: &str) {
    let folders = std::fs::read_dir("/usr/lib").unwrap().flatten();
    let libraries = folders.map(|folder| folder.path().join("faketime/libfaketimeMT.so.1"));
    let library = libraries.into_iter().find(|library| library.exists());
    let library = library.expect("Debian's libfaketime");
    command.envs([
        ("LD_PRELOAD", library.to_str().unwrap()),
        ("FAKETIME", time),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("DONT_FAKE_MONOTONIC", "1"),
    ]);
}

/// Seconds by which the clock of a replica is ahead, by the `Date` of its answers.
#[expect(
    clippy::disallowed_methods,
    reason = "the clock of this machine is what the replica's is compared with"
)]
async fn seconds_ahead(replicas: &Replicas, at: usize) -> i64 {
    let answer = ask(replicas.address(at), &Request::get("/healthz")).await;
    let date = httpdate::parse_http_date(answer.head.header("date").unwrap()).unwrap();
    let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    i64::try_from(seconds(date)).unwrap() - i64::try_from(seconds(SystemTime::now())).unwrap()
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n60_a_replica_whose_clock_is_months_ahead_gives_the_same_verdicts() {
    let database = database().await;
    let settings = [
        ("BITRIX24_MCP_SIGN_IN_LIFETIME", "1day"),
        ("BITRIX24_MCP_REFRESH_GRACE", "2s"),
    ];
    let mut replicas = Replicas::unlimited_on(&database.address(), 1, &settings).await;
    for time in ["+90d", "-90d"] {
        let mut command = replicas.serve();
        ahead(&mut command, time);
        replicas.running.push(Program::spawn(command).await);
    }
    assert!(seconds_ahead(&replicas, 0).await.abs() < 60);
    assert!(seconds_ahead(&replicas, 1).await > 80 * 86400, "the clock is not ahead");
    assert!(
        seconds_ahead(&replicas, 2).await < -80 * 86400,
        "the clock is not behind"
    );
    // A sign-in whose steps are at all three.
    let client = replicas.client(0).await;
    let mut browser = replicas.browser(1);
    let consent = browser.open(&client.authorize_url()).await;
    browser.server = replicas.address(2);
    let page = browser.decide(&consent, "allow").await;
    let page = browser.follow(page).await;
    let page = browser.sign_in_at_portal(page, "Anna").await;
    browser.server = replicas.address(1);
    let end = browser.follow(page).await;
    let code = client.code_of(&end);
    let mut pair = Tokens::of(&client.at(replicas.address(2)).exchange(&code).await).unwrap();
    let all = async |pair: &Tokens| {
        let calls = (0..3).map(|at| replicas.call(at, &pair.access));
        join_all(calls).await
    };
    for at in [1, 2, 0] {
        for answer in all(&pair).await {
            assert_found(&answer, OF_ANNA);
        }
        let refreshed = client.at(replicas.address(at)).refresh(&pair.refresh).await;
        pair = Tokens::of(&refreshed).unwrap_or_else(|| panic!("replica {at}: {}", refreshed.body));
    }
    // By the clock of the database the access token has expired: for every replica, and only then.
    let store = database_client(replicas.store()).await;
    let expire = "UPDATE access_tokens SET expires_at = expires_at - 3600000";
    assert!(store.execute(expire, &[]).await.unwrap() > 0);
    for answer in all(&pair).await {
        assert_eq!(answer.head.status, 401, "{}", answer.body);
    }
    // The sign-in has not been used for a day.
    let idle = "UPDATE grants SET used_at = used_at - 86400001";
    assert!(store.execute(idle, &[]).await.unwrap() > 0);
    for at in 0..3 {
        let refused = client.at(replicas.address(at)).refresh(&pair.refresh).await;
        assert_eq!(refused.head.status, 400, "{}", refused.body);
    }
}
