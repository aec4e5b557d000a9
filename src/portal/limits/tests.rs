//! Tests of limits that several processes share in a store, with a paused clock.

mod gates;

use std::sync::Arc;

use super::test_store::TestStore;
use super::*;
use crate::portal::error::Limit;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// One process that shares limits.
#[derive(Debug, Clone)]
struct Process {
    limits: Arc<Limits>,
    names: Arc<SharedNames>,
    taken_alone: Counter,
}

impl Process {
    fn new(store: &Arc<TestStore>, rate_limit: Option<RateLimit>) -> Self {
        let settings = SharedLimitsSettings {
            store: Arc::<TestStore>::clone(store),
            replicas: 2,
        };
        let taken_alone = Counter::default();
        Self {
            limits: Arc::new(Limits::new(rate_limit, Some(settings), taken_alone.clone())),
            names: Arc::new(SharedNames {
                portal: "https://p.example".to_owned(),
                account: Some("an application".to_owned()),
            }),
            taken_alone,
        }
    }

    /// Waits for a call of a person within `patience`. Returns the time that it took.
    async fn call(&self, person: u64, patience: Duration) -> Result<Duration, Error> {
        let began = Instant::now();
        let person = Person::OfTheSettings(person);
        let waiter = Waiter {
            person: &person,
            deadline: began + patience,
            names: Some(&self.names),
        };
        let limits = &self.limits;
        limits
            .wait_for_call(Method::ListContacts, limits.arrive(), waiter)
            .await?;
        Ok(began.elapsed())
    }

    /// Starts a call that waits for an hour at most.
    fn start(&self, person: u64) -> tokio::task::JoinHandle<Duration> {
        let process = self.clone();
        tokio::spawn(async move { process.call(person, 3600 * SECOND).await.unwrap() })
    }
}

/// A store, and two processes that share a bucket of 50 and 2 a second: together they may send 44 at once.
fn two() -> (Arc<TestStore>, [Process; 2]) {
    let store = Arc::new(TestStore::new());
    let processes = [(), ()].map(|()| Process::new(&store, Some(RateLimit::default())));
    (store, processes)
}

