//! Refreshes at one server of a team while an employee signs in at another.

use std::time::Duration;

use futures_util::FutureExt;

use super::support::{call, failed, metrics, sign_in, steered};
use crate::demo;
use crate::team::test_support::{TestServer, portal_settings};

/// A demo portal that ends an employee's earlier tokens with each sign-in.
fn ending() -> demo::Settings {
    demo::Settings {
        ends_earlier_pairs: true,
        ..portal_settings()
    }
}

async fn is_under_way(server: &TestServer) -> bool {
    use crate::team::store::Store;
    server.store.newest_arrival(None).await.unwrap().is_some()
}

#[tokio::test(start_paused = true)]
async fn n72_a_sign_in_that_is_completed_while_a_refresh_is_refused_ends_nobody() {
    for is_at_another_server in [false, true] {
        let (server, store) = steered(ending()).await;
        let other = server.second_team();
        let client = server.client("Codex").await;
        let tokens = sign_in(&server, "Anna", &client).await;
        let mut browser = server.browser();
        let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
        if is_at_another_server {
            browser.reach(&other);
        }
        let exchanged = server.demo.code_exchanges();
        store.before("complete_sign_in", || {
            async { tokio::time::sleep(Duration::from_secs(2)).await }.boxed()
        });
        let (page, called) = tokio::join!(browser.open(&callback), async {
            server.demo.wait_until(|demo| demo.code_exchanges() > exchanged).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
            call(&server, &tokens.access).await
        });
        assert!(page.parameter("code").is_some());
        assert!(called.is_ok(), "{called:?}");
        assert!(metrics(&server.team).contains(r#"portal_refreshes_total{outcome="refused"} 1"#));
        assert!(!metrics(&server.team).contains("ended_grants_total"));
        assert!(call(&server, &tokens.access).await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn n72_tokens_that_wait_for_the_store_at_another_server_end_nobody() {
    let (server, store) = steered(ending()).await;
    let other = server.second_team();
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    let mut browser = server.browser();
    let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
    browser.reach(&other);
    store.break_off("complete_sign_in");
    store.break_off("save_arrival");
    assert_eq!(browser.open(&callback).await.status, 503);
    let (called, ()) = tokio::join!(call(&server, &tokens.access), async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        store.repair();
    });
    assert!(called.is_ok(), "{called:?}");
    assert!(!metrics(&server.team).contains("ended_grants_total"));
    assert!(other.finish(Duration::ZERO).await && !is_under_way(&server).await);
}

/// A server that died between the portal's answer and the store leaves its sign-in behind.
#[tokio::test(start_paused = true)]
async fn a_sign_in_that_never_ends_is_waited_for_half_a_minute() {
    let (server, store) = steered(ending()).await;
    let client = server.client("Codex").await;
    let tokens = sign_in(&server, "Anna", &client).await;
    crate::team::store::suite::arriving(store.as_ref()).await;
    server.demo.set_fault(crate::team::test_support::fault("invalid-grant"));
    server.demo.expire_access(1);
    assert_eq!(call(&server, &tokens.access).await, failed("timed_out"));
    assert!(!metrics(&server.team).contains("ended_grants_total"));
    assert!(server.team.finish(Duration::from_secs(10)).await);
    assert!(metrics(&server.team).contains("ended_grants_total"));
}
