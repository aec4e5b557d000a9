//! A store over another, which a test steers.
//!
//! An operation ends before a paused clock moves on, although the store works in threads of its own. A test may make
//! operations fail, and act before one.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use crate::team::employee_id::EmployeeId;
use crate::team::secret_value::Digest;
use crate::team::settings::Lifetimes;
use crate::team::store::records::{
    Approval, Begun, Client, CompletedSignIn, EndReason, EndedGrant, GrantLine, Lease, NewTokens, Redeemed, Registered,
    Rotated, SealedPair, Session, SignIn, StoredCode, StoredRefreshToken,
};
use crate::team::store::{Operation, Store, Unavailable};

/// How an operation fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::team) enum Trouble {
    /// It does nothing.
    Away,
    /// It works, and its answer is lost.
    AnswerLost,
}

/// What a test does before an operation.
type Act = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// A store over another, which a test steers.
pub(in crate::team) struct SteeredStore {
    inner: Arc<dyn Store>,
    troubles: Mutex<HashMap<&'static str, Trouble>>,
    acts: Mutex<HashMap<&'static str, Act>>,
    counts: Mutex<HashMap<&'static str, usize>>,
}

impl std::fmt::Debug for SteeredStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SteeredStore")
    }
}

impl SteeredStore {
    pub(super) fn new(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            troubles: Mutex::default(),
            acts: Mutex::default(),
            counts: Mutex::default(),
        }
    }

    /// Makes the operation `name`, or each for `*`, fail from now on.
    pub(in crate::team) fn fail(&self, name: &'static str, trouble: Trouble) {
        self.troubles.lock().insert(name, trouble);
    }

    /// Lets all operations work again.
    pub(in crate::team) fn recover(&self) {
        self.troubles.lock().clear();
    }

    /// Does `act` once, before the next operation `name`.
    pub(in crate::team) fn before(
        &self,
        name: &'static str,
        act: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static,
    ) {
        self.acts.lock().insert(name, Box::new(act));
    }

    /// How often the operation `name` was asked for.
    pub(in crate::team) fn count(&self, name: &str) -> usize {
        self.counts.lock().get(name).copied().unwrap_or_default()
    }

    fn run<'a, T: Send + 'a>(
        &'a self,
        name: &'static str,
        operation: impl FnOnce() -> Operation<'a, T> + Send + 'a,
    ) -> Operation<'a, T> {
        Box::pin(async move {
            *self.counts.lock().entry(name).or_default() += 1;
            let act = self.acts.lock().remove(name);
            if let Some(act) = act {
                act().await;
            }
            let trouble = {
                let troubles = self.troubles.lock();
                troubles.get(name).or_else(|| troubles.get("*")).copied()
            };
            let failed = || Err(Unavailable("the test's store fails".to_owned()));
            match trouble {
                Some(Trouble::Away) => failed(),
                Some(Trouble::AnswerLost) => {
                    to_its_end(operation())?;
                    failed()
                }
                None => to_its_end(operation()),
            }
        })
    }
}

/// Runs a future to its end in this thread.
fn to_its_end<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(tokio::task::unconstrained(future));
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

