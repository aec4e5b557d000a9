//! Requests of clients for a sign-in.

use std::time::Duration;

use futures_util::future::join_all;

use super::request_of;
use crate::team::secret_value::{Kind, SecretValue};
use crate::team::store::records::{Begun, Client, Purpose, SignIn};
use crate::team::store::{MAX_PENDING_PER_ADDRESS, Store};
use crate::team::test_support::{PUBLIC_URL, TestServer};

#[tokio::test]
async fn n25_an_unknown_client_or_redirect_address_gets_a_page_and_no_redirect() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    for (name, value) in [
        ("client_id", "unknown"),
        ("client_id", ""),
        ("redirect_uri", "https://evil.example/callback"),
        ("redirect_uri", "http://localhost:3118/callback/../other"),
        ("redirect_uri", ""),
    ] {
        let page = browser.open(&client.authorize_url_with(name, value)).await;
        assert_eq!((page.status, page.goes_on_to()), (400, None), "{name}={value}");
        assert!(!page.html.contains("evil.example"), "{}", page.html);
        assert_eq!(browser.cookie_header(PUBLIC_URL), "");
    }
}

#[tokio::test]
async fn n26_a_client_gets_its_code_at_the_loopback_port_that_it_listens_at_now() {
    let server = TestServer::start().await;
    let client = server.client_at("Codex", "http://127.0.0.1:1/callback").await;
    let mut browser = server.browser();
    let url = client.authorize_url_with("redirect_uri", "http://127.0.0.1:54321/callback");
    let end = browser.sign_in_until_end("Anna", &url).await;
    assert!(
        end.goes_on_to()
            .unwrap()
            .starts_with("http://127.0.0.1:54321/callback?code=")
    );
    let kept = request_of(&server, &end.parameter("code").unwrap()).await;
    assert_eq!(kept.redirect_uri, "http://127.0.0.1:54321/callback");
    for other in [
        "http://127.0.0.1:1/other",
        "http://localhost:1/callback",
        "https://127.0.0.1:1/callback",
        "http://127.0.0.1:1/callback?a=1",
    ] {
        let page = browser.open(&client.authorize_url_with("redirect_uri", other)).await;
        assert_eq!((page.status, page.goes_on_to()), (400, None), "{other}");
    }
}

#[tokio::test]
async fn n27_n28_other_errors_go_to_the_client_with_its_state_and_our_issuer() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    for (name, value, error) in [
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("resource", "https://other.example/mcp", "invalid_target"),
        ("resource", "http://127.0.0.1:8024/mcp#x", "invalid_target"),
        ("prompt", "none", "login_required"),
    ] {
        let answer = browser.open(&client.authorize_url_with(name, value)).await;
        assert_eq!(answer.status, 303, "{name}={value}");
        assert!(
            answer
                .goes_on_to()
                .unwrap()
                .starts_with("http://localhost:3118/callback?error=")
        );
        for (parameter, expected) in [
            ("error", Some(error.to_owned())),
            ("state", Some(client.state.clone())),
            ("iss", Some(PUBLIC_URL.to_owned())),
            ("code", None),
        ] {
            assert_eq!(answer.parameter(parameter), expected, "{name}={value}: {parameter}");
        }
    }
    assert_eq!(browser.cookie_header(PUBLIC_URL), "", "no sign-in has begun");
}

#[tokio::test]
async fn n28_our_resource_is_accepted_in_each_spelling() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    for resource in ["HTTP://127.0.0.1:8024/mcp", "http://127.0.0.1:8024/mcp/"] {
        let page = server
            .browser()
            .open(&client.authorize_url_with("resource", resource))
            .await;
        assert_eq!(page.status, 200, "{resource}");
        assert!(page.hidden("handle").is_some());
    }
}

#[tokio::test]
async fn n29_a_parameter_that_occurs_twice_gets_a_page() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let url = client.authorize_url();
    for (name, _) in client.parameters() {
        for value in ["x", ""] {
            let page = server.browser().open(&format!("{url}&{name}={value}")).await;
            assert_eq!((page.status, page.goes_on_to()), (400, None), "{name}={value}");
        }
    }
}

