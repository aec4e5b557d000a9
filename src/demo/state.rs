//! The state of a running portal, shared by its connections. No lock is held across an `await`.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use super::address_book::Books;
use super::clock::Clock;
use super::employees::Employees;
use super::faults::{Behaviour, Failure, Fault, Place, StartingTokens, is_drawn, random_failure};
use super::limits::{LeakyBucket, OperatingTime};
use super::people::{Barred, People};
use super::request::RecordedRequest;
use super::settings::{ChangeKind, Settings};
use super::tokens::{Pair, Tokens};

/// The state of a portal.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) address: SocketAddr,
    pub(super) clock: Clock,
    pub(super) abandoned: AtomicUsize,
    pub(super) throttled: AtomicUsize,
    pub(super) refreshes: AtomicUsize,
    pub(super) spent_refreshes: AtomicUsize,
    pub(super) code_exchanges: AtomicUsize,
    pub(super) authorize_requests: AtomicUsize,
    /// True if the answer to the next refresh is lost.
    pub(super) loses_next_refresh: AtomicBool,
    pub(super) changed: Notify,
    /// True while answers are held back.
    is_holding: AtomicBool,
    /// True while tokens are held back, though they were issued.
    is_holding_tokens: AtomicBool,
    /// True while requests for a refresh are held back.
    is_holding_refreshes: AtomicBool,
    /// Requests of REST 3.0 within the limit on requests a second.
    rest3_admitted: AtomicUsize,
    /// Successful answers of `mail.recipient.listcontacts`.
    pages: AtomicUsize,
    record: Mutex<Record>,
    bucket: Mutex<LeakyBucket>,
    operating: Mutex<OperatingTime>,
    tokens: Mutex<Tokens>,
    books: Mutex<Books>,
    employees: Mutex<Employees>,
    people: Mutex<People>,
    fault: Mutex<Option<&'static Fault>>,
    dice: Mutex<fastrand::Rng>,
    /// The pair to hand out to the user, if it is not the current pair.
    stale_pair: Option<Pair>,
}

#[derive(Debug, Default)]
struct Record {
    newest: VecDeque<RecordedRequest>,
    bytes: usize,
    count: usize,
    rest3_count: usize,
}

/// The memory that recorded requests may take, in bytes.
const KEPT_BYTES: usize = 64 * 1024 * 1024;

