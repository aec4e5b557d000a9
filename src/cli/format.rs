//! The values of `--format` and `--log-format`.

use clap::ValueEnum;

/// How `doctor` and `install` print a report, and how log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    Text,
    Json,
}

/// How `resolve` prints recipients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RecipientFormat {
    Table,
    Json,
}

/// How `lookup` prints contacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ContactFormat {
    Table,
    Json,
    Csv,
}
