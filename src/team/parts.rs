//! What every page and endpoint of a team's server works with.

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::clients::Clients;
use super::measurements::Measurements;
use super::settings::Settings;
use super::store::Store;
use super::store::records::EndReason;
use super::tokens::recent_sessions::RecentSessions;
use super::tokens::running_refreshes::RunningRefreshes;
use super::tokens::unchecked_calls::UncheckedCalls;
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
    /// The tasks of this process that bring tokens of the portal to the store.
    pub(super) saving: TaskTracker,
    /// The access tokens that were checked in the last seconds.
    pub(super) recent_sessions: RecentSessions,
    /// The calls whose access token could not be checked.
    pub(super) unchecked_calls: UncheckedCalls,
    /// The refreshes of employees' tokens that run in this process.
    pub(super) refreshes: RunningRefreshes,
}

impl Parts {
    /// Records that this process has ended `count` grants: their tokens do not go on, even while the store does not
    /// answer.
    pub(super) fn record_ended_grants(&self, reason: EndReason, count: usize) {
        self.recent_sessions.forget_all();
        self.measurements.record_ended_grants(reason, count);
    }
}
