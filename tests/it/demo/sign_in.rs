//! Sign-in of employees at the demo portal, where the application has a handler path.

use std::time::Duration;

use bitrix24_mail_mcp::demo::{CLIENT_ID, Settings};
use serde_json::json;
use tokio::time::advance;

use crate::support::demo_in_process::{METHOD, list_with, post, refresh, start};
use crate::support::demo_sign_in::{
    HANDLER, addresses, authorize_path, callback, cookie_of, profile, redeem, sign_in, tokens, tokens_of, visit,
    with_handler,
};

#[tokio::test(start_paused = true)]
async fn a_browser_signs_in_by_name_once_and_then_goes_to_the_handler_immediately() {
    let portal = start(with_handler()).await;
    let page = visit(&portal, "GET", &authorize_path("a%26b%22%3E"), None, "").await;
    assert_eq!(page.status, 200);
    for text in [
        "Anna Lindqvist",
        "Boris Keller",
        "Carla Moretti",
        "method=\"post\"",
        "value=\"a&amp;b&quot;&gt;\"",
    ] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert_eq!(page.header("set-cookie"), None);

    let form = format!("client_id={CLIENT_ID}&state=a%26b%22%3E&user=7");
    let reply = visit(&portal, "POST", "/oauth/sign-in", None, &form).await;
    assert_eq!(reply.status, 303, "a form must go on by GET");
    let host = portal.origin().replace("http://", "");
    let first = callback(&reply);
    for (key, value) in [
        ("state", "a&b\">"),
        ("scope", "mail,user"),
        ("domain", &host),
        ("server_domain", "oauth.demo.invalid"),
    ] {
        assert_eq!(first[key], value, "{key}");
    }
    assert_eq!(first.as_object().unwrap().len(), 6, "{first}");

    let cookie = cookie_of(&reply);
    let again = visit(&portal, "GET", &authorize_path("second"), Some(&cookie), "").await;
    assert_eq!(again.status, 302, "no page for a browser that is signed in");
    assert_eq!(callback(&again)["state"], "second");
    assert_ne!(callback(&again)["code"], first["code"]);
    assert_eq!((portal.authorize_requests(), portal.code_exchanges()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn one_browser_can_sign_out_and_be_somebody_else() {
    let portal = start(with_handler()).await;
    let signed_in = visit(&portal, "POST", "/oauth/sign-in", None, "user=1").await;
    assert_eq!((signed_in.status, signed_in.header("location")), (303, Some("/")));
    let cookie = cookie_of(&signed_in);
    let home = visit(&portal, "GET", "/", Some(&cookie), "").await.text;
    assert!(
        home.contains("Anna Lindqvist") && home.contains("/oauth/sign-out"),
        "{home}"
    );

    let signed_out = visit(&portal, "POST", "/oauth/sign-out", Some(&cookie), "").await;
    assert!(signed_out.header("set-cookie").unwrap().contains("Max-Age=0"));
    let cookie = cookie_of(&signed_out);
    for path in ["/", &authorize_path("s")] {
        let page = visit(&portal, "GET", path, Some(&cookie), "").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("Boris Keller"), "{}", page.text);
    }
    for form in ["user=999", "user=", "user=x", ""] {
        let refused = visit(&portal, "POST", "/oauth/sign-in", None, form).await;
        assert_eq!((refused.status, refused.header("set-cookie")), (403, None), "{form}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_with_a_query_keeps_it() {
    let portal = start(Settings {
        handler: Some(format!("{HANDLER}?a=1")),
        ..with_handler()
    })
    .await;
    let back = sign_in(&portal, 8).await;
    assert_eq!((&back["a"], &back["state"]), (&json!("1"), &json!("s")));
}

#[tokio::test(start_paused = true)]
async fn each_employee_has_tokens_a_profile_and_a_book_of_their_own() {
    let portal = start(Settings {
        generated_employees: 100,
        ..with_handler()
    })
    .await;
    let mut seen: Vec<String> = Vec::new();
    for (user, first_name, last_name, address) in [
        (1, "Anna", "Lindqvist", "client@example.com"),
        (7, "Boris", "Keller", "client@other.example"),
        (8, "Carla", "Moretti", "client.relations@ceramica.example"),
        (1001, "Employee", "1001", "contact1@of1001.example"),
        (1100, "Employee", "1100", "contact1@of1100.example"),
    ] {
        let answer = redeem(&portal, &sign_in(&portal, user).await).await;
        let json = answer.json();
        assert_eq!(json["user_id"], user);
        assert_eq!(
            json["domain"], "oauth.demo.invalid",
            "the authorization server's host, not the portal's"
        );
        assert_eq!(json["client_endpoint"], format!("{}/rest/", portal.origin()));
        let (access, refresh_token) = tokens_of(&answer);
        let answer = profile(&portal, &access).await.json()["result"].clone();
        let expected = (user.to_string(), first_name, last_name);
        assert_eq!(
            (&answer["ID"], &answer["NAME"], &answer["LAST_NAME"]),
            (&json!(expected.0), &json!(expected.1), &json!(expected.2))
        );
        let client = format!("/rest/api/{METHOD}");
        let found = post(&portal, &client, Some(&access), r#"{"query":"client"}"#)
            .await
            .unwrap();
        assert!(addresses(&found).contains(&address.to_owned()), "{}", found.text);
        let book = post(
            &portal,
            &client,
            Some(&access),
            r#"{"pagination":{"limit":200,"offset":0}}"#,
        )
        .await
        .unwrap();
        let book = addresses(&book);
        assert!(book.iter().all(|address| !seen.contains(address)), "{book:?}");
        seen.extend(book);
        let answer = refresh(&portal, &refresh_token).await.unwrap();
        assert_eq!(answer.json()["user_id"], user);
        assert_eq!(list_with(&portal, &tokens_of(&answer).0).await.status, 200);
    }
    let (page, unknown) = (
        visit(&portal, "GET", "/", None, "").await,
        visit(&portal, "POST", "/oauth/sign-in", None, "user=1101").await,
    );
    assert!(
        page.text.contains("name=\"user\" inputmode=\"numeric\""),
        "{}",
        page.text
    );
    assert_eq!(unknown.status, 403);
    let found = refresh(&portal, &portal.oauth_application().refresh_token)
        .await
        .unwrap();
    assert_eq!(found.json()["user_id"], 1);
}

#[tokio::test(start_paused = true)]
async fn tokens_of_one_employee_end_without_those_of_another() {
    let portal = start(with_handler()).await;
    let (anna, boris) = (tokens(&portal, 1).await, tokens(&portal, 7).await);
    let again = tokens(&portal, 7).await;
    let works = async |token: &(String, String)| list_with(&portal, &token.0).await.status == 200;
    assert!(works(&anna).await && works(&boris).await && works(&again).await);

    portal.expire_access(7);
    assert!(works(&anna).await && !works(&boris).await && !works(&again).await);
    assert_eq!(profile(&portal, &boris.0).await.code(), "expired_token");
    let renewed = tokens_of(&refresh(&portal, &boris.1).await.unwrap());
    assert!(works(&renewed).await);
    assert_eq!(refresh(&portal, &boris.1).await.unwrap().code(), "invalid_grant");
    assert_eq!(refresh(&portal, &again.1).await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_setting_makes_the_second_sign_in_end_the_first() {
    let portal = start(Settings {
        ends_earlier_pairs: true,
        ..with_handler()
    })
    .await;
    let (anna, boris) = (tokens(&portal, 1).await, tokens(&portal, 7).await);
    let again = tokens(&portal, 7).await;
    for (token, status) in [(&anna, 200), (&boris, 401), (&again, 200)] {
        assert_eq!(list_with(&portal, &token.0).await.status, status);
    }
    assert_eq!(refresh(&portal, &boris.1).await.unwrap().code(), "invalid_grant");
    assert_eq!(portal.spent_refreshes(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_code_is_its_employees_works_once_and_for_half_a_minute() {
    let portal = start(with_handler()).await;
    let (anna, boris) = (sign_in(&portal, 1).await, sign_in(&portal, 7).await);
    assert_eq!(redeem(&portal, &boris).await.json()["user_id"], 7);
    assert_eq!(redeem(&portal, &boris).await.code(), "invalid_grant");
    advance(Duration::from_secs(30)).await;
    assert_eq!(redeem(&portal, &anna).await.code(), "invalid_grant");
    assert_eq!((portal.code_exchanges(), portal.refreshes()), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn a_code_exchange_may_come_without_the_user() {
    let portal = start(Settings {
        has_user_id_in_exchange: false,
        ..with_handler()
    })
    .await;
    let answer = redeem(&portal, &sign_in(&portal, 7).await).await;
    assert_eq!(answer.json().get("user_id"), None);
    let (access, refresh_token) = tokens_of(&answer);
    assert_eq!(profile(&portal, &access).await.json()["result"]["ID"], "7");
    assert_eq!(refresh(&portal, &refresh_token).await.unwrap().json()["user_id"], 7);
}
