//! `doctor`: what works on the way to the address book, what does not, and what to do about it; with `--client` also
//! what works between a client and this server.

mod client;

use std::io::Write;
use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::Args;
use serde::{Deserialize, Serialize};

use super::report::{Format, coded, printable};
use super::wiring::Wiring;
use super::{ExitStatus, Global, Stop, print_json};
use crate::address_book;
use crate::clients::Client;
use crate::clients::machine::Machine;
use crate::fixit::Failure;
use crate::portal::{Finding, Portal, Remedy, Status};

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp doctor
  bitrix24-mail-mcp doctor --format json | jq '.checks[] | select(.status != \"ok\")'
  bitrix24-mail-mcp doctor --client claude-code
  bitrix24-mail-mcp doctor --demo-fault wrong-secret";

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Check what this client would start, in the environment that it gives, and make its MCP handshake.
    #[arg(long, value_name = "NAME")]
    pub(super) client: Option<Client>,
    /// With --client: also start or contact what a file of the current folder names, and say first what that is.
    #[arg(long, requires = "client")]
    trust_folder: bool,
    /// With --client: also start a program that is not this one, and say first what it is given.
    #[arg(long, requires = "client")]
    run_other_program: bool,
    /// What to print: lines for people, or JSON on one line.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// All checks, as JSON shows them.
#[derive(Serialize, Deserialize)]
struct Report {
    /// No check failed.
    ok: bool,
    checks: Vec<Check>,
}

#[derive(Serialize, Deserialize)]
struct Check {
    name: String,
    status: Status,
    saw: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
}

/// What to do about it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Fix {
    /// Advice from the fix-it table.
    Failure(Box<Failure>),
    /// Steps of a check's own.
    Steps { fix: Vec<String> },
}

/// The portal, with the settings of this shell.
pub(super) async fn run(arguments: &Arguments, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    let portal = wiring.book.portal();
    let findings = match portal.origin() {
        Ok(origin) => {
            let secret_files = wiring.secret_files.iter().map(PathBuf::as_path);
            let mut findings = vec![Finding::ok_if_private("settings", &wiring.given, secret_files)];
            tokio::select! {
                found = portal.self_check(&origin) => findings.extend(found),
                () = wiring.interruption.asked.cancelled() => return Ok(ExitStatus::Interrupted),
            }
            findings
        }
        Err(error) => {
            let mut settings = Finding::failed("settings", error);
            settings.saw = format!("{} ({})", settings.saw, wiring.given);
            let rest = Portal::self_check_names().map(|name| Finding::skipped(name, "because settings failed"));
            std::iter::once(settings).chain(rest).collect()
        }
    };
    let status = status_of(&findings, wiring);
    report(findings.into_iter().map(Check::from).collect(), arguments.format)?;
    Ok(status)
}

/// A client, and the portal with the settings that the client would give.
pub(super) async fn run_for(client: Client, arguments: &Arguments, global: &Global) -> Result<ExitStatus, Stop> {
    let machine = Machine::here()?;
    let allowed = client::Allowed {
        folder: arguments.trust_folder,
        other_program: arguments.run_other_program,
    };
    let checks = client::examine(client, allowed, global, &machine).await?;
    let is_well = !checks.iter().any(Check::is_failed);
    report(checks, arguments.format)?;
    Ok(if is_well { ExitStatus::Done } else { ExitStatus::Failed })
}

fn report(checks: Vec<Check>, format: Format) -> Result<(), Stop> {
    let checks: Vec<Check> = checks.into_iter().map(Check::printable).collect();
    match format {
        Format::Json => {
            let report = Report {
                ok: !checks.iter().any(Check::is_failed),
                checks,
            };
            print_json(&report)?;
        }
        Format::Text => show(&checks).map_err(Stop::Output)?,
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

impl From<Finding> for Check {
    fn from(finding: Finding) -> Self {
        let fix = finding.remedy.map(|remedy| match remedy {
            Remedy::Failure(failed) => Fix::Failure(Box::new(Failure::from(&address_book::Error::Portal(failed)))),
            Remedy::Steps(fix) => Fix::Steps { fix },
        });
        Self {
            name: finding.name.to_owned(),
            status: finding.status,
            saw: finding.saw,
            fix,
        }
    }
}

impl Check {
    fn new(name: &str, status: Status, saw: impl Into<String>, steps: &[&str]) -> Self {
        let fix: Vec<_> = steps.iter().map(|step| (*step).to_owned()).collect();
        Self {
            name: name.to_owned(),
            status,
            saw: saw.into(),
            fix: (!fix.is_empty()).then_some(Fix::Steps { fix }),
        }
    }

    fn ok(name: &str, saw: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, saw, &[])
    }

    fn warning(name: &str, saw: impl Into<String>, steps: &[&str]) -> Self {
        Self::new(name, Status::Warning, saw, steps)
    }

    fn failed(name: &str, saw: impl Into<String>, steps: &[&str]) -> Self {
        Self::new(name, Status::Failed, saw, steps)
    }

    fn skipped(name: &str, reason: &str) -> Self {
        Self::new(name, Status::Skipped, reason, &[])
    }

    /// Both forms are shown on terminals.
    fn printable(mut self) -> Self {
        self.saw = printable(&self.saw);
        match &mut self.fix {
            Some(Fix::Failure(failure)) => &mut failure.fix,
            Some(Fix::Steps { fix }) => fix,
            None => return self,
        }
        .iter_mut()
        .for_each(|step| *step = printable(step));
        self
    }

    fn is_failed(&self) -> bool {
        self.status == Status::Failed
    }

    /// What to do, as labels and texts.
    fn lines(&self) -> Vec<(&'static str, String)> {
        let steps = |fix: &[String]| fix.iter().map(|step| ("fix:", step.clone())).collect();
        match &self.fix {
            None => Vec::new(),
            Some(Fix::Steps { fix }) => steps(fix),
            Some(Fix::Failure(failure)) => [
                vec![("code:", coded(failure)), ("meaning:", failure.meaning.clone())],
                steps(&failure.fix),
                vec![
                    ("who:", failure.who.as_str().to_owned()),
                    ("docs:", failure.docs.clone()),
                ],
            ]
            .concat(),
        }
    }
}

/// One line a check, what to do indented under it, and a last line that says it all.
fn show(checks: &[Check]) -> std::io::Result<()> {
    const DIM: Style = Style::new().dimmed();
    // Colours are taken out of it unless it is a terminal.
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
