//! Employees of the demo portal, alone and in a batch (portal contract, sections 4, 6, 8, 10 and 11).

use std::collections::HashSet;
use std::time::Duration;

use bitrix24_mail_mcp::demo::{DemoPortal, Language, NegativeLimit, Operating, SECRET, Settings};
use serde_json::{Value, json};

use crate::support::demo_in_process::{METHOD, Reply, get, list_as, old, post, start, status_and_code, without_bucket};

const EMPLOYEES: &str = "mail.recipient.listemployees";

/// The number of employees in the demo's company.
const ALL: usize = 25;

async fn ask(portal: &DemoPortal, user: u64, method: &str, body: &Value) -> Reply {
    let path = format!("/rest/api/{user}/{SECRET}/{method}");
    post(portal, &path, None, &body.to_string()).await.unwrap()
}

async fn employees(portal: &DemoPortal, body: &Value) -> Reply {
    ask(portal, 1, EMPLOYEES, body).await
}

async fn batch(portal: &DemoPortal, items: &Value) -> Reply {
    ask(portal, 1, "batch", items).await
}

fn item(method: &str, query: &str) -> Value {
    json!({"method": method, "query": {"query": query}})
}

/// The ids that a query finds, sorted.
async fn found(portal: &DemoPortal, query: impl Into<Value>) -> Vec<u64> {
    let mut ids = employees(portal, &json!({"query": query.into()})).await.ids();
    ids.sort_unstable();
    ids
}

#[tokio::test(start_paused = true)]
async fn a_missing_query_is_a_validation_error() {
    let portal = start(without_bucket()).await;
    for body in [
        json!({}),
        json!([]),
        json!({"query": null}),
        json!({"query": ""}),
        json!({"query": false}),
    ] {
        let reply = employees(&portal, &body).await;
        assert_eq!(
            reply.status_and_code(),
            status_and_code(400, "VALIDATION_REQUESTVALIDATION"),
            "{body}"
        );
        let error = &reply.json()["error"];
        assert_eq!(error["validation"][0]["field"], "MISSING_QUERY", "{}", reply.text);
        assert!(error["validation"][0]["message"].is_string());
    }
    let portal = start(Settings {
        language: Language::Russian,
        ..without_bucket()
    })
    .await;
    let reply = employees(&portal, &json!({})).await;
    assert!(reply.text.contains("обязательный"), "{}", reply.text);
}

#[tokio::test(start_paused = true)]
async fn a_blank_query_returns_everyone_in_a_fixed_order_that_is_not_by_id() {
    let portal = start(without_bucket()).await;
    let ids = employees(&portal, &json!({"query": " \t\r\n"})).await.ids();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ALL);
    assert!(!ids.is_sorted() && !ids.iter().rev().is_sorted(), "{ids:?}");
    assert_eq!(employees(&portal, &json!({"query": " "})).await.ids(), ids);
    assert_eq!(
        employees(&start(without_bucket()).await, &json!({"query": " "}))
            .await
            .ids(),
        ids
    );
}

