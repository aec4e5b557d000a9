//! The check of a call's access token: one look-up in the store, nothing is kept. So a grant that was ended anywhere
//! ends at the next call.

use std::sync::Arc;

use super::employee_pair::EmployeePair;
use crate::portal::{Employee, Person};
use crate::team::parts::Parts;
use crate::team::secret_value::{Kind, SecretValue};

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
    let session = parts.store.session(token.digest()).await.map_err(|unavailable| {
        tracing::error!(reason = %unavailable, "an access token cannot be checked now");
        Unauthenticated::Unavailable
    })?;
    let session = session
        .filter(|session| parts.settings.public_url.is_resource(&session.resource))
        .ok_or(Unauthenticated::Invalid)?;
    Ok(Employee {
        person: Person::Employee(session.employee.clone()),
        tokens: Arc::new(EmployeePair::new(Arc::clone(parts), session.employee, session.pair)),
    })
}
