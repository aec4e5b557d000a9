//! What every statement that a test runs has to fulfil, and a place to stop a process between two statements.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::{AtomicIsize, Ordering};

use parking_lot::Mutex;
use rusqlite::{Connection, Statement};

use crate::team::store::statements::{clients, grants, page_sessions, people, sign_ins, tokens};

/// The only statements that read a whole table: lists for people, a bounded count, the end of all, and sweeps of small
/// tables.
const MAY_READ_ALL: &[&str] = &[
    clients::ADD,
    clients::SWEEP,
    grants::LIST,
    sign_ins::END_ALL,
    tokens::END_ALL_ACCESS,
    page_sessions::END_ALL,
    people::SEALED_OTHERWISE,
    people::DELETE_ALL_PAIRS,
    people::SWEEP,
    people::SWEEP_NAMES,
];

/// The statements that were checked.
static CHECKED: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Checks the order of the parameters, and that the statement looks rows up by an index.
pub(super) fn statement(connection: &Connection, statement: &Statement<'_>, sql: &'static str) {
    if !CHECKED.lock().insert(sql) {
        return;
    }
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
    let steps = plan.raw_query().mapped(|row| row.get::<_, String>(3));
    for step in steps.map(Result::unwrap) {
        let reads_all = step.starts_with("SCAN ") && !step.ends_with(" schema") && step != "SCAN CONSTANT ROW";
        assert!(!reads_all, "{step}: {sql}");
    }
}

/// The number of statements after which this process stops, if it is to be killed; see `sqlite/killed.rs`.
pub(in crate::team::store::sqlite) static STEPS_LEFT: AtomicIsize = AtomicIsize::new(-1);

/// Stops before the next statement if the steps are used up.
pub(super) fn step() {
    if STEPS_LEFT.load(Ordering::SeqCst) >= 0 && STEPS_LEFT.fetch_sub(1, Ordering::SeqCst) == 0 {
        stop("stopped");
    }
}

/// Reports `what` to the parent process and waits to be killed.
pub(in crate::team::store::sqlite) fn stop(what: &str) -> ! {
    // Not println, whose output the test harness may hold back.
    writeln!(std::io::stdout(), "\n{what}").unwrap();
    loop {
        std::thread::park();
    }
}
