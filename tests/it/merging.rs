//! Look-ups that wait for the limit and share requests, against the demo portal with a paused clock.

use std::sync::Arc;
use std::time::Duration;

use bitrix24_mail_mcp::address_book::{ContactPage, Error, GivenPagination, Query};
use bitrix24_mail_mcp::demo::{self, CredentialKind, QUIRKS, Quirk};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::survival_on_the_demo_portal::{Scene, TRIP};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(120);

/// What a caller got, and when.
type Served = (Result<ContactPage, Error>, Duration);

/// Everybody looks one made-up person up, all at once, each in a task of its own, as a server has them.
async fn everybody(scene: &Arc<Scene>, queries: impl IntoIterator<Item = Query>) -> Vec<Served> {
    let started = Instant::now();
    let look_ups: Vec<_> = queries
        .into_iter()
        .map(|query| {
            let scene = Arc::clone(scene);
            tokio::spawn(async move {
                let outcome = scene.book.list(&query, &CancellationToken::new()).await;
                (outcome, started.elapsed())
            })
        })
        .collect();
    let mut served = Vec::new();
    for look_up in look_ups {
        served.push(look_up.await.unwrap());
    }
    served
}

fn person(number: usize) -> Query {
    Query::new(&format!("person{number}@"), &GivenPagination::default()).unwrap()
}

fn people() -> demo::Settings {
    demo::Settings {
        contacts: Some(200),
        ..Default::default()
    }
}

async fn scene(settings: demo::Settings, merge: bool) -> Arc<Scene> {
    Arc::new(Scene::within(settings, LONG, merge).await)
}

fn assert_right(served: &[Served]) {
    for (at, (outcome, _)) in served.iter().enumerate() {
        let page = outcome.as_ref().unwrap_or_else(|error| panic!("{at}: {error}"));
        let emails: Vec<&str> = page.contacts.iter().map(|contact| contact.email.as_str()).collect();
        let expected = format!("person{}@", at + 1);
        assert!(
            matches!(emails[..], [email] if email.starts_with(&expected)),
            "{at}: {emails:?}"
        );
    }
}

fn last(served: &[Served]) -> Duration {
    served.iter().map(|(_, at)| *at).max().unwrap()
}

fn assert_none_slower(merged: &[Served], unmerged: &[Served], by: Duration) {
    for (at, ((_, with), (_, without))) in merged.iter().zip(unmerged).enumerate() {
        assert!(*with <= *without + by, "{at}: {with:?} instead of {without:?}");
    }
}

