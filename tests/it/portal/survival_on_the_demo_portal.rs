//! The portal client against the demo portal with a paused clock, over a wire without sockets.

use std::sync::Arc;
use std::time::Duration;

use bitrix24_mail_mcp::demo::{self, CredentialKind, FAULTS, Outcome};
use bitrix24_mail_mcp::portal::{Method, Settings};
use serde_json::json;
use tokio::time::Instant;

use crate::support::demo_in_process::fault;
use crate::support::scene::{Scene, TRIP};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Every fault with both kinds of credentials ends in time. The snapshot holds the code, the requests that the portal
/// saw, and the time.
#[tokio::test(start_paused = true)]
async fn every_fault_ends_in_time_with_every_kind_of_credentials() {
    let mut table = Vec::new();
    // These faults are faults of the socket.
    let needs_sockets = ["closed-port", "no-answer", "tls", "unknown-host", "huge"];
    for fault in FAULTS.iter().filter(|fault| !needs_sockets.contains(&fault.name)) {
        for credential in [CredentialKind::Webhook, CredentialKind::OAuth] {
            if fault.needs_oauth && credential == CredentialKind::Webhook {
                continue;
            }
            let settings = demo::Settings {
                fault: Some(fault),
                credential,
                ..Default::default()
            };
            let scene = Scene::with(settings).await;
            let started = Instant::now();
            let outcome = scene.look_up("client").await;
            let elapsed = started.elapsed();
            assert!(
                elapsed <= Settings::DEFAULT_TIMEOUT + SECOND,
                "{}: {elapsed:?}",
                fault.name
            );
            let code = match &outcome {
                Ok(page) => {
                    assert_eq!(page.contacts.len(), 5, "{}", fault.name);
                    "ok".to_owned()
                }
                Err(error) => error.code().to_owned(),
            };
            if fault.outcome == Outcome::Survived {
                assert_eq!(code, "ok", "{}: {outcome:?}", fault.name);
            }
            let refreshes = scene.portal.refreshes();
            assert!(refreshes <= 1, "{}", fault.name);
            let tenths = elapsed.as_millis() / 100;
            table.push(format!(
                "{} {credential:?}: {code}, {} requests, {refreshes} refreshes, {}.{} s",
                fault.name,
                scene.portal.request_count(),
                tenths / 10,
                tenths % 10
            ));
        }
    }
    insta::assert_snapshot!("faults", table.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn two_hundred_simultaneous_calls_keep_the_limit_and_their_order() {
    let scene = Arc::new(Scene::within(demo::Settings::default(), 120 * SECOND).await);
    let started = Instant::now();
    // Each in a task of its own, as in a server.
    let look_ups: Vec<_> = (0..200)
        .map(|number| {
            let scene = Arc::clone(&scene);
            tokio::spawn(async move {
                // `AddressBook::list` would be answered from the whole book in memory.
                let parameters = json!({"query": format!("person {number}"), "pagination": {"limit": 50, "offset": 0}});
                let portal = scene.book.portal();
                let outcome = portal
                    .call::<serde_json::Value>(Method::ListContacts, &parameters)
                    .await;
                (outcome, started.elapsed())
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for look_up in look_ups {
        outcomes.push(look_up.await.unwrap());
    }
    assert!(outcomes.iter().all(|(outcome, _)| outcome.is_ok()));
    assert_eq!((scene.portal.throttled(), scene.portal.request_count()), (0, 200));
    let took = started.elapsed();
    assert!(took >= 75 * SECOND && took < 76 * SECOND, "{took:?}");
    let times: Vec<Duration> = outcomes.iter().map(|(_, at)| *at).collect();
    assert!(times.is_sorted(), "first come, first served: {times:?}");
    let asked: Vec<String> = scene
        .portal
        .requests()
        .iter()
        .map(|request| serde_json::from_slice::<serde_json::Value>(&request.body).unwrap()["query"].to_string())
        .collect();
    let expected: Vec<String> = (0..200)
        .map(|number| json!(format!("person {number}")).to_string())
        .collect();
    assert_eq!(asked, expected);
}

/// Another program on this host has filled the portal's bucket.
#[tokio::test(start_paused = true)]
async fn a_call_waits_for_a_bucket_that_other_programs_have_filled() {
    let scene = Scene::with(demo::Settings::default()).await;
    let url = url::Url::parse(&scene.portal.webhook_url().unwrap()).unwrap();
    for _ in 0..50 {
        scene
            .portal
            .answer("POST", &format!("{}profile", url.path()), &[], b"{}")
            .await
            .unwrap();
    }
    let started = Instant::now();
    scene.look_up("client").await.unwrap();
    assert_eq!(scene.portal.throttled(), 1);
    assert!(
        started.elapsed() >= 1500 * MS && started.elapsed() < 2 * SECOND,
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn calls_stay_within_the_limit_of_operating_time_or_name_the_wait() {
    let settings = demo::Settings {
        bucket: None,
        operating: Some(demo::Operating {
            limit: Duration::from_secs(420),
            cost_per_call: 10 * SECOND,
            answer_flat: false,
        }),
        ..Default::default()
    };
    let scene = Scene::within(settings, 60 * SECOND).await;
    for number in 0..60 {
        let outcome = scene.look_up(&number.to_string()).await;
        let waits = matches!(&outcome, Err(error) if error.code() == "OPERATION_TIME_LIMIT" || error.code().ends_with("RATELIMITEXCEPTION"));
        assert!(outcome.is_ok() || waits, "{outcome:?}");
        if waits {
            let wait = outcome.unwrap_err().retry_after().unwrap();
            assert!(wait > 10 * SECOND, "{wait:?}");
            tokio::time::sleep(wait).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_portal_that_throttles_twice_gets_three_requests() {
    let scene = Scene::with(demo::Settings {
        fault: fault("throttle-twice"),
        ..Default::default()
    })
    .await;
    let started = Instant::now();
    scene.look_up("client").await.unwrap();
    assert_eq!(scene.portal.request_count(), 3);
    assert_eq!(started.elapsed(), 1500 * MS + 2250 * MS + 3 * TRIP);
}
