//! A failure with its advice, as tool results carry it and the command line prints it. Pure.

use std::fmt;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audience::Audience;
use super::fix::{Fix, Retry, Who};
use super::lookup::{is_passing, lookup};

/// A failure without advice, from which a [`Failure`] is made.
#[derive(Debug, Clone, Default)]
pub struct KnownFailure {
    /// The code to look up.
    pub code: String,
    /// HTTP status of the portal's reply.
    pub http_status: Option<u16>,
    /// What happened, without advice.
    pub message: String,
    /// Arguments at fault: field and problem.
    pub validation: Vec<(String, String)>,
    /// Requests sent.
    pub attempts: u32,
    /// How long to wait before calling again, if the portal's reply said so.
    pub retry_after: Option<Duration>,
}

/// What went wrong, what it means and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Error code of the portal, or of this server.
    pub code: String,
    /// HTTP status of the portal's reply, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// What happened.
    pub message: String,
    /// What it means.
    pub meaning: String,
    /// Steps, in order.
    pub fix: Vec<String>,
    /// Who can take them.
    pub who: Who,
    /// Whether calling again helps.
    pub retry: Retry,
    /// Seconds to wait before calling again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_seconds: Option<u32>,
    /// Arguments at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validation: Vec<FieldProblem>,
    /// Requests sent; absent if it was one or none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Documentation page.
    pub docs: String,
}

/// An argument at fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldProblem {
    /// Path of the argument.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl Failure {
    /// The failure with the advice that helps this audience.
    pub fn new(audience: Audience, known: KnownFailure) -> Self {
        let KnownFailure {
            code,
            http_status,
            message,
            validation,
            attempts,
            retry_after,
        } = known;
        let row = lookup(audience, &code, http_status);
        let fix = row.copied().unwrap_or_else(|| general_advice(http_status, audience));
        let meaning = match row {
            Some(row) => row.meaning.to_owned(),
            None => unknown_meaning(&code, http_status),
        };
        Self {
            code,
            http_status,
            message,
            meaning,
            fix: fix.steps.iter().map(|step| (*step).to_owned()).collect(),
            who: fix.who,
            retry: fix.retry,
            retry_after_seconds: match fix.retry {
                Retry::Later => retry_after.map(whole_seconds).or(fix.retry_after_seconds),
                Retry::Now | Retry::Never => None,
            },
            validation: validation
                .into_iter()
                .map(|(field, message)| FieldProblem { field, message })
                .collect(),
            attempts: (attempts > 1).then_some(attempts),
            docs: fix.docs(),
        }
    }
}

/// Advice for a code that the table does not have. Its meaning is empty; [`unknown_meaning`] returns the meaning.
fn general_advice(http_status: Option<u16>, audience: Audience) -> Fix {
    const LOOK_UP: &str = "Look the code up in the documentation, or ask Bitrix24 support.";
    let fix = Fix {
        code: "*",
        statuses: &[],
        meaning: "",
        who: Who::User,
        steps: &["Note code and status.", LOOK_UP],
        retry: Retry::Never,
        retry_after_seconds: None,
        page: "api-reference/rest-v3.html",
    };
    match http_status {
        Some(status) if is_passing(status) => Fix {
            who: Who::Assistant,
            steps: &["Wait, then call again.", LOOK_UP],
            retry: Retry::Later,
            ..fix.after(30)
        },
        Some(401 | 403) if audience == Audience::OnePerson => Fix {
            steps: &["Check the webhook, its permissions and its owner.", LOOK_UP],
            ..fix
        },
        _ => fix,
    }
}

fn whole_seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis().div_ceil(1000))
        .unwrap_or(u32::MAX)
        .max(1)
}

fn unknown_meaning(code: &str, http_status: Option<u16>) -> String {
    match http_status {
        Some(status) => format!("The portal's code {code} with HTTP {status} is not documented."),
        None => format!("The code {code} is not documented."),
    }
}

/// Writes the failure and all its advice as text that needs no context.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Failed: {}\nCode: {}", self.message, self.code)?;
        if let Some(status) = self.http_status {
            write!(f, ", HTTP {status}")?;
        }
        write!(f, "\nMeaning: {}\nFix (who: {}):", self.meaning, self.who.as_str())?;
        for (index, step) in self.fix.iter().enumerate() {
            write!(f, "\n{}. {step}", index + 1)?;
        }
        for problem in &self.validation {
            write!(f, "\nArgument {}: {}", problem.field, problem.message)?;
        }
        write!(f, "\nRetry: {}", self.retry.as_str())?;
        if let Some(seconds) = self.retry_after_seconds {
            write!(f, ", after {seconds} s")?;
        }
        if let Some(attempts) = self.attempts {
            write!(f, "\nAttempts: {attempts}")?;
        }
        write!(f, "\nDocs: {}", self.docs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_code_gets_general_advice_that_quotes_code_and_status() {
        let report = KnownFailure {
            code: "SOMETHING_NEW".into(),
            http_status: Some(418),
            ..KnownFailure::default()
        };
        let failure = Failure::new(Audience::OnePerson, report);
        assert!(failure.meaning.contains("SOMETHING_NEW") && failure.meaning.contains("418"));
        assert_eq!((failure.who, failure.retry), (Who::User, Retry::Never));
        for status in [408, 429, 500, 503] {
            let report = KnownFailure {
                code: "SOMETHING_NEW".into(),
                http_status: Some(status),
                ..KnownFailure::default()
            };
            assert_eq!(
                Failure::new(Audience::OnePerson, report).retry,
                Retry::Later,
                "{status}"
            );
        }
    }

    #[test]
    fn names_are_the_same_in_text_and_in_json() {
        for retry in [Retry::Never, Retry::Later, Retry::Now] {
            assert_eq!(serde_json::to_value(retry).unwrap(), retry.as_str());
        }
        for who in [
            Who::Assistant,
            Who::User,
            Who::PortalAdmin,
            Who::Bitrix24Support,
            Who::Operator,
        ] {
            assert_eq!(serde_json::to_value(who).unwrap(), who.as_str());
        }
    }

    #[test]
    fn text_and_structure_hold_the_same_facts() {
        let failure = Failure::new(
            Audience::OnePerson,
            KnownFailure {
                code: "QUERY_LIMIT_EXCEEDED".into(),
                http_status: Some(503),
                message: "too fast".into(),
                validation: vec![("a".into(), "b".into())],
                attempts: 3,
                retry_after: Some(Duration::from_millis(1500)),
            },
        );
        let text = failure.to_string();
        for fact in [
            "QUERY_LIMIT_EXCEEDED",
            "503",
            "too fast",
            "a: b",
            &failure.meaning,
            &failure.docs,
            "after 2 s",
            "Attempts: 3",
        ] {
            assert!(text.contains(fact), "{fact} is missing in:\n{text}");
        }
        assert!(failure.fix.iter().all(|step| text.contains(step)));
    }
}
