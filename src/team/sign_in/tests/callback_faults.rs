//! The return from the portal when the portal, its authorization server or the store fails, or refuses the employee.

use super::{MEMBER_ID, access_token, connect, grants};
use crate::demo::DemoPortal;
use crate::portal::EmployeeId;
use crate::team::store::Store;
use crate::team::store::records::{CompletedSignIn, SealedPair, SignInResult};
use crate::team::store::suite::arriving;
use crate::team::test_support::{PUBLIC_URL, TestServer, fault, portal_settings};

/// The status of the page for Boris, if this happens while he signs in; afterwards nothing is kept.
async fn status_if(server: &TestServer, what: impl FnOnce(&DemoPortal)) -> (u16, String) {
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    let callback = browser.sign_in_until_callback("Boris", &client.authorize_url()).await;
    what(&server.demo);
    let page = browser.open(&callback).await;
    assert_eq!(page.goes_on_to(), None, "{}", page.html);
    assert!(access_token(server, 7).await.is_none());
    server.demo.set_fault(None);
    let again = browser.open(&callback).await;
    assert_ne!(again.status, 303, "the sign-in is gone");
    (page.status, page.html)
}

#[tokio::test]
async fn n42_n45_a_wrong_or_missing_answer_of_the_authorization_server_ends_the_sign_in_and_nothing_is_kept() {
    for (name, status) in [
        ("other-portal", 403),
        ("unnamed-employee", 502),
        ("oauth-html", 502),
        ("oauth-huge", 502),
        ("oauth-redirect", 502),
        ("oauth-garbage", 502),
        ("oauth-down", 502),
        ("payment-required", 502),
        ("invalid-client", 502),
        ("wrong-client", 502),
        ("not-installed", 502),
        ("removed-application", 502),
        ("invalid-grant", 400),
        ("dismissed-employee", 403),
        ("excluded-employee", 403),
    ] {
        let server = TestServer::start().await;
        let (got, html) = status_if(&server, |demo| demo.set_fault(fault(name))).await;
        assert_eq!(got, status, "{name}: {html}");
        for hidden in [MEMBER_ID, "other-portal.invalid", "renamed.example", "dem0"] {
            assert!(!html.contains(hidden), "{name} shows {hidden}");
        }
        assert_eq!(
            server.store.pin_member_id("first").await.unwrap(),
            "first",
            "{name} pins no portal"
        );
        assert!(access_token(&server, 7).await.is_none(), "{name}");
    }
}

#[tokio::test]
async fn n42_tokens_of_another_portal_are_refused_once_this_one_is_known() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    connect(&server, &mut server.browser(), "Anna", &client).await;
    let mut browser = server.browser();
    let callback = browser.sign_in_until_callback("Boris", &client.authorize_url()).await;
    server.demo.set_fault(fault("other-member"));
    let page = browser.open(&callback).await;
    assert_eq!((page.status, page.goes_on_to()), (403, None));
    assert!(access_token(&server, 7).await.is_none());
    assert_eq!(grants(&server).await.len(), 1, "Anna stays signed in");
    server.demo.set_fault(None);
    server.browser().sign_in_as("Boris", &client).await;
}

#[tokio::test]
async fn an_employee_who_may_not_use_the_application_gets_the_reason() {
    for (name, bar) in [
        ("excluded", (|demo| demo.exclude(7)) as fn(&DemoPortal)),
        ("removed", DemoPortal::remove_application),
        ("dismissed", |demo| demo.dismiss(7)),
    ] {
        let server = TestServer::start().await;
        let (status, html) = status_if(&server, bar).await;
        let expected = match name {
            "excluded" => (403, "Your account may not use this server"),
            "removed" => (502, "The portal does not accept this server"),
            // The authorization server says no more than that the code is no good.
            _ => (400, "This sign-in is over"),
        };
        assert_eq!(status, expected.0, "{name}");
        assert!(html.contains(expected.1), "{name}: {html}");
    }
}

#[tokio::test]
async fn n45_when_the_exchange_is_down_the_page_says_to_try_again_and_that_works() {
    let server = TestServer::start().await;
    let (_, html) = status_if(&server, |demo| demo.set_fault(fault("oauth-down"))).await;
    assert!(html.contains("Try again"), "{html}");
    let client = server.client_at("Another", "http://localhost:1/").await;
    server.browser().sign_in_as("Boris", &client).await;
}

