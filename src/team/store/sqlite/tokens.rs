//! The tokens of clients: issue, exchange, look-up, revocation.

use rusqlite::{Result, params};

use super::database::Database;
use super::grants::end;
use super::rows::{count, employee, ms, pair};
use crate::team::secret_value::Digest;
use crate::team::settings::Lifetimes;
use crate::team::store::MAX_CHILDREN;
use crate::team::store::records::{EndReason, NewTokens, Redeemed, Rotated, Session, StoredRefreshToken};
use crate::team::store::statements::{clients, codes, grants, tokens};

/// See [`Store::redeem_code`](crate::team::store::Store::redeem_code).
pub(super) fn redeem_code(
    database: &mut Database<'_>,
    code: Digest,
    new: NewTokens,
    lifetimes: Lifetimes,
) -> Result<Redeemed> {
    let grant = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    if let Some(grant) = database.row(codes::SPEND, [code.as_bytes()], grant)? {
        if database.change(grants::BEGIN_USE, [grant])? == 0 {
            return Ok(Redeemed::Gone);
        }
        issue(database, grant, new, lifetimes)?;
        return Ok(Redeemed::Issued);
    }
    let Some(grant) = database.row(codes::SPENT, [code.as_bytes()], grant)? else {
        return Ok(Redeemed::Gone);
    };
    Ok(match end(database, grant, EndReason::Replayed)? {
        true => Redeemed::Replayed,
        false => Redeemed::Gone,
    })
}

/// See [`Store::rotate`](crate::team::store::Store::rotate).
pub(super) fn rotate(
    database: &mut Database<'_>,
    token: Digest,
    new: NewTokens,
    lifetimes: Lifetimes,
) -> Result<Rotated> {
    let (idle, grace) = (ms(lifetimes.idle_sign_in), ms(lifetimes.refresh_grace));
    let parameters = params![token.as_bytes(), count(MAX_CHILDREN), grace];
    let spent = database.row(tokens::SPEND_REFRESH, parameters, |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    })?;
    if let Some((grant, children)) = spent {
        if database.change(grants::RENEW, [grant, idle])? == 0 {
            return Ok(database.undone(Rotated::Gone));
        }
        issue(database, grant, new, lifetimes)?;
        return Ok(Rotated::Issued {
            is_repeated: children > 1,
        });
    }
    let refused = database.row(tokens::SPENT_REFRESH, params![grace, token.as_bytes()], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?))
    })?;
    let Some((grant, is_grace_over)) = refused else {
        return Ok(Rotated::Gone);
    };
    if !database.has(grants::IS_LIVE, [grant, idle])? {
        return Ok(Rotated::Gone);
    }
    if !is_grace_over {
        return Ok(Rotated::TooOften);
    }
    Ok(match end(database, grant, EndReason::Replayed)? {
        true => Rotated::Replayed,
        false => Rotated::Gone,
    })
}

/// Keeps the tokens and marks the client as used.
fn issue(database: &mut Database<'_>, grant: i64, new: NewTokens, lifetimes: Lifetimes) -> Result<()> {
    let parameters = params![new.access.as_bytes(), grant, ms(lifetimes.access_token)];
    database.change(tokens::ADD_ACCESS, parameters)?;
    database.change(tokens::ADD_REFRESH, params![new.refresh.as_bytes(), grant])?;
    database.change(clients::MARK_USED, [grant])?;
    Ok(())
}

/// See [`Store::refresh_token`](crate::team::store::Store::refresh_token).
pub(super) fn refresh_token(database: &mut Database<'_>, token: Digest) -> Result<Option<StoredRefreshToken>> {
    database.row(tokens::FIND_REFRESH, [token.as_bytes()], |row| {
        Ok(StoredRefreshToken {
            client_id: row.get(0)?,
            resource: row.get(1)?,
            scope: row.get(2)?,
        })
    })
}

/// See [`Store::session`](crate::team::store::Store::session).
pub(super) fn session(database: &mut Database<'_>, access: Digest) -> Result<Option<Session>> {
    database.row(tokens::SESSION, [access.as_bytes()], |row| {
        Ok(Session {
            employee: employee(row, 0)?,
            resource: row.get(2)?,
            pair: pair(row, 3)?,
        })
    })
}

/// See [`Store::revoke`](crate::team::store::Store::revoke).
pub(super) fn revoke(database: &mut Database<'_>, token: Digest, client_id: &str) -> Result<bool> {
    let parameters = params![token.as_bytes(), client_id];
    let grant = database.row(tokens::GRANT_OF_REFRESH, parameters, |row| row.get(0))?;
    match grant {
        Some(grant) => end(database, grant, EndReason::Revoked),
        None => Ok(database.change(tokens::REVOKE_ACCESS, parameters)? == 1),
    }
}
