//! The tables of the naive store, and what several of its operations do with them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::MAX_CHILDREN;
use super::super::records::{
    Approval, Client, ClientRequest, GrantLine, Lease, Leased, NewTokens, Purpose, Redeemed, Rotated, SealedPair,
    Session, SignIn,
};
use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;
use crate::team::settings::Lifetimes;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The tables. Times are counted from the first of January 2026.
#[derive(Default)]
pub(super) struct State {
    pub(super) now: Duration,
    pub(super) key_id: Option<String>,
    pub(super) member_id: Option<String>,
    pub(super) clients: BTreeMap<String, (Client, Duration, Option<Duration>)>,
    pub(super) sign_ins: BTreeMap<Digest, Pending>,
    pub(super) codes: BTreeMap<Digest, Code>,
    pub(super) grants: BTreeMap<i64, Grant>,
    pub(super) access_tokens: BTreeMap<Digest, (i64, Duration)>,
    pub(super) refresh_tokens: BTreeMap<Digest, Refresh>,
    pub(super) people: BTreeMap<EmployeeId, Person>,
    pub(super) page_sessions: BTreeMap<Digest, (EmployeeId, Duration)>,
    grants_ever: i64,
}

#[derive(Clone)]
pub(super) struct Pending {
    pub(super) sign_in: SignIn,
    pub(super) until: Duration,
    pub(super) approval: Option<Approval>,
    pub(super) taken_at: Option<Duration>,
}

#[derive(Clone)]
pub(super) struct Code {
    pub(super) grant: i64,
    pub(super) request: ClientRequest,
    pub(super) until: Duration,
    pub(super) is_used: bool,
}

#[derive(Clone)]
pub(super) struct Grant {
    pub(super) employee: EmployeeId,
    pub(super) client_id: String,
    pub(super) client_name: String,
    pub(super) resource: String,
    pub(super) scope: String,
    pub(super) created_at: Duration,
    pub(super) used_at: Option<Duration>,
    pub(super) is_ended: bool,
}

#[derive(Clone)]
pub(super) struct Refresh {
    pub(super) grant: i64,
    pub(super) created_at: Duration,
    pub(super) used_at: Option<Duration>,
    pub(super) children: usize,
}

#[derive(Clone, Default)]
pub(super) struct Person {
    pub(super) name: String,
    pub(super) version: i64,
    pub(super) pair: Option<SealedPair>,
    pub(super) lease_until: Option<Duration>,
    pub(super) arrived_at: Option<Duration>,
}

/// A time as the other stores count it.
pub(super) fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap()
}

impl State {
    pub(super) fn session(&self, access_token: Digest) -> Option<Session> {
        let (number, until) = self.access_tokens.get(&access_token)?;
        let grant = self.grants.get(number)?;
        (!grant.is_ended && *until > self.now).then(|| Session {
            employee: grant.employee.clone(),
            resource: grant.resource.clone(),
            pair: self.people.get(&grant.employee).and_then(|person| person.pair.clone()),
        })
    }

    pub(super) fn redeem(
        &mut self,
        code: Digest,
        found: Option<(Code, Grant)>,
        tokens: NewTokens,
        lifetimes: Lifetimes,
    ) -> Redeemed {
        let Some((known, grant)) = found.filter(|(_, grant)| !grant.is_ended) else {
            return Redeemed::Gone;
        };
        if known.is_used {
            self.end(known.grant);
            return Redeemed::Replayed;
        }
        if known.until <= self.now {
            return Redeemed::Gone;
        }
        self.issue(known.grant, grant, tokens, lifetimes);
        self.codes.insert(code, Code { is_used: true, ..known });
        Redeemed::Issued
    }

    pub(super) fn rotate(
        &mut self,
        token: Digest,
        found: Option<(Refresh, Grant)>,
        tokens: NewTokens,
        lifetimes: Lifetimes,
    ) -> Rotated {
        let Some((known, grant)) = found else {
            return Rotated::Gone;
        };
        let used_at = known.used_at.unwrap_or(self.now);
        if used_at + lifetimes.refresh_grace <= self.now {
            self.end(known.grant);
            return Rotated::Replayed;
        }
        if known.children == MAX_CHILDREN {
            return Rotated::TooOften;
        }
        self.issue(known.grant, grant, tokens, lifetimes);
        let is_repeated = known.children > 0;
        let used = Refresh {
            used_at: Some(used_at),
            children: known.children + 1,
            ..known
        };
        self.refresh_tokens.insert(token, used);
        Rotated::Issued { is_repeated }
    }

    pub(super) fn lease(
        &mut self,
        employee: EmployeeId,
        person: Option<Person>,
        version: i64,
        lives: Duration,
    ) -> Lease {
        let Some((mut person, pair)) = person.and_then(|person| Some((person.clone(), person.pair?))) else {
            return Lease::Gone;
        };
        if pair.version != version {
            return Lease::Newer(pair);
        }
        if person
            .lease_until
            .is_some_and(|until| until > self.now && until <= self.now + lives)
        {
            return Lease::Taken;
        }
        let until = self.now + lives;
        person.lease_until = Some(until);
        self.people.insert(employee, person);
        Lease::Won(Leased {
            pair,
            until: milliseconds(until),
        })
    }

    pub(super) fn add_grant(&mut self, employee: EmployeeId, request: &ClientRequest) -> i64 {
        self.grants_ever += 1;
        let grant = Grant {
            employee,
            client_id: request.client_id.clone(),
            client_name: request.client_name.clone(),
            resource: request.resource.clone(),
            scope: request.scope.clone(),
            created_at: self.now,
            used_at: None,
            is_ended: false,
        };
        self.grants.insert(self.grants_ever, grant);
        self.grants_ever
    }

