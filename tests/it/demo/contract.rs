//! The demo portal against the portal contract (sections 1 to 8 and 17): plain HTTP, without this project's client.

use bitrix24_mail_mcp::demo::{DemoPortal, Language, NegativeLimit, SECRET, Settings};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const JSON: &str = "application/json";

/// Sends one request and returns status, head and body.
async fn ask(portal: &DemoPortal, method: &str, path: &str, content_type: &str, body: &str) -> (u16, String, String) {
    let url = portal.webhook_url_of(1);
    let authority = url.split('/').nth(2).unwrap();
    let mut stream = TcpStream::connect(authority).await.unwrap();
    let kind = if content_type.is_empty() {
        String::new()
    } else {
        format!("content-type: {content_type}\r\n")
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n{kind}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), body.to_owned())
}

fn v3(user: u64, secret: &str, method: &str) -> String {
    format!("/rest/api/{user}/{secret}/{method}")
}

const METHOD: &str = "mail.recipient.listcontacts";

#[tokio::test]
async fn checks_come_in_the_portals_order_and_shape() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let right = v3(1, SECRET, METHOD);
    let envelope = |name: &str| format!("BITRIX_REST_V3_EXCEPTION_{name}EXCEPTION");
    for (method, path, content_type, body, status, code) in [
        // An unknown method is refused before anything else is checked, the secret too.
        (
            "POST",
            v3(1, "wrong", "mail.recipient.nothing"),
            JSON,
            "{}",
            404,
            envelope("METHODNOTFOUND"),
        ),
        (
            "POST",
            v3(1, SECRET, "mail.recipient.listContacts"),
            JSON,
            "{}",
            404,
            envelope("METHODNOTFOUND"),
        ),
        (
            "POST",
            v3(1, SECRET, "mail.recipient.listcontacts.json"),
            JSON,
            "{}",
            404,
            envelope("METHODNOTFOUND"),
        ),
        // All authorization failures get the same answer.
        (
            "POST",
            v3(1, "wrong", METHOD),
            JSON,
            "{}",
            401,
            envelope("ACCESSDENIED"),
        ),
        (
            "POST",
            v3(999, SECRET, METHOD),
            JSON,
            "{}",
            401,
            envelope("ACCESSDENIED"),
        ),
        (
            "POST",
            format!("/rest/api/{METHOD}"),
            JSON,
            "{}",
            401,
            envelope("ACCESSDENIED"),
        ),
        // The scope is checked before the body.
        (
            "POST",
            v3(9, SECRET, METHOD),
            JSON,
            "not json",
            403,
            envelope("INSUFFICIENTSCOPE"),
        ),
        (
            "DELETE",
            right.clone(),
            JSON,
            "{}",
            400,
            "invalid_http_method".to_owned(),
        ),
        ("GET", right.clone(), "", "", 400, envelope("INVALIDJSON")),
        ("POST", right.clone(), "", "{}", 400, envelope("INVALIDJSON")),
        ("POST", right.clone(), "text/plain", "{}", 400, envelope("INVALIDJSON")),
        ("POST", right.clone(), JSON, "", 400, envelope("INVALIDJSON")),
        ("POST", right.clone(), JSON, "null", 400, envelope("INVALIDJSON")),
        ("POST", right.clone(), JSON, "\"anna\"", 400, envelope("INVALIDJSON")),
        ("POST", right.clone(), JSON, "{\"query\":", 400, envelope("INVALIDJSON")),
        (
            "POST",
            right.clone(),
            JSON,
            r#"{"pagination":{"limit":"abc"}}"#,
            400,
            envelope("INVALIDPAGINATION"),
        ),
        (
            "POST",
            right.clone(),
            JSON,
            r#"{"select":["phone"]}"#,
            400,
            envelope("UNKNOWNDTOPROPERTY"),
        ),
        (
            "POST",
            right.clone(),
            JSON,
            r#"{"order":["id"]}"#,
            400,
            envelope("INVALIDORDER"),
        ),
        (
            "POST",
            right.clone(),
            JSON,
            r#"{"filter":{"id":1}}"#,
            400,
            envelope("INVALIDFILTER"),
        ),
        // The old path has no REST 3.0 methods, and its errors are flat.
        (
            "POST",
            format!("/rest/1/{SECRET}/{METHOD}"),
            JSON,
            "{}",
            404,
            "ERROR_METHOD_NOT_FOUND".to_owned(),
        ),
        (
            "POST",
            "/rest/1/wrong/profile".to_owned(),
            JSON,
            "{}",
            401,
            "INVALID_CREDENTIALS".to_owned(),
        ),
        (
            "POST",
            "/rest/profile".to_owned(),
            JSON,
            "{}",
            401,
            "NO_AUTH_FOUND".to_owned(),
        ),
    ] {
        let (got, _, text) = ask(&portal, method, &path, content_type, body).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        let is_flat = !path.starts_with("/rest/api/");
        let found = if is_flat {
            &answer["error"]
        } else {
            &answer["error"]["code"]
        };
        assert_eq!(
            (got, found.as_str()),
            (status, Some(code.as_str())),
            "{method} {path} {body}: {text}"
        );
        assert!(answer.get("result").is_none() && answer.get("time").is_none(), "{text}");
    }
}

