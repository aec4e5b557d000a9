//! Computes how a team, and a walk, fare under the portal's rate limit. Time is virtual, so that minutes pass in a moment
//! and each run gives the same figures.
//!
//! The library calls a portal with Bitrix24's rate limit: a burst of fifty requests, then two a second. An answer takes
//! [`TRIP`], and [`ITEM`] more for each page or search in it, since a portal runs the items of a batch one after another.
//!
//! | what | how |
//! |---|---|
//! | lists at once | each person looks up another name at the same moment; calls that would wait use the whole book |
//! | names at once | each person resolves another name at the same moment |
//! | ten minutes | ten calls for each person at random moments, half lists, half names; answers are kept for a minute |
//! | a walk | the whole address book, page after page |

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, GivenPagination, Names, Query, Source};
use bitrix24_mail_mcp::portal::{Credentials, Error, Portal, RawReply, Request, Settings, Wire};
use fastrand::Rng;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;
use serde::Serialize;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::book::{Book, names};
use super::note;
use super::portal::Contents;
use benches::figures::percentile;

pub(super) const TEAMS: [usize; 5] = [10, 30, 100, 300, 1000];
/// Network time of a request and its answer.
pub(super) const TRIP: Duration = Duration::from_millis(100);
/// The portal's time for each page or search.
pub(super) const ITEM: Duration = Duration::from_millis(10);
/// Contacts of the team's address book.
pub(super) const CONTACTS: usize = 10_000;
const DEFAULT_TTL: Duration = Duration::from_secs(60);
/// Requests that the portal accepts in a burst; then [`PER_SECOND`].
const BURST: f64 = 50.0;
const PER_SECOND: f64 = 2.0;

/// The results of many calls.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Course {
    pub(super) refused: usize,
    /// Seconds of the slowest answered call.
    pub(super) last: f64,
    /// Seconds within which 95 of 100 answered calls ended.
    pub(super) most: f64,
    pub(super) requests: usize,
    /// Real seconds of this machine's work, the portal's part included.
    pub(super) worked: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Team {
    pub(super) people: usize,
    pub(super) listed: Course,
    pub(super) resolved: Course,
    pub(super) ten_minutes: Course,
}

pub(super) fn all() -> Vec<Team> {
    note("teams, in virtual time");
    let contents = Arc::new(Contents::new(Book::of(CONTACTS)));
    let team = |people| Team {
        people,
        listed: in_virtual_time(at_once(&contents, people, Way::Listed)),
        resolved: in_virtual_time(at_once(&contents, people, Way::Resolved)),
        ten_minutes: in_virtual_time(ten_minutes(&contents, people)),
    };
    TEAMS.into_iter().map(team).collect()
}

/// Seconds of a walk at the portal's rate limit. Runs in its own thread, since virtual time needs its own runtime.
pub(super) fn walk(contents: Arc<Contents>) -> f64 {
    let walking = move || in_virtual_time(walk_through(&contents));
    std::thread::spawn(walking).join().unwrap()
}

async fn walk_through(contents: &Arc<Contents>) -> f64 {
    let (book, started) = (LimitedPortal::start(contents).book(Duration::ZERO), Instant::now());
    let given = GivenPagination {
        limit: Some(200.into()),
        ..GivenPagination::default()
    };
    let mut walk = book.walk(&Query::new("", &given).unwrap());
    while walk.step(&CancellationToken::new()).await.unwrap().is_some() {}
    assert_eq!(walk.total(), contents.len());
    started.elapsed().as_secs_f64()
}

fn in_virtual_time<T>(course: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(course)
}

/// A portal without a socket. It answers after a delay, and panics if requests exceed its rate limit.
#[derive(Debug)]
struct LimitedPortal {
    contents: Arc<Contents>,
    requests: AtomicUsize,
    /// The level of the leaky bucket, and the time of its last change.
    level: Mutex<(f64, Instant)>,
}

impl LimitedPortal {
    fn start(contents: &Arc<Contents>) -> Arc<Self> {
        Arc::new(Self {
            contents: Arc::clone(contents),
            requests: AtomicUsize::new(0),
            level: Mutex::new((0.0, Instant::now())),
        })
    }

