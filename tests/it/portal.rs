//! The portal client: requests, replies, limits, retries, tokens.

/// The application of a team server: exchanges, and whose a token is.
mod application_client;
/// A batch that fails, on a scripted wire.
mod batch;
/// Calls for the employees of a team: tokens, refreshes, and which refusals are reported.
mod employees;
/// A full disk before, during and after an exchange of tokens.
#[cfg(unix)]
mod full_disk;
/// An application's tokens.
mod oauth;
/// Faulty portals: damaged rows, messages of PHP, very long waits, secrets that look like codes.
mod odd_portals;
/// Every shape of reply, one file for each case.
mod replies;
/// Signals while tokens are being exchanged.
#[cfg(unix)]
mod signals;
/// Limits, retries, the reason of a refusal, cancellation.
mod survival;
/// The portal client against the demo portal: every fault with every kind of credentials, and the demo's own limits.
mod survival_on_the_demo_portal;
/// Real TLS: certificates that are trusted, untrusted, expired or for another name, and a system without roots.
#[cfg(target_os = "linux")]
mod tls;
/// The bytes of requests and replies.
mod wire;
