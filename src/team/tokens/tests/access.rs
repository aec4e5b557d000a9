//! Tests of the check of access tokens.

use std::time::Duration;

use tokio::time::Instant;

use super::support::{
    Refused, ask, call, employee, form, id_of, metrics, refresh_form, request, sign_in, steered, turned_away,
};
use crate::team::records::{ClientRequest, CompletedSignIn, EndReason, NewTokens, Redeemed, SignInResult};
use crate::team::secret_value::{Kind, SecretValue};
use crate::team::store::Store;
use crate::team::store::suite::{arriving, complete};
use crate::team::test_support::{TestServer, portal_settings};
use crate::team::tokens::recent_sessions::MAX_AGE;
use crate::team::{Answer, Lifetimes, Unauthenticated};

#[tokio::test]
async fn n02_n81_only_a_live_access_token_is_let_in() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let mut browser = server.browser();
    let code = browser.sign_in_as("Anna", &client).await;
    let tokens = ask(&server.team, &client.code_form(&code)).await.unwrap();
    let other_case = tokens.access.to_ascii_uppercase();
    let unknown = format!("b24a_{}", "A".repeat(43));
    let renamed = tokens.refresh.replace("b24r_", "b24a_");
    for wrong in ["", "garbage", &unknown, &tokens.refresh, &renamed, &code, &other_case] {
        let refused = server.team.authenticate(wrong).await.err();
        assert_eq!(refused, Some(Unauthenticated::Invalid), "{wrong}");
    }
    let anna = employee(&server, &tokens.access).await;
    assert_eq!(id_of(&anna).user_id, 1);
}

#[tokio::test]
async fn n02_an_access_token_that_has_expired_is_not_let_in() {
    let server = TestServer::with_lifetimes(Lifetimes {
        access_token: Duration::ZERO,
        ..Lifetimes::default()
    })
    .await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let refused = server.team.authenticate(&tokens.access).await.err();
    assert_eq!(refused, Some(Unauthenticated::Invalid));
}

#[tokio::test]
async fn n07_a_token_for_another_public_address_is_not_let_in() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let anna = id_of(&employee(&server, &tokens.access).await);
    let [code, access, refresh] =
        [Kind::Code, Kind::AccessToken, Kind::RefreshToken].map(|kind| SecretValue::random(kind).unwrap());
    let completed = CompletedSignIn {
        handle: arriving(server.store.as_ref()).await,
        employee: anna,
        name: "Anna".into(),
        pair: None,
        result: SignInResult::Grant {
            request: ClientRequest {
                client_id: client.id.clone(),
                client_name: "Codex".into(),
                redirect_uri: client.redirect_uri.clone(),
                state: None,
                challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into(),
                resource: "https://before.example.com/mcp".into(),
                scope: "mail.recipients".into(),
            },
            code: code.digest(),
            lives: Duration::from_secs(60),
        },
    };
    complete(server.store.as_ref(), completed).await;
    let new = NewTokens {
        access: access.digest(),
        refresh: refresh.digest(),
    };
    let redeemed = server.store.redeem_code(code.digest(), new, Lifetimes::default()).await;
    assert_eq!(redeemed, Ok(Redeemed::Issued));
    let refused = server.team.authenticate(access.expose()).await.err();
    assert_eq!(refused, Some(Unauthenticated::Invalid));
    let refreshed = ask(&server.team, &refresh_form(&client, refresh.expose())).await;
    assert_eq!(refreshed, super::support::refused("invalid_grant"));
}

#[tokio::test]
async fn n09_while_the_store_is_away_nobody_is_told_to_sign_in() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    store.break_off("*");
    let refused = server.team.authenticate(&tokens.access).await.err();
    assert_eq!(refused, Some(Unauthenticated::Unavailable), "never checked here");
    let form = refresh_form(&client, &tokens.refresh);
    let Answer::Json {
        status,
        body,
        retry_after,
    } = server.team.token(request(&form)).await
    else {
        panic!("no JSON");
    };
    assert_eq!((status, &body["error"]), (503, &"temporarily_unavailable".into()));
    assert!(retry_after.is_some());
    store.repair();
    assert!(call(&server, &tokens.access).await.is_ok());
    assert!(ask(&server.team, &form).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn n09_a_call_goes_on_for_seconds_after_its_token_was_checked_while_the_store_is_away() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    assert!(call(&server, &tokens.access).await.is_ok());
    store.break_off("*");
    tokio::time::advance(MAX_AGE - Duration::from_secs(1)).await;
    assert!(call(&server, &tokens.access).await.is_ok());
    assert!(metrics(&server.team).contains("mcp_team_unchecked_calls_total 1"));
    // The call without the store has not begun the seconds anew.
    tokio::time::advance(Duration::from_secs(1)).await;
    let refused = Err(Refused::AtTheDoor(Unauthenticated::Unavailable));
    assert_eq!(call(&server, &tokens.access).await, refused);
    store.repair();
    assert!(call(&server, &tokens.access).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn n09_a_store_that_is_silent_delays_a_checked_call_by_a_second() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    assert!(call(&server, &tokens.access).await.is_ok());
    store.silence("session");
    let began = Instant::now();
    assert!(call(&server, &tokens.access).await.is_ok());
    assert_eq!(began.elapsed().as_secs(), 1);
    tokio::time::advance(MAX_AGE).await;
    let waiting = tokio::time::timeout(Duration::from_secs(60), server.team.authenticate(&tokens.access));
    assert!(waiting.await.is_err(), "the store's own limit holds");
}

#[tokio::test(start_paused = true)]
async fn n09_what_has_ended_does_not_go_on_without_the_store() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let [first, second] = [
        sign_in(&server, "Anna", &client).await,
        sign_in(&server, "Boris", &client).await,
    ];
    for tokens in [&first, &second] {
        assert!(call(&server, &tokens.access).await.is_ok());
    }
    // Ended by another process: this one has asked once since.
    let anna = id_of(&employee(&server, &first.access).await);
    store.end_employee(&anna, EndReason::Operator).await.unwrap();
    assert_eq!(call(&server, &first.access).await, turned_away());
    // Ended by this process: nobody has asked since.
    let form = form(&[("token", &second.refresh), ("client_id", &client.id)]);
    assert_eq!(server.team.revoke(request(&form)).await.status(), 200);
    store.break_off("*");
    let refused = Err(Refused::AtTheDoor(Unauthenticated::Unavailable));
    for tokens in [&first, &second] {
        assert_eq!(call(&server, &tokens.access).await, refused);
    }
}

#[tokio::test(start_paused = true)]
async fn n09_a_call_without_the_store_refreshes_no_tokens_of_the_portal() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    assert!(call(&server, &tokens.access).await.is_ok());
    store.break_off("*");
    server.demo.expire_access(1);
    assert!(call(&server, &tokens.access).await.is_err());
    store.repair();
    assert!(call(&server, &tokens.access).await.is_ok());
}

#[tokio::test]
async fn an_access_token_costs_one_look_up() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    for _ in 0..3 {
        call(&server, &tokens.access).await.unwrap();
    }
    assert_eq!(store.count("session"), 3);
    assert_eq!(store.count("pair") + store.count("lease"), 0);
}
