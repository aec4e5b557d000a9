//! Bounds the memory that the program uses for a client that does not read. The clock is paused, so a wait that nothing
//! ends is over immediately.

use std::time::Duration;

use rmcp::model::{EmptyResult, RequestId, ServerResult};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;

use super::*;

type Pipe = Lines<DuplexStream, DuplexStream>;

/// The client's two ends, and the transport with `lines` to read. The output has room for a few answers.
async fn piped(lines: &str) -> (DuplexStream, DuplexStream, Pipe) {
    let (mut to_program, input) = duplex(1 << 20);
    let (output, from_program) = duplex(256);
    to_program.write_all(lines.as_bytes()).await.unwrap();
    (to_program, from_program, Lines::new(input, output))
}

fn pings(ids: std::ops::Range<usize>) -> String {
    let ping = |id| format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"ping\"}}\n");
    ids.map(ping).collect()
}

fn lists(ids: std::ops::Range<usize>) -> String {
    pings(ids).replace("\"ping\"", "\"tools/list\"")
}

fn cancelled(id: usize) -> String {
    format!("{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{{\"requestId\":{id}}}}}\n")
}

async fn next(lines: &mut Pipe) -> Option<Message> {
    let received = tokio::time::timeout(Duration::from_secs(1), lines.receive()).await;
    received.ok().flatten()
}

/// Receives requests until no more are read; returns their ids.
async fn all(lines: &mut Pipe) -> Vec<RequestId> {
    let mut ids = Vec::new();
    while let Some(JsonRpcMessage::Request(request)) = next(lines).await {
        ids.push(request.id);
    }
    ids
}

fn answer(lines: &mut Pipe, id: RequestId) -> JoinHandle<Result<(), io::Error>> {
    let pong = JsonRpcMessage::response(ServerResult::EmptyResult(EmptyResult {}), id);
    tokio::spawn(lines.send(pong))
}

#[tokio::test(start_paused = true)]
async fn no_further_request_is_read_while_too_many_have_no_answer() {
    let (_input, _output, mut lines) = piped(&lists(0..300)).await;
    let ids = all(&mut lines).await;
    assert_eq!(ids.len(), MAX_UNANSWERED);
    // The first few answers fit into the pipe. The others wait for the client to read, and count.
    for id in ids {
        answer(&mut lines, id);
    }
    let more = all(&mut lines).await.len();
    assert!((1..20).contains(&more), "{more}");
    assert_eq!(all(&mut lines).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_its_answers_is_served_without_a_limit_and_gets_each_once() {
    let (input, mut output, mut lines) = piped(&lists(0..5000)).await;
    drop(input);
    let reader = tokio::spawn(async move {
        let mut text = String::new();
        output.read_to_string(&mut text).await.unwrap();
        text
    });
    let mut answers = Vec::new();
    while let Some(JsonRpcMessage::Request(request)) = lines.receive().await {
        answers.push(answer(&mut lines, request.id));
    }
    for answer in answers {
        answer.await.unwrap().unwrap();
    }
    drop(lines);
    let text = reader.await.unwrap();
    let mut ids: Vec<u64> = text
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"]
                .as_u64()
                .unwrap()
        })
        .collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..5000).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_is_read_when_the_limit_is_reached_and_makes_room_for_another_call() {
    let (mut input, _output, mut lines) = piped(&lists(0..MAX_UNANSWERED)).await;
    assert_eq!(all(&mut lines).await.len(), MAX_UNANSWERED);
    let more = cancelled(7) + &lists(1000..1010);
    input.write_all(more.as_bytes()).await.unwrap();
    let received = next(&mut lines).await;
    assert!(
        matches!(received, Some(JsonRpcMessage::Notification(_))),
        "{received:?}"
    );
    assert_eq!(all(&mut lines).await, [RequestId::Number(1000)]);
}

