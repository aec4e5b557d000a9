//! The decision on the consent page.

use super::grants;
use crate::team::test_support::{Browser, PUBLIC_URL, Page, TestServer};

/// Names of the cookies of sign-ins that a browser has now.
fn cookies(browser: &Browser<'_>) -> Vec<String> {
    let header = browser.cookie_header(PUBLIC_URL);
    let names = header.split("; ").filter_map(|cookie| cookie.split_once('='));
    names.map(|(name, _)| name.to_owned()).collect()
}

fn form(consent: &Page, decision: &str) -> String {
    format!("handle={}&decision={decision}", consent.hidden("handle").unwrap())
}

const CONSENT: &str = "http://127.0.0.1:8024/oauth/consent";

#[tokio::test]
async fn n31_only_our_page_in_the_browser_that_got_it_decides() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let (mut victim, mut other) = (server.browser(), server.browser());
    let consent = victim.open(&client.authorize_url()).await;
    let rendered_elsewhere = other.open(&client.authorize_url()).await;

    let allow = form(&consent, "allow");
    for origin in [
        None,
        Some("null"),
        Some("https://evil.example"),
        Some("http://127.0.0.1:8025"),
        Some("http://127.0.0.1:8024/"),
    ] {
        let page = victim.send("POST", CONSENT, &allow, origin).await;
        assert_eq!((page.status, page.goes_on_to()), (403, None), "{origin:?}");
    }
    let page = server.browser().send("POST", CONSENT, &allow, Some(PUBLIC_URL)).await;
    assert_eq!((page.status, page.goes_on_to()), (403, None), "no cookie");
    let page = other.send("POST", CONSENT, &allow, Some(PUBLIC_URL)).await;
    assert_eq!(
        (page.status, page.goes_on_to()),
        (403, None),
        "the cookie of another rendering"
    );

    // The key of another rendering in the cookie of this one.
    let key = other.cookie_header(PUBLIC_URL).split_once('=').unwrap().1.to_owned();
    let name = cookies(&victim)[0].clone();
    let mut forger = server.browser();
    forger.keep(PUBLIC_URL, &format!("{name}={key}; Path=/"));
    let page = forger.send("POST", CONSENT, &allow, Some(PUBLIC_URL)).await;
    assert_eq!((page.status, page.goes_on_to()), (403, None), "another key");

    let page = victim.decide(&consent, "allow").await;
    assert!(
        page.goes_on_to().unwrap().starts_with(&server.demo.origin()),
        "nothing was decided before"
    );
    let page = other.decide(&rendered_elsewhere, "allow").await;
    assert!(page.goes_on_to().is_some());
}

#[tokio::test]
async fn n32_a_form_that_is_sent_twice_is_refused_the_second_time() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    for (first, second) in [
        ("allow", "allow"),
        ("allow", "refuse"),
        ("refuse", "allow"),
        ("refuse", "refuse"),
    ] {
        let mut browser = server.browser();
        let consent = browser.open(&client.authorize_url()).await;
        // As if the browser had not received the first answer.
        let cookie = browser.cookie_header(PUBLIC_URL);
        assert!(browser.decide(&consent, first).await.goes_on_to().is_some());
        browser.keep(PUBLIC_URL, &format!("{cookie}; Path=/"));
        let page = browser.decide(&consent, second).await;
        assert_eq!((page.status, page.goes_on_to()), (403, None), "{first}, {second}");
    }
}

#[tokio::test]
async fn n33_sign_ins_in_two_tabs_both_end_well() {
    let server = TestServer::start().await;
    let (claude, codex) = (server.client("Claude").await, server.client("Codex").await);
    let mut browser = server.browser();
    let one = browser.open(&claude.authorize_url()).await;
    let other = browser.open(&codex.authorize_url()).await;
    let other = browser.decide(&other, "allow").await;
    let one = browser.decide(&one, "allow").await;
    let other = browser.sign_in_at_portal("Anna", &other).await;
    let one = browser.sign_in_at_portal("Anna", &one).await;
    for callback in [one, other] {
        let end = browser.open(&callback).await;
        let code = end.parameter("code").unwrap_or_else(|| panic!("{}", end.html));
        server.redeem(&code).await;
    }
    let mut clients: Vec<_> = grants(&server).await.into_iter().map(|(_, _, client)| client).collect();
    clients.sort();
    assert_eq!(clients, ["Claude", "Codex"]);
    assert_eq!(cookies(&browser), [""; 0], "what is done leaves no cookie");
}

