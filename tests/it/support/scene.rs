//! The address book of a demo portal without sockets, so that tests may pause the clock.

use std::sync::Arc;
use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, ContactPage, Error};
use bitrix24_mail_mcp::demo::{self, CredentialKind, DemoPortal};
use bitrix24_mail_mcp::portal::{
    self, Application, ConnectionFailure, Credentials, GivenSecret, Portal, RawReply, Request, Settings, Wire,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::support::address_books::query;

/// How long a request takes to the portal.
pub(crate) const TRIP: Duration = Duration::from_millis(20);

/// Takes requests to a demo portal without sockets.
#[derive(Debug)]
struct DemoWire {
    portal: Arc<DemoPortal>,
    trip: Duration,
}

/// The longest reply that the client takes from the network.
const MAX_REPLY: usize = 4 * 1024 * 1024;

impl Wire for DemoWire {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<RawReply, portal::Error>> {
        async move {
            tokio::time::sleep(self.trip).await;
            let url = url::Url::parse(request.url().expose_secret()).unwrap();
            let lost = || portal::Error::Unreachable {
                failure: ConnectionFailure::Lost,
                host: "demo".to_owned(),
            };
            if url.host_str() != Some("127.0.0.1") || url.scheme() != "http" {
                return Err(lost());
            }
            let mut headers = vec![("content-type".to_owned(), request.content_type().to_owned())];
            if let Some(value) = request.authorization() {
                headers.push(("authorization".to_owned(), value.expose_secret().to_owned()));
            }
            let answer = self.portal.answer("POST", url.path(), &headers, request.body()).await;
            let answer = answer.map_err(|_| lost())?;
            if answer.body.len() > MAX_REPLY {
                return Err(portal::Error::TooLarge {
                    http_status: answer.status,
                    limit: MAX_REPLY,
                });
            }
            let header = |name: &str| {
                answer
                    .headers
                    .iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, value)| value.clone())
            };
            Ok(RawReply {
                http_status: answer.status,
                location: header("location"),
                retry_after: header("retry-after"),
                body: answer.body,
                ..RawReply::default()
            })
        }
        .boxed()
    }
}

/// A demo portal, its address book as a client sees it, and the folder of the token store.
pub(crate) struct Scene {
    pub(crate) portal: Arc<DemoPortal>,
    pub(crate) book: AddressBook,
    _folder: TempDir,
}

impl Scene {
    pub(crate) async fn with(settings: demo::Settings) -> Self {
        Self::within(settings, Settings::DEFAULT_TIMEOUT).await
    }

    pub(crate) async fn within(settings: demo::Settings, timeout: Duration) -> Self {
        Self::far(settings, timeout, TRIP).await
    }

    /// A scene whose requests take `trip` to the portal.
    pub(crate) async fn far(settings: demo::Settings, timeout: Duration, trip: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let portal = Arc::new(DemoPortal::start(settings.clone()).await.unwrap());
        let credentials = match settings.credential_kind() {
            CredentialKind::Webhook => portal
                .webhook_url()
                .map_or(Credentials::Missing, |url| Credentials::from_webhook_url(&url)),
            CredentialKind::OAuth => Credentials::Application(application(&portal, &folder)),
        };
        let settings = Settings {
            timeout,
            jitter: || 0.0,
            ..Settings::new(credentials)
        };
        let wire = DemoWire {
            portal: Arc::clone(&portal),
            trip,
        };
        let client = Portal::with_wire(Arc::new(wire), settings);
        Self {
            book: AddressBook::new(client, Duration::ZERO),
            portal,
            _folder: folder,
        }
    }

    pub(crate) async fn look_up(&self, text: &str) -> Result<ContactPage, Error> {
        self.book.list(&query(text), &CancellationToken::new()).await
    }
}

fn application(portal: &DemoPortal, folder: &TempDir) -> Application {
    let given = portal.oauth_application();
    let secret = |text: String| Some(GivenSecret::Text(text.into()));
    let origin = |text: &str| text.parse().unwrap_or_else(|_| "nowhere.invalid".parse().unwrap());
    Application {
        portal: origin(&given.portal),
        server: origin(&given.oauth_server),
        client_id: Some(given.client_id),
        client_secret: secret(given.client_secret),
        access_token: secret(given.access_token),
        refresh_token: secret(given.refresh_token),
        token_store: folder.path().join("tokens.json"),
    }
}
