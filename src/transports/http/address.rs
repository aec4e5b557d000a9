//! Parses the address to listen on, the value of `--http`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

/// Where to listen: `127.0.0.1:8024`, `[::1]:8024`, `localhost:8024`, or a port alone, which means loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListenAddress(SocketAddr);

/// The text is no address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an IP address and a port, such as 127.0.0.1:8024 or [::1]:8024")]
pub struct InvalidAddress;

impl ListenAddress {
    pub(super) fn socket_address(self) -> SocketAddr {
        self.0
    }
}

impl FromStr for ListenAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        if let Ok(address) = text.parse() {
            return Ok(Self(address));
        }
        let port = match text.rsplit_once(':') {
            None => text,
            Some((host, port)) if host.is_empty() || host.eq_ignore_ascii_case("localhost") => port,
            Some(_) => return Err(InvalidAddress),
        };
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|_| is_number).ok_or(InvalidAddress)?;
        Ok(Self(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)))
    }
}

impl std::fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_needs_a_port_and_an_ip_address_or_localhost() {
        for (text, expected) in [
            ("127.0.0.1:8024", Some("127.0.0.1:8024")),
            (" 0.0.0.0:80 ", Some("0.0.0.0:80")),
            ("[::1]:8024", Some("[::1]:8024")),
            ("localhost:8024", Some("127.0.0.1:8024")),
            ("LocalHost:0", Some("127.0.0.1:0")),
            (":8024", Some("127.0.0.1:8024")),
            ("8024", Some("127.0.0.1:8024")),
            ("127.0.0.1", None),
            ("::1", None),
            ("127.0.0.1:99999", None),
            ("127.0.0.1:+80", None),
            ("portal.example:8024", None),
            ("http://127.0.0.1:8024/mcp", None),
            ("localhost:", None),
            ("+8", None),
            ("", None),
        ] {
            let parsed = text.parse::<ListenAddress>().ok().map(|address| address.to_string());
            assert_eq!(parsed.as_deref(), expected, "{text:?}");
        }
    }
}
