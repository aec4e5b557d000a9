//! The demo's application and authorization server, with a paused clock (portal contract, sections 2, 9 and 13).

use std::time::Duration;

use bitrix24_mail_mcp::demo::{CLIENT_ID, CLIENT_SECRET, DemoPortal, Settings};
use serde_json::{Value, json};
use tokio::time::advance;

use crate::support::demo_in_process::{METHOD, Reply, get, list_with, post, post_form, refresh, renewed, start};

const HOUR: Duration = Duration::from_secs(3600);

async fn old_with(portal: &DemoPortal, method: &str, token: Option<&str>) -> Reply {
    post(portal, &format!("/rest/{method}"), token, "").await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_refresh_issues_a_new_pair_and_uses_up_the_old_one() {
    let portal = start(Settings::default()).await;
    let first = portal.oauth_application();
    assert!(first.access_token.starts_with("dem0acc3ss") && first.refresh_token.starts_with("dem0r3fr3sh"));
    assert_eq!(list_with(&portal, &first.access_token).await.status, 200);

    let answer = refresh(&portal, &first.refresh_token).await.unwrap();
    let json = answer.json();
    assert_eq!(answer.status, 200, "{}", answer.text);
    let endpoint = format!("{}/rest/", first.portal);
    let host = first.portal.trim_start_matches("http://");
    for (key, value) in [
        ("expires_in", json!(3600)),
        ("client_endpoint", json!(endpoint)),
        ("server_endpoint", json!(endpoint)),
        ("domain", json!(host)),
        ("scope", json!("mail,user")),
        ("status", json!("L")),
        ("user_id", json!(1)),
    ] {
        assert_eq!(json[key], value, "{key}");
    }
    assert!(json["expires"].is_u64() && json["member_id"].is_string());

    let second = renewed(&first, &answer);
    assert_ne!(first.access_token, second.access_token);
    assert_ne!(first.refresh_token, second.refresh_token);
    assert_eq!(portal.oauth_application(), second);
    assert_eq!(list_with(&portal, &first.access_token).await.status, 401);
    assert_eq!(list_with(&portal, &second.access_token).await.status, 200);

    let spent = refresh(&portal, &first.refresh_token).await.unwrap();
    assert_eq!((spent.status, spent.code().as_str()), (400, "invalid_grant"));
    let unknown = refresh(&portal, "dem0r3fr3shnothing").await.unwrap();
    assert_eq!((unknown.status, unknown.code().as_str()), (400, "invalid_grant"));
    assert_eq!((portal.refreshes(), portal.spent_refreshes()), (1, 1));
    assert_eq!(list_with(&portal, &second.access_token).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_access_token_lives_an_hour_and_a_refresh_token_half_a_year() {
    let portal = start(Settings::default()).await;
    let application = portal.oauth_application();
    advance(HOUR - Duration::from_secs(1)).await;
    assert_eq!(list_with(&portal, &application.access_token).await.status, 200);
    advance(Duration::from_secs(1)).await;
    let refused = list_with(&portal, &application.access_token).await;
    assert_eq!((refused.status, refused.code().as_str()), (401, "ACCESSDENIED"));
    advance(24 * 179 * HOUR).await;
    let answer = refresh(&portal, &application.refresh_token).await.unwrap();
    assert_eq!(answer.status, 200);
    advance(24 * 180 * HOUR).await;
    let late = renewed(&application, &answer);
    assert_eq!(
        refresh(&portal, &late.refresh_token).await.unwrap().code(),
        "invalid_grant"
    );
}

#[tokio::test(start_paused = true)]
async fn rest_3_refuses_every_bad_token_alike_and_the_old_api_gives_the_reason() {
    let portal = start(Settings::default()).await;
    let old_token = portal.oauth_application().access_token;
    portal.expire_access_tokens();
    let mut bodies = Vec::new();
    for (token, code) in [
        (Some(old_token.as_str()), "expired_token"),
        (Some("dem0acc3ssnothing"), "invalid_token"),
        (None, "NO_AUTH_FOUND"),
    ] {
        let refused = old_with(&portal, "profile.json", token).await;
        assert_eq!(
            (refused.status, refused.code().as_str(), refused.is_flat()),
            (401, code, true)
        );
        let folded = post(&portal, &format!("/rest/api/{METHOD}"), token, "{}")
            .await
            .unwrap();
        assert_eq!((folded.status, folded.is_flat()), (401, false));
        bodies.push(folded.text);
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    let answer = refresh(&portal, &portal.oauth_application().refresh_token)
        .await
        .unwrap();
    let application = renewed(&portal.oauth_application(), &answer);
    assert_eq!(list_with(&portal, &application.access_token).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_token_is_read_from_header_query_or_body() {
    let portal = start(Settings::default()).await;
    let token = portal.oauth_application().access_token;
    let path = format!("/rest/api/{METHOD}");
    for (path, body) in [
        (format!("{path}?auth={token}"), json!({})),
        (format!("{path}/?access_token={token}"), json!({})),
        (path.clone(), json!({"auth": token, "query": "client"})),
        (path.clone(), json!({"access_token": token})),
    ] {
        let reply = post(&portal, &path, None, &body.to_string()).await.unwrap();
        assert_eq!(reply.status, 200, "{path} {body}");
    }
    // The header takes precedence.
    let both = post(&portal, &format!("{path}?auth={token}"), Some("wrong"), "{}")
        .await
        .unwrap();
    assert_eq!(both.status, 401);
}

#[tokio::test(start_paused = true)]
async fn the_old_api_describes_user_and_application() {
    let portal = start(Settings {
        scopes: Some(&["user"]),
        ..Settings::default()
    })
    .await;
    let token = portal.oauth_application().access_token;
    let result = async |method: &str| {
        let reply = old_with(&portal, method, Some(&token)).await;
        assert_eq!(reply.status, 200, "{method}: {}", reply.text);
        reply.json()["result"].clone()
    };
    assert_eq!(result("profile").await["ID"], "1");
    assert_eq!(result("scope").await, json!(["user"]));
    assert!(result("server.time").await.as_str().unwrap().ends_with("+00:00"));
    let info = result("app.info.json").await;
    for (key, value) in [
        ("CODE", json!(CLIENT_ID)),
        ("STATUS", json!("L")),
        ("INSTALLED", json!(true)),
        ("PAYMENT_EXPIRED", json!("N")),
        ("LANGUAGE_ID", json!("en")),
        ("SCOPE", json!(["user"])),
    ] {
        assert_eq!(info[key], value, "{key}");
    }
    let refused = list_with(&portal, &token).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "INSUFFICIENTSCOPE"));
    assert_eq!(
        old_with(&portal, METHOD, Some(&token)).await.code(),
        "ERROR_METHOD_NOT_FOUND"
    );
}

#[tokio::test(start_paused = true)]
async fn the_authorization_server_checks_the_form_and_the_application() {
    let portal = start(Settings::default()).await;
    let token = portal.oauth_application().refresh_token;
    let client = format!("client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}");
    for (form, status, code) in [
        (format!("{client}&refresh_token={token}"), 400, "invalid_request"),
        (
            format!("grant_type=password&{client}&refresh_token={token}"),
            400,
            "invalid_request",
        ),
        (
            format!("grant_type=refresh_token&client_id={CLIENT_ID}&client_secret=wrong&refresh_token={token}"),
            401,
            "invalid_client",
        ),
        (
            format!("grant_type=refresh_token&client_id=local.other&client_secret={CLIENT_SECRET}"),
            401,
            "invalid_client",
        ),
        (format!("grant_type=refresh_token&{client}"), 400, "invalid_grant"),
    ] {
        let reply = post_form(&portal, &form).await.unwrap();
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{form}");
        assert!(reply.json()["error_description"].is_string());
    }
    let query = format!("/oauth/token/?grant_type=refresh_token&{client}&refresh_token={token}");
    assert_eq!(get(&portal, &query).await.status, 200);
}

fn authorize(rest: &str) -> String {
    format!("/oauth/authorize/?client_id={CLIENT_ID}&response_type=code&state=s%20t{rest}")
}

async fn redeem(portal: &DemoPortal, code: &str) -> Reply {
    let form = format!("grant_type=authorization_code&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&code={code}");
    post_form(portal, &form).await.unwrap()
}

/// The parameters of the redirect from the consent page.
async fn agree(portal: &DemoPortal) -> Value {
    let reply = get(
        portal,
        &authorize("&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fback%3Fa%3D1"),
    )
    .await;
    assert_eq!(reply.status, 302);
    let target = url::Url::parse(reply.header("location").unwrap()).unwrap();
    assert_eq!((target.host_str(), target.path()), (Some("127.0.0.1"), "/back"));
    target
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), Value::from(value)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_code_works_once_and_for_half_a_minute() {
    let portal = start(Settings::default()).await;
    let back = agree(&portal).await;
    let host = portal.oauth_application().portal.replace("http://", "");
    for (key, value) in [
        ("a", "1"),
        ("state", "s t"),
        ("scope", "mail,user"),
        ("domain", &host),
        ("server_domain", &host),
    ] {
        assert_eq!(back[key], value, "{key}");
    }
    assert!(back["member_id"].is_string());
    let code = back["code"].as_str().unwrap();
    advance(Duration::from_secs(29)).await;
    let before = portal.oauth_application();
    let answer = redeem(&portal, code).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let application = renewed(&before, &answer);
    assert_eq!(list_with(&portal, &application.access_token).await.status, 200);
    assert_eq!(redeem(&portal, code).await.code(), "invalid_grant");
    assert_eq!(portal.refreshes(), 0);

    let late = agree(&portal).await;
    advance(Duration::from_secs(30)).await;
    assert_eq!(
        redeem(&portal, late["code"].as_str().unwrap()).await.code(),
        "invalid_grant"
    );
}

#[tokio::test(start_paused = true)]
async fn the_page_shows_the_code_or_redirects_to_this_computer_only() {
    let portal = start(Settings::default()).await;
    let page = get(&portal, &authorize("")).await;
    assert_eq!(page.status, 200);
    let code = page.text.split("<code>").nth(1).unwrap().split('<').next().unwrap();
    assert_eq!(redeem(&portal, code).await.status, 200);
    for target in ["http://localhost:5/", "http://[::1]:5/x"] {
        assert_eq!(
            get(&portal, &authorize(&format!("&redirect_uri={target}")))
                .await
                .status,
            302
        );
    }
    for target in [
        "https://127.0.0.1/",
        "http://evil.example/",
        "http://127.0.0.1.evil.example/",
        "x",
    ] {
        let reply = get(&portal, &authorize(&format!("&redirect_uri={target}"))).await;
        assert_eq!((reply.status, reply.header("location")), (400, None), "{target}");
    }
    for path in [
        "/oauth/authorize/?client_id=local.other".to_owned(),
        format!("/oauth/authorize?client_id={CLIENT_ID}&response_type=token"),
    ] {
        assert_eq!(get(&portal, &path).await.status, 400, "{path}");
    }
}

/// A second refresh with the same token fails, also before the first has been answered.
#[tokio::test(start_paused = true)]
async fn a_slow_refresh_uses_up_the_token_immediately() {
    let portal = start(Settings {
        refresh_delay: Duration::from_secs(5),
        ..Settings::default()
    })
    .await;
    let token = portal.oauth_application().refresh_token;
    let began = tokio::time::Instant::now();
    let (first, second) = tokio::join!(refresh(&portal, &token), refresh(&portal, &token));
    assert_eq!(
        (first.unwrap().status, second.unwrap().code().as_str()),
        (200, "invalid_grant")
    );
    assert_eq!(began.elapsed(), Duration::from_secs(5));
    assert_eq!(
        (portal.refreshes(), portal.spent_refreshes(), portal.abandoned()),
        (1, 1, 0)
    );

    let token = portal.oauth_application().refresh_token;
    let given_up = tokio::time::timeout(Duration::from_secs(1), refresh(&portal, &token)).await;
    assert!(given_up.is_err());
    assert_eq!((portal.refreshes(), portal.abandoned()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn old_pairs_are_not_remembered_for_ever() {
    let portal = start(Settings::default()).await;
    let first = portal.oauth_application();
    for _ in 0..1100 {
        let token = portal.oauth_application().refresh_token;
        assert_eq!(refresh(&portal, &token).await.unwrap().status, 200);
    }
    assert_eq!(
        refresh(&portal, &first.refresh_token).await.unwrap().code(),
        "invalid_grant"
    );
    assert_eq!((portal.refreshes(), portal.spent_refreshes()), (1100, 0));
}
