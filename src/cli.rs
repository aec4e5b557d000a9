//! The command line: `serve` (the default), `lookup`, `resolve`, `doctor`, `login`, `install` and `schema`.
//!
//! stdout is data, everything else goes to stderr. Exit status: 0 done, 1 the portal, the network or a client's file failed, 2 wrong
//! usage or settings, 130 interrupted by Ctrl-C, SIGTERM or SIGHUP.

mod csv;
mod doctor;
mod everyone;
mod install;
mod login;
mod lookup;
mod manual;
mod process;
mod progress;
mod report;
mod resolve;
mod schema;
mod serve;
mod signals;
mod table;
mod threads;
mod wiring;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use serde::Serialize;

use threads::Threads;

use crate::clients;
use crate::config::{self, env_vars};
use crate::fixit::Failure;
use crate::portal::may_hold_a_webhook;
use crate::{address_book, demo, telemetry};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done.
    Done,
    /// The portal, the network or a client's file failed, or a check found something.
    Failed,
    /// Wrong usage or settings.
    Usage,
    /// Ctrl-C, SIGTERM or SIGHUP; the usual status of a process that SIGINT ended.
    Interrupted,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Done => 0,
            ExitStatus::Failed => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Interrupted => 130,
        })
    }
}

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
    /// The same search and the same advice. Contacts go to stdout, with --format json also a failure; everything else goes
    /// to stderr.
    #[command(after_help = lookup::EXAMPLES)]
    Lookup(lookup::Arguments),
    /// Find whom a mail is for, by names in any spelling, as an assistant does.
    ///
    /// Reads mail contacts and employees once for all names. Shows everybody who may be meant, and why.
    #[command(after_help = resolve::EXAMPLES)]
    Resolve(resolve::Arguments),
    /// Check everything between this machine and the address book, and tell what to mend.
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
    /// Put this server into a client's own settings file, or take it out again.
    ///
    /// Keeps everything else in the file as it is, and a copy of the file as it was. Writes no secrets.
    #[command(after_help = install::EXAMPLES)]
    Install(install::Arguments),
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
        "{}\nExit status:\n  0  done\n  1  the portal, the network or a client's file failed, or a check found something\n  2  wrong usage or settings\n130  interrupted by Ctrl-C, SIGTERM or SIGHUP",
        env_vars::help_text()
    )
}

/// Options that every command understands.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
struct Global {
    /// Use the built-in demo portal instead of a real one; needs no settings.
    #[arg(long, global = true)]
    demo: bool,
    /// Make the demo portal fail in a known way (implies --demo); `help` lists the names.
    #[arg(long, global = true, value_name = "NAME")]
    demo_fault: Option<String>,
    /// Let the demo portal answer oddly but well (implies --demo); `help` lists the names.
    #[arg(long, global = true, value_name = "NAME")]
    demo_quirk: Option<String>,
    /// Let the demo portal be called as an application, with tokens, instead of by a webhook (implies --demo).
    #[arg(long, global = true)]
    demo_oauth: bool,
    /// Read settings from this TOML file; the environment wins over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Form of the log lines on stderr.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    log_format: LogFormat,
    /// Log more: -v info, -vv debug, -vvv trace.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    verbose: u8,
    /// Log less: -q errors only, -qq nothing.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    quiet: u8,
}

impl Global {
    /// The name of the entry that is meant in a client's settings.
    fn server_name(&self) -> &'static str {
        if self.wants_demo() {
            clients::entry::DEMO_NAME
        } else {
            clients::entry::NAME
        }
    }

    /// True if the demo portal is meant.
    fn wants_demo(&self) -> bool {
        self.demo || self.demo_oauth || self.demo_fault.is_some() || self.demo_quirk.is_some()
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    Text,
    Json,
}

/// Runs the program with `arguments`, the program's own name first.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitStatus {
    process::prepare();
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // Other users can see a command line, and clap quotes what it does not understand.
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
            // clap prints help and version to stdout, mistakes to stderr.
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

