//! The TLS options of a PostgreSQL address, as libpq has them.

use std::path::PathBuf;

/// How far TLS protects the connections, from not at all to fully.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SslMode {
    /// No TLS.
    Disable,
    /// TLS if the server has it, with any certificate.
    Prefer,
    /// TLS with any certificate.
    Require,
    /// TLS with a certificate of a known authority.
    VerifyCa,
    /// TLS with a certificate of a known authority, for this host.
    VerifyFull,
}

impl SslMode {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "disable" => Self::Disable,
            // libpq's `allow` begins without TLS. A connection that can have TLS gets it here.
            "allow" | "prefer" => Self::Prefer,
            "require" => Self::Require,
            "verify-ca" => Self::VerifyCa,
            "verify-full" => Self::VerifyFull,
            _ => return None,
        })
    }
}

/// The authorities that may issue the server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Roots {
    /// Those that the system trusts.
    System,
    /// Those in this file, in PEM.
    File(PathBuf),
}

/// The certificate that this program shows to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ClientCertificate {
    /// The file of the certificate, in PEM.
    pub(super) certificate: PathBuf,
    /// The file of its key, in PEM.
    pub(super) key: PathBuf,
}

/// The TLS options of an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TlsOptions {
    /// How far TLS protects the connections.
    pub(super) mode: SslMode,
    /// The authorities for the modes that need some.
    pub(super) roots: Roots,
    /// The certificate for servers that ask for one.
    pub(super) client: Option<ClientCertificate>,
}

/// The texts of the TLS options in an address.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// `sslmode`.
    pub(super) mode: Option<String>,
    /// `sslrootcert`.
    pub(super) root: Option<String>,
    /// `sslcert`.
    pub(super) certificate: Option<String>,
    /// `sslkey`.
    pub(super) key: Option<String>,
}

impl Given {
    /// The options. `usual_roots` is the file of authorities in the user's home, which libpq uses too.
    ///
    /// # Errors
    /// What is wrong, as a phrase without a value.
    pub(super) fn options(self, usual_roots: Option<PathBuf>) -> Result<TlsOptions, &'static str> {
        let usual_roots = usual_roots.filter(|path| path.is_file());
        let has_system_roots = self.root.as_deref() == Some("system");
        let mode = match self.mode.as_deref().map(SslMode::parse) {
            None if has_system_roots => SslMode::VerifyFull,
            None => SslMode::Prefer,
            Some(None) => {
                return Err("has a wrong sslmode; use disable, allow, prefer, require, verify-ca or verify-full");
            }
            Some(Some(mode)) => mode,
        };
        if has_system_roots && mode != SslMode::VerifyFull {
            return Err("has sslrootcert=system, which needs sslmode=verify-full");
        }
        let roots = match self.root {
            Some(_) if has_system_roots => None,
            Some(path) => Some(PathBuf::from(path)),
            None => usual_roots,
        };
        let mode = match (mode, &roots) {
            (SslMode::Require, Some(_)) => SslMode::VerifyCa,
            // Anybody gets a certificate of an authority that the system trusts, but only for a host of their own.
            (SslMode::VerifyCa, None) => SslMode::VerifyFull,
            (mode, _) => mode,
        };
        let client = match (self.certificate, self.key) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(ClientCertificate {
                certificate: certificate.into(),
                key: key.into(),
            }),
            _ => return Err("has one of sslcert and sslkey; set both or none"),
        };
        Ok(TlsOptions {
            mode,
            roots: roots.map_or(Roots::System, Roots::File),
            client,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(mode: &str, root: &str, usual_roots: Option<PathBuf>) -> Result<TlsOptions, &'static str> {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let given = Given {
            mode: text(mode),
            root: text(root),
            ..Given::default()
        };
        given.options(usual_roots)
    }

    #[test]
    fn a_mode_is_that_of_libpq_or_a_stronger_one() {
        use SslMode::{Disable, Prefer, Require, VerifyCa, VerifyFull};
        let folder = tempfile::tempdir().unwrap();
        let usual = folder.path().join("root.crt");
        for (mode, root, expected, beside_usual_roots) in [
            ("", "", Prefer, Prefer),
            ("disable", "", Disable, Disable),
            ("allow", "", Prefer, Prefer),
            ("prefer", "/ca.pem", Prefer, Prefer),
            ("require", "", Require, VerifyCa),
            ("require", "/ca.pem", VerifyCa, VerifyCa),
            ("verify-ca", "/ca.pem", VerifyCa, VerifyCa),
            ("verify-ca", "", VerifyFull, VerifyCa),
            ("verify-full", "", VerifyFull, VerifyFull),
            ("verify-full", "/ca.pem", VerifyFull, VerifyFull),
            ("verify-full", "system", VerifyFull, VerifyFull),
            ("", "system", VerifyFull, VerifyFull),
        ] {
            let without = options(mode, root, Some(usual.clone())).unwrap();
            assert_eq!(without.mode, expected, "{mode} {root}");
            std::fs::write(&usual, "").unwrap();
            let with = options(mode, root, Some(usual.clone())).unwrap();
            std::fs::remove_file(&usual).unwrap();
            assert_eq!(with.mode, beside_usual_roots, "{mode} {root}");
            let (first, second) = match root {
                "" => (Roots::System, Roots::File(usual.clone())),
                "system" => (Roots::System, Roots::System),
                path => (Roots::File(path.into()), Roots::File(path.into())),
            };
            assert_eq!((without.roots, with.roots), (first, second), "{mode} {root}");
        }
        for (mode, root) in [
            ("full", ""),
            ("Require", ""),
            ("require", "system"),
            ("verify-ca", "system"),
        ] {
            assert!(options(mode, root, None).is_err(), "{mode} {root}");
        }
    }

    #[test]
    fn a_certificate_needs_its_key() {
        let given = |certificate: Option<&str>, key: Option<&str>| Given {
            certificate: certificate.map(str::to_owned),
            key: key.map(str::to_owned),
            ..Given::default()
        };
        assert!(given(Some("/a"), None).options(None).is_err());
        assert!(given(None, Some("/b")).options(None).is_err());
        let client = given(Some("/a"), Some("/b")).options(None).unwrap().client.unwrap();
        assert_eq!((client.certificate, client.key), ("/a".into(), "/b".into()));
    }
}
