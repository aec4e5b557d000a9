//! Faulty portals: damaged rows, PHP's own messages, very long waits, secrets that look like codes.

use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, ContactPage, Error, GivenPagination, Names, Query, Source, Status};
use bitrix24_mail_mcp::fixit::FIXES;
use bitrix24_mail_mcp::portal::{Credentials, FOREIGN_CODES, Portal, RawReply, code};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::support::scripted_wire::{
    PAGE, Prepared, ScriptedWire, TRIP, call, envelope, flat, reply, reply_asking, settings,
};

const SECOND: Duration = Duration::from_secs(1);

async fn list(replied: Prepared, limit: u32) -> Result<ContactPage, Error> {
    list_from(10, replied, limit).await
}

async fn list_from(offset: u32, replied: Prepared, limit: u32) -> Result<ContactPage, Error> {
    let wire = ScriptedWire::in_turn([replied]);
    let book = AddressBook::new(wire.portal(), Duration::ZERO);
    let given = GivenPagination {
        limit: Some(limit.into()),
        offset: Some(offset.into()),
        ..GivenPagination::default()
    };
    book.list(&Query::new("x", &given).unwrap(), &CancellationToken::new())
        .await
}

/// A page of good rows with `row` among them.
fn page_with(row: &str) -> String {
    format!(r#"{{"result":{{"items":[{{"id":3,"email":"c@example.com"}},{row},{{"id":1,"email":"a@example.com"}}]}}}}"#)
}

#[tokio::test(start_paused = true)]
async fn unreadable_rows_are_counted_and_the_others_are_read() {
    for (limit, next_offset) in [(3, Some(13)), (4, None)] {
        let found = list(reply(200, &page_with(r#"{"id":null,"email":"b@example.com"}"#)), limit)
            .await
            .unwrap();
        let ids: Vec<u64> = found.contacts.iter().map(|contact| contact.id).collect();
        assert_eq!(
            (ids.as_slice(), found.page.returned, found.page.unreadable),
            (&[3, 1][..], 2, 1)
        );
        assert_eq!(
            (found.page.next_offset, found.page.complete),
            (next_offset, next_offset.is_none())
        );
        let page = serde_json::to_value(found.page).unwrap();
        assert_eq!(page["unreadable"], 1);
    }
    let found = list(reply(200, PAGE), 3).await.unwrap();
    assert!(serde_json::to_value(found.page).unwrap().get("unreadable").is_none());
}

#[tokio::test(start_paused = true)]
async fn lone_surrogates_and_bytes_of_other_charsets_are_replaced() {
    let row = r#"{"id":2,"email":"b@example.com","name":"Bo \ud83d"}"#;
    let found = list(reply(200, &page_with(row)), 50).await.unwrap();
    assert_eq!(found.contacts[1].name.as_deref(), Some("Bo \u{fffd}"));
    let failed = list(reply(400, r#"{"error":{"code":"X","message":"no \ud83d"}}"#), 50)
        .await
        .unwrap_err();
    assert_eq!(failed.to_string(), "the portal says: no \u{fffd}");
    let body = [
        br#"{"result":[{"id":1,"email":"a@example.com","name":""#.as_slice(),
        b"\xC8\xE2",
        b"\"}]}",
    ]
    .concat();
    let found = list(
        Prepared::Reply(RawReply {
            http_status: 200,
            body,
            ..RawReply::default()
        }),
        50,
    )
    .await
    .unwrap();
    assert_eq!(found.contacts[0].name.as_deref(), Some("\u{fffd}\u{fffd}"));
}

async fn resolved(rows: &str) -> (Status, bool) {
    let body = format!(r#"{{"items":[{{"id":3,"email":"anna@example.com","name":"Anna Schmidt"}},{rows}]}}"#);
    let wire = ScriptedWire::answering(move |sent| {
        let items = if sent.url.ends_with("batch") {
            serde_json::from_str::<Vec<Value>>(&sent.body).unwrap().len()
        } else {
            return reply(200, &format!(r#"{{"result":{body}}}"#));
        };
        reply(
            200,
            &format!(r#"{{"result":[{}]}}"#, vec![body.as_str(); items].join(",")),
        )
    });
    let book = AddressBook::new(wire.portal(), Duration::ZERO);
    let names = Names::new(&["Anna Schmidt".to_owned()], &[Source::Contacts]).unwrap();
    let resolution = book.resolve(&names, &|_| {}, &CancellationToken::new()).await.unwrap();
    assert_eq!(resolution.not_asked, []);
    let recipient = &resolution.recipients[0];
    assert!(recipient.matches.iter().any(|found| found.id == 3), "{recipient:?}");
    (recipient.status, recipient.incomplete)
}

#[tokio::test(start_paused = true)]
async fn a_match_is_found_beside_damaged_rows_and_a_damaged_namesake_counts() {
    for harmless in [
        "null",
        r#"{"id":null,"email":"bob@example.com","name":"Bob"}"#,
        r#"{"id":null,"email":"","name":"Bob Miller"}"#,
        r#"{"id":null,"email":"Anna@example.com","name":"Anna Schmidt"}"#,
        r#"{"email":"x\ud83d@example.com"}"#,
    ] {
        assert_eq!(resolved(harmless).await, (Status::One, false), "{harmless}");
    }
    for namesake in [
        r#"{"id":null,"email":"anna@other.example","name":"Anna Schmidt"}"#,
        r#"{"id":null,"email":null,"name":"Anna Schmidt"}"#,
        r#"{"id":1e400,"email":"","name":"Anna Schmidt"}"#,
    ] {
        assert_eq!(resolved(namesake).await, (Status::Several, true), "{namesake}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_of_one_damaged_row_is_no_failure_but_the_list_of_another_method_is() {
    for row in [
        r#"{"id":{},"email":"boris@x.example","name":"Boris Orlov"}"#,
        r#"{"id":[],"email":"boris@x.example"}"#,
        r#"{"id":-1}"#,
        r#"{"id":"x"}"#,
        r#"{"id":1.5}"#,
        r#"{"id":1e400}"#,
        "[]",
        r#""x""#,
        "7",
    ] {
        for offset in [0, 10] {
            let found = list_from(offset, reply(200, &format!(r#"{{"result":{{"items":[{row}]}}}}"#)), 50)
                .await
                .unwrap();
            assert_eq!((found.page.returned, found.page.unreadable), (0, 1), "{row}");
        }
    }
    let scopes = || reply(200, r#"{"result":["crm","mail"]}"#);
    assert_eq!(list_from(0, scopes(), 50).await.unwrap_err().code(), "UNREADABLE_REPLY");
    assert_eq!(list_from(10, scopes(), 50).await.unwrap().page.unreadable, 2);
}

const WARNING: &str = "<br />\n<b>Warning</b>:  x {\"result\":{\"items\":[{\"id\":666}]}} /rest/1/w1r3dsecret77/ in <b>/w1r3dsecret77.php</b> on line <b>3</b><br />\n";

#[tokio::test(start_paused = true)]
async fn php_messages_around_a_whole_reply_do_no_harm() {
    for body in [
        format!("{WARNING}{PAGE}"),
        format!("{PAGE}\0"),
        format!("\u{feff}\n{PAGE}<!-- 0.1 s -->\n{WARNING}"),
    ] {
        let found = list(reply(200, &body), 50).await.unwrap();
        assert_eq!(found.contacts[0].id, 1, "{body}");
        let refused = body.replace(PAGE, r#"{"error":{"code":"NEW","message":"m"}}"#);
        assert_eq!(list(reply(200, &refused), 50).await.unwrap_err().code(), "NEW");
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_whole_reply_the_advice_names_the_setting_and_nothing_is_quoted() {
    for body in [
        WARNING.to_owned(),
        format!("{WARNING}{}", PAGE.trim_end_matches('}')),
        format!("<script>\n{PAGE}</script>"),
    ] {
        let failed = list(reply(200, &body), 50).await.unwrap_err();
        let failure = bitrix24_mail_mcp::fixit::Failure::from(&failed);
        assert_eq!(failure.code, "UNREADABLE_REPLY");
        let text = failure.to_string();
        assert!(
            text.contains("display_errors") && text.contains(".settings.php"),
            "{text}"
        );
        assert!(!text.contains("w1r3d"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn if_php_messages_spoil_every_reply_a_few_requests_show_it() {
    let unreadable = || reply(200, &format!("<b>Warning</b>: x<br />\n{PAGE}"));
    let names: Vec<String> = ["Anna Schmidt", "Boris Orlov", "Carla Rossi"]
        .map(str::to_owned)
        .to_vec();
    let names = Names::new(&names, &[Source::Contacts, Source::Employees]).unwrap();
    let wire = ScriptedWire::in_turn([unreadable()]);
    let book = AddressBook::new(wire.portal(), Duration::ZERO);
    let failed = book
        .resolve(&names, &|_| {}, &CancellationToken::new())
        .await
        .unwrap_err();
    assert!(wire.sent().len() <= 4, "{}", wire.sent().len());
    assert!(
        failed.to_string().contains("before the JSON or in its place"),
        "{failed}"
    );
    // If only the batch's reply is spoilt, all pages are read one by one.
    let wire = ScriptedWire::answering(move |sent| match sent.url.ends_with("batch") {
        true => unreadable(),
        false => reply(200, PAGE),
    });
    let book = AddressBook::new(wire.portal(), Duration::ZERO);
    let resolution = book.resolve(&names, &|_| {}, &CancellationToken::new()).await.unwrap();
    assert_eq!(resolution.not_asked, []);
}

/// A portal whose webhook has `secret`.
fn portal_with_secret(wire: &std::sync::Arc<ScriptedWire>, secret: &str) -> Portal {
    let url = format!("https://p.example/rest/1/{secret}/");
    wire.portal_with(settings(Credentials::from_webhook_url(&url)))
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_looks_like_a_code_changes_neither_retry_nor_advice() {
    for (sent, secret) in [
        (flat(503, "QUERY_LIMIT_EXCEEDED"), "aquerylimitb"),
        (flat(503, "query_limit_exceeded"), "xxceededx"),
        (envelope(429, "RATELIMIT"), "zzratelimitzz"),
        (flat(429, "OPERATION_TIME_LIMIT"), "timelimit1234"),
    ] {
        let wire = ScriptedWire::in_turn([sent.clone(), reply(200, PAGE)]);
        call(&portal_with_secret(&wire, secret))
            .await
            .unwrap_or_else(|failed| panic!("{sent:?}: {failed}"));
        assert_eq!(wire.sent().len(), 2, "{sent:?}");
    }
    for code in ["OVERLOAD_LIMIT", "PORTAL_DELETED", "WRONG_ENCODING"] {
        let wire = ScriptedWire::in_turn([flat(503, code)]);
        let failed = call(&portal_with_secret(&wire, &code.replace('_', "")))
            .await
            .unwrap_err();
        assert_eq!((failed.error.code(), failed.attempts), (code, 1));
    }
    // A code of the old API is recognised too.
    let wire = ScriptedWire::answering(|sent| match sent.url.contains("/rest/api/") {
        true => envelope(401, "ACCESSDENIED"),
        false => flat(401, "expired_token"),
    });
    let failed = call(&portal_with_secret(&wire, "accessdeniedexpiredtoken"))
        .await
        .unwrap_err();
    assert_eq!(failed.error.code(), "expired_token");
}

#[test]
fn every_code_with_advice_is_our_own_or_a_known_foreign_one() {
    for fix in FIXES {
        let is_known =
            FOREIGN_CODES.contains(&fix.code) || code::ALL.contains(&fix.code) || fix.code == "INVALID_ARGUMENTS";
        assert!(is_known, "{}", fix.code);
    }
    for known in FOREIGN_CODES {
        assert!(FIXES.iter().any(|fix| fix.code == *known), "{known} has no advice");
    }
}

/// The operating time is used up, and the portal asks to wait for an hour.
fn used_up() -> Prepared {
    reply_asking(
        429,
        r#"{"error":{"code":"BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION"}}"#,
        "3600",
    )
}

#[tokio::test(start_paused = true)]
async fn a_method_that_is_closed_for_long_is_probed_by_one_call_a_minute() {
    let wire = ScriptedWire::in_turn([used_up(), used_up(), reply(200, PAGE)]);
    let portal = wire.portal();
    let retry_after = async || call(&portal).await.unwrap_err().retry_after;
    assert_eq!(retry_after().await, Some(60 * SECOND));
    tokio::time::advance(30 * SECOND).await;
    assert_eq!(retry_after().await, Some(30 * SECOND));
    assert_eq!(wire.sent().len(), 1, "nothing was sent");
    let herd = async || {
        let outcomes = futures_util::future::join_all((0..20).map(|_| call(&portal))).await;
        outcomes.iter().filter(|outcome| outcome.is_ok()).count()
    };
    tokio::time::advance(30 * SECOND).await;
    assert_eq!(
        (herd().await, wire.sent().len()),
        (0, 2),
        "one probe, and it is refused"
    );
    tokio::time::advance(59 * SECOND).await;
    assert_eq!(wire.sent().len(), 2);
    tokio::time::advance(SECOND).await;
    assert_eq!(
        (herd().await, wire.sent().len()),
        (1, 3),
        "one probe, and it is answered"
    );
    assert_eq!((herd().await, wire.sent().len()), (20, 23), "it is open again");
}

#[tokio::test(start_paused = true)]
async fn callers_with_enough_time_wait_for_the_probe_and_then_all_pass() {
    let wire = ScriptedWire::in_turn([used_up(), reply(200, PAGE)]);
    let mut patient = crate::support::scripted_wire::webhook();
    patient.timeout = 3600 * SECOND;
    let portal = wire.portal_with(patient);
    let later = async {
        tokio::time::sleep(SECOND).await;
        let started = Instant::now();
        let outcomes = futures_util::future::join_all((0..3).map(|_| call(&portal))).await;
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        started.elapsed()
    };
    let (refused, waited) = tokio::join!(call(&portal), later);
    assert!(waited > 58 * SECOND && waited < 60 * SECOND, "{waited:?}");
    assert!(refused.is_ok(), "it waits for the next probe");
}

#[tokio::test(start_paused = true)]
async fn retry_after_with_a_result_or_a_lasting_refusal_has_no_effect() {
    for (http_status, body, is_ok) in [(200, PAGE, true), (403, r#"{"error":"ACCESS_DENIED"}"#, false)] {
        let wire = ScriptedWire::in_turn([reply_asking(http_status, body, "3600")]);
        let portal = wire.portal();
        for sent in 1..4 {
            assert_eq!(
                (call(&portal).await.is_ok(), wire.sent().len()),
                (is_ok, sent),
                "{http_status}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_no_longer_spaced_ten_minutes_after_the_last_report_of_operating_time() {
    let time = r#""time":{"finish":1000,"operating":420,"operating_reset_at":1060}"#;
    let near = reply(200, &PAGE.replacen('{', &format!("{{{time},"), 1));
    let wire = ScriptedWire::in_turn([near, reply(200, PAGE)]);
    let portal = wire.portal();
    let ten = async || {
        let started = Instant::now();
        for _ in 0..10 {
            call(&portal).await.unwrap();
        }
        started.elapsed()
    };
    assert!(ten().await > 50 * SECOND, "spaced");
    tokio::time::advance(600 * SECOND).await;
    assert!(ten().await < 15 * TRIP, "forgotten");
}
