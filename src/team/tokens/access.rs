//! The check of a call's access token: one look-up in the store, so that a grant that was ended anywhere ends at the next
//! call. Only while the store does not answer, a token that was checked in the last seconds goes on, see
//! [`recent_sessions`](super::recent_sessions).

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::employee_pair::EmployeePair;
use crate::portal::{Employee, Person};
use crate::team::parts::Parts;
use crate::team::secret_value::{Digest, Kind, SecretValue};
use crate::team::store::Unavailable;
use crate::team::store::records::Session;

/// How long the store is waited for if the token was checked in the last seconds. Otherwise the store's own limit holds.
const PATIENCE: Duration = Duration::from_secs(1);

/// Why a call was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// The token is unknown, expired, ended, or for another resource.
    #[error("the access token is not valid")]
    Invalid,
    /// The store does not answer; the token may be valid.
    #[error("the store does not answer")]
    Unavailable,
}

/// The employee that `token` was issued for. The sealed pair of the portal's tokens is opened later, when a call goes to
/// the portal.
///
/// # Errors
/// [`Unauthenticated`].
pub(in crate::team) async fn authenticate(parts: &Arc<Parts>, token: &str) -> Result<Employee, Unauthenticated> {
    let token = SecretValue::read(Kind::AccessToken, token).ok_or(Unauthenticated::Invalid)?;
    let session = session(parts, token.digest()).await?;
    let session = session
        .filter(|session| parts.settings.public_url.is_resource(&session.resource))
        .ok_or(Unauthenticated::Invalid)?;
    Ok(Employee {
        person: Person::Employee(session.employee.clone()),
        tokens: Arc::new(EmployeePair::new(Arc::clone(parts), session.employee, session.pair)),
    })
}

/// The token's session: as the store says, or, if the store does not answer, as it said in the last seconds.
async fn session(parts: &Parts, token: Digest) -> Result<Option<Session>, Unauthenticated> {
    let asked = parts.recent_sessions.ask();
    let answer = match parts.recent_sessions.get(token) {
        None => parts.store.session(token).await,
        Some(_) => timeout(PATIENCE, parts.store.session(token))
            .await
            .unwrap_or_else(|_| Err(Unavailable(format!("no answer within {} second", PATIENCE.as_secs())))),
    };
    if answer.is_ok() {
        parts.unchecked_calls.end();
    }
    match answer {
        Ok(Some(session)) => {
            parts.recent_sessions.remember(token, asked, session.clone());
            Ok(Some(session))
        }
        Ok(None) => {
            parts.recent_sessions.forget(token);
            Ok(None)
        }
        // Asked again: the time may be over, or another call may have learnt that the sign-in has ended.
        Err(unavailable) => match parts.recent_sessions.get(token) {
            Some(session) => {
                parts.unchecked_calls.record(&unavailable, true);
                parts.measurements.record_unchecked_call();
                Ok(Some(session))
            }
            None => {
                parts.unchecked_calls.record(&unavailable, false);
                Err(Unauthenticated::Unavailable)
            }
        },
    }
}
