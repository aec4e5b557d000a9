//! Forms that end without an answer: clients that fail, calls that are cancelled, sessions and servers that end. And
//! the form as a real MCP client shows it.

use std::process::Stdio;
use std::time::Duration;

use bitrix24_mail_mcp::transports::http::Limits;
use rmcp::ErrorData;
use rmcp::handler::client::ClientHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ElicitRequestParams, ElicitResult,
    ElicitationAction, ElicitationCapability, Implementation, ProtocolVersion,
};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt, RequestContext, RoleClient};
use rmcp::transport::TokioChildProcess;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::time::Instant;

use crate::support::commands::on_demo;
use crate::support::elicitation_client::{BY_REQUEST, Client, Way, addresses, anna, asked_by_request, choices, valid};
use crate::support::harness::text_of;
use crate::support::http_client::{EventStream, Request};
use crate::support::http_server::{InProcess, server, unlimited, until};

/// Calls the tool and leaves its form open; returns the ids of the call and of the form.
async fn with_open_form(client: &mut Client) -> (u32, Value) {
    let call = client.begin(json!({"arguments": anna()})).await;
    let question = client.next().await;
    asked_by_request(&question);
    (call, question["id"].clone())
}

fn accepted(form: &Value) -> Value {
    let content = json!({"recipient_01": "anna.k@example.net"});
    json!({"jsonrpc": "2.0", "id": form, "result": {"action": "accept", "content": content}})
}

fn cancelled(call: u32) -> Value {
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": call}})
}

fn assert_cancelled_failure(answer: &Value, call: u32) {
    assert_eq!(answer["id"], call, "{answer}");
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    assert_eq!(answer["result"]["structuredContent"]["error"]["code"], "CANCELLED");
}

#[tokio::test]
async fn a_client_that_fails_to_show_the_form_counts_as_a_closed_form() {
    for way in BY_REQUEST {
        let mut client = Client::start(*way).await;
        let mut expected = client.resolve(json!({"names": ["anna"]})).await["recipients"].clone();
        expected[0]["choice"] = json!("cancelled");
        for reply in [
            json!({"error": {"code": -32601, "message": "no such method"}}),
            json!({"error": {"code": -1, "message": "", "data": {"anna": "anna.k@example.net"}}}),
            json!({"result": {}}),
            json!({"result": []}),
            json!({"result": "accept"}),
            json!({"result": 5}),
            json!({}),
            json!({"error": "nope"}),
            json!({"error": {"code": -32603, "message": "x", "data": {"stack": vec![1; 1100]}}}),
            json!({"result": {"action": vec![1; 2000]}}),
            json!({"result": vec![json!([0]); 2000]}),
            json!({"result": null}),
            json!({"result": {"action": "perhaps"}}),
            json!({"result": {"action": null, "content": {"recipient_01": "anna.k@example.net"}}}),
            json!({"result": {"content": {"recipient_01": "anna.k@example.net"}}}),
        ] {
            let (call, form) = with_open_form(&mut client).await;
            let mut message = json!({"jsonrpc": "2.0", "id": form});
            message
                .as_object_mut()
                .unwrap()
                .extend(reply.as_object().unwrap().clone());
            client.send(message).await;
            let answer = client.next().await;
            assert_eq!(answer["id"], call, "{way:?} {reply}: {answer}");
            let result = valid(&answer);
            assert_eq!(result["recipients"], expected, "{way:?} {reply}");
            assert!(result["advice"].as_str().unwrap().contains("ask in the conversation"));
        }
    }
}

#[tokio::test]
async fn a_cancelled_call_does_not_wait_for_the_user() {
    for way in BY_REQUEST {
        let mut client = Client::start(*way).await;
        let (call, form) = with_open_form(&mut client).await;
        client.send(cancelled(call)).await;
        let ping = json!({"jsonrpc": "2.0", "id": 90, "method": "ping"});
        client.send(ping.clone()).await;
        assert_eq!(client.next().await["id"], 90, "{way:?}: nothing is said of the call");
        // The user answers nevertheless.
        client.send(accepted(&form)).await;
        client.send(ping).await;
        assert_eq!(client.next().await["id"], 90, "{way:?}: nor now");
        let (call, form) = with_open_form(&mut client).await;
        client.send(accepted(&form)).await;
        let answer = client.next().await;
        assert_eq!(answer["id"], call, "the session goes on: {answer}");
        assert_eq!(valid(&answer)["recipients"][0]["choice"], "chosen");
    }
}

