//! `serve`: serves MCP over stdio or HTTP until a signal stops the process. Over stdio it also ends when the client
//! closes the connection.

use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::exit::{ExitStatus, Stop};
use super::global::Global;
use super::report;
use super::signals::Interruption;
use super::team_wiring::TeamWiring;
use super::wiring::Wiring;
use crate::config;
use crate::team::PublicUrl;
use crate::transports::http::{self, InvalidAddress, ListenAddress, Listener};
use crate::transports::stdio;

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp serve                          one client over stdio, as assistants start it
  bitrix24-mail-mcp serve --http 127.0.0.1:8024    many clients, at http://127.0.0.1:8024/mcp
  bitrix24-mail-mcp serve --http 8024 --demo       the same on the demo portal
  bitrix24-mail-mcp serve --http 8024 --team       each employee signs in, and sees their own address book
  bitrix24-mail-mcp serve --http 8024 --team --demo    the same with three employees of the demo portal

Open http://127.0.0.1:8024/ in a browser to see what to paste into each client. Beyond loopback, and
behind a proxy, the server requires BITRIX24_MCP_HTTP_TOKEN, and every request must carry it.
SIGTERM, SIGHUP and Ctrl-C let running calls finish.";

/// Arguments of `serve`.
#[derive(Debug, Default, Args)]
pub(super) struct Arguments {
    /// Serve over HTTP instead, on this IP address and port.
    ///
    /// A port alone means 127.0.0.1; port 0 means any free port; `systemd` means the socket of a .socket unit.
    #[arg(long, value_name = "ADDR", value_parser = listen)]
    http: Option<Listen>,
    /// Also serve the deprecated HTTP+SSE transport of 2024-11-05, on /sse and /messages.
    #[arg(long, requires = "http", conflicts_with = "team")]
    legacy_sse: bool,
    /// Serve a team: each employee signs in with their own Bitrix24 account and sees their own address book.
    ///
    /// Needs a local application on the portal and BITRIX24_MCP_PUBLIC_URL; docs/team.md shows each step.
    #[arg(long, requires = "http")]
    team: bool,
}

impl Arguments {
    /// True for HTTP with many clients, false for stdio with the one client that started the process.
    pub(super) fn is_over_http(&self) -> bool {
        self.http.is_some()
    }

    /// True for a server that a team shares.
    pub(super) fn is_for_team(&self) -> bool {
        self.team
    }
}

/// Where to listen.
#[derive(Debug, Clone, Copy)]
enum Listen {
    Address(ListenAddress),
    Systemd,
}

fn listen(text: &str) -> Result<Listen, String> {
    if text == "systemd" {
        return Ok(Listen::Systemd);
    }
    let address = text.parse().map_err(|error: InvalidAddress| format!("it {error}"));
    address.map(Listen::Address)
}

pub(super) async fn run(arguments: &Arguments, wiring: Wiring) -> Result<ExitStatus, Stop> {
    let interruption = wiring.interruption.clone();
    let stop = interruption.requested.clone();
    let serving = async {
        match arguments.http {
            Some(listen) => serve_http(listen, arguments.legacy_sse, wiring, stop).await,
            None => serve_stdio(wiring, stop).await,
        }
    };
    unless_forced(&interruption, serving).await
}

/// Serves a team until a signal stops the process.
pub(super) async fn run_for_team(
    arguments: &Arguments,
    global: &Global,
    settings: config::Settings,
) -> Result<ExitStatus, Stop> {
    let interruption = Interruption::listen().map_err(Stop::Runtime)?;
    let stop = interruption.requested.clone();
    let serving = async {
        // clap requires --http.
        let Some(listen) = arguments.http else {
            return Ok(ExitStatus::Usage);
        };
        serve_team(listen, global, settings, stop).await
    };
    unless_forced(&interruption, serving).await
}

async fn unless_forced(
    interruption: &Interruption,
    serving: impl Future<Output = Result<ExitStatus, Stop>>,
) -> Result<ExitStatus, Stop> {
    tokio::select! {
        outcome = serving => outcome,
        // A second signal ends the process without waiting for running calls.
        () = interruption.forced.cancelled() => Ok(ExitStatus::Interrupted),
    }
}

async fn serve_stdio(wiring: Wiring, stop: CancellationToken) -> Result<ExitStatus, Stop> {
    if io::stdin().is_terminal() {
        report::note("serving MCP over stdio, for an assistant to talk to; Ctrl-D ends it, --help lists the commands");
    }
    let (server, _) = wiring.into_server();
    stdio::serve(server, stop).await?;
    Ok(ExitStatus::Done)
}

async fn serve_http(
    listen: Listen,
    legacy_sse: bool,
    wiring: Wiring,
    stop: CancellationToken,
) -> Result<ExitStatus, Stop> {
    let (server, guard) = wiring.into_server();
    let has_token = guard.token.is_some();
    let listener = match listen {
        Listen::Address(address) => Listener::bind(address, has_token),
        Listen::Systemd => Listener::from_systemd(has_token),
    }?;
    let base = format!("http://{}", reachable(listener.address()));
    let legacy = if legacy_sse { ", and HTTP+SSE at /sse" } else { "" };
    let how = if has_token {
        "every request must carry the token".to_owned()
    } else {
        format!("open {base}/ to see what to paste into a client")
    };
    report::note(&format!("serving MCP at {base}/mcp{legacy}; {how}, Ctrl-C ends it"));
    let settings = http::Settings {
        guard,
        legacy_sse,
        ..http::Settings::default()
    };
    http::serve(server, listener, settings, stop).await;
    Ok(ExitStatus::Done)
}

async fn serve_team(
    listen: Listen,
    global: &Global,
    settings: config::Settings,
    stop: CancellationToken,
) -> Result<ExitStatus, Stop> {
    // Before the demo's server listens, its address may not be known: it is on loopback all the same.
    let public_url = match settings.team.public_url() {
        Some(url) => url.clone(),
        None if global.wants_demo() => PublicUrl::loopback(),
        None => settings.team.complete(&settings.portal.credentials)?.public_url,
    };
    let listener = match listen {
        Listen::Address(address) => Listener::bind_for_team(address, &public_url),
        Listen::Systemd => Listener::from_systemd_for_team(&public_url),
    }?;
    let base = format!("http://{}", reachable(listener.address()));
    let wiring = TeamWiring::build(global, settings, &base).await?;
    report::note(&format!(
        "serving a team at {}, listening on {base}; open {} to see what to paste into a client, Ctrl-C ends it",
        wiring.team.settings().public_url.resource(),
        wiring.team.settings().public_url.at("/"),
    ));
    if let Some(demo) = &wiring.demo {
        report::note(&format!("the demo portal of {} is at {}", EMPLOYEES, demo.origin()));
    }
    let settings = http::Settings {
        guard: wiring.guard,
        team: Some(wiring.team),
        ..http::Settings::default()
    };
    http::serve(wiring.server, listener, settings, stop).await;
    Ok(ExitStatus::Done)
}

/// The employees of the demo portal, for a note.
const EMPLOYEES: &str = "Anna, Boris and Carla";

/// The address as a client on this machine can use it: loopback in place of the unspecified address.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