/// Why the program stops before its command has an outcome of its own.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Settings(#[from] config::Error),
    #[error("an argument looks like a URL; no URL is taken from the command line")]
    SecretArgument,
    #[error("the demo portal has no fault `{0}`")]
    UnknownFault(String),
    #[error("the demo portal has no quirk `{0}`")]
    UnknownQuirk(String),
    #[error("the demo portal cannot start")]
    Demo(#[source] io::Error),
    #[error("this process cannot start")]
    Runtime(#[source] io::Error),
    #[error(transparent)]
    Serve(#[from] crate::transports::stdio::Error),
    #[error(transparent)]
    Listen(#[from] crate::transports::http::Error),
    #[error(transparent)]
    Login(#[from] login::Error),
    #[error(transparent)]
    Machine(#[from] clients::machine::Error),
    #[error(transparent)]
    Install(#[from] clients::installation::Error),
    #[error("standard input cannot be read as text")]
    Input(#[source] io::Error),
    #[error("the output cannot be written")]
    Output(#[source] io::Error),
    #[error("the manual pages cannot be written into {0}")]
    Manual(PathBuf, #[source] io::Error),
    #[error("{0}")]
    Schema(String, #[source] Option<io::Error>),
}

impl Stop {
    fn report(&self) -> ExitStatus {
        // Nobody reads on, as in `… | head`: the reader has what it wanted.
        if matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return ExitStatus::Done;
        }
        let hint = match self {
            Self::Settings(_) => Some("run `bitrix24-mail-mcp --help` for the list of settings"),
            Self::SecretArgument => {
                Some("put the webhook's URL into BITRIX24_WEBHOOK_URL, where other users cannot see it")
            }
            Self::UnknownFault(_) => Some("run `bitrix24-mail-mcp --demo-fault help` for the list"),
            Self::UnknownQuirk(_) => Some("run `bitrix24-mail-mcp --demo-quirk help` for the list"),
            Self::Schema(..) => Some("run `bitrix24-mail-mcp schema` with --write DIR in place of --check DIR"),
            Self::Demo(_) => Some("check that this machine may open loopback ports, and TMPDIR if it is set"),
            Self::Listen(error) => Some(error.hint()),
            Self::Serve(_) => Some("start it from an MCP client, or try `bitrix24-mail-mcp lookup client --demo`"),
            Self::Login(error) => error.hint(),
            Self::Install(error) => Some(error.hint()),
            Self::Input(_) => Some("give one name a line, in UTF-8"),
            Self::Runtime(_) | Self::Output(_) | Self::Machine(_) | Self::Manual(..) => None,
        };
        report::error(self, hint);
        match self {
            Self::Settings(_)
            | Self::SecretArgument
            | Self::UnknownFault(_)
            | Self::UnknownQuirk(_)
            | Self::Input(_) => ExitStatus::Usage,
            Self::Login(error) if error.is_about_settings() => ExitStatus::Usage,
            Self::Listen(error) if error.is_about_settings() => ExitStatus::Usage,
            _ => ExitStatus::Failed,
        }
    }
}

fn run(cli: Cli) -> Result<ExitStatus, Stop> {
    let Cli { mut global, command } = cli;
    // Nobody signs in with a webhook.
    global.demo_oauth |= global.demo && matches!(command, Some(Command::Login(_)));
    if global.demo_fault.as_deref() == Some("help") {
        return print_names(demo::FAULTS.iter().map(|fault| (fault.name, fault.about)));
    }
    if global.demo_quirk.as_deref() == Some("help") {
        return print_names(demo::QUIRKS.iter().map(|(name, about, _)| (*name, *about)));
    }
    match command {
        Some(Command::Schema(arguments)) => schema::run(&arguments),
        Some(Command::Completions(arguments)) => manual::completions(&arguments),
        Some(Command::Man(arguments)) => manual::man(&arguments),
        Some(Command::Install(arguments)) => install::run(&arguments, &global),
        Some(Command::Lookup(arguments)) => with_wiring(&global, async |wiring| lookup::run(&arguments, &wiring).await),
        Some(Command::Resolve(arguments)) => {
            with_wiring(&global, async |wiring| resolve::run(&arguments, &wiring).await)
        }
        Some(Command::Doctor(arguments)) if let Some(client) = arguments.client => Threads::One
            .runtime()
            .map_err(Stop::Runtime)?
            .block_on(doctor::run_for(client, &arguments, &global)),
        Some(Command::Doctor(arguments)) => with_wiring(&global, async |wiring| doctor::run(&arguments, &wiring).await),
        Some(Command::Login(arguments)) => with_wiring(&global, async |wiring| login::run(&arguments, &wiring).await),
        Some(Command::Serve(arguments)) => serve(&global, &arguments),
        None => serve(&global, &serve::Arguments::default()),
    }
}

fn serve(global: &Global, arguments: &serve::Arguments) -> Result<ExitStatus, Stop> {
    let threads = if arguments.is_over_http() {
        Threads::Several
    } else {
        Threads::One
    };
    with_wiring_on(threads, global, async |wiring| serve::run(arguments, wiring).await)
}

fn with_wiring<F>(global: &Global, command: F) -> Result<ExitStatus, Stop>
where
    F: AsyncFnOnce(wiring::Wiring) -> Result<ExitStatus, Stop>,
{
    with_wiring_on(Threads::One, global, command)
}

/// Reads the settings, starts logs and a runtime, builds the parts and runs a command with them.
fn with_wiring_on<F>(threads: Threads, global: &Global, command: F) -> Result<ExitStatus, Stop>
where
    F: AsyncFnOnce(wiring::Wiring) -> Result<ExitStatus, Stop>,
{
    let settings = config::Settings::load(global.config.as_deref())?;
    let finer = i16::from(global.verbose) - i16::from(global.quiet);
    let level = telemetry::finer_by(finer, settings.log_level);
    telemetry::start(level, matches!(global.log_format, LogFormat::Json));
    let runtime = threads.runtime().map_err(Stop::Runtime)?;
    let outcome = runtime.block_on(async {
        let wiring = wiring::Wiring::build(global, settings).await?;
        let (book, _demo) = (Arc::clone(&wiring.book), wiring.demo.clone());
        let outcome = command(wiring).await;
        let Err(error) = book.portal().save_tokens().await else {
            return outcome;
        };
        report::failure(&Failure::from(&address_book::Error::Portal(error.into())));
        outcome.map(|status| match status {
            ExitStatus::Done => ExitStatus::Failed,
            status => status,
        })
    });
    // A blocking read of stdin cannot be cancelled; it must not keep the process alive.
    runtime.shutdown_background();
    outcome
}

/// True if these arguments name a command; they are then not only options, which every command takes.
fn has_command(arguments: &[String]) -> bool {
    let all = std::iter::once(env!("CARGO_PKG_NAME")).chain(arguments.iter().map(String::as_str));
    Cli::try_parse_from(all).map_or(true, |cli| cli.command.is_some())
}

fn print_names(names: impl Iterator<Item = (&'static str, &'static str)>) -> Result<ExitStatus, Stop> {
    let mut text = String::new();
    for (name, about) in names {
        text.push_str(&format!("{name:<26} {about}\n"));
    }
    print(&text)
}

/// Writes JSON on one line to stdout.
fn print_json(value: &impl Serialize) -> Result<ExitStatus, Stop> {
    let line = serde_json::to_string(value).map_err(|error| Stop::Output(error.into()))?;
    print(&format!("{line}\n"))
}

/// Writes data to stdout.
fn print(text: &str) -> Result<ExitStatus, Stop> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(Stop::Output)?;
    Ok(ExitStatus::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
