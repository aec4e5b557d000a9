//! The tests that every store has to pass, and the values that they use.

pub(in crate::team) mod arrivals;
pub(in crate::team) mod ends;
pub(in crate::team) mod people;
pub(in crate::team) mod races;
pub(in crate::team) mod secrets;
pub(in crate::team) mod sign_ins;
pub(in crate::team) mod sweeping;
pub(in crate::team) mod tokens;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Store;
use super::records::{
    Approval, Begun, ClientRequest, Completed, CompletedSignIn, NewTokens, Purpose, Redeemed, Rotated, SealedPair,
    SignIn, SignInResult,
};
use crate::portal::EmployeeId;
use crate::team::secret_value::{Digest, Kind, SecretValue};
use crate::team::settings::Lifetimes;

/// The columns that hold times, in milliseconds since 1970 or in microseconds.
const TIMES: &[(&str, i64)] = &[
    ("active_until", 1_000),
    ("arrived_at", 1_000),
    ("closed_until", 1_000),
    ("created_at", 1_000),
    ("empty_at", 1_000_000),
    ("ended_at", 1_000),
    ("expires_at", 1_000),
    ("lease_until", 1_000),
    ("probe_at", 1_000),
    ("refused_at", 1_000),
    ("reported_at", 1_000),
    ("taken_at", 1_000),
    ("used_at", 1_000),
];

/// How many of its units a column of times counts in a second; `None` for another column.
pub(in crate::team) fn units_of(column: &str) -> Option<i64> {
    let time = TIMES.iter().find(|(name, _)| *name == column);
    time.map(|(_, per_second)| *per_second)
}

/// An empty store to test.
pub(in crate::team) struct Fixture {
    /// The store.
    pub(in crate::team) store: Arc<dyn Store>,
    /// The same store, opened by another server or command.
    pub(in crate::team) other: Arc<dyn Store>,
    /// Moves every time in the database back, as if so much time had passed.
    pub(in crate::team) age: Box<dyn Fn(Duration) + Send + Sync>,
    /// How many statements may run at once.
    pub(in crate::team) statements: usize,
}

impl Fixture {
    /// As if `seconds` had passed.
    pub(in crate::team) fn pass(&self, seconds: u64) {
        (self.age)(Duration::from_secs(seconds));
    }
}

