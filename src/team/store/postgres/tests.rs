//! The suite on PostgreSQL.

mod opening;
#[cfg(unix)]
mod outage;
#[cfg(unix)]
mod pgbouncer;
mod pool;
mod secrets;
#[cfg(unix)]
mod tls;

use super::test_fixture::fixture;
use crate::team::store::suite::every_store;

every_store!(fixture);
