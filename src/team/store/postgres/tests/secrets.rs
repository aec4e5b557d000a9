//! The tables hold no secret in any form.

use super::super::test_fixture::open;
use super::super::test_server::{Database, client};
use crate::team::store::suite::secrets::n76_nothing_holds_a_secret_in_any_form;

/// Every row of every table as text. Bytes are in hexadecimal digits there, and once more as they are.
async fn dump(address: &str) -> Vec<u8> {
    let client = client(address).await;
    let columns = "SELECT table_name::TEXT, column_name::TEXT, data_type = 'bytea' \
        FROM information_schema.columns WHERE table_schema = current_schema()";
    let mut all = Vec::new();
    for column in client.query(columns, &[]).await.unwrap() {
        let (table, column, has_bytes): (&str, &str, bool) = (column.get(0), column.get(1), column.get(2));
        let texts = format!("SELECT COALESCE({column}::TEXT, '') FROM {table}");
        for row in client.query(&texts, &[]).await.unwrap() {
            all.extend(row.get::<_, &str>(0).bytes().chain([b'\n']));
        }
        if has_bytes {
            let bytes = format!("SELECT {column} FROM {table} WHERE {column} IS NOT NULL");
            for row in client.query(&bytes, &[]).await.unwrap() {
                all.extend(row.get::<_, &[u8]>(0));
                all.push(b'\n');
            }
        }
    }
    all
}

#[tokio::test]
async fn n76_the_tables_hold_no_secret_in_any_form() {
    let Some(database) = Database::at_hand().await else {
        return;
    };
    let address = database.address();
    let store = open(&address, 1).await;
    n76_nothing_holds_a_secret_in_any_form(&store, async || dump(&address).await).await;
}
