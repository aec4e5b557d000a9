//! The PostgreSQL of the tests: schemas and databases of their own, and servers that stop and start again.

use crate::support::postgres_server::{Cluster, Database, Schema, at_hand, client};

#[tokio::test]
async fn postgres_schemas_and_databases_go_with_their_tests() {
    let Some(server) = at_hand().await else { return };
    let schema = Schema::at_hand().await.unwrap();
    let database = Database::at_hand().await.unwrap();
    for address in [schema.address(), database.address()] {
        let client = client(&address).await;
        client.batch_execute("CREATE TABLE t (a INT)").await.unwrap();
    }
    let names = [schema.name.clone(), database.name.clone()];
    drop((schema, database));
    let left = "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = $1) + (SELECT count(*) FROM pg_database WHERE datname = $2)";
    let left = client(server)
        .await
        .query_one(left, &[&names[0], &names[1]])
        .await
        .unwrap();
    assert_eq!(left.get::<_, i64>(0), 0);
}

#[tokio::test]
#[ignore = "starts a PostgreSQL of its own"]
async fn postgres_of_a_test_stops_and_starts_again() {
    let cluster = Cluster::start_new("max_connections = 17").await;
    let address = cluster.address();
    let limit = client(&address)
        .await
        .query_one("SHOW max_connections", &[])
        .await
        .unwrap();
    assert_eq!(limit.get::<_, &str>(0), "17");
    for is_killed in [false, true] {
        match is_killed {
            true => cluster.kill().await,
            false => cluster.stop().await,
        }
        assert!(tokio_postgres::connect(&address, tokio_postgres::NoTls).await.is_err());
        cluster.start().await;
        client(&address).await;
    }
    let folder = cluster.folder().to_owned();
    drop(cluster);
    assert!(!folder.exists());
}
