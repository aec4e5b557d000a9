//! The operations of the store, once for every database.
//!
//! Each is a function of a database and of its arguments. It may run again from its beginning, in a new transaction,
//! so it changes nothing but the database.

pub(super) mod clients;
pub(super) mod facts;
pub(super) mod grants;
pub(super) mod limits;
pub(super) mod page_sessions;
pub(super) mod people;
mod rows;
pub(super) mod sign_ins;
pub(super) mod tokens;

use std::time::Duration;

use super::database::{Database, Outcome, Parameter};
use super::statements;

/// See [`Store::check`](super::Store::check).
pub(super) fn check(database: &mut dyn Database, (): ()) -> Outcome<'_, ()> {
    Box::pin(async move { database.row(statements::CHECK, &[]).await.map(|_| ()) })
}

/// A statement of the sweep, the ages that it asks for, and the most rows that it changes.
type Sweep = (&'static str, Vec<Duration>, u64);

/// Runs a statement of the sweep. Returns how many rows it has changed.
pub(super) fn sweep<'d>(database: &'d mut dyn Database, (statement, ages, most): Sweep) -> Outcome<'d, u64> {
    Box::pin(async move {
        let ages = ages.into_iter().map(Parameter::from);
        let parameters: Vec<Parameter<'_>> = ages.chain([most.cast_signed().into()]).collect();
        database.change(statement, &parameters).await
    })
}
