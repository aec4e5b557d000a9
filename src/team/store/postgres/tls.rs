//! TLS to a PostgreSQL server: which certificates are accepted, and the certificate of this program.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::ssl_mode::{ClientCertificate, Roots, SslMode, TlsOptions};

/// What makes connections with these options. It sets `is_used` when a server has shown its certificate.
///
/// # Errors
/// What is wrong with a file, as a phrase.
pub(super) fn connector(options: &TlsOptions, is_used: Arc<AtomicBool>) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let accepted = match (options.mode, &options.roots) {
        (SslMode::Disable | SslMode::Prefer | SslMode::Require, _) => Accepted::Any,
        (SslMode::VerifyCa | SslMode::VerifyFull, Roots::System) => Accepted::System(system(&provider)?),
        (mode, Roots::File(path)) => Accepted::issued_by(certificates(path)?, mode == SslMode::VerifyFull)
            .map_err(|reason| format!("the certificates in {} cannot be used: {reason}", path.display()))?,
    };
    let verifier = Verifier {
        accepted,
        provider: Arc::clone(&provider),
        is_used,
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier));
    let mut config = match &options.client {
        None => builder.with_no_client_auth(),
        Some(ClientCertificate { certificate, key }) => builder
            .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
            .map_err(|error| format!("sslcert and sslkey cannot be used together: {error}"))?,
    };
    // For `sslnegotiation=direct`; libpq sends it always.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

/// What the system accepts.
fn system(provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(provider));
    let verifier = verifier.map_err(|error| format!("the system's certificates cannot be read: {error}"))?;
    Ok(Arc::new(verifier))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = read(path)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(format!("the file {} holds no certificate in PEM", path.display())),
    }
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|_| {
        format!(
            "the file {} holds no private key in PEM without a password",
            path.display()
        )
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| format!("the file {} cannot be read: {error}", path.display()))
}

/// Which certificates are accepted.
#[derive(Debug)]
enum Accepted {
    /// Every certificate, since the address asks for no check.
    Any,
    /// Those that the system accepts for the host.
    System(Arc<dyn ServerCertVerifier>),
    /// Those of these authorities.
    IssuedBy {
        roots: RootCertStore,
        /// The same certificates. A server's own certificate may be among them.
        given: Vec<CertificateDer<'static>>,
        is_name_checked: bool,
    },
}

impl Accepted {
    fn issued_by(given: Vec<CertificateDer<'static>>, is_name_checked: bool) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in &given {
            roots.add(certificate.clone())?;
        }
        Ok(Self::IssuedBy {
            roots,
            given,
            is_name_checked,
        })
    }
}

#[derive(Debug)]
struct Verifier {
    accepted: Accepted,
    provider: Arc<CryptoProvider>,
    is_used: Arc<AtomicBool>,
}

impl Verifier {
    /// Checks a signature of the server by `check`, unless any server is accepted: whose signature it is was not checked
    /// then either.
    fn check_signature(
        &self,
        check: impl FnOnce(&WebPkiSupportedAlgorithms) -> Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.accepted {
            Accepted::Any => Ok(HandshakeSignatureValid::assertion()),
            _ => check(&self.provider.signature_verification_algorithms),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.is_used.store(true, Ordering::Relaxed);
        match &self.accepted {
            Accepted::Any => {}
            Accepted::System(system) => {
                return system.verify_server_cert(certificate, intermediates, host, ocsp, now);
            }
            Accepted::IssuedBy {
                roots,
                given,
                is_name_checked,
            } => {
                let parsed = ParsedCertificate::try_from(certificate)?;
                // A certificate that signs itself is the usual one of a small server.
                if given.iter().any(|own| own.as_ref() == certificate.as_ref()) {
                    check_validity(certificate, now)?;
                } else {
                    let algorithms = self.provider.signature_verification_algorithms.all;
                    verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms)?;
                }
                if *is_name_checked {
                    verify_server_name(&parsed, host)?;
                }
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(|algorithms| verify_tls12_signature(message, certificate, signature, algorithms))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(|algorithms| verify_tls13_signature(message, certificate, signature, algorithms))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

fn check_validity(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
        .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let validity = parsed.validity();
    if now > validity.not_after.timestamp() {
        return Err(Error::InvalidCertificate(CertificateError::Expired));
    }
    if now < validity.not_before.timestamp() {
        return Err(Error::InvalidCertificate(CertificateError::NotValidYet));
    }
    Ok(())
}

/// What is wrong with the TLS connection, as a phrase.
pub(super) fn reason(error: &Error) -> String {
    let Error::InvalidCertificate(problem) = error else {
        return format!("TLS failed: {error}");
    };
    use CertificateError as Wrong;
    let problem = match problem {
        Wrong::Expired | Wrong::ExpiredContext { .. } => "has expired",
        Wrong::NotValidYet | Wrong::NotValidYetContext { .. } => "is not valid yet",
        Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => {
            "is not for this host, whose name must be among its subject alternative names"
        }
        Wrong::UnknownIssuer | Wrong::BadSignature => "is of an unknown authority; sslrootcert names the known ones",
        Wrong::Revoked => "was revoked",
        _ => return format!("its certificate cannot be used: {error}"),
    };
    format!("its certificate {problem}")
}
