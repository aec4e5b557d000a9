//! A server of a team: each request is answered for its own employee, from that employee's book alone.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitrix24_mail_mcp::address_book::AddressBook;
use bitrix24_mail_mcp::fixit::FIXES;
use bitrix24_mail_mcp::mcp::{Employee, Server};
use bitrix24_mail_mcp::portal::Error;
use futures_util::future::join_all;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

use crate::support::employees::{
    Carrier, Client, DOMAINS, FakeTokens, MEMBER_ID, TOKENS, USER_IDS, anna_and_boris, employee, team_server, two_books,
};
use crate::support::scripted_wire::{ScriptedWire, envelope, flat, reply, webhook};

const CARRIERS: [Carrier; 2] = [Carrier::Request, Carrier::HttpRequest];

/// Everything that reads a book: method and parameters.
fn questions() -> Vec<(&'static str, Value)> {
    let tool = |name: &str, arguments: Value| ("tools/call", json!({"name": name, "arguments": arguments}));
    let read = |uri: &str| ("resources/read", json!({ "uri": uri }));
    let complete = |reference: Value, name: &str| {
        let argument = json!({"name": name, "value": "client"});
        ("completion/complete", json!({"ref": reference, "argument": argument}))
    };
    let search = "bitrix24-mail://contacts/search/{query}";
    vec![
        tool("list_mail_contacts", json!({"query": "client"})),
        tool("list_mail_employees", json!({"query": "client"})),
        tool(
            "resolve_mail_recipients",
            json!({"names": ["Client3 Family3", "John Smith"]}),
        ),
        read("bitrix24-mail://contacts/latest"),
        read("bitrix24-mail://contacts/search/client"),
        complete(json!({"type": "ref/prompt", "name": "draft_mail"}), "to"),
        complete(json!({"type": "ref/resource", "uri": search}), "query"),
    ]
}

/// Asserts that `answer` has contacts of the employee `at`, and none of the other.
fn assert_own(answer: &Value, at: usize, what: &str) {
    let text = answer.to_string();
    assert!(text.contains(DOMAINS[at]), "{what} has no own contact: {text}");
    assert!(
        !text.contains(DOMAINS[1 - at]),
        "{what} has a contact of the other: {text}"
    );
}

/// What the program logs at every level while this value lives, on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn begin(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn metrics_of(server: &Server) -> String {
    let mut registry = Registry::default();
    server.register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    text
}