fn throttled(called: Result<Duration, Error>) -> (Limit, Duration) {
    match called {
        Err(Error::Throttled { limit, needed }) => (limit, needed),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn two_processes_share_one_bucket() {
    let (store, [first, second]) = two();
    for number in 0..44 {
        let process = if number % 3 == 0 { &second } else { &first };
        assert_eq!(process.call(1, SECOND).await.unwrap(), Duration::ZERO, "{number}");
    }
    assert_eq!(store.questions().len(), 44, "one question for each call");
    let waited = [first.start(1), second.start(1), first.start(1), second.start(1)];
    let mut times = Vec::new();
    for waiting in waited {
        times.push(waiting.await.unwrap());
    }
    times.sort_unstable();
    assert_eq!(times, [SECOND / 2, SECOND, 3 * SECOND / 2, 2 * SECOND]);
}

#[tokio::test(start_paused = true)]
async fn a_place_that_comes_too_late_is_not_taken() {
    let (store, [first, second]) = two();
    for _ in 0..44 {
        first.call(1, SECOND).await.unwrap();
    }
    let level = store.level();
    assert_eq!(
        throttled(second.call(1, SECOND / 2).await),
        (Limit::Requests, SECOND / 2)
    );
    assert_eq!(store.level(), level);
    store.questions();
    // Now the process knows the level, and refuses without a question.
    assert_eq!(
        throttled(second.call(1, SECOND / 2).await),
        (Limit::Requests, SECOND / 2)
    );
    assert!(store.questions().is_empty());
    assert_eq!(second.call(1, SECOND / 2 + MS).await.unwrap(), SECOND / 2);
}

#[tokio::test(start_paused = true)]
async fn people_take_turns_in_front_of_the_store() {
    let (_store, [first, second]) = two();
    for _ in 0..44 {
        second.call(1, SECOND).await.unwrap();
    }
    let greedy: Vec<_> = (0..20).map(|_| first.start(1)).collect();
    tokio::time::sleep(SECOND / 4).await;
    let modest = first.start(2).await.unwrap();
    assert!(modest <= SECOND, "behind one request of the other person: {modest:?}");
    for waiting in greedy {
        waiting.await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_place_of_a_caller_that_leaves_goes_to_the_next() {
    let (store, [first, _]) = two();
    for _ in 0..44 {
        first.call(1, SECOND).await.unwrap();
    }
    let leaving = first.start(1);
    tokio::time::sleep(MS).await;
    let next = first.start(2);
    tokio::time::sleep(100 * MS).await;
    store.questions();
    leaving.abort();
    assert_eq!(next.await.unwrap(), SECOND / 2 - MS);
    assert!(store.questions().is_empty(), "the reserved place was used");
    // Without a next caller the place is lost: a later caller could use it at any time.
    let leaving = first.start(1);
    tokio::time::sleep(MS).await;
    leaving.abort();
    tokio::time::sleep(10 * SECOND).await;
    store.questions();
    first.call(1, SECOND).await.unwrap();
    assert_eq!(store.questions(), ["place"]);
}

#[tokio::test(start_paused = true)]
async fn an_earlier_arrival_of_the_same_person_uses_the_reserved_place() {
    let (_store, [first, _]) = two();
    for _ in 0..44 {
        first.call(1, SECOND).await.unwrap();
    }
    let early = first.limits.arrive();
    let late = first.start(1);
    tokio::time::sleep(100 * MS).await;
    let began = Instant::now();
    let waiter = Waiter {
        person: &Person::OfTheSettings(1),
        deadline: began + 60 * SECOND,
        names: Some(&first.names),
    };
    first
        .limits
        .wait_for_call(Method::ListContacts, early, waiter)
        .await
        .unwrap();
    assert_eq!(began.elapsed(), 400 * MS);
    assert_eq!(late.await.unwrap(), SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_asked_once_a_second_and_costs_few_calls_time() {
    let (store, [first, _]) = two();
    store.answer_after(3600 * SECOND);
    let waited = first.call(1, 2 * SECOND).await.unwrap();
    assert_eq!(waited, SECOND, "room for one request");
    assert_eq!(store.questions().len(), 1);
    // One request a second is the share. The first caller asks the store again meanwhile.
    let started: Vec<_> = (0..4).map(|_| first.start(1)).collect();
    let mut times = Vec::new();
    for waiting in started {
        times.push(waiting.await.unwrap().as_millis());
    }
    assert!(times.iter().all(|time| *time <= 5_000), "{times:?}");
    let questions = store.questions().len();
    assert!((3..=5).contains(&questions), "{questions}");
    assert_eq!(first.taken_alone.get(), 5);

    store.answer_after(Duration::ZERO);
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(first.call(1, SECOND).await.unwrap(), Duration::ZERO);
    assert_eq!((store.questions().len(), first.taken_alone.get()), (1, 5));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_has_its_place_sleeps_until_then_although_the_store_goes_away() {
    let (store, [first, second]) = two();
    for _ in 0..44 {
        first.call(1, SECOND).await.unwrap();
    }
    let others: Vec<_> = (0..10).map(|_| second.start(1)).collect();
    tokio::time::sleep(MS).await;
    let sleeping = first.start(1);
    tokio::time::sleep(MS).await;
    store.set_away(true);
    // The process notices the outage by another question.
    first.limits.record_too_many_requests(Some(&first.names)).await;
    store.questions();
    assert_eq!(sleeping.await.unwrap(), SECOND - MS);
    assert!(store.questions().len() <= 2);
    for other in others {
        other.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_waited_for_and_begins_no_outage() {
    let (store, [first, _]) = two();
    for delay in [900 * MS, Duration::ZERO, 900 * MS] {
        store.answer_after(delay);
        assert_eq!(first.call(1, 2 * SECOND).await.unwrap(), delay);
    }
    assert_eq!((store.questions().len(), first.taken_alone.get()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_after_a_second_has_taken_a_place_that_nobody_uses() {
    let (store, [first, _]) = two();
    store.answer_after(1_100 * MS);
    let calling = first.start(1);
    tokio::time::sleep(MS).await;
    assert!(store.level() > Duration::ZERO);
    assert_eq!(calling.await.unwrap(), SECOND);
    assert_eq!(first.taken_alone.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_process_without_its_store_refuses_what_comes_too_late() {
    let (store, [first, _]) = two();
    store.set_away(true);
    first.call(1, SECOND).await.unwrap();
    let (limit, needed) = throttled(first.call(1, SECOND / 2).await);
    assert_eq!((limit, needed), (Limit::Requests, SECOND));
    assert!(first.limits.would_wait(Method::ListContacts));
    assert!(!first.limits.is_idle(Method::ListContacts));
}

/// A long reading asks for the next page only while the client is idle.
#[tokio::test(start_paused = true)]
async fn a_long_reading_of_one_process_leaves_room_for_the_other() {
    let (_store, [reading, other]) = two();
    let mut pages = 0;
    while reading.limits.is_idle(Method::ListContacts) {
        reading.call(1, SECOND).await.unwrap();
        pages += 1;
    }
    assert_eq!(pages, 22, "half of the shared burst");
    for _ in 0..20 {
        assert_eq!(other.call(2, SECOND).await.unwrap(), Duration::ZERO);
    }
    // The reading sees the other's requests at its own next page.
    tokio::time::sleep(SECOND).await;
    reading.call(1, SECOND).await.unwrap();
    tokio::time::sleep(5 * SECOND).await;
    assert!(!reading.limits.is_idle(Method::ListContacts));
}

#[tokio::test(start_paused = true)]
async fn a_bucket_of_the_portal_that_ran_over_stops_both_processes() {
    let (store, [first, second]) = two();
    first.limits.record_too_many_requests(Some(&first.names)).await;
    assert_eq!(store.questions(), ["place"]);
    assert_eq!(second.call(1, 60 * SECOND).await.unwrap(), 7 * SECOND / 2);

    // If the store does not answer at that moment, the next question says it.
    store.set_away(true);
    tokio::time::sleep(60 * SECOND).await;
    first.limits.record_too_many_requests(Some(&first.names)).await;
    store.set_away(false);
    tokio::time::sleep(SECOND).await;
    first.call(1, 60 * SECOND).await.unwrap();
    assert!(store.level() > 20 * SECOND, "{:?}", store.level());
}
