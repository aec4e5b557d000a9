//! Sign-ins that begin at one server of a team and come back at another.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use super::{access_token, connect, grants};
use crate::demo;
use crate::team::store::Store;
use crate::team::store::records::EndReason;
use crate::team::store::suite::arriving;
use crate::team::test_support::{Browser, PUBLIC_URL, TestServer, portal_settings};

/// A server over a demo portal that ends an employee's earlier tokens with each sign-in.
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

/// Waits until the next sign-in is taken later than those before it: the clock of the store is not paused.
async fn until_another_millisecond(store: &dyn Store) {
    let newest = store.newest_arrival(None).await.unwrap();
    loop {
        let handle = arriving(store).await;
        let is_later = store.newest_arrival(None).await.unwrap() > newest;
        store.end_arrival(handle).await.unwrap();
        if is_later {
            return;
        }
    }
}

/// A second window of the same browser.
fn same_browser<'s>(server: &'s TestServer, browser: &Browser<'_>) -> Browser<'s> {
    let mut same = server.browser();
    let cookies = browser.cookie_header(PUBLIC_URL);
    for cookie in cookies.split("; ") {
        same.keep(PUBLIC_URL, &format!("{cookie}; Path=/"));
    }
    same
}

#[tokio::test]
async fn a_sign_in_that_one_server_began_is_finished_by_another() {
    let server = TestServer::start().await;
    let others = [server.second_team(), server.second_team()];
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    let consent = browser.open(&client.authorize_url()).await;
    browser.reach(&others[0]);
    let to_portal = browser.decide(&consent, "allow").await;
    let callback = browser.sign_in_at_portal("Anna", &to_portal).await;
    browser.reach(&others[1]);
    let code = browser.open(&callback).await.parameter("code").unwrap();
    server.redeem(&code).await;
    assert!(annas_token_works(&server).await);
}

#[tokio::test]
async fn n46_two_callbacks_with_one_state_make_one_exchange() {
    let server = TestServer::start().await;
    let other = server.second_team();
    let client = server.client("Claude Code (b24)").await;
    for is_at_another_server in [false, true].repeat(10) {
        let exchanged = server.demo.code_exchanges();
        let mut browser = server.browser();
        let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
        let mut same_browser = same_browser(&server, &browser);
        if is_at_another_server {
            same_browser.reach(&other);
        }
        let (one, other) = tokio::join!(browser.open(&callback), same_browser.open(&callback));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 400]);
        assert_eq!(server.demo.code_exchanges(), exchanged + 1);
    }
}

#[tokio::test]
async fn n64_the_end_of_all_ends_a_sign_in_whose_tokens_are_on_the_way() {
    for is_known in [false, true] {
        let server = server().await;
        let client = server.client("Claude Code (b24)").await;
        let mut browser = server.browser();
        if is_known {
            connect(&server, &mut browser, "Anna", &client).await;
        }
        let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
        let store = Arc::clone(&server.store);
        server.store.before("complete_sign_in", move || {
            async move { assert_eq!(store.end_all(EndReason::Operator).await, Ok(usize::from(is_known))) }.boxed()
        });
        let page = browser.open(&callback).await;
        assert_eq!((page.status, page.goes_on_to()), (400, None));
        assert!(page.html.contains("This sign-in is over"), "{}", page.html);
        assert!(server.team.finish(Duration::from_secs(60)).await);
        assert!(access_token(&server, 1).await.is_none());
        assert_eq!(grants(&server).await, []);
        connect(&server, &mut browser, "Anna", &client).await;
        assert!(annas_token_works(&server).await);
    }
}

#[tokio::test(start_paused = true)]
async fn n64_the_end_of_all_ends_a_sign_in_whose_tokens_wait_for_the_store() {
    let server = server().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    connect(&server, &mut browser, "Anna", &client).await;
    let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
    server.store.break_off("complete_sign_in");
    server.store.break_off("save_arrival");
    assert_eq!(browser.open(&callback).await.status, 503);
    assert_eq!(server.store.end_all(EndReason::Operator).await.unwrap(), 1);
    server.store.repair();
    assert!(server.team.finish(Duration::from_secs(5)).await);
    assert!(access_token(&server, 1).await.is_none());
}

/// The portal ends the tokens of the first sign-in with the second, which another server completes before it.
#[tokio::test(start_paused = true)]
async fn n72_of_two_sign_ins_at_two_servers_the_pair_of_the_later_one_stays() {
    let server = server().await;
    let other = server.second_team();
    let client = server.client("Claude Code (b24)").await;
    let mut first = server.browser();
    let of_first = first.sign_in_until_callback("Anna", &client.authorize_url()).await;
    let mut second = server.browser();
    let of_second = second.sign_in_until_callback("Anna", &client.authorize_url()).await;
    second.reach(&other);
    server.store.before("complete_sign_in", || {
        async { tokio::time::sleep(Duration::from_secs(2)).await }.boxed()
    });
    let exchanged = server.demo.code_exchanges();
    let (first, second) = tokio::join!(first.open(&of_first), async {
        server.demo.wait_until(|demo| demo.code_exchanges() > exchanged).await;
        until_another_millisecond(&*server.store).await;
        let page = second.open(&of_second).await;
        assert!(annas_token_works(&server).await);
        page
    });
    assert!(annas_token_works(&server).await);
    for page in [first, second] {
        server.redeem(&page.parameter("code").unwrap()).await;
    }
    assert_eq!(grants(&server).await.len(), 2);
    assert_eq!(server.store.newest_arrival(None).await, Ok(None));
}

#[tokio::test]
async fn n45_a_sign_in_that_fails_is_not_under_way_any_more() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    for fault in ["invalid-grant", "oauth-down", "unnamed-employee", "other-portal"] {
        let mut browser = server.browser();
        let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
        server.demo.set_fault(crate::team::test_support::fault(fault));
        assert_eq!(browser.open(&callback).await.goes_on_to(), None, "{fault}");
        server.demo.set_fault(None);
        let under_way = server.store.newest_arrival(None).await.unwrap();
        assert_eq!(under_way, None, "{fault}");
    }
}
