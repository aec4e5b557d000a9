//! Every shape of reply in the portal contract (sections 7, 8 and 15), one file with a `why` for each case, over a real
//! socket.

use std::fs;
use std::path::Path;

use bitrix24_mail_mcp::address_book::{Contact, Error};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::address_books::{book, query};
use crate::support::scripted_portal::ScriptedPortal;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    status: u16,
    #[serde(default)]
    content_type: Option<String>,
    /// The body; `body_bytes` if it is not UTF-8.
    #[serde(default)]
    body: String,
    #[serde(default)]
    body_bytes: Vec<u8>,
    expect: Expected,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Expected {
    Contacts(Vec<Contact>),
    Failure {
        code: String,
        message: String,
        #[serde(default)]
        validation: Vec<(String, String)>,
    },
}

#[tokio::test]
async fn every_shape_of_reply_becomes_a_result_or_a_typed_error() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures");
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert!(names.len() >= 30, "only {} cases", names.len());
    for path in names {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let case: Case =
            serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!case.why.is_empty(), "{name} does not say why");
        let headers = case
            .content_type
            .map(|kind| format!("content-type: {kind}\r\n"))
            .unwrap_or_default();
        let body = if case.body_bytes.is_empty() {
            case.body.into_bytes()
        } else {
            case.body_bytes
        };
        let portal = ScriptedPortal::answering(case.status, &headers, &body).await;
        let outcome = book(&portal.webhook_url)
            .list(&query("x"), &CancellationToken::new())
            .await;
        match (case.expect, outcome) {
            (Expected::Contacts(expected), Ok(page)) => assert_eq!(page.contacts, expected, "{name}"),
            (
                Expected::Failure {
                    code,
                    message,
                    validation,
                },
                Err(error),
            ) => {
                assert_eq!((error.code(), error.to_string()), (code.as_str(), message), "{name}");
                assert_eq!(error.http_status(), Some(case.status), "{name}");
                assert_eq!(error.validation(), validation, "{name}");
                assert!(matches!(error, Error::Portal(_)), "{name}");
            }
            (_, outcome) => panic!("{name}: {outcome:?}"),
        }
        let calls = portal
            .requests()
            .iter()
            .filter(|request| request.contains(" /rest/api/"))
            .count();
        assert_eq!(calls, 1, "{name}");
    }
}

#[tokio::test]
async fn rows_beyond_the_limit_are_left_to_the_next_page() {
    let items: Vec<Value> = (0..70)
        .map(|id| json!({"id": id, "email": format!("p{id}@example.com")}))
        .collect();
    let body = json!({"result": {"items": items}}).to_string();
    let portal = ScriptedPortal::answering(200, "", body.as_bytes()).await;
    let page = book(&portal.webhook_url)
        .list(&query(""), &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(
        (page.contacts.len(), page.page.next_offset, page.page.complete),
        (50, Some(50), false)
    );
}
