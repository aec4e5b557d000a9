//! The headers of pages, and requests that only look.

use super::server::TeamServer;
use crate::support::browser::Browser;
use crate::support::http_client::{Connection, Head, Request};
use crate::support::http_server::look_up;
use crate::support::team_client::{bearer, post_form};

fn assert_page_headers(head: &Head) {
    let policy = head.header("content-security-policy").unwrap();
    for part in [
        "default-src 'none'",
        "style-src 'sha256-",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{part} in {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    for (name, value) in [
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
    ] {
        assert_eq!(head.header(name), Some(value));
    }
    assert_eq!(head.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn n34_no_page_can_be_framed_kept_or_made_to_run_a_script() {
    let server = TeamServer::start().await;
    let client = server.register("Test client").await;
    for (request, status) in [
        (Request::get("/"), 200),
        (Request::get(&client.authorize_path()), 200),
        (Request::get("/oauth/authorize"), 400),
        (Request::get("/oauth/callback"), 400),
        (post_form("/oauth/consent", &[("decision", "allow")]), 403),
    ] {
        let answer = server.ask(&request).await;
        assert_eq!(answer.head.status, status, "{request:?}: {}", answer.body);
        assert_eq!(answer.head.header("content-type"), Some("text/html; charset=utf-8"));
        assert_page_headers(&answer.head);
        assert_eq!(answer.head.header("strict-transport-security"), None, "plain http");
    }
    let url = format!("{}{}", server.url, client.authorize_path());
    let mut browser = Browser::new(server.address);
    let consent = browser.open(&url).await;
    let gone_on = browser.decide(&consent, "refuse").await;
    assert_eq!(gone_on.answer.head.status, 200);
    assert_page_headers(&gone_on.answer.head);
}

#[tokio::test]
async fn with_https_browsers_are_asked_to_keep_to_it() {
    let server = TeamServer::at(Some("https://mcp.example.com"), Default::default()).await;
    let answer = server.ask(&Request::get("/").header("host", "mcp.example.com")).await;
    assert_eq!(answer.head.status, 200);
    assert_eq!(
        answer.head.header("strict-transport-security"),
        Some("max-age=31536000")
    );
}

#[tokio::test]
async fn n08_a_page_of_another_site_cannot_load_or_frame_the_consent_page_but_may_lead_to_it() {
    let server = TeamServer::start().await;
    let client = server.register("Test client").await;
    let open = || Request::get(&client.authorize_path());
    let into = |destination: &str, site: &str| {
        let request = open().header("sec-fetch-mode", "navigate");
        request
            .header("sec-fetch-dest", destination)
            .header("sec-fetch-site", site)
    };
    for (request, status) in [
        (into("document", "cross-site"), 200),
        (into("document", "none"), 200),
        (into("document", "same-origin").header("origin", "null"), 200),
        (into("iframe", "cross-site"), 403),
        (into("iframe", "same-site"), 403),
        (into("iframe", "cross-site").header("origin", "null"), 403),
        (into("frame", "cross-site"), 403),
        (into("object", "cross-site"), 403),
        (into("embed", "cross-site"), 403),
        (open().header("origin", "https://evil.example"), 403),
        (
            open()
                .header("sec-fetch-site", "cross-site")
                .header("sec-fetch-mode", "no-cors"),
            403,
        ),
        (
            open()
                .header("sec-fetch-site", "cross-site")
                .header("sec-fetch-mode", "navigate"),
            200,
        ),
        (
            open().header("origin", "null").header("sec-fetch-mode", "navigate"),
            200,
        ),
    ] {
        let answer = server.ask(&request).await;
        assert_eq!(answer.head.status, status, "{request:?}");
        assert_eq!(answer.head.header("set-cookie").is_some(), status == 200);
    }
}

#[tokio::test]
async fn n44_what_the_portal_posts_to_the_callback_is_answered_and_not_read() {
    let server = TeamServer::start().await;
    let installed = post_form(
        "/oauth/callback",
        &[("event", "ONAPPINSTALL"), ("auth[access_token]", "stolen")],
    );
    let from_the_portal = installed.clone().header("origin", "https://contoso.bitrix24.example");
    // Neither the type nor the size of the body matters.
    let long = Request::new("POST", "/oauth/callback?code=1&state=2").body(vec![b'x'; 200_000]);
    for request in [installed, from_the_portal, long] {
        let answer = server.ask(&request).await;
        assert_eq!((answer.head.status, answer.body.as_str()), (200, ""));
        assert_eq!(answer.head.header("set-cookie"), None);
    }
    assert_eq!(server.demo.request_count(), 0, "the portal was not asked");
}

#[tokio::test]
async fn a_program_that_only_looks_at_a_link_begins_no_sign_in() {
    let server = TeamServer::start().await;
    let client = server.register("Test client").await;
    for path in [client.authorize_path(), "/oauth/callback?code=1&state=2".to_owned()] {
        let mut connection = Connection::open(server.address).await;
        connection.send(&Request::new("HEAD", &path).bytes()).await;
        let head = connection.head().await.unwrap();
        assert_eq!((head.status, head.header("set-cookie")), (200, None), "{path}");
    }
    let connection = rusqlite::Connection::open(server.store_file()).unwrap();
    let begun: i64 = connection
        .query_row("SELECT count(*) FROM sign_ins", [], |row| row.get(0))
        .unwrap();
    assert_eq!(begun, 0);
}

#[tokio::test]
async fn redirects_to_the_client_are_303() {
    let server = TeamServer::start().await;
    let client = server.register("Test client").await;
    let no_challenge = client.authorize_path().replace("code_challenge=", "x=");
    let answer = server.ask(&Request::get(&no_challenge)).await;
    assert_eq!(answer.head.status, 303);
    let location = answer.head.header("location").unwrap();
    assert!(
        location.contains("error=invalid_request") && location.contains("iss="),
        "{location}"
    );
    assert_page_headers(&answer.head);
}

#[tokio::test]
async fn a_connection_that_its_employee_ends_on_the_start_page_is_refused_at_the_next_call() {
    let server = TeamServer::start().await;
    let client = server.register("Laptop of Anna").await;
    let tokens = client.sign_in(&mut Browser::new(server.address), "Anna").await;
    let boris = server.sign_in("Boris").await;
    let call = async |token: &str| server.ask(&bearer(look_up(1, "client"), token)).await.head.status;

    let mut browser = Browser::new(server.address);
    let start = browser.open(&server.url).await;
    assert!(!start.answer.body.contains("Laptop of Anna"));
    let gone_on = browser.submit(&start, "/sign-in", &[]).await;
    let page = browser.follow(gone_on).await;
    let page = browser.sign_in_at_portal(page, "Anna").await;
    let page = browser.follow(page).await;
    assert_eq!(page.answer.head.status, 200, "{page:?}");
    assert!(page.answer.body.contains("Anna Lindqvist") && page.answer.body.contains("Laptop of Anna"));
    assert_page_headers(&page.answer.head);
    let grant = page.hidden("grant").unwrap();

    // A page of another site, and of another person, changes nothing.
    let mut of_another = Browser::new(server.address);
    let form = [("grant", grant.as_str())];
    of_another.submit(&page, "/connections/end", &form).await;
    assert_eq!(call(&tokens.access).await, 200);
    browser.submit(&page, "/connections/end", &form).await;
    assert_eq!((call(&tokens.access).await, call(&boris).await), (401, 200));
    assert_eq!(
        client.refresh(&tokens.refresh).await.message()["error"],
        "invalid_grant"
    );
}
