//! `doctor`: what works on the way to the address book, what does not, and what to do about it.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use clap::{Args, ValueEnum};
use serde::Serialize;

use super::wiring::Wiring;
use super::{ExitStatus, Stop, print};
use crate::address_book;
use crate::fixit::Failure;
use crate::portal::{Finding, Portal, Remedy, Status};

pub(super) const EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp doctor
  bitrix24-mail-mcp doctor --format json | jq '.checks[] | select(.status != \"ok\")'
  bitrix24-mail-mcp doctor --demo-fault wrong-secret";

/// Arguments of `doctor`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What to print: lines for people, or JSON on one line.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// All checks, as JSON shows them.
#[derive(Serialize)]
struct Report {
    /// No check failed.
    ok: bool,
    checks: Vec<Check>,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    status: &'static str,
    saw: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Advice>,
}

/// Advice from the fix-it table, or steps of a check's own.
#[derive(Serialize)]
#[serde(untagged)]
enum Advice {
    Failure(Box<Failure>),
    Steps { fix: Vec<String> },
}

pub(super) async fn run(arguments: &Arguments, wiring: &Wiring) -> Result<ExitStatus, Stop> {
    let portal = wiring.book.portal();
    let findings = match portal.origin() {
        Ok(origin) => {
            let mut findings = vec![Finding::ok("settings", &wiring.given)];
            findings.extend(portal.examine(&origin).await);
            findings
        }
        Err(error) => {
            let mut settings = Finding::failed("settings", error);
            settings.saw = format!("{} ({})", settings.saw, wiring.given);
            let rest = Portal::checks().map(|name| Finding::skipped(name, "because settings failed"));
            std::iter::once(settings).chain(rest).collect()
        }
    };
    let status = status_of(&findings, wiring);
    match arguments.format {
        Format::Json => {
            let report = Report {
                ok: findings.iter().all(|finding| finding.status != Status::Failed),
                checks: findings.into_iter().map(Check::from).collect(),
            };
            let line = serde_json::to_string(&report).map_err(|error| Stop::Output(error.into()))?;
            print(&format!("{line}\n"))?;
        }
        Format::Text => show(findings).map_err(Stop::Output)?,
    }
    Ok(status)
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
        Self {
            name: finding.name,
            status: match finding.status {
                Status::Ok => "ok",
                Status::Warning => "warning",
                Status::Failed => "failed",
                Status::Skipped => "skipped",
            },
            saw: finding.saw,
            fix: finding.remedy.map(|remedy| match remedy {
                Remedy::Failure(failed) => {
                    Advice::Failure(Box::new(Failure::from(&address_book::Error::Portal(failed))))
                }
                Remedy::Steps(fix) => Advice::Steps { fix },
            }),
        }
    }
}

/// One line a check, what to do indented under it, and a last line that says it all.
fn show(findings: Vec<Finding>) -> std::io::Result<()> {
    const DIM: Style = Style::new().dimmed();
    // Colours are taken out of it unless it is a terminal.
    let mut stdout = anstream::stdout().lock();
    let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
    let mut failed = 0;
    for finding in findings {
        let (style, mark, word) = match finding.status {
            Status::Ok => (AnsiColor::Green.on_default(), '✓', "ok"),
            Status::Warning => (AnsiColor::Yellow.on_default(), '!', "warn"),
            Status::Failed => (AnsiColor::Red.on_default().bold(), '✗', "FAIL"),
            Status::Skipped => (DIM, '-', "skip"),
        };
        failed += usize::from(finding.status == Status::Failed);
        let check = Check::from(finding);
        writeln!(
            stdout,
            "{style}{mark} {word:<4}{style:#} {:<width$}  {}",
            check.name, check.saw
        )?;
        for (label, text) in check.fix.iter().flat_map(Advice::lines) {
            writeln!(stdout, "{:8}{DIM}{label:<8}{DIM:#} {text}", "")?;
        }
    }
    match failed {
        0 => writeln!(stdout, "all well")?,
        1 => writeln!(stdout, "1 check failed")?,
        failed => writeln!(stdout, "{failed} checks failed")?,
    }
    stdout.flush()
}

impl Advice {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let steps = |fix: &[String]| -> Vec<_> { fix.iter().map(|step| ("fix:", step.clone())).collect() };
        match self {
            Self::Steps { fix } => steps(fix),
            Self::Failure(failure) => {
                let code = match failure.http_status {
                    Some(status) => format!("{} (HTTP {status})", failure.code),
                    None => failure.code.clone(),
                };
                let mut lines = vec![("code:", code), ("meaning:", failure.meaning.clone())];
                lines.extend(steps(&failure.fix));
                lines.push(("who:", failure.who.as_str().to_owned()));
                lines.push(("docs:", failure.docs.clone()));
                lines
            }
        }
    }
}
