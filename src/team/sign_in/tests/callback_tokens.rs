//! The return from the portal, when the new tokens are late to reach the store. The portal has ended the earlier ones.

use std::time::Duration;

use secrecy::ExposeSecret;

use super::{access_token, connect, grants};
use crate::demo;
use crate::team::test_support::{TestServer, portal_settings};

async fn server() -> TestServer {
    TestServer::in_process(demo::Settings {
        ends_earlier_pairs: true,
        ..portal_settings()
    })
    .await
}

/// True if the portal accepts the access token that the store keeps for Anna.
async fn annas_token_works(server: &TestServer) -> bool {
    let token = access_token(server, 1).await.unwrap();
    server.team.parts.application.profile(&token).await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn tokens_that_the_store_cannot_keep_are_saved_once_it_answers() {
    for operation in ["pin_member_id", "next_version", "complete_sign_in"] {
        let server = server().await;
        let client = server.client("Claude Code (b24)").await;
        let mut browser = server.browser();
        connect(&server, &mut browser, "Anna", &client).await;
        let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
        server.store.break_off(operation);
        server.store.break_off("save_arrival");
        let page = browser.open(&callback).await;
        assert_eq!((page.status, page.goes_on_to()), (503, None), "{operation}");
        assert!(!annas_token_works(&server).await, "{operation}");
        assert!(!server.team.finish(Duration::from_secs(60)).await, "{operation}");
        assert!(server.store.count("next_version") > 10, "{operation}");
        server.store.repair();
        assert!(server.team.finish(Duration::from_secs(2)).await, "{operation}");
        assert!(annas_token_works(&server).await, "{operation}");
        assert_eq!(
            grants(&server).await.len(),
            1,
            "{operation}: the failed sign-in has no grant"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_that_a_newer_sign_in_has_ended_are_not_saved() {
    let server = server().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    connect(&server, &mut browser, "Anna", &client).await;
    let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
    server.store.break_off("complete_sign_in");
    server.store.break_off("save_arrival");
    assert_eq!(browser.open(&callback).await.status, 503);
    server.store.repair();
    server.store.break_off("save_arrival");
    connect(&server, &mut browser, "Anna", &client).await;
    server.store.repair();
    assert!(server.team.finish(Duration::from_secs(2)).await);
    assert!(annas_token_works(&server).await);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_tried_for_ever() {
    let server = server().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    connect(&server, &mut browser, "Anna", &client).await;
    let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
    server.store.break_off("complete_sign_in");
    server.store.break_off("save_arrival");
    assert_eq!(browser.open(&callback).await.status, 503);
    assert!(!server.team.finish(Duration::from_secs(590)).await);
    assert!(server.team.finish(Duration::from_secs(20)).await);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_waits_for_the_tokens_of_a_browser_that_has_left() {
    let server = server().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    connect(&server, &mut browser, "Anna", &client).await;
    let before = access_token(&server, 1).await.unwrap();
    let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
    let exchanged = server.demo.code_exchanges();
    server.demo.hold_tokens();
    tokio::select! {
        biased;
        page = browser.open(&callback) => panic!("the browser got {}", page.status),
        () = server.demo.wait_until(|demo| demo.code_exchanges() > exchanged) => {}
    }
    let in_time = server.team.finish(Duration::from_secs(5)).await;
    assert!(!in_time, "the exchange is under way");
    server.demo.release_answers();
    assert!(server.team.finish(Duration::from_secs(5)).await);
    let after = access_token(&server, 1).await.unwrap();
    assert_ne!(before.expose_secret(), after.expose_secret());
    assert!(annas_token_works(&server).await);
}
