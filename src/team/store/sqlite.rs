//! The store in a file of SQLite.
//!
//! One thread writes, each operation in a transaction of its own; another reads on a connection of its own, so that a
//! call does not wait until a write has reached the disk.

mod database;
mod migration;
mod place;
mod worker;

use std::path::Path;
use std::sync::Arc;

use database::SqliteDatabase;
use futures_util::FutureExt;
use place::{Place, ServerLock};
use prometheus_client::registry::Registry;
use worker::Worker;

use super::Operation;
use super::database::Failure;
use super::engine::{Engine, Work};
use super::measurements::{StoreMeasurements, Way};
use super::open_error::OpenError;
use super::sql_store::SqlStore;

/// The store in a file of SQLite. Dropping it waits until all operations have reached the disk.
pub type SqliteStore = SqlStore<SqliteEngine>;

/// Runs the operations of the store on a file of SQLite.
#[derive(Debug)]
pub struct SqliteEngine {
    writer: Worker,
    reader: Worker,
    measurements: StoreMeasurements,
    /// Released last, after the threads have closed the file.
    _lock: Option<ServerLock>,
}

impl SqliteStore {
    /// Opens the store of a server, or makes it. Only one server at a time has it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_at(Place::new(path))
    }

    fn open_at(place: Place) -> Result<Self, OpenError> {
        place.make_folder()?;
        let lock = place.lock()?;
        place.make()?;
        Self::start(place, Some(lock))
    }

    /// Opens the store for a command beside a running server.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_for_command(path: &Path) -> Result<Self, OpenError> {
        Self::start(Place::new(path), None)
    }

    /// Opens the store for a process that only shares the portal's limits, or makes it. Many processes may have it. Their
    /// writes do not wait for the disk, since a limit that is lost with the power does no harm.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_for_limits(path: &Path) -> Result<Self, OpenError> {
        let mut place = Place::new(path);
        place.synchronous = "NORMAL";
        place.make_folder()?;
        place.make()?;
        Self::start(place, None)
    }

    fn start(place: Place, lock: Option<ServerLock>) -> Result<Self, OpenError> {
        place.migrate()?;
        let place = Arc::new(place);
        let start = |may_write| Worker::start(&place, may_write).map_err(|error| place.unusable(&error));
        let engine = SqliteEngine {
            writer: start(true)?,
            reader: start(false)?,
            measurements: StoreMeasurements::default(),
            _lock: lock,
        };
        Ok(Self { engine })
    }
}

impl Engine for SqliteEngine {
    /// A statement alone is a transaction of its own.
    fn run<A, T>(&self, way: Way, arguments: A, work: Work<A, T>) -> Operation<'_, T>
    where
        A: Clone + Send + Sync + 'static,
        T: Send + 'static,
    {
        let worker = match way {
            Way::Read => &self.reader,
            Way::Write | Way::Statement => &self.writer,
        };
        let operation = worker.run(move |database| match way {
            Way::Write => database.transaction(|database| run(database, arguments, work)),
            Way::Read | Way::Statement => run(database, arguments, work),
        });
        self.measurements.measured(way, operation)
    }

    fn register_metrics(&self, registry: &mut Registry) {
        self.measurements.register(registry);
    }
}

/// Runs an operation to its end at once: SQLite answers every statement in this thread.
fn run<A, T>(database: &mut SqliteDatabase, arguments: A, work: Work<A, T>) -> Result<T, Failure> {
    let result = work(database, arguments).now_or_never();
    result.unwrap_or_else(|| Err(Failure("an operation waits for something else".to_owned())))
}

#[cfg(test)]
#[cfg(unix)]
mod failures;
#[cfg(test)]
#[cfg(unix)]
mod killed;
#[cfg(test)]
mod older;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod shared;
#[cfg(test)]
mod tests;
