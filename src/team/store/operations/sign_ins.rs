//! Sign-ins up to the code.

use std::time::Duration;

use super::rows::{columns_of, sign_in};
use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;
use crate::team::store::database::{Database, Failure, Outcome, parameters};
use crate::team::store::records::{
    Approval, Begun, ClientRequest, Completed, CompletedSignIn, Purpose, SealedPair, SignIn, SignInResult,
};
use crate::team::store::statements::{codes, grants, page_sessions, people, sign_ins};
use crate::team::store::{ARRIVAL, MAX_PENDING, MAX_PENDING_PER_ADDRESS, UNDER_WAY};

/// See [`Store::begin_sign_in`](crate::team::store::Store::begin_sign_in).
pub(in crate::team::store) fn begin(
    database: &mut dyn Database,
    (sign_in, lives): (SignIn, Duration),
) -> Outcome<'_, Begun> {
    Box::pin(async move {
        let request = match &sign_in.purpose {
            Purpose::Client(request) => Some(request),
            Purpose::StartPage => None,
        };
        let address = sign_in.address.to_string();
        let text = |of: fn(&ClientRequest) -> &str| request.map(of);
        let parameters = parameters![
            &sign_in.handle,
            &sign_in.form_key,
            &address,
            text(|request| &request.client_id),
            text(|request| &request.client_name),
            text(|request| &request.redirect_uri),
            request.and_then(|request| request.state.as_deref()),
            text(|request| &request.challenge),
            text(|request| &request.resource),
            text(|request| &request.scope),
            lives,
            MAX_PENDING_PER_ADDRESS,
            MAX_PENDING,
        ];
        let added = database.change(sign_ins::BEGIN, &parameters).await?;
        Ok(if added == 1 { Begun::Kept } else { Begun::TooMany })
    })
}

/// See [`Store::decide_sign_in`](crate::team::store::Store::decide_sign_in).
pub(in crate::team::store) fn decide(
    database: &mut dyn Database,
    (handle, form_key, approval): (Digest, Digest, Option<Approval>),
) -> Outcome<'_, Option<SignIn>> {
    Box::pin(async move {
        let row = match &approval {
            Some(Approval { state, binding }) => {
                let parameters = parameters![state, binding, &handle, &form_key];
                database.row(sign_ins::APPROVE, &parameters).await?
            }
            None => database.row(sign_ins::REFUSE, &parameters![&handle, &form_key]).await?,
        };
        row.as_ref().map(sign_in).transpose()
    })
}

/// See [`Store::take_sign_in`](crate::team::store::Store::take_sign_in).
pub(in crate::team::store) fn take(
    database: &mut dyn Database,
    (state, binding): (Digest, Digest),
) -> Outcome<'_, Option<SignIn>> {
    Box::pin(async move {
        let parameters = parameters![ARRIVAL, &state, &binding];
        let row = database.row(sign_ins::TAKE, &parameters).await?;
        row.as_ref().map(sign_in).transpose()
    })
}

/// See [`Store::newest_arrival`](crate::team::store::Store::newest_arrival).
pub(in crate::team::store) fn newest_arrival(
    database: &mut dyn Database,
    until: Option<i64>,
) -> Outcome<'_, Option<i64>> {
    Box::pin(async move {
        let parameters = parameters![until.unwrap_or(i64::MAX), UNDER_WAY];
        let row = database.row(sign_ins::NEWEST_ARRIVAL, &parameters).await?;
        row.map_or(Ok(None), |row| row.optional_integer(0))
    })
}

/// See [`Store::end_arrival`](crate::team::store::Store::end_arrival).
pub(in crate::team::store) fn end_arrival(database: &mut dyn Database, handle: Digest) -> Outcome<'_, ()> {
    Box::pin(async move { arrive(database, &handle).await.map(|_| ()) })
}

/// Ends a sign-in that was taken. Returns when it was taken; `None` if it has ended before.
async fn arrive(database: &mut dyn Database, handle: &Digest) -> Result<Option<i64>, Failure> {
    let row = database.row(sign_ins::ARRIVE, &parameters![handle]).await?;
    row.map(|row| row.integer(0)).transpose()
}

/// The pair that an employee has.
enum Present {
    /// None.
    None,
    /// That of a sign-in that was taken later.
    Later,
    /// Another one.
    Earlier,
}