/// Defines a test of each function of the suite for a store: operations in turn, operations at once, or both.
/// `$fixture` makes an empty store, or none if the test is left out.
macro_rules! every_store {
    ($fixture:path) => {
        $crate::team::store::suite::every_store!($fixture, in turn);
        $crate::team::store::suite::every_store!($fixture, at once);
    };
    ($fixture:path, in turn) => {
        $crate::team::store::suite::every_store!($fixture,
            sign_ins: [
                a_registered_client_is_found_unchanged
                n15_the_ten_thousand_and_first_client_is_refused
                n31_a_decision_needs_the_key_of_its_form
                n32_a_sign_in_is_decided_once
                n33_two_sign_ins_do_not_mix
                n36_a_refused_sign_in_is_gone
                n40_a_sign_in_is_taken_by_its_state_and_its_browser_alone
                n85_a_thousand_pending_sign_ins_of_one_address_do_not_stop_another
                a_sign_in_expires
                a_completed_sign_in_leads_to_a_code
                a_sign_in_to_the_start_page_makes_a_session_and_keeps_the_pair
                an_empty_name_does_not_replace_an_earlier_one
                n72_a_pair_of_another_version_is_not_kept
                n83_the_key_and_the_portal_are_remembered
            ]
            arrivals: [
                a_sign_in_is_completed_once
                n64_a_sign_in_under_way_ends_with_the_end_of_all
                n72_the_pair_of_the_sign_in_that_was_taken_later_stays
                n72_a_sign_in_under_way_is_seen_at_every_server_until_it_ends
                n72_a_sign_in_whose_server_died_is_under_way_for_a_minute
                a_sign_in_that_was_taken_is_kept_until_its_tokens_need_not_be_saved_any_more
                n72_a_sign_in_that_failed_keeps_its_pair_alone
            ]
            tokens: [
                n48_a_second_use_of_a_code_ends_what_the_first_began
                n51_a_code_expires
                n02_a_token_is_good_only_as_what_it_is
                n54_a_used_refresh_token_works_within_the_grace_and_later_ends_its_family
                n55_the_ninth_child_is_refused_and_nothing_ends
                n56_a_refused_exchange_spends_nothing
                n60_an_idle_grant_is_gone
                an_access_token_expires
            ]
            ends: [
                n62_a_token_of_another_client_is_not_revoked
                n63_the_refresh_token_ends_the_grant_and_the_access_token_alone_itself
                n64_an_ended_grant_has_no_session_at_the_next_look_up
                n65_the_end_of_one_grant_ends_no_other
                the_last_grant_takes_the_pair_with_it
                a_grant_is_ended_by_its_employee_alone
                the_end_of_an_employee_ends_everything_of_this_employee_alone
                n72_a_pair_that_is_not_the_newest_ends_nobody
                the_end_of_all_leaves_nobody
                lists_show_live_grants_newest_first
            ]
            people: [
                one_caller_wins_the_lease
                n74_a_lease_whose_holder_died_frees_itself
                n74_a_holder_that_outlived_its_lease_does_not_free_the_next_one
                n72_a_refresh_of_an_older_pair_does_not_overwrite_a_newer_one
                n59_a_refresh_under_way_does_not_bring_back_a_deleted_pair
                a_version_is_never_given_twice
                n79_a_pair_is_sealed_again_only_while_nobody_refreshes_it
            ]
            sweeping: [
                n15_unused_clients_go_and_used_ones_stay
                n15_a_client_stays_while_an_employee_signs_in
                n54_a_used_refresh_token_is_kept_for_seven_days
                the_sweep_deletes_what_has_expired_and_nothing_else
                a_name_stays_as_long_as_a_page_shows_it
                a_grant_whose_code_nobody_used_is_swept_with_its_pair
                n60_an_idle_grant_is_swept_with_its_pair
            ]
        );
    };
    ($fixture:path, at once) => {
        $crate::team::store::suite::every_store!($fixture,
            races: [
                n46_one_of_several_takes_the_sign_in
                n32_one_of_several_decides_the_sign_in
                n50_two_uses_of_a_code_at_once_make_one_pair
                n53_five_refreshes_at_once_all_work
                n55_twenty_refreshes_at_once_make_eight_children
                n59_no_tokens_live_after_the_end_of_a_grant_that_was_being_refreshed
                n59_no_tokens_live_after_the_end_of_an_employee_whose_code_was_being_used
                n64_no_sign_in_is_completed_after_the_end_of_all
                n72_a_sign_in_is_not_ended_because_of_the_pair_before_it
                n72_of_sign_ins_at_once_the_pair_of_the_later_one_stays
                n73_one_of_several_wins_the_lease
                n72_one_of_several_pairs_of_a_version_is_kept
                n79_no_pair_is_sealed_again_under_a_lease_at_once
                n85_the_bound_holds_for_sign_ins_at_once
            ]
        );
    };
    ($fixture:path, $($file:ident: [$($name:ident)*])*) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $name() {
                let Some(fixture) = $fixture().await else { return };
                $crate::team::store::suite::$file::$name(&fixture).await;
            }
        )*)*
    };
}
pub(in crate::team) use every_store;

/// The client of most tests.
pub(in crate::team) const CLIENT: &str = "client-1";

/// A digest that no other value has.
pub(in crate::team) fn digest() -> Digest {
    SecretValue::random(Kind::Code).unwrap().digest()
}

/// New tokens.
pub(in crate::team) fn tokens() -> NewTokens {
    NewTokens {
        access: digest(),
        refresh: digest(),
    }
}

/// An employee of the one portal.
pub(in crate::team) fn employee(user_id: u64) -> EmployeeId {
    EmployeeId {
        member_id: "portal".into(),
        user_id,
    }
}

/// A pair of this version.
pub(in crate::team) fn pair(version: i64) -> SealedPair {
    SealedPair {
        version,
        key_id: "key-1".to_owned(),
        sealed: format!("sealed {version} {:?}", fastrand::u64(..)).into_bytes(),
    }
}

