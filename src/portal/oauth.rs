//! An application's access to a portal: which token to use, and how to get a new one.
//!
//! The truth is the token store, read at every call, since another process may have refreshed. A token is refreshed
//! when the portal refuses it, never by a timer: once, by one caller of one process, while all others wait for the
//! result. The new pair is saved before it is used; if that fails, it is used from memory until it can be saved. A
//! refresh token that the authorization server has refused is not sent again.
//! See <https://apidocs.bitrix24.com/settings/oauth/index.html>.

mod current;
mod exchange;

use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::credentials::GivenSecret;
use super::error::Error;
use super::origin::{InvalidOrigin, Origin};
use super::request::Access;
use super::token_store::{Lock, Stored, TokenStore};
use super::wire::Wire;
use current::{Replaced, is_other, is_same, not_signed_in};
use exchange::{Grant, Issued};

/// Waiting for another process and the exchange itself each end within this time.
const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(15);
/// A process that ends waits for another's lock no longer than this; a refresh takes less.
const LAST_LOCK_TIMEOUT: Duration = Duration::from_secs(5);

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
    /// Cancelled when the process ends: no exchange begins then.
    closing: CancellationToken,
    refreshed: Counter,
}

/// A refresh token that works no more, and what the authorization server said.
#[derive(Debug)]
struct Spent {
    token: SecretString,
    error: Error,
}

impl Oauth {
    pub(super) fn new(application: Application) -> Self {
        Self {
            store: TokenStore::at(application.token_store.clone()),
            application,
            refreshing: Arc::default(),
            closing: CancellationToken::new(),
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
        // A pair that cannot be saved yet is as good from memory.
        let _ = self.store.save(Instant::now()).await;
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
        // From here on a pair may be issued: a caller that goes away must not lose it. The task ends by itself within
        // the time limits of lock and exchange.
        let (this, wire) = (Arc::clone(self), Arc::clone(wire));
        let task = tokio::spawn(async move { this.renew_alone(spent, rejected, wire.as_ref()).await });
        task.await.unwrap_or(Err(Error::Cancelled)).map(|()| true)
    }

    /// Waits for an exchange that is under way, begins no other, and saves a pair that could not be saved yet.
    ///
    /// # Errors
    /// [`Error::TokensNotSaved`]: the pair is lost when the process ends.
    pub(super) async fn settle(&self) -> Result<(), Error> {
        self.closing.cancel();
        if self.refreshing.try_lock().is_err() {
            tracing::warn!("waiting for the exchange of tokens, {EXCHANGE_TIMEOUT:?} at most, so that none are lost");
        }
        drop(self.refreshing.lock().await);
        self.store.save(Instant::now() + LAST_LOCK_TIMEOUT).await
    }

    async fn renew_alone(
        &self,
        mut spent: OwnedMutexGuard<Option<Spent>>,
        rejected: Option<SecretString>,
        wire: &dyn Wire,
    ) -> Result<(), Error> {
        let lock = match self.lock().await {
            Ok(lock) => Some(lock),
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            // A pair that is in memory alone is known to no other process, and is as easily lost as its successor.
            Err(error) if !self.store.is_unsaved(self.current()?.refresh.as_ref()) => return Err(error),
            Err(_) => None,
        };
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
                self.keep(lock, renewal.client_id, issued, replaced);
                Ok(())
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

    /// Exchanges the code that the authorize page gave, and keeps the pair. Returns the user's id, if it was told.
    ///
    /// # Errors
    /// The failure of the exchange, [`Error::NoCredentials`], [`Error::NoRoomForTokens`] or [`Error::TokenStore`].
    pub(super) async fn sign_in(
        self: &Arc<Self>,
        code: SecretString,
        wire: &Arc<dyn Wire>,
    ) -> Result<Option<u64>, Error> {
        let held = Arc::clone(&self.refreshing).lock_owned().await;
        let (this, wire) = (Arc::clone(self), Arc::clone(wire));
        let task = tokio::spawn(async move {
            let outcome = this.sign_in_alone(code, wire.as_ref()).await;
            drop(held);
            outcome
        });
        task.await.unwrap_or(Err(Error::Cancelled))
    }

    async fn sign_in_alone(&self, code: SecretString, wire: &dyn Wire) -> Result<Option<u64>, Error> {
        let (client_id, client_secret) = self.client()?;
        let lock = self.lock().await?;
        let replaced = self.replaced(None)?;
        let issued = self
            .exchange(&Grant::Code(code), &client_id, &client_secret, wire)
            .await?;
        let user_id = issued.user_id;
        self.keep(Some(lock), client_id, issued, replaced);
        Ok(user_id)
    }

    /// The right to exchange, with room for what comes. Not waited for once the process ends.
    async fn lock(&self) -> Result<Lock, Error> {
        tokio::select! {
            biased;
            () = self.closing.cancelled() => Err(Error::Cancelled),
            lock = self.store.lock(Instant::now() + EXCHANGE_TIMEOUT) => lock,
        }
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

    fn keep(&self, lock: Option<Lock>, client_id: String, issued: Issued, replaced: Replaced) {
        let pair = Stored {
            portal: self.application.portal.as_str().to_owned(),
            client_id,
            access_token: issued.access_token,
            refresh_token: issued.refresh_token,
            // A refresh does not always tell whose tokens they are; they are still the same person's.
            user_id: issued.user_id.or(replaced.user_id),
            replaces: replaced.given,
        };
        self.store.keep(pair, replaced.in_file, lock);
    }

    pub(super) fn store(&self) -> &TokenStore {
        &self.store
    }
}
