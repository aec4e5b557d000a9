//! The suite on SQLite.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::*;
use crate::team::store::suite::{Fixture, every_store};

/// Columns that hold times.
const TIMES: &[&str] = &["created_at", "used_at", "ended_at", "expires_at", "lease_until"];

/// Moves every time in the file back.
pub(super) fn age(path: &Path, time: Duration) {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    let columns = "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'";
    let mut columns = connection.prepare(columns).unwrap();
    let columns = columns.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    for column in columns.unwrap() {
        let (table, column) = column.unwrap();
        if TIMES.contains(&column.as_str()) {
            let statement = format!("UPDATE {table} SET {column} = {column} - $1");
            connection.execute(&statement, [rows::ms(time)]).unwrap();
        }
    }
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("team.sqlite3");
    let store = Arc::new(SqliteStore::open(&path).unwrap());
    Fixture {
        other: Arc::new(SqliteStore::open_for_command(&path).unwrap()),
        store,
        age: Box::new(move |time| age(&folder.path().join("team.sqlite3"), time)),
    }
}

every_store!(fixture);
