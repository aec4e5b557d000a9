//! Look-ups that share a request which fails, on a scripted wire with a paused clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bitrix24_mail_mcp::portal::{Failed, Method, Portal, RateLimit};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::scripted_wire::{PAGE, Prepared, ScriptedWire, Sent, TRIP, envelope, flat, reply, reply_asking, webhook};

pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
/// The time between two places.
pub(crate) const GAP: Duration = Duration::from_millis(500);

/// One request at once, then two a second: all but the first wait.
pub(crate) fn narrow(wire: &Arc<ScriptedWire>, merge: bool) -> Portal {
    let mut settings = webhook();
    settings.rate_limit = Some(RateLimit {
        per_second: 2.0,
        burst: 1,
    });
    settings.merge = merge;
    wire.portal_with(settings)
}

fn page_of(query: &Value) -> Value {
    json!({"items": [{"id": 1, "email": query["query"], "name": ""}]})
}

/// Gives back what was asked for.
pub(crate) fn echo(sent: &Sent) -> Prepared {
    let body: Value = serde_json::from_str(&sent.body).unwrap();
    let result: Value = match body.as_array() {
        Some(items) => items.iter().map(|item| page_of(&item["query"])).collect(),
        None => page_of(&body),
    };
    reply(200, &json!({"result": result}).to_string())
}

pub(crate) fn is_batch(sent: &Sent) -> bool {
    sent.url.ends_with("/batch")
}

/// How many calls each request carried.
pub(crate) fn sizes(wire: &ScriptedWire) -> Vec<usize> {
    let size = |sent: &Sent| match serde_json::from_str::<Value>(&sent.body).unwrap() {
        Value::Array(items) => items.len(),
        _ => 1,
    };
    wire.sent().iter().map(size).collect()
}

pub(crate) async fn call(portal: &Portal, number: usize) -> Result<String, Failed> {
    let page: Value = portal
        .call(Method::ListContacts, &json!({"query": number.to_string()}))
        .await?;
    Ok(page["items"][0]["email"].as_str().unwrap().to_owned())
}

/// Outcomes and times of `count` calls at once, of which the first does not wait.
pub(crate) async fn at_once(portal: &Portal, count: usize) -> Vec<(Result<String, Failed>, Duration)> {
    let started = Instant::now();
    join_all((0..count).map(|number| async move { (call(portal, number).await, started.elapsed()) })).await
}

