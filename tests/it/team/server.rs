//! A team's server within the test, over a demo portal and a store in a temporary folder.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bitrix24_mail_mcp::address_book::AddressBook;
use bitrix24_mail_mcp::demo::{self, CLIENT_ID, CLIENT_SECRET, DemoPortal};
use bitrix24_mail_mcp::mcp::Server;
use bitrix24_mail_mcp::portal::{self, Credentials, GivenSecret, Portal};
use bitrix24_mail_mcp::team::{self, Lifetimes, ServerKeys, SqliteStore, Store, Team};
use bitrix24_mail_mcp::transports::guard;
use bitrix24_mail_mcp::transports::http::{self, Listener};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::support::browser::Browser;
use crate::support::http_client::{Answer, Request, ask};
use crate::support::team_client::Client;

/// A team's server, its demo portal and its store.
pub(super) struct TeamServer {
    pub(super) address: SocketAddr,
    pub(super) demo: DemoPortal,
    /// The public address.
    pub(super) url: String,
    /// The server's keys, the sealing one first.
    pub(super) keys: [String; 2],
    folder: TempDir,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl TeamServer {
    /// A server on loopback, without a cache of pages.
    pub(super) async fn start() -> Self {
        Self::with(guard::Settings::default()).await
    }

    /// As [`start`](Self::start), with these rules for callers.
    pub(super) async fn with(guard: guard::Settings) -> Self {
        Self::at(None, guard).await
    }

    /// As [`with`](Self::with), with this public address; `None` for the address on which the server listens.
    pub(super) async fn at(url: Option<&str>, guard: guard::Settings) -> Self {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), false).unwrap();
        let address = listener.address();
        let url = url.map_or_else(|| format!("http://{address}"), str::to_owned);
        let demo = DemoPortal::start(demo::Settings {
            handler: Some(format!("{url}/oauth/callback")),
            bucket: None,
            operating: None,
            ..demo::Settings::default()
        })
        .await
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("team.sqlite")).unwrap();
        let origin: portal::Origin = demo.origin().parse().unwrap();
        let portal = Portal::new(portal::Settings {
            rate_limit: None,
            ..portal::Settings::new(Credentials::Team { portal: origin.clone() })
        });
        let keys = [(); 2].map(|()| ServerKeys::generate().unwrap().expose_secret().to_owned());
        let server_keys: ServerKeys = keys.join(" ").parse().unwrap();
        assert!(store.pin_key(&server_keys.ids()).await.unwrap());
        let elicitation_keys = server_keys.elicitation_keys();
        let settings = team::Settings {
            public_url: url.parse().unwrap(),
            portal: origin.clone(),
            oauth_server: origin,
            client_id: CLIENT_ID.to_owned(),
            client_secret: GivenSecret::Text(CLIENT_SECRET.into()),
            server_keys,
            client_metadata: "off".parse().unwrap(),
            lifetimes: Lifetimes::default(),
        };
        let team = Team::new(settings, Arc::new(store), &portal);
        let book = Arc::new(AddressBook::new(portal, Duration::ZERO));
        let settings = http::Settings {
            guard,
            team: Some(Arc::new(team)),
            // Refused by the command line; the server must not serve it even so.
            legacy_sse: true,
            ..http::Settings::default()
        };
        let stop = CancellationToken::new();
        let server = Server::for_team(book, &elicitation_keys);
        Self {
            address,
            demo,
            url,
            keys,
            folder,
            serving: tokio::spawn(http::serve(server, listener, settings, stop.clone())),
            stop,
        }
    }

    /// The answer to one request.
    pub(super) async fn ask(&self, request: &Request) -> Answer {
        ask(self.address, request).await
    }

    /// A client that has registered.
    pub(super) async fn register(&self, name: &str) -> Client {
        Client::register(self.address, &self.url, name).await
    }

    /// Signs an employee in by first name, in a browser of their own. Returns the access token.
    pub(super) async fn sign_in(&self, name: &str) -> String {
        let client = self.register("Test client").await;
        client.sign_in(&mut Browser::new(self.address), name).await.access
    }

    /// The file of the store.
    pub(super) fn store_file(&self) -> PathBuf {
        self.folder.path().join("team.sqlite")
    }

    /// Stops the server, and waits until it has ended.
    pub(super) async fn stopped(self) {
        self.stop.cancel();
        self.serving.await.unwrap();
    }
}
