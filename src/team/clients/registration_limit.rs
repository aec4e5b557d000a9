//! Limits the registrations of one address, since anybody may register.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// The most registrations of one address within [`PERIOD`].
const MAX_IN_PERIOD: usize = 10;
const PERIOD: Duration = Duration::from_secs(60);

/// The most addresses that are remembered. Beyond it the address that registered the longest ago is forgotten.
const MAX_ADDRESSES: usize = 4096;

/// The recent registrations of each [`Request::caller`](crate::team::request::Request::caller).
#[derive(Debug, Default)]
pub(super) struct RegistrationLimit(Mutex<HashMap<IpAddr, VecDeque<Instant>>>);

impl RegistrationLimit {
    /// Counts a registration.
    ///
    /// # Errors
    /// The time until this address may register again.
    pub(super) fn count(&self, address: IpAddr) -> Result<(), Duration> {
        let now = Instant::now();
        let mut recent = self.0.lock();
        if recent.len() >= MAX_ADDRESSES && !recent.contains_key(&address) {
            forget_oldest(&mut recent, now);
        }
        let times = recent.entry(address).or_default();
        while times.front().is_some_and(|time| has_passed(*time, now)) {
            times.pop_front();
        }
        match times.front() {
            Some(first) if times.len() >= MAX_IN_PERIOD => Err((*first + PERIOD).duration_since(now)),
            _ => {
                times.push_back(now);
                Ok(())
            }
        }
    }
}

fn has_passed(time: Instant, now: Instant) -> bool {
    now.duration_since(time) >= PERIOD
}

/// Forgets all addresses without a registration in the last period, or else the one that is nearest to that.
fn forget_oldest(recent: &mut HashMap<IpAddr, VecDeque<Instant>>, now: Instant) {
    recent.retain(|_, times| times.back().is_some_and(|time| !has_passed(*time, now)));
    if recent.len() < MAX_ADDRESSES {
        return;
    }
    let oldest = recent.iter().min_by_key(|(_, times)| times.back().copied());
    if let Some(address) = oldest.map(|(address, _)| *address) {
        recent.remove(&address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn n15_the_eleventh_registration_within_a_minute_is_refused_with_the_time_to_wait() {
        let limit = RegistrationLimit::default();
        let office = address("192.0.2.1");
        for _ in 0..10 {
            limit.count(office).unwrap();
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        assert_eq!(limit.count(office), Err(Duration::from_secs(50)));
        limit.count(address("192.0.2.2")).unwrap();
        tokio::time::advance(Duration::from_secs(50)).await;
        limit.count(office).unwrap();
        assert!(limit.count(office).is_err(), "only the first of the ten has passed");
    }

    #[tokio::test(start_paused = true)]
    async fn the_number_of_remembered_addresses_is_bounded() {
        let limit = RegistrationLimit::default();
        let busy = address("192.0.2.1");
        for number in 0..10_000_u32 {
            limit.count(IpAddr::V4((0x0a00_0000 + number).into())).unwrap();
            if number % 1000 == 0 {
                limit.count(busy).unwrap();
            }
            tokio::time::advance(Duration::from_micros(10)).await;
        }
        assert!(limit.0.lock().len() <= MAX_ADDRESSES);
        assert!(
            limit.count(busy).is_err(),
            "a busy address is not forgotten for new ones"
        );
        tokio::time::advance(PERIOD).await;
        limit.count(address("198.51.100.1")).unwrap();
        assert_eq!(limit.0.lock().len(), 1);
    }
}
