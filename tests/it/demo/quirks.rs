//! Quirks of the demo portal that concern batches and employees (portal contract, sections 6, 7, 11 and 12).

use bitrix24_mail_mcp::demo::{DemoPortal, QUIRKS, Quirk, SECRET, Settings};
use serde_json::{Value, json};

use crate::support::demo_in_process::{METHOD, Reply, get, list_as, post, start, status_and_code, without_bucket};

const EMPLOYEES: &str = "mail.recipient.listemployees";

async fn portal_with(quirk: Quirk) -> DemoPortal {
    start(Settings {
        quirk: Some(quirk),
        ..without_bucket()
    })
    .await
}

async fn ask_as(portal: &DemoPortal, user: u64, method: &str, body: &Value) -> Reply {
    let path = format!("/rest/api/{user}/{SECRET}/{method}");
    post(portal, &path, None, &body.to_string()).await.unwrap()
}

async fn search(portal: &DemoPortal, method: &str, query: &str) -> Reply {
    ask_as(portal, 1, method, &json!({"query": query})).await
}

/// Sends a batch of searches, each with its method and query.
async fn batch(portal: &DemoPortal, searches: &[(&str, &str)]) -> Reply {
    let items = searches
        .iter()
        .map(|(method, query)| json!({"method": method, "query": {"query": query}}));
    ask_as(portal, 1, "batch", &items.collect()).await
}

