//! Walks of whole lists of the demo portal, with a paused clock: changes meanwhile, failures, and the number of
//! requests.

use std::collections::HashSet;
use std::time::Duration;

use bitrix24_mail_mcp::address_book::{Error, GivenPagination, Query, Walk};
use bitrix24_mail_mcp::demo::{Change, ChangeKind, Quirk, Settings};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::support::demo_in_process::fault;
use crate::support::scene::Scene;

const MS: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A portal with so many contacts that takes 20 ms for each page.
fn of(contacts: usize) -> Settings {
    Settings {
        contacts: Some(contacts),
        time_per_call: 20 * MS,
        ..Settings::default()
    }
}

fn largest_pages() -> GivenPagination {
    GivenPagination {
        limit: Some(200.into()),
        ..GivenPagination::default()
    }
}

fn everyone() -> Query {
    Query::new("", &largest_pages()).unwrap()
}

/// Walks to the end or to a failure, and adds the ids in the order in which they come.
async fn go(walk: &mut Walk<'_>, ids: &mut Vec<u64>) -> Result<(), Error> {
    while let Some(step) = walk.step(&CancellationToken::new()).await? {
        ids.extend(step.contacts.iter().map(|contact| contact.id));
        assert_eq!(step.total, ids.len());
    }
    Ok(())
}

async fn walked(scene: &Scene, query: &Query) -> Vec<u64> {
    let (mut walk, mut ids) = (scene.book.walk(query), Vec::new());
    go(&mut walk, &mut ids).await.unwrap();
    assert_eq!(walk.stopped_at(), None);
    ids
}

fn are_different(ids: &[u64]) -> bool {
    ids.iter().collect::<HashSet<_>>().len() == ids.len()
}

