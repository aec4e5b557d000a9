//! The suite on PostgreSQL.

mod opening;
mod pool;

use super::test_fixture::fixture;
use crate::team::store::suite::every_store;

every_store!(fixture);
