//! The rounds: every peer in turn, and the direct request beside them. Compared figures are measured at most minutes
//! apart; single calls take turns with direct requests.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::peers::{PEERS, Peer, Transport, Workshop, note};
use super::portal::{Portal, Program, direct};
use super::session::{Numbers, Session};
use benches::figures::{Rounds, median, micros, percentile};
use benches::http::{Connection, Enough, Work, at_once, together};

/// How much the benchmark measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Effort {
    pub(super) rounds: usize,
    /// Starts of each server in each round.
    pub(super) starts: usize,
    /// Sequential calls before anything is measured.
    pub(super) warm_up: usize,
    /// Sequential calls that are measured.
    pub(super) single_calls: usize,
    /// Seconds of simultaneous calls.
    pub(super) seconds: u64,
    /// Calls before the last reading of memory.
    pub(super) calls_for_memory: u64,
    /// Maximum time for `calls_for_memory`.
    pub(super) seconds_for_memory: u64,
}

impl Effort {
    pub(super) const FULL: Self = Self {
        rounds: 3,
        starts: 10,
        warm_up: 300,
        single_calls: 1_500,
        seconds: 4,
        calls_for_memory: 100_000,
        seconds_for_memory: 60,
    };
    pub(super) const QUICK: Self = Self {
        rounds: 2,
        starts: 3,
        warm_up: 100,
        single_calls: 300,
        seconds: 1,
        calls_for_memory: 5_000,
        seconds_for_memory: 5,
    };

    fn enough(self) -> Enough {
        Enough {
            calls: u64::MAX,
            time: Duration::from_secs(self.seconds),
        }
    }
}

/// The results of one peer, or of the direct request.
#[derive(Debug, Default, Serialize)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) is_http: bool,
    /// Milliseconds from the start of the process to the answer to `initialize`.
    pub(super) start_ms: Rounds,
    /// Median microseconds of one call.
    pub(super) call_us: Rounds,
    /// Median microseconds of one call above the direct request's.
    pub(super) added_us: Rounds,
    /// 99th percentile of the microseconds of one call.
    pub(super) p99_us: Rounds,
    /// Calls a second with 64 calls in flight.
    pub(super) with_64: Rounds,
    /// Calls a second with 512 calls in flight.
    pub(super) with_512: Rounds,
    /// Resident megabytes after `initialize`.
    pub(super) idle_mb: Rounds,
    /// Resident megabytes after `used_after` calls.
    pub(super) used_mb: Option<f64>,
    pub(super) used_after: u64,
    pub(super) program_mb: Option<f64>,
    pub(super) tools: usize,
    pub(super) tools_tokens: u64,
    pub(super) contacts_tokens: u64,
    pub(super) failed: u64,
}

/// All results.
#[derive(Debug, Serialize)]
pub(super) struct Course {
    /// The direct request, sent with the benchmark's own HTTP client.
    pub(super) direct: Found,
    /// The direct request of a program that uses reqwest and reads the answer.
    pub(super) program: Found,
    pub(super) servers: Vec<Found>,
}

/// Runs all rounds, then measures memory after many calls.
pub(super) async fn all(portal: &Portal, workshop: &Workshop, effort: Effort, only: &str) -> Course {
    let numbers = Numbers::default();
    let peers: Vec<Peer> = PEERS
        .into_iter()
        .filter(|peer| peer.name.contains(only) || only == format!("{:?}", peer.transport).to_lowercase())
        .collect();
    let (mut direct, mut program) = (Found::default(), Found::default());
    direct.name = "the direct request".to_owned();
    program.name = "the direct request with reqwest".to_owned();
    let mut found: Vec<Found> = peers.iter().map(|peer| named(peer, workshop)).collect();
    for round in 1..=effort.rounds {
        note(&format!("round {round} of {}: the direct request", effort.rounds));
        direct
            .with_64
            .push(direct_throughput(portal, 64, effort, &numbers).await);
        direct
            .with_512
            .push(direct_throughput(portal, 512, effort, &numbers).await);
        direct_with_reqwest(portal, effort, &numbers, &mut program).await;
        for (peer, found) in peers.iter().zip(&mut found) {
            note(&format!(
                "round {round} of {}: {}, {:?}",
                effort.rounds, peer.name, peer.transport
            ));
            one_round(portal, workshop, peer, effort, &numbers, found, &mut direct).await;
        }
    }
    for (peer, found) in peers.iter().zip(&mut found) {
        note(&format!("memory: {}, {:?}", peer.name, peer.transport));
        memory(portal, workshop, peer, effort, &numbers, found).await;
    }
    Course {
        direct,
        program,
        servers: found,
    }
}

fn named(peer: &Peer, workshop: &Workshop) -> Found {
    Found {
        name: peer.name.to_owned(),
        is_http: peer.transport == Transport::Http,
        program_mb: Some(workshop.megabytes(peer)),
        ..Found::default()
    }
}

async fn direct_throughput(portal: &Portal, callers: usize, effort: Effort, numbers: &Numbers) -> f64 {
    let (numbers, enough) = (numbers.clone(), effort.enough());
    let work = at_once(
        portal.address(),
        callers,
        enough,
        move || direct(numbers.next()),
        |body| body.ends_with(b"}}"),
    )
    .await;
    assert_eq!(work.failed, 0, "the portal failed");
    work.per_second()
}

