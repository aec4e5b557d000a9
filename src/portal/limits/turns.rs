//! The order of the callers that wait for one limiter: people take turns, and the callers of one person wait in the order
//! of their arrival. Pure.
//!
//! A person with callers has a turn, which lets one caller through. Afterwards the person's next turn comes behind the
//! turns of all other people; so does the turn of a person who joins. Therefore a person waits for at most one request of
//! each other person before each request of their own, and gains nothing by having been idle. A person without callers
//! is forgotten.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// The place of a caller in the order of arrival. The requests of a person pass the limit in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrival(u64);

impl Arrival {
    pub(super) fn numbered(number: u64) -> Self {
        Self(number)
    }
}

/// Orders the callers of one person: by arrival, then in the order in which requests of the same arrival joined.
pub(super) type Key = (Arrival, u64);

/// The callers that wait, with a value `W` for each.
#[derive(Debug)]
pub(super) struct Turns<P, W> {
    people: HashMap<P, Waiting<W>>,
    /// Numbers turns and callers.
    counter: u64,
}

/// The callers of one person, of which there is at least one.
#[derive(Debug)]
struct Waiting<W> {
    /// The person with the lowest turn is next.
    turn: u64,
    callers: BTreeMap<Key, W>,
}

impl<P, W> Default for Turns<P, W> {
    fn default() -> Self {
        Self {
            people: HashMap::new(),
            counter: 0,
        }
    }
}

impl<P: Clone + Eq + Hash, W> Turns<P, W> {
    /// Adds a caller.
    pub(super) fn join(&mut self, person: &P, arrival: Arrival, caller: W) -> Key {
        self.counter += 1;
        let (key, turn) = ((arrival, self.counter), self.counter);
        let waiting = self.people.entry(person.clone()).or_insert_with(|| Waiting {
            turn,
            callers: BTreeMap::new(),
        });
        waiting.callers.insert(key, caller);
        key
    }

    /// Removes a caller that was let through, or that stops waiting.
    pub(super) fn leave(&mut self, person: &P, key: Key, was_let_through: bool) {
        let Some(waiting) = self.people.get_mut(person) else {
            return;
        };
        waiting.callers.remove(&key);
        if waiting.callers.is_empty() {
            self.people.remove(person);
        } else if was_let_through {
            self.counter += 1;
            waiting.turn = self.counter;
        }
    }

    /// The caller that is next.
    pub(super) fn first(&self) -> Option<(Key, &W)> {
        let next = self.people.values().min_by_key(|waiting| waiting.turn)?;
        next.callers.first_key_value().map(|(key, caller)| (*key, caller))
    }

    /// How many callers wait.
    pub(super) fn count(&self) -> usize {
        self.people.values().map(|waiting| waiting.callers.len()).sum()
    }

