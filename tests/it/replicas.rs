//! Several server processes on one PostgreSQL: what they share, and what the failure of one does to the others.
//!
//! Each test starts the built program several times, on a database or a PostgreSQL server of its own, and kills, stops
//! and replaces processes in real time. So `cargo test` leaves these tests out; run them by
//! `cargo test --test it replicas -- --ignored`. They fail without PostgreSQL. Some need PgBouncer and libfaketime.

/// PostgreSQL servers of a test's own.
mod cluster;
/// Questions to an employee.
mod elicitation;
/// Sign-ins that end.
mod ends;
/// Replicas that are killed.
mod killed;
/// The portal's limits.
mod limits;
/// Calls without a pause, and their outcomes.
mod load;
/// Trouble with the database.
mod outage;
/// Few connections to the database.
mod pool;
/// The portal's tokens.
mod portal_tokens;
/// The processes, and how a test reaches them.
mod replica;
/// An update of all replicas.
mod rolling;
/// Sign-ins, codes and refresh tokens.
mod sign_in;
/// The start of a replica, and its clock.
mod start;
