//! `initialize` and other messages as clients really write them, over every transport: PHP's empty objects, fields that
//! are missing or of another type, ids that are no 64-bit integers.

use bitrix24_mail_mcp::transports::http::Limits;
use serde_json::{Value, json};

use crate::support::harness::{RawSession, call, initialize};
use crate::support::http_client::{Answer, Request, ask};
use crate::support::http_server::InProcess;
use crate::support::legacy_sse::Session;
use crate::support::revisions::{TOOLS, WITH_HANDSHAKE, demo, tool_names};

/// A client of one transport.
enum Client {
    Stdio(RawSession),
    Http { server: InProcess, accept: &'static str },
    LegacySse { server: InProcess, session: Session },
}

impl Client {
    /// One client for each transport, before its first message.
    async fn all() -> Vec<Self> {
        let server = || InProcess::with_limits(Limits::default());
        let (json, event_stream, legacy) = (server().await, server().await, server().await);
        let session = Session::open(&legacy).await;
        vec![
            Self::Stdio(demo()),
            Self::Http {
                server: json,
                accept: "application/json, text/event-stream",
            },
            Self::Http {
                server: event_stream,
                accept: "text/event-stream",
            },
            Self::LegacySse {
                server: legacy,
                session,
            },
        ]
    }

    /// Sends a message byte by byte and returns its answer.
    async fn ask(&mut self, message: &str) -> Value {
        match self {
            Self::Stdio(session) => {
                session.send_line(message).await;
                session.receive().await
            }
            Self::Http { server, accept } => {
                let request = Request::post("/mcp", &Value::Null).header("accept", accept);
                answer_in(&ask(server.address, &request.body(message)).await)
            }
            Self::LegacySse { server, session } => {
                let request = Request::post(&session.messages, &Value::Null).body(message);
                let answer = ask(server.address, &request).await;
                if answer.head.status == 202 {
                    session.next().await
                } else {
                    answer_in(&answer)
                }
            }
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Stdio(_) => "stdio",
            Self::Http { accept, .. } => accept,
            Self::LegacySse { .. } => "HTTP+SSE",
        }
    }

    async fn list_and_call(&mut self) {
        let list = self.ask(r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#).await;
        assert_eq!(tool_names(&list), TOOLS, "{}", self.name());
        let call = call(3, json!({"query": "client@example.com"})).to_string();
        let found = self.ask(&call).await;
        assert_eq!(found["result"]["structuredContent"]["contacts"][0]["id"], 10, "{found}");
    }
}

fn answer_in(answer: &Answer) -> Value {
    assert!([200, 400].contains(&answer.head.status), "{}", answer.body);
    answer.message()
}

fn initialize_with(params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{params}}}"#)
}

/// PHP writes an empty object as an empty list, at every level.
#[tokio::test]
async fn an_empty_list_is_the_empty_object_in_a_handshake_of_every_revision() {
    for revision in WITH_HANDSHAKE.iter().chain(&["2026-07-28"]) {
        for mut client in Client::all().await {
            let params = format!(
                r#"{{"protocolVersion":"{revision}","capabilities":[],"clientInfo":{{"name":"a","version":"1"}},"_meta":[]}}"#
            );
            let answer = client.ask(&initialize_with(&params)).await;
            let given = answer["result"]["protocolVersion"].as_str().unwrap_or_default();
            let expected = if *revision == "2026-07-28" {
                "2025-11-25"
            } else {
                revision
            };
            assert_eq!(given, expected, "{}: {answer}", client.name());
            client.list_and_call().await;
        }
    }
}

#[tokio::test]
async fn a_handshake_may_lack_fields() {
    let client_info = r#""clientInfo":{"name":"a","version":"1"}"#;
    for params in [
        r#"{"protocolVersion":"2025-11-25","capabilities":{"roots":[],"sampling":[],"elicitation":[],"experimental":[]}}"#.to_owned(),
        r#"{"protocolVersion":"2025-11-25","capabilities":{"experimental":{"a":[]},"extensions":[]},"clientInfo":[]}"#.to_owned(),
        format!(r#"{{"protocolVersion":"2025-11-25",{client_info}}}"#),
        format!(r#"{{"capabilities":{{}},{client_info}}}"#),
        format!(r#"{{"protocolVersion":null,"capabilities":null,{client_info},"_meta":null}}"#),
        r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"a"}}"#.to_owned(),
        r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"version":"1"}}"#.to_owned(),
        r#"{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":null}"#.to_owned(),
        "{}".to_owned(),
        "[ ]".to_owned(),
        "null".to_owned(),
    ] {
        for mut client in Client::all().await {
            let answer = client.ask(&initialize_with(&params)).await;
            assert_eq!(answer["result"]["protocolVersion"], "2025-11-25", "{} {params}: {answer}", client.name());
            client.list_and_call().await;
        }
    }
    for mut client in Client::all().await {
        let answer = client.ask(r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#).await;
        assert_eq!(
            answer["result"]["protocolVersion"],
            "2025-11-25",
            "{}: {answer}",
            client.name()
        );
        client.list_and_call().await;
    }
}

