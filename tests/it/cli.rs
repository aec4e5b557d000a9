//! Tests of the command line: commands, settings, and files with secrets.

/// The secret of a webhook never appears in output or logs, whatever fails.
mod canary;
/// `lookup`, `schema`, `--help`, exit statuses.
mod command_line;
/// `doctor`: the checks, and which check fails for which fault.
mod doctor;
/// `login`, from the authorize page's address to the token store.
mod login;
/// Processes that share a token store, and `lookup --all`.
mod processes;
/// Files with secrets: their encoding, and whether others can read them.
mod secret_files;
/// Settings from environment and file, right and wrong.
mod settings;
/// `~` in paths of the environment, the settings file and clients' entries.
mod tilde;
