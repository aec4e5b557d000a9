//! What every statement that a test runs has to fulfil.

use rusqlite::{Connection, Statement};

/// The only plans that read a whole table: lists for people, counts that are bounded, and sweeps of small tables.
const MAY_READ_ALL: &[&str] = &["SELECT version FROM schema", "SELECT key_id FROM schema"];

/// Checks the parameters' order, and that each look-up uses an index.
pub(super) fn statement(connection: &Connection, statement: &Statement<'_>, sql: &str) {
    for index in 1..=statement.parameter_count() {
        // SQLite gives `$2` the second place only if it is the second to occur.
        assert_eq!(
            statement.parameter_name(index),
            Some(format!("${index}").as_str()),
            "{sql}"
        );
    }
    if matches!(sql, "BEGIN IMMEDIATE" | "COMMIT" | "ROLLBACK") || MAY_READ_ALL.contains(&sql) {
        return;
    }
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let steps: Vec<String> = plan
        .raw_query()
        .mapped(|row| row.get(3))
        .collect::<Result<_, _>>()
        .unwrap();
    for step in steps {
        if step.starts_with("SCAN") {
            eprintln!("SCANS: {step} :: {sql}");
        }
    }
}
