//! The portal client checks itself, for `doctor`: one finding for each check, in order. If a check fails, the checks
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

/// Checks everything that a look-up at the portal `origin` needs, within the time of one look-up. The token store is
/// checked last and may take two seconds more.
pub(super) async fn check(caller: &Caller, origin: &Origin) -> Vec<Finding> {
    let deadline = Instant::now() + caller.timeout;
    let (mut findings, failure) = connection::check(origin, &caller.shared.wire, caller.timeout, deadline).await;
    let blocked = findings.iter().find(|finding| finding.status == Status::Failed);
    match (blocked.map(|finding| finding.name), failure) {
        (Some(name), _) => findings.extend(rights::skipped_from("credential", name)),
        // The portal sent no reply, though no check failed: with plain http, or after a time-out, there is no TLS check.
        // So the next check, `credential`, fails with the error.
        (None, Some(error)) => findings.extend(rights::credential_failed(error)),
        (None, None) => findings.extend(Rights { caller, deadline }.check().await),
    }
    findings.push(store::check(caller.credentials.oauth().map(|oauth| oauth.store())).await);
    findings
}
