//! The portal client: requests, replies, limits, retries, tokens.

/// A batch that fails, on a scripted wire.
mod batch;
/// A disk that is full before, during and after an exchange of tokens.
#[cfg(unix)]
mod full_disk;
/// An application's tokens.
mod oauth;
/// Portals that are odd: damaged rows, messages of PHP, limits asked for too long, secrets like codes.
mod odd_portals;
/// Every shape of reply, one file a case.
mod replies;
/// Signals while tokens are being exchanged.
#[cfg(unix)]
mod signals;
/// Limits, retries, diagnosis, cancellation.
mod survival;
/// The same against the demo portal: every fault with every kind of credentials, its own limits, changing address books.
mod survival_on_the_demo_portal;
/// Real TLS: trusted, untrusted, expired, another name, no roots at all.
#[cfg(target_os = "linux")]
mod tls;
/// What goes over the wire to a portal.
mod wire;
