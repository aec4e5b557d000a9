//! The sign-ins of the naive store: what its operations read first, and what they write later.

use std::net::IpAddr;
use std::time::Duration;

use super::super::records::{Approval, Begun, Completed, CompletedSignIn, SealedPair, SignIn, SignInResult};
use super::super::{ARRIVAL, MAX_PENDING, MAX_PENDING_PER_ADDRESS, UNDER_WAY};
use super::state::{Code, Pending, Person, State, milliseconds};
use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;

/// When a sign-in was taken, if it is under way, and its employee.
type Arriving = (Option<Duration>, Person);

impl State {
    pub(super) fn has_room(&self, address: IpAddr) -> bool {
        let pending = || self.sign_ins.values().filter(|pending| pending.until > self.now);
        let of_address = pending().filter(|pending| pending.sign_in.address == address);
        of_address.count() < MAX_PENDING_PER_ADDRESS && pending().count() < MAX_PENDING
    }

    pub(super) fn begin(&mut self, has_room: bool, sign_in: SignIn, lives: Duration) -> Begun {
        if !has_room {
            return Begun::TooMany;
        }
        let pending = Pending {
            until: self.now + lives,
            approval: None,
            taken_at: None,
            sign_in,
        };
        self.sign_ins.insert(pending.sign_in.handle, pending);
        Begun::Kept
    }

    pub(super) fn undecided(&self, handle: Digest, form_key: Digest) -> Option<Pending> {
        let pending = self.sign_ins.get(&handle)?;
        let is_open = pending.sign_in.form_key == form_key && pending.until > self.now && pending.approval.is_none();
        is_open.then(|| pending.clone())
    }

    pub(super) fn decide(&mut self, found: Option<Pending>, approval: Option<Approval>) -> Option<SignIn> {
        let found = found?;
        let sign_in = found.sign_in.clone();
        match approval {
            Some(_) => self.sign_ins.insert(sign_in.handle, Pending { approval, ..found }),
            None => self.sign_ins.remove(&sign_in.handle),
        };
        Some(sign_in)
    }

    pub(super) fn approved(&self, state: Digest, binding: Digest) -> Option<Pending> {
        let is_same = |approval: Approval| approval.state == state && approval.binding == binding;
        let mut all = self.sign_ins.values();
        let found = all.find(|pending| {
            pending.until > self.now && pending.taken_at.is_none() && pending.approval.is_some_and(is_same)
        });
        found.cloned()
    }

    pub(super) fn take(&mut self, found: Option<Pending>) -> Option<SignIn> {
        let found = found?;
        let sign_in = found.sign_in.clone();
        let taken = Pending {
            until: self.now + ARRIVAL,
            taken_at: Some(self.now),
            ..found
        };
        self.sign_ins.insert(sign_in.handle, taken);
        Some(sign_in)
    }

    pub(super) fn newest_arrival(&self, until: Option<i64>) -> Option<i64> {
        let taken = self.sign_ins.values().filter_map(|pending| pending.taken_at);
        let taken = taken.filter(|at| *at + UNDER_WAY > self.now).map(milliseconds);
        taken.filter(|at| until.is_none_or(|until| *at <= until)).max()
    }

    pub(super) fn arriving(&self, handle: Digest, employee: &EmployeeId) -> Arriving {
        let taken_at = self.sign_ins.get(&handle).and_then(|pending| pending.taken_at);
        (taken_at, self.people.get(employee).cloned().unwrap_or_default())
    }

    pub(super) fn complete(&mut self, (taken_at, mut person): Arriving, completed: CompletedSignIn) -> Completed {
        if taken_at.is_none() {
            return Completed::Ended;
        }
        let is_later = person.pair.is_some() && person.arrived_at > taken_at;
        if let Some(pair) = completed.pair.filter(|_| !is_later) {
            if pair.version != person.version + 1 {
                return Completed::AnotherVersion;
            }
            (person.version, person.pair, person.lease_until) = (pair.version, Some(pair), None);
            person.arrived_at = taken_at;
        }
        if !completed.name.is_empty() {
            person.name = completed.name;
        }
        self.sign_ins.remove(&completed.handle);
        self.people.insert(completed.employee.clone(), person);
        match completed.result {
            SignInResult::Grant { request, code, lives } => {
                let issued = Code {
                    grant: self.add_grant(completed.employee, &request),
                    request,
                    until: self.now + lives,
                    is_used: false,
                };
                self.codes.insert(code, issued);
            }
            SignInResult::PageSession { session, lives } => {
                let until = self.now + lives;
                self.page_sessions.insert(session, (completed.employee, until));
            }
        }
        Completed::Kept
    }

    pub(super) fn save_arrival(
        &mut self,
        (taken_at, mut person): Arriving,
        handle: Digest,
        employee: EmployeeId,
        pair: SealedPair,
    ) -> bool {
        let is_needed = taken_at.is_some() && person.pair.is_some() && person.arrived_at <= taken_at;
        if is_needed {
            if pair.version != person.version + 1 {
                return false;
            }
            (person.version, person.pair, person.lease_until) = (pair.version, Some(pair), None);
            person.arrived_at = taken_at;
            self.people.insert(employee, person);
        }
        self.sign_ins.remove(&handle);
        true
    }
}
