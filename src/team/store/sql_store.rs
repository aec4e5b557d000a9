//! The store over a database of SQL: every operation as one call of the engine.

use std::time::Duration;

use prometheus_client::registry::Registry;

use super::engine::Engine;
use super::operations::{self, clients, facts, grants, page_sessions, people, sign_ins, tokens};
use super::records::{
    Approval, Begun, Client, ClientRequest, Completed, CompletedSignIn, EndReason, GrantLine, Lease, NewTokens,
    Redeemed, Registered, Rotated, SealedPair, Session, SignIn, StoredRefreshToken,
};
use super::{Operation, Store, Unavailable, statements};
use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;
use crate::team::settings::Lifetimes;

/// Rows that one transaction of the sweep deletes at most, so that other operations get their turn.
const BATCH: u64 = 500;
/// How long a client may stay unused after its registration.
const UNUSED_CLIENT: Duration = Duration::from_secs(3600);
/// How long a client stays after its last use.
const IDLE_CLIENT: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long a refresh token is kept after its first use.
const USED_REFRESH_TOKEN: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long an ended grant is kept.
const ENDED_GRANT: Duration = Duration::from_secs(24 * 3600);

/// The store over the database that `E` reaches.
#[derive(Debug)]
pub struct SqlStore<E> {
    pub(super) engine: E,
}

/// Runs a statement of the sweep, batch by batch. Its parameters are `ages` and the size of the batch.
async fn sweep_by(engine: &impl Engine, statement: &'static str, ages: &[Duration]) -> Result<(), Unavailable> {
    loop {
        let swept = engine.write((statement, ages.to_vec(), BATCH), operations::sweep);
        if swept.await? < BATCH {
            return Ok(());
        }
    }
}

