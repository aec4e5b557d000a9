//! `serve`: MCP over stdio until the client hangs up.

use super::wiring::Wiring;
use super::{ExitStatus, Stop};
use crate::transports::stdio;

pub(super) async fn run(wiring: Wiring) -> Result<ExitStatus, Stop> {
    let (server, _demo) = wiring.into_server();
    stdio::serve(server).await?;
    Ok(ExitStatus::Done)
}
