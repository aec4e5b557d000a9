//! Tests of the check of access tokens.

use std::time::Duration;

use super::support::{ask, call, employee, id_of, refresh_form, request, sign_in, steered};
use crate::team::records::{ClientRequest, CompletedSignIn, NewTokens, Redeemed, SignInResult};
use crate::team::secret_value::{Kind, SecretValue};
use crate::team::store::Store;
use crate::team::store::suite::{arriving, complete};
use crate::team::test_support::{TestServer, portal_settings};
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
    assert_eq!(refused, Some(Unauthenticated::Unavailable));
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
