//! What the sweep deletes, and what it keeps.

use super::super::records::{Client, Registered};
use super::*;

const DAY: u64 = 24 * 3600;

async fn sweep(fixture: &Fixture, seconds: u64) {
    fixture.pass(seconds);
    fixture.store.sweep(Lifetimes::default()).await.unwrap();
}

async fn registered(store: &dyn Store, id: &str) {
    let client = Client {
        id: id.to_owned(),
        name: "A client".to_owned(),
        redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
    };
    assert_eq!(store.add_client(client).await.unwrap(), Registered::Kept);
}

async fn has_client(store: &dyn Store, id: &str) -> bool {
    store.client(id).await.unwrap().is_some()
}

/// A look-up is no use, since anybody can cause one.
pub(in crate::team) async fn n15_unused_clients_go_and_used_ones_stay(fixture: &Fixture) {
    let store = &*fixture.store;
    for id in ["looked up", "used once", "used often"] {
        registered(store, id).await;
    }
    assert!(has_client(store, "looked up").await);
    let once = signed_in(store, 1, "used once").await;
    assert!(store.revoke(once.refresh, "used once").await.unwrap());
    let often = signed_in(store, 2, "used often").await;
    sweep(fixture, 3590).await;
    assert!(has_client(store, "looked up").await);
    sweep(fixture, 20).await;
    assert!(!has_client(store, "looked up").await);
    sweep(fixture, 46 * DAY).await;
    let (_, often) = rotated(store, often.refresh).await;
    assert!(store.revoke(often.refresh, "used often").await.unwrap());
    assert!(has_client(store, "used once").await);
    sweep(fixture, 46 * DAY).await;
    assert!(!has_client(store, "used once").await);
    assert!(has_client(store, "used often").await);
    sweep(fixture, 46 * DAY).await;
    assert!(!has_client(store, "used often").await);
}

pub(in crate::team) async fn n15_a_client_stays_while_an_employee_signs_in(fixture: &Fixture) {
    let store = &*fixture.store;
    for id in ["asked", "granted", "idle"] {
        registered(store, id).await;
    }
    fixture.pass(3580);
    let pending = SignIn {
        purpose: Purpose::Client(request("asked")),
        ..sign_in("192.0.2.1")
    };
    store.begin_sign_in(pending, Duration::from_secs(600)).await.unwrap();
    code(store, 1, "granted").await;
    sweep(fixture, 30).await;
    assert!(!has_client(store, "idle").await);
    assert!(has_client(store, "asked").await && has_client(store, "granted").await);
    sweep(fixture, 600).await;
    assert!(!has_client(store, "asked").await && !has_client(store, "granted").await);
}

pub(in crate::team) async fn n54_a_used_refresh_token_is_kept_for_seven_days(fixture: &Fixture) {
    let store = &*fixture.store;
    let first = signed_in(store, 1, CLIENT).await;
    let other = signed_in(store, 2, CLIENT).await;
    let (_, child) = rotated(store, first.refresh).await;
    rotated(store, other.refresh).await;
    sweep(fixture, 7 * DAY - 10).await;
    assert!(store.refresh_token(first.refresh).await.unwrap().is_some());
    assert_eq!(rotated(store, other.refresh).await.0, Rotated::Replayed);
    sweep(fixture, 20).await;
    assert_eq!(store.refresh_token(first.refresh).await.unwrap(), None);
    assert_eq!(rotated(store, first.refresh).await.0, Rotated::Gone);
    assert_eq!(
        rotated(store, child.refresh).await.0,
        Rotated::Issued { is_repeated: false },
        "a token that nobody has used lives as long as the sign-in may be idle"
    );
}

