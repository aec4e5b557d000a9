//! What runs the operations of the store: SQLite in threads of its own, or PostgreSQL over a pool of connections.

use std::fmt::Debug;

use prometheus_client::registry::Registry;

use super::Operation;
use super::database::{Database, Outcome};
use super::measurements::Way;

/// An operation of the store, with the arguments `A`. It runs again, with the same arguments, if another transaction was
/// in its way.
pub(super) type Work<A, T> = for<'d> fn(&'d mut dyn Database, A) -> Outcome<'d, T>;

/// Runs the operations of the store.
///
/// Every operation is tried for a few seconds at most, so that callers do not wait for a database that hangs.
pub(super) trait Engine: Debug + Send + Sync + 'static {
    /// Runs an operation in this way.
    fn run<A, T>(&self, way: Way, arguments: A, work: Work<A, T>) -> Operation<'_, T>
    where
        A: Clone + Send + Sync + 'static,
        T: Send + 'static;

    /// Runs an operation that only reads, outside a transaction.
    fn read<A, T>(&self, arguments: A, work: Work<A, T>) -> Operation<'_, T>
    where
        A: Clone + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Way::Read, arguments, work)
    }

    /// Runs an operation that writes, in one transaction. Transactions at the same time have the result of one after the
    /// other.
    fn write<A, T>(&self, arguments: A, work: Work<A, T>) -> Operation<'_, T>
    where
        A: Clone + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Way::Write, arguments, work)
    }

    /// Runs an operation of one statement that changes one row, without the cost of a transaction around it. Each of
    /// several at once sees the rows as they were before the others. If its connection is lost, it may be done twice.
    fn statement<A, T>(&self, arguments: A, work: Work<A, T>) -> Operation<'_, T>
    where
        A: Clone + Send + Sync + 'static,
        T: Send + 'static,
    {
        self.run(Way::Statement, arguments, work)
    }

    /// Adds the metrics of the operations to `registry`.
    fn register_metrics(&self, registry: &mut Registry);
}
