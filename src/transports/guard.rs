//! Who may ask: the checks that every request passes before anything else looks at it, on every route.
//!
//! | check | refused with | |
//! |---|---|---|
//! | `Host` names this server | 403, or 400 if it is missing or malformed | [`AllowedHosts`] |
//! | `Origin`, if there is one, is no foreign web page's | 403 | [`AllowedOrigins`] |
//! | without a token, no sign of a proxy: none of its headers, and no HTTP/1.0, which nginx sends unless told otherwise | 403 | |
//! | the bearer token, if one is set | 401 with `WWW-Authenticate` | [`Token`] |
//! | the caller's rate, and its share of running calls | 429 with `Retry-After` | [`CallerLimit`] |
//! | calls that run at the same time, of all | 503 with `Retry-After` | [`MAX_RUNNING`] |
//!
//! Preflight requests of browsers carry no token and are answered before it is asked for.

mod callers;
mod names;
mod shares;
mod token;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::header::{HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use callers::CallerLimit;
pub use names::{AllowedHosts, AllowedOrigins, InvalidHosts, InvalidOrigins};
pub use token::{InvalidToken, Token};

use super::refusal::Refusal;
pub(super) use callers::other_machine;
use callers::{Caller, Callers};
use names::Authority;
pub(super) use shares::{Share, Shares};
use token::Shown;

/// Whom to let in.
#[derive(Debug)]
pub struct Settings {
    /// What callers have to show; `None`: nothing.
    pub token: Option<Token>,
    /// Names of this server beside loopback.
    pub allowed_hosts: AllowedHosts,
    /// Web pages that may call.
    pub allowed_origins: AllowedOrigins,
    /// How often one caller may call; `None`: as often as it likes.
    pub caller_limit: Option<CallerLimit>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            token: None,
            allowed_hosts: AllowedHosts::default(),
            allowed_origins: AllowedOrigins::default(),
            caller_limit: Some(CallerLimit::DEFAULT),
        }
    }
}

/// Calls that run at the same time, of one other machine.
pub(super) const RUNNING_OF_ONE: usize = 64;

/// Calls that run at the same time, of all callers together; each takes some eighty
/// kilobytes with its connection, and one with an event stream tens more, for rmcp's channels.
pub const MAX_RUNNING: usize = 1024;

/// What proxies add for others. Whoever puts a proxy before a server on loopback has opened it to whoever reaches the
/// proxy, which has to be meant.
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

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) remote: SocketAddr,
    pub(super) local: SocketAddr,
}

/// The checks.
#[derive(Debug)]
pub(super) struct Guard {
    token: Option<Token>,
    hosts: AllowedHosts,
    origins: AllowedOrigins,
    callers: Option<Callers>,
    shares: Arc<Shares>,
    max_running: usize,
    /// What is left of it.
    admissions: Arc<Semaphore>,
}

/// The caller of a request that was counted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// Whose share of the memory for bodies it takes.
    pub(super) address: IpAddr,
    /// Whose share of running calls and sessions it takes; `None` for a caller that is not limited.
    pub(super) limited: Option<IpAddr>,
}

