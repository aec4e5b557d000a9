//! Recipients: the people found, the number of requests, and the answer when a source fails.

use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, Names, Recipient, Resolution, Source, Status, Why};
use bitrix24_mail_mcp::demo::{self, DemoPortal, Quirk};
use bitrix24_mail_mcp::portal::{Credentials, Portal, Settings};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::address_books::{failures, names};
use crate::support::harness::{run, stderr, stdout};

async fn portal(quirk: Option<Quirk>) -> DemoPortal {
    DemoPortal::start(demo::Settings {
        quirk,
        bucket: None,
        ..demo::Settings::default()
    })
    .await
    .unwrap()
}

fn book(portal: &DemoPortal) -> AddressBook {
    let settings = Settings {
        rate_limit: None,
        max_attempts: 1,
        ..Settings::new(Credentials::from_webhook_url(&portal.webhook_url().unwrap()))
    };
    AddressBook::new(Portal::new(settings), Duration::ZERO)
}

async fn resolve(portal: &DemoPortal, asked: &[&str]) -> Resolution {
    let book = book(portal);
    book.resolve(&names(asked), &|_| {}, &CancellationToken::new())
        .await
        .unwrap()
}

fn emails(recipient: &Recipient) -> Vec<&str> {
    recipient.matches.iter().map(|found| found.email.as_str()).collect()
}

const METHOD_NOT_FOUND: &str = "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION";
const INTERNAL: &str = "BITRIX_REST_V3_EXCEPTION_INTERNAL_INTERNALEXCEPTION";

#[tokio::test]
async fn names_in_four_spellings_are_found_in_one_request() {
    let portal = portal(None).await;
    let resolution = resolve(&portal, &["Ivan Petrov", "Bdfyjd", "Мюллер", "anna"]).await;
    assert_eq!(portal.rest3_request_count(), 1);
    insta::assert_json_snapshot!(resolution.recipients);
}

/// Golden answers: the people found, their order, and the reasons.
#[tokio::test]
async fn each_kind_of_spelling_finds_its_people_in_order() {
    let portal = portal(None).await;
    let asked = [
        "client@example.com",
        "CLIENT@EXAMPLE.COM",
        "client@example.org",
        "John Smith",
        "Smith John",
        "smith, john",
        "J. Smith",
        "jsmith",
        "Sasha Petrov",
        "Bob Miller",
        "Alexey Ivanov",
        "Shcherbakov",
        "Hohlova Yana",
        "Artem Elkin",
        "Halahan",
        "Yevhen Yizhakevych",
        "Mueller",
        "Muller Jurgen",
        "Grosse",
        "Wojcik",
        "Zolkiewska",
        "oneill",
        "Ayse Yildiz",
        "Anna Contoso",
        "Anna at Fabrikam",
        "бухгалтерия Ромашка",
        "田中",
        "Ivan Petrof",
        "Kate Brwon",
        "Brown Kate",
        "boss@contoso.com",
        "Contoso Support",
        "nobody at all",
    ];
    let mut golden = String::new();
    for name in asked {
        let resolution = resolve(&portal, &[name]).await;
        let found = &resolution.recipients[0];
        golden.push_str(&format!("{name}: {}\n", word(found.status)));
        for found in &found.matches {
            golden.push_str(&format!(
                "    {} ({}, {})\n",
                found,
                word(found.why),
                found.source.as_str()
            ));
        }
    }
    insta::assert_snapshot!(golden);
}

fn word(value: impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap();
    value.as_str().unwrap_or("not asked").to_owned()
}

#[tokio::test]
async fn fifty_names_are_one_request() {
    let portal = portal(Some(Quirk::ShortBatch)).await;
    let asked: Vec<String> = (0..49).map(|at| format!("Person{at} Nobody{}", at * 7)).collect();
    let mut asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    asked.push("client@example.com");
    let resolution = resolve(&portal, &asked).await;
    assert_eq!(portal.rest3_request_count(), 1);
    assert_eq!(resolution.recipients.len(), 50);
    assert_eq!(resolution.recipients[49].status, Status::One);
    assert!(resolution.not_asked.is_empty());
}