impl Store for SteeredStore {
    fn check(&self) -> Operation<'_, ()> {
        self.run("check", move || self.inner.check())
    }

    fn add_client(&self, client: Client) -> Operation<'_, Registered> {
        self.run("add_client", move || self.inner.add_client(client))
    }

    fn client<'a>(&'a self, id: &'a str) -> Operation<'a, Option<Client>> {
        self.run("client", move || self.inner.client(id))
    }

    fn begin_sign_in(&self, sign_in: SignIn, lives: Duration) -> Operation<'_, Begun> {
        self.run("begin_sign_in", move || self.inner.begin_sign_in(sign_in, lives))
    }

    fn decide_sign_in(
        &self,
        handle: Digest,
        form_key: Digest,
        approval: Option<Approval>,
    ) -> Operation<'_, Option<SignIn>> {
        self.run("decide_sign_in", move || {
            self.inner.decide_sign_in(handle, form_key, approval)
        })
    }

    fn take_sign_in(&self, state: Digest, binding: Digest) -> Operation<'_, Option<SignIn>> {
        self.run("take_sign_in", move || self.inner.take_sign_in(state, binding))
    }

    fn pin_key<'a>(&'a self, key_ids: &'a [String]) -> Operation<'a, bool> {
        self.run("pin_key", move || self.inner.pin_key(key_ids))
    }

    fn replace_key<'a>(&'a self, key_id: &'a str) -> Operation<'a, ()> {
        self.run("replace_key", move || self.inner.replace_key(key_id))
    }

    fn pin_member_id<'a>(&'a self, given: &'a str) -> Operation<'a, String> {
        self.run("pin_member_id", move || self.inner.pin_member_id(given))
    }

    fn complete_sign_in(&self, completed: CompletedSignIn) -> Operation<'_, bool> {
        self.run("complete_sign_in", move || self.inner.complete_sign_in(completed))
    }

    fn next_version<'a>(&'a self, employee: &'a EmployeeId) -> Operation<'a, i64> {
        self.run("next_version", move || self.inner.next_version(employee))
    }

    fn code(&self, code: Digest) -> Operation<'_, Option<StoredCode>> {
        self.run("code", move || self.inner.code(code))
    }

    fn redeem_code(&self, code: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Operation<'_, Redeemed> {
        self.run("redeem_code", move || self.inner.redeem_code(code, tokens, lifetimes))
    }

    fn refresh_token(&self, token: Digest) -> Operation<'_, Option<StoredRefreshToken>> {
        self.run("refresh_token", move || self.inner.refresh_token(token))
    }

    fn rotate(&self, token: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Operation<'_, Rotated> {
        self.run("rotate", move || self.inner.rotate(token, tokens, lifetimes))
    }

    fn session(&self, access_token: Digest) -> Operation<'_, Option<Session>> {
        self.run("session", move || self.inner.session(access_token))
    }

    fn revoke<'a>(&'a self, token: Digest, client_id: &'a str) -> Operation<'a, bool> {
        self.run("revoke", move || self.inner.revoke(token, client_id))
    }

    fn pair<'a>(&'a self, employee: &'a EmployeeId) -> Operation<'a, Option<SealedPair>> {
        self.run("pair", move || self.inner.pair(employee))
    }

    fn lease<'a>(&'a self, employee: &'a EmployeeId, version: i64, lives: Duration) -> Operation<'a, Lease> {
        self.run("lease", move || self.inner.lease(employee, version, lives))
    }

    fn save_pair<'a>(&'a self, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool> {
        self.run("save_pair", move || self.inner.save_pair(employee, pair))
    }

    fn free_lease<'a>(&'a self, employee: &'a EmployeeId, version: i64) -> Operation<'a, ()> {
        self.run("free_lease", move || self.inner.free_lease(employee, version))
    }

    fn pairs_sealed_otherwise<'a>(
        &'a self,
        key_id: &'a str,
        limit: usize,
    ) -> Operation<'a, Vec<(EmployeeId, SealedPair)>> {
        self.run("pairs_sealed_otherwise", move || {
            self.inner.pairs_sealed_otherwise(key_id, limit)
        })
    }

    fn reseal_pair<'a>(&'a self, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool> {
        self.run("reseal_pair", move || self.inner.reseal_pair(employee, pair))
    }

    fn grants<'a>(&'a self, of: Option<&'a EmployeeId>) -> Operation<'a, Vec<GrantLine>> {
        self.run("grants", move || self.inner.grants(of))
    }

    fn end_grant<'a>(
        &'a self,
        employee: &'a EmployeeId,
        grant: i64,
        reason: EndReason,
    ) -> Operation<'a, Option<EndedGrant>> {
        self.run("end_grant", move || self.inner.end_grant(employee, grant, reason))
    }

    fn end_employee<'a>(&'a self, employee: &'a EmployeeId, reason: EndReason) -> Operation<'a, usize> {
        self.run("end_employee", move || self.inner.end_employee(employee, reason))
    }

    fn end_employee_at<'a>(
        &'a self,
        employee: &'a EmployeeId,
        version: i64,
        reason: EndReason,
    ) -> Operation<'a, Option<usize>> {
        self.run("end_employee_at", move || {
            self.inner.end_employee_at(employee, version, reason)
        })
    }

    fn end_all(&self, reason: EndReason) -> Operation<'_, usize> {
        self.run("end_all", move || self.inner.end_all(reason))
    }

    fn page_session(&self, session: Digest) -> Operation<'_, Option<(EmployeeId, String)>> {
        self.run("page_session", move || self.inner.page_session(session))
    }

    fn end_page_session(&self, session: Digest) -> Operation<'_, ()> {
        self.run("end_page_session", move || self.inner.end_page_session(session))
    }

    fn sweep(&self, lifetimes: Lifetimes) -> Operation<'_, ()> {
        self.run("sweep", move || self.inner.sweep(lifetimes))
    }
}
