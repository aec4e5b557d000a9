//! Opens the store of the settings.

use std::sync::Arc;

use super::exit::Stop;
use crate::config::{Settings, StoreAddress};
use crate::team::{SqliteStore, Store, Unavailable};

/// The store of a team's server.
pub(super) async fn for_server(settings: &Settings) -> Result<Arc<dyn Store>, Stop> {
    Ok(match settings.team_store()? {
        StoreAddress::Sqlite(path) => Arc::new(SqliteStore::open(&path)?),
        StoreAddress::Postgres(_) => return Err(Unavailable("not yet".into()).into()),
    })
}

/// The store of a team's server, for a command that may run beside it.
pub(super) async fn for_command(settings: &Settings) -> Result<Arc<dyn Store>, Stop> {
    Ok(match settings.team_store()? {
        StoreAddress::Sqlite(path) => Arc::new(SqliteStore::open_for_command(&path)?),
        StoreAddress::Postgres(_) => return Err(Unavailable("not yet".into()).into()),
    })
}
