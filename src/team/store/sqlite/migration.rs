//! What tables a file has, and their migration.

use rusqlite::{Connection, OptionalExtension};

use crate::team::store::schema::{self, VERSION};

/// The tables that a file has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A store of this version; 0 for an empty file.
    Store(i64),
    /// Tables of another program.
    Foreign,
}

/// The tables that the file has.
///
/// # Errors
/// Those of SQLite.
pub(super) fn find(connection: &Connection) -> rusqlite::Result<Found> {
    let tables = "SELECT count(*), COALESCE(sum(name = 'schema'), 0) FROM sqlite_master WHERE type = 'table'";
    let (all, ours): (i64, i64) = connection.query_row(tables, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match (all, ours) {
        (0, _) => Ok(Found::Store(0)),
        (_, 0) => Ok(Found::Foreign),
        _ => {
            let version = connection.query_row("SELECT version FROM schema", [], |row| row.get(0));
            Ok(version.optional()?.map_or(Found::Foreign, Found::Store))
        }
    }
}

/// Brings the tables to this program's version, in one transaction. Returns what was found before.
///
/// # Errors
/// Those of SQLite; then nothing is changed.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<Found> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = find(&transaction)?;
    if let Found::Store(version) = found
        && version < VERSION
    {
        for migration in schema::missing(version, "BLOB", "INTEGER PRIMARY KEY AUTOINCREMENT") {
            transaction.execute_batch(&migration)?;
        }
        transaction.execute("UPDATE schema SET version = $1", [VERSION])?;
        transaction.commit()?;
    }
    Ok(found)
}
