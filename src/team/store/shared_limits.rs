//! The store as the one in which processes share the portal's limits, by the clock of the database.

use super::Unavailable;
use super::engine::Engine;
use super::operations::limits;
use super::sql_store::SqlStore;
use crate::portal::{Answer, Gate, GateChange, GateState, NoAnswer, Place, PlaceRequest, SharedLimits};

impl From<Unavailable> for NoAnswer {
    fn from(unavailable: Unavailable) -> Self {
        Self(unavailable.0)
    }
}

impl<E: Engine> SharedLimits for SqlStore<E> {
    fn take_place(&self, place: PlaceRequest) -> Answer<'_, Place> {
        Box::pin(async move {
            if let Some(level) = self.engine.statement(place.clone(), limits::take).await? {
                return Ok(Place::Taken(level));
            }
            let (level, is_gated) = self.engine.read(place, limits::level).await?;
            Ok(if is_gated { Place::Gated } else { Place::TooLate(level) })
        })
    }

    fn is_gated(&self, gate: Gate) -> Answer<'_, bool> {
        Box::pin(async move { Ok(self.engine.read(gate, limits::is_gated).await?) })
    }

    fn change_gate(&self, gate: Gate, change: GateChange) -> Answer<'_, GateState> {
        Box::pin(async move { Ok(self.engine.write((gate, change), limits::change_gate).await?) })
    }
}
