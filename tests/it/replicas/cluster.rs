//! PostgreSQL servers of a test's own: one may follow another and take its place.

use crate::support::postgres_server::{Cluster, Database, Schema, at_hand, client, run, server_program};

impl Cluster {
    /// Makes a copy of a running server and starts it. It follows the other one, and may take over.
    pub(super) async fn following(primary: &Self) -> Self {
        let standby = Self::without_files().await;
        let data = standby.folder().join("data");
        let (address, path) = (primary.address(), data.to_str().unwrap());
        let to_follow = [
            "-d",
            &address,
            "-D",
            path,
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "--no-sync",
        ];
        run(&server_program("pg_basebackup"), &to_follow).await;
        let settings = std::fs::read_to_string(data.join("postgresql.auto.conf")).unwrap();
        standby.start_with(&settings).await;
        standby
    }

    /// Makes it the primary.
    pub(super) async fn promote(&self) {
        self.control(&["promote", "-w"]).await;
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL; .ci/run runs it"]
async fn schemas_and_databases_go_with_their_tests() {
    let server = at_hand().await.expect("this test needs PostgreSQL");
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
