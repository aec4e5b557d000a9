//! Builds the parts of a team's server: store, portal client, address book, MCP server and sign-in, for a real portal or
//! the demo portal.

use std::io;
use std::sync::Arc;

use secrecy::ExposeSecret;
use tempfile::TempDir;

use super::exit::Stop;
use super::store::{self, ServerStore};
use super::wiring::private_folder;
use crate::address_book::AddressBook;
use crate::config;
use crate::demo::{self, DemoPortal};
use crate::mcp::Server;
use crate::portal::{self, Credentials, GivenSecret, Portal, SharedLimitsSettings};
use crate::team::{self, PublicUrl, ServerKeys, SqliteStore, Store, Team};
use crate::transports::guard;

/// The parts of a team's server.
#[derive(Debug)]
pub(super) struct TeamWiring {
    pub(super) team: Arc<Team>,
    pub(super) server: Server,
    /// Which HTTP callers to admit.
    pub(super) guard: guard::Settings,
    /// Keeps the demo portal running, and the folder of its store.
    pub(super) demo: Option<(DemoPortal, TempDir)>,
}

impl TeamWiring {
    /// Builds the parts for a real portal.
    pub(super) async fn live(settings: config::Settings, team: team::Settings) -> Result<Self, Stop> {
        let ServerStore { store, limits } = store::for_server(&settings).await?;
        Self::build(settings, team, store, limits, None).await
    }

    /// Builds the parts for the demo portal, with a store that is removed at the end.
    pub(super) async fn demo(
        demo: demo::Settings,
        settings: config::Settings,
        public_url: PublicUrl,
    ) -> Result<Self, Stop> {
        let folder = private_folder().map_err(Stop::Demo)?;
        let store = SqliteStore::open(&folder.path().join("team.sqlite"))?;
        let (portal, team) = start_demo(demo, &settings.team, public_url).await?;
        Self::build(settings, team, Arc::new(store), None, Some((portal, folder))).await
    }

    async fn build(
        settings: config::Settings,
        team: team::Settings,
        store: Arc<dyn Store>,
        shared_limits: Option<SharedLimitsSettings>,
        demo: Option<(DemoPortal, TempDir)>,
    ) -> Result<Self, Stop> {
        let keys = &team.server_keys;
        if !store.pin_key(&keys.ids()).await? {
            return Err(Stop::OtherServerKey);
        }
        let portal = Portal::new(portal::Settings {
            credentials: Credentials::Team {
                portal: team.portal.clone(),
            },
            shared_limits,
            ..settings.portal
        });
        let elicitation_keys = keys.elicitation_keys();
        let team = Arc::new(Team::new(team, store, &portal));
        let book = Arc::new(AddressBook::new(portal, settings.cache_ttl));
        Ok(Self {
            server: Server::for_team(book, &elicitation_keys),
            team,
            guard: settings.guard,
            demo,
        })
    }
}

/// Starts the demo portal with an application that sends employees back to the server at `public_url`.
async fn start_demo(
    demo: demo::Settings,
    given: &config::team::Given,
    public_url: PublicUrl,
) -> Result<(DemoPortal, team::Settings), Stop> {
    let failed = |error: &dyn std::error::Error| Stop::Demo(io::Error::other(error.to_string()));
    let demo = DemoPortal::start(demo::Settings {
        handler: Some(public_url.at(team::paths::CALLBACK)),
        ..demo
    });
    let demo = demo.await.map_err(Stop::Demo)?;
    let application = demo.oauth_application();
    let key = ServerKeys::generate()?;
    let settings = team::Settings {
        public_url,
        portal: application.portal.parse().map_err(|error| failed(&error))?,
        oauth_server: application.oauth_server.parse().map_err(|error| failed(&error))?,
        client_id: application.client_id,
        client_secret: GivenSecret::Text(application.client_secret.into()),
        server_keys: key.expose_secret().parse().map_err(|error| failed(&error))?,
        client_metadata: given.client_metadata.clone(),
        lifetimes: given.lifetimes,
    };
    Ok((demo, settings))
}
