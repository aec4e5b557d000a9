//! Address books that could be read only in part: the answers, and the literal requests. The clock is paused.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, Names, Source, Status};
use tokio::time::advance;
use tokio_util::sync::CancellationToken;

use crate::support::address_books::{resolve, status};
use crate::support::scripted_book::{Row, ScriptedBook, TTL, people};
use crate::support::scripted_wire::{Prepared, ScriptedWire, Sent, envelope, reply, reply_asking};

const SECOND: Duration = Duration::from_secs(1);

/// A portal of these rows that answers some requests as `answer` says.
fn wire_with(
    portal: &ScriptedBook,
    answer: impl Fn(&Sent) -> Option<Prepared> + Send + Sync + 'static,
) -> Arc<ScriptedWire> {
    let rows = Arc::clone(&portal.rows);
    ScriptedWire::answering(move |sent| answer(sent).unwrap_or_else(|| rows.lock().unwrap().answer(sent)))
}

fn is_about_employees(sent: &Sent) -> bool {
    sent.body.contains("listemployees") || sent.url.contains("listemployees")
}

#[tokio::test(start_paused = true)]
async fn one_source_alone_may_fail() {
    let portal = ScriptedBook::of(people(300));
    let rows = Arc::clone(&portal.rows);
    let no_employees = envelope(404, "METHODNOTFOUND");
    let wire = ScriptedWire::answering(move |sent| {
        if sent.body.contains("listemployees") || sent.url.contains("listemployees") {
            no_employees.clone()
        } else {
            rows.lock().unwrap().answer(sent)
        }
    });
    let book = AddressBook::new(wire.portal(), TTL);
    let found = resolve(&book, &["Person3 Family3"]).await;
    assert_eq!(status(&found), Status::One);
    assert_eq!(found.not_asked.len(), 1);
    assert_eq!(found.not_asked[0].source, Source::Employees);
    assert!(
        !found.recipients[0].incomplete,
        "no portal with that method has anybody there"
    );
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_book_answers_in_time_and_is_marked_incomplete() {
    let portal = ScriptedBook::of(people(30_000));
    let rows = Arc::clone(&portal.rows);
    let pages = AtomicUsize::new(0);
    let wire = ScriptedWire::answering(move |sent| {
        let is_later = sent.body.starts_with('[') && pages.fetch_add(1, Ordering::SeqCst) > 0;
        if is_later {
            Prepared::Silence
        } else {
            rows.lock().unwrap().answer(sent)
        }
    });
    let book = AddressBook::new(wire.portal(), TTL);
    let started = tokio::time::Instant::now();
    let found = resolve(&book, &["Person29999 Family29999", "p29998@x3.example"]).await;
    assert!(started.elapsed() <= 25 * SECOND, "{:?}", started.elapsed());
    assert!(found.recipients[0].incomplete && found.recipients[0].matches.len() == 1);
    assert_eq!(status(&found), Status::Several);
    assert!(!found.recipients[1].incomplete, "an address has only one owner");
    assert_eq!(found.recipients[1].status, Status::One);
}

#[tokio::test(start_paused = true)]
async fn without_batch_a_large_book_is_read_over_several_calls() {
    let portal = ScriptedBook::of(people(9_000));
    let rows = Arc::clone(&portal.rows);
    let wire = ScriptedWire::answering(move |sent| match sent.url.ends_with("/batch") {
        true => envelope(404, "METHODNOTFOUND"),
        false => rows.lock().unwrap().answer(sent),
    });
    let book = AddressBook::new(wire.portal(), TTL);
    let mut requests = Vec::new();
    for at in 0..4 {
        let found = resolve(&book, &["Person3 Family3"]).await;
        requests.push(wire.take_sent().len());
        let recipient = &found.recipients[0];
        if !recipient.incomplete {
            assert_eq!(recipient.status, Status::One);
            assert!(at > 0, "half of the limit is left to others: {requests:?}");
            return;
        }
        // A literal request for one text needs no batch.
        assert_ne!(recipient.status, Status::One);
        advance(20 * SECOND).await;
    }
    panic!("{requests:?}");
}

#[tokio::test(start_paused = true)]
async fn a_404_page_of_a_gateway_is_no_missing_method() {
    let portal = ScriptedBook::of(people(300));
    let wire = wire_with(&portal, |sent| {
        match (is_about_employees(sent), sent.url.ends_with("/batch")) {
            (true, true) => Some(envelope(500, "INTERNAL_INTERNAL")),
            (true, false) => Some(reply(404, "<html>not here</html>")),
            _ => None,
        }
    });
    let book = AddressBook::new(wire.portal(), TTL);
    let found = resolve(&book, &["Person3 Family3"]).await;
    assert!(found.recipients[0].incomplete, "{found:?}");
    assert_eq!(status(&found), Status::Several);
    assert_eq!(found.not_asked[0].source, Source::Employees);
}

#[tokio::test(start_paused = true)]
async fn an_employee_whose_row_cannot_be_read_is_not_forgotten() {
    let portal = ScriptedBook::of(people(300));
    let wire = wire_with(&portal, |sent| {
        let single = r#"{"items":[{"id":null,"email":"","name":"Person3 Family3"}]}"#;
        if sent.url.ends_with("/batch") && is_about_employees(sent) {
            return Some(envelope(404, "METHODNOTFOUND"));
        }
        is_about_employees(sent).then(|| reply(200, &format!(r#"{{"result":{single}}}"#)))
    });
    let book = AddressBook::new(wire.portal(), TTL);
    let found = resolve(&book, &["Person3 Family3", "p4@x4.example"]).await;
    assert_eq!(status(&found), Status::Several);
    assert!(found.recipients[0].incomplete && !found.recipients[1].incomplete);
}

#[tokio::test(start_paused = true)]
async fn refused_employees_do_not_make_the_whole_book_be_read_again() {
    let portal = ScriptedBook::of(people(2_000));
    let wire = wire_with(&portal, |sent| {
        is_about_employees(sent).then(|| envelope(403, "ACCESSDENIED"))
    });
    let book = AddressBook::new(wire.portal(), TTL);
    resolve(&book, &["Person3 Family3"]).await;
    wire.take_sent();
    assert!(resolve(&book, &["Person4 Family4"]).await.recipients[0].incomplete);
    assert_eq!(
        wire.take_sent().len(),
        0,
        "nothing is asked for while the book is fresh"
    );
    advance(61 * SECOND).await;
    resolve(&book, &["Person4 Family4"]).await;
    assert_eq!(wire.take_sent().len(), 1, "the newest contacts");
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_began_long_ago_is_not_taken_for_a_new_one() {
    let portal = ScriptedBook::of(people(300));
    let wire = wire_with(&portal, |sent| match sent.url.ends_with("/batch") {
        true => Some(envelope(404, "METHODNOTFOUND")),
        false => is_about_employees(sent).then_some(Prepared::Silence),
    });
    let book = AddressBook::new(wire.portal(), TTL);
    let names = Names::new(&["Person3 Family3".to_owned()], &[Source::Contacts]).unwrap();
    let leaving = CancellationToken::new();
    let (first, ()) = tokio::join!(book.resolve(&names, &|_| {}, &leaving), async {
        tokio::time::sleep(10 * SECOND).await;
        leaving.cancel();
    });
    first.unwrap_err();
    advance(61 * SECOND).await;
    portal.insert(301, "p3@other.example", "Person3 Family3");
    let found = book.resolve(&names, &|_| {}, &CancellationToken::new()).await.unwrap();
    assert_ne!(found.recipients[0].status, Status::One, "{found:?}");
}

/// A large book of addresses with equal beginnings.
fn crowd() -> Vec<Row> {
    (1..=3_000_u64)
        .rev()
        .map(|id| (id, format!("person{id}@company.example"), format!("Person{id}")))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn fifty_addresses_are_found_however_alike_they_are() {
    let portal = ScriptedBook::of(crowd());
    let book = portal.book(TTL);
    let asked: Vec<String> = (0..50)
        .map(|at| format!("person{}@company.example", 7 + 59 * at))
        .collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let found = resolve(&book, &asked).await;
    assert!(
        found.recipients.iter().all(|recipient| recipient.status == Status::One),
        "{found:?}"
    );
    assert!(portal.requests() <= 4);
}

#[tokio::test(start_paused = true)]
async fn a_part_answers_in_time_however_slow_the_literal_requests_are() {
    let portal = ScriptedBook::of(people(30_000));
    let requests = AtomicUsize::new(0);
    let wire = wire_with(&portal, move |_| match requests.fetch_add(1, Ordering::SeqCst) {
        0 => None,
        _ => Some(Prepared::Silence),
    });
    let book = AddressBook::new(wire.portal(), TTL);
    let found = resolve(&book, &["Person29990 Family29990"]).await;
    assert!(found.recipients[0].incomplete && !found.recipients[0].matches.is_empty());
}

#[tokio::test(start_paused = true)]
async fn after_a_batch_that_was_too_slow_for_the_caller_batches_are_smaller() {
    let portal = ScriptedBook::of(people(1_500));
    let wire = wire_with(&portal, |sent| {
        let calls = sent.body.matches("\"method\"").count();
        (calls > 3).then_some(Prepared::Silence)
    });
    let book = AddressBook::new(wire.portal(), TTL);
    for _ in 0..4 {
        if !resolve(&book, &["Person3 Family3"]).await.recipients[0].incomplete {
            return;
        }
    }
    panic!("it is never read");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_the_portal_demands_does_not_count_as_a_slow_request() {
    let portal = ScriptedBook::of(people(300));
    let requests = AtomicUsize::new(0);
    let wire = wire_with(&portal, move |_| {
        let limit = r#"{"error":{"code":"BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION","message":"m"}}"#;
        (requests.fetch_add(1, Ordering::SeqCst) == 0).then(|| reply_asking(429, limit, "17"))
    });
    let book = AddressBook::new(wire.portal(), TTL);
    assert_eq!(status(&resolve(&book, &["Person3 Family3"]).await), Status::One);
}

#[tokio::test(start_paused = true)]
async fn a_caller_with_little_time_gets_the_failure_and_not_a_timeout() {
    let wire = ScriptedWire::answering(|_| Prepared::Broken);
    let mut settings = crate::support::scripted_wire::webhook();
    settings.timeout = 3 * SECOND;
    let book = AddressBook::new(wire.portal_with(settings), TTL);
    let names = Names::new(&["Person3 Family3".to_owned()], &[]).unwrap();
    let failed = book
        .resolve(&names, &|_| {}, &CancellationToken::new())
        .await
        .unwrap_err();
    assert_ne!(failed.code(), "TIMED_OUT", "{failed}");
}