    fn book(self: &Arc<Self>, ttl: Duration) -> Arc<AddressBook> {
        let settings = Settings {
            jitter: || 0.0,
            ..Settings::new(Credentials::from_webhook_url("https://p.example/rest/1/SECRET/"))
        };
        let client = Portal::with_wire(Arc::clone(self) as Arc<dyn Wire>, settings);
        Arc::new(AddressBook::new(client, ttl))
    }

    fn count(&self) {
        const ROUNDING: f64 = 1e-6;
        let mut level = self.level.lock().unwrap();
        let drained = level.1.elapsed().as_secs_f64() * PER_SECOND;
        *level = ((level.0 - drained).max(0.0) + 1.0, Instant::now());
        assert!(level.0 <= BURST + ROUNDING, "the limit was not kept");
        self.requests.fetch_add(1, Ordering::Relaxed);
    }
}

impl Wire for LimitedPortal {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        async move {
            // The portal counts the request when it arrives.
            tokio::time::sleep(TRIP / 2).await;
            self.count();
            let url = request.url().expose_secret();
            let method = url.rsplit('/').next().unwrap();
            let reply = self.contents.reply(method, &request.body().to_vec().into());
            tokio::time::sleep(TRIP / 2 + ITEM * reply.items).await;
            Ok(RawReply {
                http_status: 200,
                body: reply.body.to_vec(),
                ..RawReply::default()
            })
        }
        .boxed()
    }
}

#[derive(Debug, Clone, Copy)]
enum Way {
    Listed,
    Resolved,
}

/// Starts a call in its own task, which returns the seconds until the answer; `None` if the call was refused.
fn start_call(book: &Arc<AddressBook>, way: Way, name: String) -> JoinHandle<Option<f64>> {
    let book = Arc::clone(book);
    tokio::spawn(async move {
        let (started, never) = (Instant::now(), CancellationToken::new());
        let is_answered = match way {
            Way::Resolved => {
                let names = Names::new(&[name], &[Source::Contacts]).unwrap();
                book.resolve(&names, &|_| {}, &never).await.is_ok()
            }
            Way::Listed => {
                let query = Query::new(&name, &GivenPagination::default()).unwrap();
                book.list(&query, &never).await.is_ok()
            }
        };
        is_answered.then(|| started.elapsed().as_secs_f64())
    })
}

async fn course(portal: &LimitedPortal, calls: Vec<JoinHandle<Option<f64>>>, worked: std::time::Instant) -> Course {
    let (mut times, mut refused) = (Vec::new(), 0);
    for call in calls {
        match call.await.unwrap() {
            Some(time) => times.push(time),
            None => refused += 1,
        }
    }
    Course {
        refused,
        last: times.iter().copied().fold(0.0, f64::max),
        most: percentile(&mut times, 95),
        requests: portal.requests.load(Ordering::Relaxed),
        worked: worked.elapsed().as_secs_f64(),
    }
}

/// Each person asks for another name, all at the same moment.
async fn at_once(contents: &Arc<Contents>, people: usize, way: Way) -> Course {
    let (portal, worked) = (LimitedPortal::start(contents), std::time::Instant::now());
    let book = portal.book(DEFAULT_TTL);
    let calls = names().take(people).map(|name| start_call(&book, way, name)).collect();
    course(&portal, calls, worked).await
}

/// Ten calls for each person, at random moments within ten minutes, for names of the book: half lists, half resolutions.
async fn ten_minutes(contents: &Arc<Contents>, people: usize) -> Course {
    const TIMES: usize = 10;
    const MINUTES: f64 = 10.0;
    let (portal, worked) = (LimitedPortal::start(contents), std::time::Instant::now());
    let book = portal.book(DEFAULT_TTL);
    let known: Vec<String> = names().take(CONTACTS / 2).collect();
    let mut dice = Rng::with_seed(1);
    let mut moments: Vec<f64> = (0..people * TIMES).map(|_| dice.f64() * MINUTES * 60.0).collect();
    moments.sort_by(f64::total_cmp);
    let started = Instant::now();
    let mut calls = Vec::new();
    for (number, moment) in moments.into_iter().enumerate() {
        tokio::time::sleep_until(started + Duration::from_secs_f64(moment)).await;
        let way = if number % 2 == 0 { Way::Listed } else { Way::Resolved };
        calls.push(start_call(&book, way, known[dice.usize(..known.len())].clone()));
    }
    course(&portal, calls, worked).await
}