#[tokio::test]
async fn a_name_among_fifty_has_the_same_matches_as_alone() {
    let portal = portal(None).await;
    let mut many: Vec<String> = (0..48).map(|at| format!("Person{at} Nobody{}", at * 7)).collect();
    many.extend(["Lukacz Wojczik".to_owned(), "Иван Петров".to_owned()]);
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let found = resolve(&portal, &many).await.recipients;
    assert_eq!(emails(&found[48]), ["lukasz@krakow.example"]);
    let alone = resolve(&portal, &["Иван Петров"]).await.recipients.remove(0);
    assert_eq!(found[49], alone);
    assert!(!found.iter().any(|recipient| recipient.incomplete));
    assert_eq!(portal.rest3_request_count(), 2);
}

#[tokio::test]
async fn an_old_portal_without_batch_is_read_page_by_page() {
    let portal = portal(Some(Quirk::NoBatch)).await;
    let resolution = resolve(&portal, &["Shcherbakov", "client@example.com"]).await;
    assert_eq!(emails(&resolution.recipients[0]), ["shcherbakov@zavod.example"]);
    assert_eq!(emails(&resolution.recipients[1]), ["client@example.com"]);
    assert!(resolution.not_asked.is_empty(), "{:?}", resolution.not_asked);
    assert!(!resolution.recipients.iter().any(|recipient| recipient.incomplete));
}

#[tokio::test]
async fn a_missing_method_in_a_batch_fails_only_its_own_source() {
    let portal = portal(Some(Quirk::NoEmployees)).await;
    let asked = ["Shcherbakov", "client@example.com", "a1a", "b2b", "c3c"];
    let resolution = resolve(&portal, &asked).await;
    assert_eq!(emails(&resolution.recipients[0]), ["shcherbakov@zavod.example"]);
    assert_eq!(failures(&resolution), [(Source::Employees, METHOD_NOT_FOUND)]);
    let asked_for_employees = portal
        .requests()
        .iter()
        .filter(|request| request.path.ends_with("listemployees"))
        .count();
    assert!(asked_for_employees <= 2, "an unknown method is not asked for again");
}

#[tokio::test]
async fn if_employees_fail_contacts_are_found_and_only_an_address_is_certain() {
    let portal = portal(Some(Quirk::EmployeesFail)).await;
    let resolution = resolve(&portal, &["client@example.com", "Shcherbakov"]).await;
    let [address, name] = resolution.recipients.as_slice() else {
        panic!()
    };
    assert_eq!(address.status, Status::One);
    assert_eq!(emails(name), ["shcherbakov@zavod.example"]);
    assert_eq!((name.status, name.incomplete), (Status::Several, true));
    assert_eq!(failures(&resolution), [(Source::Employees, INTERNAL)]);
}

async fn resolve_among(people: &[(&str, &str)], crowd: impl Iterator<Item = String>, asked: &str) -> Recipient {
    let portal = portal(None).await;
    let mut book: Vec<(String, String)> = people
        .iter()
        .map(|(email, name)| ((*email).to_owned(), (*name).to_owned()))
        .collect();
    book.extend(
        crowd
            .enumerate()
            .map(|(at, name)| (format!("p{at}@crowd.example"), name)),
    );
    portal.replace_book(1, book);
    let names = Names::new(&[asked.to_owned()], &[Source::Contacts]).unwrap();
    let book = self::book(&portal);
    let mut resolution = book.resolve(&names, &|_| {}, &CancellationToken::new()).await.unwrap();
    assert!(!resolution.recipients[0].incomplete);
    resolution.recipients.remove(0)
}

