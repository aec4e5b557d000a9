//! The tests of the portal's limits that every store has to pass.

use std::sync::Arc;
use std::time::Duration;

use crate::portal::{Gate, GateChange, Place, PlaceRequest, SharedLimits};

const SECOND: Duration = Duration::from_secs(1);
/// The time in which the bucket of these tests loses one place: so long that the time of a test changes little.
const PLACE: Duration = Duration::from_secs(100);

/// An empty store to test.
pub(super) struct Fixture {
    /// The store.
    pub(super) store: Arc<dyn SharedLimits>,
    /// The same store, opened by another process.
    pub(super) other: Arc<dyn SharedLimits>,
    /// Moves every time in the database back, as if so much time had passed.
    pub(super) age: Box<dyn Fn(Duration) + Send + Sync>,
}

/// Defines a test of each function of this suite for a store. `$fixture` makes an empty store, or none if the test is
/// left out.
macro_rules! every_store_of_limits {
    ($fixture:ident) => {
        $crate::team::store::shared_limits_suite::every_store_of_limits!($fixture,
            two_processes_share_one_bucket
            a_place_that_comes_too_late_is_not_taken
            a_level_that_the_store_does_not_know_is_raised
            the_clock_may_be_set_back
            processes_at_once_take_each_place_once
            an_active_gate_gives_no_place
            a_refusal_closes_the_method_for_all_and_one_probe_a_minute_passes
            calls_near_the_limit_are_spaced_for_all_and_a_better_report_ends_it
            one_of_many_callers_gets_the_probe
        );
    };
    ($fixture:ident, $($test:ident)+) => {
        mod limits {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    if let Some(fixture) = super::$fixture().await {
                        $crate::team::store::shared_limits_suite::$test(fixture).await;
                    }
                }
            )+
        }
    };
}
pub(super) use every_store_of_limits;

/// Asks for a place in a bucket of 5 that loses one in a hundred seconds. Nothing waits longer than `patience`.
fn place(patience: Duration) -> PlaceRequest {
    PlaceRequest {
        portal: "https://p.example".to_owned(),
        gate: None,
        cost: PLACE,
        floor: Duration::ZERO,
        highest: 5 * PLACE + patience,
        impossible_above: 600 * PLACE,
        full: 5 * PLACE,
    }
}

fn gate() -> Gate {
    Gate {
        account: "application local.1 at https://p.example".to_owned(),
        method: "mail.recipient.listcontacts",
    }
}

/// The level after a place was taken. A test takes some time, in which the bucket leaks.
async fn taken(store: &Arc<dyn SharedLimits>, place: PlaceRequest) -> Duration {
    match store.take_place(place).await.unwrap() {
        Place::Taken(level) => level,
        other => panic!("{other:?}"),
    }
}

fn is_about(level: Duration, places: u32) -> bool {
    level <= PLACE * places && level > (PLACE * places).saturating_sub(3 * PLACE / 4)
}

pub(super) async fn two_processes_share_one_bucket(Fixture { store, other, age }: Fixture) {
    for places in [1, 3, 5] {
        let level = taken(&store, place(Duration::ZERO)).await;
        assert!(is_about(level, places), "{level:?}");
        if places < 5 {
            taken(&other, place(Duration::ZERO)).await;
        }
    }
    let elsewhere = PlaceRequest {
        portal: "https://other.example".to_owned(),
        ..place(Duration::ZERO)
    };
    assert!(
        is_about(taken(&store, elsewhere).await, 1),
        "another portal has its own"
    );
    age(2 * PLACE);
    let level = taken(&other, place(Duration::ZERO)).await;
    assert!(is_about(level, 4), "{level:?}");
    age(60 * PLACE);
    let level = taken(&other, place(Duration::ZERO)).await;
    assert_eq!(level, PLACE, "an empty bucket is not emptier than empty");
}

pub(super) async fn a_place_that_comes_too_late_is_not_taken(Fixture { store, other, .. }: Fixture) {
    for _ in 0..5 {
        taken(&store, place(Duration::ZERO)).await;
    }
    for _ in 0..3 {
        let refused = other.take_place(place(Duration::ZERO)).await.unwrap();
        let Place::TooLate(level) = refused else {
            panic!("{refused:?}")
        };
        assert!(is_about(level, 5), "{level:?}");
    }
    let level = taken(&other, place(2 * PLACE)).await;
    assert!(is_about(level, 6), "{level:?}");
}

pub(super) async fn a_level_that_the_store_does_not_know_is_raised(Fixture { store, other, .. }: Fixture) {
    taken(&store, place(Duration::ZERO)).await;
    let unknown = |cost| PlaceRequest {
        cost,
        floor: 4 * PLACE,
        ..place(60 * PLACE)
    };
    assert!(is_about(taken(&other, unknown(Duration::ZERO)).await, 4));
    assert!(is_about(taken(&other, unknown(PLACE)).await, 5));
    // The store knows of more already.
    assert!(is_about(taken(&store, unknown(PLACE)).await, 6));
}

pub(super) async fn the_clock_may_be_set_back(Fixture { store, age, .. }: Fixture) {
    taken(&store, place(Duration::ZERO)).await;
    // As if the clock had moved, the row is of hours later.
    let ahead = PlaceRequest {
        floor: 3600 * PLACE,
        highest: 7200 * PLACE,
        ..place(Duration::ZERO)
    };
    taken(&store, ahead).await;
    let refused = store.take_place(place(Duration::ZERO)).await.unwrap();
    assert_eq!(refused, Place::TooLate(5 * PLACE), "a full bucket, not more");
    assert!(is_about(taken(&store, place(2 * PLACE)).await, 6));
    age(PLACE);
    assert!(is_about(taken(&store, place(2 * PLACE)).await, 6));
}

