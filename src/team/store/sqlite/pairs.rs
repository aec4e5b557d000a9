//! The sealed pairs of employees, and the lease of the caller that refreshes one.

use std::time::Duration;

use rusqlite::{Result, params};

use super::database::Database;
use super::rows::{count, employee, ms, pair};
use crate::portal::EmployeeId;
use crate::team::store::records::{Lease, SealedPair};
use crate::team::store::statements::people;

/// See [`Store::next_version`](crate::team::store::Store::next_version).
pub(super) fn next_version(database: &mut Database<'_>, employee: &EmployeeId) -> Result<i64> {
    let who = params![employee.member_id.as_ref(), employee.user_id.cast_signed()];
    Ok(database.row(people::NEXT_VERSION, who, |row| row.get(0))?.unwrap_or(1))
}

/// See [`Store::pair`](crate::team::store::Store::pair).
pub(super) fn find(database: &mut Database<'_>, employee: &EmployeeId) -> Result<Option<SealedPair>> {
    let who = params![employee.member_id.as_ref(), employee.user_id.cast_signed()];
    Ok(database.row(people::PAIR, who, |row| pair(row, 0))?.flatten())
}

/// See [`Store::lease`](crate::team::store::Store::lease).
pub(super) fn lease(
    database: &mut Database<'_>,
    employee: &EmployeeId,
    version: i64,
    lives: Duration,
) -> Result<Lease> {
    let (member_id, user_id) = (employee.member_id.as_ref(), employee.user_id.cast_signed());
    let parameters = params![ms(lives), member_id, user_id, version];
    if let Some(won) = database.row(people::LEASE, parameters, |row| pair(row, 0))?.flatten() {
        return Ok(Lease::Won(won));
    }
    Ok(match find(database, employee)? {
        None => Lease::Gone,
        Some(pair) if pair.version == version => Lease::Taken,
        Some(pair) => Lease::Newer(pair),
    })
}

/// Replaces the pair by `statement`. False if it changes nothing.
pub(super) fn replace(
    database: &mut Database<'_>,
    statement: &'static str,
    employee: &EmployeeId,
    pair: &SealedPair,
) -> Result<bool> {
    let SealedPair {
        version,
        key_id,
        sealed,
    } = pair;
    let (member_id, user_id) = (employee.member_id.as_ref(), employee.user_id.cast_signed());
    let parameters = params![version, key_id, sealed, member_id, user_id];
    Ok(database.change(statement, parameters)? == 1)
}

/// See [`Store::free_lease`](crate::team::store::Store::free_lease).
pub(super) fn free_lease(database: &mut Database<'_>, employee: &EmployeeId, version: i64) -> Result<()> {
    let parameters = params![employee.member_id.as_ref(), employee.user_id.cast_signed(), version];
    database.change(people::FREE_LEASE, parameters).map(|_| ())
}

/// See [`Store::pairs_sealed_otherwise`](crate::team::store::Store::pairs_sealed_otherwise).
pub(super) fn sealed_otherwise(
    database: &mut Database<'_>,
    key_id: &str,
    limit: usize,
) -> Result<Vec<(EmployeeId, SealedPair)>> {
    let found = database.rows(people::SEALED_OTHERWISE, params![key_id, count(limit)], |row| {
        Ok((employee(row, 3)?, pair(row, 0)?))
    })?;
    let pairs = found.into_iter().filter_map(|(employee, pair)| Some((employee, pair?)));
    Ok(pairs.collect())
}
