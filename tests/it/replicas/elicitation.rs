//! Questions to an employee that one replica asks and another gets the answer to.

use serde_json::{Value, json};

use super::replica::Replicas;
use crate::support::elicitation_client::asked_in_result;
use crate::support::harness::with_metadata;
use crate::support::http_client::Request;
use crate::support::revisions::MODERN;

const TOOL: &str = "resolve_mail_recipients";
const CHOSEN: &str = "anna.schmidt@contoso.example";

/// The answer of a replica to a call of a client that can show forms.
async fn resolve(replicas: &Replicas, at: usize, token: &str, names: Value, mut parameters: Value) -> Value {
    parameters["name"] = TOOL.into();
    parameters["arguments"] = json!({"names": names, "ask_user": true});
    let mut message = with_metadata(json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters}));
    message["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({"elicitation": {}});
    let request = Request::post("/mcp", &message)
        .header("mcp-protocol-version", MODERN)
        .header("mcp-method", "tools/call")
        .header("mcp-name", TOOL);
    replicas.ask(at, request, token).await.message()
}

/// Anna's and Boris's tokens at replicas where both have the same two namesakes in their books, so that only the state
/// shows whose question it was.
async fn with_namesakes() -> (Replicas, String, String) {
    let replicas = Replicas::start(2).await;
    for user in [1, 7] {
        for address in [CHOSEN, "anna.schmidt@fabrikam.example"] {
            replicas.demo.insert_contact(user, address, "Anna Schmidt");
        }
    }
    let (anna, boris) = (replicas.sign_in(0, "Anna").await, replicas.sign_in(1, "Boris").await);
    (replicas, anna.access, boris.access)
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n67_the_answer_to_a_question_of_another_replica_is_accepted_from_its_employee_only() {
    let (replicas, anna, boris) = with_namesakes().await;
    let names = || json!(["Anna Schmidt"]);
    for (asking, answering) in [(0, 1), (1, 0)] {
        let asked = resolve(&replicas, asking, &anna, names(), json!({})).await;
        let (_, state) = asked_in_result(&asked);
        let responses = json!({"recipients": {"action": "accept", "content": {"recipient_01": CHOSEN}}});
        let answer = json!({"requestState": state, "inputResponses": responses});
        for refused in [
            resolve(&replicas, answering, &boris, names(), answer.clone()).await,
            resolve(&replicas, answering, &anna, json!(["Anna Smith"]), answer.clone()).await,
        ] {
            assert_eq!(refused["error"]["code"], -32602, "{refused}");
        }
        let accepted = resolve(&replicas, answering, &anna, names(), answer).await;
        let recipient = &accepted["result"]["structuredContent"]["recipients"][0];
        assert_eq!(recipient["status"], "one", "{accepted}");
        assert_eq!(recipient["matches"][0]["email"], CHOSEN, "{accepted}");
    }
}

/// Over HTTP a client of an older revision is asked by nobody, so no replica waits for an answer that goes to another.
#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n67_a_client_of_an_older_revision_gets_the_namesakes_from_every_replica() {
    let (replicas, anna, _) = with_namesakes().await;
    for at in 0..2 {
        for revision in ["2025-06-18", "2025-11-25"] {
            let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
                "name": TOOL, "arguments": {"names": ["Anna Schmidt"], "ask_user": true}}});
            let request = Request::post("/mcp", &call).header("mcp-protocol-version", revision);
            let answer = replicas.ask(at, request, &anna).await.message();
            let recipient = &answer["result"]["structuredContent"]["recipients"][0];
            let found = recipient["matches"].as_array().unwrap_or_else(|| panic!("{answer}"));
            assert!(
                found.iter().any(|one| one["email"] == CHOSEN) && found.len() >= 2,
                "{answer}"
            );
            assert_eq!(answer["result"].get("requestState"), None, "{answer}");
        }
    }
}