pub(super) async fn processes_at_once_take_each_place_once(Fixture { store, other, .. }: Fixture) {
    let place = |number: u32| {
        let store = if number.is_multiple_of(2) { &store } else { &other };
        let request = place(3600 * PLACE);
        let store = Arc::clone(store);
        tokio::spawn(async move { taken(&store, request).await })
    };
    let started = std::time::Instant::now();
    let callers: Vec<_> = (0..40).map(place).collect();
    let mut levels = Vec::new();
    for caller in callers {
        levels.push(caller.await.unwrap());
    }
    let took = started.elapsed();
    levels.sort_unstable();
    // Each place is behind the one before it, except for the time that the test took.
    assert!(
        levels[39] + took >= 40 * PLACE && levels[39] <= 40 * PLACE,
        "{levels:?}"
    );
}

pub(super) async fn an_active_gate_gives_no_place(Fixture { store, other, age }: Fixture) {
    let gated = || PlaceRequest {
        gate: Some(gate()),
        ..place(Duration::ZERO)
    };
    taken(&store, gated()).await;
    assert!(!store.is_gated(gate()).await.unwrap());
    let refused = GateChange::Refused {
        closed_for: 20 * SECOND,
    };
    other.change_gate(gate(), refused).await.unwrap();
    assert_eq!(store.take_place(gated()).await.unwrap(), Place::Gated);
    assert!(store.is_gated(gate()).await.unwrap());
    // Another account, another method, and a call that has passed.
    let of_another = Gate {
        account: "another".to_owned(),
        ..gate()
    };
    assert!(!store.is_gated(of_another).await.unwrap());
    let of_another = Gate {
        method: "batch",
        ..gate()
    };
    assert!(!store.is_gated(of_another).await.unwrap());
    taken(&store, place(Duration::ZERO)).await;
    age(21 * SECOND);
    assert!(!store.is_gated(gate()).await.unwrap());
    taken(&store, gated()).await;
}

pub(super) async fn a_refusal_closes_the_method_for_all_and_one_probe_a_minute_passes(
    Fixture { store, other, age }: Fixture,
) {
    let refused = GateChange::Refused {
        closed_for: 600 * SECOND,
    };
    store.change_gate(gate(), refused).await.unwrap();
    let state = other.change_gate(gate(), GateChange::Pass).await.unwrap();
    assert!(state.wait > 59 * SECOND && state.wait <= 60 * SECOND, "{state:?}");
    age(61 * SECOND);
    assert_eq!(
        other.change_gate(gate(), GateChange::Pass).await.unwrap().wait,
        Duration::ZERO
    );
    let state = store.change_gate(gate(), GateChange::Pass).await.unwrap();
    assert!(state.wait > 59 * SECOND, "the other has taken the probe: {state:?}");
    // A call of before the refusal, and the probe.
    let result = |sent_ago| GateChange::Result {
        sent_ago,
        used: Some(10.0),
    };
    let state = store.change_gate(gate(), result(100 * SECOND)).await.unwrap();
    assert!(state.kept.is_some(), "{state:?}");
    let state = other.change_gate(gate(), result(SECOND)).await.unwrap();
    assert_eq!(state.kept, None);
    assert!(!store.is_gated(gate()).await.unwrap());
}

pub(super) async fn calls_near_the_limit_are_spaced_for_all_and_a_better_report_ends_it(
    Fixture { store, other, age }: Fixture,
) {
    let report = |used| GateChange::Result {
        sent_ago: SECOND,
        used: Some(used),
    };
    store.change_gate(gate(), report(420.0)).await.unwrap();
    assert_eq!(
        other.change_gate(gate(), GateChange::Pass).await.unwrap().wait,
        Duration::ZERO
    );
    let state = store.change_gate(gate(), GateChange::Pass).await.unwrap();
    assert!(state.wait > 6 * SECOND && state.wait <= 7 * SECOND, "{state:?}");
    age(7 * SECOND);
    let state = store.change_gate(gate(), GateChange::Pass).await.unwrap();
    assert_eq!(
        (state.wait, state.kept.unwrap().used_ms),
        (Duration::ZERO, Some(420_000))
    );
    age(7 * SECOND);
    let state = other.change_gate(gate(), report(300.0)).await.unwrap();
    assert_eq!(state.kept, None);

    store.change_gate(gate(), report(420.0)).await.unwrap();
    assert!(store.is_gated(gate()).await.unwrap());
    age(601 * SECOND);
    assert!(
        !store.is_gated(gate()).await.unwrap(),
        "nothing was reported for ten minutes"
    );
}

pub(super) async fn one_of_many_callers_gets_the_probe(Fixture { store, other, age }: Fixture) {
    let refused = GateChange::Refused {
        closed_for: 600 * SECOND,
    };
    store.change_gate(gate(), refused).await.unwrap();
    age(61 * SECOND);
    let callers: Vec<_> = (0_u32..16)
        .map(|number| {
            let store = Arc::clone(if number.is_multiple_of(2) { &store } else { &other });
            tokio::spawn(async move { store.change_gate(gate(), GateChange::Pass).await.unwrap().wait })
        })
        .collect();
    let mut passed = 0;
    for caller in callers {
        passed += u32::from(caller.await.unwrap().is_zero());
    }
    assert_eq!(passed, 1);
}
