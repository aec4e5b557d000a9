//! The SQL of every operation, apart from the library that runs it.
//!
//! The texts hold for SQLite and for PostgreSQL: `$1` is a parameter, and the parameters of a text first occur in the
//! order of their numbers. `now_ms()` is the database's clock in milliseconds since 1970; all times are in that unit.
//! Most transactions change the row of a token or a code before that of its grant, and that of its client last. Where
//! two transactions wait for each other all the same, PostgreSQL ends one of them, and it runs again.

pub(super) mod clients;
pub(super) mod codes;
pub(super) mod facts;
pub(super) mod grants;
pub(super) mod limits;
pub(super) mod page_sessions;
pub(super) mod people;
pub(super) mod sign_ins;
pub(super) mod tokens;

/// The store answers.
pub(super) const CHECK: &str = "SELECT version FROM schema";