async fn direct_with_reqwest(portal: &Portal, effort: Effort, numbers: &Numbers, found: &mut Found) {
    let program = Program::new(portal);
    let mut times = Vec::new();
    for at in 0..effort.warm_up + effort.single_calls {
        let started = std::time::Instant::now();
        assert!(program.ask(numbers.next()).await);
        if at >= effort.warm_up {
            times.push(micros(started.elapsed()));
        }
    }
    found.call_us.push(median(&mut times));
    found.p99_us.push(percentile(&mut times, 99));
    for (callers, figures) in [(64, &mut found.with_64), (512, &mut found.with_512)] {
        let callers = (0..callers).map(|_| {
            let (program, numbers) = (program.clone(), numbers.clone());
            async move || program.ask(numbers.next()).await
        });
        let work = together(callers.collect(), effort.enough()).await;
        assert_eq!(work.failed, 0, "the portal failed");
        figures.push(work.per_second());
    }
}

async fn one_round(
    portal: &Portal,
    workshop: &Workshop,
    peer: &Peer,
    effort: Effort,
    numbers: &Numbers,
    found: &mut Found,
    direct_found: &mut Found,
) {
    let mut starts = Vec::new();
    for _ in 0..effort.starts {
        let session = Session::start(workshop, peer, portal, numbers).await;
        starts.push(micros(session.started_in) / 1e3);
        session.end().await;
    }
    found.start_ms.push(median(&mut starts));

    let mut session = Session::start(workshop, peer, portal, numbers).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    found.idle_mb.push(session.resident());
    if found.tools == 0 {
        tokens(workshop, &mut session, found).await;
    }

    let mut connection = Connection::open(portal.address()).await.unwrap();
    let (mut direct_times, mut times) = (Vec::new(), Vec::new());
    for at in 0..effort.warm_up + effort.single_calls {
        let post = direct(numbers.next());
        let started = std::time::Instant::now();
        connection.ask(post).await.unwrap();
        let direct_time = micros(started.elapsed());
        let before = portal.answered();
        let time = micros(session.call().await);
        assert_eq!(
            portal.answered(),
            before + 1,
            "{} answered without the portal",
            peer.name
        );
        if at >= effort.warm_up {
            direct_times.push(direct_time);
            times.push(time);
        }
    }
    let direct_median = median(&mut direct_times);
    direct_found.call_us.push(direct_median);
    direct_found.p99_us.push(percentile(&mut direct_times, 99));
    found.call_us.push(median(&mut times));
    found.added_us.push(median(&mut times) - direct_median);
    found.p99_us.push(percentile(&mut times, 99));

    let work = counted(portal, &mut session, 64, effort.enough(), found).await;
    found.with_64.push(work.per_second());
    if found.is_http {
        let work = counted(portal, &mut session, 512, effort.enough(), found).await;
        found.with_512.push(work.per_second());
    }
    session.end().await;
}

/// Sends many calls; panics unless each successful call has reached the portal.
async fn counted(portal: &Portal, session: &mut Session, under_way: usize, enough: Enough, found: &mut Found) -> Work {
    let before = portal.answered();
    let work = session.calls(under_way, enough).await;
    let reached = portal.answered() - before;
    assert!(
        reached + work.failed >= work.calls,
        "{}: {reached} of {} calls reached the portal",
        found.name,
        work.calls
    );
    found.failed += work.failed;
    work
}

async fn memory(
    portal: &Portal,
    workshop: &Workshop,
    peer: &Peer,
    effort: Effort,
    numbers: &Numbers,
    found: &mut Found,
) {
    let mut session = Session::start(workshop, peer, portal, numbers).await;
    let enough = Enough {
        calls: effort.calls_for_memory,
        time: Duration::from_secs(effort.seconds_for_memory),
    };
    let work = counted(portal, &mut session, 64, enough, found).await;
    found.used_mb = Some(session.resident());
    found.used_after = work.calls;
    session.end().await;
}

/// Counts the tokens that a model is billed for: name, description and arguments of each tool, and one answer's
/// structured content.
async fn tokens(workshop: &Workshop, session: &mut Session, found: &mut Found) {
    let listed = session.request("tools/list", &json!({})).await;
    let tools = listed["tools"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut texts: Vec<String> = tools
        .iter()
        .map(|tool| text(&tool["name"]) + &text(&tool["description"]) + &tool["inputSchema"].to_string())
        .collect();
    let call = json!({"name": "list_mail_contacts", "arguments": {"query": "client"}});
    let answer = session.request("tools/call", &call).await;
    let contacts = answer["structuredContent"]["contacts"].as_array().map_or(0, Vec::len);
    assert_eq!(contacts, 20, "{answer}");
    texts.push(answer["structuredContent"].to_string());
    let costs = workshop.tokens(&texts);
    found.tools = tools.len();
    found.contacts_tokens = costs.last().copied().unwrap_or_default();
    found.tools_tokens = costs.iter().sum::<u64>() - found.contacts_tokens;
}
