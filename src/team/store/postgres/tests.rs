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

use super::test_fixture::{fixture, fixture_of_limits};
use crate::team::store::shared_limits_suite::every_store_of_limits;
use crate::team::store::suite::every_store;

every_store!(fixture);
every_store_of_limits!(fixture_of_limits);
