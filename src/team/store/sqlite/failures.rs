//! Files that are locked, gone, full, foreign or of a newer version: an error with a reason, and the way back.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use rusqlite::Connection;

use super::tests::Opened;
use super::*;
use crate::team::settings::Lifetimes;
use crate::team::store::database::Database;
use crate::team::store::records::{NewTokens, Rotated};
use crate::team::store::schema::VERSION;
use crate::team::store::{Store, Unavailable, suite};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn error(opened: Result<SqliteStore, OpenError>) -> OpenError {
    opened.map(|_| ()).unwrap_err()
}

/// The reason without the path.
fn reason<T: std::fmt::Debug>(result: Result<T, Unavailable>, path: &Path) -> String {
    let Unavailable(reason) = result.unwrap_err();
    let name = path.display().to_string();
    reason.strip_prefix(&format!("{name}: ")).unwrap_or(&reason).to_owned()
}

#[tokio::test]
async fn only_this_user_can_read_the_files_and_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/team/store.sqlite3");
    let store = SqliteStore::open(&path).unwrap();
    suite::signed_in(&store, 1, suite::CLIENT).await;
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let mut names = Vec::new();
    for file in fs::read_dir(path.parent().unwrap()).unwrap() {
        let file = file.unwrap();
        assert_eq!(mode(&file.path()), 0o600, "{file:?}");
        names.push(file.file_name().into_string().unwrap());
    }
    names.sort();
    let expected = ["", "-shm", "-wal", ".lock"].map(|end| format!("store.sqlite3{end}"));
    assert_eq!(names, expected);
    drop(store);
    // A backup that was copied back without its permissions.
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let _store = SqliteStore::open(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
}

#[tokio::test]
async fn a_second_server_is_refused_and_a_command_is_not() {
    let opened = Opened::new();
    let second = error(SqliteStore::open(&opened.path()));
    let name = opened.path().display().to_string();
    assert_eq!(second, OpenError::InUse(name.clone()));
    assert!(second.to_string().contains(&name), "{second}");
    let command = SqliteStore::open_for_command(&opened.path()).unwrap();
    let tokens = suite::signed_in(&command, 1, suite::CLIENT).await;
    assert!(suite::is_live(&opened.store, tokens).await);
    let Opened { store, folder } = opened;
    drop(store);
    let again = SqliteStore::open(&folder.path().join("team.sqlite3")).unwrap();
    assert!(suite::is_live(&again, tokens).await, "a restart loses nobody's sign-in");
}

#[tokio::test]
async fn n84_a_store_of_a_newer_version_is_not_opened() {
    let opened = Opened::new();
    let path = opened.path();
    let connection = Connection::open(&path).unwrap();
    let newer = VERSION + 1;
    connection.execute("UPDATE schema SET version = $1", [newer]).unwrap();
    let command = error(SqliteStore::open_for_command(&path));
    assert_eq!(command, OpenError::Newer(path.display().to_string()));
    let Opened { store, folder } = opened;
    drop(store);
    let server = error(SqliteStore::open(&path)).to_string();
    assert!(
        server.contains("newer version") && server.contains(&path.display().to_string()),
        "{server}"
    );
    let kept: i64 = connection
        .query_row("SELECT version FROM schema", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, newer, "nothing was changed");
    drop(folder);
}

#[test]
fn a_file_of_another_kind_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let foreign = folder.path().join("foreign.sqlite3");
    let connection = Connection::open(&foreign).unwrap();
    connection.execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    drop(connection);
    let no_database = folder.path().join("notes.txt");
    fs::write(&no_database, "a".repeat(5000)).unwrap();
    for path in [foreign, no_database] {
        let before = fs::read(&path).unwrap();
        for opened in [SqliteStore::open(&path), SqliteStore::open_for_command(&path)] {
            assert_eq!(error(opened), OpenError::Foreign(path.display().to_string()));
        }
        assert_eq!(fs::read(&path).unwrap(), before);
    }
    let missing = folder.path().join("missing");
    let command = error(SqliteStore::open_for_command(&missing));
    assert_eq!(command, OpenError::Missing(missing.display().to_string()));
    assert!(!missing.exists());
    assert!(matches!(
        error(SqliteStore::open(folder.path())),
        OpenError::Unusable(..)
    ));
}