/// Otherwise a client could read no answers, cancel each call as soon as it is answered, and send more.
#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_read_counts_even_if_its_call_is_cancelled() {
    let (mut input, _output, mut lines) = piped(&lists(0..MAX_UNANSWERED)).await;
    for id in all(&mut lines).await {
        answer(&mut lines, id);
    }
    tokio::task::yield_now().await;
    let more: String = (0..MAX_UNANSWERED).map(cancelled).collect();
    input.write_all((more + &lists(1000..2000)).as_bytes()).await.unwrap();
    for _ in 0..MAX_UNANSWERED {
        assert!(matches!(next(&mut lines).await, Some(JsonRpcMessage::Notification(_))));
    }
    let more = all(&mut lines).await.len();
    assert!((1..20).contains(&more), "{more}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_while_the_client_has_not_read_an_error_about_a_line() {
    let broken = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}\n".repeat(1000);
    let (_input, mut output, mut lines) = piped(&(broken + &pings(5..6))).await;
    assert!(next(&mut lines).await.is_none());
    assert!(lines.output.unflushed_bytes() < 256, "one error, and not a thousand");
    let mut errors = vec![0; 1000];
    let reading = async { while output.read(&mut errors).await.unwrap() > 0 {} };
    tokio::select! {
        () = reading => panic!("the output has ended"),
        ping = lines.receive() => assert!(matches!(ping, Some(JsonRpcMessage::Request(_)))),
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_request_with_an_unanswered_id_is_refused() {
    let (_input, mut output, mut lines) = piped(&(pings(1..2) + &pings(1..2))).await;
    assert_eq!(all(&mut lines).await, [RequestId::Number(1)]);
    let mut error = vec![0; 256];
    let length = output.read(&mut error).await.unwrap();
    let error: serde_json::Value = serde_json::from_slice(&error[..length]).unwrap();
    assert_eq!(
        (&error["id"], &error["error"]["code"]),
        (&1.into(), &(-32600).into()),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_read_message_by_message() {
    let batch = pings(0..100).trim().replace('\n', ",");
    let (_input, _output, mut lines) = piped(&format!("[{batch}]\n")).await;
    assert!(next(&mut lines).await.is_some());
    assert_eq!(lines.batch.len(), 99);
    assert_eq!(all(&mut lines).await.len(), 99);
}

/// The messages that the program has written so far.
async fn written(output: &mut DuplexStream) -> Vec<serde_json::Value> {
    let mut text = Vec::new();
    let mut part = [0; 256];
    while let Ok(Ok(length @ 1..)) = tokio::time::timeout(Duration::from_millis(1), output.read(&mut part)).await {
        text.extend_from_slice(&part[..length]);
    }
    let text = String::from_utf8(text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_ping_and_a_cancellation_are_read_behind_waiting_calls() {
    let waiting = lists(MAX_UNANSWERED..MAX_UNANSWERED + 40);
    let behind = pings(900..901) + &cancelled(MAX_UNANSWERED) + &cancelled(3) + &lists(270..271);
    let (_input, mut output, mut lines) = piped(&(lists(0..MAX_UNANSWERED) + &waiting + &behind)).await;
    assert_eq!(all(&mut lines).await.len(), MAX_UNANSWERED);
    let pong = written(&mut output).await;
    assert_eq!(
        (pong.len(), &pong[0]["id"], &pong[0]["result"]),
        (1, &900.into(), &serde_json::json!({}))
    );
    assert!(matches!(next(&mut lines).await, Some(JsonRpcMessage::Notification(_))));
    // The first waiting call was cancelled meanwhile.
    let second = RequestId::Number(i64::try_from(MAX_UNANSWERED + 1).unwrap());
    assert_eq!(all(&mut lines).await, [second]);
    let again = written(&mut output).await;
    assert_eq!(again[0]["id"], 270, "its id is in use");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_while_the_queue_is_full_until_a_call_is_answered() {
    let (_input, mut output, mut lines) = piped(&(lists(0..400) + &pings(1000..1001))).await;
    let ids = all(&mut lines).await;
    assert_eq!(ids.len(), MAX_UNANSWERED);
    assert_eq!(lines.output.unflushed_bytes(), 0, "no call is refused");
    for id in ids {
        answer(&mut lines, id);
    }
    let reading = tokio::spawn(async move {
        let mut text = Vec::new();
        while !String::from_utf8_lossy(&text).contains("\"id\":1000,") {
            output.read_buf(&mut text).await.unwrap();
        }
    });
    assert_eq!(all(&mut lines).await.len(), 400 - MAX_UNANSWERED);
    reading.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_end_of_input_is_noticed_behind_waiting_calls() {
    let (input, _output, mut lines) = piped(&lists(0..300)).await;
    drop(input);
    assert_eq!(all(&mut lines).await.len(), MAX_UNANSWERED);
    let end = tokio::time::timeout(Duration::from_secs(1), lines.receive()).await;
    assert!(matches!(end, Ok(None)));
}
