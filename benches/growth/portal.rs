//! A portal on loopback that holds a large address book and answers immediately: pages, searches and batches of
//! `mail.recipient.listcontacts`. It has its own thread, since a real portal is another machine. The CPU time of that
//! thread is reported, so that it is not mistaken for the program's.
//!
//! The portal keeps the answer to each search: a real database has an index, and its work is another machine's.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::{TcpListener, TcpSocket};

use super::book::Book;

const TIME: &str = r#"{"start":1779820087,"finish":1779820087.962438,"duration":0.9624381065368652,"processing":0,"date_start":"2026-05-26T21:28:07+03:00","date_finish":"2026-05-26T21:28:07+03:00","operating_reset_at":1779820687,"operating":0.1}"#;
/// Connections that may wait to be accepted.
const QUEUE: u32 = 4096;
/// The portal lowers a larger `limit` to this.
const MAX_LIMIT: usize = 200;

/// The portal, which runs until the process ends.
#[derive(Clone)]
pub(super) struct Portal {
    address: SocketAddr,
    /// The file in `/proc` with the CPU time of the portal's thread.
    statistics: String,
    state: Arc<State>,
}

struct State {
    contents: RwLock<Arc<Contents>>,
    requests: AtomicU64,
    contacts: AtomicU64,
}

/// The portal's address book and its answers to searches.
pub(super) struct Contents {
    book: Book,
    /// Answers to searches, by request body.
    searches: Mutex<HashMap<Bytes, Reply>>,
}

/// An answer, the number of its items (pages or searches), and the number of its contacts.
#[derive(Clone)]
pub(super) struct Reply {
    pub(super) body: Bytes,
    pub(super) items: u32,
    contacts: usize,
}

/// The portal's counters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Done {
    pub(super) requests: u64,
    /// Contacts sent.
    pub(super) contacts: u64,
    /// CPU time of the portal's thread.
    pub(super) worked: Duration,
}

impl std::ops::Sub for Done {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            contacts: self.contacts - before.contacts,
            worked: self.worked.saturating_sub(before.worked),
        }
    }
}

impl Portal {
    pub(super) fn start() -> Self {
        let state = Arc::new(State {
            contents: RwLock::new(Arc::new(Contents::new(Book::of(0)))),
            requests: AtomicU64::new(0),
            contacts: AtomicU64::new(0),
        });
        let shared = Arc::clone(&state);
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let thread = std::fs::read_link("/proc/thread-self").unwrap();
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let socket = TcpSocket::new_v4().unwrap();
                socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
                let listener = socket.listen(QUEUE).unwrap();
                sender.send((listener.local_addr().unwrap(), thread)).unwrap();
                accept(listener, shared).await;
            });
        });
        let (address, thread) = receiver.recv().unwrap();
        Self {
            address,
            statistics: format!("/proc/{}/schedstat", thread.display()),
            state,
        }
    }

    /// Replaces the address book, unless it already has so many contacts.
    pub(super) fn hold(&self, contacts: usize) {
        let mut held = self.state.contents.write().unwrap();
        if held.len() != contacts {
            *held = Arc::new(Contents::new(Book::of(contacts)));
        }
    }

    /// The current address book.
    pub(super) fn contents(&self) -> Arc<Contents> {
        Arc::clone(&self.state.contents.read().unwrap())
    }

    pub(super) fn webhook(&self) -> String {
        format!("http://{}/rest/1/SECRET/", self.address)
    }

    pub(super) fn done(&self) -> Done {
        let statistics = std::fs::read_to_string(&self.statistics).unwrap();
        let worked = statistics.split(' ').next().unwrap().parse().unwrap();
        Done {
            requests: self.state.requests.load(Ordering::Relaxed),
            contacts: self.state.contacts.load(Ordering::Relaxed),
            worked: Duration::from_nanos(worked),
        }
    }
}

#[derive(Deserialize)]
struct Arguments {
    #[serde(default)]
    query: String,
    pagination: Pagination,
}

#[derive(Deserialize)]
struct Pagination {
    limit: usize,
    offset: usize,
}

#[derive(Deserialize)]
struct Item {
    method: String,
    query: Arguments,
}

impl std::fmt::Debug for Contents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Contents")
    }
}

impl Contents {
    pub(super) fn new(book: Book) -> Self {
        Self {
            book,
            searches: Mutex::default(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.book.len()
    }

    /// The page that `method` lists, and the number of its contacts. There are no employees: their number would grow with
    /// the company, not with the address book.
    fn listing(&self, method: &str, arguments: &Arguments) -> (String, usize) {
        let Pagination { limit, offset } = arguments.pagination;
        match method {
            "mail.recipient.listcontacts" => self.book.listing(&arguments.query, offset, limit.min(MAX_LIMIT)),
            "mail.recipient.listemployees" => (r#"{"items":[]}"#.to_owned(), 0),
            _ => panic!("{method} is not known here"),
        }
    }

    pub(super) fn reply(&self, method: &str, body: &Bytes) -> Reply {
        if let Some(reply) = self.searches.lock().unwrap().get(body) {
            return reply.clone();
        }
        let is_batch = method == "batch";
        let items: Vec<Item> = if is_batch {
            serde_json::from_slice(body).unwrap()
        } else {
            let (method, query) = (method.to_owned(), serde_json::from_slice(body).unwrap());
            vec![Item { method, query }]
        };
        let listings = items.iter().map(|item| self.listing(&item.method, &item.query));
        let (listings, counts): (Vec<String>, Vec<usize>) = listings.unzip();
        let (open, close) = if is_batch { ("[", "]") } else { ("", "") };
        let reply = Reply {
            body: format!(r#"{{"result":{open}{}{close},"time":{TIME}}}"#, listings.join(",")).into(),
            items: u32::try_from(items.len()).unwrap(),
            contacts: counts.iter().sum(),
        };
        if items.iter().any(|item| !item.query.query.trim().is_empty()) {
            self.searches.lock().unwrap().insert(body.clone(), reply.clone());
        }
        reply
    }
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &state));
            // A caller may break the connection.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>, state: &State) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let method = path.rsplit('/').next().unwrap_or_default();
    let Ok(body) = request.into_body().collect().await else {
        return Ok(Response::default());
    };
    let contents = Arc::clone(&state.contents.read().unwrap());
    let reply = contents.reply(method, &body.to_bytes());
    state.requests.fetch_add(1, Ordering::Relaxed);
    state.contacts.fetch_add(reply.contacts as u64, Ordering::Relaxed);
    let mut response = Response::new(Full::new(reply.body));
    let kind = hyper::header::HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    Ok(response)
}
