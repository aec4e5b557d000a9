//! The portal client checks itself, for `doctor`: one finding a check, in order. Once a check has failed, the checks
//! that depend on it are skipped.
//!
//! | part | checks |
//! |---|---|
//! | [`connection`] | `dns`, `tcp`, `tls`, `clock`: without credentials, so no secret reaches a wrong server |
//! | [`rights`] | `credential`, `identity`, `scope` by the old API; `method`, `round_trip`, `rate_limit` by a call |
//! | [`store`] | `token_store` |

mod connection;
mod exposure;
mod finding;
mod rights;
mod store;

use tokio::time::Instant;

use super::caller::Caller;
use super::origin::Origin;
pub use exposure::exposures;
pub use finding::{Finding, Remedy, Status};
use rights::Rights;

/// The names of all checks, in order.
pub(super) fn check_names() -> impl Iterator<Item = &'static str> {
    let parts = [connection::CHECKS, rights::CHECKS, &[store::CHECK]];
    parts.into_iter().flatten().copied()
}

/// Checks everything between this process and a result from the portal at `origin`, within the time of one look-up.
pub(super) async fn check(caller: &Caller, origin: &Origin) -> Vec<Finding> {
    let deadline = Instant::now() + caller.timeout;
    let (mut findings, failure) = connection::check(origin, &caller.shared.wire, caller.timeout, deadline).await;
    let blocked = findings.iter().find(|finding| finding.status == Status::Failed);
    match (blocked.map(|finding| finding.name), failure) {
        (Some(name), _) => findings.extend(rights::skipped_from("credential", name)),
        // Over plain http no handshake can be to blame, so the first check that sends a request reports the failure.
        (None, Some(error)) => findings.extend(rights::credential_failed(error)),
        (None, None) => findings.extend(Rights { caller, deadline }.check().await),
    }
    findings.push(store::check(caller.shared.credentials.oauth().map(|oauth| oauth.store())).await);
    findings
}