async fn documented(portal: &DemoPortal) -> Vec<String> {
    let path = format!("/rest/api/1/{SECRET}/documentation");
    let document = get(portal, &path).await.json();
    document["paths"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn names_are_unique_and_every_quirk_has_a_line_about_it() {
    for (at, (name, about, quirk)) in QUIRKS.iter().enumerate() {
        assert!(!about.is_empty() && about.len() < 80, "{name}");
        let later = &QUIRKS[at + 1..];
        assert!(
            later.iter().all(|(other, _, same)| other != name && same != quirk),
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_quirk_the_document_names_all_methods() {
    let portal = start(Settings::default()).await;
    let all = [
        "/batch",
        "/documentation",
        "/mail.recipient.listcontacts",
        "/mail.recipient.listemployees",
        "/rest.documentation.openapi",
    ];
    let mut paths = documented(&portal).await;
    paths.sort_unstable();
    assert_eq!(paths, all);
}

#[tokio::test(start_paused = true)]
async fn a_portal_may_lack_batches() {
    let portal = portal_with(Quirk::NoBatch).await;
    assert_eq!(
        batch(&portal, &[]).await.status_and_code(),
        status_and_code(404, "METHODNOTFOUND")
    );
    assert_eq!(
        ask_as(&portal, 8, "batch", &json!([])).await.status_and_code(),
        status_and_code(404, "METHODNOTFOUND")
    );
    assert_eq!(search(&portal, METHOD, "client@example.com").await.ids(), [10]);
    assert_eq!(search(&portal, EMPLOYEES, "kate").await.ids(), [17]);
    assert!(!documented(&portal).await.contains(&"/batch".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn an_older_portal_lacks_employees_and_refuses_a_batch_that_asks_for_them() {
    let portal = portal_with(Quirk::NoEmployees).await;
    let unknown = status_and_code(404, "METHODNOTFOUND");
    assert_eq!(search(&portal, EMPLOYEES, "kate").await.status_and_code(), unknown);
    // The refusal comes before the first item runs, which would fail too.
    let wrong = json!({"method": METHOD, "query": {"pagination": {"limit": 0}}});
    let staff = json!({"method": EMPLOYEES, "query": {"query": "kate"}});
    assert_eq!(
        ask_as(&portal, 1, "batch", &json!([wrong, staff]))
            .await
            .status_and_code(),
        unknown
    );
    assert_eq!(batch(&portal, &[(METHOD, "kate")]).await.status, 200);
    assert!(!documented(&portal).await.contains(&format!("/{EMPLOYEES}")));
}

#[tokio::test(start_paused = true)]
async fn employees_may_always_fail_and_a_batch_with_them() {
    let portal = portal_with(Quirk::EmployeesFail).await;
    let internal = status_and_code(500, "INTERNAL_INTERNAL");
    for query in ["kate", " ", ""] {
        assert_eq!(
            search(&portal, EMPLOYEES, query).await.status_and_code(),
            internal,
            "{query}"
        );
    }
    assert_eq!(
        batch(&portal, &[(METHOD, "kate"), (EMPLOYEES, "kate")])
            .await
            .status_and_code(),
        internal
    );
    // A caller without the scope is refused for that first.
    let refused = ask_as(&portal, 9, EMPLOYEES, &json!({"query": "kate"})).await;
    assert_eq!(refused.status_and_code(), status_and_code(403, "INSUFFICIENTSCOPE"));
    assert_eq!(search(&portal, METHOD, "kate").await.ids(), [55]);
    assert_eq!(batch(&portal, &[(METHOD, "kate")]).await.status, 200);
    assert!(documented(&portal).await.contains(&format!("/{EMPLOYEES}")));
}

#[tokio::test(start_paused = true)]
async fn without_human_resources_nobody_is_found() {
    let portal = portal_with(Quirk::NoHumanResources).await;
    for query in ["kate", " "] {
        let reply = search(&portal, EMPLOYEES, query).await;
        assert_eq!(
            (reply.status, &reply.json()["result"]),
            (200, &json!({"items": []})),
            "{query}"
        );
    }
    assert_eq!(
        search(&portal, EMPLOYEES, "").await.status_and_code(),
        status_and_code(400, "VALIDATION_REQUESTVALIDATION")
    );
    let reply = batch(&portal, &[(EMPLOYEES, "kate"), (METHOD, "kate")]).await.json();
    assert_eq!(reply["result"][0]["items"], json!([]));
    assert_eq!(reply["result"][1]["items"][0]["id"], 55);
}

#[tokio::test(start_paused = true)]
async fn a_portal_may_refuse_more_than_fifty_items() {
    let portal = portal_with(Quirk::ShortBatch).await;
    let reply = batch(&portal, &[(EMPLOYEES, "kate"); 50]).await;
    assert_eq!(reply.json()["result"].as_array().unwrap().len(), 50);
    let mut many = [(EMPLOYEES, "kate"); 51];
    many[7] = ("no.method", "kate");
    let refused = batch(&portal, &many).await;
    assert_eq!(
        refused.status_and_code(),
        status_and_code(400, "ERROR_BATCH_LENGTH_EXCEEDED")
    );
    assert!(refused.is_flat(), "{}", refused.text);
    // A caller with wrong credentials is refused for that first.
    let items = vec![json!({}); 51].into();
    assert_eq!(
        ask_as(&portal, 8, "batch", &items).await.status_and_code(),
        status_and_code(401, "ACCESSDENIED")
    );
}

#[tokio::test(start_paused = true)]
async fn quirks_of_rows_apply_to_employees_too() {
    let email = "kate.brown@example.com";
    for (quirk, expected) in [
        (
            Quirk::IdsAsText,
            json!({"items": [{"id": "17", "email": email, "name": "Brown Kate"}]}),
        ),
        (
            Quirk::NullNames,
            json!({"items": [{"id": 17, "email": email, "name": null}]}),
        ),
        (Quirk::MissingNames, json!({"items": [{"id": 17, "email": email}]})),
        (
            Quirk::UnknownKeys,
            json!({"items": [{"id": 17, "email": email, "name": "Brown Kate", "icon": {"url": "\u{2026}"}}]}),
        ),
        (
            Quirk::BareList,
            json!([{"id": 17, "email": email, "name": "Brown Kate"}]),
        ),
    ] {
        let portal = portal_with(quirk).await;
        let reply = search(&portal, EMPLOYEES, "kate").await.json();
        assert_eq!(reply["result"], expected, "{quirk:?}");
        let reply = batch(&portal, &[(EMPLOYEES, "kate")]).await.json();
        assert_eq!(reply["result"], json!([expected]), "{quirk:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn quirks_of_the_whole_answer_apply_to_batches_and_employees_too() {
    let portal = portal_with(Quirk::NoTime).await;
    assert!(search(&portal, EMPLOYEES, "kate").await.json().get("time").is_none());
    let portal = portal_with(Quirk::ByteOrderMark).await;
    for reply in [batch(&portal, &[]).await, search(&portal, EMPLOYEES, "kate").await] {
        assert!(reply.text.starts_with('\u{feff}'), "{}", reply.text);
    }
    let portal = portal_with(Quirk::TextHtml).await;
    assert_eq!(batch(&portal, &[]).await.header("content-type"), Some("text/html"));
    assert_eq!(list_as(&portal, 1, "{}").await.status, 200);
}
