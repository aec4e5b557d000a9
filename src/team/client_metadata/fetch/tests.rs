//! Fetching over real TLS on loopback, with certificates made for the test.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

use super::super::address::MetadataAddress;
use super::super::network::{MAX_DOCUMENT, Network, NoReply, Reply};
use super::HttpNetwork;

/// A name that no resolver knows.
const HOST: &str = "client.invalid";

/// A host on loopback with a certificate for one name.
struct Host {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    network: HttpNetwork,
}

impl Host {
    async fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &issuer).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            acceptor: TlsAcceptor::from(Arc::new(config)),
            network: HttpNetwork {
                roots: Some(reqwest::Certificate::from_pem(issuer.pem().as_bytes()).unwrap()),
            },
        }
    }

    fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    async fn get(&self) -> Result<Reply, NoReply> {
        self.network.get(&document(), &[self.address()]).await
    }

    /// Accepts one connection and reads the head of its request.
    async fn request(&self) -> (String, TlsStream<TcpStream>) {
        let (stream, _) = self.listener.accept().await.unwrap();
        let mut stream = self.acceptor.accept(stream).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        (String::from_utf8(head).unwrap().to_lowercase(), stream)
    }

    /// Answers one request, and returns its head.
    async fn answer(&self, reply: &str) -> String {
        let (head, mut stream) = self.request().await;
        // A client that has seen enough closes the connection.
        let _ = stream.write_all(reply.as_bytes()).await;
        let _ = stream.shutdown().await;
        head
    }
}

fn document() -> MetadataAddress {
    MetadataAddress::read(&format!("https://{HOST}/oauth/client.json")).unwrap()
}

fn with_body(length: usize) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: max-age=600\r\n\
         set-cookie: a=b\r\nconnection: close\r\n\r\n{}",
        " ".repeat(length)
    )
}

#[tokio::test]
async fn n20_the_given_address_is_connected_to_for_the_name_of_the_document() {
    let host = Host::new(HOST).await;
    let reply = with_body(MAX_DOCUMENT);
    let (reply, head) = tokio::join!(host.get(), host.answer(&reply));
    let reply = reply.unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.content_type.as_deref(), Some("application/json"));
    assert_eq!(reply.cache_control.as_deref(), Some("max-age=600"));
    assert_eq!(reply.body.len(), MAX_DOCUMENT);
    assert!(head.starts_with("get /oauth/client.json http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nhost: client.invalid\r\n"), "{head}");
    for header in ["cookie:", "referer:", "authorization:"] {
        assert!(!head.contains(header), "{head}");
    }
}

#[tokio::test]
async fn n21_a_redirect_is_not_followed() {
    let host = Host::new(HOST).await;
    let to = format!(
        "HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1:{}/x\r\ncontent-length: 0\r\n\r\n",
        host.address().port()
    );
    let (reply, _) = tokio::join!(host.get(), host.answer(&to));
    assert_eq!(reply.unwrap().status, 302);
}

#[tokio::test]
async fn n21_a_longer_document_is_not_read_to_its_end() {
    let host = Host::new(HOST).await;
    for length in [MAX_DOCUMENT + 1, 1024 * 1024] {
        let reply = with_body(length);
        let (reply, _) = tokio::join!(host.get(), host.answer(&reply));
        assert_eq!(reply.unwrap_err(), NoReply::TooLarge, "{length}");
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_or_of_an_unknown_authority_is_refused() {
    let other_name = Host::new("other.invalid").await;
    let untrusted = Host::new(HOST).await;
    for host in [&other_name, &untrusted] {
        let (document, address) = (document(), [host.address()]);
        let get = other_name.network.get(&document, &address);
        let accept = async {
            let (stream, _) = host.listener.accept().await.unwrap();
            host.acceptor.accept(stream).await.is_err()
        };
        let (reply, was_refused) = tokio::join!(get, accept);
        assert_eq!(reply.unwrap_err(), NoReply::Connection);
        assert!(was_refused);
    }
}

#[tokio::test]
async fn a_host_that_does_not_listen_has_no_reply() {
    let host = Host::new(HOST).await;
    let address = host.address();
    drop(host.listener);
    let reply = host.network.get(&document(), &[address]).await;
    assert_eq!(reply.unwrap_err(), NoReply::Connection);
    assert!(host.network.resolve(HOST).await.is_empty());
}

#[tokio::test]
async fn n21_a_reply_that_stops_in_the_middle_ends_with_the_time_for_it() {
    let host = Host::new(HOST).await;
    let (has_begun, begun) = oneshot::channel();
    let serve = async {
        let (_, mut stream) = host.request().await;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.flush().await.unwrap();
        has_begun.send(()).unwrap();
        stream.read_u8().await.is_err()
    };
    let get = async {
        let limited = tokio::time::timeout(std::time::Duration::from_secs(5), host.get());
        tokio::pin!(limited);
        tokio::select! {
            _ = &mut limited => panic!("the reply has not ended"),
            _ = begun => (),
        }
        // Nothing more comes, so the clock goes on to the limit.
        tokio::time::pause();
        limited.await.is_err()
    };
    let (is_closed, is_too_slow) = tokio::join!(serve, get);
    assert!(is_too_slow && is_closed, "the connection is closed");
}
