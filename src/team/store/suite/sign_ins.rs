//! Clients, and sign-ins up to the code or the page session.

use super::super::records::{Client, Registered};
use super::*;

const LIVES: Duration = Duration::from_secs(600);

fn client(id: &str) -> Client {
    Client {
        id: id.to_owned(),
        name: "Клиент \"1\"".to_owned(),
        redirect_uris: vec![
            "http://127.0.0.1/callback".to_owned(),
            "cursor://anysphere.cursor-mcp/\"oauth\"".to_owned(),
        ],
    }
}

fn approval() -> Approval {
    Approval {
        state: digest(),
        binding: digest(),
    }
}

async fn begun(store: &dyn Store, address: &str) -> SignIn {
    let sign_in = sign_in(address);
    assert_eq!(store.begin_sign_in(sign_in.clone(), LIVES).await.unwrap(), Begun::Kept);
    sign_in
}

async fn decided(store: &dyn Store, sign_in: &SignIn, approval: Option<Approval>) -> Option<SignIn> {
    let decided = store.decide_sign_in(sign_in.handle, sign_in.form_key, approval);
    decided.await.unwrap()
}

pub(in crate::team) async fn a_registered_client_is_found_unchanged(fixture: &Fixture) {
    let store = &*fixture.store;
    for id in ["one", "other"] {
        assert_eq!(store.add_client(client(id)).await.unwrap(), Registered::Kept);
    }
    for _ in 0..2 {
        assert_eq!(store.client("one").await.unwrap(), Some(client("one")));
        assert_eq!(fixture.other.client("other").await.unwrap(), Some(client("other")));
    }
    assert_eq!(store.client("third").await.unwrap(), None);
}

pub(in crate::team) async fn n15_the_ten_thousand_and_first_client_is_refused(fixture: &Fixture) {
    let store = &*fixture.store;
    for number in 0..10_000 {
        let added = store.add_client(client(&format!("client {number}"))).await.unwrap();
        assert_eq!(added, Registered::Kept, "{number}");
    }
    assert_eq!(store.add_client(client("one more")).await.unwrap(), Registered::Full);
    assert_eq!(store.client("one more").await.unwrap(), None);
    // The sweep makes room.
    signed_in(store, 1, "client 9999").await;
    fixture.pass(3601);
    store.sweep(Lifetimes::default()).await.unwrap();
    assert_eq!(store.client("client 9998").await.unwrap(), None);
    assert!(store.client("client 9999").await.unwrap().is_some());
    assert_eq!(store.add_client(client("one more")).await.unwrap(), Registered::Kept);
}

pub(in crate::team) async fn n31_a_decision_needs_the_key_of_its_form(fixture: &Fixture) {
    let store = &*fixture.store;
    let (mine, other) = (begun(store, "192.0.2.1").await, begun(store, "192.0.2.1").await);
    for wrong in [other.form_key, digest(), mine.handle] {
        for approval in [Some(approval()), None] {
            let decided = store.decide_sign_in(mine.handle, wrong, approval).await.unwrap();
            assert_eq!(decided, None);
        }
    }
    assert_eq!(decided(store, &mine, Some(approval())).await, Some(mine));
}

pub(in crate::team) async fn n32_a_sign_in_is_decided_once(fixture: &Fixture) {
    let store = &*fixture.store;
    let sign_in = begun(store, "2001:db8::1").await;
    let first = approval();
    assert_eq!(decided(store, &sign_in, Some(first)).await, Some(sign_in.clone()));
    let second = approval();
    assert_eq!(decided(store, &sign_in, Some(second)).await, None);
    assert_eq!(
        decided(store, &sign_in, None).await,
        None,
        "an approval is not taken back"
    );
    assert_eq!(store.take_sign_in(second.state, second.binding).await.unwrap(), None);
    assert_eq!(
        store.take_sign_in(first.state, first.binding).await.unwrap(),
        Some(sign_in)
    );
}

pub(in crate::team) async fn n33_two_sign_ins_do_not_mix(fixture: &Fixture) {
    let store = &*fixture.store;
    let (one, other) = (begun(store, "192.0.2.1").await, begun(store, "192.0.2.1").await);
    let (of_one, of_other) = (approval(), approval());
    assert!(decided(store, &other, Some(of_other)).await.is_some());
    assert!(decided(store, &one, Some(of_one)).await.is_some());
    assert_eq!(store.take_sign_in(of_one.state, of_other.binding).await.unwrap(), None);
    let taken = store.take_sign_in(of_one.state, of_one.binding).await.unwrap();
    assert_eq!(taken, Some(one));
    let taken = store.take_sign_in(of_other.state, of_other.binding).await.unwrap();
    assert_eq!(taken, Some(other));
}