/// The request of a client.
pub(in crate::team) fn request(client_id: &str) -> ClientRequest {
    ClientRequest {
        client_id: client_id.to_owned(),
        client_name: format!("Name of {client_id}"),
        redirect_uri: "http://127.0.0.1:5000/callback".to_owned(),
        state: Some("its state".to_owned()),
        challenge: "c".repeat(43),
        resource: "https://mcp.example.com/mcp".to_owned(),
        scope: "mail.recipients".to_owned(),
    }
}

/// A sign-in of a client from this address.
pub(in crate::team) fn sign_in(address: &str) -> SignIn {
    SignIn {
        handle: digest(),
        form_key: digest(),
        address: address.parse::<IpAddr>().unwrap(),
        purpose: Purpose::Client(request(CLIENT)),
    }
}

/// Begins, approves and takes a sign-in, as if the browser had just come back from the portal. Returns its handle.
pub(in crate::team) async fn arriving(store: &dyn Store) -> Digest {
    let SignIn { handle, form_key, .. } = {
        let sign_in = sign_in("198.51.100.1");
        let begun = store.begin_sign_in(sign_in.clone(), Duration::from_secs(600)).await;
        assert_eq!(begun.unwrap(), Begun::Kept);
        sign_in
    };
    let (state, binding) = (digest(), digest());
    let approval = Some(Approval { state, binding });
    assert!(
        store
            .decide_sign_in(handle, form_key, approval)
            .await
            .unwrap()
            .is_some()
    );
    let taken = store.take_sign_in(state, binding).await.unwrap();
    assert_eq!(taken.unwrap().handle, handle);
    handle
}

/// A sign-in for a client that is about to be completed, with the code's digest.
pub(in crate::team) async fn completed(
    store: &dyn Store,
    user_id: u64,
    client_id: &str,
    version: i64,
) -> (CompletedSignIn, Digest) {
    let code = digest();
    let completed = CompletedSignIn {
        handle: arriving(store).await,
        employee: employee(user_id),
        name: format!("Employee {user_id}"),
        pair: Some(pair(version)),
        result: SignInResult::Grant {
            request: request(client_id),
            code,
            lives: Lifetimes::default().code,
        },
    };
    (completed, code)
}

/// A sign-in to the start page that is about to be completed, with the page session's digest.
pub(in crate::team) async fn page_session(store: &dyn Store, user_id: u64, name: &str) -> (CompletedSignIn, Digest) {
    let session = digest();
    let completed = CompletedSignIn {
        handle: arriving(store).await,
        employee: employee(user_id),
        name: name.to_owned(),
        pair: None,
        result: SignInResult::PageSession {
            session,
            lives: Lifetimes::default().page_session,
        },
    };
    (completed, session)
}

/// Completes a sign-in.
pub(in crate::team) async fn complete(store: &dyn Store, completed: CompletedSignIn) {
    assert_eq!(store.complete_sign_in(completed).await.unwrap(), Completed::Kept);
}

/// Signs the employee in for the client, up to the code.
pub(in crate::team) async fn code(store: &dyn Store, user_id: u64, client_id: &str) -> Digest {
    let version = store.next_version(&employee(user_id)).await.unwrap();
    let (completed, code) = completed(store, user_id, client_id, version).await;
    complete(store, completed).await;
    code
}

/// Signs the employee in for the client, up to the first tokens.
pub(in crate::team) async fn signed_in(store: &dyn Store, user_id: u64, client_id: &str) -> NewTokens {
    let code = code(store, user_id, client_id).await;
    let tokens = tokens();
    let redeemed = store.redeem_code(code, tokens, Lifetimes::default()).await.unwrap();
    assert_eq!(redeemed, Redeemed::Issued);
    tokens
}

/// Exchanges the refresh token. Returns the outcome and the tokens that are good if it was issued.
pub(in crate::team) async fn rotated(store: &dyn Store, token: Digest) -> (Rotated, NewTokens) {
    let tokens = tokens();
    let outcome = store.rotate(token, tokens, Lifetimes::default()).await.unwrap();
    (outcome, tokens)
}

/// True if the access token has a session.
pub(in crate::team) async fn is_live(store: &dyn Store, tokens: NewTokens) -> bool {
    store.session(tokens.access).await.unwrap().is_some()
}
