//! The sign-ins in this process whose tokens are on the way from the portal to the store.
//!
//! As soon as the portal issues tokens, it may end the employee's earlier ones. Until the new ones are in the store, a
//! refusal of the earlier ones does not mean that the employee has to sign in again, and this process must not end.

use std::collections::{BTreeSet, HashMap};
use std::fmt;

use tokio::sync::watch;

use crate::portal::EmployeeId;

/// The arrivals that are under way in this process.
#[derive(Default)]
pub(super) struct Arrivals(watch::Sender<State>);

#[derive(Default)]
struct State {
    /// The number of the next arrival.
    next: u64,
    under_way: BTreeSet<u64>,
    /// The newest arrival of an employee, while an older one is under way.
    newest: HashMap<EmployeeId, u64>,
}

impl fmt::Debug for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arrivals {}", self.0.borrow().under_way.len())
    }
}

/// One sign-in, from before its exchange until its tokens are saved. It ends when this is dropped.
pub(super) struct Arrival {
    state: watch::Sender<State>,
    number: u64,
}

impl Arrivals {
    /// Begins an arrival.
    pub(super) fn begin(&self) -> Arrival {
        let mut number = 0;
        self.0.send_modify(|state| {
            number = state.next;
            state.next += 1;
            state.under_way.insert(number);
        });
        Arrival {
            state: self.0.clone(),
            number,
        }
    }

    /// Waits until the arrivals that are under way now have ended.
    pub(super) async fn ended(&self) {
        let next = self.0.borrow().next;
        let mut states = self.0.subscribe();
        let is_over = |state: &State| state.under_way.first().is_none_or(|first| *first >= next);
        // Fails only if there is no sender, and this is one.
        drop(states.wait_for(is_over).await);
    }
}

impl Arrival {
    /// Records whose arrival this is.
    pub(super) fn is_of(&self, employee: &EmployeeId) {
        self.state.send_modify(|state| {
            let newest = state.newest.entry(employee.clone()).or_insert(self.number);
            *newest = self.number.max(*newest);
        });
    }

    /// False if the employee has signed in again after this arrival had begun.
    pub(super) fn is_newest_of(&self, employee: &EmployeeId) -> bool {
        let state = self.state.borrow();
        let newest = state.newest.get(employee);
        newest.is_none_or(|newest| *newest <= self.number)
    }
}

impl Drop for Arrival {
    fn drop(&mut self) {
        self.state.send_modify(|state| {
            state.under_way.remove(&self.number);
            let first = state.under_way.first().copied();
            state
                .newest
                .retain(|_, newest| first.is_some_and(|first| first < *newest));
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn employee(user_id: u64) -> EmployeeId {
        EmployeeId {
            member_id: "m".into(),
            user_id,
        }
    }

    #[test]
    fn only_the_arrivals_that_are_under_way_are_waited_for() {
        let arrivals = Arrivals::default();
        assert!(arrivals.ended().now_or_never().is_some());
        let (first, second) = (arrivals.begin(), arrivals.begin());
        let mut ended = Box::pin(arrivals.ended());
        assert!(ended.as_mut().now_or_never().is_none());
        let third = arrivals.begin();
        drop(first);
        assert!(ended.as_mut().now_or_never().is_none());
        drop(second);
        assert!(ended.as_mut().now_or_never().is_some());
        drop(third);
        assert_eq!(format!("{arrivals:?}"), "Arrivals 0");
    }

    #[test]
    fn a_later_arrival_of_the_same_employee_is_the_newest_even_after_its_end() {
        let arrivals = Arrivals::default();
        let (first, of_another, second) = (arrivals.begin(), arrivals.begin(), arrivals.begin());
        first.is_of(&employee(1));
        of_another.is_of(&employee(2));
        assert!(first.is_newest_of(&employee(1)));
        second.is_of(&employee(1));
        drop(second);
        assert!(!first.is_newest_of(&employee(1)));
        first.is_of(&employee(1));
        assert!(!first.is_newest_of(&employee(1)));
        assert!(of_another.is_newest_of(&employee(2)));
        drop((first, of_another));
        assert!(arrivals.0.borrow().newest.is_empty(), "nothing is remembered for ever");
    }
}
