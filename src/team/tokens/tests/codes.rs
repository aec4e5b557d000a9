//! Tests of the exchange of a code.

use std::time::Duration;

use super::support::{Tokens, ask, call, metrics, refresh_form, refused, request, sign_in, turned_away, with};
use crate::team::test_support::TestServer;
use crate::team::{Answer, Lifetimes};

#[tokio::test]
async fn a_code_becomes_tokens_that_open_the_employees_own_book() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let code = server.browser().sign_in_as("Boris", &client).await;
    let Answer::Json { status, body, .. } = server.team.token(request(&client.code_form(&code))).await else {
        panic!("no JSON");
    };
    assert_eq!(status, 200);
    assert_eq!(
        (&body["token_type"], &body["expires_in"], &body["scope"]),
        (&"Bearer".into(), &3600.into(), &"mail.recipients".into())
    );
    let boris = call(&server, body["access_token"].as_str().unwrap()).await.unwrap();
    let anna = sign_in(&server, "Anna", &client).await;
    let anna = call(&server, &anna.access).await.unwrap();
    assert!(
        !anna.is_empty() && !boris.is_empty() && anna != boris,
        "{anna:?} {boris:?}"
    );
    let metrics = metrics(&server.team);
    let line = r#"mcp_team_token_requests_total{grant_type="authorization_code",outcome="issued",client="claude"} 2"#;
    assert!(metrics.contains(line), "{metrics}");
}

#[tokio::test]
async fn n47_a_wrong_request_spends_nothing() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let stranger = server.client("Stranger").await;
    let code = server.browser().sign_in_as("Anna", &client).await;
    let form = client.code_form(&code);
    for (name, value, error) in [
        ("client_id", stranger.id.as_str(), "invalid_grant"),
        ("client_id", "unknown", "invalid_client"),
        ("client_id", "", "invalid_request"),
        ("redirect_uri", "http://localhost:3118/other", "invalid_grant"),
        ("resource", "https://other.example/mcp", "invalid_target"),
        ("code_verifier", &"a".repeat(43), "invalid_grant"),
        ("code_verifier", &"a".repeat(42), "invalid_request"),
        ("code_verifier", "", "invalid_request"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("grant_type", "", "invalid_request"),
        ("code", &format!("b24c_{}", "A".repeat(43)), "invalid_grant"),
        ("code", "b24c_short", "invalid_grant"),
        ("code", &code.replace("b24c_", "b24r_"), "invalid_grant"),
        ("code", "", "invalid_request"),
    ] {
        let wrong = with(&form, name, value);
        assert_eq!(ask(&server.team, &wrong).await, refused(error), "{name}={value}");
    }
    for malformed in [
        format!("{form}&code={code}"),
        r#"{"grant_type":"authorization_code"}"#.to_owned(),
    ] {
        assert_eq!(
            ask(&server.team, &malformed).await,
            refused("invalid_request"),
            "{malformed}"
        );
    }
    let tokens = ask(&server.team, &form).await.unwrap();
    assert!(call(&server, &tokens.access).await.is_ok());
}

#[tokio::test]
async fn n48_a_second_use_with_full_proof_ends_what_the_first_has_issued() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let code = server.browser().sign_in_as("Anna", &client).await;
    let form = client.code_form(&code);
    let Tokens { access, refresh } = ask(&server.team, &form).await.unwrap();
    assert_eq!(ask(&server.team, &form).await, refused("invalid_grant"));
    assert_eq!(call(&server, &access).await, turned_away());
    let refreshed = ask(&server.team, &refresh_form(&client, &refresh)).await;
    assert_eq!(refreshed, refused("invalid_grant"));
    let metrics = metrics(&server.team);
    assert!(
        metrics.contains(r#"mcp_team_ended_grants_total{reason="replayed"} 1"#),
        "{metrics}"
    );
    assert!(metrics.contains(r#"outcome="replayed",client="codex"} 1"#), "{metrics}");
}

#[tokio::test]
async fn n49_a_second_use_without_proof_is_refused_and_the_tokens_live() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let stranger = server.client("Stranger").await;
    let code = server.browser().sign_in_as("Anna", &client).await;
    let form = client.code_form(&code);
    let tokens = ask(&server.team, &form).await.unwrap();
    for (name, value) in [
        ("client_id", stranger.id.as_str()),
        ("code_verifier", &"a".repeat(43)),
        ("redirect_uri", "http://localhost:3118/other"),
    ] {
        assert_eq!(
            ask(&server.team, &with(&form, name, value)).await,
            refused("invalid_grant"),
            "{name}"
        );
    }
    assert!(call(&server, &tokens.access).await.is_ok());
    assert!(ask(&server.team, &refresh_form(&client, &tokens.refresh)).await.is_ok());
}

#[tokio::test]
async fn n51_a_code_that_has_expired_is_refused() {
    let server = TestServer::with_lifetimes(Lifetimes {
        code: Duration::ZERO,
        ..Lifetimes::default()
    })
    .await;
    let client = server.client("Codex").await;
    let code = server.browser().sign_in_as("Anna", &client).await;
    assert_eq!(
        ask(&server.team, &client.code_form(&code)).await,
        refused("invalid_grant")
    );
}

#[tokio::test]
async fn n52_a_code_is_exchanged_without_a_resource_and_with_every_spelling_of_ours() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    for resource in ["", "http://127.0.0.1:8024/mcp", "HTTP://127.0.0.1:8024/mcp/"] {
        let mut browser = server.browser();
        let end = browser
            .sign_in_until_end("Anna", &client.authorize_url_with("resource", resource))
            .await;
        let form = client.code_form(&end.parameter("code").unwrap());
        let tokens = ask(&server.team, &with(&form, "resource", resource)).await.unwrap();
        assert!(call(&server, &tokens.access).await.is_ok(), "{resource}");
    }
}