#[tokio::test]
async fn a_result_has_the_documented_form() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    for path in [v3(1, SECRET, METHOD), format!("{}/", v3(1, SECRET, METHOD))] {
        let (status, head, text) = ask(&portal, "POST", &path, "application/vnd.x+json", r#"{"query":"<b>"}"#).await;
        assert_eq!(status, 200);
        assert!(head.contains("content-type: application/json; charset=utf-8"), "{head}");
        assert!(
            text.contains(r#""name":"\u003Cb\u003EClient\u003C\/b\u003E \u0026"#),
            "{text}"
        );
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["result"]["items"][0]["id"], json!(9));
        assert!(
            answer["time"]["start"].is_u64() && answer["time"]["finish"].is_f64(),
            "{text}"
        );
        assert!(
            answer["time"]["date_start"].as_str().unwrap().ends_with("+00:00"),
            "{text}"
        );
    }
    let (_, _, text) = ask(&portal, "POST", &format!("/rest/7/{SECRET}/profile.json"), "", "").await;
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["result"]["ID"], "7");
}

#[tokio::test]
async fn search_is_a_literal_substring_in_one_persons_book() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    for (user, body, ids) in [
        (1, r#"{"query":"ИВАНОВ"}"#, vec![28, 27]),
        (1, r#"{"query":"ivan petrov"}"#, vec![]),
        (1, r#"{"query":" petrov"}"#, vec![19]),
        (1, r#"{"query":"petrova "}"#, vec![]),
        (1, r#"{"query":"%"}"#, vec![51]),
        (1, r#"{"query":"r_s"}"#, vec![52]),
        (1, r#"{"query":["x"]}"#, vec![]),
        (1, r#"{"query":50}"#, vec![51]),
        (1, r#"{"pagination":{"limit":2,"page":2}}"#, vec![60, 59]),
        (1, r#"[]"#, (13..=62).rev().collect()),
        (7, r#"{"query":null}"#, vec![103, 102, 101]),
        (7, r#"{"query":false}"#, vec![103, 102, 101]),
    ] {
        let (_, _, text) = ask(&portal, "POST", &v3(user, SECRET, METHOD), JSON, body).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        let found: Vec<u64> = answer["result"]["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_u64().unwrap())
            .collect();
        assert_eq!(found, ids, "{user} {body}");
    }
}

#[tokio::test]
async fn a_negative_limit_returns_everything_or_500_by_choice() {
    let body = r#"{"pagination":{"limit":-5,"offset":60}}"#;
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let (_, _, text) = ask(&portal, "POST", &v3(1, SECRET, METHOD), JSON, body).await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["result"]["items"].as_array().unwrap().len(), 62);

    let settings = Settings {
        negative_limit: NegativeLimit::InternalError,
        ..Settings::default()
    };
    let portal = DemoPortal::start(settings).await.unwrap();
    assert_eq!(ask(&portal, "POST", &v3(1, SECRET, METHOD), JSON, body).await.0, 500);
}

#[tokio::test]
async fn messages_come_in_the_chosen_language() {
    let portal = DemoPortal::start(Settings {
        language: Language::Russian,
        ..Settings::default()
    })
    .await
    .unwrap();
    let (_, _, text) = ask(&portal, "POST", &v3(1, "wrong", METHOD), JSON, "{}").await;
    assert!(text.contains("Доступ запрещен"), "{text}");
}

#[tokio::test]
async fn every_request_is_recorded_whole() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    ask(&portal, "POST", "/rest/api/x?y=1", JSON, "{\"a\":1}").await;
    let recorded = portal.requests().pop().unwrap();
    assert_eq!(
        (recorded.method.as_str(), recorded.path.as_str()),
        ("POST", "/rest/api/x?y=1")
    );
    assert!(recorded.headers.contains(&("content-type".to_owned(), JSON.to_owned())));
    assert_eq!(recorded.body, b"{\"a\":1}");
}
