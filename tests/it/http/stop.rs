//! How the server stops: running calls are answered, idle connections are closed, and no call is lost.

use bitrix24_mail_mcp::transports::http::Limits;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use crate::support::harness::call;
use crate::support::http_client::{Connection, EventStream, Request};
use crate::support::http_server::{InProcess, look_up};
use crate::support::legacy_sse::Session;

/// Running calls: as JSON, as event streams, and in one session of 2024-11-05.
struct Running {
    json: Vec<Connection>,
    streams: Vec<EventStream>,
    legacy: Session,
}

const CALLS_OF_EACH_KIND: u32 = 30;

impl Running {
    /// Starts the calls, each with its own query, and waits until all have reached the portal.
    async fn start(server: &InProcess) -> Self {
        let legacy = Session::begun(server).await;
        server.portal.hold_answers();
        let (mut json, mut streams) = (Vec::new(), Vec::new());
        for number in 0..CALLS_OF_EACH_KIND {
            let mut connection = Connection::open(server.address).await;
            connection.send(&look_up(1, &format!("json {number}")).bytes()).await;
            json.push(connection);
            let request = look_up(1, &format!("stream {number}")).header("accept", "text/event-stream");
            streams.push(EventStream::open(server.address, &request).await.ok().unwrap());
            let message = call(100 + number, json!({"query": format!("legacy {number}")}));
            legacy.post(server, &message).await;
        }
        let all = 3 * CALLS_OF_EACH_KIND as usize;
        server.portal.wait_until(|portal| portal.request_count() == all).await;
        Self { json, streams, legacy }
    }

    /// All answers, in no particular order.
    async fn answers(mut self) -> Vec<Value> {
        let mut answers = Vec::new();
        for mut connection in self.json {
            answers.push(connection.answer().await.expect("an answer").message());
            assert!(connection.is_closed().await);
        }
        let mut ends = Vec::new();
        for mut stream in self.streams {
            answers.push(serde_json::from_str(&stream.next().await.expect("an event").data).unwrap());
            ends.push(stream.next().await);
        }
        while let Some(event) = self.legacy.events.next().await {
            answers.push(serde_json::from_str(&event.data).unwrap());
        }
        assert!(ends.iter().all(Option::is_none));
        answers
    }
}

#[tokio::test]
async fn a_stop_with_calls_in_flight_loses_none() {
    let server = InProcess::with_limits(Limits {
        late_requests: Duration::from_millis(50),
        ..Limits::default()
    })
    .await;
    let mut idle = Connection::open(server.address).await;
    assert_eq!(idle.ask(&Request::get("/healthz")).await.head.status, 200);
    let mut idle_stream = EventStream::open(server.address, &Request::get("/sse"))
        .await
        .ok()
        .unwrap();
    idle_stream.next().await.unwrap();
    let running = Running::start(&server).await;
    server.stop();
    assert!(idle.is_closed().await, "an idle connection is closed soon");
    assert_eq!(idle_stream.next().await, None, "and so does an idle session");
    assert!(
        tokio::net::TcpStream::connect(server.address).await.is_err(),
        "no new connection is accepted"
    );
    server.portal.release_answers();
    let answers = running.answers().await;
    assert_eq!(answers.len(), 3 * CALLS_OF_EACH_KIND as usize);
    for answer in answers {
        assert_eq!(answer["result"]["isError"], false, "{answer}");
    }
    server.stopped().await;
}

/// A proxy keeps connections open, and learns by its checks of health that the server stops.
#[tokio::test]
async fn a_server_that_stops_serves_its_proxy_until_it_has_noticed() {
    let server = InProcess::with_limits(Limits {
        late_requests: Duration::from_secs(3600),
        grace: Duration::from_secs(3600),
        ..Limits::default()
    })
    .await;
    let mut kept_alive = Vec::new();
    for _ in 0..4 {
        let mut connection = Connection::open(server.address).await;
        let answer = connection.ask(&Request::get("/readyz")).await;
        assert_eq!((answer.head.status, answer.head.header("connection")), (200, None));
        kept_alive.push(connection);
    }
    server.stop();
    let mut last = kept_alive.pop().unwrap();
    kept_alive.push(Connection::open(server.address).await);
    let requests = [
        (Request::get("/healthz"), 503),
        (Request::get("/readyz"), 503),
        (look_up(1, "client"), 200),
        (look_up(2, "client"), 200),
    ];
    for (mut connection, (request, status)) in kept_alive.into_iter().zip(requests) {
        let answer = connection.ask(&request).await;
        assert_eq!(answer.head.status, status, "{}", answer.body);
        assert_eq!(answer.head.header("retry-after").is_some(), status == 503);
        assert_eq!(answer.head.header("connection"), Some("close"));
        assert!(connection.is_closed().await);
    }
    assert_eq!(last.ask(&look_up(3, "client")).await.head.status, 200);
    // Nothing is open any more, so the server does not wait for late requests.
    server.stopped().await;
}

