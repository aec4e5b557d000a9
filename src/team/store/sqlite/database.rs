//! A connection with its prepared statements, and transactions on it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension, Params, Row, Statement};

/// A connection with its prepared statements.
pub(super) struct Database<'c> {
    connection: &'c Connection,
    prepared: HashMap<&'static str, Statement<'c>>,
    is_undone: bool,
}

impl<'c> Database<'c> {
    /// Nothing is prepared yet.
    pub(super) fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            prepared: HashMap::new(),
            is_undone: false,
        }
    }

    /// Runs a statement that returns no rows. Returns how many rows it has changed.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn change(&mut self, sql: &'static str, parameters: impl Params) -> rusqlite::Result<usize> {
        self.statement(sql)?.execute(parameters)
    }

    /// The first row that a statement returns.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn row<T>(
        &mut self,
        sql: &'static str,
        parameters: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.statement(sql)?.query_row(parameters, read).optional()
    }

    /// All rows that a statement returns.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn rows<T>(
        &mut self,
        sql: &'static str,
        parameters: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.statement(sql)?.query_map(parameters, read)?.collect()
    }

    /// True if a statement returns a row.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn has(&mut self, sql: &'static str, parameters: impl Params) -> rusqlite::Result<bool> {
        self.row(sql, parameters, |_| Ok(())).map(|row| row.is_some())
    }

    /// Runs `work` in a transaction that may write from its beginning. It is undone if `work` fails, or returns a value
    /// of [`undone`](Self::undone).
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn transaction<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.change("BEGIN IMMEDIATE", [])?;
        self.is_undone = false;
        let result = work(self);
        if result.is_ok() && !self.is_undone {
            match self.change("COMMIT", []) {
                Ok(_) => return result,
                Err(error) => {
                    self.roll_back();
                    return Err(error);
                }
            }
        }
        self.roll_back();
        result
    }

    /// Marks the transaction, so that it ends without a change and still returns `value`.
    pub(super) fn undone<T>(&mut self, value: T) -> T {
        self.is_undone = true;
        value
    }

    fn roll_back(&mut self) {
        // Some errors have ended the transaction already.
        if !self.connection.is_autocommit() {
            // If even this fails, the caller's error makes the thread open a new connection.
            let _ = self.change("ROLLBACK", []);
        }
    }

    fn statement(&mut self, sql: &'static str) -> rusqlite::Result<&mut Statement<'c>> {
        #[cfg(test)]
        checks::step();
        Ok(match self.prepared.entry(sql) {
            Entry::Occupied(prepared) => prepared.into_mut(),
            Entry::Vacant(place) => {
                let statement = self.connection.prepare(sql)?;
                #[cfg(test)]
                checks::statement(self.connection, &statement, sql);
                place.insert(statement)
            }
        })
    }
}

#[cfg(test)]
pub(super) mod checks;