fn batches(scene: &Scene) -> Vec<usize> {
    let requests = scene.portal.requests();
    let batches = requests.iter().filter(|request| request.path.contains("/batch"));
    batches
        .map(|request| {
            serde_json::from_slice::<Value>(&request.body)
                .unwrap()
                .as_array()
                .unwrap()
                .len()
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn two_hundred_look_ups_at_once_take_three_requests_more_than_the_bucket_holds() {
    let with = scene(people(), true).await;
    let merged = everybody(&with, (1..=200).map(person)).await;
    assert_right(&merged);
    assert_eq!((with.portal.throttled(), with.portal.request_count()), (0, 53));
    assert_eq!(batches(&with), [50, 50, 50]);
    let took = last(&merged);
    assert!(took >= 1500 * MS && took < 1600 * MS, "{took:?}");
    let order: Vec<Duration> = merged.iter().map(|(_, at)| *at).collect();
    assert!(order.is_sorted(), "first come, first served: {order:?}");

    let without = scene(people(), false).await;
    let unmerged = everybody(&without, (1..=200).map(person)).await;
    assert_right(&unmerged);
    assert_eq!(without.portal.request_count(), 200);
    assert!(last(&unmerged) >= 75 * SECOND);
    assert_none_slower(&merged, &unmerged, MS);
}

#[tokio::test(start_paused = true)]
async fn whoever_need_not_wait_is_sent_at_once_and_alone() {
    let scene = scene(people(), true).await;
    let served = everybody(&scene, (1..=50).map(person)).await;
    assert_right(&served);
    assert!(last(&served) <= TRIP + MS);
    assert!(batches(&scene).is_empty());
    assert_eq!(scene.portal.request_count(), 50);
    // The next waits alone, and goes alone.
    let served = everybody(&scene, [person(1)]).await;
    assert_right(&served);
    assert!(last(&served) <= 500 * MS + TRIP + MS);
    assert!(batches(&scene).is_empty());
}

#[tokio::test(start_paused = true)]
async fn contacts_and_employees_have_requests_of_their_own() {
    let scene = scene(people(), true).await;
    let employee = |number| Query::for_employees(&format!("name{number}"), &GivenPagination::default()).unwrap();
    let queries = (1..=70).map(person).chain((0..20).map(employee));
    let served = everybody(&scene, queries).await;
    assert!(served.iter().all(|(outcome, _)| outcome.is_ok()));
    assert_right(&served[..70]);
    assert_eq!(batches(&scene), [20, 20]);
    assert!(last(&served) < 1100 * MS);
}

/// Each quirk that concerns batches, and every other: all are right, none is much slower, and nobody is throttled.
#[tokio::test(start_paused = true)]
async fn every_quirk_is_borne() {
    for (name, _, quirk) in QUIRKS {
        let settings = demo::Settings {
            quirk: Some(*quirk),
            ..people()
        };
        let (with, without) = (scene(settings, true).await, scene(settings, false).await);
        let merged = everybody(&with, (1..=120).map(person)).await;
        let unmerged = everybody(&without, (1..=120).map(person)).await;
        assert_right(&merged);
        assert_eq!(with.portal.throttled(), 0, "{name}");
        // A batch that fails costs one place.
        assert_none_slower(&merged, &unmerged, 500 * MS + 2 * TRIP);
        let expected: &[usize] = match quirk {
            // Learnt from the first; the other group is let go.
            Quirk::NoBatch => &[50],
            _ => &[50, 20],
        };
        assert_eq!(batches(&with), expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_portal_without_batches_is_asked_for_one_again_much_later() {
    let settings = demo::Settings {
        quirk: Some(Quirk::NoBatch),
        ..people()
    };
    let scene = scene(settings, true).await;
    for (minutes, expected) in [(0, 1), (2, 1), (9, 2)] {
        tokio::time::sleep(minutes * 60 * SECOND).await;
        assert_right(&everybody(&scene, (1..=60).map(person)).await);
        assert_eq!(batches(&scene).len(), expected, "{minutes}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unlucky_look_up_fails_by_itself() {
    let settings = demo::Settings {
        quirk: Some(Quirk::UnluckyBatch),
        ..people()
    };
    let (with, without) = (scene(settings, true).await, scene(settings, false).await);
    let queries = || {
        (1..=100).map(|number| match number {
            77 => Query::new("zz", &GivenPagination::default()).unwrap(),
            number => person(number),
        })
    };
    let mut merged = everybody(&with, queries()).await;
    let mut unmerged = everybody(&without, queries()).await;
    let ((failed, at), (alone, at_alone)) = (merged.remove(76), unmerged.remove(76));
    let (failed, alone) = (failed.unwrap_err(), alone.unwrap_err());
    assert_eq!((failed.code(), failed.http_status()), (alone.code(), Some(500)));
    assert_eq!(failed.attempts(), alone.attempts(), "its own attempts alone");
    assert!(at <= at_alone, "{at:?} {at_alone:?}");
    assert_right(&merged[..76]);
    assert!(merged.iter().all(|(outcome, _)| outcome.is_ok()));
    // Two places, of the batch and of the smaller one, for those who come first; nearly all are much quicker.
    assert_none_slower(&merged, &unmerged, SECOND + 3 * TRIP);
    assert!(last(&merged) < 9 * SECOND, "{:?}", last(&merged));
    assert!(last(&unmerged) > 25 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_under_way_is_renewed_once() {
    let settings = demo::Settings {
        credential: CredentialKind::OAuth,
        ..people()
    };
    let scene = scene(settings, true).await;
    let expiring = async {
        tokio::time::sleep(700 * MS).await;
        scene.portal.expire_access_tokens();
    };
    let (served, ()) = tokio::join!(everybody(&scene, (1..=200).map(person)), expiring);
    assert_right(&served);
    assert_eq!((scene.portal.refreshes(), scene.portal.spent_refreshes()), (1, 0));
    assert_eq!(batches(&scene), [50, 50, 50, 50], "one is sent again");
    assert!(last(&served) < 3 * SECOND, "{:?}", last(&served));
}

#[tokio::test(start_paused = true)]
async fn near_the_operating_limit_nothing_is_merged() {
    let settings = demo::Settings {
        operating: Some(demo::Operating {
            limit: Duration::from_secs(420),
            // Fifty of them are 400 seconds.
            cost_per_call: 8 * SECOND,
            answer_flat: false,
        }),
        ..people()
    };
    let scene = scene(settings, true).await;
    everybody(&scene, (1..=50).map(person)).await;
    everybody(&scene, (51..=55).map(person)).await;
    assert!(batches(&scene).is_empty());
}
