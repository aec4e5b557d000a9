//! The demo portal's limits on requests and on operating time, with a paused clock (portal contract, section 10).

use std::time::Duration;

use bitrix24_mail_mcp::demo::{Bucket, Operating, Quirk, SECRET, Settings};
use serde_json::json;
use tokio::time::advance;

use crate::support::demo_in_process::{METHOD, get, list, list_as, old, post, refresh, start, with_fault};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn the_bucket_holds_fifty_requests_and_drains_two_a_second() {
    let portal = start(Settings::default()).await;
    for count in 1..=50 {
        assert_eq!(list(&portal).await.status, 200, "{count}");
    }
    let refused = list(&portal).await;
    assert_eq!(
        (refused.status, refused.code().as_str(), refused.is_flat()),
        (503, "QUERY_LIMIT_EXCEEDED", true)
    );
    assert_eq!(refused.header("retry-after"), None);
    assert_eq!(list(&portal).await.status, 503);
    advance(SECOND).await;
    let after = [list(&portal).await, list(&portal).await, list(&portal).await];
    assert_eq!(after.map(|reply| reply.status), [200, 200, 503]);
    advance(SECOND / 2).await;
    let after = [list(&portal).await, list(&portal).await];
    assert_eq!(after.map(|reply| reply.status), [200, 503]);
    assert_eq!(portal.throttled(), 4);
    assert_eq!(portal.request_count(), 57);
}

/// Requests of every caller and of both APIs count; a batch is one request. The authorization server is another host.
#[tokio::test(start_paused = true)]
async fn every_request_to_the_portal_counts_once_and_before_anything_else() {
    let portal = start(Settings {
        bucket: Some(Bucket {
            threshold: 5,
            drain_per_second: 1.0,
        }),
        retry_after: Some(3),
        ..Settings::default()
    })
    .await;
    let batch = format!("/rest/api/1/{SECRET}/batch");
    let three = json!(vec![json!({"method": METHOD, "query": {}}); 3]).to_string();
    assert_eq!(post(&portal, &batch, None, &three).await.unwrap().status, 200);
    assert_eq!(old(&portal, "profile").await.unwrap().status, 200);
    assert_eq!(list_as(&portal, 7, "{}").await.status, 200);
    assert_eq!(get(&portal, "/rest/api/nothing").await.status, 404);
    assert_eq!(get(&portal, "/rest/nothing").await.status, 404);
    for refused in [get(&portal, "/rest/api/nothing").await, list_as(&portal, 9, "").await] {
        assert_eq!((refused.status, refused.header("retry-after")), (503, Some("3")));
    }
    let application = portal.oauth_application();
    assert_eq!(refresh(&portal, &application.refresh_token).await.unwrap().status, 200);
    assert_eq!(get(&portal, "/oauth/authorize/").await.status, 400);
    assert_eq!(portal.throttled(), 2);
}

#[tokio::test(start_paused = true)]
async fn without_a_bucket_nothing_is_throttled() {
    let portal = start(Settings {
        bucket: None,
        ..Settings::default()
    })
    .await;
    for _ in 0..200 {
        assert_eq!(list(&portal).await.status, 200);
    }
    assert_eq!(portal.throttled(), 0);
}

fn costly(answer_flat: bool) -> Settings {
    Settings {
        bucket: None,
        operating: Some(Operating {
            limit: Duration::from_secs(10),
            cost_per_call: Duration::from_millis(4500),
            answer_flat,
        }),
        ..Settings::default()
    }
}

