//! Sign-ins under way: taken by one server, and not completed yet.

use super::super::records::EndReason;
use super::*;

const MINUTE: u64 = 60;

async fn is_under_way(store: &dyn Store) -> bool {
    store.newest_arrival(None).await.unwrap().is_some()
}

async fn version(store: &dyn Store) -> Option<i64> {
    store.pair(&employee(1)).await.unwrap().map(|pair| pair.version)
}

pub(in crate::team) async fn a_sign_in_is_completed_once(fixture: &Fixture) {
    let store = &*fixture.store;
    let (first, code) = completed(store, 1, CLIENT, 1).await;
    complete(store, first.clone()).await;
    // Its answer was lost, and the caller tries again.
    for version in [1, 2] {
        let again = CompletedSignIn {
            pair: Some(pair(version)),
            ..first.clone()
        };
        assert_eq!(store.complete_sign_in(again).await.unwrap(), Completed::Ended);
    }
    assert!(store.save_arrival(first.handle, &employee(1), pair(2)).await.unwrap());
    assert_eq!(store.pair(&employee(1)).await.unwrap(), first.pair);
    let redeemed = store.redeem_code(code, tokens(), Lifetimes::default()).await.unwrap();
    assert_eq!(redeemed, Redeemed::Issued);
    assert_eq!(store.grants(None).await.unwrap().len(), 1);
    // A sign-in that was not taken.
    let pending = sign_in("192.0.2.1");
    store
        .begin_sign_in(pending.clone(), Duration::from_secs(600))
        .await
        .unwrap();
    let (untaken, _) = completed(store, 2, CLIENT, 1).await;
    let untaken = CompletedSignIn {
        handle: pending.handle,
        ..untaken
    };
    assert_eq!(store.complete_sign_in(untaken).await.unwrap(), Completed::Ended);
    store.end_arrival(pending.handle).await.unwrap();
    let decided = store.decide_sign_in(pending.handle, pending.form_key, None).await;
    assert!(decided.unwrap().is_some(), "it goes on");
}

pub(in crate::team) async fn n64_a_sign_in_under_way_ends_with_the_end_of_all(fixture: &Fixture) {
    let (store, other) = (&*fixture.store, &*fixture.other);
    signed_in(store, 1, CLIENT).await;
    let (for_client, code) = completed(store, 1, CLIENT, 2).await;
    let (for_page, session) = page_session(store, 2, "Employee 2").await;
    let failed = arriving(store).await;
    other.end_all(EndReason::Operator).await.unwrap();
    for under_way in [for_client, for_page] {
        assert_eq!(store.complete_sign_in(under_way).await.unwrap(), Completed::Ended);
    }
    assert!(store.save_arrival(failed, &employee(1), pair(2)).await.unwrap());
    assert_eq!(store.code(code).await.unwrap(), None);
    assert_eq!(store.page_session(session).await.unwrap(), None);
    assert_eq!(version(store).await, None);
    assert_eq!(store.grants(None).await.unwrap(), []);
    assert!(!is_under_way(store).await);
}

pub(in crate::team) async fn n72_the_pair_of_the_sign_in_that_was_taken_later_stays(fixture: &Fixture) {
    let (store, other) = (&*fixture.store, &*fixture.other);
    let (earlier, of_earlier) = completed(store, 1, CLIENT, 1).await;
    let (earliest, _) = page_session(store, 1, "Employee 1").await;
    fixture.pass(1);
    let (later, of_later) = completed(other, 1, CLIENT, 1).await;
    complete(other, later.clone()).await;
    // The pair of the earlier one is not kept, so its version does not matter.
    complete(store, earlier).await;
    let with_pair = CompletedSignIn {
        pair: Some(pair(2)),
        ..earliest
    };
    complete(store, with_pair).await;
    assert_eq!(store.pair(&employee(1)).await.unwrap(), later.pair);
    for code in [of_earlier, of_later] {
        let redeemed = store.redeem_code(code, tokens(), Lifetimes::default()).await;
        assert_eq!(redeemed.unwrap(), Redeemed::Issued);
    }

    // A refresh keeps the order.
    let (earlier, _) = completed(store, 1, CLIENT, 3).await;
    fixture.pass(1);
    let (later, _) = completed(other, 1, CLIENT, 2).await;
    complete(other, later).await;
    let refreshed = pair(3);
    assert!(store.save_pair(&employee(1), refreshed.clone()).await.unwrap());
    complete(store, earlier).await;
    assert_eq!(store.pair(&employee(1)).await.unwrap(), Some(refreshed));

    // The earlier one has the only pair after the later one has ended.
    let (earlier, code) = completed(store, 1, CLIENT, 4).await;
    fixture.pass(1);
    signed_in(other, 1, CLIENT).await;
    other.end_employee(&employee(1), EndReason::Operator).await.unwrap();
    let earlier = CompletedSignIn {
        pair: Some(pair(5)),
        ..earlier
    };
    complete(store, earlier.clone()).await;
    assert_eq!(store.pair(&employee(1)).await.unwrap(), earlier.pair);
    assert!(store.code(code).await.unwrap().is_some());
}

