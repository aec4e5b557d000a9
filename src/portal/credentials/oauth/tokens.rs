//! Chooses the tokens to use: the store's, or the settings' if those are newer.

use secrecy::SecretString;

use super::application::Application;
use crate::portal::credentials::given_secret::{GivenSecret, is_same};
use crate::portal::credentials::token_store::{StoredPair, TokenStore};
use crate::portal::error::Error;

/// The two sources of an application's tokens: its settings and its store.
#[derive(Debug)]
pub(super) struct Tokens {
    pub(super) application: Application,
    pub(super) store: TokenStore,
}

/// The tokens to use now.
#[derive(Debug, Clone)]
pub(super) struct CurrentPair {
    pub(super) access: Option<SecretString>,
    pub(super) refresh: Option<SecretString>,
    pub(super) user_id: Option<u64>,
}

impl CurrentPair {
    /// True if there is an access token, and it is not `rejected`.
    pub(super) fn has_other_access_token(&self, rejected: Option<&SecretString>) -> bool {
        match (&self.access, rejected) {
            (Some(access), Some(rejected)) => !is_same(access, rejected),
            (access, _) => access.is_some(),
        }
    }
}

/// The values that a new pair inherits from the settings and the stored pair.
pub(super) struct Inherited {
    pub(super) user_id: Option<u64>,
    /// The refresh token in the settings.
    pub(super) token_in_settings: Option<SecretString>,
    /// The refresh token in the store's file.
    pub(super) token_in_file: Option<SecretString>,
}

/// The values that a refresh sends.
pub(super) struct RefreshCredentials {
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    pub(super) refresh_token: SecretString,
}

impl Tokens {
    pub(super) fn new(application: Application) -> Self {
        Self {
            store: TokenStore::at(application.token_store.clone()),
            application,
        }
    }

    /// The store's pair, or that of the settings if the refresh token in the settings was changed after the store's
    /// pair was issued.
    pub(super) fn current(&self) -> Result<CurrentPair, Error> {
        let in_settings = CurrentPair {
            access: read(self.application.access_token.as_ref())?,
            refresh: self.refresh_token_in_settings()?,
            user_id: None,
        };
        let is_set = in_settings.access.is_some() || in_settings.refresh.is_some();
        match self.store.read()? {
            Some(stored) if self.is_ours(&stored) => {
                // A pair that replaced no token of the settings comes from a sign-in, and is the newest.
                let is_newest = match (&in_settings.refresh, &stored.replaces) {
                    (Some(token), Some(replaced)) => is_same(token, replaced) || is_same(token, &stored.refresh_token),
                    _ => true,
                };
                if is_newest {
                    Ok(CurrentPair {
                        access: Some(stored.access_token),
                        refresh: Some(stored.refresh_token),
                        user_id: stored.user_id,
                    })
                } else {
                    Ok(in_settings)
                }
            }
            _ if is_set => Ok(in_settings),
            Some(_) => Err(Error::NotSignedIn(format!(
                "the token store {} is of another portal or application",
                self.store.path().display()
            ))),
            None => Err(not_signed_in()),
        }
    }

    /// The values that the next pair inherits; `exchanged` is the refresh token to be exchanged, `None` for a sign-in.
    /// Call this before a pair is issued: reading may fail, and then the new pair would be lost.
    ///
    /// # Errors
    /// [`Error::TokenStore`] if a refresh would replace the pair of another portal or application.
    pub(super) fn inherited(&self, exchanged: Option<&SecretString>) -> Result<Inherited, Error> {
        let in_settings = self.refresh_token_in_settings()?;
        let stored = match self.store.read() {
            Ok(Some(stored)) if self.is_ours(&stored) => Some(stored),
            Ok(Some(_)) if exchanged.is_some() => {
                return Err(Error::TokenStore {
                    path: self.store.path().display().to_string(),
                    problem: "it keeps the tokens of another portal or application",
                });
            }
            // A sign-in replaces any stored pair.
            _ => None,
        };
        // The settings of this process may lack the token that another process's settings still have.
        let known = stored.as_ref().and_then(|stored| stored.replaces.clone());
        let is_same_account =
            |stored: &&StoredPair| exchanged.is_some_and(|token| is_same(token, &stored.refresh_token));
        Ok(Inherited {
            user_id: stored
                .as_ref()
                .filter(is_same_account)
                .and_then(|stored| stored.user_id),
            token_in_settings: in_settings.or(known),
            token_in_file: self.store.token_in_file(),
        })
    }

    /// The values that a refresh sends; `None` if the refresh token, the client id or the client secret is missing.
    pub(super) fn refresh_credentials(&self) -> Result<Option<RefreshCredentials>, Error> {
        let (Some(refresh_token), Ok((client_id, client_secret))) = (self.current()?.refresh, self.client()) else {
            return Ok(None);
        };
        Ok(Some(RefreshCredentials {
            client_id,
            client_secret,
            refresh_token,
        }))
    }

    /// The application's client id and client secret.
    ///
    /// # Errors
    /// [`Error::NoCredentials`] if one is missing or cannot be read.
    pub(super) fn client(&self) -> Result<(String, SecretString), Error> {
        let missing =
            || Error::NoCredentials("the application's client id and client secret are not both set".to_owned());
        let client_id = self.application.client_id.clone().ok_or_else(missing)?;
        let client_secret = read(self.application.client_secret.as_ref())?.ok_or_else(missing)?;
        Ok((client_id, client_secret))
    }

    fn is_ours(&self, stored: &StoredPair) -> bool {
        let is_client = self
            .application
            .client_id
            .as_ref()
            .is_none_or(|id| *id == stored.client_id);
        is_client && stored.portal == self.application.portal.as_str()
    }

    fn refresh_token_in_settings(&self) -> Result<Option<SecretString>, Error> {
        read(self.application.refresh_token.as_ref())
    }
}

fn read(given: Option<&GivenSecret>) -> Result<Option<SecretString>, Error> {
    given.map(GivenSecret::read).transpose()
}

pub(super) fn not_signed_in() -> Error {
    Error::NotSignedIn("nobody has signed in with the application yet".to_owned())
}
