//! Figures that grow with the address book: the walk through it, the resolution of fifty names, and the cache.

use std::path::Path;

use serde::Serialize;
use serde_json::json;

use super::book::names;
use super::portal::Portal;
use super::process::{self, Server};
use super::{BOOKS, Effort, note, teams};
use benches::figures::{Rounds, median, micros};

/// The results for one size of address book.
#[derive(Debug, Default, Serialize)]
pub(super) struct Found {
    pub(super) contacts: usize,
    pub(super) csv: Walk,
    pub(super) json: Walk,
    pub(super) resolve: Resolve,
    pub(super) kept: Kept,
    /// Computed seconds of a walk at the portal's rate limit.
    pub(super) walk_at_limit: f64,
}

/// `lookup --all`, from the start of the process to its end.
#[derive(Debug, Default, Serialize)]
pub(super) struct Walk {
    pub(super) seconds: Rounds,
    /// Peak resident memory.
    pub(super) peak_mb: Rounds,
    /// Share of the time in which the portal's thread used a core.
    pub(super) portals_share: Rounds,
    pub(super) requests: u64,
}

impl Walk {
    pub(super) fn milliseconds(&self) -> Rounds {
        Rounds(self.seconds.0.iter().map(|seconds| seconds * 1e3).collect())
    }
}

/// `resolve_mail_recipients` for fifty names, over stdio, in a process of its own.
#[derive(Debug, Default, Serialize)]
pub(super) struct Resolve {
    /// The first call, which reads the address book.
    pub(super) first_ms: Rounds,
    pub(super) first_requests: u64,
    /// Each later call, which uses the kept address book.
    pub(super) kept_ms: Rounds,
    pub(super) kept_requests: u64,
    /// Resident memory after all calls; `peak_mb` is its maximum.
    pub(super) resident_mb: Rounds,
    pub(super) peak_mb: Rounds,
    /// Resident memory that the calls added, for each contact that the portal sent.
    pub(super) bytes_a_contact: Rounds,
}

/// Look-ups of all contacts over stdio, twenty at a time: a first pass from the portal, a second with the cache.
#[derive(Debug, Default, Serialize)]
pub(super) struct Kept {
    /// Time of a look-up in the first pass.
    pub(super) asked_us: Rounds,
    /// Time of a look-up that the cache answered; empty if the cache answered none.
    pub(super) kept_us: Rounds,
    /// Percentage of the second pass that the cache answered.
    pub(super) percent: Rounds,
    /// Resident memory after both passes.
    pub(super) resident_mb: Rounds,
}

pub(super) async fn all(program: &Path, portal: &Portal, effort: Effort) -> Vec<Found> {
    let mut all = Vec::new();
    for contacts in BOOKS {
        portal.hold(contacts);
        if all.is_empty() {
            // Warm-up: the system reads the program from disk.
            walk(program, portal, "csv", contacts, &mut Walk::default());
        }
        let mut found = Found {
            contacts,
            walk_at_limit: teams::walk(portal.contents()),
            ..Found::default()
        };
        for round in 1..=effort.rounds {
            note(&format!("{contacts} contacts, round {round} of {}", effort.rounds));
            walk(program, portal, "csv", contacts, &mut found.csv);
            walk(program, portal, "json", contacts, &mut found.json);
            resolve(program, portal, effort, &mut found.resolve).await;
            keep(program, portal, contacts, &mut found.kept).await;
        }
        all.push(found);
    }
    all
}

fn walk(program: &Path, portal: &Portal, format: &str, contacts: usize, found: &mut Walk) {
    let before = portal.done();
    let prints_little = contacts < 10_000;
    let ran = process::run(program, portal, &["lookup", "--all", "--format", format], prints_little);
    let done = portal.done() - before;
    let end = String::from_utf8_lossy(&ran.end);
    match format {
        // One line is the header.
        "csv" => assert_eq!(ran.lines, contacts + 1, "{end}"),
        _ => assert!(end.contains(&format!(r#""returned":{contacts},"#)), "{end}"),
    }
    found.seconds.push(ran.took.as_secs_f64());
    found.peak_mb.push(ran.peak);
    found
        .portals_share
        .push(done.worked.as_secs_f64() / ran.took.as_secs_f64());
    found.requests = done.requests;
}

async fn resolve(program: &Path, portal: &Portal, effort: Effort, found: &mut Resolve) {
    let names: Vec<String> = names().take(50).collect();
    let expected = format!(r#""name":"{}""#, names[0]);
    let arguments = json!({"names": names});
    let mut server = Server::over_stdio(program, portal, "1h").await;
    let before = (server.resident(), portal.done());
    let mut times = Vec::new();
    for id in 0..=effort.resolves {
        let before = portal.done();
        let took = server
            .call(id + 1, "resolve_mail_recipients", &arguments, &expected)
            .await;
        let requests = (portal.done() - before).requests;
        if id == 0 {
            found.first_ms.push(micros(took) / 1e3);
            found.first_requests = requests;
        } else {
            times.push(micros(took) / 1e3);
            found.kept_requests = requests;
        }
    }
    found.kept_ms.push(median(&mut times));
    found.peak_mb.push(server.peak());
    found.resident_mb.push(server.resident());
    #[expect(clippy::cast_precision_loss, reason = "far from 2^52 contacts")]
    let contacts = (portal.done() - before.1).contacts as f64;
    found
        .bytes_a_contact
        .push((server.resident() - before.0) * 1e6 / contacts);
}

async fn keep(program: &Path, portal: &Portal, contacts: usize, found: &mut Kept) {
    /// Look-ups for the warm-up, and the fewest in the second pass, so that small books have a median too.
    const AT_LEAST: usize = 300;
    let mut server = Server::over_stdio(program, portal, "1h").await;
    let mut ids = 0..;
    let mut look_up = async |offset: u64| {
        let (id, arguments) = (ids.next().unwrap(), process::look_up(offset));
        let before = portal.done().requests;
        let took = server
            .call(id, "list_mail_contacts", &arguments, r#""returned":20"#)
            .await;
        (micros(took), portal.done().requests > before)
    };
    // Warm-up.
    for _ in 0..AT_LEAST {
        look_up(0).await;
    }
    let (mut asked, mut kept) = (Vec::new(), Vec::new());
    let offsets = || (0..contacts as u64).step_by(20).skip(1);
    for offset in offsets() {
        asked.push(look_up(offset).await.0);
    }
    let mut again = 0;
    while again < AT_LEAST {
        for offset in offsets() {
            let (took, is_from_portal) = look_up(offset).await;
            again += 1;
            if !is_from_portal {
                kept.push(took);
            }
        }
    }
    found.asked_us.push(median(&mut asked));
    #[expect(clippy::cast_precision_loss, reason = "far from 2^52 look-ups")]
    found.percent.push(100.0 * kept.len() as f64 / again as f64);
    if !kept.is_empty() {
        found.kept_us.push(median(&mut kept));
    }
    found.resident_mb.push(server.resident());
}
