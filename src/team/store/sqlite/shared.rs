//! Processes for one person that share the portal's limits in one file.

use std::sync::Arc;
use std::time::Duration;

use super::tests::age;
use super::*;
use crate::portal::SharedLimits;
use crate::team::store::Store;
use crate::team::store::shared_limits_suite::{Fixture, every_store_of_limits};

async fn fixture() -> Option<Fixture> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("new folder").join("limits.sqlite3");
    Some(Fixture {
        store: Arc::new(SqliteStore::open_for_limits(&file).unwrap()),
        other: Arc::new(SqliteStore::open_for_limits(&file).unwrap()),
        age: Box::new(move |time| {
            let _kept = &folder;
            age(&file, time);
        }),
    })
}

every_store_of_limits!(fixture);

#[test]
fn many_processes_make_one_file_at_once() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("limits.sqlite3");
        let opened: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| SqliteStore::open_for_limits(&file)))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for store in opened {
            store.unwrap();
        }
    }
}

/// SQLite itself does not wait when it changes the mode of the file.
#[test]
fn a_store_is_opened_after_another_process_has_written_to_its_new_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("limits.sqlite3");
    let other = rusqlite::Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::scope(|scope| {
        let (send, opened) = std::sync::mpsc::channel();
        let file = &file;
        let opening = scope.spawn(move || {
            let store = SqliteStore::open_for_limits(file);
            send.send(()).unwrap();
            store
        });
        let early = opened.recv_timeout(Duration::from_millis(50));
        other.execute_batch("COMMIT").unwrap();
        opening.join().unwrap().unwrap();
        assert!(early.is_err(), "it waits");
    });
}

/// A server of a team and a process for one person on the same file.
#[tokio::test]
async fn a_shared_store_takes_no_lock() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("team.sqlite3");
    let shared = SqliteStore::open_for_limits(&file).unwrap();
    let server = SqliteStore::open(&file).unwrap();
    server.check().await.unwrap();
    let gate = crate::portal::Gate {
        account: "an account".to_owned(),
        method: "batch",
    };
    assert!(!shared.is_gated(gate).await.unwrap());
    assert!(matches!(SqliteStore::open(&file), Err(OpenError::InUse(_))));
}