pub(crate) fn assert_right(outcomes: &[(Result<String, Failed>, Duration)]) {
    for (number, (outcome, _)) in outcomes.iter().enumerate() {
        assert_eq!(outcome.as_ref().unwrap(), &number.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_fails_by_itself_is_the_end_of_batches() {
    for failure in [
        envelope(404, "METHODNOTFOUND"),
        envelope(403, "INSUFFICIENTSCOPE"),
        flat(405, "ERROR_BATCH_METHOD_NOT_ALLOWED"),
        reply(403, "<html>"),
        reply(200, "<html>"),
        reply(200, r#"{"result":[]}"#),
        reply(200, r#"{"result":{"result":{},"result_error":[]}}"#),
        envelope(429, "RATELIMIT"),
    ] {
        let wire = ScriptedWire::answering({
            let failure = failure.clone();
            move |sent| if is_batch(sent) { failure.clone() } else { echo(sent) }
        });
        let outcomes = at_once(&narrow(&wire, true), 6).await;
        assert_right(&outcomes);
        let mut sizes = sizes(&wire);
        // A reason may be asked for too.
        sizes.retain(|size| *size > 0);
        assert_eq!(
            sizes.iter().filter(|size| **size > 1).count(),
            1,
            "{failure:?}: {sizes:?}"
        );
        for (number, (_, at)) in outcomes.iter().enumerate().skip(1) {
            let alone = GAP * u32::try_from(number).unwrap() + TRIP;
            assert!(*at <= alone + GAP * 2 + TRIP, "{failure:?} {number}: {at:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_moment_is_waited_out_by_each_as_if_it_were_alone() {
    for (failure, wait) in [
        (Prepared::Broken, 250 * MS),
        (reply(502, "<html>"), 250 * MS),
        (flat(503, "QUERY_LIMIT_EXCEEDED"), 1500 * MS),
        (reply_asking(503, "<html>", "3"), 3 * SECOND),
    ] {
        let wire = ScriptedWire::answering({
            let (failure, batches) = (failure.clone(), AtomicUsize::new(0));
            move |sent| match is_batch(sent) && batches.fetch_add(1, Ordering::SeqCst) == 0 {
                true => failure.clone(),
                false => echo(sent),
            }
        });
        let outcomes = at_once(&narrow(&wire, true), 20).await;
        assert_right(&outcomes);
        assert_eq!(
            wire.sent().iter().filter(|sent| is_batch(sent)).count(),
            2,
            "{failure:?}"
        );
        let last = outcomes.iter().map(|(_, at)| *at).max().unwrap();
        assert!(last <= GAP + TRIP + wait + 2 * GAP + 2 * TRIP, "{failure:?}: {last:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn batches_that_fail_in_every_way_there_is_keep_nobody_from_its_answer() {
    for failure in [
        Prepared::Broken,
        reply(502, "<html>"),
        reply(200, r#"{"result":[{"it"#),
        envelope(500, "INTERNAL_INTERNAL"),
    ] {
        let wire = ScriptedWire::answering({
            let failure = failure.clone();
            move |sent| if is_batch(sent) { failure.clone() } else { echo(sent) }
        });
        let outcomes = at_once(&narrow(&wire, true), 9).await;
        assert_right(&outcomes);
        let batches = wire.sent().iter().filter(|sent| is_batch(sent)).count();
        assert!(batches <= 3, "{failure:?}: {:?}", sizes(&wire));
    }
}

#[tokio::test(start_paused = true)]
async fn each_failing_call_gets_its_own_error_after_its_own_attempts() {
    let fails = |query: &Value| query["query"] == "7";
    let wire = ScriptedWire::answering(move |sent| {
        let body: Value = serde_json::from_str(&sent.body).unwrap();
        let is_bad = match body.as_array() {
            Some(items) => items.iter().any(|item| fails(&item["query"])),
            None => fails(&body),
        };
        if is_bad {
            envelope(500, "INTERNAL_INTERNAL")
        } else {
            echo(sent)
        }
    });
    let mut outcomes = at_once(&narrow(&wire, true), 26).await;
    let (failed, _) = outcomes.remove(7);
    let failed = failed.unwrap_err();
    assert_eq!((failed.error.http_status(), failed.attempts), (Some(500), 4));
    assert!(outcomes.iter().all(|(outcome, _)| outcome.is_ok()));
    // The first, all, five groups, and the five of the second group, of which one tries three times more.
    assert_eq!(&sizes(&wire)[..4], [1, 25, 5, 5]);
    assert_eq!(wire.sent().len(), 1 + 1 + 5 + 5 + 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_part_of_the_answer_cannot_be_read_asks_again_alone() {
    let wire = ScriptedWire::answering(|sent| match is_batch(sent) {
        true => reply(200, r#"{"result":[{"items":[{"email":"1"}]},null,{"error":"X"}]}"#),
        false => echo(sent),
    });
    let portal = narrow(&wire, true);
    call(&portal, 0).await.unwrap();
    #[derive(serde::Deserialize)]
    struct Page {
        items: Vec<Value>,
    }
    let asked = |number: usize| {
        let portal = &portal;
        async move {
            let query = json!({"query": number.to_string()});
            portal.call::<Page>(Method::ListContacts, &query).await.unwrap().items[0]["email"].clone()
        }
    };
    assert_eq!(join_all((1..4).map(asked)).await, ["1", "2", "3"]);
    assert_eq!(sizes(&wire), [1, 3, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_that_is_too_long_is_made_in_smaller_ones_from_then_on() {
    let wire = ScriptedWire::answering(|sent| {
        let body: Value = serde_json::from_str(&sent.body).unwrap();
        match body.as_array() {
            Some(items) if items.len() > 25 => flat(400, "ERROR_BATCH_LENGTH_EXCEEDED"),
            _ => echo(sent),
        }
    });
    let portal = narrow(&wire, true);
    assert_right(&at_once(&portal, 51).await);
    let first = sizes(&wire);
    assert_eq!(&first[..3], [1, 50, 7]);
    assert_eq!(first.len(), 2 + 8);
    tokio::time::sleep(10 * SECOND).await;
    assert_right(&at_once(&portal, 51).await);
    assert_eq!(sizes(&wire)[first.len()..], [1, 25, 25]);
}

/// The group that is told to part must not keep the places of those who go on alone.
#[tokio::test(start_paused = true)]
async fn groups_behind_one_that_is_refused_go_on_in_their_order() {
    let wire = ScriptedWire::answering(|sent| {
        if is_batch(sent) {
            envelope(404, "METHODNOTFOUND")
        } else {
            reply(200, PAGE)
        }
    });
    let mut settings = webhook();
    settings.timeout = 300 * SECOND;
    let portal = wire.portal_with(settings);
    let started = Instant::now();
    let times = join_all((0..200).map(|number| {
        let portal = &portal;
        async move {
            let query = json!({"query": number.to_string()});
            portal.call::<Value>(Method::ListContacts, &query).await.unwrap();
            started.elapsed()
        }
    }))
    .await;
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(wire.sent().len(), 201);
    assert_eq!(times[199], GAP * 151 + TRIP);
}

/// One asks for all why the credentials are refused.
#[tokio::test(start_paused = true)]
async fn refused_credentials_are_told_to_each_and_asked_about_once() {
    let wire = ScriptedWire::answering(|sent| match () {
        () if is_batch(sent) => envelope(401, "ACCESSDENIED"),
        () if sent.url.ends_with("/profile") => flat(401, "INVALID_CREDENTIALS"),
        () => echo(sent),
    });
    let outcomes = at_once(&narrow(&wire, true), 40).await;
    for (outcome, _) in &outcomes[1..] {
        let failed = outcome.as_ref().unwrap_err();
        assert_eq!((failed.error.code(), failed.attempts), ("INVALID_CREDENTIALS", 1));
    }
    assert_eq!(wire.sent().len(), 3);
}
