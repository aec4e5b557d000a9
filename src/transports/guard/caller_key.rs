//! What a limit counts: an address, or a signed-in employee of a team.

use std::net::IpAddr;

use crate::mcp::Person;

/// The caller that a limit counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::transports) enum CallerKey {
    /// An IPv4 address or an IPv6 network.
    Address(IpAddr),
    /// An employee who has signed in, from any address.
    Person(Person),
}
