//! Look-ups that have to wait for the portal's limit share one request: a batch of up to [`MAX_CALLS`] of them, as a data
//! loader does. What waits for nobody is sent at once, by itself, and knows nothing of this.
//!
//! A group waits under the ticket of its oldest member, and whoever comes before it departs joins it: so nobody waits
//! longer for a place than alone, in the group or out of it. Its members drive it together; each may leave, and when the
//! last has gone, so has the request. Calls of different methods are not mixed, so that a method that fails harms no
//! other.
//!
//! The portal runs a batch all or nothing. What then becomes of its members:
//!
//! | the batch failed with | then |
//! |---|---|
//! | 500, or a reply too large | maybe one call's fault: smaller batches, and of the one that fails again each call alone |
//! | a refusal of the length | the same, and from now on no more than half as many |
//! | another refusal that alone may not come, or an odd reply | each alone; nothing is merged for ten minutes |
//! | 429: the operating time of `batch` is used up | each alone, until that time is over |
//! | credentials, the limit, the network, a bad moment | each has failed with it, and tries again as it would alone |
//!
//! Who goes on alone keeps its ticket, and so its turn; it is as many places later than if it had been alone from the
//! start as batches with it have failed: one, in the first row two. After three failures in a row nothing is merged for
//! a minute. See
//! <https://apidocs.bitrix24.com/settings/how-to-call-rest-api/batch-v3.html>.

mod group;
mod learnt;
mod verdict;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, Shared, WeakShared, join, join_all, select};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::batch::{Call, MAX_CALLS, of_another_length};
use super::error::{Error, Limit};
use super::loose::First;
use super::retry::{self, Trouble};
use super::turnstile::is_too_long;
use super::{Attempted, Method, Portal, Progress};
pub(super) use group::Carried;
use group::{Fate, Group, Member, Members};
use learnt::Learnt;
use verdict::{Verdict, verdict};

/// How often a call fails together with others until it goes alone, whatever it is that fails.
pub(super) const TRIES: u32 = 2;
/// For a call that is not to be merged.
pub(super) const NEVER: u32 = 0;

/// Who waits together, by method.
#[derive(Debug)]
pub(super) struct Merging {
    is_on: bool,
    lines: [Line; Method::ALL.len()],
}

/// The groups of one method's calls.
#[derive(Debug, Default)]
struct Line {
    /// Groups that wait, the oldest first.
    waiting: Mutex<VecDeque<Waiting>>,
    learnt: Mutex<Learnt>,
}

#[derive(Debug)]
struct Waiting {
    group: Arc<Group>,
    ride: WeakShared<BoxFuture<'static, ()>>,
}

/// The group's way to its answers; whoever holds it drives it.
type Ride = Shared<BoxFuture<'static, ()>>;

/// What a call comes to when it has waited for the limits.
#[derive(Debug)]
pub(super) enum Turn {
    /// A place for a request of its own.
    Own,
    /// It was sent together with others.
    Carried(Carried),
}

impl Turn {
    /// Time that was no waiting.
    pub(super) fn took(&self) -> Duration {
        match self {
            Self::Own => Duration::ZERO,
            Self::Carried(carried) => carried.took,
        }
    }
}

impl Merging {
    pub(super) fn new(is_on: bool) -> Self {
        Self {
            is_on,
            lines: std::array::from_fn(|_| Line::default()),
        }
    }

    /// `None` if the method's calls are never merged.
    fn line(&self, method: Method) -> Option<&Line> {
        let index = Method::ALL.iter().position(|known| *known == method)?;
        let may_be_merged = self.is_on && method != Method::Batch;
        self.lines.get(index).filter(|_| may_be_merged)
    }

    /// A single call was answered.
    pub(super) fn single_took(&self, method: Method, took: Duration) {
        if let Some(line) = self.line(method) {
            line.learnt().single_took(took);
        }
    }
}

impl Line {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        // Each change is one step that cannot fail half way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learnt(&self) -> MutexGuard<'_, Learnt> {
        // A number more or less that a panic elsewhere left behind does no harm.
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is merged for now, so nobody needs to wait for others.
    fn part(&self) {
        let waiting = std::mem::take(&mut *self.waiting());
        waiting.iter().for_each(|waiting| waiting.group.part());
    }
}

/// How a batch went.
enum Went {
    /// Everybody in it has been told.
    Told,
    /// It failed, maybe because of one call.
    OneMayFail(Members),
    /// Batches do not work now.
    Refused(Members),
}

