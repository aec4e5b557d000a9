//! Measures the cost of HTTP: `cargo bench -p benches --bench http [-- SECONDS]`.
//!
//! 1. One sequential call through the server, with JSON and with event-stream answers, against the same request sent
//!    to the same portal directly, taken in turns: median added time under 0.4 ms.
//! 2. 512 simultaneous callers for SECONDS (default 10; 60 for a release): no failure, `/healthz` within 50 ms
//!    throughout, resident memory under 96 MB and not growing after the first third.
//!
//! The portal and the callers run in this process, the server in its own. The exit status is 1 if a limit is missed.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement may fail loudly"
)]

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use benches::figures::{median, micros, percentile};
use benches::http::{Connection, Post};
use benches::program;
use bitrix24_mail_mcp::demo::{DemoPortal, Settings};
use bytes::Bytes;
use hyper::StatusCode;
use serde_json::json;

const CALLERS: usize = 512;
/// Limit of the median time that the server adds to a call, in microseconds.
const ADDED: f64 = 400.0;
/// Limit of the slowest `/healthz`, in microseconds.
const HEALTH: f64 = 50_000.0;
const RESIDENT_KB: u64 = 96 * 1024;

/// A look-up that finds one contact, in 600 variants, so that the server cannot answer two callers with one request.
fn question(number: usize) -> Post {
    const TEXTS: [&str; 3] = ["client@example.com", "lient@example.com", "ient@example.com"];
    let arguments = json!({"query": TEXTS[number % 3], "limit": 1 + number / 3 % 200});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "list_mail_contacts", "arguments": arguments}});
    Post::message(message.to_string())
}

