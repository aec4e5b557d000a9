//! The store in a database of PostgreSQL, which several servers share.

mod address;
mod connector;
mod database;
mod engine;
mod opening;
mod ssl_mode;
mod tls;
mod trouble;

use connector::Connector;
pub(super) use engine::PostgresEngine;
use opening::Opener;

use super::Unavailable;
use super::database::{Database, Outcome};
use super::engine::Engine;
use super::open_error::OpenError;
use super::sql_store::SqlStore;
use crate::portal::GivenSecret;

/// The store in a database of PostgreSQL.
pub type PostgresStore = SqlStore<PostgresEngine>;

impl PostgresStore {
    /// Opens the store of a server, or makes it. It uses at most so many connections. Waits half a minute for a database
    /// that does not answer yet.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(address: GivenSecret, connections: usize) -> Result<Self, OpenError> {
        Self::open_for(Opener::Server, address, connections).await
    }

    /// Opens the store for a command beside running servers.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open_for_command(address: GivenSecret, connections: usize) -> Result<Self, OpenError> {
        Self::open_for(Opener::Command, address, connections).await
    }

    async fn open_for(opener: Opener, address: GivenSecret, connections: usize) -> Result<Self, OpenError> {
        let connector = Connector::new(address).map_err(OpenError::Address)?;
        opening::open(&connector, opener).await?;
        let engine = PostgresEngine::new(connector, connections).map_err(OpenError::Address)?;
        Ok(Self { engine })
    }

    /// What this store is, for a person who checks the settings: `PostgreSQL 15.13 at db:5432/team, with TLS, at most 8
    /// connections`.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn describe(&self) -> Result<String, Unavailable> {
        let version = self.engine.read((), version).await?;
        let connector = self.engine.connector();
        let place = connector.address().place();
        let tls = if connector.is_encrypted() {
            "with TLS"
        } else {
            "without TLS"
        };
        let connections = self.engine.connections();
        Ok(format!(
            "PostgreSQL {version} at {place}, {tls}, at most {connections} connections"
        ))
    }
}

fn version(database: &mut dyn Database, (): ()) -> Outcome<'_, String> {
    Box::pin(async move {
        let row = database.row("SELECT current_setting('server_version')", &[]).await?;
        row.map_or_else(|| Ok(String::new()), |row| row.text(0))
    })
}

#[cfg(test)]
mod test_fixture;
#[cfg(test)]
#[path = "../../../tests/it/support/postgres_server.rs"]
mod test_server;
#[cfg(test)]
mod tests;
