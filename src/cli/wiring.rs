//! The one place that builds the parts: portal client, address book and server, live or on the demo portal.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tempfile::TempDir;

use super::exit::Stop;
use super::global::Global;
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
    /// The address book to ask.
    pub(super) book: Arc<AddressBook>,
    /// Whom to let in over HTTP.
    guard: guard::Settings,
    /// Which settings were given and where, in one line without values.
    pub(super) given: String,
    /// The files that hold secrets.
    pub(super) secret_files: Vec<PathBuf>,
    /// What the user asks for meanwhile.
    pub(super) interruption: Interruption,
    /// Keeps the demo portal alive, and its folder, which has to outlive the last saving of tokens.
    pub(super) demo: Option<Arc<Demo>>,
}

/// The demo portal, and the folder for tokens that are good for this run alone.
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
        let (given, secret_files) = match &demo {
            None => (given(&settings), settings.secret_files),
            Some(_) => ("the built-in demo portal".to_owned(), Vec::new()),
        };
        let portal = match &demo {
            None => settings.portal,
            Some(demo) => portal::Settings {
                credentials: demo.credentials()?,
                ..settings.portal
            },
        };
        Ok(Self {
            book: Arc::new(AddressBook::new(Portal::new(portal), settings.cache_ttl)),
            guard: settings.guard,
            given,
            secret_files,
            interruption,
            demo,
        })
    }

    /// True if a real portal was meant, so that wrong settings are the user's.
    pub(super) fn is_live(&self) -> bool {
        self.demo.is_none()
    }

    /// A server for this address book, and whom it lets in over HTTP.
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

    /// What a person would have set.
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

/// A folder for this user alone, whatever the umask; it goes when it is dropped.
fn private_folder() -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

fn given(settings: &config::Settings) -> String {
    let credentials = match settings.portal.credentials {
        Credentials::Missing => "no credentials",
        Credentials::Webhook(_) | Credentials::Invalid(_) => "a webhook",
        Credentials::WebhookFile(_) => "a webhook in a file",
        Credentials::Application(_) => "an application",
    };
    if settings.sources.is_empty() {
        return format!("{credentials}; no setting is given");
    }
    let sources: Vec<_> = settings.sources.iter().map(config::SettingSource::to_string).collect();
    format!("{credentials}; given are {}", sources.join(", "))
}

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
        // Nobody asks for them here, and a demo may run for days.
        kept_requests: 0,
        // A portal with the limit that was set.
        bucket: rate_limit.map(|limit| Bucket {
            threshold: limit.burst,
            drain_per_second: limit.per_second,
        }),
        ..demo::Settings::default()
    }))
}
