//! Runs the operations of the store on PostgreSQL, over a pool of connections.

use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Object, Pool, PoolError};
use futures_util::future::BoxFuture;
use prometheus_client::registry::Registry;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_postgres::Client;

use super::connector::Connector;
use super::database::Connection;
use super::trouble::{Kind, Trouble};
use crate::team::store::engine::{Engine, Work};
use crate::team::store::measurements::{StoreMeasurements, Way};
use crate::team::store::{Operation, Unavailable};

/// How long an operation may take, with its wait for a connection and all its repetitions.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often an operation meets a lost connection before it fails.
const LOST_CONNECTIONS: u32 = 3;
/// The longest pause before an operation runs again.
const LONGEST_PAUSE: Duration = Duration::from_millis(100);
/// Two transactions at once have the result of one after the other. The limits hold at the server if this process is
/// gone; they end with the transaction, so that they are right behind a proxy that gives connections to others.
const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; \
    SET LOCAL statement_timeout = '5s'; SET LOCAL lock_timeout = '5s'; \
    SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// Runs the operations of the store on PostgreSQL.
#[derive(Debug)]
pub struct PostgresEngine(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pool: Pool<Connector>,
    measurements: StoreMeasurements,
}

impl PostgresEngine {
    /// An engine with at most so many connections. The first operation makes the first one.
    ///
    /// # Errors
    /// The pool cannot be made.
    pub(super) fn new(connector: Connector, connections: usize) -> Result<Self, String> {
        let pool = Pool::builder(connector).max_size(connections.max(1));
        Ok(Self(Arc::new(Shared {
            pool: pool.build().map_err(|error| error.to_string())?,
            measurements: StoreMeasurements::default(),
        })))
    }

    /// What makes its connections.
    pub(super) fn connector(&self) -> &Connector {
        self.0.pool.manager()
    }

    /// How many connections there may be.
    pub(super) fn connections(&self) -> usize {
        self.0.pool.status().max_size
    }
}

impl Engine for PostgresEngine {
    /// Starts the operation as a task of its own: a caller that goes away must not leave half a transaction behind.
    fn run<A, T>(&self, way: Way, arguments: A, work: Work<A, T>) -> Operation<'_, T>
    where
        A: Clone + Send + Sync + 'static,
        T: Send + 'static,
    {
        let shared = Arc::clone(&self.0);
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            tokio::spawn(async move {
                if let Some(result) = shared.run(way, arguments, work, &answer).await {
                    // The caller may have gone meanwhile.
                    let _ = answer.send(result);
                }
            });
            let stopped = |_| Unavailable("the server stops".to_owned());
            answered.await.map_err(stopped)?
        })
    }

    fn register_metrics(&self, registry: &mut Registry) {
        self.0.measurements.register(registry);
    }
}

/// An operation that failed, and whether it may run again.
struct Failed {
    trouble: Trouble,
    is_undone: bool,
}

impl Failed {
    /// Nothing of the operation is left in the database.
    fn undone(trouble: Trouble) -> Self {
        Self {
            trouble,
            is_undone: true,
        }
    }

    /// Something of the operation may be in the database, or it would fail again.
    fn last(trouble: Trouble) -> Self {
        Self {
            trouble,
            is_undone: false,
        }
    }

    fn may_run_again(&self, lost: u32) -> bool {
        self.is_undone
            && match self.trouble.kind {
                Kind::Conflict => true,
                Kind::Lost => lost < LOST_CONNECTIONS,
                Kind::Refused | Kind::Other => false,
            }
    }
}

