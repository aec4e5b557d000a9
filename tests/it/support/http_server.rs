//! Starts the HTTP server: the program itself, or the same code within the test, with limits of the test's own.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use bitrix24_mail_mcp::address_book::AddressBook;
use bitrix24_mail_mcp::demo::{self, DemoPortal};
use bitrix24_mail_mcp::mcp::Server;
use bitrix24_mail_mcp::portal::{self, Credentials, Portal, RateLimit};
use bitrix24_mail_mcp::transports::http::{self, Limits, Listener};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::http_client::Request;

/// The program as a running HTTP server.
pub(crate) struct Program {
    pub(crate) process: Child,
    pub(crate) address: SocketAddr,
    /// The rest of stderr, which is read all the time, so that the program never waits for room.
    log: JoinHandle<String>,
}

impl Program {
    /// Adds `serve --http` to the command and waits for the server.
    pub(crate) async fn start(mut command: Command) -> Self {
        command.args(["serve", "--http", "127.0.0.1:0"]);
        Self::spawn(command).await
    }

    /// As [`start`](Self::start), with the transport of 2024-11-05.
    pub(crate) async fn start_with_legacy_sse(mut command: Command) -> Self {
        command.args(["serve", "--http", "127.0.0.1:0", "--legacy-sse"]);
        Self::spawn(command).await
    }

    pub(crate) async fn spawn(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let (mut start, mut line) = (String::new(), String::new());
        while !line.contains("http://") {
            start.push_str(&line);
            line.clear();
            let length = stderr.read_line(&mut line).await.unwrap();
            assert!(length > 0, "the server did not start:\n{start}");
        }
        // A team's server names its public address first.
        let own = line.split("listening on ").last().unwrap();
        let address = own.split("http://").nth(1).unwrap().split(['/', ';']).next().unwrap();
        Self {
            process,
            address: address.parse().unwrap(),
            log: tokio::spawn(async move {
                let mut log = Vec::new();
                stderr.read_to_end(&mut log).await.unwrap();
                String::from_utf8_lossy(&log).into_owned()
            }),
        }
    }

    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        crate::support::harness::terminate(&self.process);
    }

    /// Waits for the end; returns the status and the whole stderr.
    pub(crate) async fn ended(mut self) -> (Option<i32>, String) {
        let log = self.log.await.unwrap();
        (self.process.wait().await.unwrap().code(), log)
    }
}

/// The server within the test, on a demo portal.
pub(crate) struct InProcess {
    pub(crate) address: SocketAddr,
    pub(crate) portal: DemoPortal,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl InProcess {
    /// A server with these settings on a portal without limits, and without a cache.
    pub(crate) async fn start(settings: http::Settings) -> Self {
        Self::on(unlimited(None).await, settings).await
    }

    pub(crate) async fn on(portal: DemoPortal, settings: http::Settings) -> Self {
        Self::on_with_rate(portal, settings, None).await
    }

    pub(crate) async fn on_with_rate(
        portal: DemoPortal,
        settings: http::Settings,
        rate_limit: Option<RateLimit>,
    ) -> Self {
        let server = server_with_rate(&portal, rate_limit);
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), false).unwrap();
        let address = listener.address();
        let stop = CancellationToken::new();
        Self {
            address,
            portal,
            serving: tokio::spawn(http::serve(server, listener, settings, stop.clone())),
            stop,
        }
    }

    pub(crate) async fn with_limits(limits: Limits) -> Self {
        Self::start(http::Settings {
            limits,
            legacy_sse: true,
            ..http::Settings::default()
        })
        .await
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until the server has stopped.
    pub(crate) async fn stopped(self) {
        self.serving.await.unwrap();
    }
}

/// A server for the portal's address book, without a cache and without a rate limit.
pub(crate) fn server(portal: &DemoPortal) -> Server {
    server_with_rate(portal, None)
}

fn server_with_rate(portal: &DemoPortal, rate_limit: Option<RateLimit>) -> Server {
    let client = Portal::new(portal::Settings {
        rate_limit,
        ..portal::Settings::new(Credentials::from_webhook_url(&portal.webhook_url().unwrap()))
    });
    Server::new(Arc::new(AddressBook::new(client, Duration::ZERO)))
}

/// A demo portal without limits, with its own people or so many generated ones.
pub(crate) async fn unlimited(contacts: Option<usize>) -> DemoPortal {
    DemoPortal::start(demo::Settings {
        contacts,
        bucket: None,
        operating: None,
        ..demo::Settings::default()
    })
    .await
    .unwrap()
}

/// Checks until `condition` holds. The server notices a closed connection only while it answers, so `condition` should
/// send a request.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    for _ in 0..10_000 {
        if condition().await {
            return;
        }
    }
    panic!("{what}: it never came to that");
}

/// A look-up as a request of 2025-11-25.
pub(crate) fn look_up(id: u32, query: &str) -> Request {
    Request::post("/mcp", &call(id, query)).header("mcp-protocol-version", "2025-11-25")
}

pub(crate) fn call(id: u32, query: &str) -> Value {
    crate::support::harness::call(id, json!({"query": query}))
}
