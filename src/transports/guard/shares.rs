//! How much of something one caller may hold at the same time, so that one does not take everything from all others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

/// Counts what each caller holds.
#[derive(Debug)]
pub(in crate::transports) struct Shares {
    most: usize,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// What one caller holds for one purpose, until this is dropped.
#[derive(Debug)]
pub(in crate::transports) struct Share {
    shares: Arc<Shares>,
    caller: Option<IpAddr>,
    amount: usize,
}

impl Shares {
    pub(in crate::transports) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            held: Mutex::default(),
        })
    }

    /// Takes one for `caller`; `None` for a caller that is not limited. Nothing if the caller has all it may have.
    pub(in crate::transports) fn take(self: &Arc<Self>, caller: Option<IpAddr>) -> Option<Share> {
        let mut share = self.empty(caller);
        share.grow(1).then_some(share)
    }

    /// A share of nothing, which can grow.
    pub(in crate::transports) fn empty(self: &Arc<Self>, caller: Option<IpAddr>) -> Share {
        Share {
            shares: Arc::clone(self),
            caller,
            amount: 0,
        }
    }
}

impl Share {
    /// Takes `more` for the same caller. False, and nothing taken, if that is more than it may have.
    pub(in crate::transports) fn grow(&mut self, more: usize) -> bool {
        let Some(caller) = self.caller.filter(|_| more > 0) else {
            return true;
        };
        let mut held = self.shares.held.lock();
        let all = held.get(&caller).copied().unwrap_or_default().saturating_add(more);
        let is_within = all <= self.shares.most;
        if is_within {
            held.insert(caller, all);
            self.amount += more;
        }
        is_within
    }

    /// Gives `less` of it back, at most all.
    pub(in crate::transports) fn shrink(&mut self, less: usize) {
        let Some(caller) = self.caller else { return };
        let less = less.min(self.amount);
        self.amount -= less;
        let mut held = self.shares.held.lock();
        if let Some(all) = held.get_mut(&caller) {
            *all -= less;
            if *all == 0 {
                held.remove(&caller);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(self.amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_its_share_and_nothing_is_kept_of_who_has_gone() {
        let shares = Shares::new(2);
        let [one, other] = [[192, 0, 2, 1], [192, 0, 2, 2]].map(|octets| Some(IpAddr::from(octets)));
        let held = [shares.take(one), shares.take(one), shares.take(other)];
        assert!(held.iter().all(Option::is_some));
        assert!(shares.take(one).is_none());
        assert!((0..10).map(|_| shares.take(None)).all(|share| share.is_some()));
        drop(held);
        assert!(shares.take(one).is_some());
        assert!(shares.held.lock().is_empty());
    }

    #[test]
    fn a_share_grows_as_far_as_its_caller_has_room() {
        let shares = Shares::new(10);
        let caller = Some(IpAddr::from([192, 0, 2, 1]));
        let (mut one, mut two) = (shares.empty(caller), shares.empty(caller));
        assert!(one.grow(6) && two.grow(4) && two.grow(0));
        assert!(!two.grow(1) && !one.grow(usize::MAX), "ten are held");
        drop(one);
        assert!(two.grow(6) && !two.grow(1), "only what was taken is given back");
        two.shrink(3);
        assert!(two.grow(3) && !two.grow(1));
        two.shrink(usize::MAX);
        assert!(shares.held.lock().is_empty());
        drop(two);
        assert!(shares.held.lock().is_empty());
        assert!(!shares.empty(caller).grow(11));
        assert!(shares.held.lock().is_empty(), "nothing is kept of what was refused");
    }
}
