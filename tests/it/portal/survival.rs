//! Limits, retries, reasons of refusals and cancellation of the portal client, with a paused clock.

use std::time::Duration;

use bitrix24_mail_mcp::portal::Error;
use tokio::time::Instant;

use crate::support::scripted_wire::{
    PAGE, Prepared, ScriptedWire, TRIP, call, envelope, flat, reply, reply_asking, settings, webhook,
};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn transient_failures_are_retried() {
    let cut_off = || reply(200, r#"{"result":{"it"#);
    for (trouble, wait) in [
        (flat(503, "QUERY_LIMIT_EXCEEDED"), 1500 * MS),
        (envelope(500, "INTERNAL_INTERNAL"), 250 * MS),
        (reply(502, "<html>"), 250 * MS),
        (reply(408, ""), 250 * MS),
        (cut_off(), 250 * MS),
        (Prepared::Broken, 250 * MS),
        (envelope(429, "RATELIMIT"), 10 * SECOND),
        (flat(429, "OPERATION_TIME_LIMIT"), 10 * SECOND),
        (reply_asking(503, "<html>", "7"), 7 * SECOND),
        (reply_asking(429, "", "3"), 3 * SECOND),
    ] {
        let wire = ScriptedWire::in_turn([trouble.clone(), reply(200, PAGE)]);
        let started = Instant::now();
        call(&wire.portal())
            .await
            .unwrap_or_else(|failed| panic!("{trouble:?}: {failed}"));
        assert_eq!(wire.sent().len(), 2, "{trouble:?}");
        let waited = started.elapsed() - 2 * TRIP;
        assert!(waited >= wait && waited < wait + 5 * MS, "{trouble:?}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn lasting_failures_are_not_retried() {
    for lasting in [
        envelope(400, "INVALIDPAGINATION"),
        envelope(403, "INSUFFICIENTSCOPE"),
        envelope(404, "METHODNOTFOUND"),
        flat(403, "ACCESS_DENIED"),
        flat(503, "OVERLOAD_LIMIT"),
        reply(200, "<html>"),
        reply(403, "<html>"),
        Prepared::Reply(bitrix24_mail_mcp::portal::RawReply {
            http_status: 302,
            location: Some("https://other.example/rest/".to_owned()),
            ..Default::default()
        }),
    ] {
        let wire = ScriptedWire::in_turn([lasting.clone()]);
        let failed = call(&wire.portal()).await.unwrap_err();
        assert_eq!((wire.sent().len(), failed.attempts), (1, 1), "{lasting:?}");
        assert!(
            wire.sent()[0].url.starts_with("https://p.example/"),
            "no other host is called"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_says_how_many_requests_were_sent_and_how_long_they_took() {
    let wire = ScriptedWire::in_turn([envelope(500, "INTERNAL_INTERNAL")]);
    let failed = call(&wire.portal()).await.unwrap_err();
    assert_eq!((wire.sent().len(), failed.attempts), (4, 4));
    assert_eq!(failed.to_string(), "the portal says: m (4 requests in 2.2 s)");
}

#[tokio::test(start_paused = true)]
async fn one_deadline_covers_all_attempts_and_waits() {
    for prepared in [
        Prepared::Silence,
        flat(503, "QUERY_LIMIT_EXCEEDED"),
        reply_asking(503, "", "60"),
    ] {
        let wire = ScriptedWire::in_turn([prepared.clone()]);
        let started = Instant::now();
        let failed = call(&wire.portal()).await.unwrap_err();
        assert!(
            started.elapsed() <= 25 * SECOND + MS,
            "{prepared:?}: {:?}",
            started.elapsed()
        );
        let silent = matches!(prepared, Prepared::Silence);
        assert_eq!(
            matches!(failed.error, Error::TimedOut { .. }),
            silent,
            "{prepared:?}: {failed}"
        );
    }
    // A wait that does not fit in the time: the call fails immediately and names the wait.
    let wire = ScriptedWire::in_turn([reply_asking(503, "", "60")]);
    let started = Instant::now();
    assert_eq!(call(&wire.portal()).await.unwrap_err().retry_after, Some(60 * SECOND));
    assert!(started.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn after_429_calls_wait_for_the_reset_or_fail_immediately() {
    let good = |reset: u32| {
        let time = format!(
            r#""time":{{"finish":1000,"operating":1,"operating_reset_at":{}}}"#,
            1000 + reset
        );
        reply(200, &PAGE.replacen('{', &format!("{{{time},"), 1))
    };
    let wire = ScriptedWire::in_turn([good(20), envelope(429, "RATELIMIT"), good(60)]);
    let portal = wire.portal();
    call(&portal).await.unwrap();
    let started = Instant::now();
    call(&portal).await.unwrap();
    let waited = started.elapsed();
    assert!(waited > 20 * SECOND && waited < 22 * SECOND, "{waited:?}");

    let wire = ScriptedWire::in_turn([good(60), envelope(429, "RATELIMIT")]);
    let portal = wire.portal();
    call(&portal).await.unwrap();
    let first = call(&portal).await.unwrap_err();
    assert_eq!(first.error.code(), "BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION");
    assert!(first.retry_after.unwrap() > 59 * SECOND, "{first:?}");
    let (sent, started) = (wire.sent().len(), Instant::now());
    let second = call(&portal).await.unwrap_err();
    assert_eq!(second.error.code(), "OPERATION_TIME_LIMIT");
    assert!(second.retry_after.unwrap() > 59 * SECOND, "{second:?}");
    assert_eq!(
        (wire.sent().len(), started.elapsed()),
        (sent, Duration::ZERO),
        "nothing was sent"
    );
}

#[tokio::test(start_paused = true)]
async fn near_the_operating_limit_calls_are_spaced() {
    let time = r#""time":{"finish":1000,"operating":378,"operating_reset_at":1060}"#;
    let wire = ScriptedWire::in_turn([reply(200, &PAGE.replacen('{', &format!("{{{time},"), 1))]);
    let portal = wire.portal();
    call(&portal).await.unwrap();
    let started = Instant::now();
    tokio::try_join!(call(&portal), call(&portal), call(&portal)).unwrap();
    let waited = started.elapsed();
    assert!(waited >= 7 * SECOND && waited < 8 * SECOND, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_wait_would_pass_its_deadline_fails_immediately() {
    let wire = ScriptedWire::in_turn([reply(200, PAGE)]);
    let settings = webhook();
    let portal = wire.portal_with(settings);
    // A burst of 50, then 2 a second for less than 25 seconds; the rest would be too late.
    let outcomes = futures_util::future::join_all((0..150).map(|_| async {
        let started = Instant::now();
        (call(&portal).await, started.elapsed())
    }))
    .await;
    let refused: Vec<_> = outcomes
        .iter()
        .filter_map(|(outcome, at)| Some((outcome.as_ref().err()?, at)))
        .collect();
    assert_eq!(refused.len(), 51);
    for (failed, at) in refused {
        assert_eq!((failed.error.code(), *at), ("TOO_MANY_LOOKUPS", Duration::ZERO));
        // The refused callers before it left the queue, so each was next in line.
        assert_eq!((failed.retry_after, failed.attempts), (Some(25 * SECOND), 0));
    }
    assert_eq!(wire.sent().len(), 99);
}

/// Dropping the call ends the wait for the limit, for the next attempt, and for the reply.
#[tokio::test(start_paused = true)]
async fn a_cancelled_call_leaves_no_request_and_no_place_behind() {
    for (what, wire, after) in [
        ("the reply", ScriptedWire::in_turn([Prepared::Silence]), SECOND),
        (
            "the next attempt",
            ScriptedWire::in_turn([flat(503, "QUERY_LIMIT_EXCEEDED")]),
            SECOND,
        ),
        (
            "the reason",
            ScriptedWire::in_turn([envelope(401, "ACCESSDENIED"), Prepared::Silence]),
            SECOND,
        ),
    ] {
        let portal = wire.portal();
        tokio::time::timeout(after, call(&portal)).await.unwrap_err();
        assert_eq!(wire.under_way(), 0, "{what}");
        let sent = wire.sent().len();
        tokio::time::sleep(60 * SECOND).await;
        assert_eq!(wire.sent().len(), sent, "{what}");
    }
    let wire = ScriptedWire::in_turn([reply(200, PAGE)]);
    let portal = wire.portal();
    futures_util::future::join_all((0..50).map(|_| call(&portal))).await;
    let leaving = tokio::time::timeout(200 * MS, call(&portal));
    let staying = async {
        let started = Instant::now();
        (call(&portal).await, started.elapsed())
    };
    let (left, (stayed, waited)) = tokio::join!(leaving, staying);
    left.unwrap_err();
    stayed.unwrap();
    assert!(waited < 600 * MS, "the cancelled caller left the queue: {waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_portal_without_a_limit_is_not_limited() {
    let wire = ScriptedWire::in_turn([reply(200, PAGE)]);
    let mut settings = webhook();
    settings.rate_limit = None;
    let portal = wire.portal_with(settings);
    let started = Instant::now();
    let outcomes = futures_util::future::join_all((0..500).map(|_| call(&portal))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert!(started.elapsed() < SECOND);
}

/// A case: REST 3.0's reply, the old API's replies to `profile`, `app.info` and `scope`, the reason, the number of
/// requests.
#[tokio::test(start_paused = true)]
async fn the_old_api_is_called_for_the_reason_and_no_more_than_needed() {
    let good = || reply(200, r#"{"result":{"ID":"1"}}"#);
    let info = |scope: &str| reply(200, &format!(r#"{{"result":{{"SCOPE":{scope}}}}}"#));
    let (folded, forbidden) = (|| envelope(401, "ACCESSDENIED"), || envelope(403, "ACCESSDENIED"));
    let unknown = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";
    for (replies, code, requests) in [
        (
            vec![folded(), flat(401, "INVALID_CREDENTIALS")],
            "INVALID_CREDENTIALS",
            2,
        ),
        (vec![folded(), flat(403, "ACCESS_DENIED")], "ACCESS_DENIED", 2),
        (
            vec![folded(), flat(401, "authorization_error")],
            "authorization_error",
            2,
        ),
        (vec![folded(), flat(400, "INVALID_REQUEST")], "INVALID_REQUEST", 2),
        (vec![folded(), flat(503, "OVERLOAD_LIMIT")], "OVERLOAD_LIMIT", 2),
        (vec![folded(), flat(401, "expired_token")], "expired_token", 2),
        (vec![forbidden(), good(), info(r#"["crm"]"#)], "insufficient_scope", 3),
        (
            vec![forbidden(), good(), flat(500, "X"), reply(200, r#"{"result":["crm"]}"#)],
            "insufficient_scope",
            4,
        ),
        (
            vec![
                folded(),
                good(),
                info(r#"["mail"]"#),
                reply(200, r#"{"result":["mail"]}"#),
            ],
            unknown,
            4,
        ),
        (vec![folded(), reply(503, "<html>")], unknown, 2),
        (vec![folded(), Prepared::Broken], unknown, 2),
        (vec![folded(), Prepared::Silence], unknown, 2),
        (vec![reply(404, "<html>"), good()], "NO_REST_V3", 2),
        (
            vec![reply(404, "<html>"), flat(401, "INVALID_CREDENTIALS")],
            "NO_REST_V3",
            2,
        ),
        (vec![reply(404, "<html>")], "UNREADABLE_REPLY", 2),
        (vec![flat(401, "NO_AUTH_FOUND")], "NO_AUTH_FOUND", 1),
    ] {
        let wire = ScriptedWire::in_turn(replies);
        let started = Instant::now();
        let failed = call(&wire.portal()).await.unwrap_err();
        assert_eq!((failed.error.code(), wire.sent().len()), (code, requests), "{failed}");
        assert_eq!(failed.attempts, 1, "requests to the old API are no attempts");
        assert!(started.elapsed() < 10 * SECOND, "{code}: {:?}", started.elapsed());
        assert!(
            wire.sent()[1..]
                .iter()
                .all(|sent| sent.url.starts_with("https://p.example/rest/1/"))
        );
        assert!(!failed.to_string().contains("w1r3d"), "{failed}");
    }
}

#[tokio::test(start_paused = true)]
async fn missing_settings_send_nothing() {
    let wire = ScriptedWire::in_turn([reply(200, PAGE)]);
    let credentials = bitrix24_mail_mcp::portal::Credentials::Missing;
    let failed = call(&wire.portal_with(settings(credentials))).await.unwrap_err();
    assert_eq!((failed.error.code(), failed.attempts), ("NO_CREDENTIALS", 0));
    assert!(wire.sent().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_largest_number_in_retry_after_is_accepted() {
    // After a 429 one call a minute passes.
    for (status, retry_after) in [(429, 60), (503, 600)] {
        let wire = ScriptedWire::in_turn([reply_asking(status, "", "18446744073709551615")]);
        let failed = call(&wire.portal()).await.unwrap_err();
        assert_eq!(failed.retry_after, Some(retry_after * SECOND), "{status}");
    }
}
