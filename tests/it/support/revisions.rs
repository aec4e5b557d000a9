//! Sessions and requests by protocol revision, without a client library.

use bitrix24_mail_mcp::demo::DemoPortal;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::commands::{on, on_demo};
use crate::support::harness::{RawSession, with_metadata};
use crate::support::http_client::Request;

/// The revisions that begin with `initialize`.
pub(crate) const WITH_HANDSHAKE: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// The revision without a handshake.
pub(crate) const MODERN: &str = "2026-07-28";

/// The tools in the order of the list, which begins with the tool to call first.
pub(crate) const TOOLS: [&str; 3] = ["resolve_mail_recipients", "list_mail_contacts", "list_mail_employees"];

pub(crate) fn tool_names(list: &Value) -> Vec<&str> {
    let tools = list["result"]["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect()
}

/// A session on the built-in demo portal, before its first message.
pub(crate) fn demo() -> RawSession {
    RawSession::start(on_demo())
}

/// A session on a demo portal of the test's own, before its first message.
pub(crate) fn session_with(portal: &DemoPortal) -> RawSession {
    RawSession::start(on(portal))
}

/// A session of one revision, without a client library.
pub(crate) struct Client {
    pub(crate) session: RawSession,
    pub(crate) is_modern: bool,
}

impl Client {
    pub(crate) async fn start(revision: &str, command: Command) -> Self {
        let mut session = RawSession::start(command);
        let is_modern = revision == MODERN;
        if !is_modern {
            session.initialize(revision).await;
        }
        Self { session, is_modern }
    }

    /// The whole answer.
    pub(crate) async fn ask(&mut self, method: &str, params: Value) -> Value {
        let request = self.request(method, params);
        self.session.ask(request).await
    }

    pub(crate) fn request(&self, method: &str, params: Value) -> Value {
        let request = json!({"jsonrpc": "2.0", "id": 2, "method": method, "params": params});
        if self.is_modern {
            with_metadata(request)
        } else {
            request
        }
    }

    pub(crate) async fn read(&mut self, uri: &str) -> Value {
        self.ask("resources/read", json!({"uri": uri})).await
    }
}

/// A message as a client of `revision` posts it.
pub(crate) fn request(revision: &str, accept: &str, message: &Value) -> Request {
    let mut request = Request::post("/mcp", message).header("accept", accept);
    if message["method"] != "initialize" {
        request = request.header("mcp-protocol-version", revision);
    }
    if revision == MODERN {
        request = request.header("mcp-method", message["method"].as_str().unwrap());
        let params = &message["params"];
        if let Some(name) = params["name"].as_str().or(params["uri"].as_str()) {
            request = request.header("mcp-name", name);
        }
    }
    request
}
