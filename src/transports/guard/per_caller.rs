//! Limits the calls, connections, sessions or bytes that one caller holds at the same time, so that enough is left for
//! all others.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::caller_key::CallerKey;

/// How much one caller may hold, and how much each caller holds now.
#[derive(Debug)]
pub(in crate::transports) struct CallerQuota {
    max: usize,
    in_use: Mutex<HashMap<CallerKey, usize>>,
}

/// The amount that one caller holds for one purpose, until this value is dropped.
#[derive(Debug)]
pub(in crate::transports) struct Reservation {
    quota: Arc<CallerQuota>,
    /// `None` for a caller without a limit.
    caller: Option<CallerKey>,
    amount: usize,
}

impl CallerQuota {
    /// Each caller may hold `max`.
    pub(in crate::transports) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            in_use: Mutex::default(),
        })
    }

    /// Reserves one for `caller`, or nothing for `None`, a caller without a limit. Returns `None` if the caller holds
    /// all that it may.
    pub(in crate::transports) fn reserve(self: &Arc<Self>, caller: Option<CallerKey>) -> Option<Reservation> {
        let mut reservation = self.reserve_nothing(caller);
        reservation.grow(1).then_some(reservation)
    }

    /// A reservation of nothing, which can grow.
    pub(in crate::transports) fn reserve_nothing(self: &Arc<Self>, caller: Option<CallerKey>) -> Reservation {
        Reservation {
            quota: Arc::clone(self),
            caller,
            amount: 0,
        }
    }
}

impl Reservation {
    /// Reserves `more` for the same caller. Returns false, and reserves nothing, if the caller would hold too much.
    pub(in crate::transports) fn grow(&mut self, more: usize) -> bool {
        let Some(caller) = self.caller.as_ref().filter(|_| more > 0) else {
            return true;
        };
        let mut in_use = self.quota.in_use.lock();
        let total = in_use.get(caller).copied().unwrap_or_default().saturating_add(more);
        let is_within = total <= self.quota.max;
        if is_within {
            in_use.insert(caller.clone(), total);
            self.amount += more;
        }
        is_within
    }

    /// Releases `less`, at most all of this reservation.
    pub(in crate::transports) fn shrink(&mut self, less: usize) {
        let Some(caller) = &self.caller else { return };
        let less = less.min(self.amount);
        self.amount -= less;
        let mut in_use = self.quota.in_use.lock();
        if let Some(total) = in_use.get_mut(caller) {
            *total -= less;
            if *total == 0 {
                in_use.remove(caller);
            }
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(last: u8) -> Option<CallerKey> {
        Some(CallerKey::Address([192, 0, 2, last].into()))
    }

    #[test]
    fn each_caller_has_its_own_quota_and_callers_that_hold_nothing_are_forgotten() {
        let quota = CallerQuota::new(2);
        let reserved = [1, 1, 2].map(|last| quota.reserve(caller(last)));
        assert!(reserved.iter().all(Option::is_some));
        assert!(quota.reserve(caller(1)).is_none());
        assert!((0..10).map(|_| quota.reserve(None)).all(|reserved| reserved.is_some()));
        drop(reserved);
        assert!(quota.reserve(caller(1)).is_some());
        assert!(quota.in_use.lock().is_empty());
    }

    #[test]
    fn a_reservation_grows_until_its_caller_holds_all_that_it_may() {
        let quota = CallerQuota::new(10);
        let (mut one, mut two) = (quota.reserve_nothing(caller(1)), quota.reserve_nothing(caller(1)));
        assert!(one.grow(6) && two.grow(4) && two.grow(0));
        assert!(!two.grow(1) && !one.grow(usize::MAX), "ten are held");
        drop(one);
        assert!(two.grow(6) && !two.grow(1), "only what was reserved is released");
        two.shrink(3);
        assert!(two.grow(3) && !two.grow(1));
        two.shrink(usize::MAX);
        assert!(quota.in_use.lock().is_empty());
        drop(two);
        assert!(quota.in_use.lock().is_empty());
        assert!(!quota.reserve_nothing(caller(1)).grow(11));
        assert!(quota.in_use.lock().is_empty(), "nothing is kept of what was refused");
    }
}
