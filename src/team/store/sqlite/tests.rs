//! The suite on SQLite, and the rows that stay after everything has expired.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::team::settings::Lifetimes;
use crate::team::store::Store;
use crate::team::store::database::{Database, Value};
use crate::team::store::records::Begun;
use crate::team::store::suite::{self, Fixture, every_store};

/// An empty store in a folder of its own.
pub(super) struct Opened {
    pub(super) store: SqliteStore,
    pub(super) folder: TempDir,
}

impl Opened {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut place = Place::new(&file_in(&folder));
        // The suite's thousands of writes need not survive a loss of power.
        place.synchronous = "OFF";
        let store = SqliteStore::open_at(place).unwrap();
        Self { store, folder }
    }

    pub(super) fn path(&self) -> PathBuf {
        file_in(&self.folder)
    }
}

fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("team.sqlite3")
}

/// Moves every time in the file back.
pub(super) fn age(path: &Path, time: Duration) {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    let columns = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'";
    let mut columns = connection.prepare(columns).unwrap();
    let columns = columns.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    for column in columns.unwrap() {
        let (table, column) = column.unwrap();
        if let Some(per_second) = suite::units_of(&column) {
            let units = i64::try_from(time.as_secs()).unwrap() * per_second;
            let statement = format!("UPDATE {table} SET {column} = {column} - $1");
            connection.execute(&statement, [units]).unwrap();
        }
    }
}

async fn fixture() -> Option<Fixture> {
    let Opened { store, folder } = Opened::new();
    Some(Fixture {
        other: Arc::new(SqliteStore::open_for_command(&file_in(&folder)).unwrap()),
        store: Arc::new(store),
        age: Box::new(move |time| age(&file_in(&folder), time)),
        statements: 1,
    })
}

every_store!(fixture);

#[tokio::test]
async fn nothing_stays_of_what_has_expired_but_the_versions_of_pairs() {
    let opened = Opened::new();
    let (store, path) = (&opened.store, opened.path());
    let connection = Connection::open(&path).unwrap();
    let count = |table: &str| -> i64 {
        let statement = format!("SELECT count(*) FROM {table}");
        connection.query_row(&statement, [], |row| row.get(0)).unwrap()
    };
    let first = suite::signed_in(store, 1, suite::CLIENT).await;
    let (_, second) = suite::rotated(store, first.refresh).await;
    let ended = suite::signed_in(store, 2, suite::CLIENT).await;
    assert!(store.revoke(ended.refresh, suite::CLIENT).await.unwrap());
    suite::code(store, 3, suite::CLIENT).await;
    // More than two batches.
    for _ in 0..600 {
        for address in ["192.0.2.1", "192.0.2.2"] {
            let begun = store
                .begin_sign_in(suite::sign_in(address), Duration::from_secs(600))
                .await;
            assert_eq!(begun.unwrap(), Begun::Kept);
        }
    }
    age(&path, Duration::from_secs(700));
    store.sweep(Lifetimes::default()).await.unwrap();
    assert_eq!([count("sign_ins"), count("grants"), count("codes")], [0, 2, 2]);
    assert!(suite::is_live(store, second).await);
    age(&path, Duration::from_secs(61 * 24 * 3600));
    store.sweep(Lifetimes::default()).await.unwrap();
    for table in ["grants", "codes", "access_tokens", "refresh_tokens", "page_sessions"] {
        assert_eq!(count(table), 0, "{table}");
    }
    let people = "SELECT count(*), sum(version), max(name), max(sealed) FROM people";
    let people = connection.query_row(people, [], |row| {
        Ok((
            row.get(0)?,
            row.get(1)?,
            row.get::<_, String>(2)?,
            row.get::<_, Option<Vec<u8>>>(3)?,
        ))
    });
    assert_eq!(people.unwrap(), (3, 3, String::new(), None));
}

#[tokio::test]
async fn n85_fifty_thousand_sign_ins_of_many_addresses_are_pending_at_most() {
    let opened = Opened::new();
    let (store, path) = (&opened.store, opened.path());
    let many = "\
        WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 49999) \
        INSERT INTO sign_ins (handle, form_key, address, expires_at) \
        SELECT randomblob(32), randomblob(32), '10.0.0.' || (number % 200), 600000 + 1000 * unixepoch() FROM numbers";
    Connection::open(&path).unwrap().execute(many, []).unwrap();
    let begin = |address| store.begin_sign_in(suite::sign_in(address), Duration::from_secs(600));
    assert_eq!(begin("192.0.2.1").await.unwrap(), Begun::Kept);
    for address in ["192.0.2.1", "2001:db8::1"] {
        assert_eq!(begin(address).await.unwrap(), Begun::TooMany);
    }
    age(&path, Duration::from_secs(601));
    assert_eq!(
        begin("192.0.2.2").await.unwrap(),
        Begun::Kept,
        "expired ones do not count"
    );
}

#[tokio::test]
async fn a_write_is_on_the_disk_and_deleted_values_are_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&file_in(&folder)).unwrap();
    for worker in [&store.engine.writer, &store.engine.reader] {
        for (pragma, expected) in [
            ("PRAGMA synchronous", "2"),
            ("PRAGMA journal_mode", "wal"),
            ("PRAGMA foreign_keys", "1"),
            ("PRAGMA secure_delete", "1"),
            ("PRAGMA trusted_schema", "0"),
        ] {
            let read = worker.run(move |database| database.rows(pragma, &[]).now_or_never().unwrap());
            let value = match &read.await.unwrap()[0].0[0] {
                Value::Integer(number) => number.to_string(),
                Value::Text(text) => text.clone(),
                other => panic!("{other:?}"),
            };
            assert_eq!(value, expected, "{pragma}");
        }
    }
    let delete = |database: &mut SqliteDatabase| database.change("DELETE FROM clients", &[]).now_or_never().unwrap();
    let written = store.engine.reader.run(delete);
    assert!(written.await.is_err(), "the reader's connection writes nothing");
    store.check().await.unwrap();
}