pub(in crate::team) async fn n36_a_refused_sign_in_is_gone(fixture: &Fixture) {
    let store = &*fixture.store;
    let sign_in = begun(store, "192.0.2.1").await;
    assert_eq!(decided(store, &sign_in, None).await, Some(sign_in.clone()));
    assert_eq!(decided(store, &sign_in, None).await, None);
    assert_eq!(decided(store, &sign_in, Some(approval())).await, None);
}

pub(in crate::team) async fn n40_a_sign_in_is_taken_by_its_state_and_its_browser_alone(fixture: &Fixture) {
    let store = &*fixture.store;
    let sign_in = begun(store, "192.0.2.1").await;
    let Approval { state, binding } = approval();
    assert_eq!(
        store.take_sign_in(state, binding).await.unwrap(),
        None,
        "not approved yet"
    );
    let approved = decided(store, &sign_in, Some(Approval { state, binding })).await;
    assert!(approved.is_some());
    for (state, binding) in [
        (state, digest()),
        (digest(), binding),
        (binding, state),
        (sign_in.handle, sign_in.form_key),
    ] {
        assert_eq!(store.take_sign_in(state, binding).await.unwrap(), None);
    }
    assert_eq!(store.take_sign_in(state, binding).await.unwrap(), Some(sign_in));
    assert_eq!(store.take_sign_in(state, binding).await.unwrap(), None, "taken once");
}

pub(in crate::team) async fn n85_a_thousand_pending_sign_ins_of_one_address_do_not_stop_another(fixture: &Fixture) {
    let store = &*fixture.store;
    let mut first = None;
    for _ in 0..1_000 {
        let sign_in = begun(store, "192.0.2.1").await;
        first.get_or_insert(sign_in);
    }
    let begin = |address| store.begin_sign_in(sign_in(address), LIVES);
    assert_eq!(begin("192.0.2.1").await.unwrap(), Begun::TooMany);
    assert_eq!(begin("192.0.2.2").await.unwrap(), Begun::Kept);
    assert_eq!(begin("::1").await.unwrap(), Begun::Kept);
    assert!(decided(store, &first.unwrap(), None).await.is_some());
    assert_eq!(begin("192.0.2.1").await.unwrap(), Begun::Kept);
    assert_eq!(begin("192.0.2.1").await.unwrap(), Begun::TooMany);
    fixture.pass(601);
    assert_eq!(
        begin("192.0.2.1").await.unwrap(),
        Begun::Kept,
        "expired ones do not count"
    );
}

pub(in crate::team) async fn a_sign_in_expires(fixture: &Fixture) {
    let store = &*fixture.store;
    let (undecided, approved) = (begun(store, "192.0.2.1").await, begun(store, "192.0.2.1").await);
    let approval = approval();
    fixture.pass(598);
    assert!(decided(store, &approved, Some(approval)).await.is_some());
    fixture.pass(3);
    assert_eq!(decided(store, &undecided, None).await, None);
    assert_eq!(
        store.take_sign_in(approval.state, approval.binding).await.unwrap(),
        None
    );
}

pub(in crate::team) async fn a_completed_sign_in_leads_to_a_code(fixture: &Fixture) {
    let store = &*fixture.store;
    let (completed, code) = completed(store, 7, "https://client.example/metadata", 1).await;
    complete(store, completed.clone()).await;
    assert_eq!(store.pair(&employee(7)).await.unwrap(), completed.pair);
    let stored = store.code(code).await.unwrap().unwrap();
    assert_eq!(stored.client_id, "https://client.example/metadata");
    assert_eq!(store.code(digest()).await.unwrap(), None);
    // Not a connection before the client has its tokens.
    assert_eq!(store.grants(None).await.unwrap(), []);
    let tokens = tokens();
    let redeemed = store.redeem_code(code, tokens, Lifetimes::default()).await.unwrap();
    assert_eq!(redeemed, Redeemed::Issued);
    assert_eq!(store.grants(None).await.unwrap().len(), 1);
}

