//! Completion: the values, and the part of the rate limit that it may use beside the user's look-ups.

use bitrix24_mail_mcp::demo::{DemoPortal, Settings};
use bitrix24_mail_mcp::fixit::FIXES;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::commands::{on, on_demo};
use crate::support::demo_in_process::portal_with_fault;
use crate::support::harness::{Session, call};
use crate::support::revisions::Client;

const SEARCH: &str = "bitrix24-mail://contacts/search/{query}";
const FIX: &str = "bitrix24-mail://fixes/{code}";

fn of_prompt(argument: &str, value: &str) -> Value {
    json!({"ref": {"type": "ref/prompt", "name": "draft_mail"}, "argument": {"name": argument, "value": value}})
}

fn of_template(uri: &str, argument: &str, value: &str) -> Value {
    json!({"ref": {"type": "ref/resource", "uri": uri}, "argument": {"name": argument, "value": value}})
}

async fn completed(client: &mut Client, params: Value) -> Value {
    let answer = client.ask("completion/complete", params).await;
    assert!(answer["result"]["completion"]["values"].is_array(), "{answer}");
    answer["result"]["completion"].clone()
}

async fn client(command: Command) -> Client {
    Client::start("2025-11-25", command).await
}

/// An empty list without a total.
fn nothing() -> Value {
    json!({"values": []})
}

#[tokio::test]
async fn recipients_are_completed_after_the_last_comma_and_only_with_plain_names() {
    let session = Session::demo().await;
    let found = session
        .client()
        .complete_prompt_argument("draft_mail", "to", "bob@example.com, anna", None)
        .await;
    let found = found.unwrap();
    assert_eq!(
        found.values,
        [
            "bob@example.com, Hanna Berg <hanna.berg@nord.example>",
            "bob@example.com, Анна Кузнецова <anna.k@example.net>",
            "bob@example.com, Anna Petrova <anna.petrova@contoso.example>",
            "bob@example.com, a.schmidt@example.org",
            "bob@example.com, Anna Schmidt <anna.schmidt@fabrikam.example>",
            "bob@example.com, Anna Schmidt <anna.schmidt@contoso.example>",
            "bob@example.com, shell@evil.example",
        ]
    );
    assert_eq!((found.total, found.has_more), (Some(7), Some(false)));
}

/// From completion by way of the prompt to the look-up.
#[tokio::test]
async fn the_prompt_finds_every_recipient_that_completion_offers() {
    let mut client = client(on_demo()).await;
    for typed in ["anna", "evil", "пет", "o'n", "client"] {
        let values = completed(&mut client, of_prompt("to", typed)).await["values"].clone();
        assert!(!values.as_array().unwrap().is_empty(), "{typed}");
        for value in values.as_array().unwrap() {
            let params = json!({"name": "draft_mail", "arguments": {"to": value, "about": "x"}});
            let prompt = client.ask("prompts/get", params).await;
            let text = prompt["result"]["messages"][0]["content"]["text"].as_str().unwrap();
            let typed: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
            let names = typed["names"].as_array().unwrap();
            assert_eq!(names.len(), 1, "{value}");
            let found = client
                .ask("tools/call", call(2, json!({"query": names[0]}))["params"].clone())
                .await;
            let contacts = &found["result"]["structuredContent"]["contacts"];
            assert!(
                contacts
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|contact| contact["email"] == names[0]),
                "{found}"
            );
        }
    }
}

#[tokio::test]
async fn queries_are_completed_to_addresses() {
    let mut client = client(on_demo()).await;
    let found = completed(&mut client, of_template(SEARCH, "query", "Schmidt, A")).await;
    assert_eq!(
        found,
        json!({"values": ["a.schmidt@example.org"], "total": 1, "hasMore": false})
    );
}

#[tokio::test]
async fn fewer_than_two_characters_send_no_request() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let mut client = client(on(&portal)).await;
    for typed in [
        "",
        " ",
        "a",
        " ж ",
        "anna@example.com, ",
        "anna@example.com, b",
        "Anna <",
        "Anna <a",
    ] {
        assert_eq!(
            completed(&mut client, of_prompt("to", typed)).await,
            nothing(),
            "{typed}"
        );
    }
    assert_eq!(
        completed(&mut client, of_template(SEARCH, "query", "a ")).await,
        nothing()
    );
    for typed in ["x".repeat(256), "anna, ".repeat(1_000)] {
        assert_eq!(completed(&mut client, of_prompt("to", &typed)).await, nothing());
    }
    assert_eq!(portal.request_count(), 0);
}

#[tokio::test]
async fn there_are_at_most_a_hundred_values_and_the_list_says_if_there_are_more() {
    let settings = Settings {
        contacts: Some(300),
        ..Settings::default()
    };
    let portal = DemoPortal::start(settings).await.unwrap();
    let mut client = client(on(&portal)).await;
    for params in [of_prompt("to", "person"), of_template(SEARCH, "query", "person")] {
        let found = completed(&mut client, params).await;
        assert_eq!(found["values"].as_array().unwrap().len(), 100);
        assert_eq!((found["hasMore"].as_bool(), found.get("total")), (Some(true), None));
    }
    assert_eq!(
        portal.request_count(),
        1,
        "both have the same query, so the cache answers one"
    );
    let sent: Value = serde_json::from_slice(&portal.requests()[0].body).unwrap();
    assert_eq!(sent["pagination"]["limit"], 100);
}

