//! A portal that sends some full pages of contacts and then falls silent.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::scripted_portal::read_request;

pub(crate) struct ScriptedPages {
    pub(crate) webhook_url: String,
    silent: Arc<Notify>,
}

impl ScriptedPages {
    pub(crate) async fn start(pages: u64, rows: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let webhook_url = format!("http://{}/rest/1/scr1ptedpages77/", listener.local_addr().unwrap());
        let silent = Arc::new(Notify::new());
        let notify = Arc::clone(&silent);
        tokio::spawn(async move {
            let mut kept = Vec::new();
            for page in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                read_request(&mut stream).await;
                if page >= pages {
                    notify.notify_one();
                    kept.push(stream);
                    continue;
                }
                let first = 1000 - page * rows;
                let items: Vec<Value> = (0..rows)
                    .map(
                        |row| json!({"id": first - row, "email": format!("p{}@example.com", first - row), "name": "P"}),
                    )
                    .collect();
                let body = json!({"result": {"items": items}}).to_string();
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
