//! The pairs of employees, and the lease of the caller that refreshes one.

use super::super::records::{EndReason, Lease};
use super::*;

/// Longer than an exchange with the portal.
const LEASE: Duration = Duration::from_secs(20);

async fn lease(store: &dyn Store, version: i64) -> Lease {
    store.lease(&employee(1), version, LEASE).await.unwrap()
}

/// When the lease ends that was won of this pair.
fn won(lease: Lease, pair: &SealedPair) -> i64 {
    let Lease::Won(leased) = lease else { panic!("{lease:?}") };
    assert_eq!(&leased.pair, pair);
    leased.until
}

async fn save(store: &dyn Store, version: i64) -> bool {
    store.save_pair(&employee(1), pair(version)).await.unwrap()
}

pub(in crate::team) async fn one_caller_wins_the_lease(fixture: &Fixture) {
    let (store, other) = (&*fixture.store, &*fixture.other);
    assert_eq!(lease(store, 1).await, Lease::Gone);
    signed_in(store, 1, CLIENT).await;
    signed_in(store, 2, CLIENT).await;
    let first = store.pair(&employee(1)).await.unwrap().unwrap();
    let until = won(lease(store, 1).await, &first);
    assert_eq!(lease(other, 1).await, Lease::Taken);
    let colleague = other.lease(&employee(2), 1, LEASE).await.unwrap();
    assert!(matches!(colleague, Lease::Won(_)));
    let second = pair(2);
    assert!(store.save_pair(&employee(1), second.clone()).await.unwrap());
    assert_eq!(lease(other, 1).await, Lease::Newer(second.clone()));
    let shorter = other.lease(&employee(1), 2, LEASE / 2).await.unwrap();
    let shorter = won(shorter, &second);
    // A refresh that failed.
    other.free_lease(&employee(1), until).await.unwrap();
    assert_eq!(lease(store, 2).await, Lease::Taken, "of an older pair");
    other.free_lease(&employee(1), shorter).await.unwrap();
    won(lease(store, 2).await, &second);
}

/// A holder that was only slow, and fails after its lease has ended and the next caller has taken its own.
pub(in crate::team) async fn n74_a_holder_that_outlived_its_lease_does_not_free_the_next_one(fixture: &Fixture) {
    let (store, other) = (&*fixture.store, &*fixture.other);
    signed_in(store, 1, CLIENT).await;
    let pair = store.pair(&employee(1)).await.unwrap().unwrap();
    let slow = won(lease(store, 1).await, &pair);
    fixture.pass(21);
    let next = won(other.lease(&employee(1), 1, LEASE / 2).await.unwrap(), &pair);
    store.free_lease(&employee(1), slow).await.unwrap();
    assert_eq!(lease(store, 1).await, Lease::Taken);
    other.free_lease(&employee(1), next).await.unwrap();
    won(lease(store, 1).await, &pair);
}

pub(in crate::team) async fn n74_a_lease_whose_holder_died_frees_itself(fixture: &Fixture) {
    let store = &*fixture.store;
    signed_in(store, 1, CLIENT).await;
    // As one of a time before the clock was set back.
    let of_the_future = store.lease(&employee(1), 1, 2 * LEASE).await.unwrap();
    assert!(matches!(of_the_future, Lease::Won(_)));
    assert!(matches!(lease(store, 1).await, Lease::Won(_)));
    fixture.pass(18);
    assert_eq!(lease(&*fixture.other, 1).await, Lease::Taken);
    fixture.pass(3);
    assert!(matches!(lease(&*fixture.other, 1).await, Lease::Won(_)));
    // The first holder was only slow: one of the two pairs is kept.
    assert!(save(store, 2).await);
    assert!(!save(&*fixture.other, 2).await);
}

