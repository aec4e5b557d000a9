//! The portal's limits, which processes share.

use std::time::Duration;

use crate::portal::{Gate, GateChange, GateState, KeptGate, PlaceRequest};
use crate::team::store::database::{Database, Failure, Outcome, Row, parameters};
use crate::team::store::statements::limits;

/// Takes a place; `None` if there is none, for a reason that [`level`] returns. Returns the level of the bucket.
pub(in crate::team::store) fn take(database: &mut dyn Database, place: PlaceRequest) -> Outcome<'_, Option<Duration>> {
    Box::pin(async move {
        let (account, method) = gate_of(place.gate.as_ref());
        let parameters = parameters![
            &place.portal,
            micros(place.floor + place.cost),
            account,
            method,
            micros(place.impossible_above),
            micros(place.full + place.cost),
            micros(place.cost),
            micros(place.highest),
        ];
        let taken = database.row(limits::TAKE, &parameters).await?;
        taken.map(|row| row.integer(0).map(time)).transpose()
    })
}

/// The level of the bucket of the portal, and whether the gate of the request is active.
pub(in crate::team::store) fn level(database: &mut dyn Database, place: PlaceRequest) -> Outcome<'_, (Duration, bool)> {
    Box::pin(async move {
        let (account, method) = gate_of(place.gate.as_ref());
        let found = database
            .row(limits::LEVEL, &parameters![&place.portal, account, method])
            .await?;
        let row = found.ok_or_else(|| Failure("it has returned no row".to_owned()))?;
        let level = time(row.optional_integer(0)?.unwrap_or_default());
        let level = if level > place.impossible_above {
            place.full
        } else {
            level
        };
        Ok((level.max(place.floor), row.optional_integer(1)?.is_some()))
    })
}

/// See [`SharedLimits::is_gated`](crate::portal::SharedLimits::is_gated).
pub(in crate::team::store) fn is_gated(database: &mut dyn Database, gate: Gate) -> Outcome<'_, bool> {
    Box::pin(async move {
        database
            .has(limits::IS_GATED, &parameters![&gate.account, gate.method])
            .await
    })
}

/// See [`SharedLimits::change_gate`](crate::portal::SharedLimits::change_gate).
pub(in crate::team::store) fn change_gate(
    database: &mut dyn Database,
    (gate, change): (Gate, GateChange),
) -> Outcome<'_, GateState> {
    Box::pin(async move {
        let names = parameters![&gate.account, gate.method];
        let kept = database.row(limits::GATE, &names).await?;
        let kept = kept.map(|row| kept_gate(&row)).transpose()?;
        let now = database.row(limits::NOW, &[]).await?;
        let now = now.ok_or_else(|| Failure("it has no clock".to_owned()))?.integer(0)?;
        let state = change.apply(kept, now);
        match state.kept {
            Some(after) if kept != Some(after) => keep(database, &gate, after).await?,
            None if kept.is_some() => {
                database.change(limits::FORGET_GATE, &names).await?;
            }
            _ => database.undo(),
        }
        Ok(state)
    })
}

async fn keep(database: &mut dyn Database, gate: &Gate, kept: KeptGate) -> Result<(), Failure> {
    let parameters = parameters![
        &gate.account,
        gate.method,
        kept.active_until,
        kept.closed_until,
        kept.refused_at,
        kept.probe_at,
        kept.reported_at,
        kept.used_ms,
    ];
    database.change(limits::KEEP_GATE, &parameters).await.map(|_| ())
}

fn kept_gate(row: &Row) -> Result<KeptGate, Failure> {
    Ok(KeptGate {
        active_until: row.integer(0)?,
        closed_until: row.integer(1)?,
        refused_at: row.optional_integer(2)?,
        probe_at: row.optional_integer(3)?,
        reported_at: row.optional_integer(4)?,
        used_ms: row.optional_integer(5)?,
    })
}

fn gate_of(gate: Option<&Gate>) -> (Option<&str>, Option<&str>) {
    gate.map(|gate| (gate.account.as_str(), gate.method)).unzip()
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX / 4)
}

/// A time in microseconds; a bucket that was empty before now is empty now.
fn time(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
