//! `serve`: serves MCP over stdio or HTTP until a signal stops the process. Over stdio it also ends when the client
//! closes the connection.

use std::io::{self, IsTerminal};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use clap::Args;
use tokio_util::sync::CancellationToken;

use super::exit::{ExitStatus, Stop};
use super::global::Global;
use super::report;
use super::runtime::{Threads, with_settings, with_wiring};
use super::signals::Interruption;
use super::team_wiring::TeamWiring;
use super::wiring::{Wiring, demo_settings};
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
behind a proxy, the server requires BITRIX24_MCP_HTTP_TOKEN, and every request must carry it; with
--team each employee signs in instead.
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

/// Serves until a signal stops the process, or over stdio until the client closes the connection.
pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus, Stop> {
    match arguments.http {
        Some(listen) if arguments.team => with_settings(Threads::Several, global, async |settings| {
            let interruption = Interruption::listen().map_err(Stop::Runtime)?;
            let stop = interruption.requested.clone();
            unless_forced(&interruption, serve_team(listen, global, settings, stop)).await
        }),
        Some(listen) => with_wiring(Threads::Several, global, async |wiring| {
            let interruption = wiring.interruption.clone();
            let stop = interruption.requested.clone();
            unless_forced(&interruption, serve_http(listen, arguments.legacy_sse, wiring, stop)).await
        }),
        None => with_wiring(Threads::One, global, async |wiring| {
            let interruption = wiring.interruption.clone();
            let stop = interruption.requested.clone();
            unless_forced(&interruption, serve_stdio(wiring, stop)).await
        }),
    }
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
    let base = base(&listener);
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
    let bind = |public_url: &PublicUrl| match listen {
        Listen::Address(address) => Listener::bind_for_team(address, public_url),
        Listen::Systemd => Listener::from_systemd_for_team(public_url),
    };
    let (listener, wiring) = match demo_settings(global, settings.portal.rate_limit)? {
        None => {
            let team = settings.team.complete(&settings.portal.credentials)?;
            let listener = bind(&team.public_url)?;
            // The store may be waited for.
            match stop.run_until_cancelled(TeamWiring::live(settings, team)).await {
                Some(wiring) => (listener, wiring?),
                None => return Ok(ExitStatus::Done),
            }
        }
        // Without a public URL the demo's address is known once its server listens: it is on loopback.
        Some(demo) => match settings.team.public_url.clone() {
            Some(public_url) => (bind(&public_url)?, TeamWiring::demo(demo, settings, public_url).await?),
            None => {
                let listener = bind(&PublicUrl::loopback())?;
                let public_url = base(&listener).parse();
                let public_url = public_url.map_err(|error| Stop::Demo(io::Error::other(error)))?;
                (listener, TeamWiring::demo(demo, settings, public_url).await?)
            }
        },
    };
    report::note(&format!(
        "serving a team at {}, listening on http://{}; open {} to see what to paste into a client, Ctrl-C ends it",
        wiring.team.settings().public_url.resource(),
        listener.address(),
        wiring.team.settings().public_url.at("/"),
    ));
    // Kept until the server has ended.
    let demo = wiring.demo;
    if let Some((portal, _)) = &demo {
        report::note(&format!("the demo portal of {} is at {}", EMPLOYEES, portal.origin()));
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

/// The server's address as a client on this machine can use it: loopback in place of the unspecified address.
fn base(listener: &Listener) -> String {
    let address = listener.address();
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, address.port()))
}
