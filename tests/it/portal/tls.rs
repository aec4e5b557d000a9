//! Real TLS with certificates made for the test. The program checks them against the roots in `SSL_CERT_FILE`. Only on
//! Linux: elsewhere the roots are in the system's keychain.

use std::path::Path;
use std::process::Output;

use crate::support::certificate_authority::Authority;
use crate::support::harness::{program, stderr, stdout};

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
