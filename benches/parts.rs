//! What the parts of a look-up cost, without network: `cargo bench --bench parts`.
//!
//! A wire of prepared replies takes the portal's place, so each figure is what happens between a question and its
//! answer: making the request, reading the reply, cleaning, judging and cautions.
//!
//! | group | what it is |
//! |---|---|
//! | `reply` | the envelope alone, as JSON; and the page of contacts, cleaned and with cautions |
//! | `questions` | the pieces of one name, five and fifty, that the portal is asked for; nobody is found |
//! | `resolve` | the same names among 10,000 contacts: reading, ranking and cautions |
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

/// Answers every request with these contacts; a batch with a share of them to each of its questions.
#[derive(Debug)]
struct Prepared {
    contacts: Vec<Value>,
    /// Bodies by the number of questions; none for a request that is no batch.
    bodies: Mutex<HashMap<Option<usize>, Vec<u8>>>,
}

impl Prepared {
    fn body(&self, request: &[u8]) -> Vec<u8> {
        let questions = request.starts_with(b"[").then(|| {
            let items: Vec<IgnoredAny> = serde_json::from_slice(request).unwrap();
            items.len()
        });
        let mut bodies = self.bodies.lock().unwrap();
        let body = bodies.entry(questions).or_insert_with(|| {
            let result = match questions {
                None => json!({"items": self.contacts}),
                Some(questions) => (0..questions)
                    .map(|question| {
                        let share: Vec<&Value> = self.contacts.iter().skip(question).step_by(questions).collect();
                        json!({ "items": share })
                    })
                    .collect(),
            };
            format!(r#"{{"result":{result},"time":{TIME}}}"#).into_bytes()
        });
        body.clone()
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

/// The labelled address book of the tests, again and again with other surnames and addresses.
fn contacts(count: usize) -> Vec<Value> {
    const ENDINGS: [&str; 9] = ["", "enko", "ski", "sen", "ova", "mann", "ez", "yan", "idis"];
    let book = include_str!("../tests/it/recipients/book.tsv");
    let rows: Vec<(&str, &str)> = book
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split_once('\t').unwrap_or((line, "")))
        .collect();
    (0..count)
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
    Portal::over(Arc::new(wire), settings)
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
        // From all kinds of questions.
        .step_by(8)
        .take(count)
        .map(str::to_owned)
        .collect();
    assert_eq!(asked.len(), count);
    Names::new(&asked, &[Source::Contacts]).unwrap()
}

fn resolve(criterion: &mut Criterion, group: &str, contacts: &[Value]) {
    let (runtime, never) = (runtime(), CancellationToken::new());
    let mut group = criterion.benchmark_group(group);
    for count in [1, 5, 50] {
        let book = AddressBook::new(portal(contacts.to_vec()), Duration::ZERO);
        let names = names(count);
        group.bench_function(format!("names {count}"), |bencher| {
            bencher.iter(|| runtime.block_on(book.resolve(&names, &|_| {}, &never)).unwrap());
        });
    }
    group.finish();
}

fn questions(criterion: &mut Criterion) {
    resolve(criterion, "questions", &[]);
}

fn among_many(criterion: &mut Criterion) {
    resolve(criterion, "resolve", &contacts(MANY));
}

criterion_group! {
    name = parts;
    config = Criterion::default().sample_size(20);
    targets = reply, questions, among_many
}
criterion_main!(parts);
