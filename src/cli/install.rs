//! `install`: adds this server's entry to a client's own settings file, or removes it.

use std::io::Write as _;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use super::exit::{ExitStatus, Stop};
use super::format::ReportFormat;
use super::global::Global;
use super::report::printable;
use super::signals::Deferred;
use super::stdout::{print, print_json};
use super::{table, wiring};
use crate::clients::entry::{Entry, without_values};
use crate::clients::file::SettingsFile;
use crate::clients::installation::{Action, Plan, snippet};
use crate::clients::machine::Machine;
use crate::clients::next_steps::next_steps;
use crate::clients::warnings::warnings;
use crate::clients::{ByteOrderMark, Client};

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp install claude-code
  bitrix24-mail-mcp install codex --dry-run
  bitrix24-mail-mcp install cursor --demo
  bitrix24-mail-mcp install vscode --remove
  bitrix24-mail-mcp install --list

Secrets are never written into a client's file: the entry refers to BITRIX24_WEBHOOK_URL of the environment, or to a \
file, in the form that the client understands. Other settings of the current environment, and --config, are copied into \
the entry unchanged. --demo installs the demo portal as `bitrix24-mail-demo`, beside the real one.";

/// Arguments of `install`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The client to set up.
    #[arg(required_unless_present = "list")]
    client: Option<Client>,
    /// Show the clients, their files, and whether this server is in them.
    #[arg(long, conflicts_with_all = ["client", "remove", "dry_run", "force", "remove_bom"])]
    list: bool,
    /// Show what would be written, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Remove the entry.
    #[arg(long)]
    remove: bool,
    /// Also replace or remove an entry of this name that belongs to another server.
    #[arg(long)]
    force: bool,
    /// Also remove the byte order mark at the start of the file; some clients cannot read a file that has one.
    #[arg(long, conflicts_with = "remove")]
    remove_bom: bool,
    /// What to print: lines for people, or JSON on one line.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
}

/// The report on what was done, or would be done without `--dry-run`.
#[derive(Debug, Serialize)]
struct Report {
    client: &'static str,
    file: PathBuf,
    name: &'static str,
    action: &'static str,
    dry_run: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backup: Option<PathBuf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next: Vec<String>,
}

pub(super) fn run(arguments: &Arguments, global: &Global) -> Result<ExitStatus, Stop> {
    let machine = Machine::here()?;
    // Refuses an unknown fault or quirk now; the client would start the server and see it fail.
    wiring::demo_settings(global, None)?;
    let Some(client) = arguments.client else {
        return list(arguments.format, global, &machine);
    };
    let name = global.server_name();
    let entry = Entry::new(name, entry_arguments(global, &machine), &machine);
    let plan = if arguments.remove {
        Plan::to_remove(client, name, &machine, arguments.force)?
    } else {
        Plan::to_install(client, &entry, &machine, arguments.force, arguments.remove_bom)?
    };
    // Before the file is written: afterwards its folder would look as if the client were installed.
    let (warnings, next) = (warnings(&plan, &machine), next_steps(&plan, &machine));
    let deferred = Deferred::begin();
    let backup = if arguments.dry_run { None } else { plan.carry_out()? };
    if deferred.end() {
        return Ok(ExitStatus::Interrupted);
    }
    let own_entry = entry.written(client, None, &machine);
    let report = Report {
        client: client.name(),
        file: plan.file.path().to_owned(),
        name,
        action: action_name(plan.action, arguments.dry_run),
        dry_run: arguments.dry_run,
        entry: plan.entry.as_ref().map(|entry| without_values(entry, &own_entry)),
        backup,
        warnings,
        next,
    };
    match arguments.format {
        ReportFormat::Json => return print_json(&report),
        ReportFormat::Text => show(&report, &plan).map_err(Stop::Output)?,
    }
    Ok(ExitStatus::Done)
}

/// The options in the entry: the client starts the server with them.
fn entry_arguments(global: &Global, machine: &Machine) -> Vec<String> {
    let mut arguments = Vec::new();
    if global.demo {
        arguments.push("--demo".to_owned());
    }
    if global.demo_oauth {
        arguments.push("--demo-oauth".to_owned());
    }
    for (option, value) in [
        ("--demo-fault", &global.demo_fault),
        ("--demo-quirk", &global.demo_quirk),
    ] {
        if let Some(value) = value {
            arguments.extend([option.to_owned(), value.clone()]);
        }
    }
    if let Some(file) = &global.config {
        let file = machine.absolute(file).display().to_string();
        arguments.extend(["--config".to_owned(), file]);
    }
    arguments
}

