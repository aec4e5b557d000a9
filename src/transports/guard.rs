//! Decides which requests are let in. The first four checks apply to every route of a server for one person; the others
//! only to calls and new sessions, and their handlers run them. `http/team.rs` says which apply to a team's routes.
//!
//! | check | refused with | |
//! |---|---|---|
//! | `Host` names this server | 403, or 400 if it is missing or malformed | [`AllowedHosts`] |
//! | `Origin`, if it is sent, is not the origin of a foreign web page | 403 | [`AllowedOrigins`] |
//! | without a token, no sign of a proxy: none of its headers, and no HTTP/1.0, which nginx sends by default | 403 | |
//! | the bearer token, if one is set | 401 with `WWW-Authenticate` | [`Token`] |
//! | the caller's rate limit, and its number of running calls | 429 with `Retry-After` | [`CallerLimit`], `MAX_RUNNING_PER_CALLER` |
//! | the number of running calls of all callers | 503 with `Retry-After` | [`MAX_RUNNING`] |
//!
//! Preflight requests of browsers carry no token and are answered before the token is checked.

mod caller_key;
mod callers;
mod hosts;
mod per_caller;
mod token;
mod trusted_proxies;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use callers::CallerLimit;
pub use hosts::{AllowedHosts, AllowedOrigins, InvalidHosts, InvalidOrigins};
pub use token::{InvalidToken, Token};
pub use trusted_proxies::{InvalidProxies, TrustedProxies};

use super::refusal::Refusal;
use crate::mcp::Person;
pub(super) use caller_key::CallerKey;
use callers::{Caller, CallerRateLimiter, machine_unless_proxy};
use hosts::Authority;
pub(super) use per_caller::{CallerQuota, Reservation};
use token::TokenCheck;

/// The settings that decide which requests are let in.
#[derive(Debug)]
pub struct Settings {
    /// The token that callers must send; `None` if they need none.
    pub token: Option<Token>,
    /// Host names of this server in addition to loopback.
    pub allowed_hosts: AllowedHosts,
    /// Origins of web pages that may call.
    pub allowed_origins: AllowedOrigins,
    /// How often one caller may call; `None` for no limit.
    pub caller_limit: Option<CallerLimit>,
    /// The proxies on other machines whose `X-Forwarded-For` is believed.
    pub trusted_proxies: TrustedProxies,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            token: None,
            allowed_hosts: AllowedHosts::default(),
            allowed_origins: AllowedOrigins::default(),
            caller_limit: Some(CallerLimit::DEFAULT),
            trusted_proxies: TrustedProxies::default(),
        }
    }
}

/// Calls of one caller that run at the same time. Local programs have this limit only if [`CallerLimit`] says so.
pub(super) const MAX_RUNNING_PER_CALLER: usize = 64;

/// Calls of all callers that run at the same time. Each takes about 80 kB with its connection, and a call with an event
/// stream tens of kB more, for rmcp's channels.
pub const MAX_RUNNING: usize = 1024;

/// Headers that proxies add. A proxy before a server on loopback opens the server to every machine that reaches the
/// proxy, so its operator must set a token first.
const PROXY_HEADERS: [&str; 8] = [
    "cf-connecting-ip",
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-real-ip",
];

/// The addresses of both ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConnectionAddresses {
    pub(super) remote: SocketAddr,
    pub(super) local: SocketAddr,
}

/// The checks, with the counters that they need.
#[derive(Debug)]
pub(super) struct Guard {
    token: Option<Token>,
    hosts: AllowedHosts,
    origins: AllowedOrigins,
    callers: Option<CallerRateLimiter>,
    proxies: TrustedProxies,
    running_per_caller: Arc<CallerQuota>,
    max_running: usize,
    /// One permit for each call that may still begin.
    free_places: Arc<Semaphore>,
}

/// The caller of a request that was counted for the rate limit.
#[derive(Debug, Clone)]
pub(super) struct CountedCaller {
    /// The caller whose share of the memory for bodies the request uses.
    pub(super) address: IpAddr,
    /// The caller whose running calls and sessions are limited; `None` if it has no limit.
    pub(super) limited: Option<CallerKey>,
}

