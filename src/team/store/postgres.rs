//! The store in a database of PostgreSQL, which several servers share.

mod address;
mod connector;
mod database;
mod engine;
mod ssl_mode;
mod tls;
mod trouble;

pub use address::{AddressError, PostgresAddress};
pub use engine::PostgresEngine;

#[cfg(test)]
#[path = "../../../tests/it/support/postgres_server.rs"]
mod test_server;