    /// How many callers are let through before this one if nobody else joins.
    pub(super) fn ahead_of(&self, person: &P, key: Key) -> usize {
        let Some(own) = self.people.get(person) else {
            return 0;
        };
        let own_ahead = own.callers.range(..key).count();
        let others = self.people.iter().filter(|(other, _)| *other != person);
        let ahead_of_others = others.map(|(_, other)| {
            let turns = own_ahead + usize::from(other.turn < own.turn);
            turns.min(other.callers.len())
        });
        own_ahead + ahead_of_others.sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// People by letter.
    type Named = Turns<char, ()>;

    fn joined(callers: &str) -> Named {
        let mut turns = Named::default();
        for (person, number) in callers.chars().zip(0..) {
            turns.join(&person, Arrival(number), ());
        }
        turns
    }

    /// Lets the next caller through, and returns the person and the key.
    fn let_one_through(turns: &mut Named) -> Option<(char, Key)> {
        let (key, ()) = turns.first()?;
        let has_key = |waiting: &Waiting<()>| waiting.callers.contains_key(&key);
        let (person, _) = turns.people.iter().find(|(_, waiting)| has_key(waiting))?;
        let person = *person;
        turns.leave(&person, key, true);
        Some((person, key))
    }

    /// The people in the order in which their callers are let through, at most `count` of them.
    fn order(turns: &mut Named, count: usize) -> String {
        let served = std::iter::from_fn(|| let_one_through(turns));
        served.take(count).map(|(person, _)| person).collect()
    }

    #[test]
    fn callers_of_one_person_pass_by_arrival_even_if_they_joined_in_another_order() {
        let mut turns = Named::default();
        let joined = [3, 1, 2, 1].map(|arrival| turns.join(&'a', Arrival(arrival), ()));
        assert_eq!(joined.map(|key| turns.ahead_of(&'a', key)), [3, 0, 2, 1]);
        let served: Vec<Key> = std::iter::from_fn(|| let_one_through(&mut turns))
            .map(|(_, key)| key)
            .collect();
        assert_eq!(served, [joined[1], joined[3], joined[2], joined[0]]);
    }

    #[test]
    fn people_take_turns() {
        assert_eq!(order(&mut joined("aaaaab"), 9), "abaaaa");
        assert_eq!(order(&mut joined("baaabcaa"), 9), "bacbaaaa");
    }

    #[test]
    fn a_person_who_comes_later_waits_for_one_request_of_each_other_person() {
        let mut turns = joined("aaaabbbb");
        assert_eq!(order(&mut turns, 1), "a");
        let key = turns.join(&'c', Arrival(0), ());
        assert_eq!(turns.ahead_of(&'c', key), 2, "a and b, though the arrival is earlier");
        assert_eq!(order(&mut turns, 9), "bacbabab");
    }

    #[test]
    fn a_person_who_comes_back_gains_no_credit_from_idle_time() {
        let mut turns = joined("abbbbbbb");
        assert_eq!(order(&mut turns, 5), "abbbb");
        for arrival in 20..24 {
            turns.join(&'a', Arrival(arrival), ());
        }
        assert_eq!(order(&mut turns, 9), "bababaa");
    }

    #[test]
    fn a_person_who_sends_one_request_after_the_other_cannot_shut_out_another() {
        let mut turns = joined("aaaa");
        let mut served = String::new();
        for arrival in 10..14 {
            turns.join(&'b', Arrival(arrival), ());
            served += &order(&mut turns, 2);
        }
        assert_eq!(served, "abababab");
    }

    #[test]
    fn a_person_who_stops_waiting_costs_nobody_a_turn_and_is_forgotten() {
        let mut turns = joined("ab");
        let late = turns.join(&'c', Arrival(9), ());
        turns.leave(&'b', (Arrival(1), 2), false);
        assert_eq!((turns.people.len(), turns.ahead_of(&'c', late)), (2, 1));
        assert_eq!(order(&mut turns, 9), "ac");
        assert!(turns.people.is_empty());
    }

    proptest! {
        #[test]
        fn the_number_of_callers_ahead_is_right(
            steps in proptest::collection::vec((0_u32..5, 0_u64..50, any::<bool>()), 1..80),
        ) {
            let mut turns = Named::default();
            let mut waiting = Vec::new();
            for (person, arrival, lets_one_through) in steps {
                if lets_one_through
                    && let Some(served) = let_one_through(&mut turns)
                {
                    waiting.retain(|waits| *waits != served);
                }
                let person = char::from_digit(person, 10).unwrap();
                waiting.push((person, turns.join(&person, Arrival(arrival), ())));
            }
            waiting.sort_unstable_by_key(|(person, key)| turns.ahead_of(person, *key));
            let served: Vec<_> = std::iter::from_fn(|| let_one_through(&mut turns)).collect();
            prop_assert_eq!(served, waiting);
        }

        /// The rule of the head of this file, while others join.
        #[test]
        fn nobody_waits_for_two_requests_of_another_person(first in "[a-d]{0,30}", meanwhile in "[a-d]{0,30}") {
            let mut turns = joined(&first);
            let mut coming = meanwhile.chars().zip(100..);
            let mut served = String::new();
            for arrival in 1000..1020 {
                turns.join(&'z', Arrival(arrival), ());
                let mut before = String::new();
                while !before.ends_with('z') {
                    if let Some((person, arrival)) = coming.next() {
                        turns.join(&person, Arrival(arrival), ());
                    }
                    before += &order(&mut turns, 1);
                }
                for person in "abcd".chars() {
                    prop_assert!(before.matches(person).count() <= 1, "{}|{}", served, before);
                }
                served += &before;
            }
        }
    }
}