    /// Writes the grant back as it was read.
    pub(super) fn issue(&mut self, number: i64, grant: Grant, tokens: NewTokens, lifetimes: Lifetimes) {
        let used_at = Some(self.now);
        if let Some((_, _, client_used_at)) = self.clients.get_mut(&grant.client_id) {
            *client_used_at = used_at;
        }
        self.grants.insert(number, Grant { used_at, ..grant });
        let until = self.now + lifetimes.access_token;
        self.access_tokens.insert(tokens.access, (number, until));
        let refresh = Refresh {
            grant: number,
            created_at: self.now,
            used_at: None,
            children: 0,
        };
        self.refresh_tokens.insert(tokens.refresh, refresh);
    }

    pub(super) fn live_of(&self, employee: &EmployeeId) -> Vec<i64> {
        let all = self.grants.iter();
        let live = all.filter(|(_, grant)| grant.employee == *employee && !grant.is_ended);
        live.map(|(number, _)| *number).collect()
    }

    /// The live grants of an employee who has no newer pair than that of `version`.
    pub(super) fn live_at(&self, employee: &EmployeeId, version: i64) -> Option<Vec<i64>> {
        let pair = self.people.get(employee).and_then(|person| person.pair.as_ref());
        let is_newest = pair.is_none_or(|pair| pair.version == version);
        is_newest.then(|| self.live_of(employee))
    }

    pub(super) fn end_employee(&mut self, employee: &EmployeeId, live: Vec<i64>) -> usize {
        let ended = live.len();
        live.into_iter().for_each(|grant| self.end(grant));
        self.page_sessions.retain(|_, (of, _)| of != employee);
        self.delete_pair(employee);
        ended
    }

    pub(super) fn end(&mut self, number: i64) {
        let grant = self.grants.get_mut(&number).unwrap();
        grant.is_ended = true;
        let employee = grant.employee.clone();
        self.access_tokens.retain(|_, (of, _)| *of != number);
        if self.live_of(&employee).is_empty() {
            self.delete_pair(&employee);
        }
    }

    pub(super) fn end_all(&mut self) -> usize {
        let live = self.grants.iter().filter(|(_, grant)| !grant.is_ended);
        let live: Vec<i64> = live.map(|(number, _)| *number).collect();
        let ended = live.len();
        live.into_iter().for_each(|grant| self.end(grant));
        self.sign_ins.clear();
        self.page_sessions.clear();
        ended
    }

    pub(super) fn delete_pair(&mut self, employee: &EmployeeId) {
        if let Some(person) = self.people.get_mut(employee) {
            (person.pair, person.lease_until) = (None, None);
        }
    }

    pub(super) fn lines(&self, of: Option<&EmployeeId>) -> Vec<GrantLine> {
        let seconds = |time: Duration| 1_767_225_600 + i64::try_from(time.as_secs()).unwrap();
        let line = |(number, grant): (&i64, &Grant)| {
            let used_at = grant.used_at.filter(|_| !grant.is_ended)?;
            of.is_none_or(|of| grant.employee == *of).then(|| GrantLine {
                grant: *number,
                employee: grant.employee.clone(),
                name: self.people[&grant.employee].name.clone(),
                client_name: grant.client_name.clone(),
                created_at: seconds(grant.created_at),
                used_at: seconds(used_at),
            })
        };
        self.grants.iter().rev().filter_map(line).collect()
    }

    pub(super) fn sweep(&mut self, lifetimes: Lifetimes) {
        let now = self.now;
        let is_over = |since: Duration, lives: Duration| since + lives <= now;
        self.sign_ins.retain(|_, pending| pending.until > now);
        self.page_sessions.retain(|_, (_, until)| *until > now);
        self.access_tokens.retain(|_, (_, until)| *until > now);
        let is_unused = |code: &&Code| !code.is_used && code.until <= now;
        for code in self.codes.values().filter(is_unused) {
            self.grants.remove(&code.grant);
        }
        let idle = lifetimes.idle_sign_in;
        let stays = |grant: &Grant| grant.used_at.is_none_or(|used_at| !is_over(used_at, idle));
        self.grants.retain(|_, grant| !grant.is_ended && stays(grant));
        self.codes.retain(|_, code| self.grants.contains_key(&code.grant));
        self.refresh_tokens.retain(|_, token| {
            let is_swept = match token.used_at {
                Some(used_at) => is_over(used_at, 7 * DAY),
                None => is_over(token.created_at, idle),
            };
            self.grants.contains_key(&token.grant) && !is_swept
        });
        let employees: Vec<EmployeeId> = self.people.keys().cloned().collect();
        for employee in employees {
            if self.live_of(&employee).is_empty() {
                self.delete_pair(&employee);
            }
        }
        let is_granted = |id: &String| self.grants.values().any(|grant| grant.client_id == *id);
        let is_of = |sign_in: &SignIn, id: &String| match &sign_in.purpose {
            Purpose::Client(request) => request.client_id == *id,
            Purpose::StartPage => false,
        };
        let is_asked = |id: &String| self.sign_ins.values().any(|pending| is_of(&pending.sign_in, id));
        self.clients.retain(|id, (_, created_at, used_at)| {
            let is_idle = match used_at {
                Some(used_at) => is_over(*used_at, 90 * DAY),
                None => is_over(*created_at, DAY / 24),
            };
            !is_idle || is_granted(id) || is_asked(id)
        });
    }
}
