//! An application's access to a portal: which token to use, and how to get a new one.
//!
//! The truth is the token store, read at every call, since another process may have refreshed. A token is refreshed
//! when the portal refuses it, never by a timer: once, by one caller of one process, while all others wait for the
//! result. The new pair is saved before it is used. A refresh token that the authorization server has refused is not
//! sent again. See <https://apidocs.bitrix24.com/settings/oauth/index.html>.

mod exchange;

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;

use super::credentials::GivenSecret;
use super::error::Error;
use super::origin::{InvalidOrigin, Origin};
use super::request::Access;
use super::token_store::{Lock, Stored, TokenStore};
use super::wire::Wire;
use exchange::{Grant, Issued};

/// Waiting for another process and the exchange itself each end within this time.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(15);

/// An application and its tokens, as the settings gave them.
#[derive(Debug)]
pub struct Application {
    /// The portal: `BITRIX24_PORTAL`.
    pub portal: Origin,
    /// `BITRIX24_CLIENT_ID`; without it tokens cannot be refreshed.
    pub client_id: Option<String>,
    /// `BITRIX24_CLIENT_SECRET`, likewise.
    pub client_secret: Option<GivenSecret>,
    /// A token to start with: `BITRIX24_ACCESS_TOKEN`.
    pub access_token: Option<GivenSecret>,
    /// Its refresh token: `BITRIX24_REFRESH_TOKEN`.
    pub refresh_token: Option<GivenSecret>,
    /// Where tokens are kept: `BITRIX24_TOKEN_STORE`.
    pub token_store: PathBuf,
    /// Who exchanges tokens: `BITRIX24_OAUTH_SERVER`.
    pub server: Origin,
}

impl Application {
    /// The authorization server of the international Bitrix24.
    ///
    /// # Errors
    /// None in fact: the address is a constant that a test reads.
    pub fn default_server() -> Result<Origin, InvalidOrigin> {
        "https://oauth.bitrix.info".parse()
    }
}

/// A signed-in application.
#[derive(Debug)]
pub(super) struct Oauth {
    application: Application,
    store: TokenStore,
    /// Held while refreshing; remembers what was refused for good.
    refreshing: Arc<Mutex<Option<Spent>>>,
    refreshed: Counter,
}

/// A refresh token that works no more, and what the authorization server said.
#[derive(Debug)]
struct Spent {
    token: SecretString,
    error: Error,
}

/// The tokens to use now.
#[derive(Debug, Clone)]
struct Pair {
    access: Option<SecretString>,
    refresh: Option<SecretString>,
    user_id: Option<u64>,
}

/// What of the old pair goes on in the new one.
struct Replaced {
    user_id: Option<u64>,
    /// The refresh token in the settings.
    given: Option<SecretString>,
}

/// What is needed to refresh.
struct Renewal {
    client_id: String,
    client_secret: SecretString,
    refresh_token: SecretString,
}

impl Oauth {
    pub(super) fn new(application: Application) -> Self {
        Self {
            store: TokenStore::at(application.token_store.clone()),
            application,
            refreshing: Arc::default(),
            refreshed: Counter::default(),
        }
    }

