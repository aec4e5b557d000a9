//! The suite behind PgBouncer in transaction mode, where statements of one caller run in different connections.

use super::super::test_fixture::at;
use super::super::test_server::{Cluster, Database, PgBouncer};
use crate::team::store::suite::{Fixture, people, races, sign_ins, sweeping, tokens};

/// An empty store behind PgBouncer.
async fn fixture(pooler: &PgBouncer, cluster: &Cluster) -> Fixture {
    let database = Database::at(&cluster.address()).await;
    let (address, direct) = (pooler.address(&database.name), database.address());
    // It goes with its server. Databases that are dropped under PgBouncer may end it.
    std::mem::forget(database);
    at(&address, direct, 6, ()).await
}

/// Runs functions of the suite, each on an empty store.
macro_rules! behind {
    ($pooler:ident, $cluster:ident: $($file:ident::$name:ident)*) => {
        $($file::$name(&fixture(&$pooler, &$cluster).await).await;)*
    };
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts a PostgreSQL of its own"]
async fn the_races_and_every_kind_of_operation_work_behind_pgbouncer() {
    let cluster = Cluster::start_new("").await;
    let pooler = PgBouncer::start(&cluster).await;
    behind!(pooler, cluster:
        races::n46_one_of_several_takes_the_sign_in
        races::n32_one_of_several_decides_the_sign_in
        races::n50_two_uses_of_a_code_at_once_make_one_pair
        races::n53_five_refreshes_at_once_all_work
        races::n55_twenty_refreshes_at_once_make_eight_children
        races::n59_no_tokens_live_after_the_end_of_a_grant_that_was_being_refreshed
        races::n59_no_tokens_live_after_the_end_of_an_employee_whose_code_was_being_used
        races::n64_no_sign_in_is_completed_after_the_end_of_all
        races::n72_of_sign_ins_at_once_the_pair_of_the_later_one_stays
        races::n72_a_sign_in_is_not_ended_because_of_the_pair_before_it
        races::n73_one_of_several_wins_the_lease
        races::n72_one_of_several_pairs_of_a_version_is_kept
        races::n79_no_pair_is_sealed_again_under_a_lease_at_once
        races::n85_the_bound_holds_for_sign_ins_at_once
        sign_ins::n36_a_refused_sign_in_is_gone
        sign_ins::n83_the_key_and_the_portal_are_remembered
        tokens::n48_a_second_use_of_a_code_ends_what_the_first_began
        people::n74_a_lease_whose_holder_died_frees_itself
        sweeping::the_sweep_deletes_what_has_expired_and_nothing_else
    );
}
