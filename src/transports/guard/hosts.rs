//! Parses and compares the hosts and origins that `Host` and `Origin` may name. Pure.
//!
//! | header | always allowed |
//! |---|---|
//! | `Host` | a loopback name or address; the address at which the connection arrived |
//! | `Origin` | a loopback name or address, with any port; the request's own host |
//!
//! A web page that makes its own name resolve to this machine (DNS rebinding) sends that name in both headers, so both
//! checks refuse it. An address is not resolved, so it cannot be rebound.

use std::net::IpAddr;
use std::str::FromStr;

/// A host and its port, from a header or from the settings.
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
        // `http` also accepts user names and unreadable ports; only a host and a port are allowed here.
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

    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.address().is_some_and(|address| address.is_loopback())
    }

    /// True if `self`, an entry of the settings, allows `other`. Clients leave out the default ports 80 and 443.
    fn matches(&self, other: &Self) -> bool {
        let is_port = |port| other.port == Some(port) || (other.port.is_none() && matches!(port, 80 | 443));
        self.host == other.host && self.port.is_none_or(is_port)
    }
}

/// Hosts that `Host` may name in addition to loopback: `BITRIX24_MCP_ALLOWED_HOSTS`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Vec<Authority>);

/// The text is not a list of host names.
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
    /// These hosts and `authority`, the host and perhaps the port of this server's public address.
    #[must_use]
    pub(in crate::transports) fn and(mut self, authority: &str) -> Self {
        self.0.extend(Authority::parse(authority));
        self
    }

    /// True if `Host` may name `host`. `arrived_at` is this machine's address at which the connection arrived.
    pub(super) fn allow(&self, host: &Authority, arrived_at: IpAddr) -> bool {
        host.is_loopback()
            || host.address() == Some(arrived_at.to_canonical())
            || self.0.iter().any(|allowed| allowed.matches(host))
    }
}

/// An origin of a web page, as a browser sends it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct WebOrigin {
    scheme: String,
    authority: Authority,
}

impl WebOrigin {
    /// `None` for `null` and for any text that is no origin.
    fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        let is_scheme = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_scheme.then_some(())?;
        Some(Self {
            scheme: scheme.to_ascii_lowercase(),
            authority: Authority::parse(authority)?,
        })
    }

    /// The port, which an origin leaves out if it is the scheme's default.
    fn port(&self) -> Option<u16> {
        self.authority.port.or(match self.scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        })
    }
}

/// Origins of web pages that may call this server and read the answers: `BITRIX24_MCP_ALLOWED_ORIGINS`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins(Vec<AllowedOrigin>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct AllowedOrigin {
    origin: WebOrigin,
    any_port: bool,
}

/// The text is not a list of origins.
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
            let origin = WebOrigin::parse(text).filter(|origin| !origin.authority.host.contains('*'))?;
            let is_contradictory = any_port && origin.authority.port.is_some();
            (!is_contradictory).then_some(AllowedOrigin { origin, any_port })
        });
        entries.collect::<Option<_>>().map(Self).ok_or(InvalidOrigins)
    }
}

impl AllowedOrigins {
    /// True if the settings list no origin, so that no page of another origin may read answers.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True if the settings list this origin.
    pub(super) fn list(&self, origin: &str) -> bool {
        WebOrigin::parse(origin).is_some_and(|origin| {
            self.0.iter().any(|allowed| {
                allowed.origin.scheme == origin.scheme
                    && allowed.origin.authority.host == origin.authority.host
                    && (allowed.any_port || allowed.origin.port() == origin.port())
            })
        })
    }

    /// True if a page of this origin may send requests to `host`.
    pub(super) fn allow(&self, origin: &str, host: &Authority) -> bool {
        self.list(origin)
            || WebOrigin::parse(origin).is_some_and(|origin| {
                let is_web = matches!(origin.scheme.as_str(), "http" | "https");
                is_web && (origin.authority.is_loopback() || origin.authority == *host)
            })
    }
}

/// The entries of a list with commas between them.
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
        Authority::parse(host).is_some_and(|host| allowed.allow(&host, arrived_at))
    }

    #[test]
    fn host_is_loopback_or_the_address_of_the_connection_or_listed() {
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
        let hosts = AllowedHosts::default().and("mcp.contoso.com:8443");
        let allows = |host| hosts.allow(&Authority::parse(host).unwrap(), LOOPBACK);
        assert!(allows("mcp.contoso.com:8443") && !allows("mcp.contoso.com") && !allows("evil.example"));
    }

    #[test]
    fn origin_is_loopback_or_the_host_itself_or_listed() {
        let host = Authority::parse("192.0.2.7:8024").unwrap();
        for (allowed, origin, passes, is_listed) in [
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
            assert_eq!(allowed.allow(origin, &host), passes, "{origin}");
            assert_eq!(allowed.list(origin), is_listed, "{origin}");
        }
    }

    #[test]
    fn lists_with_an_invalid_entry_are_refused() {
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
