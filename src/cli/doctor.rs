//! `doctor`: checks each step on the way to the address book, and prints what to do about the steps that fail. With
//! `--client` it checks how a client would start this server, and then the portal with the settings that the client
//! passes on. With `--team` it checks the settings of a team's server.

mod check;
mod client;
mod team;

use std::io::Write;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::Args;

use super::exit::{ExitStatus, Stop};
use super::format::ReportFormat;
use super::global::Global;
use super::stdout::print_json;
use super::wiring::Wiring;
use crate::clients::Client;
use crate::clients::machine::Machine;
use crate::config;
use crate::fixit::Audience;
use crate::portal::{Finding, Portal, Remedy, Status};
use check::{Check, Report};

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp doctor
  bitrix24-mail-mcp doctor --format json | jq '.checks[] | select(.status != \"ok\")'
  bitrix24-mail-mcp doctor --client claude-code
  bitrix24-mail-mcp doctor --team
  bitrix24-mail-mcp doctor --demo-fault wrong-secret";

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Check the command that this client would start, in the environment it would pass on, with an MCP handshake.
    #[arg(long, value_name = "NAME")]
    pub(super) client: Option<Client>,
    /// Check the settings of `serve --team`: store, server key, public URL, portal and application.
    #[arg(long, conflicts_with = "client")]
    pub(super) team: bool,
    /// With --client: also start the program, or contact the server, that a settings file of the current folder names,
    /// after printing what is started or contacted.
    #[arg(long, requires = "client")]
    trust_folder: bool,
    /// With --client: also start a program other than this one, after printing what is passed to it.
    #[arg(long, requires = "client")]
    run_other_program: bool,
    /// What to print: lines for people, or JSON on one line.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: ReportFormat,
}

/// Checks the portal, with the settings of this shell.
pub(super) async fn run(arguments: &Arguments, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    let portal = wiring.book.portal();
    let findings = match portal.origin() {
        Ok(origin) => {
            let secret_files = wiring.secret_files.iter().map(PathBuf::as_path);
            let mut findings = vec![Finding::ok_if_private("settings", &wiring.settings_line, secret_files)];
            if let Some(store) = &wiring.store {
                findings.push(store.check().await);
            }
            tokio::select! {
                found = portal.self_check(&origin) => findings.extend(found),
                () = wiring.interruption.requested.cancelled() => return Ok(ExitStatus::Interrupted),
            }
            findings
        }
        Err(error) => {
            let mut settings = Finding::failed("settings", error);
            settings.saw = format!("{} ({})", settings.saw, wiring.settings_line);
            let rest = Portal::self_check_names().map(|name| Finding::skipped(name, "because settings failed"));
            std::iter::once(settings).chain(rest).collect()
        }
    };
    let status = status_of(&findings, wiring);
    report(findings.into_iter().map(of_one_person).collect(), arguments.format)?;
    Ok(status)
}

/// Checks a client, and the portal with the settings that the client would pass on. `has_command` returns true if its
/// arguments name a command of this program.
pub(super) async fn run_for(
    client: Client,
    arguments: &Arguments,
    global: &Global,
    has_command: impl Fn(&[String]) -> bool,
) -> Result<ExitStatus, Stop> {
    let machine = Machine::here()?;
    let allowed = client::Allowed {
        folder: arguments.trust_folder,
        other_program: arguments.run_other_program,
    };
    let checks = client::examine(client, allowed, global, &machine, has_command).await?;
    let has_failed = checks.iter().any(Check::is_failed);
    report(checks, arguments.format)?;
    Ok(if has_failed {
        ExitStatus::Failed
    } else {
        ExitStatus::Done
    })
}

/// Checks everything that a team's server needs.
pub(super) async fn run_for_team(arguments: &Arguments, settings: &config::Settings) -> Result<ExitStatus, Stop> {
    let (checks, is_about_settings) = team::examine(settings).await;
    let has_failed = checks.iter().any(Check::is_failed);
    report(checks, arguments.format)?;
    Ok(match (has_failed, is_about_settings) {
        (false, _) => ExitStatus::Done,
        (true, true) => ExitStatus::Usage,
        (true, false) => ExitStatus::Failed,
    })
}

fn of_one_person(finding: Finding) -> Check {
    Check::of(Audience::OnePerson, finding)
}

fn report(checks: Vec<Check>, format: ReportFormat) -> Result<(), Stop> {
    let checks: Vec<Check> = checks.into_iter().map(Check::printable).collect();
    match format {
        ReportFormat::Json => {
            let report = Report {
                ok: !checks.iter().any(Check::is_failed),
                checks,
            };
            print_json(&report)?;
        }
        ReportFormat::Text => show(&checks).map_err(Stop::Output)?,
    }
    Ok(())
}

fn status_of(findings: &[Finding], wiring: &Wiring) -> ExitStatus {
    let mut failed = findings
        .iter()
        .filter(|finding| finding.status == Status::Failed)
        .peekable();
    if failed.peek().is_none() {
        return ExitStatus::Done;
    }
    let is_about_settings = |finding: &Finding| matches!(&finding.remedy, Some(Remedy::Failure(failed)) if failed.error.is_about_settings());
    if wiring.is_live() && failed.any(is_about_settings) {
        ExitStatus::Usage
    } else {
        ExitStatus::Failed
    }
}

/// Prints a line for each check, the advice indented below it, and a summary at the end.
fn show(checks: &[Check]) -> std::io::Result<()> {
    const DIM: Style = Style::new().dimmed();
    // Removes the colours unless stdout is a terminal.
    let mut stdout = anstream::stdout().lock();
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for check in checks {
        let (style, mark, word) = match check.status {
            Status::Ok => (AnsiColor::Green.on_default(), '✓', "ok"),
            Status::Warning => (AnsiColor::Yellow.on_default(), '!', "warn"),
            Status::Failed => (AnsiColor::Red.on_default().bold(), '✗', "FAIL"),
            Status::Skipped => (DIM, '-', "skip"),
        };
        writeln!(
            stdout,
            "{style}{mark} {word:<4}{style:#} {:<width$}  {}",
            check.name, check.saw
        )?;
        for (label, text) in check.lines() {
            writeln!(stdout, "{:8}{DIM}{label:<8}{DIM:#} {text}", "")?;
        }
    }
    let count = |status: Status| checks.iter().filter(|check| check.status == status).count();
    match (count(Status::Failed), count(Status::Warning)) {
        (0, 0) => writeln!(stdout, "all well")?,
        (0, warnings) => writeln!(stdout, "nothing failed, {} to look at", warnings)?,
        (1, _) => writeln!(stdout, "1 check failed")?,
        (failed, _) => writeln!(stdout, "{failed} checks failed")?,
    }
    stdout.flush()
}
