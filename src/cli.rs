//! The command line: parses the arguments and runs the command, `serve` by default. Each command has a file of its own.
//!
//! Data goes to stdout, everything else to stderr. `exit.rs` lists the exit statuses.

mod answer;
mod doctor;
mod exit;
mod format;
mod global;
mod install;
mod limits_store;
mod login;
mod lookup;
mod manual;
mod process;
mod progress;
mod report;
mod resolve;
mod runtime;
mod schema;
mod serve;
mod signals;
mod spreadsheet;
mod stdout;
mod store;
mod table;
mod team;
mod team_wiring;
mod wiring;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config::env_vars;
use crate::demo;
use crate::portal::may_hold_a_webhook;
pub use exit::ExitStatus;
use exit::Stop;
use global::Global;
use runtime::{Threads, with_settings, with_wiring};

/// Finds mail recipients in a Bitrix24 address book, for assistants that speak MCP and for you.
///
/// Without a command it serves MCP over stdio, as Claude Code, Cursor and Codex start it. Try it without a portal:
/// `bitrix24-mail-mcp lookup client --demo`.
#[derive(Debug, Parser)]
#[command(name = "bitrix24-mail-mcp", version, max_term_width = 100, after_help = after_help())]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve MCP over stdio (the default), or over HTTP.
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::Arguments),
    /// Look contacts up and print them, as an assistant gets them.
    ///
    /// Runs the same search and shows the same advice. Contacts go to stdout, and with --format json a failure too;
    /// everything else goes to stderr.
    #[command(after_help = lookup::EXAMPLES)]
    Lookup(lookup::Arguments),
    /// Find whom a mail is for, by names in any spelling, as an assistant does.
    ///
    /// Reads mail contacts and employees once for all names. Shows everybody who may be meant, and why.
    #[command(after_help = resolve::EXAMPLES)]
    Resolve(resolve::Arguments),
    /// Check everything between this machine and the address book, and say what to fix.
    ///
    /// Checks settings, network, TLS, clock, credentials, permissions and the method in turn. Shows no secrets.
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::Arguments),
    /// Sign in with a local application (OAuth), instead of a webhook.
    ///
    /// Shows the portal's sign-in page, waits until the browser comes back from it, and stores the tokens where the
    /// server and the other commands find them.
    #[command(after_help = login::EXAMPLES)]
    Login(login::Arguments),
    /// Add this server to a client's own settings file, or remove it.
    ///
    /// Leaves everything else in the file unchanged, and keeps a copy of the old file. Writes no secrets.
    #[command(after_help = install::EXAMPLES)]
    Install(install::Arguments),
    /// List or end the sign-ins of a team's server (`serve --team`), or make its key.
    #[command(after_help = team::EXAMPLES)]
    Team(team::Arguments),
    /// Print the tools' JSON Schemas, or keep generated files up to date.
    Schema(schema::Arguments),
    /// Print a completion script for your shell.
    #[command(after_help = manual::COMPLETIONS_EXAMPLES)]
    Completions(manual::CompletionsArguments),
    /// Print the manual page, or write the pages of all commands.
    #[command(after_help = manual::MAN_EXAMPLES)]
    Man(manual::ManArguments),
}

fn after_help() -> String {
    format!(
        "{}\nExit status:\n  0  done\n  1  the portal, the network or a client's file failed, or a check found a problem\n  2  wrong usage or settings\n130  interrupted by Ctrl-C, SIGTERM or SIGHUP",
        env_vars::help_text()
    )
}

/// Runs the program with `arguments`, the program's own name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitStatus {
    process::prepare();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // Other users can see a command line, and clap's messages quote arguments that it does not understand.
    if arguments
        .iter()
        .skip(1)
        .any(|argument| may_hold_a_webhook(&argument.to_string_lossy()))
    {
        return Stop::SecretArgument.report();
    }
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help and version to stdout, and errors to stderr.
            let _ = error.print();
            return if error.use_stderr() {
                ExitStatus::Usage
            } else {
                ExitStatus::Done
            };
        }
    };
    match run(cli) {
        Ok(status) => status,
        Err(stop) => stop.report(),
    }
}

fn run(cli: Cli) -> Result<ExitStatus, Stop> {
    let Cli { mut global, command } = cli;
    // Signing in needs an application, not the demo's webhook.
    global.demo_oauth |= global.demo && matches!(command, Some(Command::Login(_)));
    if global.demo_fault.as_deref() == Some("help") {
        return print_names(demo::FAULTS.iter().map(|fault| (fault.name, fault.about)));
    }
    if global.demo_quirk.as_deref() == Some("help") {
        return print_names(demo::QUIRKS.iter().map(|(name, about, _)| (*name, *about)));
    }
    match command {
        Some(Command::Schema(arguments)) => schema::run(&arguments),
        Some(Command::Completions(arguments)) => manual::completions(&arguments, Cli::command()),
        Some(Command::Man(arguments)) => manual::man(&arguments, Cli::command()),
        Some(Command::Install(arguments)) => install::run(&arguments, &global),
        Some(Command::Lookup(arguments)) => with_wiring(Threads::One, &global, async |wiring| {
            lookup::run(&arguments, &wiring).await
        }),
        Some(Command::Resolve(arguments)) => with_wiring(Threads::One, &global, async |wiring| {
            resolve::run(&arguments, &wiring).await
        }),
        Some(Command::Team(arguments)) => team::run(&arguments, &global),
        Some(Command::Doctor(arguments)) if arguments.team => {
            global.refuse_demo("doctor --team")?;
            with_settings(Threads::One, &global, async |settings| {
                doctor::run_for_team(&arguments, &settings).await
            })
        }
        Some(Command::Doctor(arguments)) => match arguments.client {
            Some(client) => Threads::One.runtime().map_err(Stop::Runtime)?.block_on(doctor::run_for(
                client,
                &arguments,
                &global,
                has_command,
            )),
            None => with_wiring(Threads::One, &global, async |wiring| {
                doctor::run(&arguments, &wiring).await
            }),
        },
        Some(Command::Login(arguments)) => with_wiring(Threads::One, &global, async |wiring| {
            login::run(&arguments, &wiring).await
        }),
        Some(Command::Serve(arguments)) => serve::run(&arguments, &global),
        None => serve::run(&serve::Arguments::default(), &global),
    }
}

/// True if `arguments` name a command, or cannot be parsed; false if they hold only options that every command takes.
fn has_command(arguments: &[String]) -> bool {
    let all = std::iter::once(env!("CARGO_PKG_NAME")).chain(arguments.iter().map(String::as_str));
    Cli::try_parse_from(all).map_or(true, |cli| cli.command.is_some())
}

fn print_names(names: impl Iterator<Item = (&'static str, &'static str)>) -> Result<ExitStatus, Stop> {
    let mut text = String::new();
    for (name, about) in names {
        text.push_str(&format!("{name:<26} {about}\n"));
    }
    stdout::print(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
