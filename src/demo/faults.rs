//! The faults that the demo portal can simulate (`--demo-fault`): `table.rs` lists them, `fault.rs` says which requests
//! a fault affects, `failure.rs` what those requests get.
//!
//! Unless its kind says otherwise, a fault affects only REST 3.0: the old API and the authorization server keep
//! working, so that a client can ask them for the reason.

mod failure;
mod fault;
mod table;

pub(super) use failure::{Breakage, Failure, Place};
pub(super) use fault::{Behaviour, StartingTokens, WrongSettings};
pub use fault::{Fault, Outcome};
pub use table::FAULTS;
