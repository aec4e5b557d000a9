//! How long the whole book is used, when it is read again, and which callers share a reading. The clock is paused.

use std::time::Duration;

use bitrix24_mail_mcp::address_book::{GivenPagination, Query, Status, Why};
use tokio::time::advance;
use tokio_util::sync::CancellationToken;

use crate::support::address_books::{resolve, status, try_resolve};
use crate::support::scripted_book::{ScriptedBook, TTL, people};
use crate::support::scripted_wire::{TRIP, envelope, reply};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_book_is_read_once_and_used_until_its_time_to_live_is_over() {
    let portal = ScriptedBook::of(people(700));
    let book = portal.book(TTL);
    let first = resolve(&book, &["Person3 Family3"]).await;
    assert_eq!((status(&first), first.age_seconds), (Status::One, None));
    assert_eq!(portal.requests(), 1);
    advance(59 * SECOND).await;
    let second = resolve(&book, &["Person700 Family700"]).await;
    assert_eq!((status(&second), second.age_seconds), (Status::One, Some(59)));
    assert_eq!(portal.requests(), 0);
}

#[tokio::test(start_paused = true)]
async fn after_the_time_to_live_the_newest_pages_are_read_again() {
    let portal = ScriptedBook::of(people(3_000));
    let book = portal.book(TTL);
    resolve(&book, &["Person3 Family3"]).await;
    assert!(portal.requests() <= 2);
    portal.insert(3_001, "anna@new.example", "Anna New");
    portal.delete(2_990);
    portal.delete(5);
    advance(61 * SECOND).await;
    let found = resolve(
        &book,
        &[
            "Anna New",
            "Person2990 Family2990",
            "Person5 Family5",
            "Person3 Family3",
        ],
    )
    .await;
    let statuses: Vec<_> = found.recipients.iter().map(|recipient| recipient.status).collect();
    // Person 5 was deleted below the newest pages, and leaves the book when the whole book is read again.
    let expected = [Status::One, Status::Several, Status::One, Status::One];
    assert_eq!(statuses, expected);
    let of_2990 = &found.recipients[1];
    assert!(
        of_2990.matches.iter().all(|found| found.why == Why::Similar),
        "{of_2990:?}"
    );
    assert!(!found.recipients.iter().any(|recipient| recipient.incomplete));
    assert_eq!(portal.requests(), 1);
    assert_eq!(found.age_seconds, Some(61), "the age is that of the older pages");

    advance(600 * SECOND).await;
    let found = resolve(&book, &["Person5 Family5"]).await;
    let of_5 = &found.recipients[0];
    assert!(of_5.matches.iter().all(|found| found.why == Why::Similar), "{of_5:?}");
    assert_eq!(found.age_seconds, None);
}

