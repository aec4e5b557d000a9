//! The store in a file of SQLite.
//!
//! One thread writes, each operation in a transaction of its own; another reads on a connection of its own, so that a
//! call does not wait until a write has reached the disk.

mod database;
mod grants;
mod pairs;
mod place;
mod rows;
mod schema;
mod sign_ins;
mod tokens;
mod worker;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use place::OpenError;
use place::{Place, ServerLock};
use rusqlite::params_from_iter;
use worker::Worker;

use super::records::{
    Approval, Begun, Client, ClientRequest, CompletedSignIn, EndReason, GrantLine, Lease, NewTokens, Redeemed,
    Registered, Rotated, SealedPair, Session, SignIn, StoredRefreshToken,
};
use super::statements;
use super::{Operation, Store, Unavailable};
use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;
use crate::team::settings::Lifetimes;

/// Rows that one transaction of the sweep deletes at most, so that other operations get their turn.
const BATCH: i64 = 500;
/// How long a client may stay unused after its registration.
const UNUSED_CLIENT: Duration = Duration::from_secs(3600);
/// How long a client stays after its last use.
const IDLE_CLIENT: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long a refresh token is kept after its first use.
const USED_REFRESH_TOKEN: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long an ended grant is kept.
const ENDED_GRANT: Duration = Duration::from_secs(24 * 3600);

/// The store in a file of SQLite. Dropping it waits until all operations have reached the disk.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Worker,
    reader: Worker,
    /// Released last, after the threads have closed the file.
    _lock: Option<ServerLock>,
}

impl SqliteStore {
    /// Opens the store of a server, or makes it. Only one server at a time has it.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::open_at(Place::new(path))
    }

    fn open_at(place: Place) -> Result<Self, OpenError> {
        place.make_folder()?;
        let lock = place.lock()?;
        place.make()?;
        Self::start(place, Some(lock))
    }

    /// Opens the store for a command beside a running server.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open_for_command(path: &Path) -> Result<Self, OpenError> {
        Self::start(Place::new(path), None)
    }

    fn start(place: Place, lock: Option<ServerLock>) -> Result<Self, OpenError> {
        place.migrate()?;
        let place = Arc::new(place);
        let start = |may_write| Worker::start(&place, may_write).map_err(|error| place.unusable(&error));
        Ok(Self {
            writer: start(true)?,
            reader: start(false)?,
            _lock: lock,
        })
    }

    /// Runs a statement of the sweep, batch by batch. Its parameters are `ages` and the size of the batch.
    async fn sweep_by(&self, statement: &'static str, ages: &[Duration]) -> Result<(), Unavailable> {
        let parameters: Vec<i64> = ages.iter().copied().map(rows::ms).chain([BATCH]).collect();
        loop {
            let parameters = params_from_iter(parameters.clone());
            let swept = self
                .writer
                .write(move |database| database.change(statement, parameters));
            if rows::count(swept.await?) < BATCH {
                return Ok(());
            }
        }
    }
}

