//! The start page with a browser, a store and a demo portal.

use crate::team::secret_value::{Kind, SecretValue};
use crate::team::settings::Lifetimes;
use crate::team::store::Store;
use crate::team::store::records::{NewTokens, Redeemed};
use crate::team::test_support::{Browser, PUBLIC_URL, Page, TestClient, TestServer};

fn at(path: &str) -> String {
    format!("{PUBLIC_URL}{path}")
}

/// Signs the employee in to the start page.
async fn signed_in(browser: &mut Browser<'_>, name: &str) -> Page {
    let page = browser.submit(&at("/sign-in"), &[]).await;
    assert_eq!(page.status, 200, "{}", page.html);
    browser.go_on_as(name, page).await
}

/// The numbers of the grants that a page offers to end.
fn grants_on(page: &Page) -> Vec<String> {
    let parts = page.html.split("name=\"grant\" value=\"").skip(1);
    parts.map(|part| part.split('"').next().unwrap().to_owned()).collect()
}

/// Signs the employee in for `client`, and returns the access token that the client got.
async fn connected(server: &TestServer, name: &str, client: &TestClient) -> SecretValue {
    let code = server.browser().sign_in_as(name, client).await;
    let [access, refresh] = [Kind::AccessToken, Kind::RefreshToken].map(|kind| SecretValue::random(kind).unwrap());
    let tokens = NewTokens {
        access: access.digest(),
        refresh: refresh.digest(),
    };
    let code = SecretValue::read(Kind::Code, &code).unwrap();
    let redeemed = server.store.redeem_code(code.digest(), tokens, Lifetimes::default());
    assert_eq!(redeemed.await.unwrap(), Redeemed::Issued);
    access
}

/// The line of the metrics after one grant was ended here.
const REVOKED: &str = "mcp_team_ended_grants_total{reason=\"revoked\"} 1\n";

fn metrics(server: &TestServer) -> String {
    let mut registry = prometheus_client::registry::Registry::default();
    server.team.register_metrics(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    text
}

#[tokio::test]
async fn an_employee_sees_the_own_clients_and_an_ended_one_gets_no_answer_any_more() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let token = connected(&server, "Anna", &client).await;
    let mut browser = server.browser();
    assert!(browser.open(&at("/")).await.html.contains("action=\"/sign-in\""));

    let page = signed_in(&mut browser, "Anna").await;
    assert_eq!(page.url, at("/"));
    assert!(
        page.html.contains("Anna") && page.html.contains("Claude Code (b24)"),
        "{}",
        page.html
    );
    let [grant] = &grants_on(&page)[..] else {
        panic!("{}", page.html)
    };
    assert!(server.store.session(token.digest()).await.unwrap().is_some());

    let answer = browser
        .submit(&at("/connections/end"), &[("grant", grant.clone())])
        .await;
    assert_eq!((answer.status, answer.goes_on_to()), (303, Some(at("/"))));
    assert!(server.store.session(token.digest()).await.unwrap().is_none());
    assert!(metrics(&server).contains(REVOKED), "{}", metrics(&server));
    browser
        .submit(&at("/connections/end"), &[("grant", grant.clone())])
        .await;
    assert!(metrics(&server).contains(REVOKED), "an ended grant is counted once");
    let page = browser.follow(answer).await;
    assert!(
        page.html.contains("Anna") && grants_on(&page).is_empty(),
        "{}",
        page.html
    );
}

#[tokio::test]
async fn an_employee_neither_sees_nor_ends_a_grant_of_another() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let token = connected(&server, "Anna", &client).await;
    let grant = server.store.grants(None).await.unwrap()[0].grant.to_string();

    let mut boris = server.browser();
    let page = signed_in(&mut boris, "Boris").await;
    assert!(
        page.html.contains("Boris") && !page.html.contains("Anna"),
        "{}",
        page.html
    );
    assert!(grants_on(&page).is_empty());
    for browser in [&mut boris, &mut server.browser()] {
        browser
            .submit(&at("/connections/end"), &[("grant", grant.clone())])
            .await;
        assert!(server.store.session(token.digest()).await.unwrap().is_some());
    }
    assert!(!metrics(&server).contains("mcp_team_ended_grants_total"));
}

#[tokio::test]
async fn n31_a_form_of_another_origin_is_refused_and_changes_nothing() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    connected(&server, "Anna", &client).await;
    let mut browser = server.browser();
    let grants = grants_on(&signed_in(&mut browser, "Anna").await);
    let body = format!("grant={}", grants[0]);
    for origin in [
        None,
        Some("null"),
        Some(""),
        Some("https://evil.example"),
        Some("http://127.0.0.1:8025"),
        Some("https://127.0.0.1:8024"),
        Some("http://127.0.0.1:8024/"),
        Some("http://localhost:8024"),
    ] {
        for path in ["/sign-in", "/connections/end", "/sign-out"] {
            let cookies = browser.cookie_header(PUBLIC_URL);
            let answer = browser.send("POST", &at(path), &body, origin).await;
            assert_eq!(
                (answer.status, answer.goes_on_to()),
                (403, None),
                "{path} from {origin:?}"
            );
            assert_eq!(browser.cookie_header(PUBLIC_URL), cookies, "{path} from {origin:?}");
        }
        assert_eq!(grants_on(&browser.open(&at("/")).await), grants, "{origin:?}");
    }
}

