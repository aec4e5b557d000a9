//! Arguments that a model's host adds to its calls.

use serde_json::{Value, json};

use crate::support::harness::{Session, call, program};

use rmcp::model::CallToolRequestParams;

#[tokio::test]
async fn keys_of_hosts_change_no_result_and_the_log_names_each_once() {
    let mut command = program();
    command.arg("--demo");
    let session = Session::start(command).await;
    let added = json!({
        "toolCallId": "call_1", "sessionId": "s", "action": "sendMessage", "chatInput": "zebra@example.com",
        "task_progress": "- [ ] zebra", "explanation": "zebra", "_meta": {"zebra": 1}, "userLocale": "zebra",
        "a zebra\n": 1,
    });
    for (tool, arguments) in [
        ("list_mail_contacts", json!({"query": "client"})),
        ("list_mail_contacts", json!({"limit": 2})),
        ("list_mail_employees", json!({"query": "ivan"})),
        ("resolve_mail_recipients", json!({"names": ["client"]})),
    ] {
        let asked = async |arguments: &Value| {
            let arguments = arguments.as_object().unwrap().clone();
            let request = CallToolRequestParams::new(tool).with_arguments(arguments);
            let mut result = session
                .client()
                .call_tool(request)
                .await
                .unwrap()
                .structured_content
                .unwrap();
            // The second response comes from the cache.
            result.as_object_mut().unwrap().remove("age_seconds");
            if let Some(page) = result.get_mut("page") {
                page.as_object_mut().unwrap().remove("age_seconds");
            }
            result
        };
        let mut more = arguments.clone();
        for (key, value) in added.as_object().unwrap() {
            more[key] = value.clone();
        }
        let expected = asked(&arguments).await;
        assert!(expected.get("error").is_none(), "{expected}");
        assert_eq!(asked(&more).await, expected, "{tool} {arguments}");
        let alone = asked(&json!({"userLocale": "en", "toolCallId": "call_1"})).await;
        assert_eq!(alone["error"]["code"], "INVALID_ARGUMENTS", "{alone}");
        assert!(alone.to_string().contains("userLocale"), "{alone}");
    }
    let log = session.end().await;
    for key in [
        "toolCallId",
        "sessionId",
        "action",
        "task_progress",
        "_meta",
        "userLocale",
    ] {
        let lines = log.lines().filter(|line| line.contains(&format!("\"{key}\"")));
        assert_eq!(lines.count(), 1, "{key}: {log}");
    }
    assert!(!log.contains("zebra"), "{log}");
}

/// In every place for arguments: an object, its JSON text, and beside the protocol's own parameters.
#[tokio::test]
async fn keys_of_hosts_are_ignored_also_in_json_text() {
    let mut session = crate::support::harness::RawSession::start({
        let mut command = program();
        command.arg("--demo");
        command
    });
    session.initialize("2025-06-18").await;
    let text = json!({"query": "client", "toolCallId": "x"}).to_string();
    let found = session.ask(call(2, json!(text))).await;
    assert_eq!(found["result"]["structuredContent"]["page"]["returned"], 5, "{found}");
    let mut beside = call(3, json!({"query": "client"}));
    beside["params"]["toolCallId"] = json!("x");
    let found = session.ask(beside).await;
    assert_eq!(found["result"]["structuredContent"]["page"]["returned"], 5, "{found}");
    let prompt = json!({"jsonrpc": "2.0", "id": 4, "method": "prompts/get", "params": {"name": "draft_mail",
        "arguments": {"to": "Anna", "about": "lunch", "sessionId": "zebra"}}});
    let prompt = session.ask(prompt).await;
    assert!(
        prompt["result"]["messages"].is_array() && !prompt.to_string().contains("zebra"),
        "{prompt}"
    );
}