impl Store for SqliteStore {
    fn check(&self) -> Operation<'_, ()> {
        self.reader
            .run(|database| database.row(statements::CHECK, [], |_| Ok(())).map(|_| ()))
    }

    fn add_client(&self, client: Client) -> Operation<'_, Registered> {
        self.writer
            .write(move |database| sign_ins::add_client(database, &client))
    }

    fn client<'a>(&'a self, id: &'a str) -> Operation<'a, Option<Client>> {
        let id = id.to_owned();
        self.reader.run(move |database| sign_ins::client(database, &id))
    }

    fn begin_sign_in(&self, sign_in: SignIn, lives: Duration) -> Operation<'_, Begun> {
        self.writer
            .write(move |database| sign_ins::begin(database, &sign_in, lives))
    }

    fn decide_sign_in(
        &self,
        handle: Digest,
        form_key: Digest,
        approval: Option<Approval>,
    ) -> Operation<'_, Option<SignIn>> {
        self.writer
            .write(move |database| sign_ins::decide(database, handle, form_key, approval))
    }

    fn take_sign_in(&self, state: Digest, binding: Digest) -> Operation<'_, Option<SignIn>> {
        self.writer
            .write(move |database| sign_ins::take(database, state, binding))
    }

    fn pin_key<'a>(&'a self, key_ids: &'a [String]) -> Operation<'a, bool> {
        let key_ids = key_ids.to_vec();
        self.writer.write(move |database| grants::pin_key(database, &key_ids))
    }

    fn key_id(&self) -> Operation<'_, Option<String>> {
        self.reader.run(grants::key_id)
    }

    fn replace_key<'a>(&'a self, key_id: &'a str) -> Operation<'a, ()> {
        let key_id = key_id.to_owned();
        self.writer
            .write(move |database| grants::replace_key(database, &key_id))
    }

    fn pin_member_id<'a>(&'a self, given: &'a str) -> Operation<'a, String> {
        let given = given.to_owned();
        self.writer
            .write(move |database| grants::pin_member_id(database, &given))
    }

    fn complete_sign_in(&self, completed: CompletedSignIn) -> Operation<'_, bool> {
        self.writer
            .write(move |database| sign_ins::complete(database, &completed))
    }

    fn next_version<'a>(&'a self, employee: &'a EmployeeId) -> Operation<'a, i64> {
        let employee = employee.clone();
        self.reader
            .run(move |database| pairs::next_version(database, &employee))
    }

    fn code(&self, code: Digest) -> Operation<'_, Option<ClientRequest>> {
        self.reader.run(move |database| sign_ins::code(database, code))
    }

    fn redeem_code(&self, code: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Operation<'_, Redeemed> {
        self.writer
            .write(move |database| tokens::redeem_code(database, code, tokens, lifetimes))
    }

    fn refresh_token(&self, token: Digest) -> Operation<'_, Option<StoredRefreshToken>> {
        self.reader.run(move |database| tokens::refresh_token(database, token))
    }

    fn rotate(&self, token: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Operation<'_, Rotated> {
        self.writer
            .write(move |database| tokens::rotate(database, token, tokens, lifetimes))
    }

    fn session(&self, access_token: Digest) -> Operation<'_, Option<Session>> {
        self.reader.run(move |database| tokens::session(database, access_token))
    }

    fn revoke<'a>(&'a self, token: Digest, client_id: &'a str) -> Operation<'a, bool> {
        let client_id = client_id.to_owned();
        self.writer
            .write(move |database| tokens::revoke(database, token, &client_id))
    }

    fn pair<'a>(&'a self, employee: &'a EmployeeId) -> Operation<'a, Option<SealedPair>> {
        let employee = employee.clone();
        self.reader.run(move |database| pairs::find(database, &employee))
    }

    fn lease<'a>(&'a self, employee: &'a EmployeeId, version: i64, lives: Duration) -> Operation<'a, Lease> {
        let employee = employee.clone();
        self.writer
            .write(move |database| pairs::lease(database, &employee, version, lives))
    }

    fn save_pair<'a>(&'a self, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool> {
        let employee = employee.clone();
        self.writer
            .write(move |database| pairs::replace(database, statements::people::SAVE, &employee, &pair))
    }

    fn free_lease<'a>(&'a self, employee: &'a EmployeeId, version: i64) -> Operation<'a, ()> {
        let employee = employee.clone();
        self.writer
            .write(move |database| pairs::free_lease(database, &employee, version))
    }

    fn pairs_sealed_otherwise<'a>(
        &'a self,
        key_id: &'a str,
        limit: usize,
    ) -> Operation<'a, Vec<(EmployeeId, SealedPair)>> {
        let key_id = key_id.to_owned();
        self.reader
            .run(move |database| pairs::sealed_otherwise(database, &key_id, limit))
    }

    fn reseal_pair<'a>(&'a self, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool> {
        let employee = employee.clone();
        self.writer
            .write(move |database| pairs::replace(database, statements::people::RESEAL, &employee, &pair))
    }

    fn grants<'a>(&'a self, of: Option<&'a EmployeeId>) -> Operation<'a, Vec<GrantLine>> {
        let of = of.cloned();
        self.reader.run(move |database| grants::list(database, of.as_ref()))
    }

    fn end_grant<'a>(&'a self, employee: &'a EmployeeId, grant: i64, reason: EndReason) -> Operation<'a, bool> {
        let employee = employee.clone();
        self.writer
            .write(move |database| grants::end_of(database, &employee, grant, reason))
    }

    fn end_employee<'a>(&'a self, employee: &'a EmployeeId, reason: EndReason) -> Operation<'a, usize> {
        let employee = employee.clone();
        self.writer
            .write(move |database| grants::end_employee(database, &employee, reason))
    }

    fn end_employee_at<'a>(
        &'a self,
        employee: &'a EmployeeId,
        version: i64,
        reason: EndReason,
    ) -> Operation<'a, Option<usize>> {
        let employee = employee.clone();
        self.writer
            .write(move |database| grants::end_employee_at(database, &employee, version, reason))
    }

    fn end_all(&self, reason: EndReason) -> Operation<'_, usize> {
        self.writer.write(move |database| grants::end_all(database, reason))
    }

    fn page_session(&self, session: Digest) -> Operation<'_, Option<(EmployeeId, String)>> {
        self.reader.run(move |database| grants::page_session(database, session))
    }

    fn end_page_session(&self, session: Digest) -> Operation<'_, ()> {
        self.writer
            .write(move |database| grants::end_page_session(database, session))
    }

    fn sweep(&self, lifetimes: Lifetimes) -> Operation<'_, ()> {
        let idle = lifetimes.idle_sign_in;
        Box::pin(async move {
            self.sweep_by(statements::sign_ins::SWEEP, &[]).await?;
            self.sweep_by(statements::codes::SWEEP, &[]).await?;
            self.sweep_by(statements::tokens::SWEEP_ACCESS, &[]).await?;
            self.sweep_by(statements::tokens::SWEEP_REFRESH, &[idle, USED_REFRESH_TOKEN])
                .await?;
            self.sweep_by(statements::grants::SWEEP_ENDED, &[ENDED_GRANT]).await?;
            self.sweep_by(statements::grants::SWEEP_IDLE, &[idle]).await?;
            self.sweep_by(statements::people::SWEEP, &[]).await?;
            self.sweep_by(statements::page_sessions::SWEEP, &[]).await?;
            self.sweep_by(statements::people::SWEEP_NAMES, &[]).await?;
            self.sweep_by(statements::clients::SWEEP, &[UNUSED_CLIENT, IDLE_CLIENT])
                .await
        })
    }
}

#[cfg(test)]
#[cfg(unix)]
mod failures;
#[cfg(test)]
#[cfg(unix)]
mod killed;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod tests;
