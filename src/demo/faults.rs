//! What can be made to go wrong (`--demo-fault`), each under a name, and where a fault strikes.
//!
//! Unless its kind says otherwise, a fault strikes REST 3.0 alone: the old API and the authorization server stay well,
//! so that they can be asked for the reason.

mod failure;
mod fault;
mod table;

pub(super) use failure::{Breakage, Failure, Place};
pub(super) use fault::{Behaviour, StartingTokens, WrongSettings};
pub use fault::{Fault, Outcome};
pub use table::FAULTS;