pub(in crate::team) async fn the_sweep_deletes_what_has_expired_and_nothing_else(fixture: &Fixture) {
    let store = &*fixture.store;
    let first = signed_in(store, 1, CLIENT).await;
    let used = code(store, 1, CLIENT).await;
    let second = tokens();
    let redeem = |tokens| store.redeem_code(used, tokens, Lifetimes::default());
    assert_eq!(redeem(second).await.unwrap(), Redeemed::Issued);
    let unused = code(store, 1, CLIENT).await;
    let pending = sign_in("192.0.2.1");
    store
        .begin_sign_in(pending.clone(), Duration::from_secs(600))
        .await
        .unwrap();

    sweep(fixture, 50).await;
    assert!(store.code(unused).await.unwrap().is_some());
    assert!(is_live(store, first).await && is_live(store, second).await);
    sweep(fixture, 15).await;
    assert_eq!(store.code(unused).await.unwrap(), None);
    assert!(store.code(used).await.unwrap().is_some(), "to notice a second use");
    let decided = store.decide_sign_in(pending.handle, pending.form_key, None).await;
    assert!(decided.unwrap().is_some());

    let (_, child) = rotated(store, first.refresh).await;
    sweep(fixture, 59 * DAY).await;
    assert!(!is_live(store, child).await);
    assert!(store.refresh_token(second.refresh).await.unwrap().is_some());
    assert_eq!(
        rotated(store, child.refresh).await.0,
        Rotated::Issued { is_repeated: false }
    );
    assert_eq!(
        redeem(tokens()).await.unwrap(),
        Redeemed::Replayed,
        "a second use is noticed as long as the sign-in may be idle"
    );
    sweep(fixture, 2 * DAY).await;
    for gone in [first.refresh, second.refresh] {
        assert_eq!(store.refresh_token(gone).await.unwrap(), None);
    }
    assert!(store.refresh_token(child.refresh).await.unwrap().is_some());
    assert_eq!(store.code(used).await.unwrap(), None);
}

pub(in crate::team) async fn a_name_stays_as_long_as_a_page_shows_it(fixture: &Fixture) {
    let store = &*fixture.store;
    let tokens = signed_in(store, 1, CLIENT).await;
    let (to_page, session) = page_session(store, 1, "Employee 1").await;
    let lives = Duration::from_secs(10_000);
    let result = SignInResult::PageSession { session, lives };
    complete(store, CompletedSignIn { result, ..to_page }).await;
    assert!(store.revoke(tokens.refresh, CLIENT).await.unwrap());
    sweep(fixture, 9_000).await;
    let name = |found: Option<(EmployeeId, String)>| found.map(|(_, name)| name);
    assert_eq!(
        name(store.page_session(session).await.unwrap()).as_deref(),
        Some("Employee 1")
    );
    sweep(fixture, 2_000).await;
    assert_eq!(store.page_session(session).await.unwrap(), None);
    assert_eq!(store.next_version(&employee(1)).await.unwrap(), 2);
}

pub(in crate::team) async fn a_grant_whose_code_nobody_used_is_swept_with_its_pair(fixture: &Fixture) {
    let store = &*fixture.store;
    let unused = code(store, 1, CLIENT).await;
    sweep(fixture, 55).await;
    assert!(store.pair(&employee(1)).await.unwrap().is_some());
    sweep(fixture, 10).await;
    assert_eq!(store.code(unused).await.unwrap(), None);
    assert_eq!(store.pair(&employee(1)).await.unwrap(), None);
    assert_eq!(store.next_version(&employee(1)).await.unwrap(), 2);
}

pub(in crate::team) async fn n60_an_idle_grant_is_swept_with_its_pair(fixture: &Fixture) {
    let store = &*fixture.store;
    let idle = signed_in(store, 1, CLIENT).await;
    let mut busy = signed_in(store, 2, CLIENT).await;
    for _ in 0..2 {
        assert_eq!(store.grants(None).await.unwrap().len(), 2);
        sweep(fixture, 30 * DAY + 1).await;
        busy = rotated(store, busy.refresh).await.1;
    }
    assert_eq!(store.grants(None).await.unwrap().len(), 1);
    assert_eq!(store.refresh_token(idle.refresh).await.unwrap(), None);
    assert_eq!(store.pair(&employee(1)).await.unwrap(), None);
    assert!(is_live(store, busy).await && store.pair(&employee(2)).await.unwrap().is_some());
}
