//! One check and its outcome.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::exposure::exposures;
use crate::portal::failed::Failed;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The check passed.
    Ok,
    /// The check passed, but something should be improved.
    Warning,
    /// The check failed.
    Failed,
    /// Not checked; [`Finding::saw`] says why.
    Skipped,
}

/// What to do about a finding.
#[derive(Debug, Clone)]
pub enum Remedy {
    /// The advice for this failure.
    Failure(Failed),
    /// These steps.
    Steps(Vec<String>),
}

/// One check and its outcome.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The name of the check.
    pub name: &'static str,
    /// How the check ended.
    pub status: Status,
    /// The observation of the check, in one line, without any secret.
    pub saw: String,
    /// The advice; `None` if there is nothing to do.
    pub remedy: Option<Remedy>,
}

impl Finding {
    /// The check passed.
    pub fn ok(name: &'static str, saw: impl Into<String>) -> Self {
        Self::of(name, Status::Ok, saw.into(), None)
    }

    /// The check was skipped because of `reason`.
    pub fn skipped(name: &'static str, reason: impl Into<String>) -> Self {
        Self::of(name, Status::Skipped, reason.into(), None)
    }

    /// The check passed, but `steps` would improve the result.
    pub fn warning(name: &'static str, saw: impl Into<String>, steps: &[&str]) -> Self {
        let steps = steps.iter().map(|step| (*step).to_owned()).collect();
        Self::of(name, Status::Warning, saw.into(), Some(Remedy::Steps(steps)))
    }

    /// The check passed; or a warning, if other users can read or replace one of `secret_files`.
    pub fn ok_if_private<'a>(
        name: &'static str,
        saw: impl Into<String>,
        secret_files: impl IntoIterator<Item = &'a Path>,
    ) -> Self {
        let exposures: Vec<_> = secret_files.into_iter().flat_map(exposures).collect();
        if exposures.is_empty() {
            return Self::ok(name, saw);
        }
        let (exposed, steps): (Vec<_>, Vec<_>) = exposures.into_iter().map(|found| (found.saw, found.step)).unzip();
        let saw = format!("{}; {}", saw.into(), exposed.join("; "));
        Self::of(name, Status::Warning, saw, Some(Remedy::Steps(steps)))
    }

    /// The check failed because of `failure`.
    pub fn failed(name: &'static str, failure: impl Into<Failed>) -> Self {
        let failure = failure.into();
        Self::of(
            name,
            Status::Failed,
            failure.to_string(),
            Some(Remedy::Failure(failure)),
        )
    }

    /// The check failed, and `steps` help.
    pub fn failed_with_steps(name: &'static str, saw: impl Into<String>, steps: &[&str]) -> Self {
        let steps = steps.iter().map(|step| (*step).to_owned()).collect();
        Self::of(name, Status::Failed, saw.into(), Some(Remedy::Steps(steps)))
    }

    fn of(name: &'static str, status: Status, saw: String, remedy: Option<Remedy>) -> Self {
        Self {
            name,
            status,
            saw,
            remedy,
        }
    }
}

/// The reason of a skipped check: the earlier check `failed` has failed.
pub(super) fn because(failed: &str) -> String {
    format!("because {failed} failed")
}