/// The server, killed when dropped.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(program: &Path, webhook: &str, cache_ttl: &str) -> Self {
        use std::io::{BufRead, BufReader};
        let mut process = Command::new(program)
            .args(["serve", "--http", "127.0.0.1:0"])
            .env("BITRIX24_WEBHOOK_URL", webhook)
            .env("BITRIX24_RATE_LIMIT", "off")
            .env("BITRIX24_CACHE_TTL", cache_ttl)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut note = String::new();
        BufReader::new(process.stderr.take().unwrap())
            .read_line(&mut note)
            .unwrap();
        let address = note.split("http://").nth(1).unwrap().split('/').next().unwrap();
        Self {
            process,
            address: address.parse().unwrap(),
        }
    }

    /// Resident memory in kilobytes; `None` where there is no `/proc`.
    fn resident(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        line.split_whitespace().nth(1)?.parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn is_found((status, body): &(StatusCode, Bytes)) -> bool {
    let needle = b"client@example.com";
    *status == StatusCode::OK && body.windows(needle.len()).any(|window| window == needle)
}

async fn sequential(program: &Path, portal: &DemoPortal) -> bool {
    const ROUNDS: usize = 3000;
    let webhook = portal.webhook_url().unwrap();
    let server = Server::start(program, &webhook, "0");
    let url = webhook.strip_prefix("http://").unwrap();
    let (authority, path) = url.split_once('/').unwrap();
    let path = format!(
        "/{}/mail.recipient.listcontacts",
        path.trim_end_matches('/').replacen("rest/", "rest/api/", 1)
    );
    let parameters = json!({"query": "client@example.com", "pagination": {"limit": 50, "offset": 0}});
    let mut ways = [
        (
            "direct",
            Connection::open(authority.parse().unwrap()).await.unwrap(),
            Post::new(path, parameters.to_string()),
        ),
        ("JSON", Connection::open(server.address).await.unwrap(), question(0)),
        (
            "event stream",
            Connection::open(server.address).await.unwrap(),
            question(0).accept("text/event-stream"),
        ),
    ];
    let mut times: [Vec<f64>; 3] = Default::default();
    for round in 0..ROUNDS + 200 {
        for (way, times) in ways.iter_mut().zip(&mut times) {
            let started = Instant::now();
            let answer = way.1.ask(way.2.clone()).await.unwrap();
            let took = micros(started.elapsed());
            assert!(is_found(&answer), "{}: {answer:?}", way.0);
            if round >= 200 {
                times.push(took);
            }
        }
    }
    let medians = times.map(|mut times| median(&mut times));
    let mut is_met = true;
    println!("sequential, {ROUNDS} rounds: direct to the portal {:.0} µs", medians[0]);
    for (way, median) in ways.iter().zip(medians).skip(1) {
        let added = median - medians[0];
        println!("  {}: {median:.0} µs, added {added:.0} µs (limit {ADDED} µs)", way.0);
        is_met &= added < ADDED;
    }
    is_met
}

async fn concurrent(program: &Path, portal: &DemoPortal, seconds: u64, cache_ttl: &str) -> bool {
    let server = Server::start(program, &portal.webhook_url().unwrap(), cache_ttl);
    let before = server.resident();
    let is_over = Arc::new(AtomicBool::new(false));
    let failures = Arc::new(AtomicUsize::new(0));
    let mut callers = Vec::new();
    for caller in 0..CALLERS {
        let (address, is_over, failures) = (server.address, Arc::clone(&is_over), Arc::clone(&failures));
        callers.push(tokio::spawn(async move {
            let mut connection = Connection::open(address).await.unwrap();
            let request = question(caller).accept("application/json");
            let mut times = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let started = Instant::now();
                let answer = connection.ask(request.clone()).await.unwrap();
                times.push(micros(started.elapsed()));
                if !is_found(&answer) {
                    failures.fetch_add(1, Ordering::Relaxed);
                }
            }
            times
        }));
    }
    let mut health = Vec::new();
    let mut resident = Vec::new();
    let until = Instant::now() + Duration::from_secs(seconds);
    while Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let started = Instant::now();
        let mut connection = Connection::open(server.address).await.unwrap();
        let (status, _) = connection.get("/healthz").await.unwrap();
        health.push(micros(started.elapsed()));
        assert_eq!(status, StatusCode::OK);
        resident.push(server.resident().unwrap_or_default());
    }
    is_over.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await.unwrap());
    }
    let failures = failures.load(Ordering::Relaxed);
    println!(
        "{CALLERS} callers for {seconds} s, answers good for {cache_ttl}: {} calls ({} a second), {failures} failed",
        times.len(),
        times.len() as u64 / seconds
    );
    println!(
        "  call: median {:.0} µs, p99 {:.0} µs, slowest {:.0} µs",
        percentile(&mut times, 50),
        percentile(&mut times, 99),
        percentile(&mut times, 100)
    );
    let slowest_health = percentile(&mut health, 100);
    println!(
        "  /healthz over a new connection: median {:.0} µs, slowest {slowest_health:.0} µs (limit {HEALTH} µs)",
        percentile(&mut health, 50)
    );
    let is_well = failures == 0 && slowest_health < HEALTH;
    let Some(before) = before else { return is_well };
    // The first third fills buffers and the allocator's pools.
    let (early, late) = resident.split_at(resident.len() / 3);
    let most = |part: &[u64]| part.iter().copied().max().unwrap_or_default();
    let (early, late) = (most(early), most(late));
    println!(
        "  resident: {before} kB before, at most {early} kB in the first third, {late} kB later (limit {RESIDENT_KB} kB)"
    );
    is_well && late < RESIDENT_KB && late < early + early / 10
}

fn main() -> ExitCode {
    // cargo adds `--bench`.
    let seconds = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(10);
    let program = program::release();
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    // The portal has its own thread, since a real portal is another machine.
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        runtime().block_on(async {
            let settings = Settings {
                bucket: None,
                operating: None,
                kept_requests: 0,
                ..Settings::default()
            };
            sender.send(DemoPortal::start(settings).await.unwrap()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let portal = receiver.recv().unwrap();
    let is_met = runtime().block_on(async {
        [
            sequential(&program, &portal).await,
            concurrent(&program, &portal, seconds, "60s").await,
            // Without a cache, every call reaches the portal.
            concurrent(&program, &portal, seconds.min(10), "0").await,
        ]
    });
    if is_met.iter().all(|met| *met) {
        ExitCode::SUCCESS
    } else {
        println!("a limit was missed");
        ExitCode::FAILURE
    }
}
