//! The files of a store hold no secret in any form.

use super::tests::Opened;
use crate::team::store::suite::secrets::n76_nothing_holds_a_secret_in_any_form;

/// The files' bytes, and every value of every table as text.
fn dump(opened: &Opened) -> Vec<u8> {
    let mut all = Vec::new();
    for file in std::fs::read_dir(opened.folder.path()).unwrap() {
        all.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let connection = rusqlite::Connection::open(opened.path()).unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
    let mut tables = connection.prepare(tables).unwrap();
    for table in tables.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        let mut rows = connection
            .prepare(&format!("SELECT * FROM {}", table.unwrap()))
            .unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                all.extend(format!("{:?}\n", row.get_ref(column).unwrap()).bytes());
            }
        }
    }
    all
}

#[tokio::test]
async fn n76_the_files_hold_no_secret_in_any_form() {
    let opened = Opened::new();
    n76_nothing_holds_a_secret_in_any_form(&opened.store, async || dump(&opened)).await;
}