impl State {
    pub(super) fn new(settings: Settings, address: SocketAddr) -> Self {
        let mut tokens = Tokens::new();
        let mut stale_pair = None;
        match settings.behaviour() {
            Some(
                Behaviour::OAuthServer(_)
                | Behaviour::TokenAnswer(_)
                | Behaviour::SlowTokens
                | Behaviour::Tokens(StartingTokens::Expired | StartingTokens::ExpiredFlat),
            ) => tokens.expire_access(None, Duration::ZERO),
            Some(Behaviour::Tokens(StartingTokens::Spent)) => {
                let stale = tokens.current().clone();
                // The current refresh token is always accepted.
                let _ = tokens.refresh(&stale.refresh, Duration::ZERO);
                stale_pair = Some(stale);
            }
            _ => {}
        }
        let operating = match (settings.behaviour(), settings.operating_limit()) {
            (Some(Behaviour::OperatingUsedUp), Some(operating)) => OperatingTime::prefilled(operating.limit),
            _ => OperatingTime::default(),
        };
        Self {
            books: Mutex::new(Books::new(settings.contacts, settings.generated_employees)),
            people: Mutex::new(People::new(settings.generated_employees)),
            fault: Mutex::new(settings.fault),
            dice: Mutex::new(fastrand::Rng::with_seed(settings.seed)),
            settings,
            address,
            clock: Clock::start(),
            abandoned: AtomicUsize::new(0),
            throttled: AtomicUsize::new(0),
            refreshes: AtomicUsize::new(0),
            spent_refreshes: AtomicUsize::new(0),
            code_exchanges: AtomicUsize::new(0),
            authorize_requests: AtomicUsize::new(0),
            loses_next_refresh: AtomicBool::new(false),
            changed: Notify::new(),
            is_holding: AtomicBool::new(false),
            is_holding_tokens: AtomicBool::new(false),
            is_holding_refreshes: AtomicBool::new(false),
            rest3_admitted: AtomicUsize::new(0),
            pages: AtomicUsize::new(0),
            record: Mutex::default(),
            bucket: Mutex::default(),
            operating: Mutex::new(operating),
            tokens: Mutex::new(tokens),
            employees: Mutex::default(),
            stale_pair,
        }
    }

    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock()
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock()
    }

    pub(super) fn employees(&self) -> MutexGuard<'_, Employees> {
        self.employees.lock()
    }

    pub(super) fn people(&self) -> MutexGuard<'_, People> {
        self.people.lock()
    }

    /// Begins a fault, or ends the present one.
    pub(super) fn set_fault(&self, fault: Option<&'static Fault>) {
        *self.fault.lock() = fault;
    }

    /// What the present fault does.
    pub(super) fn behaviour(&self) -> Option<Behaviour> {
        self.fault.lock().map(|fault| fault.behaviour)
    }

    /// What bars this user, once signed in, from the application.
    pub(super) fn barred(&self, user: u64) -> Option<Barred> {
        match self.behaviour() {
            Some(Behaviour::Barred(barred)) => Some(barred),
            _ => self.people().barred(user),
        }
    }

    /// True if there is no application any more.
    pub(super) fn is_application_removed(&self) -> bool {
        let is_removed_by_fault = matches!(self.behaviour(), Some(Behaviour::Barred(Barred::ApplicationRemoved)));
        is_removed_by_fault || self.people().is_application_removed()
    }

    /// True if the settings make the access token of the present call expire.
    pub(super) fn draws_expired_token(&self) -> bool {
        is_drawn(self.settings.expired_tokens, &mut self.dice.lock())
    }

    /// Puts the employees into another order if the settings say so.
    pub(super) fn shuffle_employees(&self) {
        if self.settings.shuffles_employees {
            self.employees().shuffle(&mut self.dice.lock());
        }
    }

    pub(super) fn operating(&self) -> MutexGuard<'_, OperatingTime> {
        self.operating.lock()
    }

    /// The pair to hand out to the user.
    pub(super) fn pair_for_user(&self) -> Pair {
        self.stale_pair
            .clone()
            .unwrap_or_else(|| self.tokens().current().clone())
    }

    /// Holds answers back, or sends them.
    pub(super) fn hold_answers(&self, is_holding: bool) {
        self.is_holding.store(is_holding, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Holds the answers of the authorization server back, or sends them.
    pub(super) fn hold_tokens(&self, is_holding: bool) {
        self.is_holding_tokens.store(is_holding, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Holds requests for a refresh back, or obeys them.
    pub(super) fn hold_refreshes(&self, is_holding: bool) {
        self.is_holding_refreshes.store(is_holding, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Waits while answers are held back.
    pub(super) async fn until_released(&self) {
        self.while_set(&self.is_holding).await;
    }

    /// Waits while tokens are held back.
    pub(super) async fn until_tokens_released(&self) {
        self.while_set(&self.is_holding_tokens).await;
    }

    /// Waits while requests for a refresh are held back.
    pub(super) async fn until_refreshes_released(&self) {
        self.while_set(&self.is_holding_refreshes).await;
    }

    async fn while_set(&self, flag: &AtomicBool) {
        loop {
            let changed = self.changed.notified();
            if !flag.load(Ordering::SeqCst) {
                return;
            }
            changed.await;
        }
    }

    /// Increments a counter and wakes the tests that wait for it.
    pub(super) fn count(&self, counter: &AtomicUsize) {
        counter.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    pub(super) fn record(&self, request: &RecordedRequest) {
        let mut record = self.record.lock();
        record.count += 1;
        record.rest3_count += usize::from(request.place() == Place::Rest3);
        record.bytes += size(request);
        record.newest.push_back(request.clone());
        let kept = self.settings.kept_requests;
        while record.newest.len() > kept || (record.bytes > KEPT_BYTES && record.newest.len() > 1) {
            let Some(oldest) = record.newest.pop_front() else {
                break;
            };
            record.bytes = record.bytes.saturating_sub(size(&oldest));
        }
        drop(record);
        self.changed.notify_waiters();
    }

    pub(super) fn requests(&self) -> Vec<RecordedRequest> {
        self.record.lock().newest.iter().cloned().collect()
    }

    pub(super) fn request_count(&self) -> usize {
        self.record.lock().count
    }

    pub(super) fn rest3_count(&self) -> usize {
        self.record.lock().rest3_count
    }

    /// False if this request exceeds the limit on requests a second.
    pub(super) fn admits(&self) -> bool {
        self.settings
            .bucket
            .is_none_or(|bucket| self.bucket.lock().admits(bucket, self.clock.now()))
    }

    /// The failure of a request for `place`; `None` if it succeeds.
    pub(super) fn failure_at(&self, place: Place) -> Option<Failure> {
        let earlier = match place {
            Place::Rest3 => self.rest3_admitted.fetch_add(1, Ordering::SeqCst),
            _ => 0,
        };
        if place != Place::Page
            && let Some(failure) = random_failure(self.settings.random_faults, &mut self.dice.lock())
        {
            return Some(failure);
        }
        let behaviour = self.behaviour()?;
        let earlier = match place {
            Place::Rest3 => earlier.checked_sub(self.settings.spared)?,
            _ => earlier,
        };
        behaviour.failure_of(place, earlier, &mut self.dice.lock())
    }

    /// Counts a page of contacts, and makes the changes that are due after it.
    pub(super) fn turn_page(&self) {
        let pages = self.pages.fetch_add(1, Ordering::SeqCst) + 1;
        let due = self
            .settings
            .changes
            .iter()
            .filter(|change| change.after_requests == pages);
        for change in due {
            match change.what {
                ChangeKind::Insert { user, email, name } => {
                    self.books().insert(user, email, name);
                }
                ChangeKind::Delete { user, id } => {
                    self.books().delete(user, id);
                }
            }
        }
    }
}

fn size(request: &RecordedRequest) -> usize {
    let headers: usize = request
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    request.path.len() + headers + request.body.len()
}
