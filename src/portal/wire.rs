//! Sends a [`Request`] over the network and returns a [`RawReply`]. The only file that uses reqwest.
//!
//! https with the system's root certificates, http only to loopback addresses (the type of the address ensures that),
//! no automatic redirects, and a cap on the body. No error holds the URL.
//!
//! The time limits of one look-up:
//!
//! | limit | where | time |
//! |---|---|---|
//! | connecting to the portal | here: [`MAX_CONNECT_TIMEOUT`] | 10 s, or half the look-up's time if that is shorter |
//! | an idle connection is closed | here: [`IDLE_TIMEOUT`] | 10 s |
//! | the whole look-up, with waits and retries | `settings.rs`: `Settings::timeout`, the deadline in `caller.rs` | 25 s by default |
//! | one batch | `caller.rs` | three fifths of the look-up's time |
//! | the reason of a refusal | `old_api.rs` | 8 s |
//! | an exchange of tokens | `credentials/oauth.rs` | 15 s |

use std::error::Error as StdError;
use std::io;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::tls::TlsInfo;
use reqwest::{Client, ClientBuilder, redirect};
use secrecy::ExposeSecret;

use super::certificate::CertificateProblem;
use super::error::{ConnectionFailure, Error};
use super::reply::RawReply;
use super::request::Request;

/// The way to a portal: the network, or prepared replies in a test.
pub trait Wire: Send + Sync + std::fmt::Debug {
    /// Sends `request` and returns the whole reply. Dropping the future closes the connection.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::TooLarge`]; a complete reply of any status is no error here.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>>;

    /// Sends `request` over a new connection and returns the whole reply with the server's certificate.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    fn send_for_certificate(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        self.send(request)
    }
}

/// The most bytes of a reply's body. 200 contacts with the longest names and addresses are below 400 KiB, a tenth of
/// this.
const MAX_REPLY: usize = 4 * 1024 * 1024;

/// The longest time to connect; shorter if half the time of a look-up is shorter.
const MAX_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an idle connection is kept. Shorter than web servers keep one (nginx in common settings: 15 to 75 seconds),
/// so that no request is sent over a connection that the portal has just closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// The network. The first request sets up the client, since loading the system's certificates takes longer than the
/// whole MCP handshake.
#[derive(Debug)]
pub(super) struct HttpWire {
    connect_timeout: Duration,
    with_tls: OnceLock<Client>,
    plain: OnceLock<Client>,
}

impl Wire for HttpWire {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        Box::pin(async move {
            let client = match request.origin.is_plain_http() {
                true => &self.plain,
                false => &self.with_tls,
            };
            // A failure to make a client is not stored: certificates may be installed while the server runs.
            let client = match client.get() {
                Some(client) => client,
                None => {
                    let made = client_for(&request, self.builder())?;
                    client.get_or_init(|| made)
                }
            };
            post(client, request).await
        })
    }

    fn send_for_certificate(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        Box::pin(async move {
            let client = client_for(&request, self.builder().tls_info(true))?;
            post(&client, request).await
        })
    }
}