/// Asserts that `text` names no person, contact or token.
fn assert_anonymous(text: &str, what: &str) {
    let ids = USER_IDS.map(|id| id.to_string());
    let ids = ids.iter().map(String::as_str);
    for secret in ids.chain(TOKENS).chain(DOMAINS).chain([MEMBER_ID, "Family3", "John"]) {
        assert!(!text.contains(secret), "{what} holds {secret}:\n{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn n66_two_people_with_the_same_questions_at_the_same_time_get_their_own_contacts_only() {
    let log = Log::default();
    let logging = log.begin();
    let people = anna_and_boris();
    for ttl in [Duration::ZERO, Duration::from_secs(60)] {
        for carrier in CARRIERS {
            let wire = two_books();
            let server = team_server(&wire, ttl, &[]);
            let client = Client::of(&server);
            // Three times: without anything in memory, then with books and pages of both in memory.
            for round in 0..3 {
                for (method, params) in questions() {
                    let both = people
                        .iter()
                        .map(|who| client.ask(carrier, Some(who), method, params.clone()));
                    for (at, answer) in join_all(both).await.iter().enumerate() {
                        assert_own(answer, at, &format!("{ttl:?} {carrier:?} {round} {method} {params}"));
                    }
                }
            }
            assert_anonymous(&metrics_of(&server), "the metrics");
        }
    }
    drop(logging);
    let log = log.text();
    assert!(log.contains("the portal answered"), "{log}");
    assert_anonymous(&log, "the log");
}

#[tokio::test(start_paused = true)]
async fn n66_equal_look_ups_of_one_person_are_one_flight_and_those_of_two_people_are_two() {
    let wire = two_books();
    let server = team_server(&wire, Duration::ZERO, &[]);
    let client = Client::of(&server);
    let [anna, boris] = anna_and_boris();
    let look_up = |who: Employee| {
        let client = &client;
        async move {
            let params = json!({"name": "list_mail_contacts", "arguments": {"query": "client"}});
            client.ask(Carrier::Request, Some(&who), "tools/call", params).await
        }
    };
    let people = [&anna, &boris, &anna, &boris, &anna];
    let answers = join_all(people.map(|who| look_up(who.clone()))).await;
    for (at, answer) in [0, 1, 0, 1, 0].into_iter().zip(&answers) {
        assert_own(answer, at, "a look-up");
    }
    let mut tokens: Vec<_> = wire.sent().into_iter().filter_map(|sent| sent.authorization).collect();
    tokens.sort();
    assert_eq!(
        tokens,
        TOKENS.map(|token| format!("Bearer {token}")),
        "one request for each person"
    );
}

#[tokio::test(start_paused = true)]
async fn n66_a_page_that_one_person_has_in_the_cache_is_not_the_others() {
    let wire = two_books();
    let client = Client::of(&team_server(&wire, Duration::from_secs(60), &[]));
    let people = anna_and_boris();
    let params = json!({"name": "list_mail_contacts", "arguments": {"query": "client"}});
    for (sent, at) in [(1, 0), (0, 0), (1, 1), (0, 1), (0, 0)] {
        let answer = client.ask(Carrier::Request, Some(&people[at]), "tools/call", params.clone());
        assert_own(&answer.await, at, "a page");
        assert_eq!(wire.take_sent().len(), sent, "requests for {at}");
    }
    let stranger = employee(USER_IDS[0], &FakeTokens::new("unknown", Err(Error::Cancelled)));
    let of_another_portal = Employee {
        person: crate::support::employees::person("another", USER_IDS[0]),
        ..stranger
    };
    let answer = client
        .ask(Carrier::Request, Some(&of_another_portal), "tools/call", params)
        .await;
    assert_eq!(
        answer["isError"], true,
        "the same user id at another portal is another person: {answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn n66_a_prompt_and_a_form_hold_nothing_of_the_other() {
    let wire = two_books();
    let client = Client::of(&team_server(&wire, Duration::from_secs(60), &[]));
    let people = anna_and_boris();
    let prompt = json!({"name": "draft_mail", "arguments": {"to": "John Smith", "about": "lunch"}});
    for (at, who) in people.iter().enumerate() {
        let answer = client
            .ask(Carrier::HttpRequest, Some(who), "prompts/get", prompt.clone())
            .await;
        assert!(answer["messages"].is_array(), "{answer}");
        assert!(
            !DOMAINS.iter().any(|domain| answer.to_string().contains(domain)),
            "{answer}"
        );
        let question = json!({"arguments": {"names": ["John Smith"], "ask_user": true}});
        let form = client.resolve(who, question).await;
        assert_eq!(form["resultType"], "input_required", "{form}");
        assert_own(&form, at, "a form");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_without_an_employee_fails_closed_and_nothing_is_sent() {
    let wire = two_books();
    let client = Client::of(&team_server(&wire, Duration::from_secs(60), &[]));
    let [anna, _] = anna_and_boris();
    // A book and pages of an employee are in memory.
    for (method, params) in questions() {
        client.ask(Carrier::Request, Some(&anna), method, params).await;
    }
    wire.take_sent();
    for (method, params) in questions() {
        let answer = client.ask(Carrier::Request, None, method, params).await;
        let text = answer.to_string();
        assert!(!text.contains(DOMAINS[0]), "{method}: {text}");
        match method {
            "completion/complete" => assert_eq!(answer["completion"]["values"], json!([])),
            _ => {
                assert!(text.contains("NOT_SIGNED_IN"), "{method}: {text}");
                assert!(text.contains("Sign in again in your MCP client."), "{method}: {text}");
                assert!(!text.contains("webhook") && !text.contains("login"), "{method}: {text}");
            }
        }
    }
    assert_eq!(wire.sent().len(), 0);
}

/// A server of one person never answers for an employee, not even with the credentials in the settings.
#[tokio::test(start_paused = true)]
async fn a_server_of_one_person_answers_no_employee() {
    let wire = ScriptedWire::in_turn([reply(200, r#"{"result":{"items":[]}}"#)]);
    let book = AddressBook::new(wire.portal_with(webhook()), Duration::ZERO);
    let client = Client::of(&Server::new(Arc::new(book)));
    let [anna, _] = anna_and_boris();
    let params = json!({"name": "list_mail_contacts", "arguments": {}});
    let answer = client
        .ask(Carrier::Request, Some(&anna), "tools/call", params.clone())
        .await;
    assert_eq!(
        answer["structuredContent"]["error"]["code"], "NO_CREDENTIALS",
        "{answer}"
    );
    assert_eq!(wire.sent().len(), 0);
    let answer = client.ask(Carrier::Request, None, "tools/call", params).await;
    assert_eq!(answer["isError"], false, "{answer}");
}

#[tokio::test(start_paused = true)]
async fn texts_for_models_speak_of_the_employee_in_a_team_and_of_the_webhook_elsewhere() {
    let wire = two_books();
    let team = team_server(&wire, Duration::ZERO, &[]);
    let one_person = Server::new(Arc::new(AddressBook::new(wire.portal_with(webhook()), Duration::ZERO)));
    for (server, own, other) in [
        (&team, "the signed-in employee", "webhook"),
        (&one_person, "the webhook's owner", "signed-in"),
    ] {
        let instructions = rmcp::ServerHandler::get_info(server).instructions.unwrap();
        let tools = Client::of(server)
            .ask(Carrier::Request, None, "tools/list", json!({}))
            .await
            .to_string();
        for text in [instructions, tools] {
            assert!(text.contains(own) && !text.contains(other), "{text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_employee_who_may_not_call_any_more_learns_whom_to_ask() {
    for (code, who, step) in [
        (
            "authorization_error",
            "portal_admin",
            "Check that the employee's account is active.",
        ),
        (
            "user_access_error",
            "portal_admin",
            "Give the employee access in the application's settings.",
        ),
        (
            "APPLICATION_NOT_FOUND",
            "operator",
            "Have the application installed on the portal again.",
        ),
        (
            "ACCESS_DENIED",
            "portal_admin",
            "Check the portal's plan: REST needs a commercial plan, a trial or a Market subscription.",
        ),
    ] {
        let wire = ScriptedWire::answering(move |sent| match sent.url.contains("/rest/api/") {
            true => envelope(401, "ACCESSDENIED"),
            false => flat(401, code),
        });
        let client = Client::of(&team_server(&wire, Duration::ZERO, &[]));
        let tokens = FakeTokens::new("old", Ok("new"));
        let params = json!({"name": "list_mail_contacts", "arguments": {}});
        let answer = client
            .ask(Carrier::Request, Some(&employee(1, &tokens)), "tools/call", params)
            .await;
        let error = &answer["structuredContent"]["error"];
        assert_eq!(
            (error["code"].as_str(), error["who"].as_str()),
            (Some(code), Some(who)),
            "{answer}"
        );
        assert_eq!(error["fix"][0], step, "{answer}");
        assert!(!error.to_string().contains("webhook"), "{answer}");
        let is_about_the_employee = code.ends_with("_error");
        assert_eq!(tokens.refusals(), [(code.to_owned(), is_about_the_employee)]);
    }
}

/// The page is refused after the portal has answered with success.
#[tokio::test(start_paused = true)]
async fn the_advice_on_a_page_of_another_shape_is_that_of_the_mode() {
    let wire = ScriptedWire::in_turn([reply(200, r#"{"result":{"items":["a","b"]}}"#)]);
    let team = team_server(&wire, Duration::ZERO, &[]);
    let one_person = Server::new(Arc::new(AddressBook::new(wire.portal_with(webhook()), Duration::ZERO)));
    let [anna, _] = anna_and_boris();
    for (server, person, setting) in [
        (&team, Some(&anna), "BITRIX24_PORTAL"),
        (&one_person, None, "BITRIX24_WEBHOOK_URL"),
    ] {
        let client = Client::of(server);
        let listing = json!({"name": "list_mail_contacts", "arguments": {}});
        let answer = client.ask(Carrier::Request, person, "tools/call", listing).await;
        let error = &answer["structuredContent"]["error"];
        assert_eq!(error["code"], "UNREADABLE_REPLY", "{answer}");
        assert_eq!(error["fix"][0], format!("Check host and port in {setting}."));
        let latest = json!({"uri": "bitrix24-mail://contacts/latest"});
        let answer = client.ask(Carrier::Request, person, "resources/read", latest).await;
        assert!(answer.to_string().contains(setting), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_advice_that_can_be_read_is_that_of_the_mode() {
    let wire = two_books();
    let team = team_server(&wire, Duration::ZERO, &[]);
    let one_person = Server::new(Arc::new(AddressBook::new(wire.portal_with(webhook()), Duration::ZERO)));
    for (server, is_for_team) in [(&team, true), (&one_person, false)] {
        let client = Client::of(server);
        for (uri, rows) in [
            ("bitrix24-mail://fixes/NOT_SIGNED_IN", 1),
            ("bitrix24-mail://fixes", FIXES.len()),
        ] {
            let answer = client
                .ask(Carrier::Request, None, "resources/read", json!({ "uri": uri }))
                .await;
            let text = answer["contents"][0]["text"].as_str().unwrap();
            assert_eq!(text.lines().count(), 2 + rows, "{text}");
            assert_eq!(
                text.contains("Sign in again in your MCP client."),
                is_for_team,
                "{text}"
            );
            assert_eq!(
                text.contains("bitrix24-mail-mcp login"),
                !is_for_team || rows > 1,
                "{text}"
            );
        }
    }
}
