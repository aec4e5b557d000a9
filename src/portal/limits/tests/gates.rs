//! The operating time of a method, shared by two processes.

use super::*;

const CONTACTS: Method = Method::ListContacts;

fn two_without_a_bucket() -> (Arc<TestStore>, [Process; 2]) {
    let store = Arc::new(TestStore::new());
    let processes = [(), ()].map(|()| Process::new(&store, None));
    (store, processes)
}

fn used(used: f64) -> Option<OperatingTime> {
    Some(OperatingTime {
        used,
        reset_in: 30 * SECOND,
    })
}

impl Process {
    async fn refused(&self, server_wait: Duration) -> Duration {
        let limits = &self.limits;
        limits
            .record_operating_time_used_up(CONTACTS, Some(&self.names), Some(server_wait))
            .await
    }

    async fn answered(&self, sent: Instant, operating: Option<OperatingTime>) {
        let limits = &self.limits;
        limits.record_result(CONTACTS, Some(&self.names), sent, operating).await;
    }
}

#[tokio::test(start_paused = true)]
async fn in_the_calm_state_the_operating_time_costs_no_question() {
    let (store, [first, _]) = two();
    for _ in 0..10 {
        first.call(1, SECOND).await.unwrap();
        first.answered(Instant::now(), used(100.0)).await;
    }
    assert_eq!(store.questions(), ["place"; 10]);
    let (store, [first, _]) = two_without_a_bucket();
    first.call(1, SECOND).await.unwrap();
    assert_eq!(store.questions(), ["gated?"]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_at_one_process_stops_the_method_at_both_and_one_call_a_minute_passes_as_a_probe() {
    for (store, [first, second]) in [two(), two_without_a_bucket()] {
        first.call(1, SECOND).await.unwrap();
        second.call(1, SECOND).await.unwrap();
        store.questions();
        assert_eq!(first.refused(600 * SECOND).await, 60 * SECOND);
        assert_eq!(store.questions(), ["refused"]);
        for process in [&first, &second, &second] {
            let (limit, needed) = throttled(process.call(1, 25 * SECOND).await);
            assert_eq!((limit, needed), (Limit::OperatingTime, 60 * SECOND));
        }
        assert!(first.limits.would_wait(CONTACTS) && second.limits.would_wait(CONTACTS));
        // Other methods go on.
        let waiter = Waiter {
            person: &Person::SERVER,
            deadline: Instant::now() + SECOND,
            names: Some(&second.names),
        };
        let limits = &second.limits;
        limits
            .wait_for_call(Method::Batch, limits.arrive(), waiter)
            .await
            .unwrap();

        // One probe for both, and its result opens the method at both.
        let probes = [first.start(1), second.start(1)];
        tokio::time::sleep(61 * SECOND).await;
        assert_eq!(probes.iter().filter(|probe| probe.is_finished()).count(), 1);
        let (prober, other) = match probes[0].is_finished() {
            true => (&first, &probes[1]),
            false => (&second, &probes[0]),
        };
        prober.answered(Instant::now() - SECOND, used(10.0)).await;
        tokio::time::sleep(SECOND).await;
        assert!(other.is_finished(), "it has looked again");
        for process in [&first, &second] {
            assert_eq!(process.call(1, SECOND).await.unwrap(), Duration::ZERO);
        }
        store.questions();
        first.call(1, SECOND).await.unwrap();
        assert_eq!(store.questions().len(), 1, "the state is calm again");
    }
}

#[tokio::test(start_paused = true)]
async fn the_result_of_a_call_from_before_the_refusal_does_not_open_the_method() {
    let (_store, [first, second]) = two();
    let sent = Instant::now();
    first.refused(600 * SECOND).await;
    throttled(second.call(1, SECOND).await);
    tokio::time::sleep(SECOND).await;
    second.answered(sent, used(10.0)).await;
    throttled(second.call(1, SECOND).await);
    throttled(first.call(1, SECOND).await);
}

#[tokio::test(start_paused = true)]
async fn near_the_limit_the_calls_of_both_processes_are_spaced() {
    let (store, [first, second]) = two();
    first.call(1, SECOND).await.unwrap();
    store.questions();
    first.answered(Instant::now(), used(420.0)).await;
    assert_eq!(store.questions(), ["result"]);
    let began = Instant::now();
    let calls = [first.start(1), second.start(1), first.start(1), second.start(1)];
    for call in calls {
        call.await.unwrap();
    }
    let took = began.elapsed();
    assert!(
        took >= 21 * SECOND && took <= 25 * SECOND,
        "seven seconds apart: {took:?}"
    );

    // A report of less use at the other process ends that, after the last space.
    second.answered(Instant::now(), used(300.0)).await;
    assert!(second.call(1, 25 * SECOND).await.unwrap() <= 7 * SECOND);
    for process in [&first, &second, &first] {
        assert_eq!(process.call(1, SECOND).await.unwrap(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_store_the_own_limiter_decides_and_the_store_learns_it_later() {
    let (store, [first, second]) = two();
    store.set_away(true);
    assert_eq!(first.refused(600 * SECOND).await, 60 * SECOND);
    let (limit, _) = throttled(first.call(1, 25 * SECOND).await);
    assert_eq!(limit, Limit::OperatingTime);
    second.call(1, SECOND).await.unwrap();

    store.set_away(false);
    tokio::time::sleep(2 * SECOND).await;
    store.questions();
    let (_, needed) = throttled(first.call(1, 25 * SECOND).await);
    assert_eq!(store.questions(), ["refused", "pass"]);
    assert_eq!(needed, 60 * SECOND);
    throttled(second.call(1, 25 * SECOND).await);
}

#[tokio::test(start_paused = true)]
async fn after_the_closure_the_method_is_open_without_a_probe() {
    let (store, [first, second]) = two();
    assert_eq!(first.refused(20 * SECOND).await, 20 * SECOND);
    let calls = [first.start(1), second.start(2), second.start(3)];
    for call in calls {
        let waited = call.await.unwrap();
        assert!((20 * SECOND..=22 * SECOND).contains(&waited), "{waited:?}");
    }
    store.questions();
    first.call(1, SECOND).await.unwrap();
    assert_eq!(store.questions(), ["place"]);
}