impl Carried {
    /// Reads the result as the caller wants it. What it cannot read may be the portal's way to tell of an error within
    /// a batch, so the caller asks again, alone: that counts `tries` down.
    pub(super) fn read<T: DeserializeOwned>(self, tries: &mut u32, progress: &mut Progress) -> Result<T, Attempted> {
        progress.attempts += self.requests;
        match self.outcome {
            Ok(result) => serde_json::from_str(result.get()).map_err(|_| {
                *tries = NEVER;
                Attempted::Again
            }),
            Err((error, asked)) => {
                // Of the limit's own refusal the batch is innocent.
                if retry::trouble(&error) != Some(Trouble::Requests) {
                    *tries = tries.saturating_sub(1);
                }
                Err(Attempted::Failed(error, asked))
            }
        }
    }
}

impl Portal {
    /// Waits for the limits: for a place of its own, or for the answer to a request that others share, if the call may be
    /// merged and has to wait anyway.
    ///
    /// # Errors
    /// [`Error::Throttled`] if the deadline would pass first.
    pub(super) async fn turn(
        &self,
        method: Method,
        parameters: &Value,
        deadline: Instant,
        tries: u32,
    ) -> Result<Turn, Error> {
        self.turnstile.pass_gate(method, deadline).await?;
        if self.turnstile.pass_bucket_at_once() {
            return Ok(Turn::Own);
        }
        let ticket = self.turnstile.ticket();
        if let (1.., Some(line)) = (tries, self.merging.line(method)) {
            let (tell, told) = oneshot::channel();
            let call = Call::of(method, parameters);
            let member = Member {
                ticket,
                call,
                deadline,
                tell,
            };
            if let Some(ride) = self.joined(line, method, member)? {
                // Whoever is told nothing, as if the group had broken off, goes on alone.
                let fate = match select(told, ride).await {
                    Either::Left((fate, _)) => fate,
                    Either::Right(((), told)) => told.await,
                };
                match fate.unwrap_or(Fate::Apart) {
                    Fate::Own => return Ok(Turn::Own),
                    Fate::Carried(carried) => return Ok(Turn::Carried(carried)),
                    Fate::Throttled(error) => return Err(error),
                    Fate::Apart => {}
                }
            }
        }
        self.turnstile.pass_bucket(ticket, deadline).await?;
        Ok(Turn::Own)
    }

    /// Takes `member` into the youngest group, or into a new one; `None` if nothing is merged now.
    fn joined(&self, line: &Line, method: Method, member: Member) -> Result<Option<Ride>, Error> {
        let most = self.most(line, method);
        if most < 2 {
            return Ok(None);
        }
        let mut waiting = line.waiting();
        waiting.retain(|waiting| waiting.ride.upgrade().is_some());
        let mut member = member;
        if let Some(youngest) = waiting.back()
            && let Some(ride) = youngest.ride.upgrade()
        {
            let wait = self.turnstile.wait(youngest.group.ticket());
            if is_too_long(wait, member.deadline) {
                return Err(Error::Throttled {
                    limit: Limit::Requests,
                    needed: wait,
                });
            }
            match youngest.group.join(member, most) {
                Ok(()) => return Ok(Some(ride)),
                Err(refused) => member = refused,
            }
        }
        let group = Arc::new(Group::of(member));
        let ride = self.clone().carry(method, Arc::clone(&group)).boxed().shared();
        waiting.extend(ride.downgrade().map(|ride| Waiting { group, ride }));
        Ok(Some(ride))
    }

    /// How many calls of `method` one request may carry now. Near the operating limit, and over it, calls are spaced, so
    /// nothing is merged.
    fn most(&self, line: &Line, method: Method) -> usize {
        let is_unspaced = |method| self.turnstile.is_unspaced(method);
        if is_unspaced(method) && is_unspaced(Method::Batch) {
            line.learnt().most(Instant::now(), self.gap())
        } else {
            1
        }
    }

    /// The time between two places of the bucket.
    fn gap(&self) -> Duration {
        let per_second = self.rate_limit.unwrap_or_default().per_second;
        Duration::try_from_secs_f64(1.0 / per_second).unwrap_or_default()
    }

