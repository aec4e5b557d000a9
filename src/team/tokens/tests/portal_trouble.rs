//! Tests of refreshes at a portal in trouble: no trouble that passes signs anyone out.

use std::time::Duration;

use super::support::{
    Refused, ask, call, employee, failed, metrics, refresh_form, refused, sign_in, steered, turned_away,
};
use crate::portal::{ConnectionFailure, Error};
use crate::team::test_support::{TestServer, fault, portal_settings};

/// No failure of the application, of the authorization server or of the network ends a sign-in.
#[tokio::test(start_paused = true)]
async fn n70_n71_trouble_of_the_application_or_the_portal_signs_nobody_out() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let anna = sign_in(&server, "Anna", &client).await;
    for name in [
        "invalid-client",
        "invalid-scope",
        "payment-required",
        "wrong-client",
        "not-installed",
        "oauth-html",
        "oauth-down",
        "oauth-garbage",
        "oauth-huge",
        "oauth-redirect",
        "oauth-hang",
    ] {
        server.demo.expire_access(1);
        server.demo.set_fault(fault(name));
        for _ in 0..3 {
            let called = call(&server, &anna.access).await;
            assert!(matches!(&called, Err(Refused::Code(_))), "{name}: {called:?}");
            tokio::time::sleep(Duration::from_secs(200)).await;
        }
        server.demo.set_fault(None);
        let called = call(&server, &anna.access).await;
        assert!(called.is_ok(), "{name}: {called:?}");
    }
    assert!(!metrics(&server.team).contains("ended_grants_total"));
    assert!(ask(&server.team, &refresh_form(&client, &anna.refresh)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn n70_the_end_of_the_application_signs_nobody_out() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let anna = sign_in(&server, "Anna", &client).await;
    server.demo.remove_application();
    for _ in 0..2 {
        let called = call(&server, &anna.access).await;
        assert!(
            matches!(&called, Err(Refused::Code(code)) if code != "not_signed_in"),
            "{called:?}"
        );
    }
    assert!(ask(&server.team, &refresh_form(&client, &anna.refresh)).await.is_ok());
    assert!(!metrics(&server.team).contains("ended_grants_total"));
}

fn unreachable(failure: ConnectionFailure) -> Error {
    Error::Unreachable {
        failure,
        host: "oauth.example".to_owned(),
    }
}

/// Refreshes the tokens of an employee once, without the further attempts of a call.
async fn refresh_once(server: &TestServer, access_token: &str) -> Result<(), Error> {
    let tokens = employee(server, access_token).await.tokens;
    let rejected = tokens.access().await?;
    tokens.refresh(&rejected).await
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_did_not_come_about_or_broke_is_tried_once_more() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let anna = sign_in(&server, "Anna", &client).await;
    for (done, failure) in [
        ConnectionFailure::Refused,
        ConnectionFailure::NameNotResolved,
        ConnectionFailure::NotAccepted,
        ConnectionFailure::Lost,
    ]
    .into_iter()
    .enumerate()
    {
        server.token_failures.lock().push_back(unreachable(failure));
        assert_eq!(refresh_once(&server, &anna.access).await, Ok(()), "{failure}");
        assert_eq!(server.demo.refreshes(), 2 * done + 1);
        server
            .token_failures
            .lock()
            .extend([unreachable(failure), unreachable(failure)]);
        let failed = refresh_once(&server, &anna.access).await;
        assert_eq!(failed, Err(unreachable(failure)), "no more than once");
        assert_eq!(
            refresh_once(&server, &anna.access).await,
            Ok(()),
            "nobody is signed out"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_survives_an_authorization_server_that_is_away_for_a_moment() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let anna = sign_in(&server, "Anna", &client).await;
    server.demo.expire_access(1);
    let failures = (0..3).map(|_| unreachable(ConnectionFailure::Refused));
    server.token_failures.lock().extend(failures);
    assert!(call(&server, &anna.access).await.is_ok());
    assert_eq!(server.demo.refreshes(), 1);
}

/// The authorization server has spent the refresh token, and nobody has its answer.
#[tokio::test(start_paused = true)]
async fn an_answer_that_was_lost_signs_this_employee_out() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let [anna, boris] = [
        sign_in(&server, "Anna", &client).await,
        sign_in(&server, "Boris", &client).await,
    ];
    server.demo.expire_access_tokens();
    server.demo.lose_next_refresh();
    assert_eq!(call(&server, &anna.access).await, failed("invalid_grant"));
    assert_eq!(
        server.demo.spent_refreshes(),
        1,
        "the old refresh token was tried once more"
    );
    assert_eq!(call(&server, &anna.access).await, turned_away());
    let refreshed = ask(&server.team, &refresh_form(&client, &anna.refresh)).await;
    assert_eq!(refreshed, refused("invalid_grant"));
    assert!(call(&server, &boris.access).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn after_a_timeout_the_old_refresh_token_is_tried_once_more_before_the_employee_has_to_sign_in() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let anna = sign_in(&server, "Anna", &client).await;
    server.demo.expire_access(1);
    server.demo.set_fault(fault("oauth-slow"));
    assert_eq!(call(&server, &anna.access).await, failed("timed_out"));
    assert!(server.team.finish(Duration::from_secs(60)).await);
    assert!(
        !metrics(&server.team).contains("ended_grants_total"),
        "no one has refused anything yet"
    );
    server.demo.set_fault(None);
    assert_eq!(call(&server, &anna.access).await, failed("invalid_grant"));
    assert_eq!(call(&server, &anna.access).await, turned_away());
    let again = sign_in(&server, "Anna", &client).await;
    assert!(call(&server, &again.access).await.is_ok());
}

/// Without this check one employee could see another's contacts.
#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_answered_with_tokens_of_another_portal_keeps_nothing() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let anna = sign_in(&server, "Anna", &client).await;
    server.demo.expire_access(1);
    let other = crate::demo::FAULTS
        .iter()
        .find(|fault| fault.name.contains("other-member"));
    server.demo.set_fault(Some(other.unwrap()));
    assert_eq!(call(&server, &anna.access).await, failed("unreadable_token_reply"));
    assert_eq!(store.count("save_pair"), 0);
}
