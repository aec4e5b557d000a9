//! Tests of readiness and of sweeping.

use std::time::Duration;

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::support::steered;
use crate::team::NotReady;
use crate::team::test_support::{fault, portal_settings};

#[tokio::test(start_paused = true)]
async fn many_questions_for_readiness_make_one_request_to_the_portal() {
    let (server, store) = steered(portal_settings()).await;
    let before = server.demo.request_count();
    let answers = join_all((0..50).map(|_| server.team.check())).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(server.team.check().await, Ok(()));
    assert_eq!((server.demo.request_count() - before, store.count("check")), (1, 1));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(server.team.check().await, Ok(()));
    assert_eq!(server.demo.request_count() - before, 2);
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_makes_no_further_request() {
    let (server, _) = steered(portal_settings()).await;
    let before = server.demo.request_count();
    server.demo.hold_answers();
    for _ in 0..20 {
        let asked = tokio::time::timeout(Duration::from_millis(10), server.team.check()).await;
        assert!(asked.is_err());
    }
    server.demo.release_answers();
    assert_eq!(server.team.check().await, Ok(()));
    assert_eq!(server.demo.request_count() - before, 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_or_a_portal_that_does_not_answer_is_named() {
    let (server, store) = steered(portal_settings()).await;
    store.break_off("check");
    assert_eq!(server.team.check().await, Err(NotReady::Store));
    store.repair();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(server.team.check().await, Ok(()));
    server.demo.set_fault(fault("html-200"));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(server.team.check().await, Err(NotReady::Portal));
}

#[tokio::test(start_paused = true)]
async fn the_store_is_swept_about_every_five_minutes_until_the_stop() {
    let (server, store) = steered(portal_settings()).await;
    let stop = CancellationToken::new();
    store.break_off("sweep");
    let ((), ()) = tokio::join!(server.team.sweep(stop.clone()), async {
        tokio::time::sleep(Duration::from_secs(239)).await;
        assert_eq!(store.count("sweep"), 0);
        tokio::time::sleep(Duration::from_secs(3361)).await;
        stop.cancel();
    });
    let swept = store.count("sweep");
    assert!(
        (10..=15).contains(&swept),
        "{swept} times in an hour, although each sweep failed"
    );
}