#[tokio::test]
async fn an_answer_with_an_unknown_id_is_ignored() {
    for way in BY_REQUEST {
        let mut client = Client::start(*way).await;
        let (call, form) = with_open_form(&mut client).await;
        for other in [json!(4711), json!("x")] {
            client.send(accepted(&other)).await;
        }
        client.send(json!({"jsonrpc": "2.0", "id": 90, "method": "ping"})).await;
        assert_eq!(client.next().await["id"], 90, "{way:?}: the form is still open");
        client
            .send(json!({"jsonrpc": "2.0", "id": form, "result": {"action": "decline"}}))
            .await;
        let answer = client.next().await;
        assert_eq!(answer["id"], call);
        assert_eq!(valid(&answer)["recipients"][0]["choice"], "declined");
    }
}

#[tokio::test]
async fn several_forms_at_a_time_each_get_their_answer() {
    for way in BY_REQUEST {
        let mut client = Client::start(*way).await;
        let mut open = Vec::new();
        for _ in 0..3 {
            open.push(with_open_form(&mut client).await);
        }
        for ((call, form), action) in open.iter().rev().zip(["decline", "cancel", "accept"]) {
            let result = json!({"action": action, "content": {"recipient_01": "none_of_these"}});
            client
                .send(json!({"jsonrpc": "2.0", "id": form, "result": result}))
                .await;
            let answer = client.next().await;
            assert_eq!(answer["id"], *call, "{way:?}");
            let choice = match action {
                "decline" => "declined",
                "cancel" => "cancelled",
                _ => "none_of_these",
            };
            assert_eq!(valid(&answer)["recipients"][0]["choice"], choice);
        }
    }
}

