//! A store of an earlier version: it gets the tables of this one and keeps its rows.

use rusqlite::Connection;

use super::tests::Opened;
use super::*;
use crate::team::secret_value::Digest;
use crate::team::store::records::{Approval, Purpose};
use crate::team::store::schema::{self, VERSION};
use crate::team::store::{Store, suite};

/// Some rows of the first version: an employee who has connected a client, and a sign-in that waits for its approval.
const ROWS: &str = r#"
UPDATE schema SET version = 1, key_id = 'key-1', member_id = 'portal';
INSERT INTO clients VALUES ('client-1', 'A client', '["http://127.0.0.1/callback"]', 1790000000000, 1790000000000);
INSERT INTO grants VALUES (7, 'portal', 1, 'client-1', 'A client', 'https://mcp.example.com/mcp', 'mail.recipients',
  1790000000000, 4000000000000, NULL, NULL);
INSERT INTO access_tokens VALUES (x'0101010101010101010101010101010101010101010101010101010101010101', 7, 4000000000000);
INSERT INTO people VALUES ('portal', 1, 'Anna', 3, 'key-1', x'5ea1ed', NULL);
INSERT INTO sign_ins (handle, form_key, address, expires_at) VALUES
  (x'0202020202020202020202020202020202020202020202020202020202020202',
   x'0303030303030303030303030303030303030303030303030303030303030303', '192.0.2.1', 4000000000000);
"#;

/// The texts of all tables and indexes.
fn tables(path: &Path) -> Vec<(String, String)> {
    let connection = Connection::open(path).unwrap();
    let texts = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name";
    let mut texts = connection.prepare(texts).unwrap();
    let rows = texts.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_store_of_version_1_gets_the_new_tables_and_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("team.sqlite3");
    let first = schema::missing(0, "BLOB", "INTEGER PRIMARY KEY AUTOINCREMENT")
        .next()
        .unwrap();
    Connection::open(&path).unwrap().execute_batch(&(first + ROWS)).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(tables(&path), tables(&Opened::new().path()));
    let version: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT version FROM schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, VERSION);

    assert_eq!(store.key_id().await.unwrap().as_deref(), Some("key-1"));
    assert_eq!(store.pin_member_id("another").await.unwrap(), "portal");
    assert_eq!(store.client("client-1").await.unwrap().unwrap().name, "A client");
    let session = store.session(Digest::stored([1; 32])).await.unwrap().unwrap();
    let pair = session.pair.unwrap();
    assert_eq!((session.employee, pair.version), (suite::employee(1), 3));
    assert_eq!(pair.sealed, [0x5e, 0xa1, 0xed]);
    let lines = store.grants(None).await.unwrap();
    assert_eq!((lines[0].grant, lines[0].name.as_str()), (7, "Anna"));
    // The employee and the sign-in go on.
    let approval = Approval {
        state: suite::digest(),
        binding: suite::digest(),
    };
    let (handle, form_key) = (Digest::stored([2; 32]), Digest::stored([3; 32]));
    let decided = store.decide_sign_in(handle, form_key, Some(approval)).await.unwrap();
    assert_eq!(decided.unwrap().purpose, Purpose::StartPage);
    let again = suite::signed_in(&store, 1, suite::CLIENT).await;
    assert!(suite::is_live(&store, again).await);
    assert_eq!(store.pair(&suite::employee(1)).await.unwrap().unwrap().version, 4);
}
