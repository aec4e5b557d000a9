//! Replicas that are killed in the middle of something: another one goes on.

use std::time::{Duration, Instant};

use bitrix24_mail_mcp::demo::{self, RecordedRequest};

use super::replica::{OF_ANNA, OF_BORIS, Replicas, assert_found, until};
use crate::support::http_client::Connection;
use crate::support::http_server::look_up;
use crate::support::postgres_server::client as database_client;
use crate::support::team_client::{Tokens, bearer};

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n58_a_refresh_token_works_elsewhere_after_its_replica_was_killed_at_any_moment_of_the_refresh() {
    let mut replicas = Replicas::start(2).await;
    let client = replicas.client(1).await;
    let mut newest = client.sign_in(&mut replicas.browser(1), "Anna").await;
    let (mut answered, mut unanswered) = (0, 0);
    for _ in 0..30 {
        let mut connection = Connection::open(replicas.address(0)).await;
        connection.send(&client.refresh_request(&newest.refresh).bytes()).await;
        tokio::time::sleep(Duration::from_micros(fastrand::u64(0..12_000))).await;
        replicas.replace_killed(0).await;
        match connection.answer().await {
            Some(_) => answered += 1,
            None => unanswered += 1,
        }
        let again = client.at(replicas.address(1)).refresh(&newest.refresh).await;
        newest = Tokens::of(&again).unwrap_or_else(|| panic!("{}", again.body));
        assert_found(&replicas.call(0, &newest.access).await, OF_ANNA);
    }
    assert!(
        answered > 0 && unanswered > 0,
        "{answered} answered, {unanswered} not: the moments were all on one side"
    );
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n58_a_refresh_token_works_elsewhere_after_its_replica_was_killed_between_commit_and_answer() {
    let mut replicas = Replicas::start(2).await;
    let database = database_client(replicas.store()).await;
    let used = async || -> i64 {
        let count = "SELECT count(*) FROM refresh_tokens WHERE used_at IS NOT NULL";
        database.query_one(count, &[]).await.unwrap().get(0)
    };
    let client = replicas.client(1).await;
    let mut newest = client.sign_in(&mut replicas.browser(1), "Anna").await;
    for _ in 0..3 {
        let before = used().await;
        let mut connection = Connection::open(replicas.address(0)).await;
        connection.send(&client.refresh_request(&newest.refresh).bytes()).await;
        until("the refresh is committed", Duration::from_secs(10), async || {
            used().await > before
        })
        .await;
        // The client has not read the answer, and never will.
        replicas.replace_killed(0).await;
        drop(connection);
        for at in 0..2 {
            let again = client.at(replicas.address(at)).refresh(&newest.refresh).await;
            let pair = Tokens::of(&again).unwrap_or_else(|| panic!("{}", again.body));
            assert_found(&replicas.call(1 - at, &pair.access).await, OF_ANNA);
            if at == 1 {
                newest = pair;
            }
        }
    }
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n74_another_replica_goes_on_within_20_seconds_after_the_holder_of_a_lease_was_killed() {
    let mut replicas = Replicas::with(2, demo::Settings::default(), &[("BITRIX24_TIMEOUT", "50s")]).await;
    let anna = replicas.sign_in(0, "Anna").await;
    let boris = replicas.sign_in(0, "Boris").await;
    replicas.demo.hold_refreshes();
    replicas.demo.expire_access(1);
    let mut connection = Connection::open(replicas.address(0)).await;
    connection
        .send(&bearer(look_up(1, "client"), &anna.access).bytes())
        .await;
    let is_refresh = |request: &RecordedRequest| {
        request.path.starts_with("/oauth/token") && String::from_utf8_lossy(&request.body).contains("refresh_token")
    };
    replicas
        .demo
        .wait_until(|demo| demo.requests().iter().any(is_refresh))
        .await;
    let killed = Instant::now();
    replicas.running[0].process.kill().await.unwrap();
    assert!(connection.answer().await.is_none());
    replicas.demo.wait_until(|demo| demo.abandoned() == 1).await;
    replicas.demo.release_answers();
    assert_eq!(replicas.demo.refreshes(), 0, "the refresh token is not spent");
    // Nobody else waits.
    assert_found(&replicas.call(1, &boris.access).await, OF_BORIS);
    assert_found(&replicas.call(1, &anna.access).await, OF_ANNA);
    let took = killed.elapsed();
    assert!(
        (Duration::from_secs(15)..Duration::from_secs(23)).contains(&took),
        "{took:?}"
    );
    assert_eq!((replicas.demo.refreshes(), replicas.demo.spent_refreshes()), (1, 0));
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n74_an_employee_whose_new_pair_died_with_its_replica_signs_in_again() {
    let mut replicas = Replicas::with(2, demo::Settings::default(), &[("BITRIX24_TIMEOUT", "50s")]).await;
    let client = replicas.client(1).await;
    let anna = client.sign_in(&mut replicas.browser(1), "Anna").await;
    let boris = replicas.sign_in(1, "Boris").await;
    // The portal has spent the refresh token, and the answer reaches nobody.
    replicas.demo.hold_tokens();
    replicas.demo.expire_access(1);
    let mut connection = Connection::open(replicas.address(0)).await;
    connection
        .send(&bearer(look_up(1, "client"), &anna.access).bytes())
        .await;
    replicas.demo.wait_until(|demo| demo.refreshes() == 1).await;
    replicas.running[0].process.kill().await.unwrap();
    replicas.demo.release_answers();
    let told = replicas.call(1, &anna.access).await;
    assert_eq!(told.head.status, 200, "{}", told.body);
    assert_eq!(told.message()["result"]["isError"], true, "{}", told.body);
    assert_eq!(replicas.status(1, &anna.access).await, 401);
    assert_eq!(replicas.status(1, &boris.access).await, 200);
    let anna = client.sign_in(&mut replicas.browser(1), "Anna").await;
    assert_found(&replicas.call(1, &anna.access).await, OF_ANNA);
}