#[tokio::test]
async fn the_end_of_input_with_an_open_form_ends_the_program() {
    for way in [Way::Stdio("2025-06-18"), Way::Stdio("2025-11-25")] {
        let mut client = Client::start(way).await;
        let (call, _) = with_open_form(&mut client).await;
        let (rest, ended_well) = client.into_stdio().hang_up().await;
        assert!(ended_well, "{way:?}");
        assert_eq!(rest.len(), 1, "{rest:?}");
        assert_cancelled_failure(&rest[0], call);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn sigterm_with_an_open_form_ends_the_program() {
    let mut client = Client::start(Way::Stdio("2025-11-25")).await;
    let (call, _) = with_open_form(&mut client).await;
    let mut session = client.into_stdio();
    session.terminate();
    // The input stays open until the program has written its last message.
    assert_cancelled_failure(&session.receive().await, call);
    assert_eq!(session.hang_up().await, (vec![], true));
}

#[tokio::test]
async fn the_stop_of_the_http_server_waits_for_an_open_form_no_longer_than_for_any_call() {
    let server = InProcess::with_limits(Limits {
        // rmcp's keep-alive uses the real clock and would spin beside a paused one.
        keep_alive: Duration::from_secs(3600),
        ..Limits::default()
    })
    .await;
    let mut client = Client::of(&server).await;
    let (call, _) = with_open_form(&mut client).await;
    tokio::time::pause();
    let started = Instant::now();
    server.stop();
    assert_cancelled_failure(&client.next().await, call);
    client.ended().await;
    server.stopped().await;
    let grace = Limits::default().grace;
    let took = started.elapsed();
    assert!((grace..grace + Duration::from_secs(3)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn closing_the_stream_cancels_its_open_form() {
    let server = InProcess::with_limits(Limits {
        sessions: 1,
        ..Limits::default()
    })
    .await;
    let mut client = Client::of(&server).await;
    with_open_form(&mut client).await;
    drop(client);
    until("the place of the session is free", async || {
        EventStream::open(server.address, &Request::get("/sse")).await.is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_form_without_an_answer_for_five_minutes_counts_as_closed() {
    let portal = unlimited(None).await;
    let mut client = Client::in_process("2025-11-25", server(&portal)).await;
    // Taken before the form is shown, since real time passes until the clock is paused.
    let started = Instant::now();
    let (call, form) = with_open_form(&mut client).await;
    tokio::time::pause();
    let notification = client.next().await;
    assert_eq!(
        (&notification["method"], &notification["params"]["requestId"]),
        (&json!("notifications/cancelled"), &form)
    );
    let answer = client.next().await;
    let took = started.elapsed().as_secs();
    assert!((300..330).contains(&took), "{took}");
    assert_eq!(answer["id"], call, "{answer}");
    assert_eq!(valid(&answer)["recipients"][0]["choice"], "cancelled");
}

/// An rmcp client with a user who answers its forms.
#[derive(Clone, Copy)]
enum User {
    /// Chooses the colleague.
    Decided,
    /// Has a client that fails, with words of the form in its error.
    Unlucky,
}

impl ClientHandler for User {
    fn get_info(&self) -> ClientConfig {
        let mut capabilities = ClientCapabilities::default();
        capabilities.elicitation = Some(ElicitationCapability::default());
        ClientConfig::new(capabilities, Implementation::new("test", "1"))
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams { requested_schema, .. } = request else {
            panic!("no form");
        };
        let schema = serde_json::to_value(requested_schema).unwrap();
        if matches!(self, Self::Unlucky) {
            return Err(ErrorData::internal_error(schema.to_string(), Some(schema)));
        }
        let choices = choices(&schema["properties"]["recipient_01"]);
        let (value, _) = choices.iter().find(|(_, title)| title.contains("colleague")).unwrap();
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({"recipient_01": value})))
    }
}

impl User {
    /// Calls the tool of a program with the finest log level; returns the result and the log.
    async fn calls(self, lifecycle: ClientLifecycleMode) -> (CallToolResult, String) {
        let mut command = on_demo();
        command.env("BITRIX24_MCP_LOG", "trace");
        let (process, log) = TokioChildProcess::builder(command)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut client = self.serve_with_lifecycle(process, lifecycle).await.unwrap();
        let request = CallToolRequestParams::new("resolve_mail_recipients");
        let request = request.with_arguments(anna().as_object().unwrap().clone());
        let result = client.call_tool(request).await.unwrap();
        let _ = client.close().await;
        let mut text = String::new();
        log.unwrap().read_to_string(&mut text).await.unwrap();
        (result, text)
    }
}

fn lifecycles() -> [ClientLifecycleMode; 2] {
    let modern = ClientLifecycleMode::Discover {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
    };
    [ClientLifecycleMode::Initialize, modern]
}

#[tokio::test]
async fn a_real_client_lets_its_user_choose_in_both_manners() {
    for lifecycle in lifecycles() {
        let (result, _) = User::Decided.calls(lifecycle).await;
        let structured = result.structured_content.as_ref().unwrap();
        assert_eq!(text_of(&result), structured.to_string());
        let recipient = &structured["recipients"][0];
        assert_eq!(recipient["status"], "one");
        assert_eq!(recipient["choice"], "chosen");
        assert_eq!(addresses(recipient), ["a.schmidt@demo-company.example"]);
    }
}

#[tokio::test]
async fn the_log_has_no_name_from_a_form() {
    let mut logs = Vec::new();
    for lifecycle in lifecycles() {
        logs.push(User::Decided.calls(lifecycle).await.1);
    }
    let (result, log) = User::Unlucky.calls(ClientLifecycleMode::Initialize).await;
    assert_eq!(
        result.structured_content.unwrap()["recipients"][0]["choice"],
        "cancelled"
    );
    assert!(log.contains("the client did not ask the user"), "{log}");
    logs.push(log);
    for log in logs {
        assert!(!log.is_empty());
        for word in ["@", "Schmidt", "none_of_these", "rs1."] {
            assert!(!log.contains(word), "{word} in {log}");
        }
    }
}