/// The action as reports name it.
fn action_name(action: Action, is_dry: bool) -> &'static str {
    match (action, is_dry) {
        (Action::Add, false) => "added",
        (Action::Add, true) => "would be added",
        (Action::Update, false) => "updated",
        (Action::Update, true) => "would be updated",
        (Action::Keep, _) => "unchanged",
        (Action::Remove, false) => "removed",
        (Action::Remove, true) => "would be removed",
        (Action::Absent, _) => "absent",
    }
}

fn show(report: &Report, plan: &Plan) -> std::io::Result<()> {
    const BOLD: Style = Style::new().bold();
    const DIM: Style = Style::new().dimmed();
    const WARNING: Style = AnsiColor::Yellow.on_default();
    // Removes the colours unless stdout is a terminal.
    let mut stdout = anstream::stdout().lock();
    let (client, file) = (plan.client.title(), printable(&report.file.display().to_string()));
    let preposition = match plan.action {
        Action::Add => "to",
        Action::Remove => "from",
        _ => "in",
    };
    writeln!(
        stdout,
        "{BOLD}{client}{BOLD:#}: `{}` {} {preposition} {file}",
        report.name, report.action
    )?;
    if let Some(entry) = &report.entry
        && plan.action != Action::Absent
    {
        for line in snippet(plan.client, report.name, entry).lines() {
            writeln!(stdout, "  {DIM}{}{DIM:#}", printable(line))?;
        }
    }
    if let Some(backup) = &report.backup {
        writeln!(
            stdout,
            "the file as it was: {}",
            printable(&backup.display().to_string())
        )?;
    }
    for warning in &report.warnings {
        writeln!(stdout, "{WARNING}warning:{WARNING:#} {}", printable(warning))?;
    }
    for (number, step) in report.next.iter().enumerate() {
        writeln!(
            stdout,
            "{:>5} {}. {}",
            if number == 0 { "next:" } else { "" },
            number + 1,
            printable(step)
        )?;
    }
    stdout.flush()
}

impl ValueEnum for Client {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()))
    }
}

/// A client as `--list` shows it.
#[derive(Debug, Serialize)]
struct Listed {
    client: &'static str,
    title: &'static str,
    file: PathBuf,
    /// Where the client was found. `None` if it was not found.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<PathBuf>,
    /// `installed`, `not installed`, `another copy`, `program missing`, `another server` or `broken file`.
    state: &'static str,
    /// True if the file begins with a byte order mark, and the client may not be able to read such a file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    byte_order_mark: bool,
}

fn list(format: ReportFormat, global: &Global, machine: &Machine) -> Result<ExitStatus, Stop> {
    let name = global.server_name();
    let clients: Vec<Listed> = Client::ALL
        .iter()
        .map(|&client| Listed {
            client: client.name(),
            title: client.title(),
            file: client.file(machine),
            found: client.find_on(machine),
            byte_order_mark: client.byte_order_mark() != ByteOrderMark::Read
                && SettingsFile::read(&client.file(machine)).is_ok_and(|file| file.has_byte_order_mark()),
            state: match Plan::to_remove(client, name, machine, false) {
                Ok(plan) if plan.action == Action::Remove => match &plan.replaces {
                    None => "installed",
                    Some(command) if machine.find_program(command).is_none() => "program missing",
                    Some(_) => "another copy",
                },
                Ok(_) => "not installed",
                Err(crate::clients::installation::Error::NotOurs { .. }) => "another server",
                Err(_) => "broken file",
            },
        })
        .collect();
    if format == ReportFormat::Json {
        return print_json(&clients);
    }
    let rows = clients.iter().map(|client| {
        let found = if client.found.is_some() { "found" } else { "not found" };
        let file = printable(&client.file.display().to_string());
        let state = match client.byte_order_mark {
            true => format!("{}, byte order mark", client.state),
            false => client.state.to_owned(),
        };
        [client.client.to_owned(), found.to_owned(), state, file]
    });
    print(&table::rows(&["Client", "On this machine", "Server", "File"], rows))
}
