//! Clients, and sign-ins up to the code.

use std::time::Duration;

use rusqlite::{Result, params};

use super::database::Database;
use super::rows::{count, ms, sign_in};
use crate::team::secret_value::Digest;
use crate::team::store::records::{
    Approval, Begun, Client, ClientRequest, CompletedSignIn, Purpose, Registered, SignIn, SignInResult,
};
use crate::team::store::statements::{clients, codes, grants, page_sessions, people, sign_ins};
use crate::team::store::{MAX_CLIENTS, MAX_PENDING, MAX_PENDING_PER_ADDRESS};

/// See [`Store::add_client`](crate::team::store::Store::add_client).
pub(super) fn add_client(database: &mut Database<'_>, client: &Client) -> Result<Registered> {
    let uris = serde_json::Value::from(client.redirect_uris.clone()).to_string();
    let added = database.change(clients::ADD, params![client.id, client.name, uris, count(MAX_CLIENTS)])?;
    Ok(if added == 1 { Registered::Kept } else { Registered::Full })
}

/// See [`Store::client`](crate::team::store::Store::client).
pub(super) fn client(database: &mut Database<'_>, id: &str) -> Result<Option<Client>> {
    database.row(clients::FIND, [id], |row| {
        let uris: String = row.get(2)?;
        Ok(Client {
            id: row.get(0)?,
            name: row.get(1)?,
            redirect_uris: serde_json::from_str(&uris).map_err(|_| rusqlite::types::FromSqlError::InvalidType)?,
        })
    })
}

/// See [`Store::begin_sign_in`](crate::team::store::Store::begin_sign_in).
pub(super) fn begin(database: &mut Database<'_>, sign_in: &SignIn, lives: Duration) -> Result<Begun> {
    let request = match &sign_in.purpose {
        Purpose::Client(request) => Some(request),
        Purpose::StartPage => None,
    };
    let added = database.change(
        sign_ins::BEGIN,
        params![
            sign_in.handle.as_bytes(),
            sign_in.form_key.as_bytes(),
            sign_in.address.to_string(),
            request.map(|request| &request.client_id),
            request.map(|request| &request.client_name),
            request.map(|request| &request.redirect_uri),
            request.and_then(|request| request.state.as_ref()),
            request.map(|request| &request.challenge),
            request.map(|request| &request.resource),
            request.map(|request| &request.scope),
            ms(lives),
            count(MAX_PENDING_PER_ADDRESS),
            count(MAX_PENDING),
        ],
    )?;
    Ok(if added == 1 { Begun::Kept } else { Begun::TooMany })
}

/// See [`Store::decide_sign_in`](crate::team::store::Store::decide_sign_in).
pub(super) fn decide(
    database: &mut Database<'_>,
    handle: Digest,
    form_key: Digest,
    approval: Option<Approval>,
) -> Result<Option<SignIn>> {
    let (handle, form_key) = (handle.as_bytes(), form_key.as_bytes());
    match approval {
        Some(Approval { state, binding }) => {
            let parameters = params![state.as_bytes(), binding.as_bytes(), handle, form_key];
            database.row(sign_ins::APPROVE, parameters, sign_in)
        }
        None => database.row(sign_ins::REFUSE, params![handle, form_key], sign_in),
    }
}

/// See [`Store::take_sign_in`](crate::team::store::Store::take_sign_in).
pub(super) fn take(database: &mut Database<'_>, state: Digest, binding: Digest) -> Result<Option<SignIn>> {
    database.row(sign_ins::TAKE, params![state.as_bytes(), binding.as_bytes()], sign_in)
}

/// See [`Store::complete_sign_in`](crate::team::store::Store::complete_sign_in).
pub(super) fn complete(database: &mut Database<'_>, completed: &CompletedSignIn) -> Result<bool> {
    let member_id = completed.employee.member_id.as_ref();
    let user_id = completed.employee.user_id.cast_signed();
    let kept = match &completed.pair {
        Some(pair) => database.change(
            people::SIGN_IN,
            params![
                member_id,
                user_id,
                completed.name,
                pair.version,
                pair.key_id,
                pair.sealed
            ],
        )?,
        None => database.change(people::NAME, params![member_id, user_id, completed.name])?,
    };
    if kept == 0 {
        return Ok(database.undone(false));
    }
    match &completed.result {
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
            let grant: Option<i64> = database.row(
                grants::ADD,
                params![member_id, user_id, client_id, client_name, resource, scope],
                |row| row.get(0),
            )?;
            let parameters = params![code.as_bytes(), grant, redirect_uri, challenge, ms(*lives)];
            database.change(codes::ADD, parameters)?;
        }
        SignInResult::PageSession { session, lives } => {
            let parameters = params![session.as_bytes(), member_id, user_id, ms(*lives)];
            database.change(page_sessions::ADD, parameters)?;
        }
    }
    Ok(true)
}

/// See [`Store::code`](crate::team::store::Store::code). The client's `state` has done its work and is not kept.
pub(super) fn code(database: &mut Database<'_>, code: Digest) -> Result<Option<ClientRequest>> {
    database.row(codes::FIND, [code.as_bytes()], |row| {
        Ok(ClientRequest {
            client_id: row.get(0)?,
            client_name: row.get(1)?,
            redirect_uri: row.get(2)?,
            state: None,
            challenge: row.get(3)?,
            resource: row.get(4)?,
            scope: row.get(5)?,
        })
    })
}
