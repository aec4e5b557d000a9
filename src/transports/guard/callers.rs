//! The rate limit of each caller: `BITRIX24_MCP_CALLER_LIMIT`.
//!
//! A caller is an IPv4 address or an IPv6 network, since one machine has many addresses in its IPv6 network. Behind a
//! proxy on this machine, or one of [`TrustedProxies`], the caller is the last entry of `X-Forwarded-For` that is no
//! trusted proxy. A local program that has the token can forge that entry: the limit is for remote callers. Local
//! programs are limited only if the setting is set.
//!
//! A signed-in employee of a team is a caller of their own, wherever they call from: an office may have one address.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{HeaderMap, HeaderValue};

use super::caller_key::CallerKey;
use super::trusted_proxies::{TrustedProxies, address_of};

/// How many calls one caller may make.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallerLimit {
    /// Calls a second.
    pub per_second: f64,
    /// Calls that may come at the same moment after a pause.
    pub burst: u32,
    /// Whether programs on this machine are limited too.
    pub limits_loopback: bool,
}

impl CallerLimit {
    /// Far more than an assistant needs, far less than a program in an endless loop makes.
    pub const DEFAULT: Self = Self {
        per_second: 20.0,
        burst: 200,
        limits_loopback: false,
    };
}

/// Counts the calls of each caller and refuses those above the limit.
pub(super) struct CallerRateLimiter {
    limiter: RateLimiter<CallerKey, HashMapStateStore<CallerKey>, DefaultClock>,
    limits_loopback: bool,
    calls: AtomicU64,
}

/// After so many calls the limiter forgets each caller that may make a full burst again. This bounds the memory.
const CALLS_BETWEEN_CLEANINGS: u64 = 4096;

impl CallerRateLimiter {
    pub(super) fn new(limit: CallerLimit) -> Self {
        let period = Duration::from_secs_f64(1.0 / limit.per_second.clamp(0.001, 1_000_000.0));
        let burst = NonZeroU32::new(limit.burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::with_period(period).unwrap_or_else(|| Quota::per_second(burst));
        Self {
            limiter: RateLimiter::hashmap(quota.allow_burst(burst)),
            limits_loopback: limit.limits_loopback,
            calls: AtomicU64::new(0),
        }
    }

    /// Counts one call of `caller`.
    ///
    /// # Errors
    /// The time until the caller may call again.
    pub(super) fn count(&self, caller: &CallerKey) -> Result<(), Duration> {
        if self.calls.fetch_add(1, Ordering::Relaxed) % CALLS_BETWEEN_CLEANINGS == CALLS_BETWEEN_CLEANINGS - 1 {
            self.limiter.retain_recent();
        }
        self.limiter
            .check_key(caller)
            .map_err(|not_yet| not_yet.wait_time_from(self.limiter.clock().now()))
    }

    /// True if the calls of `caller` are counted.
    pub(super) fn limits(&self, caller: &Caller) -> bool {
        self.limits_loopback || !caller.is_local_program
    }
}

/// The sender of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) address: IpAddr,
    /// A program on this machine, and not a proxy for another caller.
    is_local_program: bool,
}

impl Caller {
    /// The caller behind a connection from `remote`, whose request has `headers`.
    pub(super) fn of(remote: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) -> Self {
        let other = |address| Self {
            address,
            is_local_program: false,
        };
        if let Some(machine) = machine_unless_proxy(remote, proxies) {
            return other(machine);
        }
        let remote = remote.to_canonical();
        let proxy = if remote.is_loopback() { remote } else { network(remote) };
        let mut nearest = None;
        for entry in forwarded_for(headers) {
            match address_of(entry) {
                Some(address) if proxies.contain(address) => nearest = Some(address),
                Some(address) => return other(network(address)),
                // All requests with an unreadable entry count as one caller: the proxy.
                None => return other(proxy),
            }
        }
        match nearest {
            Some(address) => other(network(address)),
            None => Self {
                address: proxy,
                is_local_program: remote.is_loopback(),
            },
        }
    }
}

impl std::fmt::Debug for CallerRateLimiter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallerRateLimiter").finish_non_exhaustive()
    }
}

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The caller that `remote` counts as, if it is another machine; `None` for this machine and for a trusted proxy, whose
/// connections carry the requests of many callers.
pub(super) fn machine_unless_proxy(remote: IpAddr, proxies: &TrustedProxies) -> Option<IpAddr> {
    let remote = remote.to_canonical();
    (!remote.is_loopback() && !proxies.contain(remote)).then(|| network(remote))
}

/// The entries of `X-Forwarded-For`, the last one first.
fn forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.get_all(FORWARDED_FOR).iter().rev();
    values.flat_map(|value: &HeaderValue| value.to_str().unwrap_or_default().rsplit(','))
}

