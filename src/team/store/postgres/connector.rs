//! Makes connections to the server that the address names at that moment.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::address::PostgresAddress;
use super::tls;
use super::trouble::{Kind, Trouble};
use crate::portal::GivenSecret;

/// How long one of several hosts may take, from its name to the end of the sign-in.
const HOST_TIME: Duration = Duration::from_secs(2);
/// How long the server may take to accept that a statement is cancelled.
const CANCEL_TIME: Duration = Duration::from_secs(2);

/// A connection, and the task that moves its bytes.
pub(super) struct Opened {
    /// The connection.
    pub(super) client: Client,
    task: JoinHandle<()>,
    tls: MakeRustlsConnect,
}

impl fmt::Debug for Opened {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Opened").finish_non_exhaustive()
    }
}

impl Opened {
    /// Closes the connection even if it waits for the server, which undoes its transaction then.
    pub(super) fn abort(self) {
        self.task.abort();
    }

    /// Closes the connection after its statement is cancelled: a server that waits for a lock does not notice that the
    /// other side has gone. Not for a transaction, which has time limits at the server: its end may be under way.
    pub(super) fn cancel(self) {
        let Ok(runtime) = Handle::try_current() else {
            return self.abort();
        };
        runtime.spawn(async move {
            let cancelling = self.client.cancel_token();
            // A server that does not answer has lost the connection.
            let _ = timeout(CANCEL_TIME, cancelling.cancel_query(self.tls.clone())).await;
            self.abort();
        });
    }
}

/// Makes connections.
#[derive(Debug)]
pub(super) struct Connector {
    given: GivenSecret,
    /// The newest address that was right.
    address: Mutex<PostgresAddress>,
    is_encrypted: AtomicBool,
}

impl Connector {
    /// Reads the address.
    ///
    /// # Errors
    /// What is wrong with it, as a phrase that follows the name of its setting.
    pub(super) fn new(given: GivenSecret) -> Result<Self, String> {
        let address = read(&given)?;
        Ok(Self {
            given,
            address: Mutex::new(address),
            is_encrypted: AtomicBool::new(false),
        })
    }

    /// The newest address.
    pub(super) fn address(&self) -> PostgresAddress {
        self.address.lock().clone()
    }

    /// True if the newest connection uses TLS.
    pub(super) fn is_encrypted(&self) -> bool {
        self.is_encrypted.load(Ordering::Relaxed)
    }

    /// Makes a connection to the first host that accepts one.
    ///
    /// # Errors
    /// The reasons of all hosts.
    pub(super) async fn connect(&self) -> Result<Opened, Trouble> {
        let address = self.newest_address().await;
        let is_encrypted = Arc::new(AtomicBool::new(false));
        let options = address.tls().clone();
        let seen = Arc::clone(&is_encrypted);
        let connector = spawn_blocking(move || tls::connector(&options, seen)).await;
        let connector = connector.map_err(|error| Trouble::lost(&error.to_string()))?;
        let connector = connector.map_err(Trouble::refused)?;
        let configs: Vec<_> = address.configs().collect();
        let mut failed: Vec<Trouble> = Vec::new();
        for config in &configs {
            let connecting = connect(config, connector.clone());
            let connected = match configs.len() {
                // The time limit of the operation suffices.
                1 => connecting.await,
                _ => timeout(HOST_TIME, connecting)
                    .await
                    .unwrap_or_else(|_| Err(Trouble::lost("no answer"))),
            };
            match connected {
                Ok(opened) => {
                    self.is_encrypted
                        .store(is_encrypted.load(Ordering::Relaxed), Ordering::Relaxed);
                    return Ok(opened);
                }
                Err(trouble) => failed.push(trouble),
            }
        }
        let reasons: Vec<_> = failed.iter().map(|trouble| trouble.reason.as_str()).collect();
        let reasons = reasons.join("; ");
        // A person has to change something even if the other hosts only do not answer.
        Err(match failed.iter().any(|trouble| trouble.kind == Kind::Refused) {
            true => Trouble::refused(reasons),
            false => Trouble::lost(&reasons),
        })
    }

    /// The address now: its file may have got a new password.
    async fn newest_address(&self) -> PostgresAddress {
        if let GivenSecret::File(_) = &self.given {
            let given = self.given.clone();
            match spawn_blocking(move || read(&given)).await {
                Ok(Ok(address)) => *self.address.lock() = address,
                Ok(Err(problem)) => tracing::warn!("the store's address {problem}; the earlier one is used"),
                // The runtime stops.
                Err(_) => {}
            }
        }
        self.address()
    }
}

fn read(given: &GivenSecret) -> Result<PostgresAddress, String> {
    let text = given.read().map_err(|error| format!("cannot be read: {error}"))?;
    let address = text.expose_secret().parse::<PostgresAddress>();
    address.map_err(|error| error.to_string())
}

async fn connect(config: &tokio_postgres::Config, tls: MakeRustlsConnect) -> Result<Opened, Trouble> {
    let (client, connection) = config
        .connect(tls.clone())
        .await
        .map_err(|error| Trouble::from(&error))?;
    let task = tokio::spawn(async move {
        // The next statement reports the same.
        let _ = connection.await;
    });
    Ok(Opened { client, task, tls })
}

impl Manager for Connector {
    type Type = Opened;
    type Error = Trouble;

    async fn create(&self) -> Result<Opened, Trouble> {
        self.connect().await
    }

    async fn recycle(&self, opened: &mut Opened, _: &Metrics) -> RecycleResult<Trouble> {
        match opened.client.is_closed() {
            true => Err(RecycleError::message("it was closed")),
            false => Ok(()),
        }
    }
}
