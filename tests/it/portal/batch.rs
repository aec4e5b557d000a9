//! A batch that fails: which requests follow. The clock is paused and the wire scripted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, Error, Resolution, Source, Status};
use bitrix24_mail_mcp::portal::Settings;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::address_books::{failures, names};
use crate::support::scripted_wire::{PAGE, Prepared, ScriptedWire, envelope, flat, reply};

/// Replies to batches with `prepared`, and to single calls with an empty page.
fn batches_are(prepared: Prepared) -> Arc<ScriptedWire> {
    ScriptedWire::answering(move |sent| match sent.url.ends_with("/batch") {
        true => prepared.clone(),
        false => reply(200, PAGE),
    })
}

async fn scripted(wire: &Arc<ScriptedWire>) -> Result<Resolution, Error> {
    let book = AddressBook::new(wire.portal(), Duration::ZERO);
    book.resolve(&names(&["anna", "bob"]), &|_| {}, &CancellationToken::new())
        .await
}

#[tokio::test(start_paused = true)]
async fn a_throttled_batch_is_sent_again_as_a_batch() {
    let items = r#"{"items":[]}"#;
    let wire = ScriptedWire::answering({
        let sent_before = AtomicUsize::new(0);
        move |sent| match sent_before.fetch_add(1, Ordering::SeqCst) {
            0 => flat(503, "QUERY_LIMIT_EXCEEDED"),
            _ => {
                let calls: Value = serde_json::from_str(&sent.body).unwrap();
                let results = vec![items; calls.as_array().unwrap().len()].join(",");
                reply(200, &format!(r#"{{"result":[{results}]}}"#))
            }
        }
    });
    let resolution = scripted(&wire).await.unwrap();
    assert_eq!(resolution.recipients[0].status, Status::None);
    let sent = wire.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|sent| sent.url.ends_with("/batch")));
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_all_requests_is_not_followed_by_single_pages() {
    for prepared in [
        envelope(401, "ACCESSDENIED"),
        envelope(429, "RATELIMIT"),
        flat(503, "OVERLOAD_LIMIT"),
        flat(503, "QUERY_LIMIT_EXCEEDED"),
        Prepared::Silence,
    ] {
        let wire = batches_are(prepared.clone());
        let error = scripted(&wire).await.unwrap_err();
        assert!(matches!(error, Error::Portal(_)), "{prepared:?}");
        let single = wire.sent().iter().any(|sent| sent.url.contains("mail.recipient"));
        assert!(!single, "{prepared:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_broken_connection_is_followed_by_smaller_batches() {
    let wire = batches_are(Prepared::Broken);
    let resolution = scripted(&wire).await.unwrap();
    assert_eq!(resolution.not_asked, []);
    assert!(wire.sent().len() <= 6, "{:?}", wire.sent());
}

#[tokio::test(start_paused = true)]
async fn a_batch_of_another_length_or_shape_is_read_page_by_page() {
    for body in [
        r#"{"result":[]}"#,
        r#"{"result":{"result":{},"result_error":[]}}"#,
        r#"{"result":[{"items":[]}]}"#,
    ] {
        let wire = batches_are(reply(200, body));
        let resolution = scripted(&wire).await.unwrap();
        assert!(resolution.not_asked.is_empty(), "{body}");
        let singles = wire.sent().iter().filter(|sent| !sent.url.ends_with("/batch")).count();
        assert_eq!(singles, 2, "{body}: a page of contacts, and one of employees");
    }
}

#[tokio::test(start_paused = true)]
async fn reading_single_pages_ends_with_the_deadline_and_keeps_the_pages_read() {
    let wire = ScriptedWire::answering(|sent| match () {
        () if sent.url.ends_with("/batch") => envelope(404, "METHODNOTFOUND"),
        () if sent.url.contains("listemployees") => Prepared::Silence,
        () => reply(200, PAGE),
    });
    let started = tokio::time::Instant::now();
    let resolution = scripted(&wire).await.unwrap();
    assert!(started.elapsed() <= Settings::DEFAULT_TIMEOUT);
    assert!(resolution.recipients.iter().all(|recipient| recipient.incomplete));
    assert_eq!(failures(&resolution), [(Source::Employees, "TIMED_OUT")]);
}
