//! The refresh of an employee's pair at the portal, after the portal has rejected the access token.
//!
//! Several processes may have to refresh one pair at the same time, and a refresh token works once. So the refresh takes
//! a lease of the pair in the store, which is longer than an exchange; the others ask again until the pair is newer. No
//! transaction is open during the exchange, and the lease of a process that died frees itself.
//!
//! | the exchange | what follows |
//! |---|---|
//! | new pair | it is saved before it is used |
//! | no connection came about | tried once more |
//! | no answer | the portal may have spent the refresh token: tried once more |
//! | `invalid_grant` | this employee's grants end, unless a sign-in that is under way brings a newer pair |
//! | any other failure | the call fails; nobody is signed out |
//!
//! If the store cannot save the new pair, this process keeps it and goes on trying, since the old refresh token is spent.
//! Meanwhile callers wait, until their own deadline, and nobody uses the pair. Another process that takes the lease then
//! would spend the old refresh token again and end the sign-in, so the pauses are short: the pair is saved as soon as the
//! store answers.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, sleep, timeout};

use super::ending;
use super::failures::{signed_out, store_does_not_answer};
use super::running_refreshes::Refreshed;
use crate::portal::{EXCHANGE_TIMEOUT, EmployeeId, Error, IssuedTokens, Speaker, Unreadable};
use crate::team::parts::Parts;
use crate::team::saving::until_saved;
use crate::team::server_key::Pair;
use crate::team::store::records::{EndReason, Lease, Leased, SealedPair};

/// How long a lease lives.
const LEASE: Duration = Duration::from_secs(20);
/// How often a pair that another process refreshes is asked for.
const POLL: Duration = Duration::from_millis(100);
/// How long a refresh waits for other processes: until the lease of one that died has ended, with a second to spare.
const MAX_WAIT: Duration = Duration::from_secs(21);
/// The pause before an exchange is tried once more.
const PAUSE: Duration = Duration::from_millis(500);
/// How long one refresh waits for sign-ins that are under way: longer than the exchange and the question whose tokens
/// they are. Those that are in the store for longer than `UNDER_WAY` are not waited for at all.
const MAX_ARRIVAL: Duration = Duration::from_secs(30);
/// How often the store is asked whether they have ended.
const ARRIVAL_POLL: Duration = Duration::from_millis(250);

/// One refresh.
#[derive(Debug)]
pub(super) struct Refresh {
    pub(super) parts: Arc<Parts>,
    pub(super) employee: EmployeeId,
    /// The version of the rejected pair.
    pub(super) version: i64,
    /// The rejected access token.
    pub(super) rejected: SecretString,
}

/// How an exchange has ended.
enum Exchanged {
    /// The refresh is over.
    Done(Refreshed),
    /// There was no connection or no answer; the lease is free again.
    NoAnswer(Error),
}

impl Refresh {
    /// Returns a pair whose access token is not the rejected one.
    ///
    /// # Errors
    /// [`Error::NotSignedIn`] if the sign-in has ended, and the failures of store and exchange.
    pub(super) async fn run(mut self) -> Refreshed {
        let mut waiting_since = None;
        let mut had_no_answer = false;
        loop {
            let asked = Instant::now();
            let lease = self.parts.store.lease(&self.employee, self.version, LEASE).await;
            match lease.map_err(store_does_not_answer)? {
                Lease::Gone => return Err(signed_out()),
                // A pair that was only sealed by another key has a newer version and the same tokens.
                Lease::Newer(pair) if self.is_rejected(&pair) => self.version = pair.version,
                Lease::Newer(pair) => return Ok(pair),
                // The store has answered so late that the exchange might outlive the lease.
                Lease::Won(leased) if asked.elapsed() + EXCHANGE_TIMEOUT > LEASE => {
                    self.free(leased.until).await;
                    self.wait(&mut waiting_since).await?;
                }
                Lease::Won(leased) => match self.exchange(leased).await {
                    Exchanged::NoAnswer(_) if !had_no_answer => {
                        had_no_answer = true;
                        sleep(PAUSE).await;
                    }
                    Exchanged::NoAnswer(error) => return Err(error),
                    Exchanged::Done(refreshed) => return refreshed,
                },
                Lease::Taken => {
                    if waiting_since.is_none() {
                        self.parts.measurements.record_lease_waited_for();
                    }
                    self.wait(&mut waiting_since).await?;
                }
            }
        }
    }

    /// Waits before the lease is asked for again.
    ///
    /// # Errors
    /// [`Error::TimedOut`] after [`MAX_WAIT`].
    async fn wait(&self, since: &mut Option<Instant>) -> Result<(), Error> {
        if since.get_or_insert_with(Instant::now).elapsed() >= MAX_WAIT {
            return Err(Error::TimedOut { after: MAX_WAIT });
        }
        sleep(POLL).await;
        Ok(())
    }

    fn is_rejected(&self, pair: &SealedPair) -> bool {
        let opened = self.parts.settings.server_keys.open(&self.employee, pair);
        opened.is_some_and(|opened| opened.access.expose_secret() == self.rejected.expose_secret())
    }

