//! Tests of the queue with a paused clock: one person, and people who take turns.

use std::sync::Arc;

use super::*;
use crate::portal::limits::bucket::LeakyBucket;
use crate::portal::limits::operating_time::OperatingTimeLimiter;
use crate::portal::limits::rate_limit::RateLimit;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Stands for the store of a limiter that has none.
struct Nobody;

impl Asker for Nobody {
    async fn ask(&self, _patience: Duration) -> Asked {
        panic!("nobody is asked")
    }
}

/// A queue with the portal's usual rate, and room for `burst` requests.
fn queue(burst: u32) -> Arc<Queue<LeakyBucket>> {
    let limit = RateLimit { burst, per_second: 2.0 };
    Arc::new(Queue::new(LeakyBucket::new(limit, Instant::now())))
}

fn person(number: u64) -> Person {
    Person::OfTheSettings(number)
}

/// Waits for a place within an hour, and returns how long that took.
async fn wait(queue: &Queue<LeakyBucket>, arrival: u64, person: &Person) -> Duration {
    let began = Instant::now();
    let deadline = began + 3600 * SECOND;
    let arrival = Arrival::numbered(arrival);
    queue.wait_for_place(arrival, person, deadline, &Nobody).await.unwrap();
    began.elapsed()
}

/// Sends requests of the person with this number for ever, `callers` at a time.
fn at_full_speed(queue: &Arc<Queue<LeakyBucket>>, number: u64, callers: u64) -> tokio::task::JoinSet<()> {
    (0..callers)
        .map(|first| {
            let queue = Arc::clone(queue);
            async move {
                let person = person(number);
                for round in 0.. {
                    wait(&queue, first + callers * round, &person).await;
                }
            }
        })
        .collect()
}

#[test]
fn callers_that_find_room_make_nobody_wait() {
    let operating_time = Queue::new(OperatingTimeLimiter::new(Instant::now()));
    let limit = RateLimit {
        burst: 2,
        per_second: 1.0,
    };
    let requests = Queue::new(LeakyBucket::new(limit, Instant::now()));
    let person = person(1);
    let passing = [1, 2].map(|arrival| {
        let open = (operating_time.would_wait(0), requests.would_wait(0));
        assert_eq!(open, (false, false), "{arrival:?}");
        [&operating_time.waiting, &requests.waiting]
            .map(|waiting| Place::join(waiting, Arrival::numbered(arrival), &person))
    });
    assert_eq!((operating_time.would_wait(0), requests.would_wait(0)), (false, true));
    drop(passing);
    assert!(!requests.would_wait(0) && requests.would_wait(2));
}

#[tokio::test(start_paused = true)]
async fn n75_one_person_at_full_speed_makes_another_wait_no_longer_than_a_fair_share() {
    let queue = queue(50);
    let greedy = at_full_speed(&queue, 1, 40);
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(queue.waiting.lock().count(), 40);
    // Two requests a second: one of each person.
    let began = Instant::now();
    for arrival in 0..20 {
        let waited = wait(&queue, 1_000_000 + arrival, &person(2)).await;
        assert!(waited <= SECOND, "{arrival}: {waited:?}");
    }
    let took = began.elapsed();
    assert!(
        took >= 19 * SECOND,
        "the greedy person keeps half of the rate: {took:?}"
    );

    // A third person at full speed takes a third of the rate, not more.
    let third = at_full_speed(&queue, 3, 200);
    for arrival in 20..40 {
        let waited = wait(&queue, 1_000_000 + arrival, &person(2)).await;
        assert!(waited <= 3 * SECOND / 2, "{arrival}: {waited:?}");
    }
    drop((greedy, third));
}

/// A walk of a book is one arrival with many requests, earlier than every look-up that comes meanwhile.
#[tokio::test(start_paused = true)]
async fn a_long_walk_of_one_person_takes_turns_with_a_later_look_up_of_another() {
    let queue = queue(1);
    let walking = tokio::spawn({
        let queue = Arc::clone(&queue);
        async move {
            for _ in 0..100 {
                wait(&queue, 0, &person(1)).await;
            }
        }
    });
    tokio::time::sleep(10 * SECOND).await;
    for arrival in 1..10 {
        let waited = wait(&queue, arrival, &person(2)).await;
        assert!(waited <= SECOND, "{waited:?}");
    }
    walking.await.unwrap();
    assert_eq!(queue.waiting.lock().count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_caller_is_refused_only_if_its_own_fair_place_comes_too_late() {
    let queue = queue(1);
    let greedy = at_full_speed(&queue, 1, 40);
    tokio::time::sleep(SECOND).await;
    let soon = Instant::now() + 15 * SECOND;
    let refused = queue
        .wait_for_place(Arrival::numbered(1_000_000), &person(1), soon, &Nobody)
        .await;
    let Err(Error::Throttled { needed, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert!(needed > 19 * SECOND, "behind 40 callers of the same person: {needed:?}");

    // Another person's first caller comes after one request, and the tenth after ten of each.
    let others: Vec<_> = (0..10)
        .map(|number| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move {
                let arrival = Arrival::numbered(2_000_000 + number);
                let began = Instant::now();
                let deadline = began + SECOND * 7;
                let passed = queue.wait_for_place(arrival, &person(2), deadline, &Nobody).await;
                (passed.is_ok(), began.elapsed())
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for other in others {
        outcomes.push(other.await.unwrap());
    }
    let passed = outcomes.iter().filter(|(is_ok, _)| *is_ok).count();
    assert!((6..=7).contains(&passed), "about one a second: {outcomes:?}");
    for (is_ok, elapsed) in outcomes {
        assert!(is_ok && elapsed < 7 * SECOND || elapsed.is_zero(), "{elapsed:?}");
    }
    drop(greedy);
}

#[tokio::test(start_paused = true)]
async fn a_person_who_stops_waiting_leaves_and_delays_nobody() {
    let queue = queue(1);
    wait(&queue, 0, &person(1)).await;
    let gone = at_full_speed(&queue, 2, 30);
    tokio::time::sleep(MS).await;
    assert_eq!(queue.waiting.lock().count(), 30);
    drop(gone);
    tokio::time::sleep(MS).await;
    assert_eq!(queue.waiting.lock().count(), 0);
    let waited = wait(&queue, 100, &person(3)).await;
    assert!(waited <= SECOND / 2, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_person_who_comes_waits_for_the_caller_that_sleeps_and_no_other() {
    let queue = queue(1);
    let greedy = at_full_speed(&queue, 1, 5);
    tokio::time::sleep(2 * SECOND + SECOND / 4).await;
    assert_eq!(wait(&queue, 100, &person(2)).await, 3 * SECOND / 4);
    drop(greedy);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_arrival_of_the_same_person_passes_the_caller_that_sleeps() {
    let queue = queue(1);
    let person = person(1);
    wait(&queue, 0, &person).await;
    let (late, early) = tokio::join!(wait(&queue, 2, &person), async {
        tokio::time::sleep(SECOND / 4).await;
        wait(&queue, 1, &person).await
    });
    assert_eq!((late, early), (SECOND, SECOND / 4));
}
