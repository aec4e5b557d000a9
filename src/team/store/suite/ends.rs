//! Ends of tokens, grants and people, and the lists of what lives.

use super::super::records::{Client, EndReason, GrantLine, Registered};
use super::*;

async fn grants_of(store: &dyn Store, user_id: u64) -> Vec<GrantLine> {
    store.grants(Some(&employee(user_id))).await.unwrap()
}

async fn has_ended(store: &dyn Store, tokens: NewTokens) -> bool {
    !is_live(store, tokens).await && rotated(store, tokens.refresh).await.0 == Rotated::Gone
}

pub(in crate::team) async fn n62_a_token_of_another_client_is_not_revoked(fixture: &Fixture) {
    let store = &*fixture.store;
    let tokens = signed_in(store, 1, CLIENT).await;
    for token in [tokens.access, tokens.refresh] {
        assert!(!store.revoke(token, "client-2").await.unwrap());
    }
    let unused = code(store, 1, CLIENT).await;
    for unknown in [digest(), unused] {
        assert!(!store.revoke(unknown, CLIENT).await.unwrap());
    }
    assert!(is_live(store, tokens).await && store.pair(&employee(1)).await.unwrap().is_some());
    assert_eq!(
        rotated(store, tokens.refresh).await.0,
        Rotated::Issued { is_repeated: false }
    );
}

pub(in crate::team) async fn n63_the_refresh_token_ends_the_grant_and_the_access_token_alone_itself(fixture: &Fixture) {
    let store = &*fixture.store;
    let first = signed_in(store, 1, CLIENT).await;
    assert!(store.revoke(first.access, CLIENT).await.unwrap());
    assert!(!is_live(store, first).await);
    assert!(!store.revoke(first.access, CLIENT).await.unwrap());
    let (_, second) = rotated(store, first.refresh).await;
    let (_, sibling) = rotated(store, first.refresh).await;
    assert!(is_live(store, second).await && is_live(store, sibling).await);
    // Claude Code's order.
    assert!(store.revoke(second.refresh, CLIENT).await.unwrap());
    assert!(!store.revoke(second.access, CLIENT).await.unwrap());
    assert!(has_ended(store, second).await && has_ended(store, sibling).await);
    assert_eq!(store.pair(&employee(1)).await.unwrap(), None);
    assert!(!store.revoke(second.refresh, CLIENT).await.unwrap(), "ended before");
    let again = signed_in(store, 1, CLIENT).await;
    assert!(is_live(store, again).await);
}

pub(in crate::team) async fn n64_an_ended_grant_has_no_session_at_the_next_look_up(fixture: &Fixture) {
    let (store, other) = (&*fixture.store, &*fixture.other);
    let tokens = signed_in(store, 1, CLIENT).await;
    assert!(is_live(other, tokens).await);
    let grant = grants_of(store, 1).await[0].grant;
    assert!(other.end_grant(&employee(1), grant, EndReason::Operator).await.unwrap());
    assert_eq!(store.pair(&employee(1)).await.unwrap(), None);
    assert!(has_ended(store, tokens).await && has_ended(other, tokens).await);
    assert!(!other.end_grant(&employee(1), grant, EndReason::Operator).await.unwrap());
}

pub(in crate::team) async fn n65_the_end_of_one_grant_ends_no_other(fixture: &Fixture) {
    let store = &*fixture.store;
    let client = "https://client.example/metadata";
    let laptop = signed_in(store, 1, client).await;
    let phone = signed_in(store, 1, client).await;
    let colleague = signed_in(store, 2, client).await;
    assert!(store.revoke(laptop.refresh, client).await.unwrap());
    assert!(has_ended(store, laptop).await);
    for live in [phone, colleague] {
        let session = store.session(live.access).await.unwrap().unwrap();
        assert!(session.pair.is_some());
    }
}

pub(in crate::team) async fn the_last_grant_takes_the_pair_with_it(fixture: &Fixture) {
    let store = &*fixture.store;
    for client in ["client-1", "client-2"] {
        signed_in(store, 1, client).await;
    }
    let pending = code(store, 1, "client-3").await;
    let lines = grants_of(store, 1).await;
    for line in &lines {
        let ended = store.end_grant(&employee(1), line.grant, EndReason::Revoked).await;
        assert!(ended.unwrap());
        assert!(store.pair(&employee(1)).await.unwrap().is_some());
    }
    // The client of the code is about to need the pair.
    let tokens = tokens();
    let redeemed = store.redeem_code(pending, tokens, Lifetimes::default()).await.unwrap();
    assert_eq!(redeemed, Redeemed::Issued);
    let session = store.session(tokens.access).await.unwrap().unwrap();
    assert!(session.pair.is_some());
    let last = grants_of(store, 1).await[0].grant;
    assert!(store.end_grant(&employee(1), last, EndReason::Revoked).await.unwrap());
    assert_eq!(store.pair(&employee(1)).await.unwrap(), None);
}

pub(in crate::team) async fn a_grant_is_ended_by_its_employee_alone(fixture: &Fixture) {
    let store = &*fixture.store;
    let tokens = signed_in(store, 1, CLIENT).await;
    let grant = grants_of(store, 1).await[0].grant;
    let elsewhere = EmployeeId {
        member_id: "another portal".into(),
        user_id: 1,
    };
    for stranger in [&employee(2), &elsewhere] {
        assert!(!store.end_grant(stranger, grant, EndReason::Revoked).await.unwrap());
    }
    assert!(is_live(store, tokens).await);
}