impl HttpWire {
    /// `timeout` is the time for one look-up.
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            connect_timeout: MAX_CONNECT_TIMEOUT.min(timeout / 2),
            with_tls: OnceLock::new(),
            plain: OnceLock::new(),
        }
    }

    fn builder(&self) -> ClientBuilder {
        // Another part of the process may have installed a provider already; either works.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::builder()
            .user_agent(concat!("bitrix24-mail-mcp/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .dns_resolver(Arc::new(SystemResolver))
    }
}

async fn post(client: &Client, request: Request) -> Result<RawReply, Error> {
    let host = request.origin.authority().to_owned();
    let mut call = client
        .post(request.url.expose_secret())
        .header(CONTENT_TYPE, request.content_type)
        .header(ACCEPT, "application/json")
        .body(request.body().to_vec());
    if let Some(authorization) = &request.authorization {
        // A token that is no valid header value is left out; the portal then refuses the call.
        if let Ok(mut value) = HeaderValue::from_str(authorization.expose_secret()) {
            value.set_sensitive(true);
            call = call.header(AUTHORIZATION, value);
        }
    }
    let mut response = call.send().await.map_err(|error| from_reqwest(&error, &host))?;
    let http_status = response.status().as_u16();
    // No header is logged: a server may echo the path, and with it the secret.
    tracing::debug!(http.status = http_status, "the portal's reply begins");
    let header = |name: HeaderName| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    let (location, retry_after, date) = (header(LOCATION), header(RETRY_AFTER), header(DATE));
    let certificate = response
        .extensions()
        .get::<TlsInfo>()
        .and_then(|info| info.peer_certificate().map(<[u8]>::to_vec));
    let announced = response
        .content_length()
        .and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > MAX_REPLY) {
        return Err(Error::TooLarge {
            http_status,
            limit: MAX_REPLY,
        });
    }
    let mut body = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(|error| from_reqwest(&error, &host))? {
        if body.len() + chunk.len() > MAX_REPLY {
            return Err(Error::TooLarge {
                http_status,
                limit: MAX_REPLY,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(RawReply {
        http_status,
        location,
        retry_after,
        date,
        body,
        certificate,
    })
}

fn client_for(request: &Request, builder: ClientBuilder) -> Result<Client, Error> {
    let (builder, failure) = match request.origin.is_plain_http() {
        // Loopback: no proxy, which would read the secret, and no certificates, which plain http does not use.
        true => (builder.no_proxy().tls_certs_only([]), ConnectionFailure::Lost),
        false => (builder, ConnectionFailure::NoRootCertificates),
    };
    builder.build().map_err(|_| Error::Unreachable {
        failure,
        host: request.origin.authority().to_owned(),
    })
}

/// The system's resolver, with an error of its own type, so that [`failure_in`] can recognise it.
struct SystemResolver;

#[derive(Debug, thiserror::Error)]
#[error("the name has no address")]
struct NameNotResolved;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses: Vec<_> = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(|_| NameNotResolved)?
                .collect();
            if addresses.is_empty() {
                return Err(NameNotResolved.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn from_reqwest(error: &reqwest::Error, host: &str) -> Error {
    let failure = if error.is_timeout() {
        // The only time limit set in reqwest is that on connecting; `caller.rs` keeps the deadline of the whole
        // look-up.
        ConnectionFailure::NotAccepted
    } else {
        failure_in(error).unwrap_or(ConnectionFailure::Lost)
    };
    tracing::debug!(portal.host = host, failure = ?failure, "no reply from the portal");
    Error::Unreachable {
        failure,
        host: host.to_owned(),
    }
}

/// Finds the failure among the causes of `error`, by their types, since libraries change their messages.
fn failure_in(error: &(dyn StdError + 'static)) -> Option<ConnectionFailure> {
    if error.is::<NameNotResolved>() {
        return Some(ConnectionFailure::NameNotResolved);
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(problem_in(error).map_or(ConnectionFailure::Tls, ConnectionFailure::Certificate));
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        if error.kind() == io::ErrorKind::ConnectionRefused {
            return Some(ConnectionFailure::Refused);
        }
        // `source` of an io::Error skips the error that it wraps, so look at that error itself.
        if let Some(failure) = error.get_ref().and_then(|wrapped| failure_in(wrapped)) {
            return Some(failure);
        }
    }
    error.source().and_then(failure_in)
}

fn problem_in(error: &rustls::Error) -> Option<CertificateProblem> {
    use rustls::CertificateError as Wrong;
    let rustls::Error::InvalidCertificate(wrong) = error else {
        return None;
    };
    Some(match wrong {
        Wrong::Expired | Wrong::ExpiredContext { .. } => CertificateProblem::Expired,
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => CertificateProblem::NotValidYet,
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => CertificateProblem::OtherName,
        // A bad signature comes from another authority with the same name.
        Wrong::UnknownIssuer | Wrong::BadSignature => CertificateProblem::UnknownIssuer,
        Wrong::Revoked => CertificateProblem::Revoked,
        _ => CertificateProblem::Other,
    })
}