    /// Exchanges the refresh token of the pair whose lease this refresh has.
    async fn exchange(&self, Leased { pair, until }: Leased) -> Exchanged {
        let Some(opened) = self.parts.settings.server_keys.open(&self.employee, &pair) else {
            self.free(until).await;
            return Exchanged::Done(Err(signed_out()));
        };
        let error = match self.parts.application.refresh(opened.refresh).await {
            Ok(issued) if !self.is_for_the_employee(&issued) => {
                self.free(until).await;
                return Exchanged::Done(Err(self.of_somebody_else()));
            }
            Ok(issued) => return Exchanged::Done(self.keep(pair.version, issued).await),
            Err(error) => error,
        };
        tracing::warn!(
            error.code = error.code(),
            http.status = error.http_status(),
            "the tokens of an employee could not be refreshed"
        );
        if error.is_about_the_employee() {
            self.parts.measurements.record_portal_refresh("refused");
            return Exchanged::Done(self.end(&Leased { pair, until }, error).await);
        }
        self.parts.measurements.record_portal_refresh("failed");
        self.free(until).await;
        match error {
            Error::TimedOut { .. } | Error::Unreachable { .. } => Exchanged::NoAnswer(error),
            error => Exchanged::Done(Err(error)),
        }
    }

    /// Saves the tokens that were issued in place of the pair of `version`.
    async fn keep(&self, version: i64, issued: IssuedTokens) -> Refreshed {
        let pair = Pair {
            access: issued.access_token,
            refresh: issued.refresh_token,
        };
        match until_saved(|| self.save(version, &pair)).await {
            Ok(newest) => newest.ok_or_else(signed_out),
            Err(trouble) => {
                self.parts.measurements.record_portal_refresh("lost");
                Err(trouble)
            }
        }
    }

    /// Tries once to save `pair` in place of the pair of `version`. Returns the pair to use; `None` if the sign-in has
    /// ended.
    ///
    /// # Errors
    /// A trouble that may pass: the store does not answer, or there are no random numbers.
    async fn save(&self, mut version: i64, pair: &Pair) -> Result<Option<SealedPair>, Error> {
        let Parts { settings, store, .. } = self.parts.as_ref();
        loop {
            let sealed = settings.server_keys.seal(&self.employee, version + 1, pair);
            let sealed = sealed.map_err(store_does_not_answer)?;
            let saving = store.save_pair(&self.employee, sealed.clone());
            if saving.await.map_err(store_does_not_answer)? {
                tracing::info!("the tokens of an employee were refreshed");
                self.parts.measurements.record_portal_refresh("refreshed");
                return Ok(Some(sealed));
            }
            let newest = store.pair(&self.employee).await.map_err(store_does_not_answer)?;
            match newest.filter(|newest| newest.version > version) {
                // The old pair was only sealed by another key.
                Some(newest) if self.is_rejected(&newest) => version = newest.version,
                // The employee has signed in again, or all grants have ended, or an earlier attempt to save succeeded
                // although the store's answer was lost.
                newest => return Ok(newest),
            }
        }
    }

    /// The failure of a refresh whose answer names another employee.
    fn of_somebody_else(&self) -> Error {
        tracing::error!("the authorization server has answered a refresh with the tokens of somebody else");
        self.parts.measurements.record_portal_refresh("failed");
        Error::Unreadable {
            from: Speaker::AuthorizationServer,
            http_status: 200,
            reason: Unreadable::Shape,
        }
    }

    /// True unless the answer names another employee.
    fn is_for_the_employee(&self, issued: &IssuedTokens) -> bool {
        let is_user = issued.user_id.is_none_or(|user| user == self.employee.user_id);
        let is_portal = |member: &String| **member == *self.employee.member_id;
        is_user && issued.member_id.as_ref().is_none_or(is_portal)
    }

    /// Ends the employee's grants after the refresh token of the leased pair was refused for good. Returns the newer pair
    /// if the employee has signed in again meanwhile.
    async fn end(&self, leased: &Leased, refusal: Error) -> Refreshed {
        // A sign-in that is under way may be the reason for the refusal, and brings a newer pair. If it takes too long,
        // the version in the store decides all the same.
        timeout(MAX_ARRIVAL, self.arrivals_ended()).await.ok();
        let version = leased.pair.version;
        if ending::end(&self.parts, &self.employee, version, EndReason::Refused).await {
            // Nothing is left to free, unless the end could not be recorded.
            self.free(leased.until).await;
            return Err(refusal);
        }
        let newest = self
            .parts
            .store
            .pair(&self.employee)
            .await
            .map_err(store_does_not_answer)?;
        newest.filter(|newest| newest.version > version).ok_or(refusal)
    }

    /// Waits until the sign-ins that are under way now, at any server, have ended.
    async fn arrivals_ended(&self) {
        let mut newest = None;
        loop {
            match self.parts.store.newest_arrival(newest).await {
                Ok(None) => return,
                Ok(taken_at) => newest = newest.or(taken_at),
                // Asked again: perhaps the tokens of a sign-in are waiting for the store too.
                Err(_) => {}
            }
            sleep(ARRIVAL_POLL).await;
        }
    }

    /// Frees the lease, so that the next refresh need not wait for its end.
    async fn free(&self, until: i64) {
        if let Err(unavailable) = self.parts.store.free_lease(&self.employee, until).await {
            tracing::warn!(reason = %unavailable, "a lease ends by its time only");
        }
    }
}
