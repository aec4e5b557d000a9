//! The tests that every store has to pass.
