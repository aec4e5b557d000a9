//! An application's access to a portal: which token to use, and how to get a new one.
//!
//! The token store is the source of truth. It is read at every call, since another process may have refreshed the
//! token. A token is refreshed when the portal rejects it, never by a timer.
//!
//! A refresh is a *single flight*: one caller of one process does it, and the others use its result. Within this
//! process they wait for the mutex `refreshing`; the other processes wait for the lock beside the store's file
//! ([`TokenStore::lock`]). A caller that holds both reads the store first, and exchanges nothing if the token in it is
//! not the rejected one.
//!
//! The new pair is saved before it is used. A pair that cannot be saved is used from memory until saving succeeds. A
//! refresh token that the authorization server has refused is not sent again. See
//! <https://apidocs.bitrix24.com/settings/oauth/index.html>.

pub(in crate::portal) mod application;
pub(in crate::portal) mod application_client;
pub(in crate::portal) mod exchange;
mod tokens;

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::registry::Registry;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::given_secret::is_same;
use super::token_store::{Lock, StoredPair, TokenStore};
use crate::portal::error::Error;
use crate::portal::request::Access;
use crate::portal::wire::Wire;
use application::Application;
use exchange::{Client, EXCHANGE_TIMEOUT, Grant, IssuedTokens, exchange};
use tokens::{Inherited, Tokens, not_signed_in};

/// The time limit for another process's lock.
const LOCK_TIMEOUT: Duration = EXCHANGE_TIMEOUT;
/// How long a process that ends waits for another process's lock. A refresh is faster.
const LAST_LOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// An application and its tokens.
#[derive(Debug)]
pub(in crate::portal) struct Oauth {
    tokens: Tokens,
    /// Locked during an exchange; holds the refresh token that was last refused for good.
    refreshing: Arc<Mutex<Option<RefusedToken>>>,
    /// Cancelled when the process ends: no exchange begins after that.
    closing: CancellationToken,
    refreshed: Counter,
}

/// A refresh token that no longer works, and the authorization server's refusal.
#[derive(Debug)]
struct RefusedToken {
    token: SecretString,
    error: Error,
}

impl Oauth {
    pub(in crate::portal) fn new(application: Application) -> Self {
        Self {
            tokens: Tokens::new(application),
            refreshing: Arc::default(),
            closing: CancellationToken::new(),
            refreshed: Counter::default(),
        }
    }

    pub(in crate::portal) fn application(&self) -> &Application {
        &self.tokens.application
    }

    pub(in crate::portal) fn store(&self) -> &TokenStore {
        &self.tokens.store
    }

    pub(in crate::portal) fn register(&self, registry: &mut Registry) {
        registry.register(
            "bitrix24_tokens_refreshed",
            "Access tokens that this process has refreshed",
            self.refreshed.clone(),
        );
    }

    /// Hashes the data that distinguish the account behind the tokens.
    pub(in crate::portal) fn hash_account(&self, hasher: &mut impl Hasher) -> Result<(), Error> {
        let pair = self.tokens.current()?;
        let application = self.application();
        (application.portal.as_str(), &application.client_id, pair.user_id).hash(hasher);
        // Without a user id only the token itself distinguishes the account.
        if pair.user_id.is_none() {
            pair.refresh
                .as_ref()
                .or(pair.access.as_ref())
                .map(|token| token.expose_secret())
                .hash(hasher);
        }
        Ok(())
    }

    /// The access token to use now. Exchanges the refresh token if there is no access token.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`], [`Error::NoCredentials`], [`Error::TokenStore`], or a failure of the exchange.
    pub(in crate::portal) async fn access(self: &Arc<Self>, wire: &Arc<dyn Wire>) -> Result<Access, Error> {
        // A failure to save changes nothing: the pair is used from memory.
        let _ = self.store().save(Instant::now()).await;
        if self.tokens.current()?.access.is_none() {
            self.refresh(None, wire).await?;
        }
        let token = self.tokens.current()?.access.ok_or_else(not_signed_in)?;
        Ok(Access::Token {
            portal: self.application().portal.clone(),
            token,
        })
    }

    /// Makes sure that the access token to use is not `rejected`. Returns `false` if no other token can be requested:
    /// the refresh token, the client id or the client secret is missing.
    ///
    /// # Errors
    /// The failure of the exchange, or [`Error::TokenStore`].
    pub(in crate::portal) async fn refresh(
        self: &Arc<Self>,
        rejected: Option<&SecretString>,
        wire: &Arc<dyn Wire>,
    ) -> Result<bool, Error> {
        let rejected = rejected.cloned();
        let refused = Arc::clone(&self.refreshing).lock_owned().await;
        if self.tokens.current()?.has_other_access_token(rejected.as_ref()) {
            return Ok(true);
        }
        if self.tokens.refresh_credentials()?.is_none() {
            return Ok(false);
        }
        // From here on the server may issue a pair, which must not be lost when the caller is cancelled. So a task of
        // its own does the rest; the time limits of lock and exchange end the task.
        let (this, wire) = (Arc::clone(self), Arc::clone(wire));
        let task = tokio::spawn(async move { this.lock_and_refresh(refused, rejected, wire.as_ref()).await });
        task.await.unwrap_or(Err(Error::Cancelled)).map(|()| true)
    }

