//! Empty stores in PostgreSQL for tests.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::block_in_place;

use super::PostgresStore;
use super::test_server::{Schema, client};
use crate::portal::GivenSecret;
use crate::team::store::shared_limits_suite;
use crate::team::store::suite::{self, Fixture};

/// The address as a setting.
pub(super) fn given(address: &str) -> GivenSecret {
    GivenSecret::Text(address.into())
}

/// Opens a store at this address, with at most so many connections.
pub(super) async fn open(address: &str, connections: usize) -> PostgresStore {
    PostgresStore::open(given(address), connections).await.unwrap()
}

/// An empty store in a schema of its own. `None`: the test is left out.
pub(super) async fn fixture() -> Option<Fixture> {
    let schema = Schema::at_hand().await?;
    // The suite's thousands of writes need not survive a loss of power.
    let address = format!("{}%20-c%20synchronous_commit%3Doff", schema.address());
    Some(at(&address, address.clone(), 4, schema).await)
}

/// An empty store of the portal's limits in a schema of its own. `None`: the test is left out.
pub(super) async fn fixture_of_limits() -> Option<shared_limits_suite::Fixture> {
    let schema = Schema::at_hand().await?;
    let address = schema.address();
    Some(shared_limits_suite::Fixture {
        store: Arc::new(open(&address, 4).await),
        other: Arc::new(open(&address, 4).await),
        age: Box::new(move |time| {
            let _kept = &schema;
            block_in_place(|| Handle::current().block_on(age(&address, time)));
        }),
    })
}

/// The store at `address`, opened twice with at most so many connections. `direct` leads to the same tables; `kept` is
/// dropped after everything else.
pub(super) async fn at(address: &str, direct: String, connections: usize, kept: impl Send + Sync + 'static) -> Fixture {
    Fixture {
        store: Arc::new(open(address, connections).await),
        other: Arc::new(open(address, connections).await),
        age: Box::new(move |time| {
            let _kept = &kept;
            block_in_place(|| Handle::current().block_on(age(&direct, time)));
        }),
        statements: 2 * connections,
    }
}

/// Moves every time in the tables back.
pub(super) async fn age(address: &str, time: Duration) {
    let client = client(address).await;
    let columns = "SELECT table_name::TEXT, column_name::TEXT FROM information_schema.columns \
        WHERE table_schema = current_schema()";
    let mut statements = String::new();
    for row in client.query(columns, &[]).await.unwrap() {
        let (table, column): (&str, &str) = (row.get(0), row.get(1));
        if let Some(per_second) = suite::units_of(column) {
            let units = i64::try_from(time.as_secs()).unwrap() * per_second;
            statements += &format!("UPDATE {table} SET {column} = {column} - {units};");
        }
    }
    client.batch_execute(&statements).await.unwrap();
}
