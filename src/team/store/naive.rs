//! A store that reads, waits, and then writes: the mistake that the suite's race tests have to catch. One operation
//! after another it is right; the suite shows that too.

mod sign_ins;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::records::{
    Approval, Begun, Client, ClientRequest, Completed, CompletedSignIn, EndReason, GrantLine, Lease, NewTokens,
    Redeemed, Registered, Rotated, SealedPair, Session, SignIn, StoredRefreshToken,
};
use super::{MAX_CLIENTS, Operation, Store};
use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;
use crate::team::settings::Lifetimes;
use state::{Grant, State, milliseconds};

/// The store in memory.
#[derive(Clone, Default)]
pub(super) struct NaiveStore(Arc<Mutex<State>>);

impl std::fmt::Debug for NaiveStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NaiveStore")
    }
}

impl NaiveStore {
    /// As if `time` had passed.
    pub(super) fn age(&self, time: Duration) {
        self.0.lock().now += time;
    }

    fn read<T: Send + 'static>(&self, read: impl FnOnce(&State) -> T + Send + 'static) -> Operation<'_, T> {
        Box::pin(async move { Ok(read(&self.0.lock())) })
    }

    /// Reads; other operations run; then writes what follows from the reading.
    fn write<R: Send + 'static, T: Send + 'static>(
        &self,
        read: impl FnOnce(&State) -> R + Send + 'static,
        write: impl FnOnce(&mut State, R) -> T + Send + 'static,
    ) -> Operation<'_, T> {
        Box::pin(async move {
            let found = read(&self.0.lock());
            tokio::task::yield_now().await;
            Ok(write(&mut self.0.lock(), found))
        })
    }
}

