//! Codes, access tokens and refresh tokens.

use super::*;

pub(in crate::team) async fn n48_a_second_use_of_a_code_ends_what_the_first_began(fixture: &Fixture) {
    let store = &*fixture.store;
    let other_device = signed_in(store, 1, CLIENT).await;
    let code = code(store, 1, CLIENT).await;
    let first = tokens();
    let redeem = |tokens| store.redeem_code(code, tokens, Lifetimes::default());
    assert_eq!(redeem(first).await.unwrap(), Redeemed::Issued);
    let (_, refreshed) = rotated(store, first.refresh).await;
    // Even long after its own end.
    fixture.pass(600);
    let second = tokens();
    assert_eq!(redeem(second).await.unwrap(), Redeemed::Replayed);
    for ended in [first, refreshed, second] {
        assert!(!is_live(store, ended).await);
        assert_eq!(rotated(store, ended.refresh).await.0, Rotated::Gone);
    }
    assert_eq!(redeem(tokens()).await.unwrap(), Redeemed::Gone);
    assert!(is_live(store, other_device).await, "another sign-in of the same person");
}

pub(in crate::team) async fn n51_a_code_expires(fixture: &Fixture) {
    let store = &*fixture.store;
    let redeem = |code| store.redeem_code(code, tokens(), Lifetimes::default());
    let early = code(store, 1, CLIENT).await;
    fixture.pass(58);
    assert_eq!(redeem(early).await.unwrap(), Redeemed::Issued);
    let late = code(store, 1, CLIENT).await;
    fixture.pass(61);
    assert_eq!(redeem(late).await.unwrap(), Redeemed::Gone);
    assert_eq!(redeem(digest()).await.unwrap(), Redeemed::Gone);
}

pub(in crate::team) async fn n02_a_token_is_good_only_as_what_it_is(fixture: &Fixture) {
    let store = &*fixture.store;
    let unused = code(store, 1, CLIENT).await;
    let tokens = signed_in(store, 1, CLIENT).await;
    let session = store.session(tokens.access).await.unwrap().unwrap();
    assert_eq!(
        (&session.employee, session.resource.as_str()),
        (&employee(1), request(CLIENT).resource.as_str())
    );
    assert_eq!(session.pair, store.pair(&employee(1)).await.unwrap());
    let stored = store.refresh_token(tokens.refresh).await.unwrap().unwrap();
    assert_eq!(
        (stored.client_id, stored.resource, stored.scope),
        (CLIENT.to_owned(), request(CLIENT).resource, request(CLIENT).scope)
    );
    for no_access in [tokens.refresh, unused, digest()] {
        assert_eq!(store.session(no_access).await.unwrap(), None);
    }
    for no_refresh in [tokens.access, unused, digest()] {
        assert_eq!(store.refresh_token(no_refresh).await.unwrap(), None);
        assert_eq!(rotated(store, no_refresh).await.0, Rotated::Gone);
    }
    for no_code in [tokens.access, tokens.refresh] {
        assert_eq!(store.code(no_code).await.unwrap(), None);
    }
}

pub(in crate::team) async fn n54_a_used_refresh_token_works_within_the_grace_and_later_ends_its_family(
    fixture: &Fixture,
) {
    let store = &*fixture.store;
    let other_device = signed_in(store, 1, CLIENT).await;
    let first = signed_in(store, 1, CLIENT).await;
    let (outcome, second) = rotated(store, first.refresh).await;
    assert_eq!(outcome, Rotated::Issued { is_repeated: false });
    fixture.pass(118);
    let (outcome, again) = rotated(store, first.refresh).await;
    assert_eq!(outcome, Rotated::Issued { is_repeated: true });
    for tokens in [first, second, again] {
        assert!(is_live(store, tokens).await);
    }
    // The grace counts from the first use.
    fixture.pass(3);
    assert_eq!(rotated(store, first.refresh).await.0, Rotated::Replayed);
    for ended in [first, second, again] {
        assert!(!is_live(store, ended).await);
        assert_eq!(rotated(store, ended.refresh).await.0, Rotated::Gone);
    }
    assert!(is_live(store, other_device).await);
    assert_eq!(
        rotated(store, other_device.refresh).await.0,
        Rotated::Issued { is_repeated: false }
    );
}

pub(in crate::team) async fn n55_the_ninth_child_is_refused_and_nothing_ends(fixture: &Fixture) {
    let store = &*fixture.store;
    let first = signed_in(store, 1, CLIENT).await;
    let mut children = Vec::new();
    for number in 0..8 {
        let (outcome, child) = rotated(store, first.refresh).await;
        let is_repeated = number > 0;
        assert_eq!(outcome, Rotated::Issued { is_repeated });
        children.push(child);
    }
    let (outcome, ninth) = rotated(store, first.refresh).await;
    assert_eq!(outcome, Rotated::TooOften);
    assert!(!is_live(store, ninth).await && store.refresh_token(ninth.refresh).await.unwrap().is_none());
    for child in children {
        assert!(is_live(store, child).await);
        assert_eq!(
            rotated(store, child.refresh).await.0,
            Rotated::Issued { is_repeated: false }
        );
    }
    fixture.pass(121);
    assert_eq!(rotated(store, first.refresh).await.0, Rotated::Replayed);
}

/// What an exchange has to prove is looked up first; that alone marks nothing.
pub(in crate::team) async fn n56_a_refused_exchange_spends_nothing(fixture: &Fixture) {
    let store = &*fixture.store;
    let unused = code(store, 1, CLIENT).await;
    for _ in 0..3 {
        let stored = store.code(unused).await.unwrap().unwrap();
        let expected = ClientRequest {
            state: None,
            ..request(CLIENT)
        };
        assert_eq!(stored, expected);
    }
    let first = tokens();
    let redeemed = store.redeem_code(unused, first, Lifetimes::default()).await.unwrap();
    assert_eq!(redeemed, Redeemed::Issued);
    assert!(store.code(unused).await.unwrap().is_some(), "to prove a replay");
    for _ in 0..3 {
        assert!(store.refresh_token(first.refresh).await.unwrap().is_some());
    }
    fixture.pass(200);
    assert_eq!(
        rotated(store, first.refresh).await.0,
        Rotated::Issued { is_repeated: false }
    );
}

pub(in crate::team) async fn n60_an_idle_grant_is_gone(fixture: &Fixture) {
    let store = &*fixture.store;
    let day = 24 * 3600;
    let mut tokens = signed_in(store, 1, CLIENT).await;
    for _ in 0..3 {
        fixture.pass(59 * day);
        let (outcome, next) = rotated(store, tokens.refresh).await;
        assert_eq!(outcome, Rotated::Issued { is_repeated: false });
        tokens = next;
    }
    fixture.pass(60 * day + 1);
    for store in [store, &*fixture.other] {
        let (outcome, next) = rotated(store, tokens.refresh).await;
        assert_eq!(outcome, Rotated::Gone);
        assert!(!is_live(store, next).await);
    }
}

pub(in crate::team) async fn an_access_token_expires(fixture: &Fixture) {
    let store = &*fixture.store;
    let tokens = signed_in(store, 1, CLIENT).await;
    fixture.pass(3598);
    assert!(is_live(store, tokens).await);
    fixture.pass(3);
    assert!(!is_live(store, tokens).await);
    let (_, next) = rotated(store, tokens.refresh).await;
    assert!(is_live(store, next).await);
}
