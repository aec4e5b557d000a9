//! A portal that sends some full pages of contacts and then falls silent.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::support::scripted_portal::read_request;

/// A page of an endless list whose newest contact has the id 1000.
fn page(pagination: &Value) -> Value {
    let number = |key: &str| pagination[key].as_u64().unwrap();
    let ids = (0..number("limit")).map(|row| 1000 - number("offset") - row);
    let items: Vec<Value> = ids
        .map(|id| json!({"id": id, "email": format!("p{id}@example.com"), "name": "P"}))
        .collect();
    json!({"items": items})
}

pub(crate) struct ScriptedPages {
    pub(crate) webhook_url: String,
    silent: Arc<Notify>,
}

impl ScriptedPages {
    /// Answers so many requests, each call of a batch with as many contacts as it asks for.
    pub(crate) async fn start(requests: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let webhook_url = format!("http://{}/rest/1/scr1ptedpages77/", listener.local_addr().unwrap());
        let silent = Arc::new(Notify::new());
        let notify = Arc::clone(&silent);
        tokio::spawn(async move {
            let mut kept = Vec::new();
            for number in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                if number >= requests {
                    notify.notify_one();
                    kept.push(stream);
                    continue;
                }
                let (_, calls) = request.split_once("\r\n\r\n").unwrap();
                let calls: Vec<Value> = serde_json::from_str(calls).unwrap();
                let pages: Vec<Value> = calls.iter().map(|call| page(&call["query"]["pagination"])).collect();
                let body = json!({"result": pages}).to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                stream.write_all((head + &body).as_bytes()).await.unwrap();
            }
        });
        Self { webhook_url, silent }
    }

    /// Waits until a request has come that will not be answered.
    pub(crate) async fn is_silent(&self) {
        self.silent.notified().await;
    }
}
