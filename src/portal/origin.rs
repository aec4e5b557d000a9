//! Scheme, host and port of a portal or of an authorization server. Pure.
//!
//! Only https is accepted, and plain http for loopback addresses, since such traffic does not leave the machine.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// The address of a server without a path: `https://p.bitrix24.com`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    text: String,
    /// Host and port, for messages.
    authority: String,
    host: String,
    port: u16,
    is_plain_http: bool,
}

/// Why a text is no origin. No variant quotes the text: a URL may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidOrigin {
    /// Not a URL at all, or without a host.
    #[error("is not an address such as https://example.bitrix24.com")]
    NotAUrl,
    /// A scheme other than https or http.
    #[error("must begin with https://")]
    Scheme,
    /// `http://` to a host that is not a loopback address.
    #[error("is plain http, which would send secrets unprotected")]
    PlainHttp,
    /// `user:password@` before the host.
    #[error("holds a user name or password before the host")]
    UserInfo,
    /// A path, parameters or a fragment after the host.
    #[error("must end after the host: no path, no parameters")]
    Path,
}

impl Origin {
    /// The origin of a URL with any path.
    ///
    /// # Errors
    /// [`InvalidOrigin`], but not its variant `Path`.
    pub(super) fn of(url: &Url) -> Result<Self, InvalidOrigin> {
        let is_plain_http = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(InvalidOrigin::Scheme),
        };
        let host = url.host().ok_or(InvalidOrigin::NotAUrl)?;
        if is_plain_http && !is_loopback(&host) {
            return Err(InvalidOrigin::PlainHttp);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidOrigin::UserInfo);
        }
        let authority = match url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_string(),
        };
        let host = match host {
            Host::Ipv6(address) => address.to_string(),
            other => other.to_string(),
        };
        Ok(Self {
            text: format!("{}://{authority}", url.scheme()),
            authority,
            host,
            port: url.port_or_known_default().unwrap_or(443),
            is_plain_http,
        })
    }

    /// Scheme, host and port, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Host and port, as a message may show them.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host's name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, or the scheme's default port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// True for `http://`, which implies a loopback address.
    pub fn is_plain_http(&self) -> bool {
        self.is_plain_http
    }
}

/// Reads a portal as a person writes it: `example.bitrix24.com` or `https://example.bitrix24.com/`.
impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let url = if text.contains("://") {
            Url::parse(text)
        } else {
            Url::parse(&format!("https://{text}"))
        };
        let url = url.map_err(|_| InvalidOrigin::NotAUrl)?;
        let origin = Self::of(&url)?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidOrigin::Path);
        }
        Ok(origin)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        // Reserved for loopback by RFC 6761, section 6.3.
        Host::Domain(name) => *name == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portal_may_be_written_with_or_without_its_scheme() {
        for text in [
            "p.bitrix24.com",
            " https://p.bitrix24.com ",
            "HTTPS://P.bitrix24.com:443/",
        ] {
            let origin: Origin = text.parse().unwrap();
            assert_eq!(origin.as_str(), "https://p.bitrix24.com", "{text}");
            assert_eq!((origin.host(), origin.port()), ("p.bitrix24.com", 443));
        }
        let origin: Origin = "http://[::1]:8080".parse().unwrap();
        assert_eq!(
            (origin.authority(), origin.host(), origin.port()),
            ("[::1]:8080", "::1", 8080)
        );
    }

    #[test]
    fn each_mistake_has_its_own_name() {
        for (text, expected) in [
            ("", InvalidOrigin::NotAUrl),
            ("https://", InvalidOrigin::NotAUrl),
            ("ftp://p.example", InvalidOrigin::Scheme),
            ("http://p.example", InvalidOrigin::PlainHttp),
            ("https://u:p@p.example", InvalidOrigin::UserInfo),
            ("p.example/rest/1/secret/", InvalidOrigin::Path),
            ("https://p.example/?a=1", InvalidOrigin::Path),
        ] {
            assert_eq!(text.parse::<Origin>(), Err(expected), "{text}");
        }
    }
}