    pub(super) fn application(&self) -> &Application {
        &self.application
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "bitrix24_tokens_refreshed",
            "Access tokens that this process has refreshed",
            self.refreshed.clone(),
        );
    }

    /// Distinguishes the person behind the tokens from others.
    pub(super) fn identify(&self, hasher: &mut impl Hasher) -> Result<(), Error> {
        let pair = self.current()?;
        (
            self.application.portal.as_str(),
            &self.application.client_id,
            pair.user_id,
        )
            .hash(hasher);
        // Nothing but the token tells whose it is.
        if pair.user_id.is_none() {
            pair.refresh
                .as_ref()
                .or(pair.access.as_ref())
                .map(|token| token.expose_secret())
                .hash(hasher);
        }
        Ok(())
    }

    /// What to call the portal with, now.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`], [`Error::NoCredentials`], [`Error::TokenStore`], or a failure of the exchange if there
    /// is a refresh token alone.
    pub(super) async fn access(self: &Arc<Self>, wire: &Arc<dyn Wire>) -> Result<Access, Error> {
        if self.current()?.access.is_none() {
            self.renew(None, wire).await?;
        }
        let token = self.current()?.access.ok_or_else(not_signed_in)?;
        Ok(Access::Token {
            portal: self.application.portal.clone(),
            token,
        })
    }

    /// Makes sure that the token to use is another one than `rejected`. `false`: there is no way to.
    ///
    /// # Errors
    /// The failure of the exchange, or [`Error::TokenStore`].
    pub(super) async fn renew(
        self: &Arc<Self>,
        rejected: Option<&SecretString>,
        wire: &Arc<dyn Wire>,
    ) -> Result<bool, Error> {
        let rejected = rejected.cloned();
        let spent = Arc::clone(&self.refreshing).lock_owned().await;
        if is_other(&self.current()?, rejected.as_ref()) {
            return Ok(true);
        }
        if self.renewal()?.is_none() {
            return Ok(false);
        }
        // From here on a pair may be issued, and one that is not saved is lost: a caller that goes away must not stop
        // it. The task ends by itself within the time limits of lock and exchange.
        let (this, wire) = (Arc::clone(self), Arc::clone(wire));
        let task = tokio::spawn(async move { this.renew_alone(spent, rejected, wire.as_ref()).await });
        task.await.unwrap_or(Err(Error::Cancelled)).map(|()| true)
    }

    /// Waits for a refresh that is under way, so that the process does not end before its pair is saved.
    pub(super) async fn settle(&self) {
        drop(self.refreshing.lock().await);
    }

    async fn renew_alone(
        &self,
        mut spent: OwnedMutexGuard<Option<Spent>>,
        rejected: Option<SecretString>,
        wire: &dyn Wire,
    ) -> Result<(), Error> {
        let lock = self.store.lock(Instant::now() + EXCHANGE_TIMEOUT).await?;
        // Another process may have been faster.
        if is_other(&self.current()?, rejected.as_ref()) {
            return Ok(());
        }
        let renewal = self.renewal()?.ok_or_else(not_signed_in)?;
        if let Some(spent) = spent.as_ref()
            && is_same(&spent.token, &renewal.refresh_token)
        {
            return Err(spent.error.clone());
        }
        let replaced = self.replaced(Some(&renewal.refresh_token))?;
        let grant = Grant::RefreshToken(renewal.refresh_token.clone());
        match self
            .exchange(&grant, &renewal.client_id, &renewal.client_secret, wire)
            .await
        {
            Ok(issued) => {
                tracing::info!("the access token was refreshed");
                self.refreshed.inc();
                self.save(&lock, &renewal.client_id, issued, replaced)
            }
            Err(error) => {
                // Everything else can be mended without new tokens.
                let is_for_good = error.code().eq_ignore_ascii_case("invalid_grant");
                if is_for_good {
                    *spent = Some(Spent {
                        token: renewal.refresh_token,
                        error: error.clone(),
                    });
                }
                Err(error)
            }
        }
    }

    /// Exchanges the code that the authorize page gave, and saves the pair. Returns the user's id, if it was told.
    ///
    /// # Errors
    /// The failure of the exchange, [`Error::NoCredentials`] or [`Error::TokenStore`].
    pub(super) async fn sign_in(&self, code: SecretString, wire: &dyn Wire) -> Result<Option<u64>, Error> {
        let (client_id, client_secret) = self.client()?;
        let lock = self.store.lock(Instant::now() + EXCHANGE_TIMEOUT).await?;
        let replaced = self.replaced(None)?;
        let issued = self
            .exchange(&Grant::Code(code), &client_id, &client_secret, wire)
            .await?;
        let user_id = issued.user_id;
        self.save(&lock, &client_id, issued, replaced)?;
        Ok(user_id)
    }

    async fn exchange(
        &self,
        grant: &Grant,
        client_id: &str,
        client_secret: &SecretString,
        wire: &dyn Wire,
    ) -> Result<Issued, Error> {
        let request = exchange::request(&self.application.server, grant, client_id, client_secret);
        let reply = tokio::time::timeout(EXCHANGE_TIMEOUT, wire.send(request))
            .await
            .unwrap_or(Err(Error::TimedOut {
                after: EXCHANGE_TIMEOUT,
            }))?;
        exchange::read(&reply, grant, client_secret)
    }

    /// What a new pair is going to replace. Known before one is issued, since reading may fail and a pair must not be
    /// lost; a pair of another portal or application is not replaced at all.
    fn replaced(&self, spent: Option<&SecretString>) -> Result<Replaced, Error> {
        let given = self.given_refresh_token()?;
        let stored = match self.store.read() {
            Ok(Some(stored)) if self.is_ours(&stored) => Some(stored),
            Ok(Some(_)) if spent.is_some() => {
                return Err(Error::TokenStore {
                    path: self.store.path().display().to_string(),
                    problem: "it keeps the tokens of another portal or application",
                });
            }
            // Whoever signs in replaces whatever was there.
            _ => None,
        };
        // The settings of this process may lack the token that another's still have.
        let known = stored.as_ref().and_then(|stored| stored.replaces.clone());
        let is_same_person = |stored: &&Stored| spent.is_some_and(|spent| is_same(spent, &stored.refresh_token));
        Ok(Replaced {
            user_id: stored.as_ref().filter(is_same_person).and_then(|stored| stored.user_id),
            given: given.or(known),
        })
    }

    fn save(&self, lock: &Lock, client_id: &str, issued: Issued, replaced: Replaced) -> Result<(), Error> {
        lock.replace(&Stored {
            portal: self.application.portal.as_str().to_owned(),
            client_id: client_id.to_owned(),
            access_token: issued.access_token,
            refresh_token: issued.refresh_token,
            // A refresh does not always tell whose tokens they are; they are still the same person's.
            user_id: issued.user_id.or(replaced.user_id),
            replaces: replaced.given,
        })
    }

    /// The store's pair, or the settings' if it is newer: if another refresh token was put there since.
    fn current(&self) -> Result<Pair, Error> {
        let given = Pair {
            access: read(self.application.access_token.as_ref())?,
            refresh: self.given_refresh_token()?,
            user_id: None,
        };
        let is_given = given.access.is_some() || given.refresh.is_some();
        match self.store.read()? {
            Some(stored) if self.is_ours(&stored) => {
                // A pair that replaced no token of the settings is from a sign-in: nothing is newer than that.
                let is_newest = match (&given.refresh, &stored.replaces) {
                    (Some(given), Some(replaced)) => is_same(given, replaced) || is_same(given, &stored.refresh_token),
                    _ => true,
                };
                if is_newest {
                    Ok(Pair {
                        access: Some(stored.access_token),
                        refresh: Some(stored.refresh_token),
                        user_id: stored.user_id,
                    })
                } else {
                    Ok(given)
                }
            }
            _ if is_given => Ok(given),
            Some(_) => Err(Error::NotSignedIn(format!(
                "the token store {} is of another portal or application",
                self.store.path().display()
            ))),
            None => Err(not_signed_in()),
        }
    }

    fn is_ours(&self, stored: &Stored) -> bool {
        let is_client = self
            .application
            .client_id
            .as_ref()
            .is_none_or(|id| *id == stored.client_id);
        is_client && stored.portal == self.application.portal.as_str()
    }

    fn given_refresh_token(&self) -> Result<Option<SecretString>, Error> {
        read(self.application.refresh_token.as_ref())
    }

    fn renewal(&self) -> Result<Option<Renewal>, Error> {
        let (Some(refresh_token), Ok((client_id, client_secret))) = (self.current()?.refresh, self.client()) else {
            return Ok(None);
        };
        Ok(Some(Renewal {
            client_id,
            client_secret,
            refresh_token,
        }))
    }

    fn client(&self) -> Result<(String, SecretString), Error> {
        let missing =
            || Error::NoCredentials("the application's client id and client secret are not both set".to_owned());
        let client_id = self.application.client_id.clone().ok_or_else(missing)?;
        let client_secret = read(self.application.client_secret.as_ref())?.ok_or_else(missing)?;
        Ok((client_id, client_secret))
    }

    pub(super) fn store_path(&self) -> &Path {
        self.store.path()
    }
}

fn read(given: Option<&GivenSecret>) -> Result<Option<SecretString>, Error> {
    given.map(GivenSecret::read).transpose()
}

fn not_signed_in() -> Error {
    Error::NotSignedIn("nobody has signed in with the application yet".to_owned())
}

fn is_other(pair: &Pair, rejected: Option<&SecretString>) -> bool {
    match (&pair.access, rejected) {
        (Some(access), Some(rejected)) => !is_same(access, rejected),
        (access, _) => access.is_some(),
    }
}

fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
