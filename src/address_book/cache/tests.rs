//! The page cache: what is kept, for whom, and for how long.

use super::*;
use crate::address_book::{GivenPagination, Page};
use crate::portal::{self, EmployeeId};
use std::sync::atomic::{AtomicUsize, Ordering};

const TTL: Duration = Duration::from_secs(60);
const TRIP: Duration = Duration::from_secs(1);

fn key(text: &str) -> Key {
    Key {
        person: Person::OfTheSettings(1),
        query: Query::new(text, &GivenPagination::default()).unwrap(),
    }
}

fn page() -> ContactPage {
    ContactPage {
        contacts: Vec::new(),
        page: Page {
            offset: 0,
            limit: 50,
            returned: 0,
            unreadable: 0,
            next_offset: None,
            complete: true,
            age_seconds: None,
        },
    }
}

fn by_portal(page: ContactPage) -> Answer {
    let by = AnsweredBy::Portal;
    Answer { page, by }
}

/// Counts requests and answers; each answer takes a second.
#[derive(Clone, Default)]
struct Portal {
    asked: Arc<AtomicUsize>,
    answered: Arc<AtomicUsize>,
}

impl Portal {
    fn ask(&self, outcome: Result<ContactPage, Error>) -> impl FnOnce() -> BoxFuture<'static, Result<Answer, Error>> {
        let portal = self.clone();
        move || {
            portal.asked.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::time::sleep(TRIP).await;
                portal.answered.fetch_add(1, Ordering::SeqCst);
                outcome.map(by_portal)
            }
            .boxed()
        }
    }

    fn counts(&self) -> (usize, usize) {
        (self.asked.load(Ordering::SeqCst), self.answered.load(Ordering::SeqCst))
    }
}

#[tokio::test(start_paused = true)]
async fn sixty_four_identical_look_ups_are_one_request() {
    let (cache, portal) = (Cache::new(Duration::ZERO), Portal::default());
    let all = (0..64).map(|_| cache.answer(key("anna"), portal.ask(Ok(page()))));
    let pages = futures_util::future::join_all(all).await;
    assert!(pages.iter().all(|found| *found == Ok(page())));
    assert_eq!(portal.counts(), (1, 1));
    cache.answer(key("anna"), portal.ask(Ok(page()))).await.unwrap();
    assert_eq!(portal.counts(), (2, 2), "nothing is kept without a time to live");
}

#[tokio::test(start_paused = true)]
async fn a_page_is_kept_for_its_time_and_has_its_age() {
    let (cache, portal) = (Cache::new(TTL), Portal::default());
    let ask = async || {
        cache
            .answer(key("anna"), portal.ask(Ok(page())))
            .await
            .unwrap()
            .page
            .age_seconds
    };
    assert_eq!(ask().await, None, "fresh");
    assert_eq!(ask().await, Some(0));
    tokio::time::advance(Duration::from_secs(59)).await;
    assert_eq!(ask().await, Some(59));
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(ask().await, None);
    assert_eq!(portal.counts(), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_page_of_the_whole_book_is_not_kept_beside_it() {
    let (cache, portal) = (Cache::new(TTL), Portal::default());
    let by_book = || async {
        Ok(Answer {
            page: page(),
            by: AnsweredBy::Book,
        })
    };
    cache.answer(key("anna"), by_book).await.unwrap();
    cache.answer(key("anna"), portal.ask(Ok(page()))).await.unwrap();
    assert_eq!(portal.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn failures_are_shared_and_never_kept() {
    let (cache, portal) = (Cache::new(TTL), Portal::default());
    let failure = || Err(Error::Portal(portal::Error::NoRestV3.into()));
    let (one, two) = tokio::join!(
        cache.answer(key("anna"), portal.ask(failure())),
        cache.answer(key("anna"), portal.ask(failure()))
    );
    assert_eq!((one, two), (failure(), failure()));
    assert_eq!(portal.counts(), (1, 1));
    cache.answer(key("anna"), portal.ask(Ok(page()))).await.unwrap();
    assert_eq!(portal.counts(), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_leaves_does_not_cancel_the_others() {
    let (cache, portal) = (Cache::new(TTL), Portal::default());
    let soon = TRIP / 2;
    let (first, second) = tokio::join!(
        tokio::time::timeout(soon, cache.answer(key("anna"), portal.ask(Ok(page())))),
        cache.answer(key("anna"), portal.ask(Ok(page())))
    );
    assert!(first.is_err(), "the first caller has left");
    assert_eq!(second, Ok(page()));
    assert_eq!(portal.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn when_all_callers_have_left_the_request_is_cancelled() {
    let (cache, portal) = (Cache::new(TTL), Portal::default());
    let leave = async || {
        let asking = cache.answer(key("anna"), portal.ask(Ok(page())));
        tokio::time::timeout(TRIP / 2, asking).await.unwrap_err();
    };
    tokio::join!(leave(), leave());
    tokio::time::sleep(TRIP * 2).await;
    assert_eq!(portal.counts(), (1, 0));
    cache.answer(key("anna"), portal.ask(Ok(page()))).await.unwrap();
    assert_eq!(portal.counts(), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn entries_are_bounded_and_kept_apart_by_person() {
    let (cache, portal) = (Cache::new(TTL), Portal::default());
    for number in 0..10_000 {
        let key = Key {
            person: Person::OfTheSettings(number),
            ..key("anna")
        };
        cache.answer(key, portal.ask(Ok(page()))).await.unwrap();
    }
    assert_eq!(portal.counts(), (10_000, 10_000));
    assert!(cache.entries.weight() <= MAX_CONTACTS, "{}", cache.entries.weight());
    assert!(cache.under_way.lock().len() <= 8);
}

#[tokio::test(start_paused = true)]
async fn one_employee_who_looks_up_much_displaces_only_own_pages() {
    let cache = Cache::new(TTL);
    let of = |user_id, text: &str| Key {
        person: Person::Employee(EmployeeId {
            member_id: "m".into(),
            user_id,
        }),
        ..key(text)
    };
    let keep = |key: &Key| keep(&cache.entries, &cache.shares, key.clone(), Arc::new(page()));
    let quiet: Vec<Key> = (1_000..3_000).map(|user_id| of(user_id, "anna")).collect();
    quiet.iter().for_each(keep);
    let before = cache.entries.weight();
    for number in 0..20_000 {
        keep(&of(1, &number.to_string()));
    }
    assert!(cache.holds(&of(1, "19999")), "the latest page is kept");
    assert!(!cache.holds(&of(1, "0")));
    assert!(cache.entries.weight() <= before + MAX_CONTACTS_OF_ONE);
    assert!(quiet.iter().all(|key| cache.holds(key)));
    assert_eq!(cache.shares.len(), quiet.len() + 1);

    for user_id in 5_000..12_000 {
        tokio::time::advance(TTL).await;
        keep(&of(user_id, "anna"));
    }
    assert!(cache.shares.len() <= 3_000, "unused shares are forgotten");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_was_looked_up_again_is_kept_as_long_as_a_new_one() {
    let cache = Cache::new(TTL);
    let key = Key {
        person: Person::Employee(EmployeeId {
            member_id: "m".into(),
            user_id: 1,
        }),
        ..key("anna")
    };
    for _ in 0..3 {
        keep(&cache.entries, &cache.shares, key.clone(), Arc::new(page()));
        tokio::time::advance(TTL / 2).await;
        assert!(cache.holds(&key));
    }
}