#[tokio::test(start_paused = true)]
async fn without_a_time_to_live_nothing_is_kept_but_simultaneous_callers_share_a_reading() {
    let portal = ScriptedBook::of(people(300));
    let book = portal.book(Duration::ZERO);
    for _ in 0..2 {
        let (one, two) = tokio::join!(resolve(&book, &["Person3"]), resolve(&book, &["Person4"]));
        assert_eq!((one.age_seconds, two.age_seconds), (None, None));
        assert_eq!(portal.requests(), 1);
    }
    // A caller that came after the reading had begun needs another reading.
    let late = async {
        tokio::time::sleep(TRIP / 2).await;
        portal.insert(301, "late@x.example", "Late Comer");
        resolve(&book, &["Late Comer"]).await
    };
    let (_, late) = tokio::join!(resolve(&book, &["Person3"]), late);
    assert_eq!((status(&late), late.age_seconds), (Status::One, None));
    assert_eq!(portal.requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stale_book_never_answers_for_a_portal_that_is_down() {
    let portal = ScriptedBook::of(people(300));
    let book = portal.book(TTL);
    resolve(&book, &["Person3"]).await;
    advance(61 * SECOND).await;
    portal.answer_instead(Some(envelope(401, "ACCESSDENIED")));
    try_resolve(&book, &["Person3"]).await.unwrap_err();
    portal.answer_instead(None);
    portal.requests();
    assert_eq!(status(&resolve(&book, &["Person3 Family3"]).await), Status::One);
    assert_eq!(portal.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn addresses_alone_need_no_book() {
    let portal = ScriptedBook::of(people(3_000));
    let book = portal.book(TTL);
    let found = resolve(&book, &["P3@x3.example", "p2999@x3.example"]).await;
    let statuses: Vec<_> = found.recipients.iter().map(|recipient| recipient.status).collect();
    assert_eq!(statuses, [Status::One, Status::One]);
    assert_eq!(portal.requests(), 1);
    // An address that is not found may be an employee's, which the portal's search does not cover.
    let found = resolve(&book, &["p7@x0.example", "nobody@x.example"]).await;
    let statuses: Vec<_> = found.recipients.iter().map(|recipient| recipient.status).collect();
    assert_eq!(statuses, [Status::One, Status::None]);
    assert!(!found.recipients.iter().any(|recipient| recipient.incomplete));
    assert_eq!(portal.requests(), 3, "a request for the addresses, then the book");
    resolve(&book, &["p5@x5.example"]).await;
    assert_eq!(portal.requests(), 0, "the book is in memory");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_need_not_wait_comes_from_the_portal_with_the_cautions_of_the_book() {
    let mut rows = people(300);
    rows.push((1_000, "a@contoso.com".to_owned(), "Ada Contoso".to_owned()));
    rows.push((1_001, "b@contoso.com".to_owned(), "Bob Contoso".to_owned()));
    rows.push((1_002, "c@contoso.com".to_owned(), "Cid Contoso".to_owned()));
    rows.push((1_003, "x@c0ntoso.com".to_owned(), "Person7 Family7".to_owned()));
    rows.sort_by_key(|row| std::cmp::Reverse(row.0));
    let portal = ScriptedBook::of(rows);
    let book = portal.book(TTL);
    let query = Query::new("c0ntoso", &GivenPagination::default()).unwrap();
    let never = CancellationToken::new();
    let before = book.list(&query, &never).await.unwrap();
    assert!(before.contacts[0].cautions.is_empty());
    resolve(&book, &["Person3"]).await;
    advance(61 * SECOND).await;
    portal.requests();
    let after = book.list(&query, &never).await.unwrap();
    let codes: Vec<_> = after.contacts[0]
        .cautions
        .iter()
        .map(|caution| caution.code())
        .collect();
    assert_eq!(codes, ["lookalike_domain", "same_name_other_address"]);
    assert_eq!(portal.requests(), 1, "the list itself");
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_not_taken_for_an_empty_book() {
    let portal = ScriptedBook::of(people(3));
    portal.answer_instead(Some(reply(503, "<html>busy</html>")));
    let book = portal.book(TTL);
    try_resolve(&book, &["Person3"]).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn a_damaged_row_among_the_newest_makes_its_name_uncertain() {
    let portal = ScriptedBook::of(people(300));
    let book = portal.book(TTL);
    assert_eq!(status(&resolve(&book, &["Person3 Family3"]).await), Status::One);
    advance(61 * SECOND).await;
    portal.insert(301, "zed@x.example", "Zed Quux");
    portal.rows.lock().unwrap().damaged = Some("Zed Quux".to_owned());
    let found = resolve(&book, &["Zed Quux", "Person4 Family4"]).await;
    assert!(
        found.recipients[0].incomplete && !found.recipients[1].incomplete,
        "{found:?}"
    );
    assert_eq!(status(&found), Status::Several);
}

#[tokio::test(start_paused = true)]
async fn a_reading_that_took_long_is_not_repeated_soon() {
    let portal = ScriptedBook::of(people(1_500));
    portal.rows.lock().unwrap().time = 5 * SECOND;
    let book = portal.book(TTL);
    resolve(&book, &["Person3 Family3"]).await;
    portal.requests();
    portal.delete(5);
    // The portal worked ten seconds in two requests; 200 times as long is more than half an hour.
    for _ in 0..3 {
        advance(600 * SECOND).await;
        assert_eq!(status(&resolve(&book, &["Person5 Family5"]).await), Status::One);
        assert_eq!(portal.requests(), 1, "the newest pages");
    }
    advance(600 * SECOND).await;
    assert_ne!(status(&resolve(&book, &["Person5 Family5"]).await), Status::One);
}
