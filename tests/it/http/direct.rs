//! JSON answers to the older revisions bypass rmcp's HTTP service, and event streams do not. Both must have the same
//! content.

use serde_json::{Value, json};

use crate::support::http_client::{Connection, Request};
use crate::support::http_server::InProcess;

const REVISIONS: [Option<&str>; 5] = [
    None,
    Some("2024-11-05"),
    Some("2025-03-26"),
    Some("2025-06-18"),
    Some("2025-11-25"),
];

fn messages() -> Vec<Value> {
    let tool = |name: &str, arguments: Value| ("tools/call", json!({"name": name, "arguments": arguments}));
    let find = |arguments: Value| tool("list_mail_contacts", arguments);
    let meta = json!({"progressToken": 1, "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"});
    let all = [
        ("ping", json!({})),
        ("tools/list", json!({})),
        ("tools/list", json!({"cursor": "nowhere"})),
        find(json!({"query": "client"})),
        find(json!({"query": "nobody at all"})),
        find(json!({"query": 7, "pagination": {"limit": "many"}})),
        find(json!({"query": "x", "pagination": {"limit": 0}})),
        find(json!("{\"query\": \"client\"}")),
        find(json!([])),
        find(Value::Null),
        tool("list_mail_employees", json!({"query": "anna"})),
        tool("resolve_mail_recipients", json!({"names": ["Anna", "Nobody Atall"]})),
        tool("resolve_mail_recipients", json!({})),
        tool("no_such_tool", json!({})),
        (
            "tools/call",
            json!({"name": "list_mail_contacts", "arguments": {"query": "client"}, "_meta": meta}),
        ),
        ("tools/call", json!({})),
        ("prompts/list", json!({})),
        ("prompts/get", json!({"name": "no_such_prompt"})),
        ("resources/list", json!({})),
        ("resources/templates/list", json!({})),
        ("resources/read", json!({"uri": "bitrix24-mail://fixes"})),
        ("resources/read", json!({"uri": "bitrix24-mail://nothing"})),
        (
            "completion/complete",
            json!({"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "to", "value": "a"}}),
        ),
        ("logging/setLevel", json!({"level": "info"})),
        ("no/such/method", json!({})),
        (
            "initialize",
            json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}}),
        ),
    ];
    let all = all.into_iter().zip(1..);
    let mut all: Vec<Value> = all
        .map(|((method, params), id)| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}))
        .collect();
    all.push(json!({"jsonrpc": "2.0", "id": "text", "method": "tools/list"}));
    all
}

#[tokio::test]
async fn json_and_event_stream_have_the_same_answers() {
    let server = InProcess::start(Default::default()).await;
    let mut connection = Connection::open(server.address).await;
    let mut answered = 0;
    for revision in REVISIONS {
        for message in messages() {
            let mut request = Request::post("/mcp", &message);
            if let Some(revision) = revision {
                request = request.header("mcp-protocol-version", revision);
            }
            // The handshake has to agree with the header.
            if message["method"] == "initialize" && revision.is_some_and(|revision| revision != "2025-06-18") {
                continue;
            }
            let json = connection
                .ask(&request.clone().header("accept", "application/json"))
                .await;
            let stream = connection.ask(&request.header("accept", "text/event-stream")).await;
            assert_eq!(json.head.status, 200, "{revision:?} {message}: {}", json.body);
            assert_eq!(json.head.header("content-type"), Some("application/json"));
            assert_eq!(json.message(), stream.message(), "{revision:?} {message}");
            answered += 1;
        }
    }
    assert_eq!(answered, 5 * messages().len() - 3);
    server.stop();
    drop(connection);
    server.stopped().await;
}
