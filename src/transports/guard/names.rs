//! What `Host` and `Origin` may name: parsing and comparing. Pure.
//!
//! | header | passes without being named |
//! |---|---|
//! | `Host` | a loopback name or address; the very address that the connection came in on |
//! | `Origin` | a loopback name or address, with any port; the request's own host |
//!
//! A page that rebinds its own name to this machine sends that name in both headers, so neither lets it in. Addresses
//! cannot be rebound.

use std::net::IpAddr;
use std::str::FromStr;

/// A host and its port, as a header names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Authority {
    /// In lower case, without the brackets of IPv6.
    host: String,
    port: Option<u16>,
}

impl Authority {
    /// `None` for anything but `host` or `host:port`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let authority: http::uri::Authority = text.parse().ok()?;
        // What `http` takes for a port is whatever it can read; here nothing else may stand beside the host.
        let port = match text.strip_prefix(authority.host())?.strip_prefix(':') {
            Some(port) => Some(port.parse().ok()?),
            None if text == authority.host() => None,
            None => return None,
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        (!host.is_empty()).then(|| Self {
            host: host.trim_end_matches('.').to_ascii_lowercase(),
            port,
        })
    }

    fn address(&self) -> Option<IpAddr> {
        self.host.parse().map(|address: IpAddr| address.to_canonical()).ok()
    }

    fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.address().is_some_and(|address| address.is_loopback())
    }

    /// True if `self`, an entry of a list, lets `other` pass. Clients leave out the port that goes without saying.
    fn lets_pass(&self, other: &Self) -> bool {
        let is_port = |port| other.port == Some(port) || (other.port.is_none() && matches!(port, 80 | 443));
        self.host == other.host && self.port.is_none_or(is_port)
    }
}

/// Names that `Host` may have beside loopback: `BITRIX24_MCP_ALLOWED_HOSTS`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Vec<Authority>);

/// A text that is not a list of hosts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a list of host names, with or without a port, and with commas between them")]
pub struct InvalidHosts;

impl FromStr for AllowedHosts {
    type Err = InvalidHosts;

    fn from_str(text: &str) -> Result<Self, InvalidHosts> {
        let entries = entries(text).map(|entry| Authority::parse(entry).filter(|entry| !entry.host.contains('*')));
        entries.collect::<Option<_>>().map(Self).ok_or(InvalidHosts)
    }
}

impl AllowedHosts {
    /// `arrived_at` is the address of this machine that the connection came in on.
    pub(super) fn contain(&self, host: &Authority, arrived_at: IpAddr) -> bool {
        host.is_loopback()
            || host.address() == Some(arrived_at.to_canonical())
            || self.0.iter().any(|allowed| allowed.lets_pass(host))
    }
}

/// An origin as a browser sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    authority: Authority,
}

impl Origin {
    /// `None` for `null` and for anything that is no origin.
    fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_scheme.then_some(())?;
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority: Authority::parse(authority)?,
        })
    }

    /// An origin leaves its scheme's own port out.
    fn port(&self) -> Option<u16> {
        self.authority.port.or(match self.scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        })
    }
}

/// Origins of web pages that may call, and read the answers: `BITRIX24_MCP_ALLOWED_ORIGINS`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Vec<AllowedOrigin>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowedOrigin {
    origin: Origin,
    any_port: bool,
}

/// A text that is not a list of origins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a list of origins (scheme, host, and the port if it is unusual) with commas between them")]
pub struct InvalidOrigins;

impl FromStr for AllowedOrigins {
    type Err = InvalidOrigins;

    fn from_str(text: &str) -> Result<Self, InvalidOrigins> {
        let entries = entries(text).map(|entry| {
            let (text, any_port) = match entry.strip_suffix(":*") {
                Some(base) => (base, true),
                None => (entry.trim_end_matches('/'), false),
            };
            let origin = Origin::parse(text).filter(|origin| !origin.authority.host.contains('*'))?;
            let is_contradictory = any_port && origin.authority.port.is_some();
            (!is_contradictory).then_some(AllowedOrigin { origin, any_port })
        });
        entries.collect::<Option<_>>().map(Self).ok_or(InvalidOrigins)
    }
}

impl AllowedOrigins {
    /// True if no origin is named, so that no page of another origin may read answers.
    pub(super) fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// True if the settings name this origin.
    pub(super) fn name(&self, origin: &str) -> bool {
        Origin::parse(origin).is_some_and(|origin| {
            self.0.iter().any(|allowed| {
                allowed.origin.scheme == origin.scheme
                    && allowed.origin.authority.host == origin.authority.host
                    && (allowed.any_port || allowed.origin.port() == origin.port())
            })
        })
    }

