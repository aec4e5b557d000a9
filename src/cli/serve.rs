//! `serve`: MCP over stdio until the client hangs up.

use std::io::{self, IsTerminal};

use super::wiring::Wiring;
use super::{ExitStatus, Stop, report};
use crate::transports::stdio;

pub(super) async fn run(wiring: Wiring) -> Result<ExitStatus, Stop> {
    if io::stdin().is_terminal() {
        report::note(
            "serving MCP over stdio, for an assistant to talk to; Ctrl-D ends it, --help tells what else there is",
        );
    }
    let (server, _demo) = wiring.into_server();
    stdio::serve(server).await?;
    Ok(ExitStatus::Done)
}
