//! The address by which clients and browsers reach this server. Pure.
//!
//! All published addresses are made of this setting, never of a request's `Host`. The issuer and the resource are fixed
//! strings: clients compare them character by character.

use std::str::FromStr;

use url::Url;

use crate::portal::{InvalidOrigin, Origin};

/// The server's public address, without a path: `https://mcp.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    issuer: String,
    resource: String,
    authority: String,
    is_https: bool,
}

impl FromStr for PublicUrl {
    type Err = InvalidOrigin;

    /// Accepts https, and plain http for loopback addresses.
    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let origin: Origin = text.parse()?;
        Ok(Self::of(origin.as_str().to_owned(), origin.authority().to_owned()))
    }
}

impl PublicUrl {
    fn of(issuer: String, authority: String) -> Self {
        Self {
            resource: format!("{issuer}/mcp"),
            authority,
            is_https: issuer.starts_with("https:"),
            issuer,
        }
    }

    /// Plain http on this computer.
    pub fn loopback() -> Self {
        Self::of("http://127.0.0.1".to_owned(), "127.0.0.1".to_owned())
    }

    /// The issuer of RFC 8414, and the origin of our pages: scheme, host and port without a slash.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The resource of RFC 8707 and RFC 9728.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Host, and port unless it is the scheme's own.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// False for loopback http, to try the server.
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The address of a page or an endpoint of this server; `path` begins with a slash.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    /// True if `resource` means this server's `/mcp`: scheme and host in any case, and with or without a slash at the
    /// end. A fragment or a query makes it another resource.
    pub fn is_resource(&self, resource: &str) -> bool {
        let Ok(url) = Url::parse(resource) else { return false };
        let is_same = |path: &str| url.as_str() == format!("{}{path}", self.issuer);
        !resource.contains('#') && (is_same("/mcp") || is_same("/mcp/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n05_the_issuer_has_no_slash_and_the_resource_is_below_it() {
        let url: PublicUrl = "https://MCP.example.com/".parse().unwrap();
        assert_eq!(url.issuer(), "https://mcp.example.com");
        assert_eq!(url.resource(), "https://mcp.example.com/mcp");
        assert!("https://mcp.example.com/path".parse::<PublicUrl>().is_err());
        assert!("http://mcp.example.com".parse::<PublicUrl>().is_err());
        assert!(!"http://127.0.0.1:8024".parse::<PublicUrl>().unwrap().is_https());
    }

    #[test]
    fn n28_a_resource_is_compared_in_one_form() {
        let url: PublicUrl = "https://mcp.example.com".parse().unwrap();
        for ours in [
            "https://mcp.example.com/mcp",
            "https://mcp.example.com/mcp/",
            "HTTPS://MCP.Example.com:443/mcp",
        ] {
            assert!(url.is_resource(ours), "{ours}");
        }
        for other in [
            "",
            "https://mcp.example.com",
            "https://mcp.example.com/",
            "https://mcp.example.com/mcp#",
            "https://mcp.example.com/mcp?a",
            "https://mcp.example.com/MCP",
            "https://user@mcp.example.com/mcp",
            "https://mcp.example.com.evil.example/mcp",
            "http://mcp.example.com/mcp",
        ] {
            assert!(!url.is_resource(other), "{other}");
        }
    }
}
