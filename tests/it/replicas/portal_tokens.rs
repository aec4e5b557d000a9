//! The portal's tokens of an employee, which expire while several replicas use them.

use std::time::Duration;

use bitrix24_mail_mcp::demo;
use futures_util::future::{join, join_all};

use super::replica::{OF_ANNA, Replicas, assert_found};

/// A portal that answers a refresh late, so that much can happen meanwhile.
fn slow_refreshes(ends_earlier_pairs: bool) -> demo::Settings {
    demo::Settings {
        refresh_delay: Duration::from_millis(700),
        ends_earlier_pairs,
        ..demo::Settings::default()
    }
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n72_the_pair_of_a_new_sign_in_outlives_a_refresh_of_the_old_one_at_another_replica() {
    // Once the portal ends earlier pairs at a sign-in, and once it does not.
    for ends_earlier_pairs in [true, false] {
        let replicas = Replicas::with(2, slow_refreshes(ends_earlier_pairs), &[]).await;
        let client = replicas.client(0).await;
        let old = client.sign_in(&mut replicas.browser(0), "Anna").await;
        for round in 1..=3 {
            replicas.demo.expire_access(1);
            let refreshing = replicas.call(1, &old.access);
            let signing_in = async {
                replicas.demo.wait_until(|demo| demo.refreshes() == round).await;
                client.sign_in(&mut replicas.browser(0), "Anna").await
            };
            let (answer, new) = join(refreshing, signing_in).await;
            assert_found(&answer, OF_ANNA);
            // With the pair of the sign-in, which needs no refresh, both clients work at both replicas.
            for at in 0..2 {
                for pair in [&old, &new] {
                    assert_found(&replicas.call(at, &pair.access).await, OF_ANNA);
                }
            }
            assert_eq!((replicas.demo.refreshes(), replicas.demo.spent_refreshes()), (round, 0));
        }
    }
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n73_fifty_calls_with_an_expired_token_at_three_replicas_make_one_exchange() {
    let replicas = Replicas::with(3, slow_refreshes(false), &[]).await;
    let anna = replicas.sign_in(0, "Anna").await;
    for round in 1..=3 {
        replicas.demo.expire_access(1);
        let calls = (0..50).map(|number| replicas.call(number % 3, &anna.access));
        for answer in join_all(calls).await {
            assert_found(&answer, OF_ANNA);
        }
        assert_eq!((replicas.demo.refreshes(), replicas.demo.spent_refreshes()), (round, 0));
    }
}
