//! Browsers that have signed in to the start page.

use super::rows::employee;
use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;
use crate::team::store::database::{Database, Outcome, parameters};
use crate::team::store::statements::page_sessions;

/// See [`Store::page_session`](crate::team::store::Store::page_session).
pub(in crate::team::store) fn find(
    database: &mut dyn Database,
    session: Digest,
) -> Outcome<'_, Option<(EmployeeId, String)>> {
    Box::pin(async move {
        let row = database.row(page_sessions::FIND, &parameters![&session]).await?;
        row.map(|row| Ok((employee(&row, 0)?, row.text(2)?))).transpose()
    })
}

/// See [`Store::end_page_session`](crate::team::store::Store::end_page_session).
pub(in crate::team::store) fn end(database: &mut dyn Database, session: Digest) -> Outcome<'_, ()> {
    Box::pin(async move {
        let ended = database.change(page_sessions::END, &parameters![&session]).await;
        ended.map(|_| ())
    })
}
