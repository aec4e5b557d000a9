//! The whole pagination table of the portal contract (section 4), from tool arguments to the bytes the portal receives.

use bitrix24_mail_mcp::demo::{DemoPortal, Settings};
use serde_json::{Value, json};

use crate::support::harness::{Session, program};

#[derive(Debug, PartialEq)]
enum Expected {
    /// Limit and offset on the wire.
    Sent(u64, u64),
    /// Refused without a request.
    Refused,
}
use Expected::{Refused, Sent};

fn table() -> Vec<(Value, Expected)> {
    vec![
        (json!({}), Sent(50, 0)),
        (json!({"pagination": null}), Sent(50, 0)),
        (json!({"pagination": {}}), Sent(50, 0)),
        (json!({"pagination": []}), Sent(50, 0)),
        (json!({"pagination": "{\"limit\": 7}"}), Sent(7, 0)),
        // The portal ignores these silently, but a caller that sent them meant something.
        (json!({"pagination": "all"}), Refused),
        (json!({"pagination": 5}), Refused),
        (json!({"pagination": true}), Refused),
        (json!({"pagination": {"limit": null}}), Sent(50, 0)),
        (json!({"pagination": {"limit": 1}}), Sent(1, 0)),
        (json!({"pagination": {"limit": "20"}}), Sent(20, 0)),
        (json!({"pagination": {"limit": 20.0}}), Sent(20, 0)),
        (json!({"pagination": {"limit": "1e2"}}), Sent(100, 0)),
        (json!({"pagination": {"limit": 200}}), Sent(200, 0)),
        (json!({"pagination": {"limit": 201}}), Sent(200, 0)),
        (json!({"pagination": {"limit": 1000}}), Sent(200, 0)),
        (json!({"pagination": {"limit": 5000}}), Sent(200, 0)),
        (json!({"pagination": {"limit": 1e300}}), Sent(200, 0)),
        (json!({"pagination": {"limit": 0}}), Refused),
        (json!({"pagination": {"limit": "0"}}), Refused),
        (json!({"pagination": {"limit": 0.0}}), Refused),
        (json!({"pagination": {"limit": "abc"}}), Refused),
        (json!({"pagination": {"limit": ""}}), Refused),
        (json!({"pagination": {"limit": "inf"}}), Refused),
        (json!({"pagination": {"limit": true}}), Refused),
        (json!({"pagination": {"limit": false}}), Refused),
        (json!({"pagination": {"limit": []}}), Refused),
        (json!({"pagination": {"limit": {}}}), Refused),
        // The portal returns the whole address book for these.
        (json!({"pagination": {"limit": -5}}), Refused),
        (json!({"pagination": {"limit": 0.5}}), Refused),
        (json!({"pagination": {"offset": 30}}), Sent(50, 30)),
        (json!({"pagination": {"offset": "30"}}), Sent(50, 30)),
        (json!({"pagination": {"offset": -3}}), Sent(50, 0)),
        (json!({"pagination": {"offset": null}}), Sent(50, 0)),
        (json!({"pagination": {"offset": "next"}}), Refused),
        (json!({"pagination": {"offset": 1e30}}), Refused),
        (json!({"pagination": {"page": 1}}), Sent(50, 0)),
        (json!({"pagination": {"page": 3, "limit": 20}}), Sent(20, 40)),
        (
            json!({"pagination": {"page": 2, "limit": 20, "offset": 7}}),
            Sent(20, 20),
        ),
        (json!({"pagination": {"page": 0, "offset": 7}}), Sent(50, 0)),
        (json!({"pagination": {"page": -2, "offset": 7}}), Sent(50, 0)),
        (json!({"pagination": {"page": "two"}}), Refused),
        // A gap of the portal: with limit 500 on the wire, page 2 would begin at row 500 and rows 200 to 499 be lost.
        (json!({"pagination": {"page": 2, "limit": 500}}), Sent(200, 200)),
        (json!({"pagination": {"page": 9_223_372_036_854_775_807_u64}}), Refused),
        // Beside the query instead of inside `pagination`.
        (json!({"limit": 5, "page": 2}), Sent(5, 5)),
        (json!({"limit": "5", "offset": 10}), Sent(5, 10)),
        (json!({"limit": 0}), Refused),
    ]
}

