//! The application of a team server as an OAuth client: exchanges codes and refresh tokens, and asks whose a token is.
//!
//! Keeps no tokens: the team's store does. Nothing is called at an address out of a reply.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::time::{Instant, timeout_at};

use super::exchange::{Client, Grant, IssuedTokens, exchange};
use crate::portal::attempt::Shared;
use crate::portal::credentials::given_secret::GivenSecret;
use crate::portal::error::{Error, Speaker};
use crate::portal::loose::Loose;
use crate::portal::origin::Origin;
use crate::portal::person::Person;
use crate::portal::profile::{Profile, ProfileReply};
use crate::portal::reply::read;
use crate::portal::request::{Access, OldMethod, Request};
use crate::portal::retry::{self, RetryCause};

/// The time limit for a request to the portal.
const PORTAL_TIMEOUT: Duration = Duration::from_secs(8);

/// The settings of the application of a team server.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// The portal: `BITRIX24_PORTAL`.
    pub portal: Origin,
    /// The authorization server: `BITRIX24_OAUTH_SERVER`.
    pub server: Origin,
    /// The client id: `BITRIX24_CLIENT_ID`.
    pub client_id: String,
    /// The client secret: `BITRIX24_CLIENT_SECRET`.
    pub client_secret: GivenSecret,
}

/// The application of a team server, over the network of its portal client. A clone is the same application.
#[derive(Debug, Clone)]
pub struct ApplicationClient {
    settings: Arc<ClientSettings>,
    shared: Arc<Shared>,
}

impl ApplicationClient {
    pub(in crate::portal) fn new(settings: ClientSettings, shared: Arc<Shared>) -> Self {
        Self {
            settings: Arc::new(settings),
            shared,
        }
    }

    /// The settings of this application.
    pub fn settings(&self) -> &ClientSettings {
        &self.settings
    }

    /// Exchanges the code of the portal's authorize page, within
    /// [`EXCHANGE_TIMEOUT`](crate::portal::EXCHANGE_TIMEOUT). The code is valid for 30 seconds, once.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] if the client secret cannot be read, and the failures of the exchange.
    pub async fn exchange_code(&self, code: SecretString) -> Result<IssuedTokens, Error> {
        self.exchange(Grant::Code(code)).await
    }

    /// Exchanges a refresh token, within [`EXCHANGE_TIMEOUT`](crate::portal::EXCHANGE_TIMEOUT). The refresh token may
    /// be spent after any failure but the refusals of the authorization server.
    ///
    /// # Errors
    /// As [`exchange_code`](Self::exchange_code).
    pub async fn refresh(&self, refresh_token: SecretString) -> Result<IssuedTokens, Error> {
        self.exchange(Grant::RefreshToken(refresh_token)).await
    }

    async fn exchange(&self, grant: Grant) -> Result<IssuedTokens, Error> {
        let client_secret = self.settings.client_secret.read()?;
        let client = Client {
            server: &self.settings.server,
            client_id: &self.settings.client_id,
            client_secret: &client_secret,
        };
        exchange(client, &grant, self.shared.wire.as_ref()).await
    }

    /// The employee whose access token this is, by `profile` of the portal's old API. Waits for the portal's limits.
    ///
    /// # Errors
    /// The portal's refusal, and every failure of a request.
    pub async fn profile(&self, access_token: &SecretString) -> Result<Profile, Error> {
        let access = Access::Token {
            portal: self.settings.portal.clone(),
            token: access_token.clone(),
        };
        let deadline = Instant::now() + PORTAL_TIMEOUT;
        let old_api = self.shared.old_api(&Person::SERVER, &access, deadline);
        let reply: Loose<ProfileReply> = in_time(deadline, old_api.call(OldMethod::Profile)).await?;
        reply.try_into()
    }

    /// Checks that a portal replies at the portal's address. Sends one request without credentials, which does not wait
    /// for the portal's limits, and which every portal refuses.
    ///
    /// # Errors
    /// Why there was no reply of a portal that can work.
    pub async fn answers(&self) -> Result<(), Error> {
        let probe = Request::probe(&self.settings.portal);
        let reply = in_time(Instant::now() + PORTAL_TIMEOUT, self.shared.wire.send(probe)).await?;
        match read::<serde::de::IgnoredAny>(&reply, Speaker::OldApi, "") {
            Err(error) if !is_refusal_of_a_working_portal(&error) => Err(error),
            _ => Ok(()),
        }
    }
}

fn is_refusal_of_a_working_portal(error: &Error) -> bool {
    match error {
        Error::Refused(refusal) => {
            refusal.http_status < 500 || retry::cause(error) == Some(RetryCause::TooManyRequests)
        }
        _ => false,
    }
}

async fn in_time<T>(deadline: Instant, asking: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    timeout_at(deadline, asking)
        .await
        .unwrap_or(Err(Error::TimedOut { after: PORTAL_TIMEOUT }))
}
