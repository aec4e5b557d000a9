//! Fetches a document over the network. Besides the portal's wire the only file that uses reqwest.
//!
//! https with the system's root certificates, no proxy, no redirects, no cookies, and a cap on the body. A proxy would
//! resolve the name by itself, and with it connect to an address that nobody has checked.

use std::net::SocketAddr;

use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use reqwest::{Certificate, Client, redirect};

use super::address::MetadataAddress;
use super::network::{MAX_DOCUMENT, Network, NoReply, Reply};

/// The port of https.
const PORT: u16 = 443;

/// The network.
#[derive(Debug, Default)]
pub(super) struct HttpNetwork {
    /// Trusted in place of the system's root certificates, by tests.
    roots: Option<Certificate>,
}

impl Network for HttpNetwork {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Vec<SocketAddr>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((host, PORT)).await;
            found.map(Iterator::collect).unwrap_or_default()
        })
    }

    fn get<'a>(
        &'a self,
        address: &'a MetadataAddress,
        hosts: &'a [SocketAddr],
    ) -> BoxFuture<'a, Result<Reply, NoReply>> {
        Box::pin(async move {
            let client = self.client(address, hosts)?;
            let request = client.get(address.as_str()).header(ACCEPT, "application/json");
            let mut response = request.send().await.map_err(|_| NoReply::Connection)?;
            let header = |name: HeaderName| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
            let mut reply = Reply {
                status: response.status().as_u16(),
                content_type: header(CONTENT_TYPE),
                cache_control: header(CACHE_CONTROL),
                body: Vec::new(),
            };
            while let Some(chunk) = response.chunk().await.map_err(|_| NoReply::Connection)? {
                if reply.body.len() + chunk.len() > MAX_DOCUMENT {
                    return Err(NoReply::TooLarge);
                }
                reply.body.extend_from_slice(&chunk);
            }
            Ok(reply)
        })
    }
}

impl HttpNetwork {
    /// A client for one request, which connects to `hosts` only.
    fn client(&self, address: &MetadataAddress, hosts: &[SocketAddr]) -> Result<Client, NoReply> {
        // Another part of the process may have installed a provider already; either works.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder()
            .user_agent(concat!("bitrix24-mail-mcp/", env!("CARGO_PKG_VERSION")))
            .https_only(true)
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .pool_max_idle_per_host(0)
            .resolve_to_addrs(address.host(), hosts);
        let builder = match &self.roots {
            Some(root) => builder.tls_certs_only([root.clone()]),
            None => builder,
        };
        builder.build().map_err(|_| NoReply::NoRootCertificates)
    }
}

#[cfg(test)]
mod tests;
