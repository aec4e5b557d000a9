//! Tests of the refresh of an employee's tokens at the portal, and of several that want it at once.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::join_all;
use secrecy::ExposeSecret;

use super::support::{call, call_as, employee, failed, id_of, metrics, sign_in, steered};
use crate::demo;
use crate::portal::EmployeeId;
use crate::team::Pair;
use crate::team::records::{EndReason, Lease};
use crate::team::store::Store;
use crate::team::test_support::{TestServer, portal_settings};

const REFRESHED: &str = r#"mcp_team_portal_refreshes_total{outcome="refreshed"} 1"#;

#[tokio::test(start_paused = true)]
async fn n73_fifty_calls_with_an_expired_token_make_one_exchange() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let boris = sign_in(&server, "Boris", &client).await;
    server.demo.expire_access(1);
    let calls = join_all((0..50).map(|_| call(&server, &tokens.access))).await;
    assert!(calls.iter().all(Result::is_ok), "{calls:?}");
    assert_eq!(server.demo.refreshes(), 1);
    assert!(call(&server, &tokens.access).await.is_ok());
    assert!(call(&server, &boris.access).await.is_ok());
    assert_eq!((server.demo.refreshes(), store.count("save_pair")), (1, 1));
    assert!(metrics(&server.team).contains(REFRESHED));
}

#[tokio::test(start_paused = true)]
async fn n73_a_call_that_knows_only_the_old_pair_uses_the_newer_one() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let slow = employee(&server, &tokens.access).await;
    server.demo.expire_access(1);
    assert!(call(&server, &tokens.access).await.is_ok());
    assert!(call_as(&server, &slow).await.is_ok());
    assert_eq!(server.demo.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn n74_a_lease_that_another_process_left_behind_is_waited_for() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let anna = id_of(&employee(&server, &tokens.access).await);
    let version = server.store.pair(&anna).await.unwrap().unwrap().version;
    let lease = server.store.lease(&anna, version, Duration::from_secs(20)).await;
    let Ok(Lease::Won(leased)) = lease else {
        panic!("{lease:?}")
    };
    server.demo.expire_access(1);
    let (call, ()) = tokio::join!(call(&server, &tokens.access), async {
        tokio::time::sleep(Duration::from_secs(19)).await;
        assert_eq!(server.demo.refreshes(), 0);
        // As the lease ends by its time.
        server.store.free_lease(&anna, leased.until).await.unwrap();
    });
    assert!(call.is_ok(), "{call:?}");
    assert_eq!(server.demo.refreshes(), 1);
    assert!(store.count("lease") > 100, "{}", store.count("lease"));
    assert!(metrics(&server.team).contains("mcp_team_leases_waited_for_total 1"));
}

#[tokio::test(start_paused = true)]
async fn n74_a_lease_that_is_never_freed_fails_the_call_and_signs_nobody_out() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let anna = id_of(&employee(&server, &tokens.access).await);
    let version = server.store.pair(&anna).await.unwrap().unwrap().version;
    let lease = server.store.lease(&anna, version, Duration::from_secs(20)).await;
    let Ok(Lease::Won(leased)) = lease else {
        panic!("{lease:?}")
    };
    server.demo.expire_access(1);
    assert_eq!(call(&server, &tokens.access).await, failed("timed_out"));
    assert_eq!(server.demo.refreshes(), 0);
    server.store.free_lease(&anna, leased.until).await.unwrap();
    assert!(call(&server, &tokens.access).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_another_process_has_refreshed_is_used() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let anna = id_of(&employee(&server, &tokens.access).await);
    let Ok(Lease::Won(leased)) = server.store.lease(&anna, 1, Duration::from_secs(20)).await else {
        panic!("the lease is free");
    };
    server.demo.expire_access(1);
    let (call, ()) = tokio::join!(call(&server, &tokens.access), async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let keys = &server.team.settings().server_keys;
        let old = keys.open(&anna, &leased.pair).unwrap();
        let issued = server.application().refresh(old.refresh).await.unwrap();
        let pair = Pair {
            access: issued.access_token,
            refresh: issued.refresh_token,
        };
        let sealed = keys.seal(&anna, 2, &pair).unwrap();
        assert!(server.store.save_pair(&anna, sealed).await.unwrap());
    });
    assert!(call.is_ok(), "{call:?}");
    assert_eq!(server.demo.refreshes(), 1, "that of the other process");
}

#[tokio::test(start_paused = true)]
async fn n72_a_sign_in_during_a_refresh_keeps_its_newer_pair() {
    let (server, store) = steered(portal_settings()).await;
    let server = Arc::new(server);
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let anna = id_of(&employee(&server, &tokens.access).await);
    server.demo.expire_access(1);
    let (again, same_client) = (Arc::clone(&server), client.clone());
    store.before("save_pair", move || {
        async move { drop(sign_in(&again, "Anna", &same_client).await) }.boxed()
    });
    assert!(call(&server, &tokens.access).await.is_ok());
    let newest = server.store.pair(&anna).await.unwrap().unwrap();
    assert_eq!(newest.version, 2, "that of the sign-in; the refreshed pair was dropped");
    assert!(call(&server, &tokens.access).await.is_ok());
    assert_eq!(server.demo.refreshes(), 1);
}