#[tokio::test]
async fn accents_and_scripts_hide_nobody_with_the_name() {
    for (people, asked) in [
        (
            [
                ("j.quiroga@x.example", "Jose Quiroga"),
                ("j.prado@x.example", "José Prado"),
            ],
            "Jose",
        ),
        (
            [("a@x.example", "Ана Стојковић"), ("i@x.example", "Ivan Stojković")],
            "Стојковић",
        ),
        (
            [("j@x.example", "Jürgen Müller"), ("m@x.example", "Max Mueller")],
            "Müller",
        ),
    ] {
        let strangers = (0..400).map(|at| format!("Olga Kuznetsova{at}"));
        let found = resolve_among(&people, strangers, asked).await;
        assert_eq!(found.status, Status::Several, "{asked}");
        assert_eq!(found.matches.len(), 2, "{asked}: {found:?}");
    }
}

#[tokio::test]
async fn one_of_a_crowd_is_found_by_the_whole_name() {
    let schmidts = (0..260).map(|at| format!("Xaver{at} Schmidt"));
    let found = resolve_among(&[("a@x.example", "Adelheid Schmidt")], schmidts, "Adelheid Schmidt").await;
    assert_eq!((found.status, emails(&found)), (Status::One, vec!["a@x.example"]));

    let crowd = (0..250).map(|at| format!("Olga Petrova{at}"));
    let crowd = crowd.chain((0..250).map(|at| format!("Ivan Kuznetsov{at}")));
    let found = resolve_among(&[("i@x.example", "Isidor Petrov")], crowd, "Petrov Isidor").await;
    assert_eq!((found.status, emails(&found)), (Status::One, vec!["i@x.example"]));
}

#[tokio::test]
async fn a_portal_without_human_resources_has_no_employees() {
    let portal = portal(Some(Quirk::NoHumanResources)).await;
    let resolution = resolve(&portal, &["client@example.com", "Brown Kate"]).await;
    assert_eq!(portal.rest3_request_count(), 1);
    assert!(resolution.not_asked.is_empty());
    assert_eq!(resolution.recipients[1].matches[0].source, Source::Contacts);
}

#[tokio::test]
async fn an_employee_is_one_person_with_the_contact_of_the_same_address() {
    let portal = portal(None).await;
    let resolution = resolve(&portal, &["Kate Brown"]).await;
    let found = &resolution.recipients[0];
    assert_eq!(found.status, Status::One);
    assert_eq!((found.matches[0].source, found.matches[0].id), (Source::Employees, 17));
    assert_eq!(found.matches[0].why, Why::ExactName, "by the contact's name");
}

#[tokio::test]
async fn cancelling_ends_the_call() {
    let portal = portal(None).await;
    portal.hold_answers();
    let (book, cancellation) = (book(&portal), CancellationToken::new());
    let asked = names(&["anna"]);
    let resolving = book.resolve(&asked, &|_| {}, &cancellation);
    let cancelling = async {
        while portal.rest3_request_count() == 0 {
            tokio::task::yield_now().await;
        }
        cancellation.cancel();
    };
    let (outcome, ()) = tokio::join!(resolving, cancelling);
    assert_eq!(outcome.unwrap_err().code(), "CANCELLED");
}

#[tokio::test]
async fn the_command_line_prints_what_the_tool_returns() {
    let output = run(&["resolve", "anna", "client@example.com", "--demo", "--format", "json"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(found["recipients"][0]["status"], "several");
    assert_eq!(found["recipients"][1]["matches"][0]["why"], "exact_address");
    assert!(found["advice"].as_str().unwrap().contains("Ask the user"));

    let output = run(&["resolve", "client@example.com", "--demo"]).await;
    assert!(stdout(&output).contains("exact address"), "{}", stdout(&output));
    let output = run(&["resolve", "Shcherbakov", "--demo-quirk", "no-employees"]).await;
    assert_eq!(
        output.status.code(),
        Some(1),
        "a script must not take a part for the whole"
    );
    assert!(
        stderr(&output).contains("employees could not be read"),
        "{}",
        stderr(&output)
    );
    let output = run(&["resolve", "%", "--demo"]).await;
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}
