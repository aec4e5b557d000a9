//! `serve`: MCP over stdio until the client hangs up, or over HTTP until the process is told to stop.

use std::io::{self, IsTerminal};

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::wiring::Wiring;
use super::{ExitStatus, Stop, report};
use crate::transports::http::{self, InvalidAddress, ListenAddress, Listener};
use crate::transports::{guard, stdio};

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp serve                            one client over stdio, as assistants start it
  bitrix24-mail-mcp serve --http 127.0.0.1:8024      many clients; MCP is at http://127.0.0.1:8024/mcp
  bitrix24-mail-mcp serve --http 127.0.0.1:8024 --demo

Open http://127.0.0.1:8024/ in a browser for what to paste into each client. Beyond loopback the server wants
BITRIX24_MCP_HTTP_TOKEN, and every client has to send it. SIGTERM and Ctrl-C let running calls finish.";

/// Arguments of `serve`.
#[derive(Debug, Default, Args)]
pub(super) struct Arguments {
    /// Serve over HTTP instead, on this IP address and port; `systemd` takes the socket of a .socket unit.
    #[arg(long, value_name = "ADDR", value_parser = place)]
    http: Option<Place>,
    /// Also serve the deprecated HTTP+SSE transport of 2024-11-05, on /sse and /messages.
    #[arg(long, requires = "http")]
    legacy_sse: bool,
}

/// Where to listen.
#[derive(Debug, Clone, Copy)]
enum Place {
    Address(ListenAddress),
    Systemd,
}

fn place(text: &str) -> Result<Place, String> {
    if text == "systemd" {
        return Ok(Place::Systemd);
    }
    let address = text.parse().map_err(|error: InvalidAddress| format!("it {error}"));
    address.map(Place::Address)
}

pub(super) async fn run(arguments: &Arguments, wiring: Wiring, guard: guard::Settings) -> Result<ExitStatus, Stop> {
    let stop = CancellationToken::new();
    let (served, twice) = (stop.clone(), CancellationToken::new());
    let hasty = twice.clone();
    tokio::spawn(async move {
        told_to_stop().await;
        stop.cancel();
        told_to_stop().await;
        twice.cancel();
    });
    let serving = async {
        match arguments.http {
            Some(place) => serve_http(place, arguments.legacy_sse, wiring, guard, served).await,
            None => serve_stdio(wiring, served).await,
        }
    };
    tokio::select! {
        outcome = serving => outcome,
        // Whoever asks twice does not want to wait.
        () = hasty.cancelled() => Ok(ExitStatus::Interrupted),
    }
}

async fn serve_stdio(wiring: Wiring, stop: CancellationToken) -> Result<ExitStatus, Stop> {
    if io::stdin().is_terminal() {
        report::note(
            "serving MCP over stdio, for an assistant to talk to; Ctrl-D ends it, --help tells what else there is",
        );
    }
    let (server, _demo) = wiring.into_server();
    stdio::serve(server, stop).await?;
    Ok(ExitStatus::Done)
}

async fn serve_http(
    place: Place,
    legacy_sse: bool,
    wiring: Wiring,
    guard: guard::Settings,
    stop: CancellationToken,
) -> Result<ExitStatus, Stop> {
    let has_token = guard.token.is_some();
    let listener = match place {
        Place::Address(address) => Listener::bind(address, has_token),
        Place::Systemd => Listener::from_systemd(has_token),
    }?;
    let base = format!("http://{}", listener.address());
    let legacy = if legacy_sse { ", and HTTP+SSE at /sse" } else { "" };
    report::note(&format!(
        "serving MCP at {base}/mcp{legacy}; open {base}/ for what to paste into a client, Ctrl-C ends it"
    ));
    let (server, _demo) = wiring.into_server();
    let settings = http::Settings {
        guard,
        legacy_sse,
        ..http::Settings::default()
    };
    http::serve(server, listener, settings, stop).await;
    Ok(ExitStatus::Done)
}

/// SIGTERM, or Ctrl-C.
async fn told_to_stop() {
    #[cfg(unix)]
    let terminated = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = terminated => {}
        () = interrupted => {}
    }
}
