//! Builds the parts of a team's server: store, portal client, address book, MCP server and sign-in, for a real portal or
//! the demo portal.

use std::io;
use std::sync::Arc;

use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::exit::Stop;
use super::global::Global;
use super::wiring::{demo_settings, private_folder};
use crate::address_book::AddressBook;
use crate::config::{self, StoreAddress};
use crate::demo::{self, DemoPortal};
use crate::mcp::Server;
use crate::portal::{self, Application, Credentials, GivenSecret, Portal};
use crate::team::{self, PublicUrl, ServerKeys, SqliteStore, Store, Team};
use crate::transports::guard;

/// The parts of a team's server.
#[derive(Debug)]
pub(super) struct TeamWiring {
    pub(super) team: Arc<Team>,
    pub(super) server: Server,
    /// Which HTTP callers to admit.
    pub(super) guard: guard::Settings,
    /// Keeps the demo portal running.
    pub(super) demo: Option<DemoPortal>,
    /// Holds the store of a demo.
    _folder: Option<TempDir>,
}

impl TeamWiring {
    /// Builds the parts; on the demo portal the public URL is `base` unless the settings name one.
    pub(super) async fn build(global: &Global, settings: config::Settings, base: &str) -> Result<Self, Stop> {
        let demo = demo_settings(global, settings.portal.rate_limit)?;
        let (demo, folder, team_settings, store) = match demo {
            None => {
                let team_settings = settings.team.complete(&settings.portal.credentials)?;
                let StoreAddress::Sqlite(path) = settings.team.store(&settings.portal.credentials)?;
                (None, None, team_settings, SqliteStore::open(&path)?)
            }
            Some(demo) => {
                let (demo, team_settings) = start_demo(demo, &settings.team, base).await?;
                let folder = private_folder().map_err(Stop::Demo)?;
                let store = SqliteStore::open(&folder.path().join("team.sqlite"))?;
                (Some(demo), Some(folder), team_settings, store)
            }
        };
        let store: Arc<dyn Store> = Arc::new(store);
        let keys = &team_settings.server_keys;
        if !store.pin_key(&keys.ids()).await? {
            return Err(Stop::OtherServerKey);
        }
        let portal = Portal::new(portal::Settings {
            credentials: Credentials::Team {
                portal: team_settings.portal.clone(),
            },
            ..settings.portal
        });
        let elicitation_keys = keys.elicitation_keys();
        let team = Arc::new(Team::new(team_settings, store, &portal));
        let book = Arc::new(AddressBook::new(portal, settings.cache_ttl));
        Ok(Self {
            server: Server::for_team(book, &elicitation_keys),
            team,
            guard: settings.guard,
            demo,
            _folder: folder,
        })
    }
}

/// Starts the demo portal with an application that sends employees back to the server at `base`, or at the public URL
/// that is set.
async fn start_demo(
    demo: demo::Settings,
    given: &config::team::Given,
    base: &str,
) -> Result<(DemoPortal, team::Settings), Stop> {
    let failed = |error: &dyn std::error::Error| Stop::Demo(io::Error::other(error.to_string()));
    let public_url: PublicUrl = match given.public_url() {
        Some(url) => url.clone(),
        None => base.parse().map_err(|error| failed(&error))?,
    };
    let demo = demo::Settings {
        handler: Some(public_url.at(team::paths::CALLBACK)),
        ..demo
    };
    let demo = DemoPortal::start(demo).await.map_err(Stop::Demo)?;
    let application = demo.oauth_application();
    let application = Application {
        portal: application.portal.parse().map_err(|error| failed(&error))?,
        server: application.oauth_server.parse().map_err(|error| failed(&error))?,
        client_id: Some(application.client_id),
        client_secret: Some(GivenSecret::Text(application.client_secret.into())),
        access_token: None,
        refresh_token: None,
        token_store: "".into(),
    };
    let keys = ServerKeys::generate()?
        .expose_secret()
        .parse::<ServerKeys>()
        .map_err(|error| failed(&error))?;
    let settings = given.for_demo(public_url, application, keys);
    let settings = settings.ok_or_else(|| Stop::Demo(io::Error::other("it has no application")))?;
    Ok((demo, settings))
}

/// Opens the store of the settings beside running servers.
pub(super) fn open_store_for_command(settings: &config::Settings) -> Result<Arc<dyn Store>, Stop> {
    let StoreAddress::Sqlite(path) = settings.team.store(&settings.portal.credentials)?;
    Ok(Arc::new(SqliteStore::open_for_command(&path)?))
}
