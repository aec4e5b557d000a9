//! Few connections, callers that go away, and connections that break.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::sync::Notify;

use super::super::PostgresStore;
use super::super::test_fixture::open;
use super::super::test_server::{Schema, client};
use crate::team::secret_value::Digest;
use crate::team::store::database::{Database, Outcome, parameters};
use crate::team::store::engine::Engine;
use crate::team::store::records::Begun;
use crate::team::store::{Store, suite};

/// A store of one connection.
async fn narrow() -> Option<(Arc<PostgresStore>, Schema)> {
    let schema = Schema::at_hand().await?;
    Some((Arc::new(open(&schema.address(), 1).await), schema))
}

async fn begin(store: &dyn Store, address: &str) {
    let begun = store
        .begin_sign_in(suite::sign_in(address), Duration::from_secs(600))
        .await;
    assert_eq!(begun.unwrap(), Begun::Kept);
}

async fn count(schema: &Schema, table: &str) -> i64 {
    let count = format!("SELECT count(*) FROM {table}");
    let row = client(&schema.address()).await.query_one(&count, &[]).await.unwrap();
    row.get(0)
}

/// Connections of servers to this schema's store, and those in a transaction.
async fn connections(schema: &Schema, name: &str) -> (i64, i64) {
    let count = "SELECT count(*), count(*) FILTER (WHERE state LIKE 'idle in transaction%') \
        FROM pg_stat_activity WHERE application_name = $1";
    let row = client(&schema.address())
        .await
        .query_one(count, &[&name])
        .await
        .unwrap();
    (row.get(0), row.get(1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_operations_at_once_share_one_connection() {
    let Some(schema) = Schema::at_hand().await else { return };
    let name = schema.name.clone();
    let store = Arc::new(open(&format!("{}&application_name={name}", schema.address()), 1).await);
    let operations = (0..50).map(|at| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            match at % 2 {
                0 => begin(&*store, &format!("192.0.2.{at}")).await,
                _ => assert_eq!(store.client("nobody").await.unwrap(), None),
            }
        })
    });
    for operation in join_all(operations).await {
        operation.unwrap();
    }
    assert_eq!(count(&schema, "sign_ins").await, 25);
    assert_eq!(connections(&schema, &name).await, (1, 0));
}

const KEEP: &str = "INSERT INTO page_sessions (session, member_id, user_id, expires_at) VALUES ($1, 'portal', 1, 0)";

/// Keeps a row, then takes `seconds` before the end of its transaction.
fn slow_write(database: &mut dyn Database, (handle, seconds): (Digest, i64)) -> Outcome<'_, ()> {
    Box::pin(async move {
        database.change(KEEP, &parameters![&handle]).await?;
        // Any text, so that the statement returns a readable type.
        let wait = "SELECT pg_sleep($1)::TEXT";
        database.rows(wait, &parameters![seconds]).await.map(|_| ())
    })
}

