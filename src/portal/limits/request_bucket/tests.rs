//! Property tests: the portal's bucket never runs over, whatever the delays of the requests are.

use futures_util::future::join_all;
use proptest::prelude::*;

use super::*;
use crate::portal::limits::shared_limits::SharedLimitsSettings;
use crate::portal::limits::test_store::TestStore;
use prometheus_client::metrics::counter::Counter;

/// Processes that share one store.
struct Processes {
    store: Arc<TestStore>,
    buckets: Vec<Process>,
}

struct Process {
    link: Arc<Link>,
    bucket: RequestBucket,
}

impl Processes {
    fn new(count: u32, limit: RateLimit) -> Self {
        let store = Arc::new(TestStore::new());
        let process = |_| {
            let settings = SharedLimitsSettings {
                store: Arc::<TestStore>::clone(&store),
                replicas: count,
            };
            let link = Arc::new(Link::new(settings, Counter::default()));
            Process {
                bucket: RequestBucket::new(limit, Some(Arc::clone(&link)), Instant::now()),
                link,
            }
        };
        Self {
            buckets: (0..count).map(process).collect(),
            store,
        }
    }

    async fn take(&mut self, process: usize, patience: Duration) -> Option<Instant> {
        self.buckets[process].take(patience).await
    }
}

impl Process {
    /// Takes a place for a request, as the queue does. Returns when it may go, if that is within `patience`.
    async fn take(&mut self, patience: Duration) -> Option<Instant> {
        let Self { link, bucket } = self;
        let asked = Instant::now();
        bucket.give_up_reserved(asked);
        if bucket.must_ask(asked) {
            let question = bucket.question("p", None, patience, asked).unwrap();
            let answer = link.ask(link.store().take_place(question)).await;
            if let Asked::After(_) = bucket.record_answer(answer, asked, Instant::now()) {
                return None;
            }
        }
        let now = Instant::now();
        match bucket.take(now) {
            Ok(()) => Some(now),
            Err(wait) if bucket.shared.as_ref().unwrap().reserved.is_some() => Some(now + wait),
            Err(_) => None,
        }
    }

    /// Runs the steps. Returns when each request reaches the portal.
    async fn send(mut self, store: &TestStore, steps: Vec<Step>) -> Vec<Instant> {
        let mut arrivals = Vec::new();
        for step in steps {
            tokio::time::sleep(Duration::from_millis(step.after)).await;
            for request in 0..step.requests {
                store.answer_after(step.answer(request));
                if let Some(due) = self.take(Duration::from_secs(25)).await {
                    tokio::time::sleep_until(due).await;
                    arrivals.push(due + travel(step, request));
                }
            }
        }
        arrivals
    }
}