#[tokio::test]
async fn n30_a_redirect_address_with_parameters_of_a_response_has_each_exactly_once() {
    let server = TestServer::start().await;
    let own = "https://client.example/callback?iss=https%3A%2F%2Fevil.example&code=1&state=2&error=3&tenant=a%20b";
    let client = server.client_at("A client", own).await;
    let end = server
        .browser()
        .sign_in_until_end("Anna", &client.authorize_url())
        .await;
    let target = end.goes_on_to().unwrap();
    assert!(
        target.starts_with("https://client.example/callback?tenant=a%20b&code=b24c_"),
        "{target}"
    );
    assert_eq!(end.parameter("iss").as_deref(), Some(PUBLIC_URL));
    assert_eq!(end.parameter("state"), Some(client.state));
    assert_eq!(end.parameter("error"), None);
}

#[tokio::test]
async fn n35_the_name_of_a_client_is_shown_as_text() {
    let server = TestServer::start().await;
    let client = server
        .client(&format!("<script>alert(1)</script>{}", "x".repeat(10_000)))
        .await;
    let page = server.browser().open(&client.authorize_url()).await;
    assert_eq!(page.status, 200);
    assert!(
        page.html.contains("&lt;script&gt;") && !page.html.contains("<script"),
        "{}",
        page.html
    );
    assert!(!page.html.contains(&"x".repeat(1_000)));
}

#[tokio::test]
async fn n52_without_a_resource_the_sign_in_is_for_ours() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let url = client.authorize_url_with("resource", "");
    let end = server.browser().sign_in_until_end("Boris", &url).await;
    let kept = request_of(&server, &end.parameter("code").unwrap()).await;
    assert_eq!(kept.resource, format!("{PUBLIC_URL}/mcp"));
}

#[tokio::test]
async fn n09_without_the_store_there_is_a_page_and_the_client_is_not_forgotten() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    for operation in ["client", "begin_sign_in"] {
        server.store.break_off(operation);
        let page = server.browser().open(&client.authorize_url()).await;
        assert_eq!((page.status, page.goes_on_to()), (503, None), "{operation}");
        server.store.repair();
    }
    assert_eq!(server.browser().open(&client.authorize_url()).await.status, 200);
}

#[tokio::test]
async fn n85_beyond_a_thousand_pending_sign_ins_of_one_address_others_can_still_sign_in() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let mut crowd = server.browser();
    crowd.address = "192.0.2.1".parse().unwrap();
    let pending = (0..MAX_PENDING_PER_ADDRESS).map(|_| async {
        let [handle, form_key] = [Kind::Handle, Kind::FormKey].map(|kind| SecretValue::random(kind).unwrap().digest());
        let sign_in = SignIn {
            handle,
            form_key,
            address: "192.0.2.1".parse().unwrap(),
            purpose: Purpose::StartPage,
        };
        let begun = server.store.begin_sign_in(sign_in, Duration::from_secs(600)).await;
        assert_eq!(begun.unwrap(), Begun::Kept);
    });
    join_all(pending).await;
    let page = crowd.open(&client.authorize_url()).await;
    assert_eq!((page.status, page.goes_on_to()), (429, None));
    server.browser().sign_in_as("Anna", &client).await;
}

#[tokio::test]
async fn a_scope_that_is_unknown_or_missing_becomes_ours() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    for scope in ["", "openid profile offline_access", "mail.recipients offline_access"] {
        let url = client.authorize_url_with("scope", scope);
        let end = server.browser().sign_in_until_end("Anna", &url).await;
        let kept = request_of(&server, &end.parameter("code").unwrap()).await;
        assert_eq!(kept.scope, "mail.recipients", "{scope}");
    }
}

#[tokio::test]
async fn a_client_without_an_address_that_may_be_registered_cannot_sign_anyone_in() {
    let server = TestServer::start().await;
    let redirect_uri = "javascript:alert(1)";
    let client = crate::team::test_support::TestClient {
        id: "an old row".to_owned(),
        redirect_uri: redirect_uri.to_owned(),
        ..server.client("Other").await
    };
    let row = Client {
        id: client.id.clone(),
        name: "Old".to_owned(),
        redirect_uris: vec![redirect_uri.to_owned()],
    };
    server.store.add_client(row).await.unwrap();
    let page = server.browser().open(&client.authorize_url()).await;
    assert_eq!((page.status, page.goes_on_to()), (400, None));
}
