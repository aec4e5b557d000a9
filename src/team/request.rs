//! A request to a page or an OAuth endpoint, as the transport passes it on.

use std::net::IpAddr;

/// A request to a page or an OAuth endpoint. Debug hides it whole, since every part may hold a secret.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The query as it was sent, without `?`.
    pub query: &'a str,
    /// The body. The transport has bounded its size.
    pub body: &'a [u8],
    /// The value of the header `Cookie`; several are joined with `; `.
    pub cookies: &'a str,
    /// The header `Origin`.
    pub origin: Option<&'a str>,
    /// The header `Accept-Language`.
    pub accept_language: &'a str,
    /// The address of the client, behind the trusted proxies: an IPv4 address or an IPv6 network.
    pub caller: IpAddr,
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Request")
    }
}