pub(in crate::team) async fn the_end_of_an_employee_ends_everything_of_this_employee_alone(fixture: &Fixture) {
    let store = &*fixture.store;
    let first = signed_in(store, 1, "client-1").await;
    let second = signed_in(store, 1, "client-2").await;
    let colleague = signed_in(store, 2, CLIENT).await;
    let unused = code(store, 1, CLIENT).await;
    let mut sessions = Vec::new();
    for user_id in [1, 2] {
        let (to_page, session) = page_session(store, user_id, "A name").await;
        complete(store, to_page).await;
        sessions.push(session);
    }
    let ended = store.end_employee(&employee(1), EndReason::Refused).await.unwrap();
    assert_eq!(ended, 3);
    assert!(has_ended(store, first).await && has_ended(store, second).await);
    let redeemed = store.redeem_code(unused, tokens(), Lifetimes::default()).await.unwrap();
    assert_eq!(redeemed, Redeemed::Gone);
    assert_eq!(store.pair(&employee(1)).await.unwrap(), None);
    assert_eq!(store.page_session(sessions[0]).await.unwrap(), None);
    assert_eq!(grants_of(store, 1).await, []);
    assert!(is_live(store, colleague).await && store.pair(&employee(2)).await.unwrap().is_some());
    assert!(store.page_session(sessions[1]).await.unwrap().is_some());
    let again = store.end_employee(&employee(1), EndReason::Refused).await.unwrap();
    assert_eq!(again, 0);
}

pub(in crate::team) async fn n72_a_pair_that_is_not_the_newest_ends_nobody(fixture: &Fixture) {
    let store = &*fixture.store;
    let first = signed_in(store, 1, CLIENT).await;
    let second = signed_in(store, 1, CLIENT).await;
    let end_at = async |version| {
        store
            .end_employee_at(&employee(1), version, EndReason::Refused)
            .await
            .unwrap()
    };
    assert_eq!(end_at(1).await, None);
    assert!(is_live(store, first).await && is_live(store, second).await);
    assert_eq!(end_at(2).await, Some(2));
    assert!(has_ended(store, first).await && has_ended(store, second).await);
    assert_eq!(store.pair(&employee(1)).await.unwrap(), None);
    assert_eq!(end_at(2).await, Some(0));
}

pub(in crate::team) async fn the_end_of_all_leaves_nobody(fixture: &Fixture) {
    let store = &*fixture.store;
    let client = Client {
        id: CLIENT.to_owned(),
        name: "A client".to_owned(),
        redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
    };
    assert_eq!(store.add_client(client).await.unwrap(), Registered::Kept);
    let live = [signed_in(store, 1, CLIENT).await, signed_in(store, 2, CLIENT).await];
    let unused = code(store, 3, CLIENT).await;
    let pending = sign_in("192.0.2.1");
    store
        .begin_sign_in(pending.clone(), Duration::from_secs(600))
        .await
        .unwrap();
    assert_eq!(store.end_all(EndReason::Operator).await.unwrap(), 3);
    for tokens in live {
        assert!(has_ended(store, tokens).await);
    }
    let redeemed = store.redeem_code(unused, tokens(), Lifetimes::default()).await.unwrap();
    assert_eq!(redeemed, Redeemed::Gone);
    let decided = store.decide_sign_in(pending.handle, pending.form_key, None).await;
    assert_eq!(decided.unwrap(), None);
    for user_id in 1..=3 {
        assert_eq!(store.pair(&employee(user_id)).await.unwrap(), None);
    }
    assert_eq!(store.grants(None).await.unwrap(), []);
    // Clients need no new registration.
    assert!(store.client(CLIENT).await.unwrap().is_some());
    let again = signed_in(store, 1, CLIENT).await;
    assert!(is_live(store, again).await);
}

pub(in crate::team) async fn lists_show_live_grants_newest_first(fixture: &Fixture) {
    let store = &*fixture.store;
    let old = signed_in(store, 1, "client-1").await;
    fixture.pass(1000);
    rotated(store, old.refresh).await;
    fixture.pass(100);
    let ended = signed_in(store, 1, "client-2").await;
    signed_in(store, 2, "client-3").await;
    signed_in(store, 1, "client-4").await;
    assert!(store.revoke(ended.refresh, "client-2").await.unwrap());
    let clients = |lines: &[GrantLine]| lines.iter().map(|line| line.client_name.clone()).collect::<Vec<_>>();
    let all = store.grants(None).await.unwrap();
    assert_eq!(
        clients(&all),
        ["Name of client-4", "Name of client-3", "Name of client-1"]
    );
    let of_one = grants_of(store, 1).await;
    assert_eq!(clients(&of_one), ["Name of client-4", "Name of client-1"]);
    let oldest = &of_one[1];
    assert_eq!(oldest.name, "Employee 1");
    assert_eq!(oldest.employee, employee(1));
    assert!(
        (999..=1002).contains(&(oldest.used_at - oldest.created_at)),
        "{oldest:?}"
    );
    assert!((1099..=1105).contains(&(of_one[0].created_at - oldest.created_at)));
    // Seconds since 1970, not milliseconds: between 2020 and 2100.
    assert!((1_577_836_800..4_102_444_800).contains(&oldest.created_at));
}
