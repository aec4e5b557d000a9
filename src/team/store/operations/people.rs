//! The sealed pairs of employees, and the lease of the caller that refreshes one.

use std::time::Duration;

use super::rows::{columns_of, employee, pair};
use crate::portal::EmployeeId;
use crate::team::store::database::{Database, Failure, Outcome, parameters};
use crate::team::store::records::{Lease, Leased, SealedPair};
use crate::team::store::statements::people;

/// See [`Store::next_version`](crate::team::store::Store::next_version).
pub(in crate::team::store) fn next_version(database: &mut dyn Database, employee: EmployeeId) -> Outcome<'_, i64> {
    Box::pin(async move {
        let (member_id, user_id) = columns_of(&employee);
        let row = database
            .row(people::NEXT_VERSION, &parameters![member_id, user_id])
            .await?;
        row.map_or(Ok(1), |row| row.integer(0))
    })
}

/// See [`Store::pair`](crate::team::store::Store::pair).
pub(in crate::team::store) fn find(
    database: &mut dyn Database,
    employee: EmployeeId,
) -> Outcome<'_, Option<SealedPair>> {
    Box::pin(async move {
        let (member_id, user_id) = columns_of(&employee);
        let row = database.row(people::PAIR, &parameters![member_id, user_id]).await?;
        row.map_or(Ok(None), |row| pair(&row, 0))
    })
}

/// See [`Store::lease`](crate::team::store::Store::lease).
pub(in crate::team::store) fn lease(
    database: &mut dyn Database,
    (employee, version, lives): (EmployeeId, i64, Duration),
) -> Outcome<'_, Lease> {
    Box::pin(async move {
        let (member_id, user_id) = columns_of(&employee);
        let parameters = parameters![lives, member_id, user_id, version];
        if let Some(row) = database.row(people::LEASE, &parameters).await?
            && let Some(won) = pair(&row, 0)?
        {
            let until = row.integer(3)?;
            return Ok(Lease::Won(Leased { pair: won, until }));
        }
        Ok(match find(database, employee).await? {
            None => Lease::Gone,
            Some(pair) if pair.version == version => Lease::Taken,
            Some(pair) => Lease::Newer(pair),
        })
    })
}

/// See [`Store::save_pair`](crate::team::store::Store::save_pair).
pub(in crate::team::store) fn save(
    database: &mut dyn Database,
    (employee, pair): (EmployeeId, SealedPair),
) -> Outcome<'_, bool> {
    Box::pin(async move { replace(database, people::SAVE, &employee, &pair).await })
}

/// See [`Store::reseal_pair`](crate::team::store::Store::reseal_pair).
pub(in crate::team::store) fn reseal(
    database: &mut dyn Database,
    (employee, pair): (EmployeeId, SealedPair),
) -> Outcome<'_, bool> {
    Box::pin(async move { replace(database, people::RESEAL, &employee, &pair).await })
}

/// Replaces the pair by `statement`. False if it changes nothing.
async fn replace(
    database: &mut dyn Database,
    statement: &'static str,
    employee: &EmployeeId,
    pair: &SealedPair,
) -> Result<bool, Failure> {
    let (member_id, user_id) = columns_of(employee);
    let parameters = parameters![pair.version, &pair.key_id, pair.sealed.as_slice(), member_id, user_id];
    Ok(database.change(statement, &parameters).await? == 1)
}

/// See [`Store::free_lease`](crate::team::store::Store::free_lease).
pub(in crate::team::store) fn free_lease(
    database: &mut dyn Database,
    (employee, until): (EmployeeId, i64),
) -> Outcome<'_, ()> {
    Box::pin(async move {
        let (member_id, user_id) = columns_of(&employee);
        let freed = database
            .change(people::FREE_LEASE, &parameters![member_id, user_id, until])
            .await;
        freed.map(|_| ())
    })
}

/// See [`Store::pairs_sealed_otherwise`](crate::team::store::Store::pairs_sealed_otherwise).
pub(in crate::team::store) fn sealed_otherwise(
    database: &mut dyn Database,
    (key_id, limit): (String, usize),
) -> Outcome<'_, Vec<(EmployeeId, SealedPair)>> {
    Box::pin(async move {
        let found = database
            .rows(people::SEALED_OTHERWISE, &parameters![&key_id, limit])
            .await?;
        let pairs = found
            .iter()
            .map(|row| Ok(pair(row, 0)?.map(|pair| (employee(row, 3), pair))));
        let pairs = pairs.filter_map(Result::transpose);
        pairs
            .map(|found| found.and_then(|(employee, pair)| Ok((employee?, pair))))
            .collect()
    })
}