    /// True if a request with this origin may come to `host`.
    pub(super) fn contain(&self, origin: &str, host: &Authority) -> bool {
        self.name(origin)
            || Origin::parse(origin).is_some_and(|origin| {
                let is_web = matches!(origin.scheme.as_str(), "http" | "https");
                is_web && (origin.authority.is_loopback() || origin.authority == *host)
            })
    }
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOPBACK: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const OUTSIDE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 7));

    fn host_passes(allowed: &str, host: &str, arrived_at: IpAddr) -> bool {
        let allowed: AllowedHosts = allowed.parse().unwrap();
        Authority::parse(host).is_some_and(|host| allowed.contain(&host, arrived_at))
    }

    #[test]
    fn hosts() {
        for (allowed, host, passes) in [
            ("", "127.0.0.1:8024", true),
            ("", "127.0.0.1", true),
            ("", "127.9.9.9:1", true),
            ("", "localhost:8024", true),
            ("", "LOCALHOST.", true),
            ("", "[::1]:8024", true),
            ("", "[::ffff:127.0.0.1]:8024", true),
            ("", "localhost.evil.example", false),
            ("", "127.0.0.1.evil.example", false),
            ("", "evil.example:8024", false),
            ("", "user@localhost", false),
            ("", "localhost:", false),
            ("", "localhost:99999", false),
            ("", "local host", false),
            ("", "http://localhost", false),
            ("", "", false),
            ("", "192.0.2.7:8024", false),
            ("", "0.0.0.0:8024", false),
            ("mcp.contoso.com", "mcp.contoso.com", true),
            ("mcp.contoso.com", "MCP.contoso.com:443", true),
            ("mcp.contoso.com:443", "mcp.contoso.com:443", true),
            ("mcp.contoso.com:443", "mcp.contoso.com:444", false),
            ("mcp.contoso.com:443", "mcp.contoso.com", true),
            ("mcp.contoso.com:8443", "mcp.contoso.com", false),
            ("a.example, mcp.contoso.com", "mcp.contoso.com", true),
            ("contoso.com", "mcp.contoso.com", false),
        ] {
            assert_eq!(host_passes(allowed, host, LOOPBACK), passes, "{allowed} {host}");
        }
        assert!(
            host_passes("", "192.0.2.7:8024", OUTSIDE),
            "the address of the connection itself"
        );
        assert!(!host_passes("", "192.0.2.8:8024", OUTSIDE));
    }

    #[test]
    fn origins() {
        let host = Authority::parse("192.0.2.7:8024").unwrap();
        for (allowed, origin, passes, is_named) in [
            ("", "http://localhost:3000", true, false),
            ("", "https://127.0.0.1", true, false),
            ("", "http://[::1]:6274", true, false),
            ("", "http://192.0.2.7:8024", true, false),
            ("", "http://192.0.2.7:9000", false, false),
            ("", "http://evil.example", false, false),
            ("", "http://localhost.evil.example", false, false),
            ("", "http://user@localhost", false, false),
            ("", "null", false, false),
            ("", "", false, false),
            ("", "file://", false, false),
            ("", "chrome-extension://localhost", false, false),
            ("", "http://localhost/path", false, false),
            ("https://app.example", "https://app.example", true, true),
            ("https://app.example/", "https://app.example:443", true, true),
            ("https://app.example", "http://app.example", false, false),
            ("https://app.example", "https://app.example:444", false, false),
            ("https://app.example:*", "https://app.example:444", true, true),
            ("https://app.example:8443", "https://app.example:8443", true, true),
            ("https://app.example:8443", "https://app.example", false, false),
            (
                "https://a.example,http://localhost:6274",
                "http://localhost:6274",
                true,
                true,
            ),
        ] {
            let allowed: AllowedOrigins = allowed.parse().unwrap();
            assert_eq!(allowed.contain(origin, &host), passes, "{origin}");
            assert_eq!(allowed.name(origin), is_named, "{origin}");
        }
    }

    #[test]
    fn lists_that_are_none_are_refused() {
        for wrong in ["*", "https://a.example", "a b", "*.contoso.com", "a:b", "a/b"] {
            assert_eq!(wrong.parse::<AllowedHosts>(), Err(InvalidHosts), "{wrong}");
        }
        for wrong in [
            "*",
            "app.example",
            "https://",
            "https://*.app.example",
            "https://a:1:*",
            "null",
            "https://a/b",
        ] {
            assert_eq!(wrong.parse::<AllowedOrigins>(), Err(InvalidOrigins), "{wrong}");
        }
    }
}