/// How many calls each request to the portal had; 0 for a request that was no batch.
fn calls(scene: &Scene) -> Vec<usize> {
    let calls = |body: &[u8]| {
        serde_json::from_slice::<Value>(body)
            .unwrap()
            .as_array()
            .map_or(0, Vec::len)
    };
    scene
        .portal
        .requests()
        .iter()
        .map(|request| calls(&request.body))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn everybody_is_returned_once_and_newest_first() {
    for (contacts, expected) in [
        (0, vec![5]),
        (450, vec![5]),
        (995, vec![5]),
        (996, vec![5, 15]),
        (50_001, vec![5, 15, 50, 50, 50, 50, 50]),
    ] {
        let scene = Scene::with(of(contacts)).await;
        let ids = walked(&scene, &everyone()).await;
        assert!(ids.into_iter().eq((1..=contacts as u64).rev()), "{contacts}");
        assert_eq!(calls(&scene), expected, "{contacts}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_walk_from_an_offset_returns_nobody_above_it() {
    let given = GivenPagination {
        offset: Some(100.into()),
        ..largest_pages()
    };
    let scene = Scene::with(of(700)).await;
    let ids = walked(&scene, &Query::new("person", &given).unwrap()).await;
    assert!(ids.into_iter().eq((1..=600).rev()));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_contacts_take_seconds() {
    let settings = Settings {
        time_per_call: 10 * MS,
        ..of(100_000)
    };
    let scene = Scene::far(settings, MINUTE, 100 * MS).await;
    let started = Instant::now();
    assert_eq!(walked(&scene, &everyone()).await.len(), 100_000);
    assert_eq!((calls(&scene).len(), scene.portal.throttled()), (12, 0));
    assert!(started.elapsed() < Duration::from_secs(7), "{:?}", started.elapsed());
}

/// The ids that are deleted after a page was read.
type Deleted<'a> = &'a dyn Fn(u64) -> Vec<u64>;

/// A deletion and an insertion after each of so many pages.
fn changes(deleted: impl Fn(u64) -> Vec<u64>, pages: usize) -> &'static [Change] {
    const NEW: [&str; 8] = [
        "a@new.example",
        "b@new.example",
        "c@new.example",
        "d@new.example",
        "e@new.example",
        "f@new.example",
        "g@new.example",
        "h@new.example",
    ];
    let change = |after_requests, what| Change { after_requests, what };
    let mut changes = Vec::new();
    for (page, email) in (1..=pages).zip(NEW.iter().cycle()) {
        let insert = ChangeKind::Insert {
            user: 1,
            email,
            name: "New",
        };
        changes.push(change(page, insert));
        let delete = |id| change(page, ChangeKind::Delete { user: 1, id });
        changes.extend(deleted(page as u64).into_iter().map(delete));
    }
    changes.leak()
}

#[tokio::test(start_paused = true)]
async fn contacts_that_are_added_or_deleted_meanwhile_hide_nobody_else() {
    // After each page some of the 5,000 contacts are deleted: a range that was read, and a range that was not.
    let few = |page: u64| vec![5_000 - page, 1 + page];
    let many = |page: u64| (0..150).map(|row| 5_000 - page * 199 + row).collect();
    let more = |page: u64| (0..450).map(|row| 5_001 - (page * 450) + row).collect();
    let cases: [(Deleted<'_>, usize); 3] = [(&few, 22), (&many, 12), (&more, 3)];
    for (deleted, pages) in cases {
        let settings = Settings {
            changes: changes(deleted, pages),
            ..of(5_000)
        };
        let scene = Scene::with(settings).await;
        let ids = walked(&scene, &everyone()).await;
        assert!(are_different(&ids));
        let came: HashSet<u64> = ids.into_iter().collect();
        let gone: HashSet<u64> = (1..=pages as u64).flat_map(deleted).collect();
        let lost: Vec<u64> = (1..=5_000)
            .filter(|id| !gone.contains(id) && !came.contains(id))
            .collect();
        assert_eq!(lost, [0; 0]);
        assert!(calls(&scene).len() <= 5, "{:?}", calls(&scene));
    }
}

#[tokio::test(start_paused = true)]
async fn a_passing_fault_halves_the_batches_at_most() {
    for (name, expected) in [
        ("internal-once", vec![5, 15, 7, 8, 9, 10, 11]),
        ("html-502-once", vec![5, 15, 7, 8, 9, 10, 11]),
        ("timeout-408-once", vec![5, 15, 7, 8, 9, 10, 11]),
        ("cut-off-once", vec![5, 15, 7, 8, 9, 10, 11]),
        ("reset-once", vec![5, 15, 7, 8, 9, 10, 11]),
        // These faults are rate limits, which do not depend on the size of a batch.
        ("throttle-twice", vec![5, 15, 15, 15, 50]),
        ("rate-limit-once", vec![5, 15, 15, 50]),
    ] {
        let settings = Settings {
            fault: fault(name),
            spared: 1,
            ..of(8_000)
        };
        let scene = Scene::with(settings).await;
        let ids = walked(&scene, &everyone()).await;
        assert!(ids.into_iter().eq((1..=8_000).rev()), "{name}");
        assert_eq!(calls(&scene), expected, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_stays_ends_the_walk_after_the_contacts_that_were_read() {
    for name in ["internal", "html-503", "html-200", "cut-off", "huge"] {
        let settings = Settings {
            fault: fault(name),
            spared: 1,
            ..of(8_000)
        };
        let scene = Scene::with(settings).await;
        let (mut walk, mut ids) = (scene.book.walk(&everyone()), Vec::new());
        go(&mut walk, &mut ids).await.unwrap_err();
        assert_eq!((ids.len(), walk.total()), (996, 996), "{name}");
        let sent = scene.portal.request_count();
        assert!(sent <= 10, "{name}: {:?}", calls(&scene));
        go(&mut walk, &mut ids).await.unwrap_err();
        assert_eq!(ids.len(), 996, "{name}");
        assert!(scene.portal.request_count() > sent, "{name}: the same step again");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_gateway_timeout_batches_are_smaller() {
    let settings = Settings {
        gateway_timeout: Some(300 * MS),
        ..of(8_000)
    };
    let scene = Scene::with(settings).await;
    assert_eq!(walked(&scene, &everyone()).await.len(), 8_000);
    let calls = calls(&scene);
    assert_eq!(calls.get(..5), Some(&[5, 15, 50, 25, 12][..]), "{calls:?}");
    assert!(calls.len() <= 10, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn pages_of_a_reply_that_is_too_large_are_requested_in_smaller_batches() {
    let scene = Scene::with(of(0)).await;
    let long = |number: u32| (format!("p{number}@long.example"), "\u{1F642}".repeat(255));
    scene.portal.replace_book(1, (0..9_000).map(long));
    let ids = walked(&scene, &everyone()).await;
    assert!(ids.into_iter().eq((1..=9_000).rev()));
    assert_eq!(calls(&scene).get(..3), Some(&[5, 15, 50][..]));
    assert!(calls(&scene).len() <= 8, "{:?}", calls(&scene));
}

#[tokio::test(start_paused = true)]
async fn a_portal_without_batch_is_walked_page_by_page() {
    let settings = Settings {
        quirk: Some(Quirk::NoBatch),
        ..of(12_000)
    };
    let scene = Scene::with(settings).await;
    let ids = walked(&scene, &everyone()).await;
    assert!(ids.into_iter().eq((1..=12_000).rev()));
    let pages = 12_000_usize.div_ceil(199);
    assert_eq!((calls(&scene).len(), scene.portal.throttled()), (1 + pages, 0));
}

#[tokio::test(start_paused = true)]
async fn a_walk_whose_step_was_dropped_continues_where_it_was() {
    let scene = Scene::with(of(8_000)).await;
    let (mut walk, mut ids) = (scene.book.walk(&everyone()), Vec::new());
    for _ in 0..3 {
        let cancellation = CancellationToken::new();
        let step = walk.step(&cancellation);
        if let Ok(step) = tokio::time::timeout(200 * MS, step).await {
            ids.extend(step.unwrap().unwrap().contacts.iter().map(|contact| contact.id));
        }
    }
    assert_eq!(ids.len(), 996, "the second request takes longer");
    go(&mut walk, &mut ids).await.unwrap();
    assert!(ids.into_iter().eq((1..=8_000).rev()));
}

#[tokio::test(start_paused = true)]
async fn each_employee_is_returned_once_even_if_the_order_changes() {
    for (shuffles_employees, expected) in [(false, vec![0, 3]), (true, vec![0, 3, 2])] {
        let settings = Settings {
            shuffles_employees,
            ..Settings::default()
        };
        let scene = Scene::with(settings).await;
        let people = (0..300).map(|number| (format!("e{number}@demo.example"), format!("Demo {number}")));
        scene.portal.replace_employees(people);
        let query = Query::for_employees("demo", &largest_pages()).unwrap();
        let (mut walk, mut ids) = (scene.book.walk(&query), Vec::new());
        go(&mut walk, &mut ids).await.unwrap();
        assert!(are_different(&ids));
        match shuffles_employees {
            true => assert!(ids.len() > 200 && ids.len() <= 300, "{}", ids.len()),
            false => assert!(walk.is_whole(), "nobody came twice"),
        }
        assert!(!walk.is_whole() || ids.len() == 300, "{}", ids.len());
        assert_eq!(calls(&scene), expected);
    }
}
