//! A wire of prepared replies, for tests with a paused clock: only the portal client above it is real.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitrix24_mail_mcp::portal::{
    ConnectionFailure, Credentials, Error, Failed, Method, Portal, RawReply, Request, Settings, Wire,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

pub(crate) const WEBHOOK: &str = "https://p.example/rest/1/w1r3dsecret77/";
pub(crate) const PAGE: &str = r#"{"result":{"items":[{"id":1,"email":"a@example.com","name":"A"}]}}"#;
/// How long each reply takes.
pub(crate) const TRIP: Duration = Duration::from_millis(100);

/// The answer to one request.
#[derive(Debug, Clone)]
pub(crate) enum Prepared {
    Reply(RawReply),
    /// A reply after this additional time.
    Late(Duration, RawReply),
    Broken,
    Silence,
}

/// A reply with a body.
pub(crate) fn reply(http_status: u16, body: &str) -> Prepared {
    Prepared::Reply(RawReply {
        http_status,
        body: body.as_bytes().to_vec(),
        ..RawReply::default()
    })
}

/// A reply with a body and `Retry-After`.
pub(crate) fn reply_asking(http_status: u16, body: &str, retry_after: &str) -> Prepared {
    Prepared::Reply(RawReply {
        http_status,
        retry_after: Some(retry_after.to_owned()),
        body: body.as_bytes().to_vec(),
        ..RawReply::default()
    })
}

/// A REST 3.0 error.
pub(crate) fn envelope(http_status: u16, name: &str) -> Prepared {
    let code = format!("BITRIX_REST_V3_EXCEPTION_{name}EXCEPTION");
    reply(
        http_status,
        &format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#),
    )
}

/// An error in the old shape.
pub(crate) fn flat(http_status: u16, code: &str) -> Prepared {
    reply(http_status, &format!(r#"{{"error":"{code}","error_description":"d"}}"#))
}

/// A request as it was sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) url: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

type Answering = Box<dyn Fn(&Sent) -> Prepared + Send + Sync>;

pub(crate) struct ScriptedWire {
    answering: Answering,
    sent: Mutex<Vec<Sent>>,
    under_way: AtomicUsize,
}

impl std::fmt::Debug for ScriptedWire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ScriptedWire")
    }
}

impl ScriptedWire {
    /// A wire that answers each request with the function's result.
    pub(crate) fn answering(answering: impl Fn(&Sent) -> Prepared + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            answering: Box::new(answering),
            sent: Mutex::default(),
            under_way: AtomicUsize::new(0),
        })
    }

    /// A wire that sends these replies in turn, and repeats the last one.
    pub(crate) fn in_turn(replies: impl IntoIterator<Item = Prepared>) -> Arc<Self> {
        let replies: Mutex<VecDeque<Prepared>> = Mutex::new(replies.into_iter().collect());
        Self::answering(move |_| {
            let mut replies = replies.lock().unwrap();
            if replies.len() > 1 {
                replies.pop_front().unwrap()
            } else {
                replies[0].clone()
            }
        })
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// The requests since the last call of this function.
    pub(crate) fn take_sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.sent.lock().unwrap())
    }

    /// Requests that are neither cancelled nor answered.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    pub(crate) fn portal(self: &Arc<Self>) -> Portal {
        self.portal_with(webhook())
    }

    pub(crate) fn portal_with(self: &Arc<Self>, settings: Settings) -> Portal {
        Portal::with_wire(Arc::clone(self) as Arc<dyn Wire>, settings)
    }
}

/// Calls the method that lists contacts.
pub(crate) async fn call(portal: &Portal) -> Result<Value, Failed> {
    portal.call(Method::ListContacts, &json!({})).await
}

/// Default settings without jitter.
pub(crate) fn settings(credentials: Credentials) -> Settings {
    Settings {
        jitter: || 0.0,
        ..Settings::new(credentials)
    }
}

pub(crate) fn webhook() -> Settings {
    settings(Credentials::from_webhook_url(WEBHOOK))
}

struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Wire for ScriptedWire {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        let sent = Sent {
            url: request.url().expose_secret().to_owned(),
            authorization: request.authorization().map(|value| value.expose_secret().to_owned()),
            body: String::from_utf8(request.body().to_vec()).unwrap(),
        };
        async move {
            self.sent.lock().unwrap().push(sent.clone());
            self.under_way.fetch_add(1, Ordering::SeqCst);
            let _under_way = UnderWay(&self.under_way);
            tokio::time::sleep(TRIP).await;
            match (self.answering)(&sent) {
                Prepared::Reply(reply) => Ok(reply),
                Prepared::Silence => std::future::pending().await,
                Prepared::Late(longer, reply) => {
                    tokio::time::sleep(longer).await;
                    Ok(reply)
                }
                Prepared::Broken => Err(Error::Unreachable {
                    failure: ConnectionFailure::Lost,
                    host: "p.example".to_owned(),
                }),
            }
        }
        .boxed()
    }
}
