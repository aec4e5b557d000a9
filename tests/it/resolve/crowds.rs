//! Many simultaneous callers and one address book of ten thousand contacts, in virtual time. The portal counts its
//! requests; it takes 0.1 s for each request and 0.01 s for each page.

use std::sync::Arc;
use std::time::Duration;

use bitrix24_mail_mcp::address_book::{
    AddressBook, ContactPage, Error, GivenPagination, Names, Query, Resolution, Source,
};
use bitrix24_mail_mcp::demo::{self, DemoPortal};
use bitrix24_mail_mcp::portal::{self, Credentials, Portal, RawReply, Request, Settings, Wire};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

const CONTACTS: usize = 10_000;
const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const TRIP: Duration = Duration::from_millis(100);
const PER_PAGE: Duration = Duration::from_millis(10);
const KEPT: Duration = Duration::from_secs(60);
/// The longest that a caller may have to wait.
const SOON: Duration = Duration::from_secs(3);
/// Requests that the rate limit lets through without a wait.
const BURST: usize = 50;
/// The most requests of a reading of the whole book: the first pages, the rest, and one more batch.
const READING: usize = 3;

/// A demo portal without sockets that answers after a delay.
#[derive(Debug)]
struct SlowPortal(DemoPortal);

impl Wire for SlowPortal {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, portal::Error>> {
        async move {
            let url = url::Url::parse(request.url().expose_secret()).unwrap();
            let headers = [("content-type".to_owned(), request.content_type().to_owned())];
            tokio::time::sleep(TRIP / 2).await;
            let answer = self.0.answer("POST", url.path(), &headers, request.body()).await;
            let answer = answer.unwrap();
            let pages = u32::try_from(listings(request.body()).len()).unwrap();
            tokio::time::sleep(TRIP / 2 + PER_PAGE * pages).await;
            Ok(RawReply {
                http_status: answer.status,
                body: answer.body,
                ..RawReply::default()
            })
        }
        .boxed()
    }
}

/// The arguments of each list call in a request.
fn listings(body: &[u8]) -> Vec<Value> {
    match serde_json::from_slice(body).unwrap() {
        Value::Array(items) => items.into_iter().map(|item| item["query"].clone()).collect(),
        single => vec![single],
    }
}

/// A portal and the address book of one person.
#[derive(Clone)]
struct Crowd {
    portal: Arc<SlowPortal>,
    book: Arc<AddressBook>,
    started: Instant,
}

impl Crowd {
    async fn gather() -> Self {
        let portal = DemoPortal::start(demo::Settings::default()).await.unwrap();
        portal.replace_book(1, (0..CONTACTS).map(|number| (address(number), name(number))));
        let settings = Settings {
            jitter: || 0.0,
            ..Settings::new(Credentials::from_webhook_url(&portal.webhook_url().unwrap()))
        };
        let portal = Arc::new(SlowPortal(portal));
        let client = Portal::with_wire(Arc::clone(&portal) as Arc<dyn Wire>, settings);
        Self {
            portal,
            book: Arc::new(AddressBook::new(client, KEPT)),
            started: Instant::now(),
        }
    }

    fn requests(&self) -> usize {
        assert_eq!(self.portal.0.throttled(), 0, "the portal's limit was kept");
        self.portal.0.rest3_request_count()
    }

    /// The smallest offset of a page of the whole book, in the requests after the first `requests`.
    fn first_offset_since(&self, requests: usize) -> u64 {
        let all = self.portal.0.requests();
        let listings = all[requests..].iter().flat_map(|request| listings(&request.body));
        let contacts = listings.filter(|listing| listing["query"] == "");
        let offsets = contacts.filter_map(|listing| listing["pagination"]["offset"].as_u64());
        offsets.min().unwrap()
    }

    async fn list(&self, number: usize) -> Result<ContactPage, Error> {
        let query = Query::new(&name(number), &GivenPagination::default()).unwrap();
        self.book.list(&query, &CancellationToken::new()).await
    }

    async fn resolve(&self, number: usize, cancellation: &CancellationToken) -> Result<Resolution, Error> {
        let names = Names::new(&[name(number)], &[Source::Contacts]).unwrap();
        self.book.resolve(&names, &|_| {}, cancellation).await
    }

    /// Resolves a name in its own task.
    fn resolving(&self, number: usize, cancellation: &CancellationToken) -> JoinHandle<Result<Resolution, Error>> {
        let (crowd, cancellation) = (self.clone(), cancellation.clone());
        tokio::spawn(async move { crowd.resolve(number, &cancellation).await })
    }
}

/// Runs each call in a task of its own, as a server does, and waits for all.
async fn all<T>(tasks: impl Iterator<Item = JoinHandle<T>>) -> Vec<T> {
    let ends = join_all(tasks.collect::<Vec<_>>()).await;
    ends.into_iter().map(Result::unwrap).collect()
}