pub(in crate::team) async fn n72_a_refresh_of_an_older_pair_does_not_overwrite_a_newer_one(fixture: &Fixture) {
    let store = &*fixture.store;
    signed_in(store, 1, CLIENT).await;
    let first = store.pair(&employee(1)).await.unwrap().unwrap();
    let until = won(lease(store, 1).await, &first);
    signed_in(store, 1, CLIENT).await;
    let newer = store.pair(&employee(1)).await.unwrap().unwrap();
    assert_eq!(newer.version, 2);
    assert!(!save(store, 2).await);
    store.free_lease(&employee(1), until).await.unwrap();
    assert_eq!(store.pair(&employee(1)).await.unwrap(), Some(newer.clone()));
    // The sign-in has freed the lease.
    won(lease(store, 2).await, &newer);
}

pub(in crate::team) async fn n59_a_refresh_under_way_does_not_bring_back_a_deleted_pair(fixture: &Fixture) {
    let store = &*fixture.store;
    signed_in(store, 1, CLIENT).await;
    assert!(matches!(lease(store, 1).await, Lease::Won(_)));
    store.end_employee(&employee(1), EndReason::Operator).await.unwrap();
    assert!(!save(store, 2).await);
    assert_eq!(store.pair(&employee(1)).await.unwrap(), None);
    assert_eq!(lease(store, 1).await, Lease::Gone);
    // Signed in again, by a pair of the version that the refresh wanted to keep.
    signed_in(store, 1, CLIENT).await;
    let again = store.pair(&employee(1)).await.unwrap().unwrap();
    assert_eq!(again.version, 2);
    assert!(!save(store, 2).await);
    assert_eq!(store.pair(&employee(1)).await.unwrap(), Some(again));
}

pub(in crate::team) async fn a_version_is_never_given_twice(fixture: &Fixture) {
    let store = &*fixture.store;
    let mut last = 0;
    for _ in 0..3 {
        let tokens = signed_in(store, 1, CLIENT).await;
        let version = store.pair(&employee(1)).await.unwrap().unwrap().version;
        assert!(version > last);
        assert!(save(store, version + 1).await);
        last = version + 1;
        assert!(store.revoke(tokens.refresh, CLIENT).await.unwrap());
        fixture.pass(100 * 24 * 3600);
        store.sweep(Lifetimes::default()).await.unwrap();
        assert_eq!(store.next_version(&employee(1)).await.unwrap(), last + 1);
    }
}

pub(in crate::team) async fn n79_a_pair_is_sealed_again_only_while_nobody_refreshes_it(fixture: &Fixture) {
    let store = &*fixture.store;
    for user_id in 1..=3 {
        signed_in(store, user_id, CLIENT).await;
    }
    store.end_employee(&employee(3), EndReason::Operator).await.unwrap();
    let otherwise = |key: &'static str, limit| store.pairs_sealed_otherwise(key, limit);
    assert_eq!(otherwise("key-1", 10).await.unwrap(), []);
    assert_eq!(otherwise("key-2", 1).await.unwrap().len(), 1);
    let all = otherwise("key-2", 10).await.unwrap();
    let employees: Vec<u64> = all.iter().map(|(employee, _)| employee.user_id).collect();
    assert_eq!(employees, [1, 2]);
    assert_eq!(Some(all[0].1.clone()), store.pair(&employee(1)).await.unwrap());

    let sealed_anew = |version| SealedPair {
        key_id: "key-2".to_owned(),
        ..pair(version)
    };
    let reseal = |version| {
        let sealed = sealed_anew(version);
        async move { store.reseal_pair(&employee(1), sealed).await.unwrap() }
    };
    assert!(matches!(lease(store, 1).await, Lease::Won(_)));
    assert!(!reseal(2).await);
    assert!(save(store, 2).await);
    assert!(!reseal(2).await, "the pair was replaced meanwhile");
    assert!(reseal(3).await);
    assert!(matches!(lease(store, 2).await, Lease::Newer(_)));
    let left = otherwise("key-2", 10).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].0, employee(2));
    let deleted = store.reseal_pair(&employee(3), sealed_anew(2)).await.unwrap();
    assert!(!deleted && store.pair(&employee(3)).await.unwrap().is_none());
}
