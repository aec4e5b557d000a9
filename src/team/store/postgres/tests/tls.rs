//! Every `sslmode` against a server with TLS, and the ways to sign in.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::super::PostgresStore;
use super::super::test_fixture::{given, open};
use super::super::test_server::{Cluster, client};
use crate::portal::GivenSecret;
use crate::team::store::Store;

/// An authority, and the folder of its files.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap();
        let authority = Self {
            issuer,
            folder: tempfile::tempdir().unwrap(),
        };
        authority.keep("ca.pem", &authority.issuer.pem());
        authority
    }

    fn keep(&self, name: &str, text: &str) -> PathBuf {
        let path = self.file(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A certificate for `name` and its key, in PEM.
    fn issue(&self, name: &str, is_expired: bool) -> (String, String) {
        let mut parameters = CertificateParams::new(vec![name.to_owned()]).unwrap();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        if is_expired {
            parameters.not_before = date_time_ymd(2020, 1, 1);
            parameters.not_after = date_time_ymd(2020, 2, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}

/// Lets the server show this certificate.
async fn use_certificate(cluster: &Cluster, (certificate, key): &(String, String)) {
    cluster.write("data/server.crt", certificate);
    cluster.write("data/server.key", key);
    let client = client(&cluster.address()).await;
    for statement in [
        "ALTER SYSTEM SET ssl = on",
        "ALTER SYSTEM SET ssl_ca_file = 'clients.crt'",
        "SELECT pg_reload_conf()",
    ] {
        client.batch_execute(statement).await.unwrap();
    }
    // The server reads its settings a moment later.
    loop {
        let client = super::super::test_server::client(&cluster.address()).await;
        let now = client.query_one(
            "SELECT pg_read_file('server.crt'), pg_conf_load_time()::TEXT, current_setting('ssl')",
            &[],
        );
        let now = now.await.unwrap();
        if now.get::<_, &str>(2) == "on" && now.get::<_, &str>(0) == certificate {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
}

/// How a store is opened: its description, or the error.
async fn opened(address: &str) -> Result<String, String> {
    let opened = PostgresStore::open(given(address), 1)
        .await
        .map_err(|error| error.to_string())?;
    opened.check().await.unwrap();
    Ok(opened.describe().await.unwrap())
}

async fn assert_opened(address: &str, expected: &str) {
    match opened(address).await {
        Ok(description) => assert!(description.contains(expected), "{address}: {description}"),
        Err(error) => {
            assert!(error.contains(expected), "{address}: {error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }
}

const RULES: &str = "
local all all trust
hostssl all certified 127.0.0.1/32 cert
host all scrammed 127.0.0.1/32 scram-sha-256
host all postgres 127.0.0.1/32 trust
";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts a PostgreSQL of its own"]
async fn every_sslmode_protects_as_in_libpq() {
    let cluster = Cluster::start_new("").await;
    let (authority, other) = (Authority::new(), Authority::new());
    let path = |path: &Path| path.display().to_string();
    let (known, unknown) = (path(&authority.file("ca.pem")), path(&other.file("ca.pem")));
    let port = cluster.port;
    let address = |user: &str, host: &str, query: &str| {
        format!("postgres://{user}@{host}:{port}/postgres?hostaddr=127.0.0.1&{query}")
    };
    let of = |host: &str, query: &str| address("postgres", host, query);

    // Without TLS.
    assert_opened(&of("localhost", ""), "without TLS").await;
    let refused = opened(&of("localhost", "sslmode=require")).await.unwrap_err();
    assert!(refused.contains("does not support TLS"), "{refused}");

    cluster.write("data/clients.crt", &authority.issuer.pem());
    cluster.write("data/pg_hba.conf", RULES);
    let users = "CREATE ROLE certified SUPERUSER LOGIN; CREATE ROLE scrammed SUPERUSER LOGIN PASSWORD 'canary'";
    client(&cluster.address()).await.batch_execute(users).await.unwrap();
    let certificate = authority.issue("localhost", false);
    use_certificate(&cluster, &certificate).await;
    let pinned = path(&authority.keep("server.pem", &certificate.0));
    let empty = path(&authority.keep("empty.pem", "no certificate"));
    let (own, key) = authority.issue("certified", false);
    let own = path(&authority.keep("own.pem", &own));
    let key = path(&authority.keep("own.key", &key));
    let (stranger, stranger_key) = other.issue("certified", false);
    let stranger = path(&other.keep("own.pem", &stranger));
    let stranger_key = path(&other.keep("own.key", &stranger_key));

    for (host, query, expected) in [
        ("localhost", "sslmode=disable".to_owned(), "without TLS"),
        ("localhost", String::new(), "with TLS"),
        ("localhost", "sslmode=allow".to_owned(), "with TLS"),
        ("other.example", "sslmode=prefer".to_owned(), "with TLS"),
        ("other.example", "sslmode=require".to_owned(), "with TLS"),
        (
            "other.example",
            format!("sslmode=require&sslrootcert={known}"),
            "with TLS",
        ),
        (
            "other.example",
            format!("sslmode=verify-ca&sslrootcert={known}"),
            "with TLS",
        ),
        (
            "other.example",
            format!("sslmode=verify-ca&sslrootcert={pinned}"),
            "with TLS",
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={known}"),
            "with TLS",
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={pinned}"),
            "with TLS",
        ),
        (
            "other.example",
            format!("sslmode=verify-full&sslrootcert={known}"),
            "its certificate is not for this host",
        ),
        (
            "other.example",
            format!("sslmode=verify-full&sslrootcert={pinned}"),
            "its certificate is not for this host",
        ),
        (
            "localhost",
            format!("sslmode=require&sslrootcert={unknown}"),
            "its certificate is of an unknown authority",
        ),
        (
            "localhost",
            format!("sslmode=verify-ca&sslrootcert={unknown}"),
            "its certificate is of an unknown authority",
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={unknown}"),
            "its certificate is of an unknown authority",
        ),
        (
            "localhost",
            "sslmode=verify-full&sslrootcert=system".to_owned(),
            "its certificate is of an unknown authority",
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={empty}"),
            "empty.pem holds no certificate in PEM",
        ),
        (
            "localhost",
            format!("sslcert={own}&sslkey={empty}"),
            "empty.pem holds no private key in PEM",
        ),
    ] {
        assert_opened(&of(host, &query), expected).await;
    }
    // A Unix socket needs no TLS.
    let socket = format!(
        "postgres://postgres@/postgres?host={}&port={port}&sslmode=require",
        cluster.folder().display()
    );
    std::fs::set_permissions(cluster.folder(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    assert_opened(&socket, "without TLS").await;

    // The certificate of this program.
    let shown = |certificate: &str, key: &str| {
        address(
            "certified",
            "localhost",
            &format!("sslmode=require&sslcert={certificate}&sslkey={key}"),
        )
    };
    assert_opened(&shown(&own, &key), "with TLS").await;
    for (address, problem) in [
        (
            address("certified", "localhost", "sslmode=require"),
            "connection requires a valid client certificate",
        ),
        (shown(&own, &stranger_key), "sslcert and sslkey cannot be used together"),
        (shown(&stranger, &stranger_key), ""),
    ] {
        let error = opened(&address).await.unwrap_err();
        assert!(error.contains(problem), "{error}");
    }

    // A password, bound to the TLS connection.
    let with = |password: &str| address(&format!("scrammed:{password}"), "localhost", "channel_binding=require");
    assert_opened(&with("canary"), "with TLS").await;
    assert_opened(
        &with("canary-bird"),
        "password authentication failed for user \"scrammed\" (SQLSTATE 28P01)",
    )
    .await;
    assert_opened(&address("scrammed", "localhost", ""), "password missing").await;

    let expired = authority.issue("localhost", true);
    use_certificate(&cluster, &expired).await;
    let pinned = path(&authority.keep("expired.pem", &expired.0));
    for root in [&known, &pinned] {
        let error = opened(&of("localhost", &format!("sslmode=verify-full&sslrootcert={root}"))).await;
        assert!(
            error
                .as_ref()
                .is_err_and(|error| error.contains("its certificate has expired")),
            "{error:?}"
        );
    }
    assert_opened(&of("localhost", ""), "with TLS").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts a PostgreSQL of its own"]
async fn a_new_password_in_the_file_of_the_address_is_used_for_the_next_connection() {
    let cluster = Cluster::start_new("").await;
    let admin = client(&format!("{}?application_name=admin", cluster.address())).await;
    admin
        .batch_execute("CREATE ROLE scrammed SUPERUSER LOGIN PASSWORD 'one'")
        .await
        .unwrap();
    cluster.write("data/pg_hba.conf", RULES);
    admin.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("store");
    let keep = |password: &str| {
        let address = format!("postgres://scrammed:{password}@127.0.0.1:{}/postgres\n", cluster.port);
        std::fs::write(&file, address).unwrap();
    };
    keep("one");
    let store = PostgresStore::open(GivenSecret::File(file.clone()), 2).await.unwrap();
    store.check().await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bitrix24-mail-mcp'";
    for password in ["two", "three"] {
        keep(password);
        let change = format!("ALTER ROLE scrammed PASSWORD '{password}'");
        admin.batch_execute(&change).await.unwrap();
        admin.batch_execute(end).await.unwrap();
        store.check().await.unwrap();
    }
    // A file that holds no address: the one before is used.
    std::fs::write(&file, "canary").unwrap();
    admin.batch_execute(end).await.unwrap();
    store.check().await.unwrap();
    keep("wrong-canary");
    admin.batch_execute(end).await.unwrap();
    let mut failed = None;
    for _ in 0..3 {
        failed = store.check().await.err().or(failed);
    }
    let failed = failed.expect("the password is wrong").0;
    assert!(failed.contains("28P01") && !failed.contains("canary"), "{failed}");
    keep("three");
    store.check().await.unwrap();
    drop(open(&cluster.address(), 1).await);
}