    /// Takes a group to its answers.
    async fn carry(self, method: Method, group: Arc<Group>) {
        let Some(line) = self.merging.line(method) else { return };
        let Some(mut members) = self.with_a_place(&group).await else {
            return;
        };
        // Less may have become allowed while it waited.
        let most = self.most(line, method).max(1);
        let rest = members.split_off(most).into_groups(most);
        let portal = &self;
        let rest = rest.into_iter().map(|group| async move {
            if let Some(members) = portal.with_a_place(&group).await {
                portal.deliver(line, method, members).await;
            }
        });
        join(portal.deliver(line, method, members), join_all(rest)).await;
    }

    /// Waits for the group's place. `None` if nobody needs it any more.
    async fn with_a_place(&self, group: &Group) -> Option<Members> {
        let place = self
            .turnstile
            .pass_bucket_if(|| group.ticket(), |wait| group.bears(wait));
        tokio::select! {
            biased;
            () = group.has_parted() => None,
            place = place => place.ok().and_then(|()| group.depart()),
        }
    }

    /// Brings `members`, who have a place, to their answers, in a request or in several.
    async fn deliver(&self, line: &Line, method: Method, members: Members) {
        match self.send(line, method, members).await {
            Went::Told => {}
            Went::Refused(members) => {
                members.part();
                line.part();
            }
            Went::OneMayFail(members) => {
                // As many groups as each has calls: if one call is at fault, no other two steps need fewer requests.
                let size = members.len().isqrt();
                let groups = members.into_groups(size).into_iter().map(|group| async move {
                    let Some(members) = self.with_a_place(&group).await else {
                        return;
                    };
                    match self.send(line, method, members).await {
                        Went::Told => {}
                        Went::OneMayFail(members) | Went::Refused(members) => members.part(),
                    }
                });
                join_all(groups).await;
                if self.most(line, method) < 2 {
                    line.part();
                }
            }
        }
    }

    /// Sends one batch. A single call, and what must not be merged any more, is left to its callers, with the place.
    async fn send(&self, line: &Line, method: Method, mut members: Members) -> Went {
        let (mut has_renewed, mut progress) = (false, Progress::default());
        loop {
            members.forget_the_gone();
            let calls = members.len();
            if calls < 2 || self.most(line, method) < 2 {
                members.part_with_a_place();
                return Went::Told;
            }
            tracing::info!(
                portal.method = method.as_str(),
                calls,
                "one request carries the look-ups that waited"
            );
            let (items, deadline) = (members.items(), members.deadline());
            let sent = Instant::now();
            let went = self
                .attempt::<First<Box<RawValue>, MAX_CALLS>>(
                    Method::Batch,
                    &items,
                    &mut has_renewed,
                    deadline,
                    &mut progress,
                )
                .await;
            let took = sent.elapsed();
            let (error, asked) = match went {
                Ok(results) if results.count == calls => {
                    line.learnt().batch_took(calls, took, self.gap());
                    self.measurements.merged(calls);
                    members.answered(results.items, progress.attempts, took);
                    return Went::Told;
                }
                Ok(_) => (of_another_length(), None),
                Err(Attempted::Failed(error, asked)) => (error, asked),
                // The token was renewed; the next request needs a place as any other.
                Err(Attempted::Again) => {
                    let again = members.into_groups(MAX_CALLS);
                    let Some(group) = again.into_iter().next() else {
                        return Went::Told;
                    };
                    match self.with_a_place(&group).await {
                        Some(waiting) => members = waiting,
                        None => return Went::Told,
                    }
                    continue;
                }
            };
            tracing::info!(
                error.code = error.code(),
                http.status = error.http_status(),
                calls,
                "the request that carried look-ups failed"
            );
            let now = Instant::now();
            let verdict = verdict(&error);
            match verdict {
                Verdict::TooLong => line.learnt().was_too_long(calls),
                Verdict::MaybeOne | Verdict::All => line.learnt().failed(now),
                Verdict::Refused => line.learnt().refused(now),
                Verdict::UsedUp => {
                    self.turnstile.used_up(Method::Batch, asked);
                }
                Verdict::Limit => {}
            }
            return match verdict {
                Verdict::TooLong | Verdict::MaybeOne => Went::OneMayFail(members),
                Verdict::Refused | Verdict::UsedUp => Went::Refused(members),
                Verdict::Limit | Verdict::All => {
                    members.failed(&error, asked, progress.attempts, took);
                    Went::Told
                }
            };
        }
    }
}