pub(in crate::team) async fn a_sign_in_to_the_start_page_makes_a_session_and_keeps_the_pair(fixture: &Fixture) {
    let store = &*fixture.store;
    let tokens = signed_in(store, 1, CLIENT).await;
    let before = store.pair(&employee(1)).await.unwrap();
    let start_page = SignIn {
        purpose: Purpose::StartPage,
        ..sign_in("192.0.2.1")
    };
    assert_eq!(
        store.begin_sign_in(start_page.clone(), LIVES).await.unwrap(),
        Begun::Kept
    );
    assert_eq!(decided(store, &start_page, None).await, Some(start_page));
    let (to_page, session) = page_session(store, 1, "Новое имя 1").await;
    complete(store, to_page).await;
    assert_eq!(
        store.page_session(session).await.unwrap(),
        Some((employee(1), "Новое имя 1".to_owned()))
    );
    assert_eq!(store.pair(&employee(1)).await.unwrap(), before);
    assert!(is_live(store, tokens).await);
    assert_eq!(store.page_session(digest()).await.unwrap(), None);
    store.end_page_session(session).await.unwrap();
    assert_eq!(store.page_session(session).await.unwrap(), None);
    // Of an employee that no client knows.
    let (to_page, session) = page_session(store, 2, "Новое имя 2").await;
    complete(store, to_page).await;
    assert!(store.page_session(session).await.unwrap().is_some());
    assert_eq!(store.pair(&employee(2)).await.unwrap(), None);
    assert_eq!(store.next_version(&employee(2)).await.unwrap(), 1);
    fixture.pass(3601);
    assert_eq!(store.page_session(session).await.unwrap(), None);
    signed_in(store, 2, CLIENT).await;
}

pub(in crate::team) async fn an_empty_name_does_not_replace_an_earlier_one(fixture: &Fixture) {
    let store = &*fixture.store;
    signed_in(store, 1, CLIENT).await;
    for pair in [None, Some(pair(2))] {
        let (nameless, session) = page_session(store, 1, "").await;
        complete(store, CompletedSignIn { pair, ..nameless }).await;
        assert_eq!(
            store.page_session(session).await.unwrap(),
            Some((employee(1), "Employee 1".to_owned()))
        );
    }
}

pub(in crate::team) async fn n72_a_pair_of_another_version_is_not_kept(fixture: &Fixture) {
    let store = &*fixture.store;
    assert_eq!(store.next_version(&employee(1)).await.unwrap(), 1);
    for too_new in [2, 3] {
        let (completed, code) = completed(store, 1, CLIENT, too_new).await;
        let outcome = store.complete_sign_in(completed).await.unwrap();
        assert_eq!(outcome, Completed::AnotherVersion);
        assert_eq!(store.code(code).await.unwrap(), None);
    }
    signed_in(store, 1, CLIENT).await;
    signed_in(store, 1, CLIENT).await;
    let kept = store.pair(&employee(1)).await.unwrap();
    assert_eq!(store.next_version(&employee(1)).await.unwrap(), 3);
    for wrong in [1, 2, 4] {
        let (completed, code) = completed(store, 1, CLIENT, wrong).await;
        let outcome = store.complete_sign_in(completed).await.unwrap();
        assert_eq!(outcome, Completed::AnotherVersion);
        assert_eq!(store.code(code).await.unwrap(), None);
    }
    assert_eq!(store.pair(&employee(1)).await.unwrap(), kept);
    assert_eq!(store.grants(None).await.unwrap().len(), 2);
}

pub(in crate::team) async fn n83_the_key_and_the_portal_are_remembered(fixture: &Fixture) {
    let store = &*fixture.store;
    let keys = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    for _ in 0..2 {
        assert_eq!(store.key_id().await.unwrap(), None, "reading remembers none");
    }
    assert!(store.pin_key(&keys(&["new", "old"])).await.unwrap());
    assert_eq!(fixture.other.key_id().await.unwrap().as_deref(), Some("new"));
    for (ids, is_known) in [
        (&["new"][..], true),
        (&["newer", "new"], true),
        (&["old"], false),
        (&["other"], false),
        (&[], false),
    ] {
        assert_eq!(fixture.other.pin_key(&keys(ids)).await.unwrap(), is_known, "{ids:?}");
    }
    store.replace_key("newer").await.unwrap();
    assert!(!store.pin_key(&keys(&["new"])).await.unwrap());
    assert!(store.pin_key(&keys(&["newer"])).await.unwrap());
    assert_eq!(store.key_id().await.unwrap().as_deref(), Some("newer"));
    for given in ["portal", "another portal"] {
        assert_eq!(store.pin_member_id(given).await.unwrap(), "portal");
    }
}
