//! The same session over every transport, from one table: handshake, list, call, failure, cancellation.

use std::net::SocketAddr;

use bitrix24_mail_mcp::demo::{self, DemoPortal};
use serde_json::{Value, json};

use crate::support::harness::{RawSession, call, initialize, program, with_metadata};
use crate::support::http_client::{Connection, EventStream, Request, ask};
use crate::support::http_server::Program;
use crate::support::legacy_sse;
use crate::support::revisions::{MODERN, TOOLS, request, tool_names};

/// How a client talks to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Stdio {
        revision: &'static str,
    },
    Http {
        revision: &'static str,
        accept: &'static str,
    },
    LegacySse,
}

const JSON: &str = "application/json, text/event-stream";
const EVENT_STREAM: &str = "text/event-stream";

const WAYS: &[Way] = &[
    Way::Stdio { revision: "2025-11-25" },
    Way::Stdio { revision: MODERN },
    Way::Http {
        revision: "2025-03-26",
        accept: JSON,
    },
    Way::Http {
        revision: "2025-11-25",
        accept: JSON,
    },
    Way::Http {
        revision: "2025-11-25",
        accept: EVENT_STREAM,
    },
    Way::Http {
        revision: MODERN,
        accept: JSON,
    },
    Way::Http {
        revision: MODERN,
        accept: EVENT_STREAM,
    },
    Way::LegacySse,
];

/// A client with a server of its own.
struct Client {
    way: Way,
    link: Link,
    /// The connection of a request that was sent without waiting for its response.
    running: Option<Connection>,
}

enum Link {
    Stdio(RawSession),
    Http {
        program: Program,
        accept: &'static str,
    },
    LegacySse {
        program: Program,
        events: EventStream,
        messages: String,
    },
}

impl Client {
    async fn start(way: Way, portal: &DemoPortal) -> Self {
        let mut command = program();
        command
            .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap())
            .env("BITRIX24_CACHE_TTL", "0");
        let link = match way {
            Way::Stdio { .. } => Link::Stdio(RawSession::start(command)),
            Way::Http { accept, .. } => Link::Http {
                program: Program::start(command).await,
                accept,
            },
            Way::LegacySse => {
                let program = Program::start_with_legacy_sse(command).await;
                let (events, messages) = legacy_sse::open(program.address).await;
                Link::LegacySse {
                    program,
                    events,
                    messages,
                }
            }
        };
        Self {
            way,
            link,
            running: None,
        }
    }

    fn revision(&self) -> &'static str {
        match self.way {
            Way::Stdio { revision } | Way::Http { revision, .. } => revision,
            Way::LegacySse => "2024-11-05",
        }
    }

    /// The message in the form of this revision.
    fn prepared(&self, message: Value) -> Value {
        if self.revision() == MODERN && message.get("id").is_some() {
            with_metadata(message)
        } else {
            message
        }
    }

    /// Sends a message and returns its response.
    async fn ask(&mut self, message: Value) -> Value {
        let (message, revision) = (self.prepared(message), self.revision());
        let answer = match &mut self.link {
            Link::Stdio(session) => session.ask(message.clone()).await,
            Link::Http { program, accept } => {
                let answer = ask(program.address, &request(revision, accept, &message)).await;
                assert_eq!(answer.head.status, 200, "{}", answer.body);
                let is_stream = answer.head.header("content-type") == Some(EVENT_STREAM);
                assert_eq!(is_stream, *accept == EVENT_STREAM, "{}", answer.body);
                answer.message()
            }
            Link::LegacySse {
                program,
                events,
                messages,
            } => {
                post(program.address, messages, &message).await;
                let event = events.next().await.unwrap();
                assert_eq!(event.name.as_deref(), Some("message"));
                serde_json::from_str(&event.data).unwrap()
            }
        };
        assert_eq!(answer["id"], message["id"], "{answer}");
        answer
    }

    /// Sends a message that gets no response.
    async fn notify(&mut self, message: Value) {
        let revision = self.revision();
        match &mut self.link {
            Link::Stdio(session) => session.send(message).await,
            Link::Http { program, accept } => {
                let answer = ask(program.address, &request(revision, accept, &message)).await;
                assert_eq!((answer.head.status, answer.body.as_str()), (202, ""));
            }
            Link::LegacySse { program, messages, .. } => post(program.address, messages, &message).await,
        }
    }

    /// Sends a request without waiting for the response.
    async fn begin(&mut self, message: Value) {
        let (message, revision) = (self.prepared(message), self.revision());
        match &mut self.link {
            Link::Stdio(session) => session.send(message).await,
            Link::Http { program, accept } => {
                let mut connection = Connection::open(program.address).await;
                connection.send(&request(revision, accept, &message).bytes()).await;
                self.running = Some(connection);
            }
            Link::LegacySse { program, messages, .. } => post(program.address, messages, &message).await,
        }
    }

    /// Cancels the request of [`begin`](Self::begin) as this transport does it: by a message, or by closing the
    /// connection.
    async fn cancel(&mut self, id: u32) {
        if matches!(self.link, Link::Http { .. }) {
            self.running = None;
            return;
        }
        self.notify(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}))
            .await;
    }

    async fn shake_hands(&mut self) {
        if self.revision() == MODERN {
            let discover = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover"});
            let answer = self.ask(discover).await;
            assert_eq!(
                answer["result"]["supportedVersions"].as_array().unwrap().len(),
                5,
                "{answer}"
            );
            return;
        }
        let answer = self.ask(initialize(self.revision())).await;
        assert_eq!(answer["result"]["protocolVersion"], self.revision());
        assert_eq!(answer["result"]["serverInfo"]["name"], "bitrix24-mail-mcp");
        self.notify(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}))
            .await;
    }
}