#[tokio::test]
async fn a_grant_that_is_no_number_or_occurs_twice_is_refused() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    connected(&server, "Anna", &client).await;
    let mut browser = server.browser();
    let grants = grants_on(&signed_in(&mut browser, "Anna").await);
    let twice = format!("grant={0}&grant={0}", grants[0]);
    for body in [
        "",
        "grant=",
        "grant=all",
        "grant=1%20OR%201",
        "grant=99999999999999999999",
        &twice,
    ] {
        let answer = browser
            .send("POST", &at("/connections/end"), body, Some(PUBLIC_URL))
            .await;
        assert_eq!(answer.status, 400, "{body}");
    }
    assert_eq!(grants_on(&browser.open(&at("/")).await), grants);
}

#[tokio::test]
async fn a_session_that_has_ended_opens_nothing_even_with_its_old_cookie() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    assert!(signed_in(&mut browser, "Carla").await.html.contains("Carla"));
    let old = browser.cookie_header(PUBLIC_URL);
    let answer = browser.submit(&at("/sign-out"), &[]).await;
    assert!(browser.cookie_header(PUBLIC_URL).is_empty(), "the cookie is removed");
    assert!(!browser.follow(answer).await.html.contains("Carla"));

    browser.keep(PUBLIC_URL, &format!("{old}; Max-Age=600"));
    assert!(!browser.open(&at("/")).await.html.contains("Carla"));
    let unknown = SecretValue::random(Kind::PageSession).unwrap();
    for value in ["", "b24p_", unknown.expose()] {
        browser.keep(PUBLIC_URL, &format!("b24page={value}; Max-Age=600"));
        assert_eq!(browser.open(&at("/")).await.status, 200, "{value}");
    }
}

#[tokio::test]
async fn n37_a_session_on_the_start_page_answers_no_consent_page() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    let mut browser = server.browser();
    signed_in(&mut browser, "Anna").await;
    // The browser has a session, and is signed in at the portal.
    for _ in 0..2 {
        let page = browser.open(&client.authorize_url()).await;
        assert!(
            page.hidden("handle").is_some() && page.goes_on_to().is_none(),
            "{}",
            page.html
        );
        browser.sign_in_until_end("Anna", &client.authorize_url()).await;
    }
}

#[tokio::test]
async fn n33_many_started_sign_ins_leave_few_cookies_and_each_ends_in_its_own_browser() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    let mut pages = Vec::new();
    for _ in 0..12 {
        pages.push(browser.submit(&at("/sign-in"), &[]).await);
    }
    let header = browser.cookie_header(PUBLIC_URL);
    assert_eq!(header.matches("b24mcp-").count(), 8, "{header}");
    let page = pages.pop().unwrap();
    let mut other = server.browser();
    let refused = other.go_on_as("Anna", page.clone()).await;
    assert_eq!(refused.status, 403, "{}", refused.html);
    assert!(browser.go_on_as("Boris", page).await.html.contains("Boris"));
}

#[tokio::test]
async fn n85_too_many_started_sign_ins_of_one_address_are_refused() {
    let server = TestServer::start().await;
    let mut statuses = Vec::new();
    for _ in 0..1_001 {
        statuses.push(server.browser().submit(&at("/sign-in"), &[]).await.status);
    }
    assert_eq!(statuses.pop(), Some(429));
    assert!(statuses.iter().all(|status| *status == 200));
}

#[tokio::test]
async fn n35_a_client_with_a_hostile_name_harms_no_page() {
    let server = TestServer::start().await;
    let client = server.client("<script>alert(1)</script>").await;
    connected(&server, "Anna", &client).await;
    let page = signed_in(&mut server.browser(), "Anna").await;
    assert!(
        page.html.contains("&lt;script&gt;") && !page.html.contains("<script"),
        "{}",
        page.html
    );
}

#[tokio::test]
async fn the_start_page_speaks_the_language_of_the_browser() {
    let server = TestServer::start().await;
    let mut browser = server.browser();
    browser.accept_language = "ru-RU,ru;q=0.9,en;q=0.8";
    assert!(browser.open(&at("/")).await.html.contains("lang=\"ru\""));
    assert!(signed_in(&mut browser, "Anna").await.html.contains("Вы вошли как"));
}

#[tokio::test]
async fn n09_without_the_store_there_is_a_page_with_a_reference_and_the_session_lives_on() {
    let server = TestServer::start().await;
    let client = server.client("Codex").await;
    connected(&server, "Anna", &client).await;
    let mut browser = server.browser();
    let grants = grants_on(&signed_in(&mut browser, "Anna").await);
    let form = [("grant", grants[0].clone())];
    server.store.break_off("*");
    for page in [
        browser.open(&at("/")).await,
        browser.submit(&at("/sign-in"), &[]).await,
        browser.submit(&at("/connections/end"), &form).await,
        browser.submit(&at("/sign-out"), &[]).await,
    ] {
        assert_eq!(page.status, 503);
        assert!(page.html.contains("Reference number"), "{}", page.html);
    }
    assert_eq!(server.browser().open(&at("/")).await.status, 200, "without a session");
    server.store.repair();
    assert_eq!(grants_on(&browser.open(&at("/")).await), grants);
}
