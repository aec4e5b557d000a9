//! Sign-ins that lead to the start page.

use secrecy::ExposeSecret;

use super::{access_token, connect, grants};
use crate::demo;
use crate::team::secret_value::{Kind, SecretValue};
use crate::team::store::Store;
use crate::team::test_support::{Browser, PUBLIC_URL, TestServer, portal_settings};

async fn signs_in(server: &TestServer, browser: &mut Browser<'_>, name: &str) -> Option<(u64, String)> {
    let page = browser.submit(&format!("{PUBLIC_URL}/sign-in"), &[]).await;
    let callback = browser.sign_in_at_portal(name, &page).await;
    let end = browser.open(&callback).await;
    assert_eq!(end.goes_on_to(), Some(format!("{PUBLIC_URL}/")));
    let header = browser.cookie_header(PUBLIC_URL);
    let value = header.strip_prefix("b24page=").unwrap_or_else(|| panic!("{header}"));
    let session = SecretValue::read(Kind::PageSession, value).unwrap();
    let known = server.store.page_session(session.digest()).await.unwrap();
    known.map(|(employee, name)| (employee.user_id, name))
}

#[tokio::test]
async fn the_start_page_knows_the_employee_and_keeps_no_tokens() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let known = signs_in(&server, &mut browser, "Carla").await;
    assert_eq!(known, Some((8, "Carla Moretti".to_owned())));
    assert_eq!(grants(&server).await, []);
    assert!(access_token(&server, 8).await.is_none());
}

/// If the portal ends the earlier tokens at every sign-in, a visit to the start page must not sign the clients out.
#[tokio::test]
async fn the_clients_of_an_employee_still_work_after_a_visit_to_the_start_page() {
    let server = TestServer::with(demo::Settings {
        ends_earlier_pairs: true,
        ..portal_settings()
    })
    .await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    connect(&server, &mut browser, "Anna", &client).await;
    let before = access_token(&server, 1).await.unwrap();
    signs_in(&server, &mut browser, "Anna").await.unwrap();
    let after = access_token(&server, 1).await.unwrap();
    assert_ne!(before.expose_secret(), after.expose_secret());
    assert_eq!(server.team.parts.application.profile(&after).await.unwrap().id, 1);
    assert_eq!(grants(&server).await.len(), 1);
}

#[tokio::test]
async fn another_browser_cannot_end_a_sign_in_to_the_start_page() {
    let server = TestServer::start().await;
    let (mut attacker, mut victim) = (server.browser(), server.browser());
    let page = attacker.submit(&format!("{PUBLIC_URL}/sign-in"), &[]).await;
    let callback = victim.sign_in_at_portal("Boris", &page).await;
    assert_eq!(victim.open(&callback).await.status, 403);
    assert_eq!(server.demo.code_exchanges(), 0);
}
