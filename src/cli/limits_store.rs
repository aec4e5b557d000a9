//! The store in which servers and commands for one person share the portal's limits. They go on without it: it is opened
//! aside, and tried again until it opens.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

use crate::config::StoreAddress;
use crate::portal::{
    Answer, Finding, Gate, GateChange, GateState, GivenSecret, NoAnswer, Place, PlaceRequest, SharedLimits,
    SharedLimitsSettings,
};
use crate::team::{OpenError, PostgresStore, SqliteStore, self_check};

/// How long the start waits for the store.
const PATIENCE: Duration = Duration::from_secs(1);
/// The pause before the store is tried again.
const PAUSE: Duration = Duration::from_secs(10);
/// How long `doctor` waits for an answer.
const DOCTORS_PATIENCE: Duration = Duration::from_secs(5);

/// A store that is used as soon as it is open.
#[derive(Debug, Clone)]
pub(super) struct LimitsStore {
    state: Arc<State>,
    /// How many processes share it.
    replicas: u32,
}

#[derive(Debug, Default)]
struct State {
    store: OnceLock<Arc<dyn SharedLimits>>,
    /// Why the store is not open.
    problem: Mutex<Option<OpenError>>,
}

impl LimitsStore {
    /// Opens the store, or makes it. A store that does not answer within a second is tried again aside.
    ///
    /// # Errors
    /// [`OpenError`] if the same would happen at every try.
    pub(super) async fn open(address: StoreAddress, connections: usize, replicas: u32) -> Result<Self, OpenError> {
        let state = Arc::default();
        let store = Self { state, replicas };
        let (failed, failure) = oneshot::channel();
        let trying = store.clone();
        tokio::spawn(async move {
            let Err(error) = trying.keep_trying(address, connections).await else {
                return;
            };
            // The start has gone on without the store.
            if let Err(error) = failed.send(error) {
                trying.note(error);
            }
        });
        match timeout(PATIENCE, failure).await {
            Ok(Ok(error)) => Err(error),
            _ => Ok(store),
        }
    }

    /// Keeps and logs why the store is not open.
    fn note(&self, error: OpenError) {
        tracing::warn!(reason = %error, "the portal's limits are not shared now");
        *self.state.problem.lock() = Some(error);
    }

    async fn keep_trying(&self, address: StoreAddress, connections: usize) -> Result<(), OpenError> {
        loop {
            let error = match open(&address, connections).await {
                Ok(store) => {
                    // Nobody else sets it.
                    let _ = self.state.store.set(store);
                    return Ok(());
                }
                Err(
                    error @ (OpenError::Address(_)
                    | OpenError::Newer(_)
                    | OpenError::Foreign(_)
                    | OpenError::OtherTables(_)),
                ) => return Err(error),
                Err(error) => error,
            };
            self.note(error);
            sleep(PAUSE).await;
        }
    }

    /// The settings of the portal's client that share the limits here.
    pub(super) fn settings(&self) -> SharedLimitsSettings {
        SharedLimitsSettings {
            store: Arc::new(self.clone()),
            replicas: self.replicas,
        }
    }

    fn opened(&self) -> Result<&dyn SharedLimits, NoAnswer> {
        let store = self.state.store.get().map(Arc::as_ref);
        store.ok_or_else(|| NoAnswer("the store is not open yet".to_owned()))
    }

    /// Checks that the store answers, for `doctor`.
    pub(super) async fn check(&self) -> Finding {
        const NAME: &str = "store";
        // A question that changes nothing.
        let nothing = Gate {
            account: String::new(),
            method: "doctor",
        };
        let answered = timeout(DOCTORS_PATIENCE, self.is_gated(nothing)).await;
        let problem = match answered {
            Ok(Ok(_)) => {
                return Finding::ok(NAME, format!("{} processes share the portal's limits", self.replicas));
            }
            Ok(Err(error)) => self
                .state
                .problem
                .lock()
                .as_ref()
                .map_or(error.to_string(), OpenError::to_string),
            Err(_) => "the store does not answer".to_owned(),
        };
        let saw = format!("{problem}; this process uses its own share of the portal's limits");
        Finding::warning(NAME, saw, &[self_check::CHECK_STORE])
    }
}

/// Opens the store without the lock of a team's server, and makes it if it is missing.
async fn open(address: &StoreAddress, connections: usize) -> Result<Arc<dyn SharedLimits>, OpenError> {
    match address {
        StoreAddress::Sqlite(path) => Ok(Arc::new(SqliteStore::open_for_limits(path)?)),
        StoreAddress::Postgres(address) => Ok(Arc::new(open_database(address, connections).await?)),
    }
}

async fn open_database(address: &GivenSecret, connections: usize) -> Result<PostgresStore, OpenError> {
    match PostgresStore::open_for_command(address.clone(), connections).await {
        Err(OpenError::Missing(_)) => PostgresStore::open(address.clone(), connections).await,
        opened => opened,
    }
}

impl SharedLimits for LimitsStore {
    fn take_place(&self, place: PlaceRequest) -> Answer<'_, Place> {
        Box::pin(async move { self.opened()?.take_place(place).await })
    }

    fn is_gated(&self, gate: Gate) -> Answer<'_, bool> {
        Box::pin(async move { self.opened()?.is_gated(gate).await })
    }

    fn change_gate(&self, gate: Gate, change: GateChange) -> Answer<'_, GateState> {
        Box::pin(async move { self.opened()?.change_gate(gate, change).await })
    }
}
