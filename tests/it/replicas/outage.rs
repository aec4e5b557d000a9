//! Trouble with the database: nobody is signed out, and everything goes on by itself.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join;

use super::load::{Caller, Load, callers};
use super::replica::{OF_ANNA, Replicas, assert_found, until};
use crate::support::postgres_server::{Cluster, Database, client as database_client};
use crate::support::team_client::Tokens;

/// Two replicas on this database.
async fn replicas_on(store: &str) -> Replicas {
    Replicas::unlimited_on(store, 2, &[("BITRIX24_MCP_CALLER_LIMIT", "off")]).await
}

const SECOND: Duration = Duration::from_secs(1);

fn only(outcomes: &BTreeMap<String, usize>, allowed: &[&str]) -> bool {
    outcomes.keys().all(|outcome| allowed.contains(&outcome.as_str()))
}

/// Everybody's newest tokens work at every replica, and refresh.
async fn assert_nobody_is_signed_out(replicas: &Replicas, callers: &[Caller; 2]) {
    for caller in callers {
        for at in 0..replicas.running.len() {
            let refreshed = caller
                .client
                .at(replicas.address(at))
                .refresh(&caller.tokens.refresh)
                .await;
            let pair = Tokens::of(&refreshed).unwrap_or_else(|| panic!("{}", refreshed.body));
            assert_eq!(replicas.status(at, &pair.access).await, 200);
            assert_eq!(replicas.status(at, &caller.tokens.access).await, 200);
        }
    }
}

/// Load before, during and after an outage. `begin` and `end` make the outage.
async fn outage(replicas: &Replicas, length: Duration, begin: impl Future<Output = ()>, end: impl Future<Output = ()>) {
    let callers = callers(replicas).await;
    let load = Load::new(replicas, &callers);
    let events = async {
        let started = Instant::now();
        tokio::time::sleep(3 * SECOND).await;
        let before = Instant::now();
        begin.await;
        let gone = Instant::now();
        tokio::time::sleep(length / 2).await;
        for at in 0..2 {
            let refused = callers[0]
                .client
                .at(replicas.address(at))
                .refresh(&callers[0].tokens.refresh)
                .await;
            assert_eq!(refused.head.status, 503, "{}", refused.body);
            assert!(refused.head.header("retry-after").is_some());
        }
        tokio::time::sleep((gone + length).saturating_duration_since(Instant::now())).await;
        let ended = Instant::now();
        end.await;
        until("calls work again", 15 * SECOND, async || {
            let second = load.between(Instant::now() - SECOND, Instant::now());
            second.get("200").is_some_and(|good| *good >= 10) && second.len() == 1
        })
        .await;
        let recovered = Instant::now();
        tokio::time::sleep(3 * SECOND).await;
        load.stop();
        let timeline = load.timeline(before);
        assert!(only(&load.between(started, before), &["200"]), "{timeline}");
        // An employee whose token was checked a moment ago goes on, for 15 seconds.
        let at_first = load.between(gone, gone + 5 * SECOND);
        assert!(at_first.contains_key("200"), "{timeline}");
        let later = load.between(gone + 18 * SECOND, ended);
        assert!(later.contains_key("503") && !later.contains_key("200"), "{timeline}");
        assert!(only(&load.between(before, recovered), &["200", "503"]), "{timeline}");
        assert!(only(&load.between(recovered, Instant::now()), &["200"]), "{timeline}");
        assert!(load.longest() < 15 * SECOND, "{timeline}");
    };
    join(load.run(), events).await;
    assert_nobody_is_signed_out(replicas, &callers).await;
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n09_a_database_that_is_stopped_for_thirty_seconds_signs_nobody_out() {
    let cluster = Cluster::start_new("").await;
    let database = Database::at(&cluster.address()).await;
    let replicas = replicas_on(&database.address()).await;
    outage(&replicas, 30 * SECOND, cluster.stop(), cluster.start()).await;
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n09_a_database_that_hangs_signs_nobody_out() {
    let cluster = Cluster::start_new("").await;
    let database = Database::at(&cluster.address()).await;
    let replicas = replicas_on(&database.address()).await;
    let (begin, end) = (cluster.signal("-STOP"), cluster.signal("-CONT"));
    outage(&replicas, 26 * SECOND, begin, end).await;
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn sign_ins_survive_a_failover_to_another_primary() {
    let primary = Cluster::start_new("").await;
    let database = Database::at(&primary.address()).await;
    let standby = Cluster::following(&primary).await;
    let hosts = format!("127.0.0.1:{},127.0.0.1:{}", primary.port, standby.port);
    let name = &database.name;
    let store = format!("postgres://postgres@{hosts}/{name}?target_session_attrs=read-write&connect_timeout=2");
    let mut replicas = replicas_on(&store).await;
    let callers = callers(&replicas).await;
    for at in 0..2 {
        assert_found(&replicas.call(at, &callers[0].tokens.access).await, OF_ANNA);
    }
    let of_primary = database_client(&primary.address()).await;
    until("the standby has everything", 10 * SECOND, async || {
        let is_same = "SELECT count(*) = 1 FROM pg_stat_replication WHERE replay_lsn = pg_current_wal_lsn()";
        of_primary.query_one(is_same, &[]).await.unwrap().get(0)
    })
    .await;
    drop(of_primary);
    primary.kill().await;
    standby.promote().await;
    until("calls work at the new primary", 20 * SECOND, async || {
        let anna = &callers[0].tokens.access;
        let statuses = [replicas.status(0, anna).await, replicas.status(1, anna).await];
        assert!(
            statuses.iter().all(|status| [200, 503].contains(status)),
            "{statuses:?}"
        );
        let refreshed = callers[1].client.refresh(&callers[1].tokens.refresh).await.head.status;
        assert!([200, 503].contains(&refreshed), "{refreshed}");
        statuses == [200, 200] && refreshed == 200
    })
    .await;
    assert_nobody_is_signed_out(&replicas, &callers).await;
    let carla = replicas.sign_in(1, "Carla").await;
    replicas.replace_killed(0).await;
    assert_eq!(replicas.status(0, &carla.access).await, 200);
}
