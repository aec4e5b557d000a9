//! Few connections to the database: a pool of one, and a pooler between the replicas and the database.

use bitrix24_mail_mcp::demo;
use futures_util::future::join_all;

use super::replica::{OF_ANNA, OF_BORIS, Replicas, assert_found};
use crate::support::postgres_server::{Cluster, Database, PgBouncer, client as database_client};
use crate::support::team_client::Tokens;

/// A hundred calls at once at two replicas, with refreshes and a sign-in among them.
async fn assert_busy_replicas_serve_everybody(replicas: &Replicas) {
    let client = replicas.client(0).await;
    let anna = client.sign_in(&mut replicas.browser(1), "Anna").await;
    let boris = replicas.sign_in(1, "Boris").await;
    let calls = join_all((0..100).map(async |number: usize| {
        let (pair, contact) = match number % 3 {
            0 => (&boris, OF_BORIS),
            _ => (&anna, OF_ANNA),
        };
        let answer = replicas.call(number % 2, &pair.access).await;
        assert_found(&answer, contact);
    }));
    let refreshes = async {
        let mut newest = anna.refresh.clone();
        for at in (0..10).map(|number| number % 2) {
            let refreshed = client.at(replicas.address(at)).refresh(&newest).await;
            let pair = Tokens::of(&refreshed).unwrap_or_else(|| panic!("{}", refreshed.body));
            newest = pair.refresh;
            assert_found(&replicas.call(1 - at, &pair.access).await, OF_ANNA);
        }
    };
    let (_, (), carla) = tokio::join!(calls, refreshes, replicas.sign_in(0, "Carla"));
    assert_eq!(replicas.status(1, &carla.access).await, 200);
    replicas.demo.expire_access(1);
    let calls = join_all((0..50).map(|number| replicas.call(number % 2, &anna.access))).await;
    calls.iter().for_each(|answer| assert_found(answer, OF_ANNA));
    assert_eq!((replicas.demo.refreshes(), replicas.demo.spent_refreshes()), (1, 0));
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn one_connection_to_the_database_is_enough_for_a_hundred_calls_at_once() {
    let settings = [
        ("BITRIX24_MCP_STORE_CONNECTIONS", "1"),
        ("BITRIX24_MCP_CALLER_LIMIT", "off"),
    ];
    let replicas = Replicas::with(2, demo::Settings::default(), &settings).await;
    assert_busy_replicas_serve_everybody(&replicas).await;
    let database = database_client(replicas.store()).await;
    let connections = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()";
    let connections: i64 = database.query_one(connections, &[]).await.unwrap().get(0);
    // One for each replica, and the one of this test.
    assert_eq!(connections, 3);
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn replicas_behind_pgbouncer_in_transaction_mode_serve_everybody() {
    let cluster = Cluster::start_new("").await;
    let database = Database::at(&cluster.address()).await;
    let pooler = PgBouncer::start(&cluster).await;
    let settings = [("BITRIX24_MCP_CALLER_LIMIT", "off")];
    let mut replicas = Replicas::unlimited_on(&pooler.address(&database.name), 2, &settings).await;
    assert_busy_replicas_serve_everybody(&replicas).await;
    // Replicas start and stop while others work.
    replicas.replace_killed(0).await;
    let boris = replicas.sign_in(0, "Boris").await;
    assert_found(&replicas.call(1, &boris.access).await, OF_BORIS);
}