/// Keeps a row in the first of three steps. Notifies before one of them.
fn stepwise_write(
    database: &mut dyn Database,
    (handle, step, reached): (Digest, usize, Arc<Notify>),
) -> Outcome<'_, ()> {
    Box::pin(async move {
        for at in 0..3 {
            if at == step {
                reached.notify_one();
            }
            match at {
                0 => drop(database.change(KEEP, &parameters![&handle]).await?),
                _ => drop(
                    database
                        .rows("SELECT member_id FROM page_sessions", &parameters![])
                        .await?,
                ),
            }
        }
        Ok(())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_caller_that_goes_away_leaves_no_open_transaction() {
    let Some((store, schema)) = narrow().await else { return };
    for step in (0..3).cycle().take(20) {
        let reached = Arc::new(Notify::new());
        let operation = store
            .engine
            .write((suite::digest(), step, Arc::clone(&reached)), stepwise_write);
        tokio::select! {
            biased;
            () = reached.notified() => {}
            ended = operation => panic!("{ended:?}"),
        }
    }
    begin(&*store, "192.0.2.1").await;
    let waiting = connections(&schema, "bitrix24-mail-mcp");
    assert_eq!(waiting.await.1, 0);
    // Each was done as a whole or not at all, and the same connection is used on.
    store.check().await.unwrap();
    assert_eq!(count(&schema, "sign_ins").await, 1);
}

/// Ends its own connection as the server's operator would.
fn broken_write(database: &mut dyn Database, handle: Digest) -> Outcome<'_, ()> {
    Box::pin(async move {
        database.change(KEEP, &parameters![&handle]).await?;
        let end = "SELECT pg_terminate_backend(pg_backend_pid())";
        database.rows(end, &parameters![]).await.map(|_| ())
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn n58_a_connection_that_ends_in_a_transaction_leaves_nothing_half_done() {
    let Some((store, schema)) = narrow().await else { return };
    let failed = store.engine.write(suite::digest(), broken_write).await.unwrap_err();
    assert!(
        failed.0.contains("57P01") || failed.0.contains("connection"),
        "{failed}"
    );
    assert_eq!(count(&schema, "page_sessions").await, 0);
    begin(&*store, "192.0.2.1").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn n58_an_operation_whose_connection_was_ended_before_it_runs_on_another() {
    let Some(schema) = Schema::at_hand().await else { return };
    let name = schema.name.clone();
    let store = open(&format!("{}&application_name={name}", schema.address()), 3).await;
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
    for at in 0..10 {
        let all = (0..3).map(|_| store.check());
        join_all(all).await;
        client(&schema.address()).await.query(end, &[&name]).await.unwrap();
        match at % 2 {
            0 => begin(&store, "192.0.2.1").await,
            _ => store.check().await.unwrap(),
        }
    }
    assert_eq!(count(&schema, "sign_ins").await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_operation_that_fails_leaves_its_connection_usable() {
    let Some((store, schema)) = narrow().await else { return };
    fn wrong(database: &mut dyn Database, handle: Digest) -> Outcome<'_, ()> {
        Box::pin(async move {
            database.change(KEEP, &parameters![&handle]).await?;
            // The second one is the same. A caller that ignores the error must not seem to have succeeded.
            let _ = database.change(KEEP, &parameters![&handle]).await;
            Ok(())
        })
    }
    for _ in 0..3 {
        let digest = suite::digest();
        let failed = store.engine.write(digest, wrong).await.unwrap_err();
        assert!(failed.0.contains("23505"), "{failed}");
        assert!(!failed.0.contains("\\x"), "the value is in {failed}");
        begin(&*store, "192.0.2.1").await;
    }
    assert_eq!(count(&schema, "page_sessions").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_statement_that_is_given_up_ends_at_the_server() {
    let Some((store, schema)) = narrow().await else { return };
    let opened = store.engine.connector().connect().await.unwrap();
    let pid = opened.client.query_one("SELECT pg_backend_pid()", &[]).await.unwrap();
    let pid: i32 = pid.get(0);
    let waiting = opened.client.batch_execute("SELECT pg_sleep(600)");
    let given_up = tokio::time::timeout(Duration::from_millis(20), waiting).await;
    assert!(given_up.is_err());
    opened.cancel();
    let watcher = client(&schema.address()).await;
    let begun = Instant::now();
    let running = "SELECT 1 FROM pg_stat_activity WHERE pid = $1";
    while !watcher.query(running, &[&pid]).await.unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_text_with_a_zero_byte_is_found_nowhere() {
    let Some((store, _schema)) = narrow().await else { return };
    assert_eq!(store.client("a\0b").await.unwrap(), None);
    assert_eq!(store.pin_member_id("a\0b").await.unwrap(), "a\u{fffd}b");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_says_where_it_is() {
    let Some((store, schema)) = narrow().await else { return };
    let description = store.describe().await.unwrap();
    let version = client(&schema.address())
        .await
        .query_one("SHOW server_version", &[])
        .await
        .unwrap();
    let beginning = format!("PostgreSQL {} at ", version.get::<_, &str>(0));
    assert!(description.starts_with(&beginning), "{description}");
    assert!(description.ends_with("at most 1 connections"), "{description}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "waits until an operation has taken too long"]
async fn an_operation_ends_after_five_seconds_and_its_connection_with_it() {
    let Some((store, schema)) = narrow().await else { return };
    let begun = Instant::now();
    store.engine.write((suite::digest(), 20), slow_write).await.unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(6));
    store.check().await.unwrap();
    assert_eq!(count(&schema, "page_sessions").await, 0);
}
