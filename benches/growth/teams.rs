//! What the portal's limits allow a team: in virtual time, so that hours pass in a moment and each run is the same.
//!
//! The library asks a demo portal that counts as a portal counts: fifty requests at once, two a second. An answer takes
//! [`TRIP`], and in a batch [`ITEM`] more for each further look-up, since a portal runs them one after another.
//!
//! | what | how |
//! |---|---|
//! | a burst | everybody asks for somebody else at once; who would wait longer than the deadline is refused |
//! | a day | look-ups come at random, so many an hour of each: the most that make a good day, found by halving |
//!
//! On a good day 95 of 100 look-ups are answered within two seconds and none is refused.
//!
//! A portal also counts for how long a method has run in ten minutes. Rates at which that comes near its limit, where the
//! server would space its calls, are not taken.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, GivenPagination, Names, Query, Source};
use bitrix24_mail_mcp::demo::{self, DemoPortal};
use bitrix24_mail_mcp::portal::{Credentials, Error, Portal, RawReply, Request, Settings, Wire};
use fastrand::Rng;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use secrecy::ExposeSecret;
use serde::Serialize;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::figures::percentile;
use super::note;

pub(super) const TEAMS: [u32; 5] = [10, 30, 100, 300, 1000];
/// From the request to the answer.
pub(super) const TRIP: Duration = Duration::from_millis(100);
/// As long as a call of the demo portal takes.
pub(super) const ITEM: Duration = Duration::from_micros(12_500);
/// What a look-up may take on a good day.
pub(super) const SOON: f64 = 2.0;
/// Contacts that people ask for where some are asked for often: the second half as often as the first, the third a third
/// as often, and so on.
const ASKED_FOR: u32 = 10_000;
/// Seconds a second for which one method may run before the server spaces its calls: four fifths of 420 in 600.
const MOST_RUNNING: f64 = 0.8 * 420.0 / 600.0;

/// How the team's look-ups reach the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Unmerged,
    Merged,
    /// The same, with the cache's default time, and some contacts asked for often.
    UnmergedKept,
    MergedKept,
    /// Names resolved, a request each: the questions of a name fill it.
    Resolved,
}

impl Way {
    fn is_merged(self) -> bool {
        !matches!(self, Self::Unmerged | Self::UnmergedKept)
    }

    fn is_kept(self) -> bool {
        matches!(self, Self::UnmergedKept | Self::MergedKept)
    }
}

/// What became of a burst.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Burst {
    pub(super) answered: usize,
    /// Seconds until the last of these was answered.
    pub(super) last: f64,
    pub(super) requests: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct Team {
    pub(super) people: u32,
    pub(super) unmerged: Burst,
    pub(super) merged: Burst,
    pub(super) resolved: Burst,
}

/// The most look-ups a second that all people together may make.
#[derive(Debug, Serialize)]
pub(super) struct Rates {
    pub(super) unmerged: f64,
    pub(super) merged: f64,
    /// With answers kept for a minute.
    pub(super) unmerged_kept: f64,
    pub(super) merged_kept: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct Found {
    pub(super) teams: Vec<Team>,
    pub(super) rates: Rates,
}

pub(super) fn all() -> Found {
    note("teams, in virtual time");
    let teams = TEAMS.map(|people| Team {
        people,
        unmerged: in_virtual_time(burst(Way::Unmerged, people)),
        merged: in_virtual_time(burst(Way::Merged, people)),
        resolved: in_virtual_time(burst(Way::Resolved, people)),
    });
    Found {
        teams: teams.into(),
        rates: Rates {
            unmerged: most_a_second(Way::Unmerged),
            merged: most_a_second(Way::Merged),
            unmerged_kept: most_a_second(Way::UnmergedKept),
            merged_kept: most_a_second(Way::MergedKept),
        },
    }
}

fn in_virtual_time<T>(course: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(course)
}

/// The way to the demo portal, without a socket.
#[derive(Debug)]
struct Trip {
    portal: DemoPortal,
    /// Microseconds for which a single call, and a batch, has run.
    single: AtomicU64,
    batch: AtomicU64,
}

impl Trip {
    async fn start() -> Arc<Self> {
        let settings = demo::Settings {
            kept_requests: 0,
            ..demo::Settings::default()
        };
        Arc::new(Self {
            portal: DemoPortal::start(settings).await.unwrap(),
            single: AtomicU64::new(0),
            batch: AtomicU64::new(0),
        })
    }