#[tokio::test]
async fn the_whole_table_from_tool_arguments_to_the_portals_bytes() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let mut command = program();
    command
        .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap())
        .env("BITRIX24_CACHE_TTL", "0");
    let session = Session::start(command).await;
    for (arguments, expected) in table() {
        let before = portal.requests().len();
        let result = session.call(arguments.clone()).await;
        let requests = portal.requests().split_off(before);
        let structured = result.structured_content.clone().unwrap();
        match expected {
            Sent(limit, offset) => {
                assert_eq!(requests.len(), 1, "{arguments}");
                let body: Value = serde_json::from_slice(&requests[0].body).unwrap();
                assert_eq!(
                    body,
                    json!({"query": "", "pagination": {"limit": limit, "offset": offset}}),
                    "{arguments}"
                );
                assert_eq!(structured["page"]["limit"], limit, "{arguments}");
                assert_eq!(structured["page"]["offset"], offset, "{arguments}");
            }
            Refused => {
                assert!(requests.is_empty(), "{arguments} must not reach the portal");
                assert_eq!(result.is_error, Some(true), "{arguments}");
                let error = &structured["error"];
                assert_eq!(
                    error["code"], "BITRIX_REST_V3_EXCEPTION_INVALIDPAGINATIONEXCEPTION",
                    "{arguments}"
                );
                assert_eq!(
                    (&error["who"], &error["retry"]),
                    (&json!("assistant"), &json!("now")),
                    "{arguments}"
                );
                let field = error["validation"][0]["field"].as_str().unwrap();
                assert!(field.starts_with("pagination"), "{arguments}: {field}");
            }
        }
    }
}

#[tokio::test]
async fn the_pages_up_to_the_last_have_each_contact_once() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let session = Session::with(&portal).await;
    let mut ids = Vec::new();
    let mut offset = Some(json!(0));
    while let Some(from) = offset {
        let page = session
            .call(json!({"pagination": {"limit": 25, "offset": from}}))
            .await
            .structured_content
            .unwrap();
        ids.extend(
            page["contacts"]
                .as_array()
                .unwrap()
                .iter()
                .map(|contact| contact["id"].as_u64().unwrap()),
        );
        assert_eq!(page["page"]["complete"], page["page"].get("next_offset").is_none());
        offset = page["page"].get("next_offset").cloned();
    }
    assert_eq!(ids, (1..=62).rev().collect::<Vec<u64>>(), "newest first, each once");
}

#[tokio::test]
async fn the_query_reaches_the_portal_unchanged() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let session = Session::with(&portal).await;
    for (arguments, sent) in [
        (json!({"query": " ivan "}), " ivan "),
        (json!({"query": "50%_off"}), "50%_off"),
        (json!({"query": 123}), "123"),
        (json!({"query": null}), ""),
        (json!({"search": "Ёлкин"}), "Ёлкин"),
        (json!({"q": "a\"b\\c\n"}), "a\"b\\c\n"),
    ] {
        session.call(arguments.clone()).await;
        let body: Value = serde_json::from_slice(&portal.requests().pop().unwrap().body).unwrap();
        assert_eq!(body["query"], sent, "{arguments}");
    }
    for arguments in [
        json!({"query": true}),
        json!({"query": ["a"]}),
        json!({"company": "x"}),
        json!({"query": "x".repeat(256)}),
    ] {
        let before = portal.requests().len();
        let result = session.call(arguments.clone()).await;
        assert_eq!(
            result.structured_content.unwrap()["error"]["code"],
            "INVALID_ARGUMENTS",
            "{arguments}"
        );
        assert_eq!(portal.requests().len(), before, "{arguments} must not reach the portal");
    }
}
