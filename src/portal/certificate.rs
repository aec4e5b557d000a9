//! A server's certificate: until when it is valid, and what can be wrong with it. Pure.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Why the certificate of a server was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// Its time is over.
    #[error("the TLS handshake failed: the certificate has expired")]
    Expired,
    /// Its time has not begun.
    #[error("the TLS handshake failed: the certificate is not valid yet")]
    NotValidYet,
    /// It is for other names.
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

/// The end of the year 9999, the last that dates are written for.
const LATEST: u64 = 253_402_300_799;

/// Until when a certificate in DER is valid; `None` if it cannot be read.
pub(super) fn expiry(der: &[u8]) -> Option<SystemTime> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).ok()?;
    let seconds = u64::try_from(certificate.validity().not_after.timestamp()).ok()?;
    Some(UNIX_EPOCH + Duration::from_secs(seconds.min(LATEST)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_has_no_expiry() {
        for der in [b"".as_slice(), b"0", b"0\x82\xff\xff", &[0x30; 400]] {
            assert_eq!(expiry(der), None);
        }
    }
}
