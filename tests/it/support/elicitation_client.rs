//! Clients that can ask their user, over every transport, without a client library.

use std::collections::VecDeque;
use std::net::SocketAddr;

use bitrix24_mail_mcp::mcp::Server;
use bitrix24_mail_mcp::mcp::resolve_mail_recipients::NAME;
use rmcp::ServiceExt;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};
use tokio::process::Command;

use crate::support::commands::on_demo;
use crate::support::harness::{RawSession, initialize, with_metadata};
use crate::support::http_client::{EventStream, Request, ask};
use crate::support::http_server::{InProcess, Program};
use crate::support::legacy_sse;
use crate::support::revisions::{MODERN, request};
use crate::support::tool_results::closed_output_schema;

/// Transport and revision of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Stdio(&'static str),
    Http(&'static str),
    LegacySse(&'static str),
}

impl Way {
    fn revision(self) -> &'static str {
        match self {
            Self::Stdio(revision) | Self::Http(revision) | Self::LegacySse(revision) => revision,
        }
    }

    pub(crate) fn is_modern(self) -> bool {
        self.revision() == MODERN
    }
}

/// The clients that a server asks by the result of a call.
pub(crate) const IN_RESULT: &[Way] = &[Way::Stdio(MODERN), Way::Http(MODERN)];
/// The clients that a server asks by a request.
pub(crate) const BY_REQUEST: &[Way] = &[
    Way::Stdio("2025-06-18"),
    Way::Stdio("2025-11-25"),
    Way::LegacySse("2024-11-05"),
    Way::LegacySse("2025-11-25"),
];

/// Every client of both kinds.
pub(crate) fn ways() -> impl Iterator<Item = Way> {
    IN_RESULT.iter().chain(BY_REQUEST).copied()
}

enum Link {
    Stdio(RawSession),
    /// Pipes to a server within the test.
    InProcess {
        input: Lines<BufReader<ReadHalf<DuplexStream>>>,
        output: WriteHalf<DuplexStream>,
    },
    Http {
        program: Program,
        answers: VecDeque<Value>,
    },
    LegacySse {
        address: SocketAddr,
        events: EventStream,
        messages: String,
        /// Ends with the client; `None`: the server is the test's own.
        _program: Option<Program>,
    },
}

impl Link {
    async fn legacy_sse(address: SocketAddr, program: Option<Program>) -> Self {
        let (events, messages) = legacy_sse::open(address).await;
        Self::LegacySse {
            address,
            events,
            messages,
            _program: program,
        }
    }
}

/// A client with a server of its own.
pub(crate) struct Client {
    pub(crate) way: Way,
    capabilities: Value,
    link: Link,
    last_id: u32,
}

impl Client {
    /// A client on the demo portal that can show a form.
    pub(crate) async fn start(way: Way) -> Self {
        Self::declaring(json!({"elicitation": {}}), way, on_demo()).await
    }

    pub(crate) async fn declaring(capabilities: Value, way: Way, command: Command) -> Self {
        let link = match way {
            Way::Stdio(_) => Link::Stdio(RawSession::start(command)),
            Way::Http(_) => Link::Http {
                program: Program::start(command).await,
                answers: VecDeque::new(),
            },
            Way::LegacySse(_) => {
                let program = Program::start_with_legacy_sse(command).await;
                Link::legacy_sse(program.address, Some(program)).await
            }
        };
        Self::over(link, capabilities, way).await
    }

    /// A client that can show a form, with a server within the test.
    pub(crate) async fn in_process(revision: &'static str, server: Server) -> Self {
        let (near, far) = tokio::io::duplex(1 << 20);
        tokio::spawn(async move { server.serve(far).await.unwrap().waiting().await });
        let (input, output) = tokio::io::split(near);
        let input = BufReader::new(input).lines();
        let link = Link::InProcess { input, output };
        Self::over(link, json!({"elicitation": {}}), Way::Stdio(revision)).await
    }

    /// A client that can show a form, over HTTP+SSE.
    pub(crate) async fn of(server: &InProcess) -> Self {
        let link = Link::legacy_sse(server.address, None).await;
        Self::over(link, json!({"elicitation": {}}), Way::LegacySse("2024-11-05")).await
    }

    async fn over(link: Link, capabilities: Value, way: Way) -> Self {
        let mut client = Self {
            way,
            capabilities,
            link,
            last_id: 1,
        };
        if !way.is_modern() {
            let mut handshake = initialize(way.revision());
            handshake["params"]["capabilities"] = client.capabilities.clone();
            client.send(handshake).await;
            assert_eq!(client.next().await["result"]["protocolVersion"], way.revision());
            let initialized = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
            client.send(initialized).await;
        }
        client
    }

    pub(crate) async fn send(&mut self, message: Value) {
        match &mut self.link {
            Link::Stdio(session) => session.send(message).await,
            Link::InProcess { output, .. } => {
                let line = format!("{message}\n");
                output.write_all(line.as_bytes()).await.unwrap();
            }
            Link::Http { program, answers } => {
                let json = "application/json, text/event-stream";
                let answer = ask(program.address, &request(self.way.revision(), json, &message)).await;
                if answer.head.status != 202 {
                    answers.push_back(answer.message());
                }
            }
            Link::LegacySse { address, messages, .. } => {
                let answer = ask(*address, &Request::post(messages, &message)).await;
                assert_eq!(answer.head.status, 202, "{}", answer.body);
            }
        }
    }

