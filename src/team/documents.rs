//! The documents that clients find the server by: protected resource metadata (RFC 9728) and authorization server metadata (RFC 8414).

/// The one scope: to look recipients up.
pub(super) const SCOPE: &str = "mail.recipients";
