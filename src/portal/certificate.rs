//! A server's certificate: when it expires, and why it may be rejected. Pure.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Why the certificate of a server was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// The certificate has expired.
    #[error("the TLS handshake failed: the certificate has expired")]
    Expired,
    /// The certificate is not valid yet.
    #[error("the TLS handshake failed: the certificate is not valid yet")]
    NotValidYet,
    /// The certificate is for other names.
    #[error("the TLS handshake failed: the certificate is for another name")]
    OtherName,
    /// No authority that this system trusts has signed it.
    #[error("the TLS handshake failed: the certificate's issuer is not trusted by this system")]
    UnknownIssuer,
    /// Its issuer has withdrawn it.
    #[error("the TLS handshake failed: the certificate was revoked")]
    Revoked,
    /// Anything else.
    #[error("the TLS handshake failed: the certificate cannot be accepted")]
    Other,
}

/// The end of the year 9999 as a Unix time. The formatter of dates can write no later year.
const LATEST: u64 = 253_402_300_799;

/// When a certificate in DER expires; `None` if it cannot be read.
pub(super) fn expiry(der: &[u8]) -> Option<SystemTime> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let seconds = u64::try_from(certificate.validity().not_after.timestamp()).ok()?;
    Some(UNIX_EPOCH + Duration::from_secs(seconds.min(LATEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_certificate_have_no_expiry() {
        for der in [b"".as_slice(), b"0", b"0\x82\xff\xff", &[0x30; 400]] {
            assert_eq!(expiry(der), None);
        }
    }
}
