//! The way to the host of a document: the network, or prepared replies in a test.

use std::fmt::Debug;
use std::net::SocketAddr;

use futures_util::future::BoxFuture;

use super::address::MetadataAddress;

/// Resolves names and fetches documents.
pub(super) trait Network: Debug + Send + Sync {
    /// The addresses of a host; none if the name has no address.
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Vec<SocketAddr>>;

    /// Fetches a document over a new connection to one of `hosts`, without resolving the name again. A complete reply of
    /// any status is no error.
    fn get<'a>(
        &'a self,
        address: &'a MetadataAddress,
        hosts: &'a [SocketAddr],
    ) -> BoxFuture<'a, Result<Reply, NoReply>>;
}

/// The reply of a host.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// The header `Content-Type`.
    pub(super) content_type: Option<String>,
    /// The header `Cache-Control`.
    pub(super) cache_control: Option<String>,
    /// The body.
    pub(super) body: Vec<u8>,
}

/// Why there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoReply {
    #[error("this system has no root certificates")]
    NoRootCertificates,
    #[error("the connection failed or broke")]
    Connection,
    #[error("the document is longer than 5 KiB")]
    TooLarge,
}

/// The most bytes of a document.
pub(super) const MAX_DOCUMENT: usize = 5 * 1024;
