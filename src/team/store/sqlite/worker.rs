//! A thread that runs operations on one connection, one after the other.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use super::database::SqliteDatabase;
use super::place::{Opened, Place};
use crate::team::store::database::Failure;
use crate::team::store::{Operation, Unavailable};

/// Operations that wait for the thread; more wait for a place among them.
const QUEUE: usize = 1024;
/// How long an operation waits for its turn. A store that is locked would otherwise collect operations whose callers
/// have long given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs an operation, or passes the failure on.
type Job = Box<dyn FnOnce(Result<&mut SqliteDatabase, &str>) + Send>;

/// A thread that runs operations on one connection.
#[derive(Debug)]
pub(super) struct Worker {
    place: Arc<Place>,
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    /// Starts the thread. It opens the connection for the first operation, and a new one after a failure.
    ///
    /// # Errors
    /// The system starts no thread.
    pub(super) fn start(place: &Arc<Place>, may_write: bool) -> io::Result<Self> {
        let (jobs, next) = mpsc::channel(QUEUE);
        let name = if may_write { "store writer" } else { "store reader" };
        let place = Arc::clone(place);
        let its_place = Arc::clone(&place);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || run_all(&its_place, may_write, next))?;
        Ok(Self {
            place,
            jobs: Some(jobs),
            thread: Some(thread),
        })
    }

    /// Runs an operation.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut SqliteDatabase) -> Result<T, Failure> + Send + 'static,
    ) -> Operation<'_, T> {
        let (answer, answered) = oneshot::channel();
        let place = Arc::clone(&self.place);
        let asked = Instant::now();
        let unavailable = move |reason: &str| Unavailable(format!("{}: {reason}", place.name()));
        let stopped = || Unavailable(format!("{}: its thread has stopped", self.place.name()));
        let job: Job = Box::new(move |database| {
            if answer.is_closed() {
                return;
            }
            let result = match database {
                Err(reason) => Err(unavailable(reason)),
                Ok(_) if asked.elapsed() > PATIENCE => Err(unavailable("it is too slow")),
                Ok(database) => work(database).map_err(|Failure(reason)| unavailable(&reason)),
            };
            // The caller may have gone meanwhile.
            let _ = answer.send(result);
        });
        Box::pin(async move {
            let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
            jobs.send(job).await.map_err(|_| stopped())?;
            answered.await.map_err(|_| stopped())?
        })
    }
}

impl Drop for Worker {
    /// Waits until the thread has run all operations and closed its connection.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run_all(place: &Place, may_write: bool, mut jobs: mpsc::Receiver<Job>) {
    let mut next = jobs.blocking_recv();
    while let Some(job) = next.take() {
        let Opened { connection, identity } = match place.connect(may_write) {
            Ok(opened) => opened,
            Err(reason) => {
                job(Err(&reason));
                next = jobs.blocking_recv();
                continue;
            }
        };
        let mut database = SqliteDatabase::new(connection);
        job(Ok(&mut database));
        loop {
            next = jobs.blocking_recv();
            if !database.is_sound() || !place.is_of(&identity) {
                break;
            }
            match next.take() {
                Some(job) => job(Ok(&mut database)),
                None => break,
            }
        }
    }
}
