//! How much of something one caller may hold at the same time, so that one does not take everything from all others.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts what each caller holds.
#[derive(Debug)]
pub(in crate::transports) struct Shares {
    most: usize,
    held: Mutex<HashMap<IpAddr, usize>>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(in crate::transports) struct Share {
    shares: Arc<Shares>,
    caller: Option<IpAddr>,
}

impl Shares {
    pub(in crate::transports) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            held: Mutex::default(),
        })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        // Each change is whole before anything that could panic.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes one for `caller`; `None` for a caller that is not limited. Nothing if the caller has all it may have.
    pub(in crate::transports) fn take(self: &Arc<Self>, caller: Option<IpAddr>) -> Option<Share> {
        if let Some(caller) = caller {
            let mut held = self.held();
            let count = held.entry(caller).or_default();
            if *count >= self.most {
                return None;
            }
            *count += 1;
        }
        Some(Share {
            shares: Arc::clone(self),
            caller,
        })
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some(caller) = self.caller else { return };
        let mut held = self.shares.held();
        if let Some(count) = held.get_mut(&caller) {
            *count -= 1;
            if *count == 0 {
                held.remove(&caller);
            }
        }
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
        assert!(shares.held().is_empty());
    }
}