impl Store for NaiveStore {
    fn check(&self) -> Operation<'_, ()> {
        self.read(|_| ())
    }

    fn add_client(&self, client: Client) -> Operation<'_, Registered> {
        self.write(
            |state| state.clients.len() < MAX_CLIENTS,
            |state, has_room| {
                if !has_room {
                    return Registered::Full;
                }
                state.clients.insert(client.id.clone(), (client, state.now, None));
                Registered::Kept
            },
        )
    }

    fn client<'a>(&'a self, id: &'a str) -> Operation<'a, Option<Client>> {
        let id = id.to_owned();
        self.read(move |state| Some(state.clients.get(&id)?.0.clone()))
    }

    fn begin_sign_in(&self, sign_in: SignIn, lives: Duration) -> Operation<'_, Begun> {
        let address = sign_in.address;
        self.write(
            move |state| state.has_room(address),
            move |state, has_room| state.begin(has_room, sign_in, lives),
        )
    }

    fn decide_sign_in(
        &self,
        handle: Digest,
        form_key: Digest,
        approval: Option<Approval>,
    ) -> Operation<'_, Option<SignIn>> {
        self.write(
            move |state| state.undecided(handle, form_key),
            move |state, found| state.decide(found, approval),
        )
    }

    fn take_sign_in(&self, state: Digest, binding: Digest) -> Operation<'_, Option<SignIn>> {
        self.write(
            move |store| store.approved(state, binding),
            |store, found| store.take(found),
        )
    }

    fn pin_key<'a>(&'a self, key_ids: &'a [String]) -> Operation<'a, bool> {
        let key_ids = key_ids.to_vec();
        self.write(
            |state| state.key_id.clone(),
            move |state, known| {
                state.key_id = known.or_else(|| key_ids.first().cloned());
                state.key_id.as_ref().is_some_and(|known| key_ids.contains(known))
            },
        )
    }

    fn key_id(&self) -> Operation<'_, Option<String>> {
        self.read(|state| state.key_id.clone())
    }

    fn replace_key<'a>(&'a self, key_id: &'a str) -> Operation<'a, ()> {
        let key_id = key_id.to_owned();
        self.write(|_| (), |state, ()| state.key_id = Some(key_id))
    }

    fn pin_member_id<'a>(&'a self, given: &'a str) -> Operation<'a, String> {
        let given = given.to_owned();
        self.write(
            |state| state.member_id.clone(),
            |state, known| state.member_id.insert(known.unwrap_or(given)).clone(),
        )
    }

    fn complete_sign_in(&self, completed: CompletedSignIn) -> Operation<'_, Completed> {
        let (handle, employee) = (completed.handle, completed.employee.clone());
        self.write(
            move |state| state.arriving(handle, &employee),
            move |state, arriving| state.complete(arriving, completed),
        )
    }

    fn save_arrival<'a>(&'a self, handle: Digest, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool> {
        let (read, employee) = (employee.clone(), employee.clone());
        self.write(
            move |state| state.arriving(handle, &read),
            move |state, arriving| state.save_arrival(arriving, handle, employee, pair),
        )
    }

    fn end_arrival(&self, handle: Digest) -> Operation<'_, ()> {
        let is_taken = move |state: &State| {
            state
                .sign_ins
                .get(&handle)
                .is_some_and(|known| known.taken_at.is_some())
        };
        self.write(is_taken, move |state, is_taken| {
            if is_taken {
                state.sign_ins.remove(&handle);
            }
        })
    }

    fn newest_arrival(&self, until: Option<i64>) -> Operation<'_, Option<i64>> {
        self.read(move |state| state.newest_arrival(until))
    }

    fn next_version<'a>(&'a self, employee: &'a EmployeeId) -> Operation<'a, i64> {
        let employee = employee.clone();
        self.read(move |state| state.people.get(&employee).map_or(1, |person| person.version + 1))
    }

    fn code(&self, code: Digest) -> Operation<'_, Option<ClientRequest>> {
        self.read(move |state| {
            let mut request = state.codes.get(&code)?.request.clone();
            request.state = None;
            Some(request)
        })
    }

    fn redeem_code(&self, code: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Operation<'_, Redeemed> {
        self.write(
            move |state| {
                let code = state.codes.get(&code)?.clone();
                let grant = state.grants.get(&code.grant)?.clone();
                Some((code, grant))
            },
            move |state, found| state.redeem(code, found, tokens, lifetimes),
        )
    }

    fn refresh_token(&self, token: Digest) -> Operation<'_, Option<StoredRefreshToken>> {
        self.read(move |state| {
            let grant = state.grants.get(&state.refresh_tokens.get(&token)?.grant)?;
            Some(StoredRefreshToken {
                client_id: grant.client_id.clone(),
                resource: grant.resource.clone(),
                scope: grant.scope.clone(),
            })
        })
    }

    fn rotate(&self, token: Digest, tokens: NewTokens, lifetimes: Lifetimes) -> Operation<'_, Rotated> {
        self.write(
            move |state| {
                let token = state.refresh_tokens.get(&token)?.clone();
                let grant = state.grants.get(&token.grant)?.clone();
                let used_at = grant.used_at.filter(|_| !grant.is_ended)?;
                (used_at + lifetimes.idle_sign_in > state.now).then_some((token, grant))
            },
            move |state, found| state.rotate(token, found, tokens, lifetimes),
        )
    }

    fn session(&self, access_token: Digest) -> Operation<'_, Option<Session>> {
        self.read(move |state| state.session(access_token))
    }

    fn revoke<'a>(&'a self, token: Digest, client_id: &'a str) -> Operation<'a, bool> {
        let client_id = client_id.to_owned();
        self.write(
            move |state| {
                let refresh = state.refresh_tokens.get(&token).map(|token| token.grant);
                let number = refresh.or_else(|| state.access_tokens.get(&token).map(|(grant, _)| *grant))?;
                let grant = state.grants.get(&number)?;
                (grant.client_id == client_id && !grant.is_ended).then_some((number, refresh.is_some()))
            },
            move |state, found| {
                match found {
                    Some((number, true)) => state.end(number),
                    Some(_) => drop(state.access_tokens.remove(&token)),
                    None => {}
                }
                found.is_some()
            },
        )
    }

    fn pair<'a>(&'a self, employee: &'a EmployeeId) -> Operation<'a, Option<SealedPair>> {
        let employee = employee.clone();
        self.read(move |state| state.people.get(&employee)?.pair.clone())
    }

    fn lease<'a>(&'a self, employee: &'a EmployeeId, version: i64, lives: Duration) -> Operation<'a, Lease> {
        let (read, employee) = (employee.clone(), employee.clone());
        self.write(
            move |state| state.people.get(&read).cloned(),
            move |state, person| state.lease(employee, person, version, lives),
        )
    }

    fn save_pair<'a>(&'a self, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool> {
        self.replace(employee, pair, |_| true)
    }

    fn free_lease<'a>(&'a self, employee: &'a EmployeeId, until: i64) -> Operation<'a, ()> {
        let employee = employee.clone();
        self.write(
            |_| (),
            move |state, ()| {
                let person = state.people.get_mut(&employee);
                if let Some(person) = person.filter(|person| person.lease_until.map(milliseconds) == Some(until)) {
                    person.lease_until = None;
                }
            },
        )
    }

    fn pairs_sealed_otherwise<'a>(
        &'a self,
        key_id: &'a str,
        limit: usize,
    ) -> Operation<'a, Vec<(EmployeeId, SealedPair)>> {
        let key_id = key_id.to_owned();
        self.read(move |state| {
            let all = state.people.iter();
            let pairs = all.filter_map(|(employee, person)| Some((employee.clone(), person.pair.clone()?)));
            pairs.filter(|(_, pair)| pair.key_id != key_id).take(limit).collect()
        })
    }

    fn reseal_pair<'a>(&'a self, employee: &'a EmployeeId, pair: SealedPair) -> Operation<'a, bool> {
        self.replace(employee, pair, |is_leased| !is_leased)
    }

    fn grants<'a>(&'a self, of: Option<&'a EmployeeId>) -> Operation<'a, Vec<GrantLine>> {
        let of = of.cloned();
        self.read(move |state| state.lines(of.as_ref()))
    }

    fn end_grant<'a>(&'a self, employee: &'a EmployeeId, grant: i64, _: EndReason) -> Operation<'a, bool> {
        let employee = employee.clone();
        self.write(
            move |state| {
                let known: Option<&Grant> = state.grants.get(&grant);
                known.is_some_and(|known| known.employee == employee && !known.is_ended)
            },
            move |state, is_found| {
                if is_found {
                    state.end(grant);
                }
                is_found
            },
        )
    }

    fn end_employee<'a>(&'a self, employee: &'a EmployeeId, _: EndReason) -> Operation<'a, usize> {
        let (read, employee) = (employee.clone(), employee.clone());
        self.write(
            move |state| state.live_of(&read),
            move |state, live| state.end_employee(&employee, live),
        )
    }

    fn end_employee_at<'a>(
        &'a self,
        employee: &'a EmployeeId,
        version: i64,
        _: EndReason,
    ) -> Operation<'a, Option<usize>> {
        let (read, employee) = (employee.clone(), employee.clone());
        self.write(
            move |state| state.live_at(&read, version),
            move |state, live| Some(state.end_employee(&employee, live?)),
        )
    }

    fn end_all(&self, _: EndReason) -> Operation<'_, usize> {
        self.write(|_| (), |state, ()| state.end_all())
    }

    fn page_session(&self, session: Digest) -> Operation<'_, Option<(EmployeeId, String)>> {
        self.read(move |state| {
            let (employee, until) = state.page_sessions.get(&session)?;
            let name = state.people.get(employee)?.name.clone();
            (*until > state.now).then(|| (employee.clone(), name))
        })
    }

    fn end_page_session(&self, session: Digest) -> Operation<'_, ()> {
        self.write(|_| (), move |state, ()| drop(state.page_sessions.remove(&session)))
    }

    fn sweep(&self, lifetimes: Lifetimes) -> Operation<'_, ()> {
        self.write(|_| (), move |state, ()| state.sweep(lifetimes))
    }
}

impl NaiveStore {
    fn replace(
        &self,
        employee: &EmployeeId,
        pair: SealedPair,
        may: impl FnOnce(bool) -> bool + Send + 'static,
    ) -> Operation<'_, bool> {
        let (read, employee) = (employee.clone(), employee.clone());
        self.write(
            move |state| state.people.get(&read).cloned().map(|person| (person, state.now)),
            move |state, found| {
                let Some((mut person, now)) = found else { return false };
                let is_leased = person.lease_until.is_some_and(|until| until > now);
                if person.pair.is_none() || person.version + 1 != pair.version || !may(is_leased) {
                    return false;
                }
                (person.version, person.pair, person.lease_until) = (pair.version, Some(pair), None);
                state.people.insert(employee, person);
                true
            },
        )
    }
}