async fn post(address: SocketAddr, path: &str, message: &Value) {
    let answer = ask(address, &Request::post(path, message)).await;
    assert_eq!((answer.head.status, answer.body.as_str()), (202, "Accepted"));
}

/// Structured content is the same over every transport.
#[tokio::test]
async fn every_transport_has_the_same_session() {
    let mut seen: Vec<(Value, Value)> = Vec::new();
    for way in WAYS {
        let portal = DemoPortal::start(demo::Settings::default()).await.unwrap();
        let mut client = Client::start(*way, &portal).await;
        client.shake_hands().await;

        let list = client
            .ask(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}))
            .await;
        assert_eq!(tool_names(&list), TOOLS, "{way:?}");
        assert_eq!(list["result"].get("ttlMs").is_some(), client.revision() == MODERN);

        let found = client.ask(call(3, json!({"query": "client"}))).await;
        let failed = client.ask(call(4, json!({"limit": "abc"}))).await;
        assert_eq!(failed["result"]["isError"], true, "{way:?}: {failed}");
        let read = json!({"jsonrpc": "2.0", "id": 8, "method": "resources/read",
            "params": {"uri": "bitrix24-mail://contacts/search/client"}});
        let read = client.ask(read).await;
        let text = read["result"]["contents"][0]["text"].as_str().unwrap();
        let same: Value = serde_json::from_str(text).unwrap();
        assert_eq!(same, found["result"]["structuredContent"], "{way:?}");
        let unknown = json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "send_mail"}});
        assert_eq!(client.ask(unknown).await["error"]["code"], -32602, "{way:?}");
        let contents = |answer: &Value| answer["result"]["structuredContent"].clone();
        seen.push((contents(&found), contents(&failed)));

        portal.hold_answers();
        let asked = portal.request_count();
        client.begin(call(6, json!({"query": "anna"}))).await;
        portal.wait_until(|portal| portal.request_count() > asked).await;
        client.cancel(6).await;
        // Hangs here, and so fails, if the look-up continues.
        portal.wait_until(|portal| portal.abandoned() == 1).await;
        portal.release_answers();
        let after = client.ask(call(7, json!({"query": "client"}))).await;
        assert_eq!(contents(&after), seen[0].0, "{way:?}: the session goes on");
    }
    assert_eq!(seen[0].0["page"]["returned"], 5);
    assert!(seen.iter().all(|other| *other == seen[0]), "{seen:?}");
}
