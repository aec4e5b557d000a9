//! Tests of the exchange of a refresh token.

use std::time::Duration;

use futures_util::future::join_all;

use super::support::{ask, call, metrics, refresh_form, refused, sign_in, steered, turned_away, with};
use crate::team::Lifetimes;
use crate::team::test_support::{TestServer, portal_settings};

#[tokio::test]
async fn n53_five_refreshes_at_once_with_one_token_all_work() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let first = sign_in(&server, "Anna", &client).await;
    let form = refresh_form(&client, &first.refresh);
    let all = join_all((0..5).map(|_| ask(&server.team, &form))).await;
    for tokens in all {
        let tokens = tokens.unwrap();
        assert!(call(&server, &tokens.access).await.is_ok());
        let next = ask(&server.team, &refresh_form(&client, &tokens.refresh))
            .await
            .unwrap();
        assert!(call(&server, &next.access).await.is_ok());
    }
    let metrics = metrics(&server.team);
    assert!(metrics.contains(r#"outcome="repeated",client="codex"} 4"#), "{metrics}");
    assert_eq!(server.demo.refreshes(), 0, "a client's refresh never calls the portal");
}

#[tokio::test]
async fn n54_an_old_token_works_within_its_grace() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let first = sign_in(&server, "Anna", &client).await;
    let form = refresh_form(&client, &first.refresh);
    let second = ask(&server.team, &form).await.unwrap();
    let again = ask(&server.team, &form).await.unwrap();
    assert_ne!(second, again);
    for tokens in [second, again] {
        assert!(call(&server, &tokens.access).await.is_ok());
    }
}

#[tokio::test]
async fn n54_after_the_grace_an_old_token_ends_its_own_sign_in_and_no_other() {
    let server = TestServer::with_lifetimes(Lifetimes {
        refresh_grace: Duration::ZERO,
        ..Lifetimes::default()
    })
    .await;
    let client = server.client("Codex").await;
    let other_device = sign_in(&server, "Anna", &client).await;
    let first = sign_in(&server, "Anna", &client).await;
    let form = refresh_form(&client, &first.refresh);
    let second = ask(&server.team, &form).await.unwrap();
    assert!(call(&server, &second.access).await.is_ok());
    assert_eq!(ask(&server.team, &form).await, refused("invalid_grant"));
    assert_eq!(call(&server, &second.access).await, turned_away());
    let next = ask(&server.team, &refresh_form(&client, &second.refresh)).await;
    assert_eq!(next, refused("invalid_grant"));
    assert!(call(&server, &other_device.access).await.is_ok());
    let metrics = metrics(&server.team);
    assert!(
        metrics.contains(r#"mcp_team_ended_grants_total{reason="replayed"} 1"#),
        "{metrics}"
    );
}

#[tokio::test]
async fn n55_one_token_has_at_most_eight_successors() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let first = sign_in(&server, "Anna", &client).await;
    let form = refresh_form(&client, &first.refresh);
    for _ in 0..8 {
        assert!(ask(&server.team, &form).await.is_ok());
    }
    assert_eq!(ask(&server.team, &form).await, refused("invalid_grant"));
    assert!(call(&server, &first.access).await.is_ok(), "nothing has ended");
}

#[tokio::test]
async fn n56_a_wrong_refresh_spends_nothing() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let stranger = server.client("Stranger").await;
    let first = sign_in(&server, "Anna", &client).await;
    let form = refresh_form(&client, &first.refresh);
    for (name, value, error) in [
        ("client_id", stranger.id.as_str(), "invalid_grant"),
        ("client_id", "unknown", "invalid_client"),
        ("resource", "https://other.example/mcp", "invalid_target"),
        ("scope", "mail.recipients mail.send", "invalid_scope"),
        ("refresh_token", first.access.as_str(), "invalid_grant"),
        ("refresh_token", "", "invalid_request"),
    ] {
        assert_eq!(
            ask(&server.team, &with(&form, name, value)).await,
            refused(error),
            "{name}={value}"
        );
    }
    assert!(ask(&server.team, &form).await.is_ok());
    let metrics = metrics(&server.team);
    assert!(
        metrics.contains(r#"grant_type="refresh_token",outcome="issued",client="codex"} 1"#),
        "{metrics}"
    );
    assert!(!metrics.contains(r#"outcome="repeated""#), "{metrics}");
}

/// Codex sends the scope again, and adds `offline_access` if a server lists it.
#[tokio::test]
async fn n57_a_refresh_with_the_same_scope_works() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let mut tokens = sign_in(&server, "Anna", &client).await;
    for scope in ["mail.recipients", "mail.recipients offline_access", "offline_access"] {
        let form = with(&refresh_form(&client, &tokens.refresh), "scope", scope);
        tokens = ask(&server.team, &form).await.unwrap();
        assert!(call(&server, &tokens.access).await.is_ok(), "{scope}");
    }
}

#[tokio::test]
async fn n58_a_client_whose_answer_was_lost_tries_again_with_the_old_token() {
    let (server, store) = steered(portal_settings()).await;
    let client = server.client("Codex").await;
    let first = sign_in(&server, "Anna", &client).await;
    let form = refresh_form(&client, &first.refresh);
    store.lose_answers_of("rotate");
    let lost = ask(&server.team, &form).await;
    assert_eq!(lost, Err((503, "temporarily_unavailable".to_owned())));
    store.repair();
    let tokens = ask(&server.team, &form).await.unwrap();
    assert!(call(&server, &tokens.access).await.is_ok());
}