/// The portal's own rule: the fullest that its bucket ever was, if requests arrive at these times.
fn fullest(mut arrivals: Vec<Instant>, per_second: f64) -> f64 {
    arrivals.sort_unstable();
    let (mut level, mut at, mut fullest) = (0.0_f64, Instant::now(), 0.0_f64);
    if let Some(first) = arrivals.first() {
        at = *first;
    }
    for arrival in arrivals {
        level = (level - (arrival - at).as_secs_f64() * per_second).max(0.0) + 1.0;
        at = arrival;
        fullest = fullest.max(level);
    }
    fullest
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

#[derive(Debug, Clone, Copy)]
struct Step {
    /// Time since the step before, in milliseconds.
    after: u64,
    process: usize,
    requests: usize,
    /// How long the store takes for the first answer, in milliseconds. Each third answer is as late.
    answer: u64,
    /// How long the first of the requests travels, in milliseconds; the others, other times.
    travel: u64,
}

impl Step {
    fn answer(self, request: usize) -> Duration {
        match request.is_multiple_of(3) {
            true => Duration::from_millis(self.answer),
            false => Duration::ZERO,
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (0_u64..3_000, 0_usize..8, 1_usize..40, 0_u64..1_000, 0_u64..=1_000);
    let step = step.prop_map(|(after, process, requests, answer, travel)| Step {
        after,
        process,
        requests,
        answer,
        travel,
    });
    proptest::collection::vec(step, 1..40)
}

/// Travel times from 0 to 1 s, in no order.
fn travel(step: Step, request: usize) -> Duration {
    Duration::from_millis((step.travel + 373 * request as u64) % 1_001)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Processes send at the same time. Each answer of the store may take a second, and each request travels up to a second.
    #[test]
    fn the_portals_bucket_never_runs_over_however_late_answers_and_requests_are(
        steps in proptest::collection::vec(steps(), 1..8),
        (per_second, burst) in prop_oneof![Just((2.0, 50)), Just((5.0, 250)), Just((20.0, 50))],
    ) {
        let limit = RateLimit { per_second, burst };
        let arrivals = run(async {
            let Processes { store, buckets } = Processes::new(steps.len() as u32, limit);
            let sending = buckets.into_iter().zip(steps).map(|(process, steps)| process.send(&store, steps));
            join_all(sending).await.concat()
        });
        let fullest = fullest(arrivals, per_second);
        prop_assert!(fullest <= f64::from(burst) + 1e-6, "{fullest}");
    }

    /// The store goes away at any moment, even just after one process has filled the bucket.
    #[test]
    fn processes_without_their_store_do_not_let_the_portals_bucket_run_over(
        before in steps(), during in steps(), count in 1_u32..8,
    ) {
        let limit = RateLimit::default();
        let arrivals = run(async {
            let mut processes = Processes::new(count, limit);
            let mut arrivals = Vec::new();
            for (is_away, steps) in [(false, before), (true, during)] {
                processes.store.set_away(is_away);
                processes.store.answer_after(Duration::ZERO);
                for step in steps {
                    tokio::time::sleep(Duration::from_millis(step.after)).await;
                    for request in 0..step.requests {
                        let process = (step.process + request) % count as usize;
                        if let Some(due) = processes.take(process, Duration::ZERO).await {
                            arrivals.push(due + travel(step, request));
                        }
                    }
                }
            }
            arrivals
        });
        let fullest = fullest(arrivals, limit.per_second);
        prop_assert!(fullest <= f64::from(limit.burst) + 1e-6, "{fullest}");
    }
}

#[test]
fn the_shared_burst_leaves_room_for_the_spread_and_for_two_requests_of_each_process() {
    run(async {
        for (burst, count, shared, own) in [(50, 2, 44, 24), (50, 8, 32, 6), (250, 2, 244, 124), (3, 8, 1, 1)] {
            let limit = RateLimit { per_second: 2.0, burst };
            let processes = Processes::new(count, limit);
            let bucket = &processes.buckets[0].bucket;
            let alone = &bucket.shared.as_ref().unwrap().alone;
            assert_eq!((bucket.known.burst(), alone.burst()), (shared, own), "{burst} {count}");
        }
    });
}

#[test]
fn an_outage_begins_with_room_for_one_request_and_then_each_process_has_its_share_of_the_rate() {
    run(async {
        let mut processes = Processes::new(2, RateLimit::default());
        processes.store.set_away(true);
        let zero = Duration::ZERO;
        for process in [0, 1] {
            assert!(processes.take(process, zero).await.is_some());
            assert!(processes.take(process, zero).await.is_none());
        }
        let mut taken = [0, 0];
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_millis(100)).await;
            for process in [0, 1] {
                taken[process] += usize::from(processes.take(process, zero).await.is_some());
            }
        }
        assert_eq!(taken, [10, 10], "one a second each");
        // After the share was not used for long, its whole burst is free.
        tokio::time::sleep(Duration::from_secs(60)).await;
        let mut burst = 0;
        while processes.take(0, zero).await.is_some() {
            burst += 1;
        }
        assert_eq!(burst, 24);
    });
}

#[test]
fn what_was_sent_without_the_store_counts_when_it_answers_again() {
    run(async {
        let mut processes = Processes::new(2, RateLimit::default());
        let (zero, second) = (Duration::ZERO, Duration::from_secs(1));
        for _ in 0..44 {
            assert!(processes.take(0, zero).await.is_some());
        }
        processes.store.set_away(true);
        for _ in 0..30 {
            tokio::time::sleep(second).await;
            assert!(processes.take(0, zero).await.is_some());
        }
        assert_eq!(processes.store.level(), zero, "the store has forgotten the burst");
        processes.store.set_away(false);
        tokio::time::sleep(second).await;
        // The first has sent one request a second, and the other perhaps too: as many as leaked.
        assert!(processes.take(0, 10 * second).await.is_some());
        let level = processes.store.level().as_secs_f64() * 2.0;
        assert!((42.0..=45.0).contains(&level), "{level}");
    });
}

#[test]
fn a_short_outage_costs_the_others_no_more_than_a_place_for_each() {
    run(async {
        let mut processes = Processes::new(2, RateLimit::default());
        processes.store.set_away(true);
        assert!(processes.take(0, Duration::ZERO).await.is_some());
        processes.store.set_away(false);
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(processes.take(0, Duration::ZERO).await.is_some());
        assert!(processes.store.level() <= Duration::from_millis(500));
    });
}
