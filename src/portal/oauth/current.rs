//! Which tokens are in use: the store's, or the settings' where those are newer.

use secrecy::{ExposeSecret, SecretString};

use super::super::credentials::GivenSecret;
use super::super::error::Error;
use super::super::token_store::Stored;
use super::Oauth;

/// The tokens to use now.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) access: Option<SecretString>,
    pub(super) refresh: Option<SecretString>,
    pub(super) user_id: Option<u64>,
}

/// What of the old pair goes on in the new one.
pub(super) struct Replaced {
    pub(super) user_id: Option<u64>,
    /// The refresh token in the settings.
    pub(super) given: Option<SecretString>,
    /// The refresh token in the file.
    pub(super) in_file: Option<SecretString>,
}

/// What is needed to refresh.
pub(super) struct Renewal {
    pub(super) client_id: String,
    pub(super) client_secret: SecretString,
    pub(super) refresh_token: SecretString,
}

impl Oauth {
    /// What a new pair is going to replace. Known before one is issued, since reading may fail and a pair must not be
    /// lost; a pair of another portal or application is not replaced at all.
    pub(super) fn replaced(&self, spent: Option<&SecretString>) -> Result<Replaced, Error> {
        let given = self.given_refresh_token()?;
        let stored = match self.store.read() {
            Ok(Some(stored)) if self.is_ours(&stored) => Some(stored),
            Ok(Some(_)) if spent.is_some() => {
                return Err(Error::TokenStore {
                    path: self.store.path().display().to_string(),
                    problem: "it keeps the tokens of another portal or application",
                });
            }
            // A new sign-in replaces what is stored.
            _ => None,
        };
        // The settings of this process may lack the token that another's still have.
        let known = stored.as_ref().and_then(|stored| stored.replaces.clone());
        let is_same_person = |stored: &&Stored| spent.is_some_and(|spent| is_same(spent, &stored.refresh_token));
        Ok(Replaced {
            user_id: stored.as_ref().filter(is_same_person).and_then(|stored| stored.user_id),
            given: given.or(known),
            in_file: self.store.token_in_file(),
        })
    }

    /// The store's pair, or the settings' if it is newer: if another refresh token was put there since.
    pub(super) fn current(&self) -> Result<Pair, Error> {
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

    pub(super) fn renewal(&self) -> Result<Option<Renewal>, Error> {
        let (Some(refresh_token), Ok((client_id, client_secret))) = (self.current()?.refresh, self.client()) else {
            return Ok(None);
        };
        Ok(Some(Renewal {
            client_id,
            client_secret,
            refresh_token,
        }))
    }

    pub(super) fn client(&self) -> Result<(String, SecretString), Error> {
        let missing =
            || Error::NoCredentials("the application's client id and client secret are not both set".to_owned());
        let client_id = self.application.client_id.clone().ok_or_else(missing)?;
        let client_secret = read(self.application.client_secret.as_ref())?.ok_or_else(missing)?;
        Ok((client_id, client_secret))
    }
}

fn read(given: Option<&GivenSecret>) -> Result<Option<SecretString>, Error> {
    given.map(GivenSecret::read).transpose()
}

pub(super) fn not_signed_in() -> Error {
    Error::NotSignedIn("nobody has signed in with the application yet".to_owned())
}

pub(super) fn is_other(pair: &Pair, rejected: Option<&SecretString>) -> bool {
    match (&pair.access, rejected) {
        (Some(access), Some(rejected)) => !is_same(access, rejected),
        (access, _) => access.is_some(),
    }
}

pub(super) fn is_same(one: &SecretString, other: &SecretString) -> bool {
    one.expose_secret() == other.expose_secret()
}
