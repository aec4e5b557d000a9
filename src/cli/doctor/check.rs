//! The result of one check of `doctor` with its advice, and the report of all checks.

use serde::{Deserialize, Serialize};

use crate::address_book;
use crate::cli::report::{coded, printable};
use crate::fixit::{Audience, Failure};
use crate::mcp;
use crate::portal::{Finding, Remedy, Status};

/// The results of all checks, in the form of the JSON output.
#[derive(Serialize, Deserialize)]
pub(super) struct Report {
    /// True if no check failed.
    pub(super) ok: bool,
    pub(super) checks: Vec<Check>,
}

/// The result of one check.
#[derive(Serialize, Deserialize)]
pub(super) struct Check {
    pub(super) name: String,
    pub(super) status: Status,
    /// What the check found.
    pub(super) saw: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fix: Option<Fix>,
}

/// The advice of a check that did not pass.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Fix {
    /// Advice from the fix-it table.
    Failure(Box<Failure>),
    /// The check's own steps.
    Steps { fix: Vec<String> },
}

impl Check {
    /// The finding, with the advice that helps this audience.
    pub(super) fn of(audience: Audience, finding: Finding) -> Self {
        let fix = finding.remedy.map(|remedy| match remedy {
            Remedy::Failure(failed) => {
                Fix::Failure(Box::new(mcp::failure(audience, &address_book::Error::Portal(failed))))
            }
            Remedy::Steps(fix) => Fix::Steps { fix },
        });
        Self {
            name: finding.name.to_owned(),
            status: finding.status,
            saw: finding.saw,
            fix,
        }
    }

    fn new(name: &str, status: Status, saw: impl Into<String>, steps: &[&str]) -> Self {
        let fix: Vec<_> = steps.iter().map(|step| (*step).to_owned()).collect();
        Self {
            name: name.to_owned(),
            status,
            saw: saw.into(),
            fix: (!fix.is_empty()).then_some(Fix::Steps { fix }),
        }
    }

    pub(super) fn ok(name: &str, saw: impl Into<String>) -> Self {
        Self::new(name, Status::Ok, saw, &[])
    }

    pub(super) fn warning(name: &str, saw: impl Into<String>, steps: &[&str]) -> Self {
        Self::new(name, Status::Warning, saw, steps)
    }

    pub(super) fn failed(name: &str, saw: impl Into<String>, steps: &[&str]) -> Self {
        Self::new(name, Status::Failed, saw, steps)
    }

    pub(super) fn skipped(name: &str, reason: &str) -> Self {
        Self::new(name, Status::Skipped, reason, &[])
    }

    /// The check with its texts made safe for a terminal, where JSON may be shown too.
    pub(super) fn printable(mut self) -> Self {
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

    pub(super) fn is_failed(&self) -> bool {
        self.status == Status::Failed
    }

    /// What to do, as pairs of label and text.
    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
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