/// A place among the running calls, which is freed when this value is dropped.
#[derive(Debug)]
pub(super) struct RunningCall(#[expect(dead_code, reason = "held for its drop")] (OwnedSemaphorePermit, Reservation));

const CHALLENGE: &str = r#"Bearer realm="bitrix24-mail-mcp""#;
const CHALLENGE_WRONG: &str = r#"Bearer realm="bitrix24-mail-mcp", error="invalid_token""#;

impl Guard {
    pub(super) fn new(settings: Settings, max_running: usize) -> Self {
        if settings.token.as_ref().is_some_and(Token::is_short) {
            tracing::warn!("the HTTP token is short enough to be guessed; use 16 characters or more");
        }
        Self {
            token: settings.token,
            hosts: settings.allowed_hosts,
            origins: settings.allowed_origins,
            callers: settings.caller_limit.map(CallerRateLimiter::new),
            proxies: settings.trusted_proxies,
            running_per_caller: CallerQuota::new(MAX_RUNNING_PER_CALLER),
            max_running,
            free_places: Arc::new(Semaphore::new(max_running)),
        }
    }

    /// True if callers must send a token.
    pub(super) fn needs_token(&self) -> bool {
        self.token.is_some()
    }

    /// Checks that `Host` names this server.
    pub(super) fn check_host(&self, request: &Parts, addresses: ConnectionAddresses) -> Result<(), Refusal> {
        let host = host(&request.headers, &request.uri)?;
        if self.hosts.allow(&host, addresses.local.ip()) {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "foreign_host",
            "this server is not known by the name in Host; its operator can add the name to BITRIX24_MCP_ALLOWED_HOSTS",
        ))
    }

    /// Refuses requests that a foreign web page sends.
    pub(super) fn check_origin(&self, request: &Parts) -> Result<(), Refusal> {
        let host = host(&request.headers, &request.uri)?;
        let is_foreign = |origin: &HeaderValue| {
            let origin = origin.to_str().unwrap_or_default();
            !self.origins.allow(origin, &host)
        };
        let mut origins = request.headers.get_all(ORIGIN).iter();
        if !origins.any(is_foreign) && !is_loaded_by_a_foreign_page(&request.headers) {
            return Ok(());
        }
        Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "foreign_origin",
            "web pages of this Origin may not call this server; its operator can add the origin to BITRIX24_MCP_ALLOWED_ORIGINS",
        ))
    }

    /// As [`check_origin`](Self::check_origin), for an address that links and redirects of any site may lead to. Frames
    /// are refused: a page could open them unseen and as often as it likes.
    pub(super) fn check_origin_unless_followed(&self, request: &Parts) -> Result<(), Refusal> {
        if !is(&request.headers, "sec-fetch-mode", "navigate") {
            return self.check_origin(request);
        }
        let destination = request.headers.get("sec-fetch-dest");
        if destination.is_none_or(|destination| destination == "document") {
            return Ok(());
        }
        let message = "this page opens as a page of its own only, not within another page";
        Err(Refusal::new(StatusCode::FORBIDDEN, "framed", message))
    }

    /// Refuses requests through a proxy if no token is set.
    pub(super) fn check_proxy(&self, request: &Parts) -> Result<(), Refusal> {
        if self.token.is_some() {
            return Ok(());
        }
        let refused = |message| Err(Refusal::new(StatusCode::FORBIDDEN, "proxy_without_token", message));
        if has_proxy_headers(&request.headers) {
            return refused(
                "this request comes through a proxy, which would let other machines call; the server's operator must set BITRIX24_MCP_HTTP_TOKEN first",
            );
        }
        if request.version < Version::HTTP_11 {
            return refused(
                "HTTP/1.0 looks like a proxy such as nginx, which would let other machines call; set BITRIX24_MCP_HTTP_TOKEN on the server, or use HTTP/1.1",
            );
        }
        Ok(())
    }

    /// Refuses requests that do not come from a program on this machine, unless they carry the token, if one is set. A
    /// proxy on this machine may add no header of its own, but passes the public name on in `Host`.
    pub(super) fn check_operator(&self, request: &Parts, addresses: ConnectionAddresses) -> Result<(), Refusal> {
        let is_local = addresses.remote.ip().to_canonical().is_loopback()
            && host(&request.headers, &request.uri)?.is_loopback()
            && !has_proxy_headers(&request.headers)
            && request.version >= Version::HTTP_11;
        match &self.token {
            Some(token) if token.check(&request.headers) == TokenCheck::Valid => Ok(()),
            _ if is_local => Ok(()),
            Some(_) => self.check_token(&request.headers),
            None => Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "not_the_operator",
                "only programs on the server's machine may read this; its operator can set BITRIX24_MCP_HTTP_TOKEN for others",
            )),
        }
    }

    /// Checks the bearer token, if one is set.
    pub(super) fn check_token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(token) = &self.token else { return Ok(()) };
        let refusal = |reason, message, challenge| {
            Err(Refusal::new(StatusCode::UNAUTHORIZED, reason, message)
                .www_authenticate(HeaderValue::from_static(challenge)))
        };
        match token.check(headers) {
            TokenCheck::Valid => Ok(()),
            TokenCheck::Missing => refusal(
                "no_token",
                "this server needs a token: send the header Authorization: Bearer TOKEN, with the value of BITRIX24_MCP_HTTP_TOKEN on the server",
                CHALLENGE,
            ),
            TokenCheck::Wrong => refusal(
                "wrong_token",
                "this is not the server's token; ask its operator for the value of BITRIX24_MCP_HTTP_TOKEN",
                CHALLENGE_WRONG,
            ),
        }
    }

    /// The caller whose number of connections is limited; `None` for this machine and for trusted proxies.
    pub(super) fn connected_caller(&self, remote: IpAddr) -> Option<CallerKey> {
        machine_unless_proxy(remote, &self.proxies).map(CallerKey::Address)
    }

    /// Counts one call for the rate limit of its caller: the employee, if one has signed in, else the address.
    ///
    /// # Errors
    /// The caller is above its rate limit.
    pub(super) fn count_call(
        &self,
        addresses: ConnectionAddresses,
        headers: &HeaderMap,
        employee: Option<&Person>,
    ) -> Result<CountedCaller, Refusal> {
        let caller = Caller::of(addresses.remote.ip(), headers, &self.proxies);
        let address = caller.address;
        let limited = self.callers.as_ref().and_then(|callers| match employee {
            Some(person) => Some((callers, CallerKey::Person(person.clone()))),
            None => callers
                .limits(&caller)
                .then_some((callers, CallerKey::Address(address))),
        });
        let Some((callers, key)) = limited else {
            return Ok(CountedCaller { address, limited: None });
        };
        callers.count(&key).map_err(|wait| {
            let message = match employee {
                Some(_) => "too many calls of yours; wait as long as Retry-After says",
                None => "too many calls from your address; wait as long as Retry-After says",
            };
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "caller_limit", message).retry_after(wait.as_secs() + 1)
        })?;
        let limited = Some(key);
        Ok(CountedCaller { address, limited })
    }

    /// Takes a place among the running calls for this caller.
    ///
    /// # Errors
    /// The caller, or all callers together, have as many running calls as they may.
    pub(super) fn admit(&self, caller: &CountedCaller) -> Result<RunningCall, Refusal> {
        let reservation = self.running_per_caller.reserve(caller.limited.clone()).ok_or_else(|| {
            let message = match caller.limited {
                Some(CallerKey::Person(_)) => {
                    "as many of your calls are running as one person may have; try again in a second"
                }
                _ => "your address has as many running calls as one address may have; try again in a second",
            };
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too_many_calls_of_one", message).retry_after(1)
        })?;
        let place = Arc::clone(&self.free_places).try_acquire_owned().map_err(|_| {
            let message = "this server is running as many calls as it may; try again in a second";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_calls", message).retry_after(1)
        })?;
        Ok(RunningCall((place, reservation)))
    }

    /// The number of running calls.
    pub(super) fn running_calls(&self) -> usize {
        self.max_running.saturating_sub(self.free_places.available_permits())
    }

    /// True if the settings list an origin.
    pub(super) fn has_allowed_origins(&self) -> bool {
        !self.origins.is_empty()
    }

    /// True if the settings list this origin, so that the origin's pages may read answers.
    pub(super) fn lists_origin(&self, origin: &HeaderValue) -> bool {
        origin.to_str().is_ok_and(|origin| self.origins.list(origin))
    }
}

