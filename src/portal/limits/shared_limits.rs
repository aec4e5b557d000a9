//! The interface to a store in which several processes share the limits of one portal.
//!
//! The store knows no rules: it keeps numbers, and changes them one request after the other, by its own clock. An
//! implementation may be slow or fail. The caller waits for an answer for a moment, and then goes on without it.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::gate_state::{GateChange, GateState};

/// Why the store did not answer, for the operator's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoAnswer(pub String);

/// An answer of the store.
pub type Answer<'a, T> = BoxFuture<'a, Result<T, NoAnswer>>;

/// How a client shares the portal's limits with other processes.
#[derive(Debug, Clone)]
pub struct SharedLimitsSettings {
    /// The store that the processes share.
    pub store: Arc<dyn SharedLimits>,
    /// How many processes share the limits: `BITRIX24_MCP_REPLICAS`. While the store does not answer, each uses its
    /// share of the rate.
    pub replicas: u32,
}

/// A portal's limits, as several processes share them.
pub trait SharedLimits: Debug + Send + Sync {
    /// Takes a place in the portal's bucket, in one statement.
    fn take_place(&self, place: PlaceRequest) -> Answer<'_, Place>;

    /// True if calls of the method have to pass its gate now.
    fn is_gated(&self, gate: Gate) -> Answer<'_, bool>;

    /// Changes the state of a gate by [`GateChange::apply`], in one transaction.
    fn change_gate(&self, gate: Gate, change: GateChange) -> Answer<'_, GateState>;
}

/// What the store is asked for a place in the portal's bucket. The level of the bucket is a time: how long the bucket
/// needs to be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRequest {
    /// Scheme, host and port of the portal.
    pub portal: String,
    /// The gate that must not be active; `None` if the call has passed it, or has none.
    pub gate: Option<Gate>,
    /// What the place adds to the level; zero to take no place and only raise the level to `floor`.
    pub cost: Duration,
    /// The least level before the place is added, because of requests that the store does not know of yet.
    pub floor: Duration,
    /// The highest level with the place. If the level were higher, no place is taken.
    pub highest: Duration,
    /// A level above this one cannot be: the store's clock was set back. It counts as [`full`](Self::full).
    pub impossible_above: Duration,
    /// The level of the full bucket.
    pub full: Duration,
}

/// The store's answer about a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A place was taken. The level with it.
    Taken(Duration),
    /// No place was taken: it would come too late. The level without the place, at least the floor.
    TooLate(Duration),
    /// No place was taken: the gate is active.
    Gated,
}

/// The gate of a method: while it is active, its calls pass one by one, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// The account whose operating time the portal counts. Without a secret.
    pub account: String,
    /// The name of the method.
    pub method: &'static str,
}
