//! A connection with its prepared statements, and transactions on it.

use futures_util::FutureExt;
use futures_util::future::ready;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql, params_from_iter};

use super::place::{is_sound_after, reason};
use crate::team::store::database::{Database, Failure, Outcome, Parameter, Row, Value};

/// A connection with its prepared statements.
pub(super) struct SqliteDatabase {
    connection: Connection,
    is_undone: bool,
    is_sound: bool,
}

impl SqliteDatabase {
    /// Nothing is prepared yet.
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            is_undone: false,
            is_sound: true,
        }
    }

    /// False after an error that makes the connection useless.
    pub(super) fn is_sound(&self) -> bool {
        self.is_sound
    }

    /// Runs `work` in a transaction that may write from its beginning. It is undone if `work` fails, or
    /// [wants it](Database::undo).
    ///
    /// # Errors
    /// That of `work`, and those of SQLite.
    pub(super) fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, Failure>) -> Result<T, Failure> {
        self.run("BEGIN IMMEDIATE")?;
        self.is_undone = false;
        let result = work(self);
        if result.is_err() || self.is_undone {
            self.roll_back();
            return result;
        }
        self.run("COMMIT").inspect_err(|_| self.roll_back())?;
        result
    }

    fn roll_back(&mut self) {
        // Some errors have ended the transaction already.
        if !self.connection.is_autocommit() {
            // If even this fails, the connection is not sound any more.
            let _ = self.run("ROLLBACK");
        }
    }

    fn run(&mut self, sql: &'static str) -> Result<(), Failure> {
        self.using(sql, |statement| statement.execute([]).map(|_| ()))
    }

    fn using<T>(
        &mut self,
        sql: &'static str,
        work: impl FnOnce(&mut CachedStatement<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, Failure> {
        #[cfg(test)]
        checks::step();
        let prepared = self.connection.prepare_cached(sql);
        #[cfg(test)]
        let prepared = prepared.inspect(|statement| checks::statement(&self.connection, statement, sql));
        let result = prepared.and_then(|mut statement| work(&mut statement));
        result.map_err(|error| {
            self.is_sound &= is_sound_after(&error);
            Failure(reason(&error))
        })
    }
}

impl Database for SqliteDatabase {
    fn change<'a>(&'a mut self, sql: &'static str, parameters: &'a [Parameter<'a>]) -> Outcome<'a, u64> {
        let changed = self.using(sql, |statement| statement.execute(params_from_iter(parameters)));
        ready(changed.map(|rows| u64::try_from(rows).unwrap_or(u64::MAX))).boxed()
    }

    fn rows<'a>(&'a mut self, sql: &'static str, parameters: &'a [Parameter<'a>]) -> Outcome<'a, Vec<Row>> {
        let found = self.using(sql, |statement| {
            let columns = statement.column_count();
            let found = statement.query_map(params_from_iter(parameters), |row| {
                let values = (0..columns).map(|at| value(row.get_ref(at)?));
                Ok(Row(values.collect::<rusqlite::Result<_>>()?))
            })?;
            found.collect()
        });
        ready(found).boxed()
    }

    fn undo(&mut self) {
        self.is_undone = true;
    }
}

fn value(value: ValueRef<'_>) -> rusqlite::Result<Value> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Text(_) => Value::Text(value.as_str()?.to_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_owned()),
        ValueRef::Real(_) => return Err(rusqlite::types::FromSqlError::InvalidType.into()),
    })
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Integer(None) | Self::Text(None) => ValueRef::Null,
            Self::Integer(Some(number)) => ValueRef::Integer(*number),
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

#[cfg(test)]
pub(super) mod checks;
