//! The network's edge: sends a [`Request`] and brings back a [`RawReply`]. The only user of reqwest.
//!
//! https with the system's root certificates, http to loopback alone (the address type sees to that), no automatic
//! redirects, a limit on connecting, and a body that is read only up to a cap. An error leaves here without its URL.

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

/// Whatever takes requests to a portal: the network, or prepared replies in a test.
pub trait Wire: Send + Sync + std::fmt::Debug {
    /// Sends `request` and brings the whole reply. Dropping the future breaks the connection off.
    ///
    /// # Errors
    /// [`Error::Unreachable`] or [`Error::TooLarge`]; any reply that came whole is no error here.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>>;

    /// As [`send`](Self::send), over a new connection, and the reply holds the server's certificate.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    fn send_for_certificate(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        self.send(request)
    }
}

/// 200 contacts with the longest names and addresses stay under 400 KiB; ten times that is not an answer any more.
const MAX_REPLY: usize = 4 * 1024 * 1024;

/// A portal that does not accept a connection in this time, or in half the time of a look-up, will not do so at all.
const MAX_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// nginx gives up an idle connection after 15 to 75 seconds in common settings.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

/// The network. Nothing is set up before the first request: loading the system's certificates takes longer than
/// the whole MCP handshake.
#[derive(Debug)]
pub(super) struct HttpWire {
    connect_timeout: Duration,
    with_tls: OnceLock<Client>,
    plain: OnceLock<Client>,
}

impl Wire for HttpWire {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        Box::pin(async move {
            let place = match request.origin.is_plain_http() {
                true => &self.plain,
                false => &self.with_tls,
            };
            // A failure to make a client is not kept: certificates may be installed while the server runs.
            let client = match place.get() {
                Some(client) => client,
                None => {
                    let made = client_for(&request, self.builder())?;
                    place.get_or_init(|| made)
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
    /// `timeout` is the time of one look-up.
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            connect_timeout: MAX_CONNECT_TIMEOUT.min(timeout / 2),
            with_tls: OnceLock::new(),
            plain: OnceLock::new(),
        }
    }

    fn builder(&self) -> ClientBuilder {
        // Another part of the process may have chosen a provider already; either serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::builder()
            .user_agent(concat!("bitrix24-mail-mcp/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.connect_timeout)
            // Shorter than web servers keep an idle connection, so that none is used that the portal has just given up.
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
        // A token that is no header value was damaged on its way into the settings; the portal then says so.
        if let Ok(mut value) = HeaderValue::from_str(authorization.expose_secret()) {
            value.set_sensitive(true);
            call = call.header(AUTHORIZATION, value);
        }
    }
    let mut response = call.send().await.map_err(|error| from_reqwest(&error, &host))?;
    let http_status = response.status().as_u16();
    // Nothing else of the head is logged: what answers may echo the path, and with it the secret.
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
        // For loopback: no proxy, which would see the secret in the clear, and no certificates, which nobody would check.
        true => (builder.no_proxy().tls_certs_only([]), ConnectionFailure::Lost),
        false => (builder, ConnectionFailure::NoRootCertificates),
    };
    builder.build().map_err(|_| Error::Unreachable {
        failure,
        host: request.origin.authority().to_owned(),
    })
}

/// The system's resolver, with an error that can be told from a refused connection.
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
        // The only limit that reqwest is given; the one on the whole look-up is the portal client's.
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

/// Walks the causes by type: message texts of libraries change.
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
        // The source of a wrapping io::Error is that of the wrapped error, so the wrapped one must be asked itself.
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
        // An authority of the same name with another key is another authority.
        Wrong::UnknownIssuer | Wrong::BadSignature => CertificateProblem::UnknownIssuer,
        Wrong::Revoked => CertificateProblem::Revoked,
        _ => CertificateProblem::Other,
    })
}
