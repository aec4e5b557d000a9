//! The end of input, clients that stop reading, cancelled calls.

use rmcp::model::CallToolResult;
use serde_json::json;

use crate::support::demo_in_process::portal_with_fault;
use crate::support::harness::{call, initialize, with_metadata};
use crate::support::revisions::{WITH_HANDSHAKE, demo, session_with};
use crate::support::tool_results::{assert_complete_failure, assert_valid_failure};

#[tokio::test]
async fn the_end_of_input_ends_the_program() {
    assert_eq!(demo().hang_up().await, (vec![], true), "before the handshake");
    let mut session = demo();
    session.initialize("2025-11-25").await;
    assert_eq!(session.hang_up().await, (vec![], true), "after the handshake");
}

/// The responses are more than a pipe holds, and nobody reads them.
#[tokio::test]
async fn the_end_of_input_ends_the_program_also_if_nobody_reads() {
    let mut session = demo();
    session.initialize("2025-11-25").await;
    for id in 0..200 {
        session
            .send(json!({"jsonrpc": "2.0", "id": id, "method": "tools/list"}))
            .await;
    }
    assert!(
        session.hang_up_unread().await,
        "hangs here if the program waits for a reader"
    );
}

#[tokio::test]
async fn a_closed_output_ends_the_program_too() {
    let mut session = demo();
    session.initialize("2025-11-25").await;
    assert!(
        session.stop_reading_and_ask().await,
        "hangs here if the program goes on without a reader"
    );
}

#[tokio::test]
async fn a_script_that_pipes_its_requests_gets_its_responses() {
    let mut session = demo();
    session.send(initialize("2025-11-25")).await;
    session.send_unfinished(call(2, json!({"query": "client"}))).await;
    let (answers, ended_well) = session.hang_up().await;
    assert!(ended_well);
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[1]["result"]["structuredContent"]["page"]["returned"], 5);
}

#[tokio::test]
async fn a_call_that_still_runs_at_the_end_of_input_fails_as_cancelled() {
    let portal = portal_with_fault("hang").await;
    let mut session = session_with(&portal);
    session.initialize("2025-11-25").await;
    session.send(call(2, json!({}))).await;
    portal.wait_until(|portal| !portal.requests().is_empty()).await;
    let (answers, ended_well) = session.hang_up().await;
    assert!(ended_well);
    let result: CallToolResult = serde_json::from_value(answers[0]["result"].clone()).unwrap();
    assert_valid_failure(result.structured_content.as_ref().unwrap());
    assert_eq!(assert_complete_failure(&result, "cancelled").unwrap().code, "CANCELLED");
    portal.wait_until(|portal| portal.abandoned() == 1).await;
}

#[tokio::test]
async fn a_cancelled_call_stops_its_request_in_every_revision() {
    for version in WITH_HANDSHAKE.iter().chain(&["2026-07-28"]) {
        let portal = portal_with_fault("hang").await;
        let mut session = session_with(&portal);
        let is_modern = *version == "2026-07-28";
        let request = call(2, json!({}));
        if is_modern {
            session.send(with_metadata(request)).await;
        } else {
            session.initialize(version).await;
            session.send(request).await;
        }
        portal.wait_until(|portal| portal.requests().len() == 1).await;
        assert_eq!(portal.abandoned(), 0);
        session
            .send(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}))
            .await;
        // Hangs here, and so fails, if the connection to the portal stays open.
        portal.wait_until(|portal| portal.abandoned() == 1).await;
        let ping = json!({"jsonrpc": "2.0", "id": 3, "method": "tools/list"});
        let answer = session.ask(if is_modern { with_metadata(ping) } else { ping }).await;
        assert!(
            answer.get("result").is_some(),
            "the session goes on, and the cancelled call stays unanswered"
        );
    }
}