#[tokio::test(start_paused = true)]
async fn words_are_prefixes_and_any_of_them_is_enough() {
    let portal = start(without_bucket()).await;
    for (query, ids) in [
        // Last name, first name, local part; upper or lower case
        ("петров", vec![11, 22]),
        ("ПЕТРОВ", vec![11, 22]),
        ("Иван", vec![11, 15, 20, 21]),
        ("petrov", vec![11, 22]),
        ("galagan", vec![32]),
        ("marketing", vec![42]),
        // Namesakes
        ("Smith John", vec![12, 18]),
        // Any word of two characters or more; white space around words is ignored
        ("  Smith  Käthe ", vec![12, 18, 34]),
        ("ivan petrov", vec![11, 15, 20, 21, 22]),
        ("nobody Kate", vec![17]),
        ("mu", vec![14, 35]),
        // The words of an address; its domain is not indexed
        ("kate.brown@example.com", vec![17]),
        ("demo-company", vec![]),
        ("example", vec![]),
        // A match begins a word or a part of a compound word, not the middle of a word
        ("etrov", vec![]),
        ("lang", vec![35]),
        ("Заречный", vec![27]),
        ("neill", vec![36]),
        // Each letter matches only itself: е is not ё, г is not ґ
        ("елкин", vec![]),
        ("ёлкин", vec![26]),
        ("Галаґан", vec![]),
        ("Ґала", vec![32]),
        ("weiss", vec![34]),
        ("muller", vec![]),
        // Words of one character match only together, and all must match; a single character matches nobody
        ("O'N", vec![36]),
        ("k z", vec![]),
        ("k w", vec![34]),
        ("k", vec![]),
        ("%", vec![]),
        ("--", vec![]),
        ("\u{a0}", vec![]),
    ] {
        assert_eq!(found(&portal, query).await, ids, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_query_is_cast_to_text() {
    let portal = start(without_bucket()).await;
    let people = [
        "r2d2@x.example",
        "42nd@x.example",
        "1st@x.example",
        "array.list@x.example",
    ];
    portal.replace_employees(people.map(|email| (email.to_owned(), String::new())));
    for (query, ids) in [
        (json!(42), vec![2]),
        (json!(0), vec![]),
        (json!(["r2d2"]), vec![4]),
        (json!({"a": 1}), vec![4]),
        // Becomes "1", and one character is too few
        (json!(true), vec![]),
    ] {
        assert_eq!(found(&portal, query.clone()).await, ids, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_employee_has_a_user_id_an_address_and_the_last_name_first() {
    let portal = start(without_bucket()).await;
    for (query, expected) in [
        (
            "kate",
            json!({"id": 17, "email": "kate.brown@example.com", "name": "Brown Kate"}),
        ),
        (
            "marketing",
            json!({"id": 42, "email": "Olga.Marketing@Demo-Company.example", "name": "Ольга"}),
        ),
        (
            "printer",
            json!({"id": 43, "email": "printer@demo-company.example", "name": ""}),
        ),
    ] {
        let reply = employees(&portal, &json!({"query": query})).await.json();
        assert_eq!(reply["result"], json!({"items": [expected]}), "{query}");
        assert!(reply["time"]["start"].is_u64());
    }
    let contacts = list_as(&portal, 1, r#"{"query":"kate.brown@example.com"}"#).await;
    assert_eq!(contacts.ids(), [55], "{}", contacts.text);
}

#[tokio::test(start_paused = true)]
async fn every_caller_sees_the_same_employees() {
    let portal = start(without_bucket()).await;
    let query = json!({"query": " "});
    let own = employees(&portal, &query).await.ids();
    assert_eq!(ask(&portal, 7, EMPLOYEES, &query).await.ids(), own);
    let token = portal.oauth_application().access_token;
    let path = format!("/rest/api/{EMPLOYEES}/");
    let reply = post(&portal, &path, Some(&token), &query.to_string()).await.unwrap();
    assert_eq!(reply.ids(), own);
}

#[tokio::test(start_paused = true)]
async fn pages_follow_the_rules_of_contacts() {
    let portal = start(without_bucket()).await;
    let page = async |pagination: Value| employees(&portal, &json!({"query": " ", "pagination": pagination})).await;
    let all = page(json!({})).await.ids();
    for (pagination, expected) in [
        (json!({"limit": 10}), &all[..10]),
        (json!({"limit": "10", "offset": 20}), &all[20..]),
        (json!({"limit": 10, "page": 2, "offset": 1}), &all[10..20]),
        (json!({"offset": 25}), &[]),
        (json!({"limit": 1000, "offset": -1}), &all[..]),
        (json!({"limit": -5, "offset": 20}), &all[..]),
        (json!("x"), &all[..]),
    ] {
        assert_eq!(page(pagination.clone()).await.ids(), expected, "{pagination}");
    }
    for pagination in [json!({"limit": 0}), json!({"offset": "x"}), json!({"page": []})] {
        let reply = page(pagination.clone()).await;
        assert_eq!(
            reply.status_and_code(),
            status_and_code(400, "INVALIDPAGINATION"),
            "{pagination}"
        );
    }

    portal.replace_employees((0..450).map(|number| (format!("p{number}@x.example"), String::new())));
    assert_eq!(page(json!({})).await.ids().len(), 50);
    assert_eq!(page(json!({"limit": 201})).await.ids().len(), 200);
    let mut walked = HashSet::new();
    for offset in [0, 200, 400] {
        walked.extend(page(json!({"limit": 200, "offset": offset})).await.ids());
    }
    assert_eq!(walked, (1..=450).collect());

    let portal = start(Settings {
        negative_limit: NegativeLimit::InternalError,
        ..without_bucket()
    })
    .await;
    let body = json!({"query": " ", "pagination": {"limit": -5}});
    assert_eq!(
        employees(&portal, &body).await.status_and_code(),
        status_and_code(500, "INTERNAL_INTERNAL")
    );
}

#[tokio::test(start_paused = true)]
async fn checks_come_in_the_portals_order() {
    let portal = start(without_bucket()).await;
    let ask_as = async |user: u64, method: &str, body: &str| {
        let path = format!("/rest/api/{user}/{SECRET}/{method}");
        post(&portal, &path, None, body).await.unwrap().status_and_code()
    };
    let camel_case = "mail.recipient.listEmployees";
    assert_eq!(
        ask_as(8, camel_case, "{}").await,
        status_and_code(404, "METHODNOTFOUND")
    );
    assert_eq!(ask_as(8, EMPLOYEES, "{}").await, status_and_code(401, "ACCESSDENIED"));
    assert_eq!(
        ask_as(9, EMPLOYEES, "x").await,
        status_and_code(403, "INSUFFICIENTSCOPE")
    );
    assert_eq!(ask_as(1, EMPLOYEES, "x").await, status_and_code(400, "INVALIDJSON"));
    for (body, code) in [
        (json!({"select": ["phone"]}), "UNKNOWNDTOPROPERTY"),
        (json!({"select": "id"}), "INVALIDSELECT"),
        (json!({"filter": {"id": 1}}), "INVALIDFILTER"),
        (json!({"order": ["id"], "pagination": {"limit": 0}}), "INVALIDORDER"),
        (json!({"pagination": {"limit": 0}}), "INVALIDPAGINATION"),
        (json!({"select": ["id"]}), "VALIDATION_REQUESTVALIDATION"),
    ] {
        assert_eq!(
            ask_as(1, EMPLOYEES, &body.to_string()).await,
            status_and_code(400, code),
            "{body}"
        );
    }
    let flat = old(&portal, EMPLOYEES).await.unwrap();
    assert_eq!(
        (flat.is_flat(), flat.status_and_code()),
        (true, status_and_code(404, "ERROR_METHOD_NOT_FOUND"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_scope_of_one_method_does_not_open_the_other() {
    let (contacts, staff) = (METHOD, EMPLOYEES);
    for (scopes, lists_contacts, lists_employees) in [
        (&["mail"] as &'static [&'static str], 200, 200),
        (&["mail.recipient[id:email]"], 200, 200),
        (&["mail.recipient.listcontacts"], 200, 403),
        (&["crm", "mail.recipient.listemployees[id]"], 403, 200),
        (&["mail.message"], 403, 403),
    ] {
        let portal = start(Settings {
            scopes: Some(scopes),
            ..without_bucket()
        })
        .await;
        for (method, status) in [(contacts, lists_contacts), (staff, lists_employees)] {
            let alone = ask(&portal, 1, method, &json!({"query": " "})).await;
            assert_eq!(alone.status, status, "{scopes:?} {method}");
            let reply = batch(&portal, &json!([item(method, " ")])).await;
            assert_eq!(reply.status_and_code(), alone.status_and_code(), "{scopes:?} {method}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_asks_for_contacts_and_employees_in_one_request() {
    let portal = start(without_bucket()).await;
    let items = json!([item(METHOD, "petrova"), item(EMPLOYEES, "kate"), item(METHOD, "ИВАНОВ")]);
    let reply = batch(&portal, &items).await;
    assert_eq!((portal.rest3_request_count(), portal.request_count()), (1, 1));
    let ids = reply.json()["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(ids_of)
        .collect::<Vec<_>>();
    assert_eq!(ids, [vec![19], vec![17], vec![28, 27]], "{}", reply.text);

    let mut items = items;
    items[1]["query"] = json!({});
    let refused = batch(&portal, &items).await;
    assert_eq!(
        refused.status_and_code(),
        status_and_code(400, "VALIDATION_REQUESTVALIDATION")
    );
    assert!(refused.json().get("result").is_none(), "{}", refused.text);
}

fn ids_of(result: &Value) -> Vec<u64> {
    let items = result["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn throttled_requests_of_rest_3_count_and_those_of_the_old_api_do_not() {
    let portal = start(Settings {
        kept_requests: 0,
        ..Settings::default()
    })
    .await;
    for _ in 0..60 {
        employees(&portal, &json!({"query": " "})).await;
    }
    old(&portal, "profile").await.unwrap();
    get(&portal, "/oauth/authorize/").await;
    assert_eq!((portal.throttled(), portal.rest3_request_count()), (11, 60));
    assert_eq!(portal.request_count(), 62);
}

#[tokio::test(start_paused = true)]
async fn operating_time_is_counted_for_each_method_and_not_for_the_items_of_a_batch() {
    let portal = start(Settings {
        operating: Some(Operating {
            limit: Duration::from_secs(10),
            cost_per_call: Duration::from_secs(5),
            answer_flat: false,
        }),
        ..without_bucket()
    })
    .await;
    let query = json!({"query": "kate"});
    let items = json!([item(METHOD, "kate"), item(EMPLOYEES, "kate")]);
    let operating = |reply: Reply| reply.json()["time"]["operating"].clone();
    // A failed call costs no operating time.
    assert_eq!(employees(&portal, &json!({})).await.status, 400);
    assert_eq!(operating(employees(&portal, &query).await), 5);
    assert_eq!(operating(employees(&portal, &query).await), 10);
    assert_eq!(
        employees(&portal, &query).await.status_and_code(),
        status_and_code(429, "RATELIMIT")
    );
    // The batch has operating time of its own; the items are not charged to their methods, nor stopped by their limits.
    assert_eq!(operating(batch(&portal, &items).await), 5);
    assert_eq!(operating(ask(&portal, 1, METHOD, &query).await), 5);
    assert_eq!(operating(batch(&portal, &items).await), 10);
    assert_eq!(
        batch(&portal, &items).await.status_and_code(),
        status_and_code(429, "RATELIMIT")
    );
    assert_eq!(operating(ask(&portal, 1, METHOD, &query).await), 10);
}
