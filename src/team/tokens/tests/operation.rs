//! Tests of readiness and of sweeping.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::support::steered;
use crate::team::NotReady;
use crate::team::test_support::{fault, portal_settings};

#[tokio::test(start_paused = true)]
async fn a_store_or_a_portal_that_does_not_answer_is_named() {
    let (server, store) = steered(portal_settings()).await;
    store.break_off("check");
    assert_eq!(server.team.check().await, Err(NotReady::Store));
    store.repair();
    assert_eq!(server.team.check().await, Ok(()));
    store.silence("check");
    let hanging = tokio::time::timeout(Duration::from_secs(5), server.team.check());
    assert_eq!(hanging.await, Ok(Err(NotReady::Store)), "within the time of a probe");
    store.repair();
    server.demo.set_fault(fault("html-200"));
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
