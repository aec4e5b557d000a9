//! The tokens of clients: issue, exchange, look-up, revocation.

use super::grants::end;
use super::rows::{employee, pair};
use crate::team::secret_value::Digest;
use crate::team::settings::Lifetimes;
use crate::team::store::MAX_CHILDREN;
use crate::team::store::database::{Database, Failure, Outcome, parameters};
use crate::team::store::records::{EndReason, NewTokens, Redeemed, Rotated, Session, StoredRefreshToken};
use crate::team::store::statements::{clients, codes, grants, tokens};

/// See [`Store::redeem_code`](crate::team::store::Store::redeem_code).
pub(in crate::team::store) fn redeem_code(
    database: &mut dyn Database,
    (code, new, lifetimes): (Digest, NewTokens, Lifetimes),
) -> Outcome<'_, Redeemed> {
    Box::pin(async move {
        if let Some(row) = database.row(codes::SPEND, &parameters![&code]).await? {
            let grant = row.integer(0)?;
            if database.change(grants::BEGIN_USE, &parameters![grant]).await? == 0 {
                return Ok(Redeemed::Gone);
            }
            issue(database, grant, new, lifetimes).await?;
            return Ok(Redeemed::Issued);
        }
        let Some(row) = database.row(codes::SPENT, &parameters![&code]).await? else {
            return Ok(Redeemed::Gone);
        };
        Ok(match end(database, row.integer(0)?, EndReason::Replayed).await? {
            true => Redeemed::Replayed,
            false => Redeemed::Gone,
        })
    })
}

/// See [`Store::rotate`](crate::team::store::Store::rotate).
pub(in crate::team::store) fn rotate(
    database: &mut dyn Database,
    (token, new, lifetimes): (Digest, NewTokens, Lifetimes),
) -> Outcome<'_, Rotated> {
    Box::pin(async move {
        let (idle, grace) = (lifetimes.idle_sign_in, lifetimes.refresh_grace);
        let parameters = parameters![&token, MAX_CHILDREN, grace];
        if let Some(row) = database.row(tokens::SPEND_REFRESH, &parameters).await? {
            let (grant, children) = (row.integer(0)?, row.integer(1)?);
            if database.change(grants::RENEW, &parameters![grant, idle]).await? == 0 {
                database.undo();
                return Ok(Rotated::Gone);
            }
            issue(database, grant, new, lifetimes).await?;
            return Ok(Rotated::Issued {
                is_repeated: children > 1,
            });
        }
        let refused = database.row(tokens::SPENT_REFRESH, &parameters![grace, &token]).await?;
        let Some(row) = refused else {
            return Ok(Rotated::Gone);
        };
        let (grant, is_grace_over) = (row.integer(0)?, row.integer(1)? != 0);
        if !database.has(grants::IS_LIVE, &parameters![grant, idle]).await? {
            return Ok(Rotated::Gone);
        }
        if !is_grace_over {
            return Ok(Rotated::TooOften);
        }
        Ok(match end(database, grant, EndReason::Replayed).await? {
            true => Rotated::Replayed,
            false => Rotated::Gone,
        })
    })
}

/// Keeps the tokens and marks the client as used.
async fn issue(database: &mut dyn Database, grant: i64, new: NewTokens, lifetimes: Lifetimes) -> Result<(), Failure> {
    let access = parameters![&new.access, grant, lifetimes.access_token];
    database.change(tokens::ADD_ACCESS, &access).await?;
    database
        .change(tokens::ADD_REFRESH, &parameters![&new.refresh, grant])
        .await?;
    database.change(clients::MARK_USED, &parameters![grant]).await?;
    Ok(())
}

/// See [`Store::refresh_token`](crate::team::store::Store::refresh_token).
pub(in crate::team::store) fn refresh_token(
    database: &mut dyn Database,
    token: Digest,
) -> Outcome<'_, Option<StoredRefreshToken>> {
    Box::pin(async move {
        let Some(row) = database.row(tokens::FIND_REFRESH, &parameters![&token]).await? else {
            return Ok(None);
        };
        Ok(Some(StoredRefreshToken {
            client_id: row.text(0)?,
            resource: row.text(1)?,
            scope: row.text(2)?,
        }))
    })
}

/// See [`Store::session`](crate::team::store::Store::session).
pub(in crate::team::store) fn session(database: &mut dyn Database, access: Digest) -> Outcome<'_, Option<Session>> {
    Box::pin(async move {
        let Some(row) = database.row(tokens::SESSION, &parameters![&access]).await? else {
            return Ok(None);
        };
        Ok(Some(Session {
            employee: employee(&row, 0)?,
            resource: row.text(2)?,
            pair: pair(&row, 3)?,
        }))
    })
}

/// See [`Store::revoke`](crate::team::store::Store::revoke).
pub(in crate::team::store) fn revoke(
    database: &mut dyn Database,
    (token, client_id): (Digest, String),
) -> Outcome<'_, bool> {
    Box::pin(async move {
        let parameters = parameters![&token, &client_id];
        match database.row(tokens::GRANT_OF_REFRESH, &parameters).await? {
            Some(row) => end(database, row.integer(0)?, EndReason::Revoked).await,
            None => Ok(database.change(tokens::REVOKE_ACCESS, &parameters).await? == 1),
        }
    })
}