#[tokio::test]
async fn a_file_that_is_gone_is_reported_and_used_again_when_it_is_back() {
    let opened = Opened::new();
    let (store, path) = (&opened.store, opened.path());
    let tokens = suite::signed_in(store, 1, suite::CLIENT).await;
    let aside = opened.folder.path().join("aside");
    for end in ["", "-wal", "-shm"] {
        fs::rename(format!("{}{end}", path.display()), format!("{}{end}", aside.display())).unwrap();
    }
    for _ in 0..2 {
        assert_eq!(reason(store.session(tokens.access).await, &path), "the file is gone");
        assert_eq!(reason(store.pin_member_id("portal").await, &path), "the file is gone");
        assert_eq!(reason(store.check().await, &path), "the file is gone");
    }
    assert!(!path.exists(), "no empty store, which would sign everybody out");
    for end in ["", "-wal", "-shm"] {
        // Closing the connections may have removed the two.
        let _ = fs::rename(format!("{}{end}", aside.display()), format!("{}{end}", path.display()));
    }
    store.check().await.unwrap();
    assert!(suite::is_live(store, tokens).await);
    suite::signed_in(store, 1, suite::CLIENT).await;
}

#[tokio::test]
async fn a_locked_file_is_reported_and_read_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("team.sqlite3");
    drop(SqliteStore::open(&path).unwrap());
    let mut place = Place::new(&path);
    place.busy_timeout = Duration::ZERO;
    let store = SqliteStore::start(place, None).unwrap();
    let tokens = suite::signed_in(&store, 1, suite::CLIENT).await;
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for _ in 0..2 {
        let refused = store.rotate(tokens.refresh, suite::tokens(), Lifetimes::default());
        assert_eq!(reason(refused.await, &path), "another process has locked it");
        assert!(suite::is_live(&store, tokens).await);
    }
    other.execute_batch("ROLLBACK").unwrap();
    let (outcome, _) = suite::rotated(&store, tokens.refresh).await;
    assert_eq!(outcome, Rotated::Issued { is_repeated: false }, "nothing was spent");
}

#[tokio::test]
async fn a_full_disk_is_reported_and_read_meanwhile() {
    let opened = Opened::new();
    let (store, path) = (&opened.store, opened.path());
    let mut tokens = suite::signed_in(store, 1, suite::CLIENT).await;
    let set = |statement: &'static str| {
        let run = move |database: &mut SqliteDatabase| database.rows(statement, &[]).now_or_never().unwrap();
        store.engine.writer.run(run)
    };
    // SQLite takes this bound for the end of the disk.
    assert_eq!(set("PRAGMA max_page_count = 1").await.unwrap().len(), 1);
    let full = loop {
        let (access, refresh) = (suite::digest(), suite::digest());
        let next = NewTokens { access, refresh };
        match store.rotate(tokens.refresh, next, Lifetimes::default()).await {
            Ok(outcome) => assert_eq!(outcome, Rotated::Issued { is_repeated: false }),
            Err(full) => break full,
        }
        tokens = next;
    };
    assert_eq!(reason::<()>(Err(full), &path), "its disk is full");
    store.check().await.unwrap();
    assert!(suite::is_live(store, tokens).await);
    assert_eq!(set("PRAGMA max_page_count = 100000").await.unwrap().len(), 1);
    let (outcome, _) = suite::rotated(store, tokens.refresh).await;
    assert_eq!(outcome, Rotated::Issued { is_repeated: false }, "nothing was spent");
}

#[tokio::test]
async fn a_damaged_file_is_reported() {
    let opened = Opened::new();
    let path = opened.path();
    suite::signed_in(&opened.store, 1, suite::CLIENT).await;
    let Opened { store, folder } = opened;
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    fs::write(&path, vec![0x55; 40_000]).unwrap();
    assert_eq!(reason(store.check().await, &path), "it is damaged");
    assert!(store.grants(None).await.is_err());
    drop(folder);
}