/// Nobody knows whether a portal does this.
#[tokio::test(start_paused = true)]
async fn n72_a_sign_in_that_ends_the_earlier_tokens_at_the_portal_is_not_ended_itself() {
    let (server, store) = steered(demo::Settings {
        ends_earlier_pairs: true,
        ..portal_settings()
    })
    .await;
    let server = Arc::new(server);
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    server.demo.expire_access(1);
    // The refresh has its lease and the old refresh token when the employee signs in again.
    let (again, same_client) = (Arc::clone(&server), client.clone());
    store.before("end_employee_at", move || {
        async move { drop(sign_in(&again, "Anna", &same_client).await) }.boxed()
    });
    server.demo.set_fault(crate::team::test_support::fault("invalid-grant"));
    let demo = Arc::clone(&server.demo);
    store.before("take_sign_in", move || async move { demo.set_fault(None) }.boxed());
    assert!(call(&server, &tokens.access).await.is_ok());
    assert!(!metrics(&server.team).contains("ended_grants_total"));
    assert!(call(&server, &tokens.access).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_does_not_lose_the_new_pair() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    server.demo.expire_access(1);
    server.demo.hold_tokens();
    tokio::select! {
        biased;
        called = call(&server, &tokens.access) => panic!("{called:?}"),
        () = server.demo.wait_until(|demo| demo.refreshes() == 1) => {}
    }
    assert!(
        !server.team.finish(Duration::from_secs(5)).await,
        "the exchange goes on"
    );
    server.demo.release_answers();
    assert!(server.team.finish(Duration::from_secs(5)).await);
    assert_eq!(store.count("save_pair"), 1);
    assert!(call(&server, &tokens.access).await.is_ok());
    assert_eq!(server.demo.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_cannot_be_saved_is_kept_and_saved_once_the_store_answers() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    server.demo.expire_access(1);
    store.break_off("save_pair");
    let given_up = call(&server, &tokens.access).await;
    assert_eq!(given_up, failed("timed_out"), "nobody uses a pair that is not saved");
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert!(store.count("save_pair") > 100);
    let (called, ()) = tokio::join!(call(&server, &tokens.access), async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        store.repair();
    });
    assert!(called.is_ok(), "{called:?}");
    assert_eq!(server.demo.refreshes(), 1, "the old refresh token was not spent again");
    assert_eq!(server.demo.spent_refreshes(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_was_saved_without_an_answer_of_the_store_is_used() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    server.demo.expire_access(1);
    store.lose_answers_of("save_pair");
    let (called, ()) = tokio::join!(call(&server, &tokens.access), async {
        server.demo.wait_until(|demo| demo.refreshes() == 1).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        store.repair();
    });
    assert!(called.is_ok(), "{called:?}");
    assert_eq!(server.demo.refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_was_only_sealed_anew_is_refreshed_all_the_same() {
    let (server, store) = steered(portal_settings()).await;
    let server = Arc::new(server);
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    server.demo.expire_access(1);
    let rekeying = Arc::clone(&server);
    let anna = id_of(&employee(&server, &tokens.access).await);
    store.before("lease", move || async move { reseal(&rekeying, &anna).await }.boxed());
    assert!(call(&server, &tokens.access).await.is_ok());
    assert_eq!(server.demo.refreshes(), 1);
}

/// The old tokens are no newer than the refreshed ones because they are sealed anew.
#[tokio::test(start_paused = true)]
async fn a_pair_that_is_sealed_anew_while_its_successor_cannot_be_saved_does_not_replace_the_successor() {
    let (server, store) = steered(portal_settings()).await;
    let server = Arc::new(server);
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    server.demo.expire_access(1);
    let rekeying = Arc::clone(&server);
    let anna = id_of(&employee(&server, &tokens.access).await);
    let resealed = anna.clone();
    store.before("save_pair", move || {
        async move {
            // As the lease ends by its time during a long save.
            rekeying.end_leases();
            reseal(&rekeying, &resealed).await;
        }
        .boxed()
    });
    assert!(call(&server, &tokens.access).await.is_ok());
    assert_eq!(server.store.pair(&anna).await.unwrap().unwrap().version, 3);
    assert!(call(&server, &tokens.access).await.is_ok());
    assert_eq!((server.demo.refreshes(), server.demo.spent_refreshes()), (1, 0));
    assert!(metrics(&server.team).contains(REFRESHED));
}

/// Seals the employee's pair once more, as a rekey does.
async fn reseal(server: &TestServer, employee: &EmployeeId) {
    let keys = &server.team.settings().server_keys;
    let pair = server.store.pair(employee).await.unwrap().unwrap();
    let opened = keys.open(employee, &pair).unwrap();
    assert!(!opened.access.expose_secret().is_empty());
    let sealed = keys.seal(employee, pair.version + 1, &opened).unwrap();
    assert!(server.store.reseal_pair(employee, sealed).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_refresh_of_grants_that_were_ended_meanwhile_keeps_no_pair() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let anna = id_of(&employee(&server, &tokens.access).await);
    server.demo.expire_access(1);
    let (inner, id) = (Arc::clone(&server.store), anna.clone());
    store.before("save_pair", move || {
        async move { drop(inner.end_employee(&id, EndReason::Operator).await) }.boxed()
    });
    assert_eq!(call(&server, &tokens.access).await, failed("not_signed_in"));
    assert_eq!(server.store.pair(&anna).await.unwrap(), None);
}
