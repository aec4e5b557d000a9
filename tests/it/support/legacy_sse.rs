//! A session of the transport of 2024-11-05.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::harness::initialize;
use crate::support::http_client::{Answer, EventStream, Request, ask};
use crate::support::http_server::InProcess;

/// Opens a stream; returns the stream and the path for messages.
pub(crate) async fn open(address: SocketAddr) -> (EventStream, String) {
    let mut events = EventStream::open(address, &Request::get("/sse")).await.ok().unwrap();
    let endpoint = events.next().await.unwrap();
    assert_eq!(endpoint.name.as_deref(), Some("endpoint"));
    (events, endpoint.data)
}

/// An open session: its stream, and the address for its messages.
pub(crate) struct Session {
    pub(crate) events: EventStream,
    pub(crate) messages: String,
}

impl Session {
    pub(crate) async fn open(server: &InProcess) -> Self {
        let (events, messages) = open(server.address).await;
        Self { events, messages }
    }

    /// A session that has completed the handshake.
    pub(crate) async fn begun(server: &InProcess) -> Self {
        let mut session = Self::open(server).await;
        session.post(server, &initialize("2024-11-05")).await;
        assert_eq!(session.next().await["result"]["protocolVersion"], "2024-11-05");
        session
            .post(
                server,
                &json!({"jsonrpc": "2.0", "method": "notifications/initialized"}),
            )
            .await;
        session
    }

    pub(crate) async fn try_post(&self, server: &InProcess, message: &Value) -> Answer {
        ask(server.address, &Request::post(&self.messages, message)).await
    }

    pub(crate) async fn post(&self, server: &InProcess, message: &Value) {
        assert_eq!(self.try_post(server, message).await.head.status, 202);
    }

    pub(crate) async fn next(&mut self) -> Value {
        serde_json::from_str(&self.events.next().await.expect("an event").data).unwrap()
    }
}
