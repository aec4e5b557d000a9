//! Code that the benches share: options, the build, clients over stdio and HTTP, figures and reports.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a measurement may fail loudly"
)]

pub mod figures;
pub mod http;
pub mod options;
pub mod program;
pub mod report;
pub mod stdio;