/// A call that runs, until this is dropped.
#[derive(Debug)]
pub(super) struct Running(#[expect(dead_code, reason = "held for its drop")] (OwnedSemaphorePermit, Share));

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
            callers: settings.caller_limit.map(Callers::new),
            shares: Shares::new(RUNNING_OF_ONE),
            max_running,
            admissions: Arc::new(Semaphore::new(max_running)),
        }
    }

    /// True if callers have to show a token.
    pub(super) fn asks_for_a_token(&self) -> bool {
        self.token.is_some()
    }

    /// What the request names: `Host`, `Origin`, and those a proxy speaks for.
    pub(super) fn check_names(&self, request: &Parts, ends: Ends) -> Result<(), Refusal> {
        let host = host(&request.headers, &request.uri)?;
        if !self.hosts.contain(&host, ends.local.ip()) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "foreign_host",
                "this server does not go by the name in Host; whoever runs it can add the name to BITRIX24_MCP_ALLOWED_HOSTS",
            ));
        }
        let is_foreign = |origin: &HeaderValue| {
            let origin = origin.to_str().unwrap_or_default();
            !self.origins.contain(origin, &host)
        };
        let mut origins = request.headers.get_all(ORIGIN).iter();
        if origins.any(is_foreign) || is_loaded_by_a_foreign_page(&request.headers) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "foreign_origin",
                "web pages of this Origin may not call this server; whoever runs it can add it to BITRIX24_MCP_ALLOWED_ORIGINS",
            ));
        }
        if self.token.is_some() {
            return Ok(());
        }
        let refused = |message| Err(Refusal::new(StatusCode::FORBIDDEN, "proxy_without_token", message));
        if PROXY_HEADERS.iter().any(|name| request.headers.contains_key(*name)) {
            return refused(
                "this request comes through a proxy, so others than this machine's own programs may call; whoever runs the server has to set BITRIX24_MCP_HTTP_TOKEN first",
            );
        }
        if request.version < Version::HTTP_11 {
            return refused(
                "HTTP/1.0 looks like a proxy such as nginx, which would let other machines call; set BITRIX24_MCP_HTTP_TOKEN on the server, or use HTTP/1.1",
            );
        }
        Ok(())
    }

    /// The bearer token.
    pub(super) fn check_token(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let Some(token) = &self.token else { return Ok(()) };
        let refusal = |reason, message, challenge| {
            Err(Refusal::new(StatusCode::UNAUTHORIZED, reason, message).www_authenticate(challenge))
        };
        match token.check(headers) {
            Shown::Token => Ok(()),
            Shown::Nothing => refusal(
                "no_token",
                "this server asks for its token: send the header Authorization: Bearer TOKEN, with the value of BITRIX24_MCP_HTTP_TOKEN where the server runs",
                CHALLENGE,
            ),
            Shown::Another => refusal(
                "wrong_token",
                "this is not the server's token; ask whoever runs it for the value of BITRIX24_MCP_HTTP_TOKEN",
                CHALLENGE_WRONG,
            ),
        }
    }

    /// Counts the call, and says whose it is.
    pub(super) fn count(&self, ends: Ends, headers: &HeaderMap) -> Result<Counted, Refusal> {
        let caller = Caller::of(ends.remote.ip(), headers);
        let address = caller.address;
        let Some(callers) = self.callers.as_ref().filter(|callers| callers.limits(&caller)) else {
            return Ok(Counted { address, limited: None });
        };
        callers.count(address).map_err(|wait| {
            let message = "too many calls from your address; wait as long as Retry-After says";
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "caller_limit", message).retry_after(wait.as_secs() + 1)
        })?;
        let limited = Some(address);
        Ok(Counted { address, limited })
    }

    /// Lets one more call of this caller run.
    pub(super) fn admit(&self, caller: Counted) -> Result<Running, Refusal> {
        let share = self.shares.take(caller.limited).ok_or_else(|| {
            let message = "as many calls of your address are running as one may have; try again in a second";
            Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too_many_calls_of_one", message).retry_after(1)
        })?;
        let admitted = Arc::clone(&self.admissions).try_acquire_owned().map_err(|_| {
            let message = "as many calls are running as this server takes at once; try again in a second";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_calls", message).retry_after(1)
        })?;
        Ok(Running((admitted, share)))
    }

    /// Calls that are running.
    pub(super) fn running(&self) -> usize {
        self.max_running.saturating_sub(self.admissions.available_permits())
    }

    /// True if pages of some other origin may read answers.
    pub(super) fn names_origins(&self) -> bool {
        !self.origins.are_none()
    }

    /// True if pages of this origin may read answers.
    pub(super) fn names_origin(&self, origin: &HeaderValue) -> bool {
        origin.to_str().is_ok_and(|origin| self.origins.name(origin))
    }
}

/// A page may load pictures and the like from anywhere, which sends no `Origin`. Following a link is something else.
/// See <https://www.w3.org/TR/fetch-metadata/>.
fn is_loaded_by_a_foreign_page(headers: &HeaderMap) -> bool {
    let is = |name, value: &str| headers.get(name).is_some_and(|given: &HeaderValue| given == value);
    !headers.contains_key(ORIGIN) && is("sec-fetch-site", "cross-site") && !is("sec-fetch-mode", "navigate")
}

/// The one host that the request is for. A target in absolute form names it too, and both must agree.
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