impl<E: Engine> Store for SqlStore<E> {
    fn check(&self) -> Operation<'_, ()> {
        self.engine.read((), operations::check)
    }

    fn add_client(&self, client: Client) -> Operation<'_, Registered> {
        self.engine.statement(client, clients::add)
    }

    fn client<'a>(&'a self, id: &'a str) -> Operation<'a, Option<Client>> {
        self.engine.read(id.to_owned(), clients::find)
    }

    fn begin_sign_in(&self, sign_in: SignIn, lives: Duration) -> Operation<'_, Begun> {
        self.engine.statement((sign_in, lives), sign_ins::begin)
    }

    fn decide_sign_in(
        &self,
        handle: Digest,
        form_key: Digest,
        approval: Option<Approval>,
    ) -> Operation<'_, Option<SignIn>> {
        self.engine.write((handle, form_key, approval), sign_ins::decide)
    }

    fn take_sign_in(&self, state: Digest, binding: Digest) -> Operation<'_, Option<SignIn>> {
        self.engine.write((state, binding), sign_ins::take)
    }

    fn pin_key<'a>(&'a self, key_ids: &'a [String]) -> Operation<'a, bool> {
        self.engine.write(key_ids.to_vec(), facts::pin_key)
    }

    fn key_id(&self) -> Operation<'_, Option<String>> {
        self.engine.read((), facts::key_id)
    }

    fn replace_key<'a>(&'a self, key_id: &'a str) -> Operation<'a, ()> {
        self.engine.write(key_id.to_owned(), facts::replace_key)
    }

    fn pin_member_id<'a>(&'a self, given: &'a str) -> Operation<'a, String> {
        self.engine.write(given.to_owned(), facts::pin_member_id)
    }

    fn complete_sign_in(&self, completed: CompletedSignIn) -> Operation<'_, Completed> {
        self.engine.write(completed, sign_ins::complete)
    }

    fn save_arrival<'a>(&'a self, handle: Digest, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool> {
        self.engine
            .write((handle, employee.clone(), pair), sign_ins::save_arrival)
    }

    fn end_arrival(&self, handle: Digest) -> Operation<'_, ()> {
        self.engine.statement(handle, sign_ins::end_arrival)
    }

    fn newest_arrival(&self, until: Option<i64>) -> Operation<'_, Option<i64>> {
        self.engine.read(until, sign_ins::newest_arrival)
    }

    fn next_version<'a>(&'a self, employee: &'a EmployeeId) -> Operation<'a, i64> {
        self.engine.read(employee.clone(), people::next_version)
    }

    fn code(&self, code: Digest) -> Operation<'_, Option<ClientRequest>> {
        self.engine.read(code, sign_ins::code)
    }

    fn redeem_code(&self, code: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Operation<'_, Redeemed> {
        self.engine.write((code, tokens, lifetimes), tokens::redeem_code)
    }

    fn refresh_token(&self, token: Digest) -> Operation<'_, Option<StoredRefreshToken>> {
        self.engine.read(token, tokens::refresh_token)
    }

    fn rotate(&self, token: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Operation<'_, Rotated> {
        self.engine.write((token, tokens, lifetimes), tokens::rotate)
    }

    fn session(&self, access_token: Digest) -> Operation<'_, Option<Session>> {
        self.engine.read(access_token, tokens::session)
    }

    fn revoke<'a>(&'a self, token: Digest, client_id: &'a str) -> Operation<'a, bool> {
        self.engine.write((token, client_id.to_owned()), tokens::revoke)
    }

    fn pair<'a>(&'a self, employee: &'a EmployeeId) -> Operation<'a, Option<SealedPair>> {
        self.engine.read(employee.clone(), people::find)
    }

    fn lease<'a>(&'a self, employee: &'a EmployeeId, version: i64, lives: Duration) -> Operation<'a, Lease> {
        self.engine.write((employee.clone(), version, lives), people::lease)
    }

    fn save_pair<'a>(&'a self, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool> {
        self.engine.write((employee.clone(), pair), people::save)
    }

    fn free_lease<'a>(&'a self, employee: &'a EmployeeId, until: i64) -> Operation<'a, ()> {
        self.engine.statement((employee.clone(), until), people::free_lease)
    }

    fn pairs_sealed_otherwise<'a>(
        &'a self,
        key_id: &'a str,
        limit: usize,
    ) -> Operation<'a, Vec<(EmployeeId, SealedPair)>> {
        self.engine.read((key_id.to_owned(), limit), people::sealed_otherwise)
    }

    fn reseal_pair<'a>(&'a self, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool> {
        self.engine.write((employee.clone(), pair), people::reseal)
    }

    fn grants<'a>(&'a self, of: Option<&'a EmployeeId>) -> Operation<'a, Vec<GrantLine>> {
        self.engine.read(of.cloned(), grants::list)
    }

    fn end_grant<'a>(&'a self, employee: &'a EmployeeId, grant: i64, reason: EndReason) -> Operation<'a, bool> {
        self.engine.write((employee.clone(), grant, reason), grants::end_of)
    }

    fn end_employee<'a>(&'a self, employee: &'a EmployeeId, reason: EndReason) -> Operation<'a, usize> {
        self.engine.write((employee.clone(), reason), grants::end_employee)
    }

    fn end_employee_at<'a>(
        &'a self,
        employee: &'a EmployeeId,
        version: i64,
        reason: EndReason,
    ) -> Operation<'a, Option<usize>> {
        self.engine
            .write((employee.clone(), version, reason), grants::end_employee_at)
    }

    fn end_all(&self, reason: EndReason) -> Operation<'_, usize> {
        self.engine.write(reason, grants::end_all)
    }

    fn page_session(&self, session: Digest) -> Operation<'_, Option<(EmployeeId, String)>> {
        self.engine.read(session, page_sessions::find)
    }

    fn end_page_session(&self, session: Digest) -> Operation<'_, ()> {
        self.engine.statement(session, page_sessions::end)
    }

    fn sweep(&self, lifetimes: Lifetimes) -> Operation<'_, ()> {
        let idle = lifetimes.idle_sign_in;
        Box::pin(async move {
            for (statement, ages) in [
                (statements::sign_ins::SWEEP, &[][..]),
                (statements::codes::SWEEP, &[]),
                (statements::tokens::SWEEP_ACCESS, &[]),
                (statements::tokens::SWEEP_REFRESH, &[idle, USED_REFRESH_TOKEN]),
                (statements::grants::SWEEP_ENDED, &[ENDED_GRANT]),
                (statements::grants::SWEEP_IDLE, &[idle]),
                (statements::people::SWEEP, &[]),
                (statements::page_sessions::SWEEP, &[]),
                (statements::people::SWEEP_NAMES, &[]),
                (statements::clients::SWEEP, &[UNUSED_CLIENT, IDLE_CLIENT]),
            ] {
                sweep_by(&self.engine, statement, ages).await?;
            }
            Ok(())
        })
    }

    fn register_metrics(&self, registry: &mut Registry) {
        self.engine.register_metrics(registry);
    }
}
