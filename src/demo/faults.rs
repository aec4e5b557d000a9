//! The faults that the demo portal can simulate (`--demo-fault`): `table.rs` lists the faults, `fault.rs` decides which
//! requests a fault affects, and `failure.rs` answers those requests.
//!
//! Most faults affect only REST 3.0: the old API and the authorization server keep working, so that a client can ask
//! them for the reason. `Behaviour` and `Failure::reach` say which faults affect more.

mod failure;
mod fault;
mod table;

pub(super) use failure::{Breakage, Failure, Place};
pub(super) use fault::{Behaviour, StartingTokens, WrongSettings, WrongTokenAnswer, is_drawn, random_failure};
pub use fault::{Fault, Outcome};
pub use table::FAULTS;
