//! Measures the parts of a look-up, without a network: `cargo bench -p benches --bench parts`.
//!
//! A wire with prepared replies takes the portal's place, so each figure is the time of this program alone: making the
//! request, reading the reply, cleaning, judging and cautions.
//!
//! | group | what it is |
//! |---|---|
//! | `reply` | the envelope alone, as JSON; and the page of contacts, cleaned and with cautions |
//! | `index` | one name in a book of 1,000 and 10,000 contacts, which is read and indexed for each call |
//! | `resolve` | one name, five and fifty in a book of 10,000 contacts that is already indexed |
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "a measurement may fail loudly"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, GivenPagination, Names, Query, Source};
use bitrix24_mail_mcp::portal::{Credentials, Error, Method, Portal, RawReply, Request, Settings, Wire};
use criterion::{Criterion, criterion_group, criterion_main};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

const TIME: &str = r#"{"start":1779820087,"finish":1779820087.9,"duration":0.9,"processing":0,"date_start":"2026-05-26T21:28:07+03:00","date_finish":"2026-05-26T21:28:07+03:00","operating_reset_at":1779820687,"operating":0.1}"#;
const MANY: usize = 10_000;

/// Answers with pages of these contacts, and without employees.
#[derive(Debug)]
struct Prepared {
    contacts: Vec<Value>,
    /// Answers by request.
    bodies: Mutex<HashMap<Vec<u8>, Vec<u8>>>,
}

impl Prepared {
    fn body(&self, request: &[u8]) -> Vec<u8> {
        let mut bodies = self.bodies.lock().unwrap();
        let body = bodies.entry(request.to_vec()).or_insert_with(|| {
            let result = match serde_json::from_slice(request).unwrap() {
                Value::Array(items) => items
                    .iter()
                    .map(|item| self.page(&item["query"], &item["method"]))
                    .collect(),
                single => self.page(&single, &Value::Null),
            };
            format!(r#"{{"result":{result},"time":{TIME}}}"#).into_bytes()
        });
        body.clone()
    }

    fn page(&self, query: &Value, method: &Value) -> Value {
        let number = |of: &str| {
            query["pagination"][of]
                .as_u64()
                .and_then(|number| usize::try_from(number).ok())
        };
        let (offset, limit) = (number("offset").unwrap_or(0), number("limit").unwrap_or(usize::MAX));
        let rows: &[Value] = match method.as_str() {
            Some(method) if method.ends_with("listemployees") => &[],
            _ => &self.contacts,
        };
        let rows: Vec<&Value> = rows.iter().skip(offset).take(limit).collect();
        json!({ "items": rows })
    }
}

impl Wire for Prepared {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        let reply = RawReply {
            http_status: 200,
            body: self.body(request.body()),
            ..RawReply::default()
        };
        std::future::ready(Ok(reply)).boxed()
    }
}

/// The labelled address book of the tests, repeated with other surnames and addresses.
fn contacts(count: usize) -> Vec<Value> {
    const ENDINGS: [&str; 9] = ["", "enko", "ski", "sen", "ova", "mann", "ez", "yan", "idis"];
    let book = include_str!("../tests/it/recipients/book.tsv");
    let rows: Vec<(&str, &str)> = book
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once('\t').unwrap_or((line, "")))
        .collect();
    // Newest first.
    (0..count)
        .rev()
        .map(|at| {
            let ((email, name), ending) = (rows[at % rows.len()], ENDINGS[at / rows.len()]);
            json!({"id": at + 1, "email": format!("{ending}{email}"), "name": format!("{name}{ending}")})
        })
        .collect()
}

fn portal(contacts: Vec<Value>) -> Portal {
    let wire = Prepared {
        contacts,
        bodies: Mutex::default(),
    };
    let settings = Settings {
        rate_limit: None,
        ..Settings::new(Credentials::from_webhook_url("https://p.example/rest/1/SECRET/"))
    };
    Portal::with_wire(Arc::new(wire), settings)
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn reply(criterion: &mut Criterion) {
    let (runtime, never) = (runtime(), CancellationToken::new());
    let mut group = criterion.benchmark_group("reply");
    for count in [20, 200] {
        let asked = portal(contacts(count));
        group.bench_function(format!("envelope of {count}"), |bencher| {
            bencher.iter(|| {
                runtime
                    .block_on(asked.call::<IgnoredAny>(Method::ListContacts, &json!({})))
                    .unwrap()
            });
        });
        let book = AddressBook::new(portal(contacts(count)), Duration::ZERO);
        let given = GivenPagination {
            limit: Some(200.into()),
            ..GivenPagination::default()
        };
        let query = Query::new("anna", &given).unwrap();
        group.bench_function(format!("page of {count}"), |bencher| {
            bencher.iter(|| {
                let page = runtime.block_on(book.list(&query, &never)).unwrap();
                assert_eq!(page.contacts.len(), count);
            });
        });
    }
    group.finish();
}

fn names(count: usize) -> Names {
    let pairs = include_str!("../tests/it/recipients/pairs.tuning.tsv");
    let asked: Vec<String> = pairs
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split('\t').nth(1))
        // Steps, to take names from all kinds of questions.
        .step_by(8)
        .take(count)
        .map(str::to_owned)
        .collect();
    assert_eq!(asked.len(), count);
    Names::new(&asked, &[Source::Contacts]).unwrap()
}

fn resolving<'a>(book: &'a AddressBook, names: &'a Names) -> impl FnMut() + 'a {
    let (runtime, never) = (runtime(), CancellationToken::new());
    move || {
        let resolution = runtime.block_on(book.resolve(names, &|_| (), &never)).unwrap();
        assert_eq!(resolution.recipients.len(), names.asked().len());
    }
}

fn index(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("index");
    for count in [1_000, MANY] {
        // Nothing is kept.
        let book = AddressBook::new(portal(contacts(count)), Duration::ZERO);
        let names = names(1);
        group.bench_function(format!("contacts {count}"), |bencher| {
            bencher.iter(resolving(&book, &names))
        });
    }
    group.finish();
}

fn resolve(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("resolve");
    let book = AddressBook::new(portal(contacts(MANY)), Duration::from_secs(3_600));
    for count in [1, 5, 50] {
        let names = names(count);
        let mut resolve = resolving(&book, &names);
        resolve();
        group.bench_function(format!("names {count}"), |bencher| bencher.iter(&mut resolve));
    }
    group.finish();
}

criterion_group! {
    name = parts;
    config = Criterion::default().sample_size(20);
    targets = reply, index, resolve
}
criterion_main!(parts);
