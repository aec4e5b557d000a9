//! Tests of sign-ins that the portal ends, and of pairs that do not open.

use super::support::{
    ask, call, call_as, employee, failed, id_of, metrics, refresh_form, refused, sign_in, steered, turned_away,
};
use crate::portal::{Error, Refusal, Speaker};
use crate::team::ServerKeys;
use crate::team::records::SealedPair;
use crate::team::store::Store;
use crate::team::test_support::{TestServer, portal_settings};
use secrecy::ExposeSecret;

#[tokio::test(start_paused = true)]
async fn n69_a_dismissed_employee_is_told_why_and_then_has_to_sign_in() {
    for (bar, code) in [
        (
            (|server: &TestServer| server.demo.dismiss(7)) as fn(&TestServer),
            "authorization_error",
        ),
        (|server| server.demo.exclude(7), "user_access_error"),
    ] {
        let (server, _) = steered(portal_settings()).await;
        let client = server.client("Codex").await;
        let boris = sign_in(&server, "Boris", &client).await;
        let other_device = sign_in(&server, "Boris", &client).await;
        let anna = sign_in(&server, "Anna", &client).await;
        let id = id_of(&employee(&server, &boris.access).await);
        bar(&server);
        assert_eq!(call(&server, &boris.access).await, failed(code));
        for tokens in [&boris, &other_device] {
            assert_eq!(call(&server, &tokens.access).await, turned_away(), "{code}");
            let refreshed = ask(&server.team, &refresh_form(&client, &tokens.refresh)).await;
            assert_eq!(refreshed, refused("invalid_grant"), "{code}");
        }
        assert_eq!(server.store.pair(&id).await.unwrap(), None);
        assert!(call(&server, &anna.access).await.is_ok(), "nobody else is touched");
        assert!(ask(&server.team, &refresh_form(&client, &anna.refresh)).await.is_ok());
        let metrics = metrics(&server.team);
        assert!(
            metrics.contains(r#"mcp_team_ended_grants_total{reason="refused"} 2"#),
            "{metrics}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn n69_a_dismissed_employee_whose_token_has_expired_is_told_why() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let boris = sign_in(&server, "Boris", &client).await;
    server.demo.expire_access(7);
    server.demo.dismiss(7);
    let called = call(&server, &boris.access).await;
    assert!(
        called == failed("invalid_grant") || called == failed("authorization_error"),
        "{called:?}"
    );
    assert_eq!(call(&server, &boris.access).await, turned_away());
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_cannot_be_recorded_is_recorded_at_the_next_call() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let boris = sign_in(&server, "Boris", &client).await;
    server.demo.dismiss(7);
    store.break_off("end_employee_at");
    for _ in 0..2 {
        assert_eq!(call(&server, &boris.access).await, failed("authorization_error"));
    }
    store.repair();
    assert_eq!(call(&server, &boris.access).await, failed("authorization_error"));
    assert_eq!(call(&server, &boris.access).await, turned_away());
}

fn refusal(by: Speaker, code: &str) -> Error {
    Error::Refused(Refusal {
        by,
        code: code.to_owned(),
        http_status: 401,
        message: String::new(),
        validation: Vec::new(),
    })
}

#[tokio::test(start_paused = true)]
async fn n70_only_a_refusal_of_the_employee_ends_the_sign_in() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let boris = sign_in(&server, "Boris", &client).await;
    let called = employee(&server, &boris.access).await;
    for reason in [
        refusal(Speaker::OldApi, "APPLICATION_NOT_FOUND"),
        refusal(Speaker::OldApi, "PAYMENT_REQUIRED"),
        refusal(Speaker::OldApi, "insufficient_scope"),
        refusal(Speaker::AuthorizationServer, "invalid_client"),
        refusal(Speaker::Portal, "invalid_grant"),
    ] {
        called.tokens.refused(&reason).await;
    }
    assert_eq!(store.count("end_employee_at"), 0);
    called
        .tokens
        .refused(&refusal(Speaker::OldApi, "user_access_error"))
        .await;
    assert_eq!(call(&server, &boris.access).await, turned_away());
}

/// The portal's answer about an old pair says nothing about a sign-in that came after it.
#[tokio::test(start_paused = true)]
async fn a_late_refusal_does_not_end_a_newer_sign_in() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let before = sign_in(&server, "Boris", &client).await;
    let late = employee(&server, &before.access).await;
    let after = sign_in(&server, "Boris", &client).await;
    late.tokens
        .refused(&refusal(Speaker::OldApi, "user_access_error"))
        .await;
    assert!(call(&server, &after.access).await.is_ok());
    assert!(!metrics(&server.team).contains("ended_grants_total"));
}

/// Puts `pair` into the row of an employee in place of the present one.
async fn tamper(server: &TestServer, access_token: &str, change: impl FnOnce(SealedPair) -> SealedPair) {
    let id = id_of(&employee(server, access_token).await);
    let present = server.store.pair(&id).await.unwrap().unwrap();
    let version = present.version + 1;
    let changed = SealedPair {
        version,
        ..change(present)
    };
    assert!(server.store.reseal_pair(&id, changed).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn n77_a_pair_copied_onto_another_employee_does_not_open() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let anna = sign_in(&server, "Anna", &client).await;
    let boris = sign_in(&server, "Boris", &client).await;
    let annas = id_of(&employee(&server, &anna.access).await);
    // Sealed for the version that Boris's row will have, so that only the employee differs.
    let keys = &server.team.settings().server_keys;
    let pair = keys
        .open(&annas, &server.store.pair(&annas).await.unwrap().unwrap())
        .unwrap();
    let sealed = keys.seal(&annas, 2, &pair).unwrap();
    tamper(&server, &boris.access, |_| sealed).await;
    assert_eq!(call(&server, &boris.access).await, failed("not_signed_in"));
    assert_eq!(call(&server, &boris.access).await, turned_away());
    assert!(call(&server, &anna.access).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn n78_a_pair_that_does_not_open_signs_out_this_employee_alone() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let anna = sign_in(&server, "Anna", &client).await;
    let known_id = server.team.settings().server_keys.ids()[0].clone();
    type Change<'c> = Box<dyn FnOnce(SealedPair) -> SealedPair + 'c>;
    let changes: [(&str, Change<'_>); 3] = [
        (
            "a flipped bit",
            Box::new(|mut pair| {
                pair.sealed[20] ^= 1;
                pair
            }),
        ),
        (
            "another key under a known id",
            Box::new(|pair| SealedPair {
                sealed: vec![7; 90],
                key_id: known_id,
                ..pair
            }),
        ),
        (
            "nothing",
            Box::new(|pair| SealedPair {
                sealed: Vec::new(),
                ..pair
            }),
        ),
    ];
    for (what, change) in changes {
        let boris = sign_in(&server, "Boris", &client).await;
        assert!(call(&server, &boris.access).await.is_ok(), "{what}");
        tamper(&server, &boris.access, change).await;
        let first = employee(&server, &boris.access).await;
        assert_eq!(call_as(&server, &first).await, failed("not_signed_in"), "{what}");
        assert_eq!(call(&server, &boris.access).await, turned_away(), "{what}");
        let refreshed = ask(&server.team, &refresh_form(&client, &boris.refresh)).await;
        assert_eq!(refreshed, refused("invalid_grant"), "{what}");
        assert!(call(&server, &anna.access).await.is_ok(), "{what}");
    }
    let metrics = metrics(&server.team);
    assert!(
        metrics.contains(r#"mcp_team_ended_grants_total{reason="unreadable"} 3"#),
        "{metrics}"
    );
}

/// Servers on one store get a new key one after the other.
#[tokio::test(start_paused = true)]
async fn n78_a_pair_sealed_by_an_unknown_key_fails_this_employees_calls_and_ends_nothing() {
    let (server, _) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let anna = sign_in(&server, "Anna", &client).await;
    let boris = sign_in(&server, "Boris", &client).await;
    let other: ServerKeys = ServerKeys::generate().unwrap().expose_secret().parse().unwrap();
    let key_id = other.ids()[0].clone();
    tamper(&server, &boris.access, |pair| SealedPair { key_id, ..pair }).await;
    for _ in 0..2 {
        assert_eq!(call(&server, &boris.access).await, failed("not_signed_in"));
    }
    assert!(call(&server, &anna.access).await.is_ok());
    sign_in(&server, "Boris", &client).await;
    assert!(
        call(&server, &boris.access).await.is_ok(),
        "a new sign-in mends every connection"
    );
    assert!(!metrics(&server.team).contains("ended_grants_total"));
}
