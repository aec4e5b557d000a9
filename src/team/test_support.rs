//! A team's server over a demo portal, and a browser, for the tests of this room.
//!
//! ```ignore
//! let server = TestServer::start().await;
//! let client = server.client("Claude Code (b24)").await;
//! let code = server.browser().sign_in_as("Anna", &client).await;
//! ```

mod browser;
mod client;
mod demo_wire;
mod faulty_store;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

pub(in crate::team) use browser::{Browser, Page};
pub(in crate::team) use client::TestClient;
use demo_wire::{DemoWire, TokenFailures};
pub(in crate::team) use faulty_store::FaultyStore;

use super::Team;
use super::secret_value::{Kind, SecretValue};
use super::server_key::ServerKeys;
use super::settings::{Lifetimes, Settings};
use super::store::Store;
use super::store::records::{Client, NewTokens, Redeemed, Registered};
use super::store::sqlite::SqliteStore;
use crate::demo::{self, CLIENT_ID, CLIENT_SECRET, DemoPortal};
use crate::portal::{self, ApplicationClient, Credentials, GivenSecret, Portal};

/// The server's public address. Nothing listens there: the browser calls the server's functions.
pub(in crate::team) const PUBLIC_URL: &str = "http://127.0.0.1:8024";

/// The address of the test's browser.
pub(in crate::team) const CALLER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A team's server over a demo portal, with a store in a temporary folder.
pub(in crate::team) struct TestServer {
    pub(in crate::team) demo: Arc<DemoPortal>,
    pub(in crate::team) portal: Portal,
    pub(in crate::team) team: Team,
    pub(in crate::team) store: Arc<FaultyStore>,
    /// How the next requests for tokens fail, if the server reaches the portal without sockets.
    pub(in crate::team) token_failures: TokenFailures,
    /// The server's key, as text.
    pub(in crate::team) key: SecretString,
    folder: TempDir,
}

/// How the server reaches the demo portal.
enum Way {
    Network,
    /// Without sockets, so that a test may pause the clock.
    InProcess,
}

impl TestServer {
    /// A server that reaches the demo portal by HTTP.
    pub(in crate::team) async fn start() -> Self {
        Self::with(portal_settings()).await
    }

    /// A server that reaches this demo portal by HTTP.
    pub(in crate::team) async fn with(demo: demo::Settings) -> Self {
        Self::made(demo, Way::Network, Lifetimes::default()).await
    }

    /// A server that reaches this demo portal without sockets: for tests with a paused clock.
    pub(in crate::team) async fn in_process(demo: demo::Settings) -> Self {
        Self::made(demo, Way::InProcess, Lifetimes::default()).await
    }

    /// A server whose things live for these times.
    pub(in crate::team) async fn with_lifetimes(lifetimes: Lifetimes) -> Self {
        Self::made(portal_settings(), Way::InProcess, lifetimes).await
    }

    async fn made(demo: demo::Settings, way: Way, lifetimes: Lifetimes) -> Self {
        let demo = Arc::new(DemoPortal::start(demo).await.unwrap());
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("team.sqlite")).unwrap();
        let store = FaultyStore::new(Arc::new(store));
        let origin = demo.origin().parse::<portal::Origin>().unwrap();
        let portal_settings = portal::Settings {
            rate_limit: None,
            ..portal::Settings::new(Credentials::Team { portal: origin.clone() })
        };
        let token_failures = TokenFailures::default();
        let portal = match way {
            Way::Network => Portal::new(portal_settings),
            Way::InProcess => {
                let wire = DemoWire(Arc::clone(&demo), Arc::clone(&token_failures));
                Portal::with_wire(Arc::new(wire), portal_settings)
            }
        };
        let key = ServerKeys::generate().unwrap();
        let settings = settings(origin, &key, lifetimes);
        Self {
            team: Team::new(settings, Arc::clone(&store) as Arc<dyn Store>, &portal),
            demo,
            portal,
            store,
            token_failures,
            key,
            folder,
        }
    }

    /// Another server of the same team: the same store, portal and settings.
    pub(in crate::team) fn second_team(&self) -> Team {
        let Settings { portal, lifetimes, .. } = self.team.settings();
        let settings = settings(portal.clone(), &self.key, *lifetimes);
        Team::new(settings, Arc::clone(&self.store) as Arc<dyn Store>, &self.portal)
    }

    /// As if the time of every lease were over.
    pub(in crate::team) fn end_leases(&self) {
        let file = rusqlite::Connection::open(self.folder.path().join("team.sqlite")).unwrap();
        file.execute("UPDATE people SET lease_until = 0", []).unwrap();
    }

    /// The application, as another process has it.
    pub(in crate::team) fn application(&self) -> ApplicationClient {
        self.team.settings().application(&self.portal)
    }

    /// A registered client with a loopback address.
    pub(in crate::team) async fn client(&self, name: &str) -> TestClient {
        self.client_at(name, "http://localhost:3118/callback").await
    }

    /// A registered client with this redirect address.
    pub(in crate::team) async fn client_at(&self, name: &str, redirect_uri: &str) -> TestClient {
        let client = TestClient::new(name, redirect_uri);
        let added = self.store.add_client(Client {
            id: client.id.clone(),
            name: name.to_owned(),
            redirect_uris: vec![redirect_uri.to_owned()],
        });
        assert_eq!(added.await.unwrap(), Registered::Kept);
        client
    }

    /// Exchanges the code of a sign-in, as the token endpoint does, and returns the access token.
    pub(in crate::team) async fn redeem(&self, code: &str) -> SecretValue {
        let code = SecretValue::read(Kind::Code, code).unwrap();
        let [access, refresh] = [Kind::AccessToken, Kind::RefreshToken].map(|kind| SecretValue::random(kind).unwrap());
        let tokens = NewTokens {
            access: access.digest(),
            refresh: refresh.digest(),
        };
        let redeemed = self.store.redeem_code(code.digest(), tokens, Lifetimes::default());
        assert_eq!(redeemed.await.unwrap(), Redeemed::Issued);
        access
    }

    /// A browser without cookies.
    pub(in crate::team) fn browser(&self) -> Browser<'_> {
        Browser::new(self)
    }
}

fn settings(portal: portal::Origin, key: &SecretString, lifetimes: Lifetimes) -> Settings {
    Settings {
        public_url: PUBLIC_URL.parse().unwrap(),
        portal: portal.clone(),
        oauth_server: portal,
        client_id: CLIENT_ID.to_owned(),
        client_secret: GivenSecret::Text(CLIENT_SECRET.into()),
        server_keys: key.expose_secret().parse().unwrap(),
        client_metadata: "off".parse().unwrap(),
        lifetimes,
    }
}

/// The settings of a demo portal that knows the server's callback, without a limit on requests.
pub(in crate::team) fn portal_settings() -> demo::Settings {
    demo::Settings {
        handler: Some(format!("{PUBLIC_URL}/oauth/callback")),
        bucket: None,
        ..demo::Settings::default()
    }
}

/// The fault of this name, for [`DemoPortal::set_fault`].
pub(in crate::team) fn fault(name: &str) -> Option<&'static demo::Fault> {
    let fault = demo::FAULTS.iter().find(|fault| fault.name == name);
    assert!(fault.is_some(), "there is no fault {name}");
    fault
}
