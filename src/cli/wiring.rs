//! Builds the parts that commands use: portal client, address book and server, for a real portal or the demo portal.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::exit::Stop;
use super::global::Global;
use super::limits_store::LimitsStore;
use super::signals::Interruption;
use crate::address_book::AddressBook;
use crate::config;
use crate::demo::{self, Bucket, CredentialKind, DemoPortal};
use crate::mcp::Server;
use crate::portal::{self, Application, Credentials, GivenSecret, Portal, RateLimit};
use crate::transports::guard;

/// The parts, ready for a command.
#[derive(Debug)]
pub(super) struct Wiring {
    /// The address book, with its portal client.
    pub(super) book: Arc<AddressBook>,
    /// Which HTTP callers to admit.
    guard: guard::Settings,
    /// Which settings were given and where, in one line without values, for `doctor`.
    pub(super) settings_line: String,
    /// The files that hold secrets.
    pub(super) secret_files: Vec<PathBuf>,
    /// The store in which processes share the portal's limits.
    pub(super) store: Option<LimitsStore>,
    /// Signals that ask the command to end.
    pub(super) interruption: Interruption,
    /// Keeps the demo portal running, and keeps its folder until the last tokens are saved.
    pub(super) demo: Option<Arc<Demo>>,
}

/// The demo portal, and a folder for the tokens of this run.
#[derive(Debug)]
pub(super) struct Demo {
    portal: DemoPortal,
    folder: Option<TempDir>,
}

impl Wiring {
    pub(super) async fn build(global: &Global, settings: config::Settings) -> Result<Self, Stop> {
        let interruption = Interruption::listen().map_err(Stop::Runtime)?;
        let demo = match demo_settings(global, settings.portal.rate_limit)? {
            Some(settings) => Some(Arc::new(Demo::start(settings).await.map_err(Stop::Demo)?)),
            None => None,
        };
        let (settings_line, secret_files) = match &demo {
            None => (settings_line(&settings), settings.secret_files),
            Some(_) => ("the built-in demo portal".to_owned(), Vec::new()),
        };
        let store = match (&demo, settings.store.address()?) {
            (None, Some(address)) => {
                let (connections, replicas) = (settings.store.connections, settings.store.replicas);
                Some(LimitsStore::open(address, connections, replicas).await?)
            }
            _ => None,
        };
        let portal = match &demo {
            None => portal::Settings {
                shared_limits: store.as_ref().map(LimitsStore::settings),
                ..settings.portal
            },
            Some(demo) => portal::Settings {
                credentials: demo.credentials()?,
                ..settings.portal
            },
        };
        Ok(Self {
            book: Arc::new(AddressBook::new(Portal::new(portal), settings.cache_ttl)),
            guard: settings.guard,
            settings_line,
            secret_files,
            store,
            interruption,
            demo,
        })
    }

    /// True for a real portal. Only then are wrong settings the user's mistake.
    pub(super) fn is_live(&self) -> bool {
        self.demo.is_none()
    }

    /// The MCP server for this address book, and which HTTP callers to admit.
    pub(super) fn into_server(self) -> (Server, guard::Settings) {
        (Server::new(self.book), self.guard)
    }
}

impl Demo {
    async fn start(settings: demo::Settings) -> io::Result<Self> {
        let folder = match settings.credential_kind() {
            CredentialKind::OAuth => Some(private_folder()?),
            CredentialKind::Webhook => None,
        };
        let portal = DemoPortal::start(settings).await?;
        Ok(Self { portal, folder })
    }

    /// The credentials that a person would set for this portal.
    fn credentials(&self) -> Result<Credentials, Stop> {
        let Some(folder) = &self.folder else {
            let url = self.portal.webhook_url();
            return Ok(url.map_or(Credentials::Missing, |url| Credentials::from_webhook_url(&url)));
        };
        let application = self.portal.oauth_application();
        let origin = |text: &str| text.parse().map_err(|error| Stop::Demo(io::Error::other(error)));
        let secret = |text: String| Some(GivenSecret::Text(text.into()));
        Ok(Credentials::Application(Application {
            portal: origin(&application.portal)?,
            server: origin(&application.oauth_server)?,
            client_id: Some(application.client_id),
            client_secret: secret(application.client_secret),
            access_token: secret(application.access_token),
            refresh_token: secret(application.refresh_token),
            token_store: folder.path().join("tokens.json"),
        }))
    }
}

/// A temporary folder that only this user can open, whatever the umask. Dropping it removes it.
pub(super) fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

fn settings_line(settings: &config::Settings) -> String {
    let credentials = match settings.portal.credentials {
        Credentials::Missing => "no credentials",
        Credentials::Webhook(_) | Credentials::Invalid(_) => "a webhook",
        Credentials::WebhookFile(_) => "a webhook in a file",
        Credentials::Application(_) => "an application",
        Credentials::Team { .. } => "an application for a team",
    };
    if settings.sources.is_empty() {
        return format!("{credentials}; no setting is set");
    }
    let sources: Vec<_> = settings.sources.iter().map(config::SettingSource::to_string).collect();
    format!("{credentials}; set: {}", sources.join(", "))
}

/// The demo portal's settings. `None` if no option asks for the demo portal.
///
/// # Errors
/// An unknown fault or quirk.
pub(super) fn demo_settings(global: &Global, rate_limit: Option<RateLimit>) -> Result<Option<demo::Settings>, Stop> {
    let fault = global.demo_fault.as_ref().map(|name| {
        let known = demo::FAULTS.iter().find(|fault| fault.name == name);
        known.ok_or_else(|| Stop::UnknownFault(name.clone()))
    });
    let quirk = global.demo_quirk.as_ref().map(|name| {
        let known = demo::QUIRKS.iter().find(|(known, ..)| known == name);
        known
            .map(|(.., quirk)| *quirk)
            .ok_or_else(|| Stop::UnknownQuirk(name.clone()))
    });
    let (fault, quirk) = (fault.transpose()?, quirk.transpose()?);
    let credential = if global.demo_oauth {
        CredentialKind::OAuth
    } else {
        CredentialKind::Webhook
    };
    Ok(global.wants_demo().then(|| demo::Settings {
        fault,
        quirk,
        credential,
        // Nothing here reads the requests, and a demo may run for days.
        kept_requests: 0,
        // The demo portal has the rate limit of the settings.
        bucket: rate_limit.map(|limit| Bucket {
            threshold: limit.burst,
            drain_per_second: limit.per_second,
        }),
        ..demo::Settings::default()
    }))
}