pub(in crate::team) async fn n72_a_sign_in_under_way_is_seen_at_every_server_until_it_ends(fixture: &Fixture) {
    let (store, other) = (&*fixture.store, &*fixture.other);
    signed_in(store, 1, CLIENT).await;
    assert!(!is_under_way(store).await && !is_under_way(other).await);
    let (completing, _) = completed(store, 1, CLIENT, 2).await;
    let (failing, saving) = (arriving(store).await, arriving(store).await);
    fixture.pass(1);
    let seen = other.newest_arrival(None).await.unwrap();
    let later = arriving(store).await;
    assert!(other.newest_arrival(None).await.unwrap() > seen);
    assert_eq!(other.newest_arrival(seen).await.unwrap(), seen);
    complete(store, completing).await;
    assert!(other.newest_arrival(seen).await.unwrap().is_some());
    store.end_arrival(failing).await.unwrap();
    assert!(other.newest_arrival(seen).await.unwrap().is_some());
    assert!(!store.save_arrival(saving, &employee(1), pair(9)).await.unwrap());
    assert!(other.newest_arrival(seen).await.unwrap().is_some(), "it has not ended");
    assert!(store.save_arrival(saving, &employee(1), pair(3)).await.unwrap());
    assert_eq!(other.newest_arrival(seen).await.unwrap(), None);
    assert!(is_under_way(other).await, "the later one");
    store.end_arrival(later).await.unwrap();
    store.end_arrival(later).await.unwrap();
    assert!(!is_under_way(other).await);
}

pub(in crate::team) async fn n72_a_sign_in_whose_server_died_is_under_way_for_a_minute(fixture: &Fixture) {
    let store = &*fixture.store;
    let (completing, code) = completed(store, 1, CLIENT, 1).await;
    fixture.pass(59);
    assert!(is_under_way(store).await);
    fixture.pass(2);
    assert!(!is_under_way(store).await);
    complete(store, completing).await;
    assert!(store.code(code).await.unwrap().is_some(), "it was only slow");
}

pub(in crate::team) async fn a_sign_in_that_was_taken_is_kept_until_its_tokens_need_not_be_saved_any_more(
    fixture: &Fixture,
) {
    let store = &*fixture.store;
    let (late, _) = completed(store, 1, CLIENT, 1).await;
    let (never, _) = completed(store, 2, CLIENT, 1).await;
    // An exchange, and ten minutes of attempts.
    fixture.pass(11 * MINUTE);
    store.sweep(Lifetimes::default()).await.unwrap();
    complete(store, late).await;
    fixture.pass(5 * MINUTE);
    store.sweep(Lifetimes::default()).await.unwrap();
    // Its server has died.
    assert_eq!(store.complete_sign_in(never).await.unwrap(), Completed::Ended);
}

pub(in crate::team) async fn n72_a_sign_in_that_failed_keeps_its_pair_alone(fixture: &Fixture) {
    let store = &*fixture.store;
    // Nobody knows the employee.
    let unknown = arriving(store).await;
    assert!(store.save_arrival(unknown, &employee(1), pair(1)).await.unwrap());
    assert_eq!(version(store).await, None);
    let tokens = signed_in(store, 1, CLIENT).await;
    let [earlier, later] = [arriving(store).await, {
        fixture.pass(1);
        arriving(store).await
    }];
    for wrong in [1, 3] {
        assert!(!store.save_arrival(later, &employee(1), pair(wrong)).await.unwrap());
    }
    let saved = pair(2);
    for _ in 0..2 {
        // The second time as if the answer had been lost.
        assert!(store.save_arrival(later, &employee(1), saved.clone()).await.unwrap());
    }
    assert!(store.save_arrival(earlier, &employee(1), pair(3)).await.unwrap());
    assert_eq!(store.pair(&employee(1)).await.unwrap(), Some(saved));
    assert!(is_live(store, tokens).await);
    assert_eq!(store.grants(None).await.unwrap().len(), 1);
    assert!(!is_under_way(store).await);
}
