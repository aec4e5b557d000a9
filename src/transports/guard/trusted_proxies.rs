//! The proxies whose `X-Forwarded-For` is believed: `BITRIX24_MCP_TRUSTED_PROXIES`. Pure.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// Networks of proxies whose `X-Forwarded-For` is believed, in addition to this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

/// The text is not a list of networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a list of IP addresses or networks, such as 10.0.0.7 or 10.0.0.0/8, with commas between them")]
pub struct InvalidProxies;

/// The addresses that have the first `prefix` bits in common with `first`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    first: IpAddr,
    prefix: u32,
}

impl Network {
    /// A network of all addresses is refused: every caller could then write any address into `X-Forwarded-For`.
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().ok()?;
        let bits = if first.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => prefix.parse().ok()?,
            Some(_) => return None,
            None => bits,
        };
        (1..=bits).contains(&prefix).then_some(Self { first, prefix })
    }

    fn contains(self, address: IpAddr) -> bool {
        match (self.first, address) {
            (IpAddr::V4(first), IpAddr::V4(address)) => {
                (first.to_bits() ^ address.to_bits()).leading_zeros() >= self.prefix
            }
            (IpAddr::V6(first), IpAddr::V6(address)) => {
                (first.to_bits() ^ address.to_bits()).leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

impl FromStr for TrustedProxies {
    type Err = InvalidProxies;

    fn from_str(text: &str) -> Result<Self, InvalidProxies> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let networks = entries.map(Network::parse).collect::<Option<_>>();
        networks.map(Self).ok_or(InvalidProxies)
    }
}

impl TrustedProxies {
    /// True if `address` is one of these proxies. It is compared in its canonical form.
    pub(super) fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

/// The address in an entry of `X-Forwarded-For`. Some proxies add the port to the address.
pub(super) fn address_of(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let with_port = || entry.parse().map(|address: SocketAddr| address.ip());
    let alone = entry.trim_start_matches('[').trim_end_matches(']').parse();
    alone
        .or_else(|_| with_port())
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_has_the_addresses_with_its_prefix() {
        let proxies: TrustedProxies = "10.0.0.0/8, 192.0.2.7,2001:db8::/32, 172.16.5.1/12".parse().unwrap();
        for (address, is_trusted) in [
            ("10.0.0.0", true),
            ("10.255.255.255", true),
            ("11.0.0.0", false),
            ("9.255.255.255", false),
            ("192.0.2.7", true),
            ("192.0.2.6", false),
            ("172.31.0.9", true),
            ("172.32.0.9", false),
            ("2001:db8:ffff::1", true),
            ("2001:db9::1", false),
            ("::ffff:10.0.0.1", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(proxies.contain(address.parse().unwrap()), is_trusted, "{address}");
        }
        let none: TrustedProxies = " , ".parse().unwrap();
        assert!(!none.contain("10.0.0.1".parse().unwrap()));
    }

    #[test]
    fn a_text_with_an_entry_that_is_no_network_is_refused() {
        for wrong in [
            "10.0.0.0/33",
            "10.0.0.0/0",
            "::/0",
            "::/129",
            "10.0.0.0/+8",
            "10.0.0.0/",
            "10.0.0/8",
            "proxy.example",
            "10.0.0.1:80",
            "[::1]",
            "10.0.0.1 10.0.0.2",
            "10.0.0.1,*",
        ] {
            assert_eq!(wrong.parse::<TrustedProxies>(), Err(InvalidProxies), "{wrong}");
        }
    }
}
