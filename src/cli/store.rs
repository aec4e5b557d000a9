//! Opens the store of the settings: for a team's server, and for a command beside it.

use std::sync::Arc;

use super::exit::Stop;
use crate::config::{Settings, StoreAddress};
use crate::portal::{SharedLimits, SharedLimitsSettings};
use crate::team::{PostgresStore, SqliteStore, Store};

/// The store of a team's server, and the portal's limits that it shares with other processes.
pub(super) struct ServerStore {
    pub(super) store: Arc<dyn Store>,
    /// `None`: the limits are this process's own.
    pub(super) limits: Option<SharedLimitsSettings>,
}

/// Opens the store of a team's server, or makes it. Limits are shared only in a store that is set: nobody else knows the
/// one in the state folder.
pub(super) async fn for_server(settings: &Settings) -> Result<ServerStore, Stop> {
    let address = settings.team_store()?;
    let is_set = settings.store.is_set();
    Ok(match address {
        StoreAddress::Sqlite(path) => server_store(SqliteStore::open(&path)?, settings, is_set),
        StoreAddress::Postgres(address) => {
            let store = PostgresStore::open(address, settings.store.connections).await?;
            server_store(store, settings, is_set)
        }
    })
}

fn server_store(store: impl Store + SharedLimits + 'static, settings: &Settings, shares_limits: bool) -> ServerStore {
    let store = Arc::new(store);
    let limits = SharedLimitsSettings {
        store: Arc::clone(&store) as Arc<dyn SharedLimits>,
        replicas: settings.store.replicas,
    };
    ServerStore {
        store,
        limits: shares_limits.then_some(limits),
    }
}

/// The store of a team's server, for a command that may run beside it.
pub(super) async fn for_command(settings: &Settings) -> Result<Arc<dyn Store>, Stop> {
    Ok(match settings.team_store()? {
        StoreAddress::Sqlite(path) => Arc::new(SqliteStore::open_for_command(&path)?),
        StoreAddress::Postgres(address) => Arc::new(PostgresStore::open_for_command(address, 1).await?),
    })
}