#[tokio::test(start_paused = true)]
async fn operating_time_adds_up_and_the_oldest_minute_is_freed_first() {
    let portal = start(costly(false)).await;
    advance(90 * SECOND).await;
    let first = list(&portal).await.json()["time"].clone();
    assert_eq!((&first["operating"], &first["duration"]), (&json!(4.5), &json!(4.5)));
    // This time was used in the second minute, which counts until the end of the eleventh.
    let start_of_portal = first["start"].as_u64().unwrap() - 90;
    assert_eq!(first["operating_reset_at"], json!(start_of_portal + 660));
    advance(60 * SECOND).await;
    assert_eq!(list(&portal).await.json()["time"]["operating"], json!(9));
    let third = list(&portal).await.json()["time"].clone();
    assert_eq!(third["operating"], json!(13.5));
    assert_eq!(third["operating_reset_at"], json!(start_of_portal + 660));

    let refused = list(&portal).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "RATELIMIT"));
    assert!(
        !refused.is_flat() && refused.json().get("time").is_none(),
        "{}",
        refused.text
    );
    // Another credential, another method and the old API have their own time.
    assert_eq!(list_as(&portal, 7, "{}").await.json()["time"]["operating"], json!(4.5));
    let documentation = format!("/rest/api/1/{SECRET}/documentation");
    assert_eq!(get(&portal, &documentation).await.status, 200);
    assert_eq!(
        old(&portal, "profile").await.unwrap().json()["time"]["operating"],
        json!(0)
    );

    // 150 s have passed. At 660 s the first 4.5 s are freed, at 720 s the rest.
    advance(509 * SECOND).await;
    assert_eq!(list(&portal).await.status, 429);
    advance(SECOND).await;
    assert_eq!(list(&portal).await.json()["time"]["operating"], json!(13.5));
    assert_eq!(list(&portal).await.status, 429);
    advance(60 * SECOND).await;
    assert_eq!(list(&portal).await.json()["time"]["operating"], json!(9));
}

#[tokio::test(start_paused = true)]
async fn operating_time_may_be_refused_flat_and_with_retry_after() {
    let settings = Settings {
        retry_after: Some(60),
        ..costly(true)
    };
    let portal = start(settings).await;
    for _ in 0..3 {
        list(&portal).await;
    }
    let refused = list(&portal).await;
    assert_eq!(
        (refused.status, refused.code().as_str(), refused.is_flat()),
        (429, "OPERATION_TIME_LIMIT", true)
    );
    assert_eq!(refused.header("retry-after"), Some("60"));
}

#[tokio::test(start_paused = true)]
async fn time_has_the_forms_of_cloud_and_self_hosted_portals() {
    let portal = start(Settings::default()).await;
    let time = list(&portal).await.json()["time"].clone();
    assert_eq!((&time["operating"], &time["duration"]), (&json!(0), &json!(0.0125)));
    assert_eq!(
        time["operating_reset_at"].as_u64(),
        time["start"].as_u64().map(|start| start + 600)
    );
    let before = time["start"].as_u64().unwrap();
    advance(3600 * SECOND).await;
    assert_eq!(list(&portal).await.json()["time"]["start"], json!(before + 3600));

    let portal = start(Settings {
        operating: None,
        ..Settings::default()
    })
    .await;
    for reply in [list(&portal).await, old(&portal, "profile").await.unwrap()] {
        let time = reply.json()["time"].clone();
        assert!(time["start"].is_u64(), "{time}");
        assert!(time.get("operating").is_none() && time.get("operating_reset_at").is_none());
    }

    let portal = start(Settings {
        quirk: Some(Quirk::NoTime),
        ..Settings::default()
    })
    .await;
    assert!(list(&portal).await.json().get("time").is_none());
}

#[tokio::test(start_paused = true)]
async fn credentials_are_checked_before_operating_time_and_operating_time_before_the_scope() {
    let portal = start(with_fault("operating-limit")).await;
    let status = async |user: u64, secret: &str, method: &str| {
        let path = format!("/rest/api/{user}/{secret}/{method}");
        let reply = post(&portal, &path, None, "not json").await.unwrap();
        (reply.status, reply.code())
    };
    let answers = |status: u16, code: &str| (status, code.to_owned());
    assert_eq!(status(1, "wrong", "no.method").await, answers(404, "METHODNOTFOUND"));
    assert_eq!(status(1, "wrong", METHOD).await, answers(401, "ACCESSDENIED"));
    assert_eq!(status(9, SECRET, METHOD).await, answers(429, "RATELIMIT"));
    advance(59 * SECOND).await;
    assert_eq!(status(1, SECRET, METHOD).await, answers(429, "RATELIMIT"));
    advance(SECOND).await;
    assert_eq!(status(9, SECRET, METHOD).await, answers(403, "INSUFFICIENTSCOPE"));
    assert_eq!(status(1, SECRET, METHOD).await, answers(400, "INVALIDJSON"));
    assert_eq!(list(&portal).await.status, 200);
}
