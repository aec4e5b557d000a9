//! The tables are made once, by one server, in a database that is this program's.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::super::PostgresStore;
use super::super::test_fixture::{given, open};
use super::super::test_server::{Schema, at_hand, client};
use crate::team::store::Store;
use crate::team::store::open_error::OpenError;
use crate::team::store::schema::VERSION;

/// The error of a server that opens the store, which it must give at once.
async fn error(address: &str) -> OpenError {
    let opened = timeout(Duration::from_secs(5), PostgresStore::open(given(address), 1)).await;
    opened.expect("an error at once").unwrap_err()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_servers_that_start_at_once_make_the_tables_once() {
    for _ in 0..20 {
        let Some(schema) = Schema::at_hand().await else { return };
        let address = Arc::new(schema.address());
        let open = |_| {
            let address = Arc::clone(&address);
            tokio::spawn(async move { open(&address, 1).await.check().await.unwrap() })
        };
        for opened in [1, 2].map(open) {
            opened.await.unwrap();
        }
        let client = client(&address).await;
        let versions = client.query("SELECT version FROM schema", &[]).await.unwrap();
        let versions: Vec<i64> = versions.iter().map(|row| row.get(0)).collect();
        assert_eq!(versions, [VERSION]);
    }
}

#[tokio::test]
async fn n84_a_store_of_a_newer_version_is_refused_unchanged() {
    let Some(schema) = Schema::at_hand().await else { return };
    let address = schema.address();
    drop(open(&address, 1).await);
    let client = client(&address).await;
    let newer = format!("UPDATE schema SET version = {}", VERSION + 1);
    client.batch_execute(&newer).await.unwrap();
    let name = format!(
        "in {}",
        address.parse::<super::super::address::PostgresAddress>().unwrap()
    );
    assert_eq!(error(&address).await, OpenError::Newer(name.clone()));
    let command = PostgresStore::open_for_command(given(&address), 1).await;
    assert_eq!(command.unwrap_err(), OpenError::Newer(name));
    let version = client.query_one("SELECT version FROM schema", &[]).await.unwrap();
    assert_eq!(version.get::<_, i64>(0), VERSION + 1);
}

#[tokio::test]
async fn n84_a_store_of_the_first_version_is_brought_to_this_one() {
    let Some(schema) = Schema::at_hand().await else { return };
    let address = schema.address();
    let client = client(&address).await;
    let id = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
    let first = crate::team::store::schema::missing(0, "BYTEA", id).next().unwrap();
    client.batch_execute(&first).await.unwrap();
    let person = "UPDATE schema SET version = 1, member_id = 'portal'; \
        INSERT INTO people (member_id, user_id, name, version) VALUES ('portal', 7, 'Anna', 3)";
    client.batch_execute(person).await.unwrap();
    let store = PostgresStore::open_for_command(given(&address), 1).await.unwrap();
    assert_eq!(store.pin_member_id("another").await.unwrap(), "portal");
    let employee = crate::team::store::suite::employee(7);
    assert_eq!(store.next_version(&employee).await.unwrap(), 4);
    let version = client.query_one("SELECT version FROM schema", &[]).await.unwrap();
    assert_eq!(version.get::<_, i64>(0), VERSION);
}

#[tokio::test]
async fn tables_of_another_program_are_left_alone() {
    for tables in [
        "CREATE TABLE orders (id INT)",
        "CREATE TABLE schema (version BIGINT)",
        "CREATE TABLE schema (version BIGINT, key_id TEXT)",
    ] {
        let Some(schema) = Schema::at_hand().await else { return };
        let address = schema.address();
        client(&address).await.batch_execute(tables).await.unwrap();
        let error = error(&address).await;
        assert!(matches!(error, OpenError::OtherTables(_)), "{tables}: {error}");
        let words = error.to_string();
        assert!(
            words.starts_with("PostgreSQL at ") && words.contains(" has tables of another program"),
            "{words}"
        );
        let count = "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()";
        let count = client(&address).await.query_one(count, &[]).await.unwrap();
        assert_eq!(count.get::<_, i64>(0), 1, "{tables}");
    }
}

#[tokio::test]
async fn views_beside_the_tables_are_no_other_program() {
    let Some(schema) = Schema::at_hand().await else { return };
    let address = schema.address();
    let view = "CREATE VIEW statistics AS SELECT 1 AS one";
    client(&address).await.batch_execute(view).await.unwrap();
    open(&address, 1).await.check().await.unwrap();
}

#[tokio::test]
async fn a_command_makes_no_store() {
    let Some(schema) = Schema::at_hand().await else { return };
    let opened = PostgresStore::open_for_command(given(&schema.address()), 1).await;
    assert!(matches!(opened.unwrap_err(), OpenError::Missing(_)));
}

#[tokio::test]
async fn what_a_person_has_to_change_is_an_error_at_once_without_the_password() {
    let Some(server) = at_hand().await else { return };
    let Some(schema) = Schema::at_hand().await else { return };
    let user = format!("u_{}", schema.name);
    let client = client(server).await;
    let make = format!(
        "CREATE ROLE {user} LOGIN; GRANT USAGE ON SCHEMA {} TO {user}",
        schema.name
    );
    client.batch_execute(&make).await.unwrap();
    let with_user = |name: &str| {
        let mut address: url::Url = schema.address().parse().unwrap();
        address.set_username(name).unwrap();
        address.set_password(Some("canary-password")).unwrap();
        address.to_string()
    };
    let mut nowhere: url::Url = server.parse().unwrap();
    nowhere.set_path("no_such_database");
    let mut unwritable: url::Url = server.parse().unwrap();
    unwritable.set_query(Some("options=-c%20search_path%3Dno_such_schema"));
    for (address, expected) in [
        (with_user(&user), "permission denied for schema"),
        (with_user("nobody_of_this_name"), "nobody_of_this_name"),
        (
            nowhere.to_string(),
            "\"no_such_database\" does not exist (SQLSTATE 3D000); make the database",
        ),
        (
            unwritable.to_string(),
            "no schema has been selected to create in (SQLSTATE 3F000)",
        ),
        (
            with_query(server, "sslmode=verify-full&sslrootcert=/no/such.pem"),
            "the file /no/such.pem cannot be read",
        ),
        (
            "postgres://u:canary-password@db:x/y".to_owned(),
            "the store's address has a wrong port",
        ),
    ] {
        let error = error(&address).await.to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("canary"), "{error}");
    }
    client
        .batch_execute(&format!("DROP OWNED BY {user}; DROP ROLE {user}"))
        .await
        .unwrap();
}

fn with_query(server: &str, query: &str) -> String {
    let mut address: url::Url = server.parse().unwrap();
    address.set_query(Some(query));
    address.into()
}