fn has_proxy_headers(headers: &HeaderMap) -> bool {
    PROXY_HEADERS.iter().any(|name| headers.contains_key(*name))
}

/// True if a web page of another site loads this URL as a picture, script or the like. Browsers send no `Origin` then.
/// Following a link is allowed. See <https://www.w3.org/TR/fetch-metadata/>.
fn is_loaded_by_a_foreign_page(headers: &HeaderMap) -> bool {
    !headers.contains_key(ORIGIN)
        && is(headers, "sec-fetch-site", "cross-site")
        && !is(headers, "sec-fetch-mode", "navigate")
}

fn is(headers: &HeaderMap, name: &str, value: &str) -> bool {
    headers.get(name).is_some_and(|given| given == value)
}

/// The host that `Host` names. A target in absolute form names a host too, which must be the same.
fn host(headers: &HeaderMap, uri: &Uri) -> Result<Authority, Refusal> {
    let mut values = headers.get_all(HOST).iter();
    let host = match (values.next(), values.next()) {
        (Some(host), None) => host.to_str().ok().and_then(Authority::parse),
        _ => None,
    };
    let named = uri.authority().map(|authority| Authority::parse(authority.as_str()));
    match host {
        Some(host) if named.is_none_or(|named| named.as_ref() == Some(&host)) => Ok(host),
        _ => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "bad_host",
            "the request needs one Host header, with a name and perhaps a port",
        )),
    }
}
