//! The suite on the naive store: right in turn, caught at once.

use super::*;
use crate::team::store::suite::{Fixture, every_store, races};

fn fixture() -> Fixture {
    let store = NaiveStore::default();
    let clock = store.clone();
    Fixture {
        store: Arc::new(store.clone()),
        other: Arc::new(store),
        age: Box::new(move |time| clock.age(time)),
        statements: 1,
    }
}

async fn made() -> Option<Fixture> {
    Some(fixture())
}

every_store!(made, in turn);

/// Defines a test that the naive store has to fail. On one thread the order of its steps is always the same.
macro_rules! caught {
    ($($name:ident)*) => {
        $(
            #[tokio::test]
            #[should_panic(expected = "assertion")]
            async fn $name() {
                races::$name(&fixture()).await;
            }
        )*
    };
}

mod n61 {
    use super::*;

    caught! {
        n46_one_of_several_takes_the_sign_in
        n32_one_of_several_decides_the_sign_in
        n50_two_uses_of_a_code_at_once_make_one_pair
        n53_five_refreshes_at_once_all_work
        n55_twenty_refreshes_at_once_make_eight_children
        n59_no_tokens_live_after_the_end_of_a_grant_that_was_being_refreshed
        n59_no_tokens_live_after_the_end_of_an_employee_whose_code_was_being_used
        n64_no_sign_in_is_completed_after_the_end_of_all
        n72_a_sign_in_is_not_ended_because_of_the_pair_before_it
        n72_of_sign_ins_at_once_the_pair_of_the_later_one_stays
        n73_one_of_several_wins_the_lease
        n72_one_of_several_pairs_of_a_version_is_kept
        n79_no_pair_is_sealed_again_under_a_lease_at_once
        n85_the_bound_holds_for_sign_ins_at_once
    }
}
