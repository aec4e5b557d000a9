//! Look-ups that share requests: who leaves, who comes too late, who is too many, and that nobody is slower than alone.
//! On a scripted wire with a paused clock.

use std::time::Duration;

use bitrix24_mail_mcp::portal::{Error, Method, RateLimit};
use futures_util::future::join_all;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::merging_that_fails::{GAP, MS, SECOND, assert_right, at_once, call, echo, is_batch, narrow, sizes};
use crate::scripted_wire::{Prepared, ScriptedWire, Sent, webhook};

#[tokio::test(start_paused = true)]
async fn whoever_leaves_is_not_asked_for_and_if_all_leave_nothing_is_sent() {
    let wire = ScriptedWire::answering(echo);
    let portal = narrow(&wire, true);
    let calling = |number: usize, patience: Duration| tokio::time::timeout(patience, call(&portal, number));
    // The first goes at once; of those who wait the first and another leave.
    let outcomes = join_all([
        calling(0, SECOND),
        calling(1, 100 * MS),
        calling(2, SECOND),
        calling(3, 200 * MS),
        calling(4, SECOND),
    ])
    .await;
    let told: Vec<Option<String>> = outcomes.into_iter().map(|told| Some(told.ok()?.unwrap())).collect();
    assert_eq!(
        told,
        [
            Some("0".to_owned()),
            None,
            Some("2".to_owned()),
            None,
            Some("4".to_owned())
        ]
    );
    assert_eq!(sizes(&wire), [1, 2]);

    join_all((0..5).map(|number| calling(number, 100 * MS))).await;
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(sizes(&wire), [1, 2], "nobody waited long enough");

    // All but one leave: what is left is no batch.
    call(&portal, 0).await.unwrap();
    join_all([calling(1, 100 * MS), calling(2, SECOND), calling(3, 100 * MS)]).await;
    assert_eq!(sizes(&wire), [1, 2, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_is_broken_off_when_the_last_of_its_callers_leaves() {
    let wire = ScriptedWire::answering(|sent| if is_batch(sent) { Prepared::Silence } else { echo(sent) });
    let portal = narrow(&wire, true);
    call(&portal, 0).await.unwrap();
    let one = tokio::time::timeout(2 * SECOND, call(&portal, 1));
    let other = tokio::time::timeout(3 * SECOND, call(&portal, 2));
    let watching = async {
        tokio::time::sleep(2500 * MS).await;
        wire.under_way()
    };
    let (_, _, under_way) = tokio::join!(one, other, watching);
    assert_eq!((under_way, wire.under_way()), (1, 0));
    tokio::time::sleep(60 * SECOND).await;
    assert_eq!(sizes(&wire), [1, 2]);
    // The others' request is no longer in the way.
    tokio::time::timeout(SECOND, call(&portal, 3)).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_keeps_its_own_deadline() {
    let wire = ScriptedWire::answering(|sent| if is_batch(sent) { Prepared::Silence } else { echo(sent) });
    let portal = narrow(&wire, true);
    call(&portal, 0).await.unwrap();
    let later = async {
        tokio::time::sleep(300 * MS).await;
        let started = Instant::now();
        (call(&portal, 2).await, started.elapsed())
    };
    let started = Instant::now();
    let (early, (late, waited)) = tokio::join!(async { (call(&portal, 1).await, started.elapsed()) }, later);
    for (outcome, waited) in [early, (late, waited)] {
        assert!(matches!(outcome.unwrap_err().error, Error::TimedOut { .. }));
        assert_eq!(waited, 25 * SECOND);
    }
}

/// Merged, 1 + 49 × 50 get through in time; without it 49 of those who wait would. Who is too many is told at once.
#[tokio::test(start_paused = true)]
async fn fewer_are_too_many_and_those_are_told_at_once() {
    let wire = ScriptedWire::answering(echo);
    let outcomes = at_once(&narrow(&wire, true), 3000).await;
    let (answered, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|(outcome, _)| outcome.is_ok());
    assert_eq!(answered.len(), 1 + 49 * 50);
    assert_eq!(wire.sent().len(), 50);
    for (outcome, at) in refused {
        let failed = outcome.unwrap_err();
        assert_eq!(
            (failed.error.code(), failed.attempts, at),
            ("TOO_MANY_LOOKUPS", 0, Duration::ZERO)
        );
        assert_eq!(failed.retry_after, Some(25 * SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn switched_off_every_look_up_is_a_request() {
    let wire = ScriptedWire::answering(echo);
    assert_right(&at_once(&narrow(&wire, false), 20).await);
    assert_eq!(sizes(&wire), [1; 20]);
}

/// When somebody comes, which method it calls, and when it loses patience.
type Arrival = (u64, bool, Option<u64>);

/// When each was answered; `None` for one that was not.
async fn served(arrivals: &[Arrival], burst: u32, merge: bool) -> (Vec<Option<Duration>>, usize) {
    let wire = ScriptedWire::answering(echo);
    let mut settings = webhook();
    settings.merge = merge;
    settings.rate_limit = Some(RateLimit { per_second: 2.0, burst });
    let portal = wire.portal_with(settings);
    let started = Instant::now();
    let callers = arrivals
        .iter()
        .enumerate()
        .map(|(number, (comes, employee, patience))| {
            let portal = &portal;
            async move {
                tokio::time::sleep(Duration::from_millis(*comes)).await;
                let method = if *employee {
                    Method::ListEmployees
                } else {
                    Method::ListContacts
                };
                let query = json!({"query": number.to_string()});
                let calling = portal.call::<Value>(method, &query);
                let patience = patience.map_or(3600 * SECOND, Duration::from_millis);
                let page = tokio::time::timeout(patience, calling).await.ok()?.ok()?;
                assert_eq!(page["items"][0]["email"], number.to_string(), "the right answer");
                Some(started.elapsed())
            }
        });
    let times = join_all(callers).await;
    (times, wire.sent().len())
}

/// Who joins a group is not before those who came earlier, under the ticket of one who has left.
#[tokio::test(start_paused = true)]
async fn nobody_takes_the_place_of_one_who_has_gone() {
    let contacts = |comes, patience| (comes, false, patience);
    let arrivals = [
        contacts(0, None),
        contacts(10, Some(300)),
        (20, true, None),
        contacts(200, None),
    ];
    let (times, _) = served(&arrivals, 1, true).await;
    assert!(times[1].is_none() && times[2] < times[3], "{times:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whenever_they_come_and_leave_nobody_is_slower_and_the_portal_is_asked_no_more(
        arrivals in proptest::collection::vec(
            (0_u64..4_000, any::<bool>(), proptest::option::weighted(0.2, 0_u64..3_000)), 1..130),
        burst in 1_u32..20,
    ) {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (merged, fewer) = runtime().block_on(served(&arrivals, burst, true));
        let (unmerged, more) = runtime().block_on(served(&arrivals, burst, false));
        // Who leaves may have been sent already; who was answered unmerged is answered, and no later.
        for (number, (with, without)) in merged.iter().zip(&unmerged).enumerate() {
            if let Some(without) = without {
                prop_assert!(with.is_some_and(|with| with <= *without + MS), "{number}: {with:?} {without:?}");
            }
        }
        prop_assert!(fewer <= more, "{fewer} {more}");
    }
}

/// The portal runs the items of a batch one after another, a tenth of a second each beyond the first.
#[tokio::test(start_paused = true)]
async fn a_portal_that_is_slow_with_batches_gets_shorter_ones_so_that_nobody_is_slower() {
    const ITEM: Duration = Duration::from_millis(100);
    let slow = |sent: &Sent| {
        let body: Value = serde_json::from_str(&sent.body).unwrap();
        let more = body.as_array().map_or(0, |items| items.len() - 1);
        match echo(sent) {
            Prepared::Reply(reply) => Prepared::Late(ITEM * u32::try_from(more).unwrap(), reply),
            other => other,
        }
    };
    let mut slower = Vec::new();
    let wire = ScriptedWire::answering(slow);
    let portal = narrow(&wire, true);
    for _ in 0..5 {
        let merged = at_once(&portal, 40).await;
        assert_right(&merged);
        let unmerged = at_once(&narrow(&ScriptedWire::answering(slow), false), 40).await;
        let times = merged.iter().zip(&unmerged);
        let most = times
            .map(|((_, with), (_, without))| with.saturating_sub(*without))
            .max();
        slower.push(most.unwrap());
        tokio::time::sleep(10 * SECOND).await;
    }
    // What it does not know it has to learn; then who is the first of a batch may lose the time between two places.
    assert!(slower[0] > SECOND && slower[1] < SECOND, "{slower:?}");
    assert!(slower[2..].iter().all(|slower| *slower <= GAP + MS), "{slower:?}");
    assert!(
        sizes(&wire).iter().rev().take(3).all(|size| *size <= 6),
        "{:?}",
        sizes(&wire)
    );
}
