//! Calls that wait for one request together, and what each is told. Whoever has dropped its end has gone: it is not
//! carried, and no place is kept for it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use crate::portal::batch::Call;
use crate::portal::error::{Error, Limit};
use crate::portal::request::Method;
use crate::portal::turnstile::{Ticket, is_too_long};

/// What becomes of a call that waited with others.
#[derive(Debug)]
pub(super) enum Fate {
    /// The place is its own.
    Own,
    /// It waits on by itself, under its own ticket.
    Apart,
    /// It would wait too long.
    Throttled(Error),
    /// It was sent together with others.
    Carried(Carried),
}

/// How a call fared in a request that it shared.
#[derive(Debug)]
pub(in crate::portal) struct Carried {
    /// Its own result, not looked at; or why there is none, and how long the portal asked to wait.
    pub(in crate::portal) outcome: Result<Box<RawValue>, (Error, Option<Duration>)>,
    /// Requests that were sent.
    pub(in crate::portal) requests: u32,
    /// Time from the request to the answer.
    pub(in crate::portal) took: Duration,
}

/// A call that waits with others.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) ticket: Ticket,
    pub(super) call: Call,
    pub(super) deadline: Instant,
    pub(super) tell: oneshot::Sender<Fate>,
}

impl Member {
    fn is_gone(&self) -> bool {
        self.tell.is_closed()
    }

    fn tell(self, fate: Fate) {
        // Who has just gone wants to hear nothing.
        let _ = self.tell.send(fate);
    }
}

/// Members in the order of their arrival.
#[derive(Debug)]
pub(super) struct Members(Vec<Member>);

impl Members {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All beyond the first `most`.
    pub(super) fn split_off(&mut self, most: usize) -> Self {
        Self(self.0.split_off(most.min(self.0.len())))
    }

    pub(super) fn forget_the_gone(&mut self) {
        self.0.retain(|member| !member.is_gone());
    }

    /// The body of the batch that carries all of them.
    pub(super) fn items(&self) -> Value {
        self.0.iter().map(|member| member.call.item()).collect()
    }

    /// When the last of them gives up.
    pub(super) fn deadline(&self) -> Instant {
        let last = self.0.iter().map(|member| member.deadline).max();
        last.unwrap_or_else(Instant::now)
    }

    /// Groups of `size` at most.
    pub(super) fn into_groups(self, size: usize) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        for member in self.0 {
            let full = match groups.last() {
                Some(group) => group.join(member, size).err(),
                None => Some(member),
            };
            groups.extend(full.map(Group::of));
        }
        groups
    }

    /// Each gets its own result; there is one for each.
    pub(super) fn answered(self, results: Vec<Box<RawValue>>, requests: u32, took: Duration) {
        for (member, result) in self.0.into_iter().zip(results) {
            member.tell(Fate::Carried(Carried {
                outcome: Ok(result),
                requests,
                took,
            }));
        }
    }

    /// All have failed alike.
    pub(super) fn failed(self, error: &Error, asked: Option<Duration>, requests: u32, took: Duration) {
        for member in self.0 {
            member.tell(Fate::Carried(Carried {
                outcome: Err((error.clone(), asked)),
                requests,
                took,
            }));
        }
    }

    /// Each waits on by itself.
    pub(super) fn part(self) {
        self.0.into_iter().for_each(|member| member.tell(Fate::Apart));
    }

    /// The first that has not just gone gets the place that is there, the others wait on.
    pub(super) fn part_with_a_place(self) {
        let mut members = self.0.into_iter();
        let _ = members
            .find(|member| !member.is_gone())
            .map(|first| first.tell(Fate::Own));
        members.for_each(|member| member.tell(Fate::Apart));
    }
}

/// Members that wait for a place. It is that of the oldest, so none waits longer than it would alone.
#[derive(Debug)]
pub(super) struct Group {
    /// That of its first member.
    first: Ticket,
    /// `None`: it waits no more.
    members: Mutex<Option<Members>>,
    parted: Notify,
}

impl Group {
    pub(super) fn of(first: Member) -> Self {
        Self {
            first: first.ticket,
            members: Mutex::new(Some(Members(vec![first]))),
            parted: Notify::new(),
        }
    }

    fn members(&self) -> MutexGuard<'_, Option<Members>> {
        // Each change is one step that cannot fail half way.
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ticket of the oldest who is still there: who has gone keeps no place for those who came later.
    pub(super) fn ticket(&self) -> Ticket {
        let waiting = self.members();
        let there = waiting
            .iter()
            .flat_map(|members| &members.0)
            .filter(|member| !member.is_gone());
        there.map(|member| member.ticket).min().unwrap_or(self.first)
    }

    /// Takes another one in, or gives it back if there are `most` already or the group waits no more.
    pub(super) fn join(&self, member: Member, most: usize) -> Result<(), Member> {
        let mut waiting = self.members();
        let Some(members) = waiting.as_mut() else {
            return Err(member);
        };
        members.forget_the_gone();
        if members.len() >= most {
            return Err(member);
        }
        members.0.push(member);
        Ok(())
    }

    /// Tells those for whom `wait` is too long, and fails if nobody is left.
    pub(super) fn bears(&self, wait: Duration) -> Result<(), Error> {
        let throttled = || Error::Throttled {
            limit: Limit::Requests,
            needed: wait,
        };
        let mut waiting = self.members();
        let members = waiting.take().map(|members| members.0).unwrap_or_default();
        let mut staying = Vec::with_capacity(members.len());
        for member in members {
            if is_too_long(wait, member.deadline) {
                member.tell(Fate::Throttled(throttled()));
            } else if !member.is_gone() {
                staying.push(member);
            }
        }
        if staying.is_empty() {
            return Err(throttled());
        }
        *waiting = Some(Members(staying));
        Ok(())
    }

    /// Those who are still there; from now on nobody joins.
    pub(super) fn depart(&self) -> Option<Members> {
        let mut members = self.members().take()?;
        members.forget_the_gone();
        Some(members)
    }

    /// Each waits on by itself, and nobody drives the group any more.
    pub(super) fn part(&self) {
        if let Some(members) = self.depart() {
            self.parted.notify_one();
            members.part();
        }
    }

    /// Ready when the group has parted.
    pub(super) async fn has_parted(&self) {
        self.parted.notified().await;
    }
}

impl Call {
    /// The call of `method`, for whoever merges it.
    pub(super) fn of(method: Method, parameters: &Value) -> Self {
        Self {
            method,
            parameters: parameters.clone(),
        }
    }
}