impl Shared {
    /// Runs the operation until it has succeeded, failed, or taken too long. `None` if its caller went away before its
    /// beginning.
    async fn run<A: Clone, T>(
        &self,
        way: Way,
        arguments: A,
        work: Work<A, T>,
        answer: &oneshot::Sender<Result<T, Unavailable>>,
    ) -> Option<Result<T, Unavailable>> {
        let begun = Instant::now();
        let deadline = begun + PATIENCE;
        let mut lost = 0;
        let mut repetitions: u32 = 0;
        let result = loop {
            let lent = match timeout_at(deadline, self.lend(way)).await {
                Ok(lent) => lent,
                Err(_) => break Err(Trouble::lost("it does not answer, or all connections are in use")),
            };
            if answer.is_closed() {
                if let Ok(lent) = lent {
                    lent.give_back();
                }
                return None;
            }
            let attempt = async { attempt(way, lent?, arguments.clone(), work).await };
            let failed = match timeout_at(deadline, attempt).await {
                Ok(Ok(value)) => break Ok(value),
                Ok(Err(failed)) => failed,
                Err(_) => {
                    self.close_idle();
                    break Err(Trouble::lost("it did not answer within 5 seconds"));
                }
            };
            if failed.trouble.kind == Kind::Lost {
                lost += 1;
                self.close_idle();
            }
            let pause = Duration::from_millis(fastrand::u64(1..=4 << repetitions.min(5))).min(LONGEST_PAUSE);
            if !failed.may_run_again(lost) || Instant::now() + pause >= deadline {
                break Err(failed.trouble);
            }
            repetitions += 1;
            self.measurements.record_repetition(way);
            sleep(pause).await;
        };
        self.measurements.record(way, result.is_ok(), begun.elapsed());
        Some(result.map_err(|trouble| self.unavailable(&trouble)))
    }

    /// A connection of the pool, or a new one. A failure to connect is final: the next operation tries again.
    async fn lend(&self, way: Way) -> Result<Lent, Failed> {
        match self.pool.get().await {
            Ok(object) => Ok(Lent(Some(object), way)),
            Err(PoolError::Backend(trouble)) => Err(Failed::last(trouble)),
            Err(_) => Err(Failed::last(Trouble::lost("the pool is closed"))),
        }
    }

    /// Closes the connections that wait in the pool: they lead to a server that may be gone.
    fn close_idle(&self) {
        self.pool.retain(|_, _| false);
    }

    fn unavailable(&self, trouble: &Trouble) -> Unavailable {
        Unavailable(format!("{}: {}", self.pool.manager().address(), trouble.reason))
    }
}

/// A connection on loan. It is closed unless it is given back, so that no transaction stays open in the pool.
struct Lent(Option<Object<Connector>>, Way);

impl Lent {
    fn client(&self) -> Result<&Client, Failed> {
        let client = self.0.as_ref().map(|object| &object.client);
        client.ok_or_else(|| Failed::undone(Trouble::lost("the connection was closed")))
    }

    /// Gives the connection back to the pool. It is in no transaction.
    fn give_back(mut self) {
        self.0 = None;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            let opened = Object::take(object);
            match self.1 {
                Way::Write => opened.abort(),
                Way::Read | Way::Statement => opened.cancel(),
            }
        }
    }
}

/// Runs the operation once.
async fn attempt<A, T>(way: Way, lent: Lent, arguments: A, work: Work<A, T>) -> Result<T, Failed> {
    let client = lent.client()?;
    if way == Way::Write {
        client
            .batch_execute(BEGIN)
            .await
            .map_err(|error| begin_failed(&error))?;
    }
    let mut connection = Connection::new(client);
    let run: BoxFuture<'_, _> = work(&mut connection, arguments);
    let result = run.await;
    let (trouble, is_undone) = (connection.trouble, connection.is_undone);
    let failed = match (result, trouble) {
        (Ok(value), None) => {
            if way == Way::Write {
                let end = if is_undone { "ROLLBACK" } else { "COMMIT" };
                if let Err(error) = client.batch_execute(end).await {
                    let failed = commit_failed(&error);
                    if failed.trouble.is_sound {
                        lent.give_back();
                    }
                    return Err(failed);
                }
            }
            lent.give_back();
            return Ok(value);
        }
        (_, Some(trouble)) => Failed::undone(trouble),
        (Err(failure), None) => Failed::last(Trouble::of_operation(failure.0)),
    };
    let is_free = match way {
        Way::Write if failed.trouble.is_sound => client.batch_execute("ROLLBACK").await.is_ok(),
        Way::Write => false,
        Way::Read | Way::Statement => failed.trouble.is_sound,
    };
    if is_free {
        lent.give_back();
    }
    Err(failed)
}

fn begin_failed(error: &tokio_postgres::Error) -> Failed {
    let mut trouble = Trouble::from(error);
    // A standby has no such transactions.
    if error.code().is_some_and(|code| code.code() == "0A000") {
        trouble.kind = Kind::Lost;
    }
    Failed::undone(trouble)
}

/// A conflict has undone the transaction for certain. After any other failure it may have been kept.
fn commit_failed(error: &tokio_postgres::Error) -> Failed {
    let trouble = Trouble::from(error);
    match trouble.kind {
        Kind::Conflict => Failed::undone(trouble),
        _ => Failed::last(trouble),
    }
}