#[tokio::test(start_paused = true)]
async fn n45_an_authorization_server_that_does_not_answer_is_not_waited_for_without_end() {
    for name in ["oauth-hang", "oauth-slow"] {
        let server = TestServer::in_process(portal_settings()).await;
        let begun = tokio::time::Instant::now();
        let (status, _) = status_if(&server, |demo| demo.set_fault(fault(name))).await;
        assert_eq!(status, 502, "{name}");
        assert!(begun.elapsed().as_secs() <= 16, "{name}: {:?}", begun.elapsed());
    }
}

/// `profile` fails, but the authorization server named the employee.
#[tokio::test]
async fn a_name_that_cannot_be_had_does_not_end_the_sign_in() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    let callback = browser.sign_in_until_callback("Boris", &client.authorize_url()).await;
    server.demo.set_fault(fault("html-502"));
    let code = browser.open(&callback).await.parameter("code").unwrap();
    server.redeem(&code).await;
    assert_eq!(
        grants(&server).await,
        [(7, String::new(), "Claude Code (b24)".to_owned())]
    );
    server.demo.set_fault(None);
    connect(&server, &mut browser, "Boris", &client).await;
    assert_eq!(grants(&server).await[0].1, "Boris Keller");
}

#[tokio::test]
async fn n09_a_store_that_stops_during_a_sign_in_gets_a_page() {
    for (operation, is_exchanged) in [
        ("take_sign_in", false),
        ("pin_member_id", true),
        ("next_version", true),
        ("complete_sign_in", true),
    ] {
        let server = TestServer::start().await;
        let client = server.client("Claude Code (b24)").await;
        let mut browser = server.browser();
        let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
        server.store.break_off(operation);
        let page = browser.open(&callback).await;
        assert_eq!((page.status, page.goes_on_to()), (503, None), "{operation}");
        assert_eq!(server.demo.code_exchanges(), usize::from(is_exchanged), "{operation}");
        server.store.repair();
        assert!(access_token(&server, 1).await.is_none(), "{operation}: nothing is kept");
        let is_signed_in = browser.open(&callback).await.status == 303;
        assert_eq!(is_signed_in, !is_exchanged, "{operation}: the sign-in was not taken");
    }
}

/// Another sign-in of the same employee gets its pair into the store between the sealing and the keeping.
#[tokio::test]
async fn a_pair_that_was_overtaken_is_sealed_again() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    server.browser().sign_in_as("Anna", &client).await;
    let employee = EmployeeId {
        member_id: MEMBER_ID.into(),
        user_id: 1,
    };
    let next = server.store.next_version(&employee).await.unwrap();
    for version in next..next + 3 {
        server.store.overtake(CompletedSignIn {
            handle: arriving(server.store.as_ref()).await,
            employee: employee.clone(),
            name: "Anna".to_owned(),
            pair: Some(SealedPair {
                version,
                key_id: "other".to_owned(),
                sealed: vec![0; 40],
            }),
            result: SignInResult::PageSession {
                session: crate::team::secret_value::SecretValue::random(crate::team::secret_value::Kind::PageSession)
                    .unwrap()
                    .digest(),
                lives: std::time::Duration::from_secs(60),
            },
        });
    }
    server.browser().sign_in_as("Anna", &client).await;
    assert_eq!(server.store.pair(&employee).await.unwrap().unwrap().version, next + 3);
    let token = access_token(&server, 1).await.unwrap();
    assert_eq!(server.team.parts.application.profile(&token).await.unwrap().id, 1);
}

#[tokio::test]
async fn pages_speak_the_language_of_the_browser() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    browser.accept_language = "ru-RU,ru;q=0.9,en;q=0.8";
    for path in ["authorize", "callback"] {
        let page = browser.open(&format!("{PUBLIC_URL}/oauth/{path}")).await;
        assert!(page.html.contains("lang=\"ru\""), "{}", page.html);
    }
    let page = browser.submit(&format!("{PUBLIC_URL}/oauth/consent"), &[]).await;
    assert!(page.html.contains("lang=\"ru\""), "{}", page.html);
}