/// More connections than tokio accepts in one go. They are in the system's queue before the server accepts the first.
#[tokio::test]
async fn connections_in_the_queue_of_the_system_are_answered_too() {
    use std::io::{Read, Write};
    let server = InProcess::with_limits(Limits::default()).await;
    let mut queued = Vec::new();
    for _ in 0..400 {
        let mut connection = std::net::TcpStream::connect(server.address).unwrap();
        connection.write_all(&Request::get("/healthz").bytes()).unwrap();
        queued.push(connection);
    }
    server.stop();
    server.stopped().await;
    for mut connection in queued {
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 503") && answer.contains("stopping"),
            "{answer}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_take_too_long_are_answered_as_cancelled() {
    let server = InProcess::with_limits(Limits {
        // rmcp's keep-alive uses the real clock and would spin beside a paused one.
        keep_alive: Duration::from_secs(3600),
        ..Limits::default()
    })
    .await;
    let running = Running::start(&server).await;
    let started = Instant::now();
    server.stop();
    let answers = running.answers().await;
    assert_eq!(answers.len(), 3 * CALLS_OF_EACH_KIND as usize);
    for answer in answers {
        assert_eq!(
            answer["result"]["structuredContent"]["error"]["code"], "CANCELLED",
            "{answer}"
        );
    }
    server.stopped().await;
    let grace = Limits::default().grace;
    assert!(
        (grace..grace + Duration::from_secs(3)).contains(&started.elapsed()),
        "{:?}",
        started.elapsed()
    );
}

#[cfg(unix)]
mod by_signal {
    use super::*;
    use crate::support::harness::{RawSession, program};
    use crate::support::http_server::{Program, unlimited};

    #[tokio::test]
    async fn sigterm_during_a_hundred_calls_answers_all_and_ends_with_status_0() {
        let portal = unlimited(None).await;
        let mut command = program();
        command
            .env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap())
            .env("BITRIX24_RATE_LIMIT", "off");
        let server = Program::start(command).await;
        portal.hold_answers();
        let mut running = Vec::new();
        for number in 0..100 {
            let mut connection = Connection::open(server.address).await;
            connection
                .send(&look_up(number, &format!("question {number}")).bytes())
                .await;
            running.push(connection);
        }
        portal.wait_until(|portal| portal.request_count() == 100).await;
        server.terminate();
        // A connection at this moment is either answered or refused, never dropped without an answer.
        while tokio::net::TcpStream::connect(server.address).await.is_ok() {}
        portal.release_answers();
        for mut connection in running {
            let answer = connection.answer().await.expect("an answer").message();
            assert_eq!(answer["result"]["isError"], false, "{answer}");
        }
        let (status, log) = server.ended().await;
        assert_eq!(status, Some(0), "{log}");
    }

    #[tokio::test]
    async fn a_second_sigterm_does_not_wait() {
        let portal = unlimited(None).await;
        let mut command = program();
        command.env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap());
        let server = Program::start(command).await;
        portal.hold_answers();
        let mut running = Connection::open(server.address).await;
        running.send(&look_up(1, "anna").bytes()).await;
        portal.wait_until(|portal| portal.request_count() == 1).await;
        server.terminate();
        while tokio::net::TcpStream::connect(server.address).await.is_ok() {}
        server.terminate();
        assert_eq!(server.ended().await.0, Some(130));
    }

    #[tokio::test]
    async fn sigterm_ends_a_session_over_stdio_as_the_end_of_input_does() {
        let portal = unlimited(None).await;
        let mut command = program();
        command.env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap());
        let mut session = RawSession::start(command);
        session.initialize("2025-11-25").await;
        portal.hold_answers();
        session.send(call(2, json!({}))).await;
        portal.wait_until(|portal| portal.request_count() == 1).await;
        session.terminate();
        let answer = session.receive().await;
        assert_eq!(answer["result"]["structuredContent"]["error"]["code"], "CANCELLED");
        assert_eq!(session.hang_up().await, (vec![], true));
    }

    /// A program may stop the server as soon as it has printed its address.
    #[tokio::test]
    async fn sigterm_right_after_the_start_ends_with_status_0() {
        for _ in 0..20 {
            let mut command = program();
            command.arg("--demo");
            let server = Program::start(command).await;
            server.terminate();
            assert_eq!(server.ended().await.0, Some(0));
        }
    }
}