async fn present(database: &mut dyn Database, employee: &EmployeeId, taken_at: i64) -> Result<Present, Failure> {
    let (member_id, user_id) = columns_of(employee);
    let row = database.row(people::ARRIVED, &parameters![member_id, user_id]).await?;
    let Some(row) = row else { return Ok(Present::None) };
    let is_later = row.optional_integer(0)?.is_some_and(|arrived_at| arrived_at > taken_at);
    Ok(if is_later { Present::Later } else { Present::Earlier })
}

/// See [`Store::complete_sign_in`](crate::team::store::Store::complete_sign_in).
pub(in crate::team::store) fn complete(
    database: &mut dyn Database,
    completed: CompletedSignIn,
) -> Outcome<'_, Completed> {
    Box::pin(async move {
        let Some(taken_at) = arrive(database, &completed.handle).await? else {
            return Ok(Completed::Ended);
        };
        let (member_id, user_id) = columns_of(&completed.employee);
        let name = &completed.name;
        let kept = match (&completed.pair, present(database, &completed.employee, taken_at).await?) {
            (Some(pair), Present::None | Present::Earlier) => {
                let (key_id, sealed) = (&pair.key_id, pair.sealed.as_slice());
                let parameters = parameters![member_id, user_id, name, pair.version, key_id, sealed, taken_at];
                database.change(people::SIGN_IN, &parameters).await?
            }
            _ => {
                database
                    .change(people::NAME, &parameters![member_id, user_id, name])
                    .await?
            }
        };
        if kept == 0 {
            database.undo();
            return Ok(Completed::AnotherVersion);
        }
        add_result(database, &completed.employee, &completed.result).await?;
        Ok(Completed::Kept)
    })
}

/// See [`Store::save_arrival`](crate::team::store::Store::save_arrival).
pub(in crate::team::store) fn save_arrival(
    database: &mut dyn Database,
    (handle, employee, pair): (Digest, EmployeeId, SealedPair),
) -> Outcome<'_, bool> {
    Box::pin(async move {
        let Some(taken_at) = arrive(database, &handle).await? else {
            return Ok(true);
        };
        let Present::Earlier = present(database, &employee, taken_at).await? else {
            return Ok(true);
        };
        let (member_id, user_id) = columns_of(&employee);
        let (key_id, sealed) = (&pair.key_id, pair.sealed.as_slice());
        let parameters = parameters![pair.version, key_id, sealed, taken_at, member_id, user_id];
        let is_saved = database.change(people::SAVE_ARRIVED, &parameters).await? == 1;
        if !is_saved {
            database.undo();
        }
        Ok(is_saved)
    })
}

/// Adds what the sign-in leads to.
async fn add_result(database: &mut dyn Database, employee: &EmployeeId, result: &SignInResult) -> Result<(), Failure> {
    let (member_id, user_id) = columns_of(employee);
    match result {
        SignInResult::Grant { request, code, lives } => {
            let ClientRequest {
                client_id,
                client_name,
                redirect_uri,
                challenge,
                resource,
                scope,
                state: _,
            } = request;
            let parameters = parameters![member_id, user_id, client_id, client_name, resource, scope];
            let grant = database.row(grants::ADD, &parameters).await?;
            let grant = grant.ok_or_else(|| Failure("it has not numbered a grant".to_owned()))?;
            let parameters = parameters![code, grant.integer(0)?, redirect_uri, challenge, *lives];
            database.change(codes::ADD, &parameters).await?;
        }
        SignInResult::PageSession { session, lives } => {
            let parameters = parameters![session, member_id, user_id, *lives];
            database.change(page_sessions::ADD, &parameters).await?;
        }
    }
    Ok(())
}

/// See [`Store::code`](crate::team::store::Store::code). The client's `state` has done its work and is not kept.
pub(in crate::team::store) fn code(database: &mut dyn Database, code: Digest) -> Outcome<'_, Option<ClientRequest>> {
    Box::pin(async move {
        let Some(row) = database.row(codes::FIND, &parameters![&code]).await? else {
            return Ok(None);
        };
        Ok(Some(ClientRequest {
            client_id: row.text(0)?,
            client_name: row.text(1)?,
            redirect_uri: row.text(2)?,
            state: None,
            challenge: row.text(3)?,
            resource: row.text(4)?,
            scope: row.text(5)?,
        }))
    })
}