#[tokio::test]
async fn n33_many_tabs_leave_at_most_eight_cookies_and_the_newest_work() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    browser.keep(PUBLIC_URL, "theme=dark; Path=/");
    let mut tabs = Vec::new();
    for _ in 0..10 {
        tabs.push(browser.open(&client.authorize_url()).await);
        assert!(cookies(&browser).len() <= 9);
    }
    assert!(
        cookies(&browser).contains(&"theme".to_owned()),
        "a cookie of another program stays"
    );
    assert_eq!(browser.decide(&tabs[1], "allow").await.status, 403);
    for tab in &tabs[2..] {
        assert_eq!(browser.decide(tab, "allow").await.status, 200);
        assert_eq!(cookies(&browser).len(), 9);
    }
}

#[tokio::test]
async fn n36_a_refusal_goes_to_the_client_and_nothing_to_the_portal() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    let consent = browser.open(&client.authorize_url()).await;
    let page = browser.decide(&consent, "refuse").await;
    assert_eq!(page.status, 200, "a page, since a redirect after a form may be blocked");
    assert!(
        page.goes_on_to()
            .unwrap()
            .starts_with("http://localhost:3118/callback?")
    );
    assert_eq!(page.parameter("error").as_deref(), Some("access_denied"));
    assert_eq!(page.parameter("state"), Some(client.state));
    assert_eq!(page.parameter("iss").as_deref(), Some(PUBLIC_URL));
    assert_eq!(page.parameter("code"), None);
    assert_eq!(server.demo.request_count(), 0);
    assert_eq!(cookies(&browser), [""; 0]);
}

#[tokio::test]
async fn n37_the_page_is_shown_whatever_the_browser_has_approved_before() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    browser.sign_in_as("Anna", &client).await;
    let asked = server.demo.authorize_requests();
    // One sign-in has ended; another has been approved.
    let consent = browser.open(&client.authorize_url()).await;
    browser.decide(&consent, "allow").await;
    let page = browser.open(&client.authorize_url()).await;
    assert_eq!((page.status, page.goes_on_to()), (200, None));
    assert!(page.hidden("handle").is_some());
    assert_eq!(server.demo.authorize_requests(), asked);
}

/// Each sequence of requests without an Allow, by a browser that is signed in at the portal.
#[tokio::test]
async fn n38_nobody_is_sent_to_the_portal_before_allow_in_any_order_of_requests() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    browser.sign_in_as("Anna", &client).await;
    let (asked, exchanged) = (server.demo.authorize_requests(), server.demo.code_exchanges());
    let portal = server.demo.origin();
    let steps = ["open", "refuse", "garbage", "callback", "callback-handle"];
    for order in 0..steps.len().pow(3) {
        let mut consent = browser.open(&client.authorize_url()).await;
        for place in 0..3 {
            let step = steps[order / steps.len().pow(place) % steps.len()];
            let handle = consent.hidden("handle").unwrap_or_else(|| "b24h_x".to_owned());
            let callback = format!("{PUBLIC_URL}/oauth/callback?code=c&state=");
            let page = match step {
                "open" => browser.open(&client.authorize_url()).await,
                "refuse" => {
                    browser
                        .send(
                            "POST",
                            CONSENT,
                            &format!("handle={handle}&decision=refuse"),
                            Some(PUBLIC_URL),
                        )
                        .await
                }
                "garbage" => {
                    browser
                        .send("POST", CONSENT, &format!("handle={handle}"), Some(PUBLIC_URL))
                        .await
                }
                "callback" => browser.open(&format!("{callback}b24s_{}", "A".repeat(43))).await,
                _ => {
                    browser
                        .open(&format!("{callback}{}", handle.replace("b24h_", "b24s_")))
                        .await
                }
            };
            assert!(!page.html.contains(&format!("{portal}/")), "{step}: {}", page.html);
            assert!(
                !page.goes_on_to().is_some_and(|target| target.starts_with(&portal)),
                "{step}"
            );
            if page.hidden("handle").is_some() {
                consent = page;
            }
        }
    }
    assert_eq!(
        (server.demo.authorize_requests(), server.demo.code_exchanges()),
        (asked, exchanged)
    );
}

#[tokio::test]
async fn a_form_without_a_decision_or_with_repeated_fields_decides_nothing() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    let consent = browser.open(&client.authorize_url()).await;
    let handle = consent.hidden("handle").unwrap();
    for form in [
        String::new(),
        format!("handle={handle}"),
        format!("handle={handle}&decision=Allow"),
        format!("handle={handle}&decision=allow&decision=allow"),
        "decision=allow".to_owned(),
        "handle=b24h_x&decision=allow".to_owned(),
    ] {
        let page = browser.send("POST", CONSENT, &form, Some(PUBLIC_URL)).await;
        assert_eq!((page.status, page.goes_on_to()), (400, None), "{form}");
    }
    server.store.break_off("decide_sign_in");
    assert_eq!(browser.decide(&consent, "allow").await.status, 503);
    server.store.repair();
    assert_eq!(browser.decide(&consent, "allow").await.status, 200);
}
