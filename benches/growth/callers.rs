//! Figures that grow with the callers: many callers over HTTP at the same time, each with its own connection and one
//! look-up at a time. A caller that the server refuses for having too many calls asks again after `Retry-After`.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde::Serialize;

use super::portal::Portal;
use super::process::{self, Server};
use super::{Effort, note};
use benches::figures::{Rounds, median, micros, percentile};
use benches::http::{Connection, Post};

const CALLERS: [usize; 7] = [1, 4, 16, 64, 256, 1024, 2048];
/// Contacts of the book: more than twenty for each caller, so that no two ask for the same page at the same time.
const CONTACTS: usize = 100_000;
/// The server's `Retry-After` when too many calls run.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// An answer with twenty contacts has more bytes, any failure fewer.
const LEAST: usize = 2_000;

/// The results for one number of callers.
#[derive(Debug, Default, Serialize)]
pub(super) struct Found {
    pub(super) callers: usize,
    /// Answered calls a second.
    pub(super) per_second: Rounds,
    pub(super) median_ms: Rounds,
    pub(super) p99_ms: Rounds,
    /// Percentage of all calls that the server refused.
    pub(super) refused_percent: Rounds,
    /// Resident memory at the end, with all connections open.
    pub(super) resident_mb: Rounds,
}

pub(super) async fn all(program: &Path, portal: &Portal, effort: Effort) -> Vec<Found> {
    portal.hold(CONTACTS);
    let mut all: Vec<Found> = CALLERS
        .iter()
        .map(|callers| Found {
            callers: *callers,
            ..Found::default()
        })
        .collect();
    for round in 1..=effort.rounds {
        for found in &mut all {
            note(&format!(
                "{} callers, round {round} of {}",
                found.callers, effort.rounds
            ));
            let server = Server::over_http(program, portal).await;
            one_round(&server, effort.seconds, found).await;
        }
    }
    all
}

async fn one_round(server: &Server<std::net::SocketAddr>, seconds: u64, found: &mut Found) {
    let mut connections = Vec::new();
    for _ in 0..found.callers {
        connections.push(Connection::open(server.address()).await.unwrap());
    }
    let (asked, refused) = (Rc::new(Cell::new(0_u64)), Rc::new(Cell::new(0_u64)));
    let started = Instant::now();
    let until = started + Duration::from_secs(seconds);
    let tasks = tokio::task::LocalSet::new();
    let callers: Vec<_> = connections
        .into_iter()
        .map(|mut connection| {
            let (asked, refused) = (Rc::clone(&asked), Rc::clone(&refused));
            tasks.spawn_local(async move {
                let mut times = Vec::new();
                while Instant::now() < until {
                    asked.set(asked.get() + 1);
                    let offset = asked.get() * 20 % CONTACTS as u64;
                    let text = process::call(asked.get(), "list_mail_contacts", &process::look_up(offset));
                    let started = Instant::now();
                    let (status, body) = connection.ask(Post::message(text)).await.unwrap();
                    match status {
                        StatusCode::OK if body.len() > LEAST => times.push((Instant::now(), started.elapsed())),
                        StatusCode::SERVICE_UNAVAILABLE => {
                            refused.set(refused.get() + 1);
                            tokio::time::sleep_until((Instant::now() + RETRY_AFTER).min(until).into()).await;
                        }
                        _ => panic!("{status}: {body:?}"),
                    }
                }
                // Returned, so that the connection stays open until all callers have finished.
                (connection, times)
            })
        })
        .collect();
    tasks.await;
    let mut times = Vec::new();
    let mut open = Vec::new();
    for caller in callers {
        let (connection, of_one) = caller.await.unwrap();
        open.push(connection);
        times.extend(of_one);
    }
    // Answers come in waves. The time until the last answer covers whole waves.
    let last = times.iter().map(|(answered, _)| *answered).max().unwrap();
    let mut times: Vec<f64> = times.iter().map(|(_, took)| micros(*took) / 1e3).collect();
    #[expect(clippy::cast_precision_loss, reason = "far from 2^52 calls")]
    {
        found
            .per_second
            .push(times.len() as f64 / (last - started).as_secs_f64());
        found
            .refused_percent
            .push(100.0 * refused.get() as f64 / asked.get() as f64);
    }
    found.median_ms.push(median(&mut times));
    found.p99_ms.push(percentile(&mut times, 99));
    found.resident_mb.push(server.resident());
}
