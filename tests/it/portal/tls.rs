//! Real TLS with certificates made for the test. The program checks them against the roots in `SSL_CERT_FILE`. Only on
//! Linux: elsewhere the roots are in the system's keychain.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::support::harness::{program, stderr, stdout};

pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self {
            issuer: CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap(),
        }
    }

    pub(crate) fn roots_file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("roots.pem");
        std::fs::write(&path, self.issuer.pem()).unwrap();
        path
    }

    /// A portal for `name` on a loopback port; answers every request with one contact.
    pub(crate) async fn portal(&self, name: &str, is_expired: bool) -> u16 {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if is_expired {
            parameters.not_before = date_time_ymd(2020, 1, 1);
            parameters.not_after = date_time_ymd(2020, 2, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
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
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut buffer = [0; 4096];
                let _ = stream.read(&mut buffer).await;
                let body = r#"{"result":{"items":[{"id":1,"email":"tls@example.com","name":"TLS"}]}}"#;
                let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _ = stream.write_all(reply.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        port
    }
}

async fn lookup(host: &str, port: u16, roots: &Path) -> Output {
    program()
        .args(["lookup", "--format", "json"])
        .env(
            "BITRIX24_WEBHOOK_URL",
            format!("https://{host}:{port}/rest/1/t1sc4narysecret/"),
        )
        .env("SSL_CERT_FILE", roots)
        .env_remove("SSL_CERT_DIR")
        .env("NO_PROXY", "*")
        .output()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_portal_with_a_trusted_certificate_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let port = authority.portal("localhost", false).await;
    let output = lookup("localhost", port, &authority.roots_file(folder.path())).await;
    assert!(stdout(&output).contains("tls@example.com"), "{}", stderr(&output));
}

#[tokio::test]
async fn an_untrusted_certificate_ends_the_call_before_the_secret_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let roots = authority.roots_file(folder.path());
    let cases = [
        ("expired", authority.portal("localhost", true).await),
        ("for another name", authority.portal("portal.example", false).await),
        (
            "of an unknown authority",
            Authority::new().portal("localhost", false).await,
        ),
    ];
    for (what, port) in cases {
        let output = lookup("localhost", port, &roots).await;
        assert_eq!(output.status.code(), Some(1), "{what}");
        assert!(
            stdout(&output).contains(r#""code":"TLS_FAILURE""#),
            "{what}: {}",
            stdout(&output)
        );
    }
}

#[tokio::test]
async fn a_system_without_root_certificates_is_named_as_the_cause() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    let port = Authority::new().portal("localhost", false).await;
    let output = lookup("localhost", port, &empty).await;
    assert!(
        stdout(&output).contains("no root certificates"),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    assert!(stdout(&output).contains(r#""code":"TLS_FAILURE""#));
}
