//! A server that answers every request with prepared bytes, and records the requests.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const SECRET: &str = "scr1ptedc4nary77";

pub(crate) struct ScriptedPortal {
    pub(crate) webhook_url: String,
    requests: Arc<Mutex<Vec<String>>>,
    sent: Arc<Mutex<usize>>,
}

impl ScriptedPortal {
    /// Answers every request with `status line`, a content type and `body`.
    pub(crate) async fn answering(status: u16, headers: &str, body: &[u8]) -> Self {
        let head = format!(
            "HTTP/1.1 {status} Scripted\r\n{headers}content-length: {}\r\n\r\n",
            body.len()
        );
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        Self::sending(bytes).await
    }

    /// Sends `bytes` once the request's head and body have come, then closes.
    pub(crate) async fn sending(bytes: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let sent = Arc::new(Mutex::new(0));
        let (seen, count) = (Arc::clone(&requests), Arc::clone(&sent));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read_request(&mut stream).await;
                seen.lock().unwrap().push(request);
                for chunk in bytes.chunks(64 * 1024) {
                    if stream.write_all(chunk).await.is_err() {
                        break;
                    }
                    *count.lock().unwrap() += chunk.len();
                }
                let _ = stream.shutdown().await;
            }
        });
        Self {
            webhook_url: format!("http://{address}/rest/1/{SECRET}/"),
            requests,
            sent,
        }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// Bytes that the caller has read or the system's buffers hold.
    pub(crate) fn sent(&self) -> usize {
        *self.sent.lock().unwrap()
    }
}

pub(crate) async fn read_request(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length:")?
                        .trim()
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                return text;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return text,
            Ok(read) => bytes.extend_from_slice(&buffer[..read]),
        }
    }
}
