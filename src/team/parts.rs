//! What every page and endpoint of a team's server works with.

use std::sync::Arc;

use super::clients::Clients;
use super::measurements::Measurements;
use super::settings::Settings;
use super::store::Store;
use crate::portal::ApplicationClient;

/// What every page and endpoint of a team's server works with.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) settings: Settings,
    pub(super) store: Arc<dyn Store>,
    /// The application as an OAuth client of the portal.
    pub(super) application: ApplicationClient,
    pub(super) measurements: Measurements,
    /// The MCP clients.
    pub(super) clients: Clients,
}