#[tokio::test]
async fn the_list_is_empty_immediately_while_the_limit_is_used_up() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let mut command = on(&portal);
    // The limiter allows the next request ten seconds later.
    command.env("BITRIX24_RATE_LIMIT", "0.1/1");
    let mut client = client(command).await;
    let found = completed(&mut client, of_prompt("to", "client")).await;
    assert_eq!(found["values"].as_array().unwrap().len(), 5);
    assert_eq!(completed(&mut client, of_prompt("to", "anna")).await, nothing());
    assert_eq!(
        completed(&mut client, of_prompt("to", "client")).await,
        found,
        "an answer from the cache sends no request"
    );
    assert_eq!(portal.request_count(), 1);
}

#[tokio::test]
async fn completion_leaves_half_of_the_limit_to_look_ups() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let mut command = on(&portal);
    command.env("BITRIX24_RATE_LIMIT", "0.1/4");
    let mut client = client(command).await;
    for typed in ["person", "anna", "client", "bob"] {
        completed(&mut client, of_prompt("to", typed)).await;
    }
    assert_eq!(portal.request_count(), 2);
    for query in ["ivan", "eva"] {
        let found = client
            .ask("tools/call", call(2, json!({"query": query}))["params"].clone())
            .await;
        assert_eq!(found["result"]["isError"], false, "{found}");
    }
    assert_eq!(portal.request_count(), 4);
}

#[tokio::test]
async fn a_failed_look_up_returns_an_empty_list() {
    for name in ["no-mail-scope", "insufficient-scope", "not-json"] {
        let portal = portal_with_fault(name).await;
        let mut client = client(on(&portal)).await;
        assert_eq!(
            completed(&mut client, of_prompt("to", "anna")).await,
            nothing(),
            "{name}"
        );
        assert!(portal.request_count() > 0);
    }
    let mut without_credentials = client(crate::support::harness::program()).await;
    assert_eq!(
        completed(&mut without_credentials, of_prompt("to", "anna")).await,
        nothing()
    );
}

#[tokio::test]
async fn a_cancelled_completion_stops_its_request() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    portal.hold_answers();
    let mut client = client(on(&portal)).await;
    let request = client.request("completion/complete", of_prompt("to", "anna"));
    client.session.send(request).await;
    portal.wait_until(|portal| portal.request_count() == 1).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}});
    client.session.send(cancel).await;
    portal.wait_until(|portal| portal.abandoned() == 1).await;
}

#[tokio::test]
async fn tones_and_codes_are_completed_from_their_lists() {
    let portal = DemoPortal::start(Settings::default()).await.unwrap();
    let mut client = client(on(&portal)).await;
    let tones = completed(&mut client, of_prompt("tone", "F")).await;
    assert_eq!(tones["values"], json!(["friendly", "formal", "brief", "firm"]));
    assert_eq!(completed(&mut client, of_prompt("about", "lunch")).await, nothing());
    let code = completed(&mut client, of_template(FIX, "code", "accessdenied")).await;
    assert_eq!(
        code["values"],
        json!(["BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION"]),
        "once, with three rows"
    );
    let all = completed(&mut client, of_template(FIX, "code", "")).await;
    let mut codes: Vec<_> = FIXES.iter().map(|fix| fix.code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(all["total"], codes.len());
    assert_eq!(portal.request_count(), 0);
}

#[tokio::test]
async fn a_reference_to_nothing_is_refused_by_its_name() {
    for revision in ["2025-11-25", "2026-07-28"] {
        let mut client = Client::start(revision, on_demo()).await;
        let other_prompt = json!({"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "to", "value": ""}});
        let no_value = json!({"ref": {"type": "ref/prompt", "name": "draft_mail"}, "argument": {"name": "to"}});
        let other_kind = json!({"ref": {"type": "ref/tool", "name": "x"}, "argument": {"name": "to", "value": ""}});
        for (params, part) in [
            (other_prompt, "draft_mail"),
            (no_value, "`argument`"),
            (other_kind, "`ref`"),
            (of_prompt("cc", "anna"), "`cc`"),
            (of_template(SEARCH, "code", "anna"), "`code`"),
            (of_template(FIX, "query", "anna"), "`query`"),
            (
                of_template("bitrix24-mail://contacts/latest", "query", "anna"),
                "unknown resource template",
            ),
        ] {
            let error = client.ask("completion/complete", params).await["error"].clone();
            assert_eq!(error["code"], -32602, "{error}");
            assert!(error["message"].as_str().unwrap().contains(part), "{error}");
        }
        let completion = completed(&mut client, of_prompt("tone", "brief")).await;
        assert_eq!(completion, json!({"values": ["brief"], "total": 1, "hasMore": false}));
    }
}