    async fn lock_and_refresh(
        &self,
        mut refused: OwnedMutexGuard<Option<RefusedToken>>,
        rejected: Option<SecretString>,
        wire: &dyn Wire,
    ) -> Result<(), Error> {
        let lock = match self.lock().await {
            Ok(lock) => Some(lock),
            Err(Error::Cancelled) => return Err(Error::Cancelled),
            // A pair that is only in memory may be exchanged without the lock: no other process has it, and the new
            // pair is no easier to lose.
            Err(error) if !self.store().is_unsaved(self.tokens.current()?.refresh.as_ref()) => return Err(error),
            Err(_) => None,
        };
        // Another process may have refreshed the token meanwhile.
        if self.tokens.current()?.has_other_access_token(rejected.as_ref()) {
            return Ok(());
        }
        let needed = self.tokens.refresh_credentials()?.ok_or_else(not_signed_in)?;
        if let Some(refused) = refused.as_ref()
            && is_same(&refused.token, &needed.refresh_token)
        {
            return Err(refused.error.clone());
        }
        let inherited = self.tokens.inherited(Some(&needed.refresh_token))?;
        let grant = Grant::RefreshToken(needed.refresh_token.clone());
        match exchange(self.client(&needed.client_id, &needed.client_secret), &grant, wire).await {
            Ok(issued) => {
                tracing::info!("the access token was refreshed");
                self.refreshed.inc();
                self.keep(lock, needed.client_id, issued, inherited);
                Ok(())
            }
            Err(error) => {
                // After any other error the same refresh token may still work.
                let is_for_good = error.code().eq_ignore_ascii_case("invalid_grant");
                if is_for_good {
                    *refused = Some(RefusedToken {
                        token: needed.refresh_token,
                        error: error.clone(),
                    });
                }
                Err(error)
            }
        }
    }

    /// Exchanges the code from the authorize page and keeps the pair. Returns the user's id, if the server sent it.
    ///
    /// # Errors
    /// The failure of the exchange, [`Error::NoCredentials`], [`Error::NoRoomForTokens`] or [`Error::TokenStore`].
    pub(in crate::portal) async fn sign_in(
        self: &Arc<Self>,
        code: SecretString,
        wire: &Arc<dyn Wire>,
    ) -> Result<Option<u64>, Error> {
        let held = Arc::clone(&self.refreshing).lock_owned().await;
        let (this, wire) = (Arc::clone(self), Arc::clone(wire));
        // A task of its own, as in `refresh`.
        let task = tokio::spawn(async move {
            let outcome = this.lock_and_sign_in(code, wire.as_ref()).await;
            drop(held);
            outcome
        });
        task.await.unwrap_or(Err(Error::Cancelled))
    }

    async fn lock_and_sign_in(&self, code: SecretString, wire: &dyn Wire) -> Result<Option<u64>, Error> {
        let (client_id, client_secret) = self.tokens.client()?;
        let lock = self.lock().await?;
        let inherited = self.tokens.inherited(None)?;
        let issued = exchange(self.client(&client_id, &client_secret), &Grant::Code(code), wire).await?;
        let user_id = issued.user_id;
        self.keep(Some(lock), client_id, issued, inherited);
        Ok(user_id)
    }

    /// Before the process ends: waits for an exchange in progress, prevents others, and saves a pair that is only in
    /// memory.
    ///
    /// # Errors
    /// [`Error::TokensNotSaved`]: the pair is lost when the process ends.
    pub(in crate::portal) async fn finish(&self) -> Result<(), Error> {
        self.closing.cancel();
        if self.refreshing.try_lock().is_err() {
            tracing::warn!("waiting for the exchange of tokens, {EXCHANGE_TIMEOUT:?} at most, so that none are lost");
        }
        drop(self.refreshing.lock().await);
        self.store().save(Instant::now() + LAST_LOCK_TIMEOUT).await
    }

    /// Locks the store and makes room for a pair.
    ///
    /// # Errors
    /// [`Error::Cancelled`] if the process is ending, and the errors of [`TokenStore::lock`].
    async fn lock(&self) -> Result<Lock, Error> {
        tokio::select! {
            biased;
            () = self.closing.cancelled() => Err(Error::Cancelled),
            lock = self.store().lock(Instant::now() + LOCK_TIMEOUT) => lock,
        }
    }

    fn client<'a>(&'a self, client_id: &'a str, client_secret: &'a SecretString) -> Client<'a> {
        Client {
            server: &self.application().server,
            client_id,
            client_secret,
        }
    }

    fn keep(&self, lock: Option<Lock>, client_id: String, issued: IssuedTokens, inherited: Inherited) {
        let pair = StoredPair {
            portal: self.application().portal.as_str().to_owned(),
            client_id,
            access_token: issued.access_token,
            refresh_token: issued.refresh_token,
            // The reply to a refresh does not always hold the user's id, which stays the same.
            user_id: issued.user_id.or(inherited.user_id),
            replaces: inherited.token_in_settings,
        };
        self.store().keep(pair, inherited.token_in_file, lock);
    }
}
