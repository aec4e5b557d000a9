//! A portal that answers every question immediately with the same twenty contacts, and two ways to call it without a
//! server. It has its own thread, since a real portal is another machine.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

use benches::http::Post;

const PATH: &str = "/rest/api/1/SECRET/mail.recipient.listcontacts";

/// Twenty contacts that get no cautions.
const CONTACTS: [(&str, &str); 20] = [
    ("anna.klein@contoso.com", "Anna Klein"),
    ("j.mueller@northwind.example", "Jürgen Müller"),
    ("ivan.petrov@vector.example", "Иван Петров"),
    ("office@fabrikam.example", "Fabrikam Ltd."),
    ("olga.smirnova@vector.example", "Ольга Смирнова"),
    ("bob.miller@contoso.com", "Robert Miller"),
    ("maria.rossi@tailspin.example", "Maria Rossi"),
    ("support@adatum.example", "Support"),
    ("a.schmidt@northwind.example", "Andrea Schmidt"),
    ("d.kuznetsov@progress.example", "Дмитрий Кузнецов"),
    ("claire.dubois@lamna.example", "Claire Dubois"),
    ("p.novak@litware.example", "Petr Novák"),
    ("elena.volkova@progress.example", "Елена Волкова"),
    ("invoice@wingtip.example", "Wingtip Billing"),
    ("li.wei@proseware.example", "Li Wei"),
    ("s.johansson@alpine.example", "Sara Johansson"),
    ("mikhail.orlov@vector.example", "Михаил Орлов"),
    ("h.tanaka@proseware.example", "Haruto Tanaka"),
    ("sales@contoso.com", "Contoso Sales"),
    ("tom.baker@lucerne.example", "Thomas Baker"),
];

/// The portal's address and its counter.
#[derive(Debug, Clone)]
pub(super) struct Portal {
    address: SocketAddr,
    answered: Arc<AtomicU64>,
}

impl Portal {
    /// Starts the portal, which runs until the process ends.
    pub(super) fn start() -> Self {
        let (sender, receiver) = std::sync::mpsc::channel();
        let answered = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&answered);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                sender.send(listener.local_addr().unwrap()).unwrap();
                accept(listener, counter).await;
            });
        });
        Self {
            address: receiver.recv().unwrap(),
            answered,
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The webhook URL for this project's server.
    pub(super) fn webhook(&self) -> String {
        format!("http://{}/rest/1/SECRET/", self.address)
    }

    /// The URL of the REST method, for callers that build the request themselves.
    pub(super) fn url(&self) -> String {
        format!("http://{}{PATH}", self.address)
    }

    /// Requests answered so far.
    pub(super) fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }
}

/// The request that a server would send to the portal.
pub(super) fn direct(number: u64) -> Post {
    Post::new(PATH, parameters(number))
}

fn parameters(number: u64) -> String {
    json!({"query": question(number), "pagination": {"limit": 20, "offset": 0}}).to_string()
}

/// A program that calls the portal without a server: it uses reqwest and parses the contacts.
#[derive(Debug, Clone)]
pub(super) struct Program {
    client: reqwest::Client,
    url: String,
}

#[derive(serde::Deserialize)]
struct Reply {
    result: Listing,
}

#[derive(serde::Deserialize)]
struct Listing {
    items: Vec<Contact>,
}

#[derive(serde::Deserialize)]
#[expect(dead_code, reason = "read, as a program would, and not used")]
struct Contact {
    id: u64,
    email: String,
    name: String,
}

impl Program {
    pub(super) fn new(portal: &Portal) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            client: reqwest::Client::new(),
            url: portal.url(),
        }
    }

    /// Sends the request; returns whether all contacts came.
    pub(super) async fn ask(&self, number: u64) -> bool {
        let asking = self.client.post(&self.url).header("content-type", "application/json");
        let reply = asking
            .body(parameters(number))
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let reply: Reply = serde_json::from_slice(&reply).unwrap();
        reply.result.items.len() == CONTACTS.len()
    }
}

/// The query for a number; each number has its own.
pub(super) fn question(number: u64) -> String {
    format!("client{number}")
}

/// The portal's answer, with characters beyond ASCII escaped, as PHP does.
fn reply() -> Bytes {
    let items: Vec<_> = (0_u64..)
        .zip(CONTACTS)
        .map(|(at, (email, name))| json!({"id": 4211 - 7 * at, "email": email, "name": name}))
        .collect();
    let items = json!({ "items": items }).to_string();
    let mut escaped = String::new();
    for character in items.chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    let time = r#"{"start":1779820087,"finish":1779820087.962438,"duration":0.9624381065368652,"processing":0,"date_start":"2026-05-26T21:28:07+03:00","date_finish":"2026-05-26T21:28:07+03:00","operating_reset_at":1779820687,"operating":0.1}"#;
    format!(r#"{{"result":{escaped},"time":{time}}}"#).into()
}

async fn accept(listener: TcpListener, answered: Arc<AtomicU64>) {
    let reply = reply();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let (reply, answered) = (reply.clone(), Arc::clone(&answered));
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, reply.clone(), &answered));
            // A caller may break the connection.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    reply: Bytes,
    answered: &AtomicU64,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let is_known = request.method() == Method::POST && request.uri().path() == PATH;
    let is_whole = request.into_body().collect().await.is_ok();
    let mut response = Response::new(Full::new(reply));
    if is_known && is_whole {
        answered.fetch_add(1, Ordering::Relaxed);
        let kind = hyper::header::HeaderValue::from_static("application/json; charset=utf-8");
        response.headers_mut().insert(hyper::header::CONTENT_TYPE, kind);
    } else {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    Ok(response)
}