    /// Seconds for which the busier of both has run.
    fn running(&self) -> f64 {
        let micros = self
            .single
            .load(Ordering::Relaxed)
            .max(self.batch.load(Ordering::Relaxed));
        Duration::from_micros(micros).as_secs_f64()
    }
}

impl Wire for Trip {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        async move {
            let url = request.url().expose_secret();
            let path = format!("/{}", url.splitn(4, '/').nth(3).unwrap());
            let headers = [("content-type".to_owned(), request.content_type().to_owned())];
            // The portal has counted the request when it arrives.
            tokio::time::sleep(TRIP / 2).await;
            let answering = self.portal.answer("POST", &path, &headers, request.body());
            let answer = answering.await.unwrap();
            let (items, running) = match path.ends_with("/batch") {
                true => (
                    request.body().windows(9).filter(|part| part == br#""method":"#).count(),
                    &self.batch,
                ),
                false => (1, &self.single),
            };
            let ran = ITEM * u32::try_from(items).unwrap();
            running.fetch_add(u64::try_from(ran.as_micros()).unwrap(), Ordering::Relaxed);
            tokio::time::sleep(TRIP / 2 + ran - ITEM).await;
            Ok(RawReply {
                http_status: answer.status,
                body: answer.body,
                ..RawReply::default()
            })
        }
        .boxed()
    }
}

fn book(trip: &Arc<Trip>, way: Way) -> AddressBook {
    const DEFAULT_TTL: Duration = Duration::from_secs(60);
    let webhook = trip.portal.webhook_url().unwrap();
    let settings = Settings {
        merge: way.is_merged(),
        jitter: || 0.0,
        ..Settings::new(Credentials::from_webhook_url(&webhook))
    };
    let ttl = if way.is_kept() { DEFAULT_TTL } else { Duration::ZERO };
    AddressBook::new(Portal::over(Arc::clone(trip) as Arc<dyn Wire>, settings), ttl)
}

/// Seconds until the answer; none for who is refused.
async fn ask(book: &AddressBook, way: Way, whom: u32) -> Option<f64> {
    let started = Instant::now();
    let (text, never) = (format!("person{whom}"), CancellationToken::new());
    let is_answered = if way == Way::Resolved {
        let names = Names::new(&[text], &[Source::Contacts]).unwrap();
        book.resolve(&names, &never).await.is_ok()
    } else {
        let query = Query::new(&text, &GivenPagination::default()).unwrap();
        book.list(&query, &never).await.is_ok()
    };
    is_answered.then(|| started.elapsed().as_secs_f64())
}

/// Everybody asks for somebody else at the same moment.
async fn burst(way: Way, people: u32) -> Burst {
    let trip = Trip::start().await;
    let book = book(&trip, way);
    let times = join_all((0..people).map(|whom| ask(&book, way, whom))).await;
    assert_eq!(trip.portal.throttled(), 0, "the limit was kept");
    let answered: Vec<f64> = times.into_iter().flatten().collect();
    Burst {
        answered: answered.len(),
        last: answered.iter().copied().fold(0.0, f64::max),
        requests: trip.portal.rest3_request_count(),
    }
}

/// Look-ups that come at random, so many a second: whether it is a good day.
async fn is_good_day(way: Way, per_second: f64) -> bool {
    /// At least, and for so long that answers have been kept and forgotten.
    const LOOK_UPS: f64 = 6_000.0;
    const SECONDS: f64 = 240.0;
    let look_ups = f64::max(LOOK_UPS, SECONDS * per_second) as u32;
    let trip = Trip::start().await;
    let book = Arc::new(book(&trip, way));
    let mut dice = Rng::with_seed(1);
    let often = often();
    let times = Arc::new(Mutex::new(Vec::new()));
    let mut all = Vec::new();
    let started = Instant::now();
    for number in 0..look_ups {
        tokio::time::sleep(Duration::from_secs_f64(-(1.0 - dice.f64()).ln() / per_second)).await;
        let whom = match way {
            Way::UnmergedKept | Way::MergedKept => {
                let at = dice.f64() * often[often.len() - 1];
                u32::try_from(often.partition_point(|sum| *sum < at)).unwrap()
            }
            _ => number,
        };
        let (book, times) = (Arc::clone(&book), Arc::clone(&times));
        all.push(tokio::spawn(async move {
            let time = ask(&book, way, whom).await;
            times.lock().unwrap().push((number, time));
        }));
    }
    let took = started.elapsed().as_secs_f64();
    for one in all {
        one.await.unwrap();
    }
    assert_eq!(trip.portal.throttled(), 0, "the limit was kept");
    let times = times.lock().unwrap();
    // The first drain the bucket, and fill the cache.
    let later = times.iter().filter(|(number, _)| *number >= look_ups / 3);
    let later: Option<Vec<f64>> = later.map(|(_, time)| *time).collect();
    let is_soon = later.is_some_and(|mut later| percentile(&mut later, 95) <= SOON);
    is_soon && trip.running() / took <= MOST_RUNNING
}

/// Sums of how often each contact is asked for.
fn often() -> Vec<f64> {
    let mut sum = 0.0;
    (1..=ASKED_FOR)
        .map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        })
        .collect()
}

fn most_a_second(way: Way) -> f64 {
    let (mut good, mut bad) = (0.5, 500.0);
    while bad / good > 1.02 {
        let between = f64::sqrt(good * bad);
        if in_virtual_time(is_good_day(way, between)) {
            good = between;
        } else {
            bad = between;
        }
    }
    good
}