/// The name of a contact. No name is a part of another, and the names are not in the order of the ids.
fn name(number: usize) -> String {
    const FIRST: [&str; 10] = ["bar", "ced", "dov", "fim", "gul", "hep", "jok", "kam", "lid", "mur"];
    const THEN: [&str; 10] = [
        "nast", "peld", "rint", "sorg", "tump", "vald", "werk", "zilm", "bond", "durg",
    ];
    let digit = |place: u32| number / 10_usize.pow(place) % 10;
    let part = |parts: [&str; 10], place| parts[digit(place)].to_owned();
    let first_name = part(FIRST, 0) + &part(THEN, 1);
    let surname = part(FIRST, 2) + &part(THEN, 3) + "ovic";
    format!("{first_name} {surname}")
}

fn address(number: usize) -> String {
    format!("c{number}@company.example")
}

fn is_found(resolution: &Resolution, number: usize) {
    let found = &resolution.recipients[0];
    let first = found.matches.first().map(|found| found.email.clone());
    assert_eq!(first, Some(address(number)), "{found:?}");
    assert!(!found.incomplete && resolution.not_asked.is_empty(), "{resolution:?}");
}

/// Contacts from all parts of the book.
fn spread(count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |at| at * (CONTACTS / count))
}

#[tokio::test(start_paused = true)]
async fn two_hundred_simultaneous_lists_are_answered_within_three_seconds() {
    let crowd = Crowd::gather().await;
    let tasks = spread(200).map(|number| {
        let crowd = crowd.clone();
        tokio::spawn(async move { (number, crowd.list(number).await) })
    });
    for (number, page) in all(tasks).await {
        let page = page.unwrap();
        let addresses: Vec<&str> = page.contacts.iter().map(|contact| contact.email.as_str()).collect();
        assert_eq!(addresses, [address(number)]);
        assert!(page.page.complete, "{page:?}");
    }
    let (took, requests) = (crowd.started.elapsed(), crowd.requests());
    assert!(took <= SOON, "{took:?}, {requests} requests");
    // A list may get its place in the rate limit before the last pages of the reading.
    assert!(requests <= BURST + READING + 1, "{requests} requests in {took:?}");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_simultaneous_resolves_are_answered_by_one_reading() {
    let crowd = Crowd::gather().await;
    let never = CancellationToken::new();
    let tasks = spread(1_000).map(|number| crowd.resolving(number, &never));
    let resolutions = all(tasks).await;
    for (number, resolution) in spread(1_000).zip(resolutions) {
        is_found(&resolution.unwrap(), number);
    }
    let (took, requests) = (crowd.started.elapsed(), crowd.requests());
    assert!(took <= SOON, "{took:?}, {requests} requests");
    assert!(requests <= READING, "{requests} requests in {took:?}");
}

/// The time after which a reading of the book of [`Crowd::gather`] has its first pages and has requested more.
const IN_THE_MIDDLE: Duration = Duration::from_millis(300);

#[tokio::test(start_paused = true)]
async fn a_reading_continues_for_others_when_the_first_caller_leaves() {
    let alone = Crowd::gather().await;
    is_found(&alone.resolve(7, &CancellationToken::new()).await.unwrap(), 7);
    let by_itself = (alone.started.elapsed(), alone.requests());

    let crowd = Crowd::gather().await;
    let leaving = CancellationToken::new();
    let first = crowd.resolving(3, &leaving);
    tokio::time::sleep(10 * MS).await;
    let second = crowd.resolving(7, &CancellationToken::new());
    tokio::time::sleep(IN_THE_MIDDLE).await;
    assert!(!second.is_finished());
    leaving.cancel();
    assert_eq!(first.await.unwrap().unwrap_err().code(), Error::cancelled().code());
    is_found(&second.await.unwrap().unwrap(), 7);
    let took = (crowd.started.elapsed(), crowd.requests());
    assert!(took.0 <= by_itself.0, "{took:?}, {by_itself:?}");
    assert_eq!(took.1, by_itself.1);
}

#[tokio::test(start_paused = true)]
async fn a_reading_stops_when_the_last_caller_leaves_and_the_next_continues_it() {
    let crowd = Crowd::gather().await;
    let leaving = CancellationToken::new();
    let (first, second) = (crowd.resolving(3, &leaving), crowd.resolving(4, &leaving));
    tokio::time::sleep(IN_THE_MIDDLE).await;
    leaving.cancel();
    first.await.unwrap().unwrap_err();
    second.await.unwrap().unwrap_err();
    let sent = crowd.requests();
    tokio::time::sleep(5 * SECOND).await;
    assert_eq!(crowd.requests(), sent, "nobody waits any more");

    is_found(&crowd.resolve(7, &CancellationToken::new()).await.unwrap(), 7);
    assert!(
        crowd.first_offset_since(sent) > 4 * 199,
        "pages that were read are not read again"
    );
}
