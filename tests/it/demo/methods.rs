//! Batches, the OpenAPI document, address books that change in mid-walk, and the record of requests (portal contract,
//! sections 5, 11, 12 and 17).

use bitrix24_mail_mcp::demo::{Change, ChangeKind, DemoPortal, Quirk, SECRET, Settings};
use serde_json::{Value, json};

use crate::support::demo_in_process::{METHOD, Reply, get, list, list_as, list_with, old, post, start, without_bucket};

async fn batch_as(portal: &DemoPortal, user: u64, items: &Value) -> Reply {
    let path = format!("/rest/api/{user}/{SECRET}/batch");
    post(portal, &path, None, &items.to_string()).await.unwrap()
}

fn search(query: &str) -> Value {
    json!({"method": METHOD, "query": {"query": query, "pagination": {"limit": 2}}})
}

#[tokio::test(start_paused = true)]
async fn a_batch_answers_in_the_order_of_its_items() {
    let portal = start(without_bucket()).await;
    let reply = batch_as(&portal, 1, &json!([search("petrova"), {"method": METHOD, "query": {}}])).await;
    let json = reply.json();
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(json["result"][0]["items"][0]["id"], 19);
    assert_eq!(json["result"][1]["items"].as_array().unwrap().len(), 50);
    assert!(json["time"]["start"].is_u64());

    let empty = batch_as(&portal, 1, &json!([])).await;
    assert_eq!((empty.status, &empty.json()["result"]), (200, &json!([])));
    let many = batch_as(&portal, 1, &vec![search("anna"); 51].into()).await;
    assert_eq!(many.json()["result"].as_array().unwrap().len(), 51);

    let token = portal.oauth_application().access_token;
    let body = json!([search("anna")]).to_string();
    let reply = post(&portal, "/rest/api/batch/", Some(&token), &body).await.unwrap();
    assert_eq!(reply.status, 200);
    let reply = post(&portal, &format!("/rest/api/batch?auth={token}"), None, &body)
        .await
        .unwrap();
    assert_eq!(reply.status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_item_of_a_batch_may_use_earlier_results() {
    let portal = start(without_bucket()).await;
    let first = json!({"method": METHOD, "as": "who", "query": {"query": "petrova"}});
    for reference in ["who.items.0.name", "0.items.0.name"] {
        let second = json!({"method": METHOD, "query": {"query": {"$ref": reference}}});
        let reply = batch_as(&portal, 1, &json!([first, second])).await;
        assert_eq!(
            reply.json()["result"][1]["items"][0]["name"],
            "Anna Petrova",
            "{}",
            reply.text
        );
    }
    // A list is not a text: PHP casts it to "Array", which matches nobody.
    let list = json!({"method": METHOD, "query": {"query": {"$refArray": "who.items.name"}}});
    let reply = batch_as(&portal, 1, &json!([first, list])).await;
    assert_eq!(reply.json()["result"][1]["items"], json!([]), "{}", reply.text);
    for query in [
        json!({"query": {"$ref": "who.items.7.name"}}),
        json!({"query": {"$ref": "nobody.items"}}),
        json!({"query": {"$ref": "1.items"}}),
        json!({"query": {"$ref": 5}}),
        json!({"query": {"$refArray": "who.items.phone"}}),
    ] {
        let reply = batch_as(&portal, 1, &json!([first, {"method": METHOD, "query": query}])).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "INVALIDSELECT"), "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_fails_as_a_whole() {
    let portal = start(without_bucket()).await;
    let good = search("anna");
    let wrong_limit = json!({"method": METHOD, "query": {"pagination": {"limit": 0}}});
    let wrong_order = json!({"method": METHOD, "query": {"order": ["id"]}});
    let with_alias = json!({"method": METHOD, "as": "a", "query": {}});
    for (user, items, status, code) in [
        // All methods are looked up before anything runs.
        (
            1,
            json!([wrong_limit, {"method": "mail.x", "query": {}}]),
            404,
            "METHODNOTFOUND",
        ),
        (1, json!([{"method": "batch", "query": []}]), 404, "METHODNOTFOUND"),
        (1, json!([good, wrong_limit, wrong_order]), 400, "INVALIDPAGINATION"),
        (1, json!([good, wrong_order, wrong_limit]), 400, "INVALIDORDER"),
        (1, json!([with_alias, with_alias]), 400, "INVALIDSELECT"),
        (1, json!([{"method": METHOD}]), 400, "INVALIDSELECT"),
        (1, json!([{"method": METHOD, "query": "anna"}]), 400, "INVALIDSELECT"),
        (1, json!([{"query": {}}]), 400, "INVALIDSELECT"),
        (1, json!(["x"]), 400, "INVALIDSELECT"),
        (1, json!({"cmd": {"a": METHOD}}), 400, "INVALIDSELECT"),
        (1, json!("x"), 400, "INVALIDJSON"),
        (9, json!([good]), 403, "INSUFFICIENTSCOPE"),
        (8, json!([good]), 401, "ACCESSDENIED"),
    ] {
        let reply = batch_as(&portal, user, &items).await;
        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{items}");
        assert!(reply.json().get("result").is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn the_open_api_document_is_raw_and_open_to_every_valid_credential() {
    let portal = start(without_bucket()).await;
    for method in ["rest.documentation.openapi", "documentation"] {
        let path = format!("/rest/api/9/{SECRET}/{method}");
        for reply in [get(&portal, &path).await, post(&portal, &path, None, "").await.unwrap()] {
            let json = reply.json();
            assert_eq!(reply.status, 200);
            assert!(json["openapi"].is_string() && json.get("result").is_none() && json.get("time").is_none());
            assert!(json["paths"]["/mail.recipient.listcontacts"].is_object());
        }
        let refused = get(&portal, &format!("/rest/api/9/wrong/{method}")).await;
        assert_eq!((refused.status, refused.code().as_str()), (401, "ACCESSDENIED"));
    }
}

#[tokio::test(start_paused = true)]
async fn the_old_api_returns_a_webhooks_user_and_permissions() {
    let portal = start(without_bucket()).await;
    assert_eq!(
        old(&portal, "scope").await.unwrap().json()["result"],
        json!(["mail", "user"])
    );
    let info = old(&portal, "app.info").await.unwrap().json();
    assert_eq!(info["result"], json!({"SCOPE": ["mail", "user"], "LICENSE": "demo"}));
    let profile = old(&portal, "profile").await.unwrap().json();
    assert_eq!(
        (&profile["result"]["ID"], &profile["result"]["ADMIN"]),
        (&json!("1"), &json!(false))
    );

    let portal = start(Settings {
        scopes: Some(&["crm", "mail.recipient[id:email]"]),
        ..without_bucket()
    })
    .await;
    assert_eq!(list(&portal).await.status, 200);
    assert_eq!(
        list_with(&portal, &portal.oauth_application().access_token)
            .await
            .status,
        200
    );
}

async fn page(portal: &DemoPortal, offset: usize) -> Vec<u64> {
    let body = json!({"pagination": {"limit": 3, "offset": offset}});
    list_as(portal, 1, &body.to_string()).await.ids()
}

#[tokio::test(start_paused = true)]
async fn an_insert_between_pages_repeats_a_row_and_a_delete_skips_one() {
    let portal = start(without_bucket()).await;
    assert_eq!(page(&portal, 0).await, [62, 61, 60]);
    let new = portal.insert_contact(1, "new@company.example", "New");
    assert_eq!(page(&portal, 3).await, [60, 59, 58]);
    assert!(portal.delete_contact(1, 61) && portal.delete_contact(1, new));
    assert!(!portal.delete_contact(1, 61) && !portal.delete_contact(1, 101));
    assert_eq!(page(&portal, 6).await, [55, 54, 53]);
    assert_eq!(page(&portal, 0).await, [62, 60, 59]);

    let newer = portal.insert_contact(1, "newer@company.example", "Newer");
    assert!(newer > new && new > 62, "{new} {newer}");
    assert_eq!(portal.insert_contact(1, "newer@company.example", "Other"), newer);
    assert_eq!(page(&portal, 0).await, [newer, 62, 60]);
    assert_eq!(list_as(&portal, 7, "{}").await.ids(), [103, 102, 101]);
    assert!(portal.insert_contact(9, "x@company.example", "") > newer);
}

#[tokio::test(start_paused = true)]
async fn changes_happen_after_the_page_that_they_name() {
    let portal = start(Settings {
        changes: &[
            Change {
                after_requests: 1,
                what: ChangeKind::Insert {
                    user: 1,
                    email: "new@company.example",
                    name: "New",
                },
            },
            Change {
                after_requests: 2,
                what: ChangeKind::Delete { user: 1, id: 62 },
            },
            Change {
                after_requests: 2,
                what: ChangeKind::Delete { user: 1, id: 61 },
            },
        ],
        ..without_bucket()
    })
    .await;
    // A failed request does not count as a page.
    assert_eq!(list_as(&portal, 1, r#"{"pagination":{"limit":0}}"#).await.status, 400);
    assert_eq!(page(&portal, 0).await, [62, 61, 60]);
    assert_eq!(page(&portal, 3).await, [60, 59, 58]);
    assert_eq!(page(&portal, 6).await, [55, 54, 53]);
    assert_eq!(page(&portal, 0).await, [104, 60, 59]);
}

#[tokio::test(start_paused = true)]
async fn a_book_of_any_length_can_be_generated() {
    let portal = start(Settings {
        contacts: Some(1234),
        quirk: Some(Quirk::NoTime),
        ..without_bucket()
    })
    .await;
    let mut ids: Vec<u64> = Vec::new();
    loop {
        let body = json!({"pagination": {"limit": 200, "offset": ids.len()}});
        let page = list_as(&portal, 1, &body.to_string()).await.ids();
        ids.extend(&page);
        if page.len() < 200 {
            break;
        }
    }
    assert!(ids.iter().copied().eq((1..=1234).rev()));
    let reply = list_as(&portal, 1, r#"{"query":"person17@"}"#).await;
    assert_eq!(
        reply.json()["result"]["items"],
        json!([{"id": 17, "email": "person17@company.example", "name": "Person 17"}])
    );
}

#[tokio::test(start_paused = true)]
async fn a_test_may_bring_its_own_book_and_employees() {
    let portal = start(without_bucket()).await;
    let contact = |number: usize| (format!("p{number}@x.example"), format!("Person {number}"));
    portal.replace_book(1, (1..=1200).chain([7]).map(contact));
    assert_eq!(page(&portal, 0).await, [1200, 1199, 1198]);
    assert_eq!(page(&portal, 1198).await, [2, 1]);
    assert_eq!(list_as(&portal, 7, "{}").await.ids(), [103, 102, 101]);
    assert!(portal.insert_contact(1, "new@x.example", "") > 1200);
    assert_eq!(portal.insert_contact(1, "p7@x.example", ""), 7);
    // A new id is higher than every id so far, although the book is shorter now.
    portal.replace_book(7, [contact(1)]);
    assert_eq!(list_as(&portal, 7, "{}").await.ids(), [1]);
    assert!(portal.insert_contact(7, "new@x.example", "") > 1201);

    let people = [("a@x.example", "Ray Ann "), ("", "Ray Nobody"), ("c@x.example", "")];
    portal.replace_employees(people.map(|(email, name)| (email.to_owned(), name.to_owned())));
    let path = format!("/rest/api/1/{SECRET}/mail.recipient.listemployees");
    let reply = post(&portal, &path, None, r#"{"query":"ray"}"#).await.unwrap();
    let found = &reply.json()["result"]["items"];
    assert_eq!(found, &json!([{"id": 1, "email": "a@x.example", "name": "Ray Ann"}]));
    let mut ids = post(&portal, &path, None, r#"{"query":" "}"#).await.unwrap().ids();
    ids.sort_unstable();
    assert_eq!(ids, [1, 3]);
}

#[tokio::test(start_paused = true)]
async fn the_record_keeps_the_newest_requests_and_counts_all() {
    let portal = start(without_bucket()).await;
    for number in 0..10_050 {
        get(&portal, &format!("/{number}")).await;
    }
    let kept = portal.requests();
    assert_eq!((kept.len(), portal.request_count()), (10_000, 10_050));
    assert_eq!((kept[0].path.as_str(), kept[9_999].path.as_str()), ("/50", "/10049"));

    let long = vec![b' '; 30 * 1024 * 1024];
    for _ in 0..3 {
        portal.answer("POST", "/long", &[], &long).await.unwrap();
    }
    assert_eq!((portal.requests().len(), portal.request_count()), (2, 10_053));
}
