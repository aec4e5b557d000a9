//! A store that stops answering on demand, and otherwise is the store that it wraps.
//!
//! An operation ends before a paused clock moves on, although the store works in threads of its own.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;

use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;
use crate::team::settings::Lifetimes;
use crate::team::store::records::{
    Approval, Begun, Client, ClientRequest, Completed, CompletedSignIn, EndReason, GrantLine, Lease, NewTokens,
    Redeemed, Registered, Rotated, SealedPair, Session, SignIn, StoredRefreshToken,
};
use crate::team::store::{Operation, Store, Unavailable};

/// What a test does before an operation.
type Act = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// A store that stops answering on demand.
pub(in crate::team) struct FaultyStore {
    inner: Arc<dyn Store>,
    /// The operations that do not answer, by name; `*` for all.
    broken: Mutex<Vec<&'static str>>,
    /// Sign-ins that another one of the same employee gets ahead of, the next first.
    overtaken_by: Mutex<VecDeque<CompletedSignIn>>,
    /// The operations that never answer, by name.
    silent: Mutex<Vec<&'static str>>,
    /// The operations that work although their answers get lost.
    unanswered: Mutex<Vec<&'static str>>,
    /// What is done once before the next operation of a name.
    acts: Mutex<HashMap<&'static str, Act>>,
    counts: Mutex<HashMap<&'static str, usize>>,
}

impl std::fmt::Debug for FaultyStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FaultyStore")
    }
}

impl FaultyStore {
    pub(in crate::team) fn new(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            broken: Mutex::default(),
            overtaken_by: Mutex::default(),
            silent: Mutex::default(),
            unanswered: Mutex::default(),
            acts: Mutex::default(),
            counts: Mutex::default(),
        })
    }

    /// Breaks the operation of this name, or all by `*`.
    pub(in crate::team) fn break_off(&self, operation: &'static str) {
        self.broken.lock().push(operation);
    }

    /// Lets the operation of this name wait for ever.
    pub(in crate::team) fn silence(&self, operation: &'static str) {
        self.silent.lock().push(operation);
    }

    /// Lets the operation of this name work, and loses its answer.
    pub(in crate::team) fn lose_answers_of(&self, operation: &'static str) {
        self.unanswered.lock().push(operation);
    }

    /// All operations answer again.
    pub(in crate::team) fn repair(&self) {
        self.broken.lock().clear();
        self.silent.lock().clear();
        self.unanswered.lock().clear();
    }

    /// Does `act` once, before the next operation of this name.
    pub(in crate::team) fn before(
        &self,
        operation: &'static str,
        act: impl FnOnce() -> BoxFuture<'static, ()> + Send + 'static,
    ) {
        self.acts.lock().insert(operation, Box::new(act));
    }

    /// How often the operation of this name was asked for.
    pub(in crate::team) fn count(&self, operation: &str) -> usize {
        self.counts.lock().get(operation).copied().unwrap_or_default()
    }

    async fn begin(&self, operation: &'static str) {
        *self.counts.lock().entry(operation).or_default() += 1;
        let act = self.acts.lock().remove(operation);
        if let Some(act) = act {
            act().await;
        }
        if self.silent.lock().contains(&operation) {
            std::future::pending().await
        }
    }

    fn check_answered(&self, operation: &str) -> Result<(), Unavailable> {
        match self.unanswered.lock().contains(&operation) {
            true => Err(Unavailable("the answer was lost on demand".to_owned())),
            false => Ok(()),
        }
    }

    /// Completes this sign-in just before the next one is completed.
    pub(in crate::team) fn overtake(&self, completed: CompletedSignIn) {
        self.overtaken_by.lock().push_back(completed);
    }

    fn check_broken(&self, operation: &str) -> Result<(), Unavailable> {
        let broken = self.broken.lock();
        match broken.iter().any(|name| *name == operation || *name == "*") {
            true => Err(Unavailable("broken on demand".to_owned())),
            false => Ok(()),
        }
    }

    async fn be_overtaken(&self) -> Result<(), Unavailable> {
        let first = self.overtaken_by.lock().pop_front();
        if let Some(first) = first {
            assert_eq!(self.inner.complete_sign_in(first).await?, Completed::Kept);
        }
        Ok(())
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

macro_rules! pass_on {
    ($lifetime:lifetime: $($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)*) => {
        impl Store for FaultyStore {
            $(fn $name<$lifetime>(&$lifetime self, $($argument: $type),*) -> Operation<$lifetime, $result> {
                async move {
                    self.begin(stringify!($name)).await;
                    self.check_broken(stringify!($name))?;
                    if stringify!($name) == "complete_sign_in" {
                        self.be_overtaken().await?;
                    }
                    let answer = to_its_end(self.inner.$name($($argument),*));
                    self.check_answered(stringify!($name))?;
                    answer
                }
                .boxed()
            })*
        }
    };
}

pass_on! { 'a:
    check() -> ();
    add_client(client: Client) -> Registered;
    client(id: &'a str) -> Option<Client>;
    begin_sign_in(sign_in: SignIn, lives: Duration) -> Begun;
    decide_sign_in(handle: Digest, form_key: Digest, approval: Option<Approval>) -> Option<SignIn>;
    take_sign_in(state: Digest, binding: Digest) -> Option<SignIn>;
    pin_key(key_ids: &'a [String]) -> bool;
    key_id() -> Option<String>;
    replace_key(key_id: &'a str) -> ();
    pin_member_id(given: &'a str) -> String;
    complete_sign_in(completed: CompletedSignIn) -> Completed;
    save_arrival(handle: Digest, employee: &'a EmployeeId, pair: SealedPair) -> bool;
    end_arrival(handle: Digest) -> ();
    newest_arrival(until: Option<i64>) -> Option<i64>;
    next_version(employee: &'a EmployeeId) -> i64;
    code(code: Digest) -> Option<ClientRequest>;
    redeem_code(code: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Redeemed;
    refresh_token(token: Digest) -> Option<StoredRefreshToken>;
    rotate(token: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Rotated;
    session(access_token: Digest) -> Option<Session>;
    revoke(token: Digest, client_id: &'a str) -> bool;
    pair(employee: &'a EmployeeId) -> Option<SealedPair>;
    lease(employee: &'a EmployeeId, version: i64, lives: Duration) -> Lease;
    save_pair(employee: &'a EmployeeId, pair: SealedPair) -> bool;
    free_lease(employee: &'a EmployeeId, until: i64) -> ();
    pairs_sealed_otherwise(key_id: &'a str, limit: usize) -> Vec<(EmployeeId, SealedPair)>;
    reseal_pair(employee: &'a EmployeeId, pair: SealedPair) -> bool;
    grants(of: Option<&'a EmployeeId>) -> Vec<GrantLine>;
    end_grant(employee: &'a EmployeeId, grant: i64, reason: EndReason) -> bool;
    end_employee(employee: &'a EmployeeId, reason: EndReason) -> usize;
    end_employee_at(employee: &'a EmployeeId, version: i64, reason: EndReason) -> Option<usize>;
    end_all(reason: EndReason) -> usize;
    page_session(session: Digest) -> Option<(EmployeeId, String)>;
    end_page_session(session: Digest) -> ();
    sweep(lifetimes: Lifetimes) -> ();
}