#[tokio::test]
async fn the_error_names_a_field_of_another_type_and_the_next_handshake_works() {
    for (params, field) in [
        (r#"{"protocolVersion":20251125}"#, "`protocolVersion`"),
        (r#"{"protocolVersion":["2025-11-25"]}"#, "`protocolVersion`"),
        (r#"{"clientInfo":"a client"}"#, "`clientInfo`"),
        (r#"{"clientInfo":["a"]}"#, "`clientInfo`"),
        (r#"{"clientInfo":{"name":["a"]}}"#, "`clientInfo.name`"),
        (r#"{"clientInfo":{"version":1}}"#, "`clientInfo.version`"),
        (r#"{"capabilities":"all"}"#, "`capabilities`"),
        (r#"{"capabilities":["roots"]}"#, "`capabilities`"),
        (r#"{"capabilities":{"elicitation":true}}"#, "`capabilities.elicitation`"),
        (r#"["2025-11-25"]"#, "`params`"),
        (r#""2025-11-25""#, "`params`"),
    ] {
        for mut client in Client::all().await {
            let answer = client.ask(&initialize_with(params)).await;
            assert_eq!(
                (&answer["id"], &answer["error"]["code"]),
                (&json!(1), &json!(-32602)),
                "{answer}"
            );
            let message = answer["error"]["message"].as_str().unwrap();
            let is_named = message.contains(field) && message.contains("`initialize`") && !message.contains("_meta");
            assert!(is_named, "{} {params}: {message}", client.name());
            if let Client::Stdio(_) = client {
                let list = client.ask(r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#).await;
                let message = list["error"]["message"].as_str().unwrap();
                assert!(
                    message.contains("`initialize`") && !message.contains("_meta"),
                    "{message}"
                );
            }
            let answer = client.ask(&initialize("2025-06-18").to_string()).await;
            assert_eq!(answer["result"]["protocolVersion"], "2025-06-18", "{}", client.name());
            client.list_and_call().await;
        }
    }
}

#[tokio::test]
async fn empty_lists_and_cursors_count_as_absent_in_other_requests_too() {
    for (method, params) in [
        ("ping", "[]"),
        ("ping", r#"{"_meta":[]}"#),
        ("tools/list", "[]"),
        ("tools/list", r#"{"cursor":""}"#),
        ("tools/list", r#"{"cursor":null,"_meta":[]}"#),
        ("resources/list", r#"{"cursor":""}"#),
        ("resources/templates/list", r#"{"cursor":""}"#),
        ("prompts/list", r#"{"cursor":""}"#),
        ("prompts/list", r#"{"cursor":null}"#),
        (
            "tools/call",
            r#"{"name":"resolve_mail_recipients","arguments":[],"_meta":[]}"#,
        ),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"to","value":"a"},"context":[]}"#,
        ),
        (
            "completion/complete",
            r#"{"ref":{"type":"ref/prompt","name":"x"},"argument":{"name":"to","value":"a"},"context":{"arguments":[]}}"#,
        ),
    ] {
        for mut client in Client::all().await {
            client.ask(&initialize("2025-06-18").to_string()).await;
            let with = |params: &str| format!(r#"{{"jsonrpc":"2.0","id":2,"method":"{method}","params":{params}}}"#);
            let answer = client.ask(&with(params)).await;
            let as_objects = params.replace("[]", "{}").replace(r#""cursor":"""#, r#""cursor":null"#);
            let expected = client.ask(&with(&as_objects)).await;
            assert_eq!(answer, expected, "{} {method} {params}", client.name());
            let is_unknown_prompt = method == "completion/complete";
            assert!(
                is_unknown_prompt || answer.get("result").is_some(),
                "{method} {params}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_prompt_takes_an_empty_list_for_no_arguments() {
    for mut client in Client::all().await {
        client.ask(&initialize("2025-06-18").to_string()).await;
        let list = client.ask(r#"{"jsonrpc":"2.0","id":2,"method":"prompts/list"}"#).await;
        let name = list["result"]["prompts"][0]["name"].as_str().unwrap();
        let get = |arguments: &str| {
            format!(
                r#"{{"jsonrpc":"2.0","id":3,"method":"prompts/get","params":{{"name":"{name}","arguments":{arguments}}}}}"#
            )
        };
        let (as_list, as_object) = (client.ask(&get("[]")).await, client.ask(&get("{}")).await);
        assert_eq!(as_list, as_object, "{}", client.name());
    }
}

/// JSON-RPC wants the same id in the response. For a value that cannot be an id, the response has none.
#[tokio::test]
async fn the_response_repeats_an_id_that_is_no_64_bit_integer() {
    for (id, expected) in [
        ("18446744073709551616", "18446744073709551616"),
        ("9223372036854775808", "9223372036854775808"),
        ("-9223372036854775809", "-9223372036854775809"),
        ("1.5", "1.5"),
        ("1e400", "1e400"),
        ("null", "null"),
        ("true", "null"),
        (r#"{"a":1}"#, "null"),
        ("[7]", "null"),
        ("[]", "null"),
    ] {
        for mut client in Client::all().await {
            client.ask(&initialize("2025-06-18").to_string()).await;
            for method in ["ping", "tools/list", "no/such/method"] {
                let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#);
                let answer = raw_answer(&mut client, &message).await;
                let (start, code) = (
                    format!(r#"{{"jsonrpc":"2.0","id":{expected},"error":"#),
                    r#""code":-32600"#,
                );
                assert!(
                    answer.contains(&start) && answer.contains(code),
                    "{} {message}: {answer}",
                    client.name()
                );
            }
            client.list_and_call().await;
        }
    }
    for mut client in Client::all().await {
        client.ask(&initialize("2025-06-18").to_string()).await;
        for (id, expected) in [
            ("1e3", json!(1000)),
            ("-9223372036854775808", json!(i64::MIN)),
            (r#""""#, json!("")),
        ] {
            let answer = client
                .ask(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#))
                .await;
            assert_eq!(
                (&answer["id"], answer.get("result").is_some()),
                (&expected, true),
                "{answer}"
            );
        }
    }
}

/// The response as text, since numbers beyond 64 bits change when they are parsed.
async fn raw_answer(client: &mut Client, message: &str) -> String {
    match client {
        Client::Stdio(session) => {
            session.send_line(message).await;
            session.receive_line().await
        }
        Client::Http { server, accept } => {
            let request = Request::post("/mcp", &Value::Null).header("accept", accept);
            ask(server.address, &request.body(message)).await.body
        }
        Client::LegacySse { server, session } => {
            let request = Request::post(&session.messages, &Value::Null);
            ask(server.address, &request.body(message)).await.body
        }
    }
}

#[tokio::test]
async fn a_handshake_may_have_json_escapes() {
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"init\u0069alize"}"#;
    for mut client in Client::all().await {
        let answer = client.ask(message).await;
        let revision = &answer["result"]["protocolVersion"];
        assert_eq!(revision, "2025-11-25", "{}: {answer}", client.name());
    }
}

#[tokio::test]
async fn the_error_names_parameters_of_another_type_and_such_metadata_counts_as_missing() {
    for mut client in Client::all().await {
        client.ask(&initialize("2025-06-18").to_string()).await;
        for params in [r#""x""#, "[1]", "5", "true"] {
            let message = format!(r#"{{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{params}}}"#);
            let answer = client.ask(&message).await;
            assert_eq!(
                (&answer["id"], &answer["error"]["code"]),
                (&json!(2), &json!(-32602)),
                "{answer}"
            );
            assert!(
                answer["error"]["message"].as_str().unwrap().contains("`params`"),
                "{answer}"
            );
        }
        for meta in [r#""x""#, "5", "[1]", "true"] {
            let message = format!(r#"{{"jsonrpc":"2.0","id":3,"method":"tools/list","params":{{"_meta":{meta}}}}}"#);
            let answer = client.ask(&message).await;
            assert_eq!(tool_names(&answer), TOOLS, "{} {meta}: {answer}", client.name());
        }
    }
}

/// The conformance suite requires this.
#[tokio::test]
async fn initialize_in_a_revision_without_a_handshake_is_an_unknown_method() {
    let server = InProcess::with_limits(Limits::default()).await;
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientInfo": {"name": "x", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"_meta": meta}});
    let request = Request::post("/mcp", &message)
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "initialize");
    let answer = ask(server.address, &request).await;
    assert_eq!(answer.head.status, 404);
    let body: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["error"]["code"], -32601);
}