/// The /64 network of an IPv6 address, the smallest that a customer is assigned; an IPv4 address stays as it is.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callers(limits_loopback: bool) -> CallerRateLimiter {
        CallerRateLimiter::new(CallerLimit {
            per_second: 0.1,
            burst: 2,
            limits_loopback,
        })
    }

    fn passes(callers: &CallerRateLimiter, remote: &str, forwarded: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        let caller = Caller::of(remote.parse().unwrap(), &headers, &TrustedProxies::default());
        !callers.limits(&caller) || callers.count(&CallerKey::Address(caller.address)).is_ok()
    }

    #[test]
    fn behind_trusted_proxies_the_last_address_that_is_none_of_them_is_the_caller() {
        let proxies: TrustedProxies = "10.0.0.0/8, 2001:db8:1::/48".parse().unwrap();
        let caller = |remote: &str, entries: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in entries {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            let caller = Caller::of(remote.parse().unwrap(), &headers, &proxies);
            assert!(!caller.is_local_program, "{remote} {entries:?}");
            caller.address.to_string()
        };
        for (remote, entries, expected) in [
            ("10.1.2.3", &["192.0.2.9, 192.0.2.1"][..], "192.0.2.1"),
            ("::ffff:10.1.2.3", &["192.0.2.9, 192.0.2.1, 10.0.0.7"], "192.0.2.1"),
            ("2001:db8:1::5", &["192.0.2.1", "10.0.0.7,10.0.0.8"], "192.0.2.1"),
            ("127.0.0.1", &["192.0.2.1, 10.0.0.7"], "192.0.2.1"),
            ("127.0.0.1", &["192.0.2.1, 127.0.0.1"], "127.0.0.1"),
            ("10.1.2.3", &["192.0.2.1, garbage"], "10.1.2.3"),
            ("10.1.2.3", &["192.0.2.1, garbage, 10.0.0.7"], "10.1.2.3"),
            ("10.1.2.3", &["10.0.0.8, 10.0.0.7"], "10.0.0.8"),
            ("10.1.2.3", &[], "10.1.2.3"),
            ("192.0.2.77", &["192.0.2.1"], "192.0.2.77"),
            ("10.1.2.3", &["2001:db8:7:8:9::1"], "2001:db8:7:8::"),
        ] {
            assert_eq!(caller(remote, entries), expected, "{remote} {entries:?}");
        }
    }

    #[test]
    fn each_caller_has_its_own_limit() {
        let callers = callers(false);
        for remote in [
            "192.0.2.1",
            "192.0.2.2",
            "2001:db8::1",
            "2001:db8:0:1::1",
            "::ffff:192.0.2.3",
        ] {
            assert!(
                passes(&callers, remote, &[]) && passes(&callers, remote, &[]),
                "{remote}"
            );
            assert!(!passes(&callers, remote, &[]), "{remote}");
        }
        assert!(!passes(&callers, "2001:db8::99", &[]), "the same network");
        assert!(
            !passes(&callers, "192.0.2.3", &[]),
            "the same address written otherwise"
        );
        assert!(
            !passes(&callers, "192.0.2.1", &["192.0.2.9"]),
            "only a proxy on this machine is believed"
        );
    }

    #[test]
    fn local_programs_are_limited_only_if_the_setting_says_so() {
        for remote in ["127.0.0.1", "::1"] {
            let free = callers(false);
            assert!((0..100).all(|_| passes(&free, remote, &[])));
            let limited = callers(true);
            assert_eq!((0..100).filter(|_| passes(&limited, remote, &[])).count(), 2);
        }
    }

    #[test]
    fn behind_a_local_proxy_the_last_forwarded_address_is_the_caller() {
        let callers = callers(false);
        let through = |entries: &[&str]| passes(&callers, "127.0.0.1", entries);
        assert!(through(&["192.0.2.1"]) && through(&["10.0.0.1, 192.0.2.1"]));
        assert!(!through(&["192.0.2.7", "10.0.0.2 ,192.0.2.1"]), "the last entry counts");
        assert!(through(&["192.0.2.2"]));
        assert!(!through(&["192.0.2.1:4711"]), "with a port");
        assert!(through(&["[2001:db8::1]:443"]) && through(&["2001:db8::1"]) && !through(&["[2001:db8::2]"]));
        assert!(
            through(&["unknown"]) && through(&[""]) && !through(&["_hidden"]),
            "one caller"
        );
    }

    #[test]
    fn the_number_of_remembered_callers_is_bounded() {
        let callers = CallerRateLimiter::new(CallerLimit {
            per_second: 1_000_000.0,
            burst: 1,
            limits_loopback: false,
        });
        for number in 0..100_000_u32 {
            let remote = IpAddr::V4((0x0a00_0000 + number).into());
            callers.count(&CallerKey::Address(remote)).unwrap();
        }
        assert!(callers.limiter.len() <= 2 * 4096, "{}", callers.limiter.len());
    }
}
