//! The portal's tokens of one employee, for the calls of one request.
//!
//! The sealed pair comes with the session of the access token. It is opened when a call goes to the portal; an answer
//! from the cache needs no tokens.

use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};

use super::ending;
use super::failures::signed_out;
use super::refresh::Refresh;
use crate::portal::{EmployeeId, EmployeeTokens, Error};
use crate::team::parts::Parts;
use crate::team::server_key::Pair;
use crate::team::store::records::{EndReason, SealedPair};

/// The portal's tokens of one employee. Debug hides them and the employee.
pub(super) struct EmployeePair {
    parts: Arc<Parts>,
    employee: EmployeeId,
    /// The newest pair that these calls know; `None` if the sign-in has ended.
    newest: Mutex<Option<SealedPair>>,
}

impl fmt::Debug for EmployeePair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmployeePair")
    }
}

impl EmployeePair {
    pub(super) fn new(parts: Arc<Parts>, employee: EmployeeId, pair: Option<SealedPair>) -> Self {
        Self {
            parts,
            employee,
            newest: Mutex::new(pair),
        }
    }

    /// The newest pair and its version.
    ///
    /// A pair that was changed is of no use to anybody, so the employee's grants end: otherwise the client would never
    /// have the employee sign in again. A pair that was sealed by an unknown key ends nothing: this server may be the one
    /// that does not have the new key yet.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`].
    async fn open(&self) -> Result<(i64, Pair), Error> {
        let newest = self.newest.lock().clone().ok_or_else(signed_out)?;
        let keys = &self.parts.settings.server_keys;
        if let Some(pair) = keys.open(&self.employee, &newest) {
            return Ok((newest.version, pair));
        }
        if keys.ids().contains(&newest.key_id) {
            tracing::error!("the tokens of an employee were changed in the store and do not open");
            ending::end(&self.parts, &self.employee, newest.version, EndReason::Unreadable).await;
        } else {
            tracing::error!(
                key = newest.key_id,
                "this server lacks the key that the tokens of an employee are sealed by"
            );
        }
        Err(signed_out())
    }

    async fn refresh_rejected(&self, rejected: &SecretString) -> Result<(), Error> {
        let (version, pair) = self.open().await?;
        if pair.access.expose_secret() != rejected.expose_secret() {
            return Ok(());
        }
        let refresh = Refresh {
            parts: Arc::clone(&self.parts),
            employee: self.employee.clone(),
            version,
            rejected: rejected.clone(),
        };
        let key = (self.employee.clone(), version);
        let Parts { saving, refreshes, .. } = self.parts.as_ref();
        let refreshed = refreshes.join(saving, key, refresh.run()).await?;
        let mut newest = self.newest.lock();
        if newest.as_ref().is_none_or(|known| known.version < refreshed.version) {
            *newest = Some(refreshed);
        }
        Ok(())
    }
}

impl EmployeeTokens for EmployeePair {
    fn access(&self) -> BoxFuture<'_, Result<SecretString, Error>> {
        async { Ok(self.open().await?.1.access) }.boxed()
    }

    fn refresh<'a>(&'a self, rejected: &'a SecretString) -> BoxFuture<'a, Result<(), Error>> {
        self.refresh_rejected(rejected).boxed()
    }

    fn refused<'a>(&'a self, reason: &'a Error) -> BoxFuture<'a, ()> {
        async move {
            if !reason.is_about_the_employee() {
                return;
            }
            let version = self.newest.lock().as_ref().map(|pair| pair.version);
            if let Some(version) = version {
                // Sign-ins under way are not waited for: the portal speaks of the employee. Tokens that a newer sign-in
                // has ended get another refusal, which leads to a refresh, and that waits.
                ending::end(&self.parts, &self.employee, version, EndReason::Refused).await;
            }
        }
        .boxed()
    }
}