    /// The next message of the server.
    pub(crate) async fn next(&mut self) -> Value {
        match &mut self.link {
            Link::Stdio(session) => session.receive().await,
            Link::InProcess { input, .. } => {
                let line = input.next_line().await.unwrap().expect("a message");
                serde_json::from_str(&line).unwrap()
            }
            Link::Http { answers, .. } => answers.pop_front().expect("an answer"),
            Link::LegacySse { events, .. } => {
                let event = events.next().await.expect("an event");
                serde_json::from_str(&event.data).unwrap()
            }
        }
    }

    /// Calls the tool; returns the id of the call. `params` are its arguments and what comes with them.
    pub(crate) async fn begin(&mut self, mut params: Value) -> u32 {
        self.last_id += 1;
        params["name"] = json!(NAME);
        let mut call = json!({"jsonrpc": "2.0", "id": self.last_id, "method": "tools/call", "params": params});
        if self.way.is_modern() {
            call = with_metadata(call);
            call["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = self.capabilities.clone();
        }
        self.send(call).await;
        self.last_id
    }

    /// Calls the tool; returns the first message: the answer, or a request of the server.
    pub(crate) async fn call(&mut self, params: Value) -> Value {
        let id = self.begin(params).await;
        let answer = self.next().await;
        assert!(answer["method"].is_string() || answer["id"] == id, "{answer}");
        answer
    }

    /// Calls the tool, which shows no form; returns the structured content.
    pub(crate) async fn resolve(&mut self, arguments: Value) -> Value {
        valid(&self.call(json!({"arguments": arguments})).await)
    }

    /// Calls the tool and answers its form; returns the form and the structured content.
    pub(crate) async fn decide(&mut self, arguments: Value, answer: Value) -> (Value, Value) {
        let question = self.call(json!({"arguments": arguments})).await;
        if self.way.is_modern() {
            let (form, state) = asked_in_result(&question);
            let responses = json!({"recipients": answer});
            let params = json!({"arguments": arguments, "requestState": state, "inputResponses": responses});
            return (form, valid(&self.call(params).await));
        }
        let call = self.last_id;
        let form = asked_by_request(&question);
        self.send(json!({"jsonrpc": "2.0", "id": question["id"], "result": answer}))
            .await;
        let answered = self.next().await;
        assert_eq!(answered["id"], call, "{answered}");
        (form, valid(&answered))
    }

    /// Waits until the server ends the session without another message.
    pub(crate) async fn ended(self) {
        match self.link {
            Link::LegacySse { mut events, .. } => assert_eq!(events.next().await, None),
            _ => panic!("{:?}", self.way),
        }
    }

    /// The session over stdio.
    pub(crate) fn into_stdio(self) -> RawSession {
        match self.link {
            Link::Stdio(session) => session,
            _ => panic!("{:?}", self.way),
        }
    }
}

/// Arguments with a name that eight people of the demo portal have.
pub(crate) fn anna() -> Value {
    json!({"names": ["anna"], "ask_user": true})
}

/// The form of a result that needs the user, and the state to send back.
pub(crate) fn asked_in_result(answer: &Value) -> (Value, String) {
    let result = &answer["result"];
    assert_eq!(result["resultType"], "input_required", "{answer}");
    let requests = result["inputRequests"].as_object().unwrap();
    assert_eq!(requests.keys().collect::<Vec<_>>(), ["recipients"]);
    assert_eq!(requests["recipients"]["method"], "elicitation/create");
    let state = result["requestState"].as_str().unwrap().to_owned();
    (requests["recipients"]["params"].clone(), state)
}

/// The form of a request of the server.
pub(crate) fn asked_by_request(request: &Value) -> Value {
    assert_eq!(request["method"], "elicitation/create", "{request}");
    request["params"].clone()
}

/// The structured content of a success, which its text repeats and the output schema describes; without the age of the
/// address book, in which calls differ.
pub(crate) fn valid(answer: &Value) -> Value {
    let result = &answer["result"];
    assert_eq!(result["isError"], false, "{answer}");
    assert!(result.get("requestState").is_none(), "{answer}");
    let structured = &result["structuredContent"];
    let content = result["content"].as_array().unwrap();
    assert_eq!(content.len(), 1, "one text block");
    assert_eq!(content[0]["text"], structured.to_string());
    let schema = closed_output_schema(NAME);
    let problems: Vec<_> = schema.iter_errors(structured).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?} in {structured}");
    let mut structured = structured.clone();
    structured.as_object_mut().unwrap().remove("age_seconds");
    structured
}

/// Addresses of the matches of one name.
pub(crate) fn addresses(recipient: &Value) -> Vec<&str> {
    let matches = recipient["matches"].as_array().unwrap();
    matches.iter().map(|found| found["email"].as_str().unwrap()).collect()
}

/// The choices for one name: value and title.
pub(crate) fn choices(field: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    if let Some(choices) = field["oneOf"].as_array() {
        let choices = choices.iter();
        return choices
            .map(|choice| (text(&choice["const"]), text(&choice["title"])))
            .collect();
    }
    let values = field["enum"].as_array().unwrap();
    let titles = field["enumNames"].as_array().unwrap();
    assert_eq!(values.len(), titles.len());
    values.iter().map(text).zip(titles.iter().map(text)).collect()
}
