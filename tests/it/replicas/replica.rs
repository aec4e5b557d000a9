//! Several server processes with one store, one portal and one public address.

use std::net::SocketAddr;
use std::time::Duration;

use bitrix24_mail_mcp::demo::{self, CLIENT_ID, CLIENT_SECRET, DemoPortal};
use bitrix24_mail_mcp::team::ServerKeys;
use futures_util::future::join_all;
use secrecy::ExposeSecret;
use tokio::process::Command;

use crate::support::browser::Browser;
use crate::support::harness::program;
use crate::support::http_client::{Answer, Request, ask};
use crate::support::http_server::{Program, look_up};
use crate::support::postgres_server::Database;
use crate::support::team_client::{Client, Tokens, bearer};

/// The public address where no proxy listens: tests choose a replica for every request.
pub(super) const PUBLIC: &str = "127.0.0.1:9";

/// A contact of Anna, and one of Boris. Each is found by "client".
pub(super) const OF_ANNA: &str = "hello@client-care.example";
pub(super) const OF_BORIS: &str = "client@other.example";

/// No limit of requests.
const UNLIMITED: [(&str, &str); 1] = [("BITRIX24_RATE_LIMIT", "off")];

fn without_limits(portal: demo::Settings) -> demo::Settings {
    demo::Settings {
        bucket: None,
        operating: None,
        ..portal
    }
}

/// Several server processes with one store, one portal and one public address.
pub(super) struct Replicas {
    /// The processes, which end with this value.
    pub(super) running: Vec<Program>,
    pub(super) demo: DemoPortal,
    pub(super) public: SocketAddr,
    settings: Vec<(String, String)>,
    /// The database of the test, unless the test has made one itself. It is dropped after the processes have ended.
    _database: Option<Database>,
}

impl Replicas {
    /// Replicas without a cache, on a portal without limits and a database of their own.
    pub(super) async fn start(count: usize) -> Self {
        Self::with(count, demo::Settings::default(), &[]).await
    }

    /// As [`start`](Self::start), with these settings of the portal, which has no limits nevertheless, and of the
    /// replicas.
    pub(super) async fn with(count: usize, portal: demo::Settings, settings: &[(&str, &str)]) -> Self {
        let settings = [&UNLIMITED, settings].concat();
        Self::limited(count, without_limits(portal), &settings).await
    }

    /// Replicas on this store and on a portal without limits, with these settings.
    pub(super) async fn unlimited_on(store: &str, count: usize, settings: &[(&str, &str)]) -> Self {
        let settings = [&UNLIMITED, settings].concat();
        let portal = without_limits(demo::Settings::default());
        let mut replicas = Self::on(store, PUBLIC.parse().unwrap(), portal, &settings).await;
        replicas.add(count).await;
        replicas
    }

    /// As [`start`](Self::start), with these settings of the portal and of the replicas.
    pub(super) async fn limited(count: usize, portal: demo::Settings, settings: &[(&str, &str)]) -> Self {
        let database = database().await;
        let store = database.address();
        let mut replicas = Self::on(&store, PUBLIC.parse().unwrap(), portal, settings).await;
        replicas._database = Some(database);
        replicas.add(count).await;
        replicas
    }

    /// A portal and the settings of replicas on this store. None is started.
    pub(super) async fn on(store: &str, public: SocketAddr, portal: demo::Settings, settings: &[(&str, &str)]) -> Self {
        let demo = DemoPortal::start(demo::Settings {
            handler: Some(format!("http://{public}/oauth/callback")),
            ..portal
        })
        .await
        .unwrap();
        let own = [
            ("BITRIX24_PORTAL", demo.origin()),
            ("BITRIX24_OAUTH_SERVER", demo.origin()),
            ("BITRIX24_CLIENT_ID", CLIENT_ID.to_owned()),
            ("BITRIX24_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("BITRIX24_CACHE_TTL", "0s".to_owned()),
            ("BITRIX24_MCP_PUBLIC_URL", format!("http://{public}")),
            ("BITRIX24_MCP_SERVER_KEY", new_key()),
            ("BITRIX24_MCP_STORE", store.to_owned()),
            ("BITRIX24_MCP_LOG", "info".to_owned()),
        ];
        let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
        let given = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            running: Vec::new(),
            demo,
            public,
            // A later value replaces an earlier one.
            settings: own.chain(given).collect(),
            _database: None,
        }
    }

    /// The address of the store.
    pub(super) fn store(&self) -> &str {
        self.setting("BITRIX24_MCP_STORE")
    }

    /// The value of a setting.
    pub(super) fn setting(&self, name: &str) -> &str {
        let newest = self.settings.iter().rev().find(|(known, _)| known == name);
        &newest.unwrap().1
    }

    /// The program with the settings of the replicas.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .args(arguments)
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The command that starts a replica.
    pub(super) fn serve(&self) -> Command {
        self.command(&["serve", "--http", "127.0.0.1:0", "--team"])
    }

    /// Starts more replicas, all at the same time.
    pub(super) async fn add(&mut self, count: usize) {
        let commands = (0..count).map(|_| self.serve());
        let started = join_all(commands.map(Program::spawn)).await;
        self.running.extend(started);
    }

    /// Ends a replica by SIGKILL, and starts another one in its place.
    pub(super) async fn replace_killed(&mut self, at: usize) {
        self.running[at].process.kill().await.unwrap();
        self.running[at] = Program::spawn(self.serve()).await;
    }

    /// The address of a replica.
    pub(super) fn address(&self, at: usize) -> SocketAddr {
        self.running[at].address
    }

    /// A browser whose requests go to a replica.
    pub(super) fn browser(&self, at: usize) -> Browser {
        Browser::of(self.public, self.address(at))
    }

    /// A client that has registered at a replica and sends its requests there.
    pub(super) async fn client(&self, at: usize) -> Client {
        Client::register(self.address(at), &format!("http://{}", self.public), "Test client").await
    }

    /// Signs an employee in at a replica, by first name.
    pub(super) async fn sign_in(&self, at: usize, name: &str) -> Tokens {
        self.client(at).await.sign_in(&mut self.browser(at), name).await
    }

    /// The answer of a replica to a request with an access token.
    pub(super) async fn ask(&self, at: usize, request: Request, token: &str) -> Answer {
        ask(self.address(at), &bearer(request, token)).await
    }

    /// The answer of a replica to a look-up.
    pub(super) async fn call(&self, at: usize, token: &str) -> Answer {
        self.ask(at, look_up(1, "client"), token).await
    }

    /// The status of a replica's answer to a look-up.
    pub(super) async fn status(&self, at: usize, token: &str) -> u16 {
        self.call(at, token).await.head.status
    }
}

/// A database of the test's own. Fails without PostgreSQL: these tests run only if they are asked for.
pub(super) async fn database() -> Database {
    let database = Database::at_hand().await;
    database.expect("these tests need PostgreSQL")
}

pub(super) fn new_key() -> String {
    ServerKeys::generate().unwrap().expose_secret().to_owned()
}

/// Asserts that an answer is a result with this contact of an employee.
#[track_caller]
pub(super) fn assert_found(answer: &Answer, contact: &str) {
    assert_eq!(answer.head.status, 200, "{}", answer.body);
    assert!(answer.body.contains(contact), "{}", answer.body);
}

/// Checks twenty times a second until `condition` holds.
pub(super) async fn until(what: &str, within: Duration, mut condition: impl AsyncFnMut() -> bool) {
    let holds = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let held = tokio::time::timeout(within, holds).await;
    assert!(held.is_ok(), "{what}: not within {within:?}");
}
