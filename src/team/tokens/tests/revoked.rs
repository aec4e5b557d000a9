//! Tests of the revocation endpoint.

use super::support::{ask, call, form, metrics, refresh_form, refused, request, sign_in, steered, turned_away};
use crate::team::store::Store;
use crate::team::test_support::{TestServer, portal_settings};

async fn revoke(server: &TestServer, pairs: &[(&str, &str)]) -> u16 {
    server.team.revoke(request(&form(pairs))).await.status()
}

#[tokio::test]
async fn n62_what_is_not_this_clients_is_answered_by_200_and_stays() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let stranger = server.client("Stranger").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let unknown = format!("b24r_{}", "A".repeat(43));
    for (client_id, token) in [
        (&stranger.id, &tokens.refresh),
        (&stranger.id, &tokens.access),
        (&client.id, &unknown),
        (&client.id, &"no token at all".to_owned()),
        (&"unknown".to_owned(), &tokens.refresh),
    ] {
        assert_eq!(
            revoke(&server, &[("client_id", client_id), ("token", token)]).await,
            200
        );
    }
    assert!(call(&server, &tokens.access).await.is_ok());
    assert!(ask(&server.team, &refresh_form(&client, &tokens.refresh)).await.is_ok());
    assert!(!metrics(&server.team).contains("ended_grants_total"));
    for malformed in [
        vec![("client_id", "c")],
        vec![("token", "t")],
        vec![("token", "t"), ("token", "t")],
    ] {
        assert_eq!(revoke(&server, &malformed).await, 400);
    }
}

#[tokio::test]
async fn n62_a_wrong_hint_does_not_matter() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let wrong = [
        ("client_id", client.id.as_str()),
        ("token", &tokens.refresh),
        ("token_type_hint", "access_token"),
    ];
    assert_eq!(revoke(&server, &wrong).await, 200);
    assert_eq!(call(&server, &tokens.access).await, turned_away());
}

/// Claude Code revokes the refresh token, then the access token, before it signs in again as the same client.
#[tokio::test]
async fn n63_a_client_revokes_both_tokens_and_signs_in_again() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    for token in [&tokens.refresh, &tokens.access] {
        assert_eq!(
            revoke(&server, &[("client_id", &client.id), ("token", token)]).await,
            200
        );
    }
    assert_eq!(call(&server, &tokens.access).await, turned_away());
    let refreshed = ask(&server.team, &refresh_form(&client, &tokens.refresh)).await;
    assert_eq!(refreshed, refused("invalid_grant"));
    let metrics = metrics(&server.team);
    assert!(
        metrics.contains(r#"mcp_team_ended_grants_total{reason="revoked"} 1"#),
        "{metrics}"
    );
    let again = sign_in(&server, "Anna", &client).await;
    assert!(call(&server, &again.access).await.is_ok());
}

#[tokio::test]
async fn an_access_token_is_revoked_alone() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let form = [("client_id", client.id.as_str()), ("token", &tokens.access)];
    assert_eq!(revoke(&server, &form).await, 200);
    assert_eq!(call(&server, &tokens.access).await, turned_away());
    let next = ask(&server.team, &refresh_form(&client, &tokens.refresh))
        .await
        .unwrap();
    assert!(call(&server, &next.access).await.is_ok());
}

/// All installs of a client with a metadata document have one client id.
#[tokio::test]
async fn n65_ending_one_install_of_a_client_ends_no_other() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let [laptop, desktop] = [
        sign_in(&server, "Anna", &client).await,
        sign_in(&server, "Anna", &client).await,
    ];
    let boris = sign_in(&server, "Boris", &client).await;
    let form = [("client_id", client.id.as_str()), ("token", &laptop.refresh)];
    assert_eq!(revoke(&server, &form).await, 200);
    assert_eq!(call(&server, &laptop.access).await, turned_away());
    assert!(call(&server, &desktop.access).await.is_ok());
    assert!(call(&server, &boris.access).await.is_ok());
}

#[tokio::test]
async fn the_last_grants_end_deletes_the_portals_tokens() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let anna = super::support::id_of(&super::support::employee(&server, &tokens.access).await);
    assert!(server.store.pair(&anna).await.unwrap().is_some());
    revoke(&server, &[("client_id", &client.id), ("token", &tokens.refresh)]).await;
    assert_eq!(server.store.pair(&anna).await.unwrap(), None);
}

#[tokio::test]
async fn n09_a_revocation_while_the_store_is_away_is_tried_again() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    store.break_off("*");
    let form = [("client_id", client.id.as_str()), ("token", &tokens.refresh)];
    assert_eq!(revoke(&server, &form).await, 503);
}
