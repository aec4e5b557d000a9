//! The fix-it table: for every failure, what it means, who can mend it, the steps, and whether to try again.
//!
//! [`FIXES`] is one documented slice. It drives the advice in tool results, the command line's hints and docs/errors.md.
//! This room imports no other room: a code and an HTTP status come in, advice goes out.

mod failure;
mod table;

pub use failure::{Failure, FieldProblem, KnownFailure, RetryName};
pub use table::FIXES;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Advice for one failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fix {
    /// The error code, compared without regard to case; a `*` at its end stands for any ending.
    pub code: &'static str,
    /// HTTP statuses this row is for; empty for any.
    pub statuses: &'static [u16],
    /// What the failure means.
    pub meaning: &'static str,
    /// Who can mend it.
    pub who: Who,
    /// What to do, in order.
    pub steps: &'static [&'static str],
    /// Whether trying again helps.
    pub retry: Retry,
    /// Page of Bitrix24's documentation, relative to [`DOCS`].
    pub page: &'static str,
}

/// Where Bitrix24's REST documentation lives.
pub const DOCS: &str = "https://apidocs.bitrix24.com/";

/// Who can mend a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The assistant, by calling again with other arguments or later.
    Assistant,
    /// The person whose address book it is.
    User,
    /// An administrator of the Bitrix24 portal.
    PortalAdmin,
    /// Bitrix24's technical support.
    #[serde(rename = "bitrix24_support")]
    Bitrix24Support,
    /// Whoever installed this server or runs its network.
    Operator,
}

/// Whether trying again helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not before something was changed.
    Never,
    /// After a while; with the seconds to wait where they are known.
    Later(Option<u32>),
    /// At once, with corrected arguments where the steps say so.
    Now,
}

impl Fix {
    /// The full address of the documentation page.
    pub fn docs(&self) -> String {
        format!("{DOCS}{}", self.page)
    }

    fn is_for_code(&self, code: &str) -> bool {
        match self.code.strip_suffix('*') {
            Some(start) => code
                .get(..start.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(start)),
            None => self.code.eq_ignore_ascii_case(code),
        }
    }
}

/// Finds the advice for `code`. Where one code has several rows the status chooses; a status of no row takes the row
/// without statuses, or the first, unless that would call lasting what the status calls passing. `None` means that
/// nothing is known of the code with this status; [`Failure`] then gives honest general advice.
pub fn lookup(code: &str, http_status: Option<u16>) -> Option<&'static Fix> {
    rows(code)
        .find(|fix| http_status.is_some_and(|status| fix.statuses.contains(&status)))
        .or_else(|| rows(code).find(|fix| fix.statuses.is_empty()))
        .or_else(|| {
            let first = rows(code).next()?;
            let contradicts = http_status.is_some_and(is_passing) && !first.statuses.iter().copied().any(is_passing);
            (!contradicts).then_some(first)
        })
}

/// Statuses that speak of the moment, not of the request.
fn is_passing(http_status: u16) -> bool {
    matches!(http_status, 408 | 429 | 500..)
}

impl Who {
    /// The name that goes over the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Assistant => "assistant",
            Self::User => "user",
            Self::PortalAdmin => "portal_admin",
            Self::Bitrix24Support => "bitrix24_support",
            Self::Operator => "operator",
        }
    }
}

impl Retry {
    /// Seconds to wait, where they are known.
    pub const fn after_seconds(self) -> Option<u32> {
        match self {
            Self::Later(seconds) => seconds,
            _ => None,
        }
    }
}

/// The rows that `code` may mean, one for each status where they differ.
pub fn rows(code: &str) -> impl Iterator<Item = &'static Fix> {
    FIXES.iter().filter(move |fix| fix.is_for_code(code))
}

/// The table as Markdown, for docs/errors.md.
pub fn markdown_table() -> String {
    markdown(FIXES)
}

/// Some rows of the table as Markdown.
pub fn markdown<'a>(rows: impl IntoIterator<Item = &'a Fix>) -> String {
    let mut table = String::from("| Code | HTTP | Meaning | Who | What to do | Retry |\n|---|---|---|---|---|---|\n");
    for fix in rows {
        let statuses: Vec<_> = fix.statuses.iter().map(u16::to_string).collect();
        let steps: Vec<_> = fix
            .steps
            .iter()
            .enumerate()
            .map(|(index, step)| format!("{}. {step}", index + 1))
            .collect();
        let retry = match fix.retry.after_seconds() {
            Some(seconds) => format!("{} ({seconds} s)", RetryName::from(fix.retry).as_str()),
            None => RetryName::from(fix.retry).as_str().to_owned(),
        };
        table.push_str(&format!(
            "| [`{}`]({}) | {} | {} | {} | {} | {retry} |\n",
            fix.code,
            fix.docs(),
            statuses.join(", "),
            fix.meaning,
            fix.who.as_str(),
            steps.join(" "),
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_something_and_no_row_is_shadowed() {
        for (index, fix) in FIXES.iter().enumerate() {
            assert!(
                !fix.meaning.is_empty() && !fix.steps.is_empty() && !fix.page.is_empty(),
                "{}",
                fix.code
            );
            assert!(fix.meaning.ends_with('.'), "{}", fix.code);
            assert!(
                fix.steps.iter().all(|step| step.ends_with('.') && !step.contains('|')),
                "{}",
                fix.code
            );
            let status = fix.statuses.first().copied();
            assert_eq!(lookup(fix.code, status), FIXES.get(index), "{} is shadowed", fix.code);
        }
    }

    #[test]
    fn the_status_chooses_where_a_code_has_two_meanings() {
        let code = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";
        let (unauthorised, forbidden) = (lookup(code, Some(401)).unwrap(), lookup(code, Some(403)).unwrap());
        assert_ne!(unauthorised.meaning, forbidden.meaning);
        assert_eq!(
            lookup(code, Some(200)),
            Some(unauthorised),
            "without a status of its own, the first row"
        );
    }

    #[test]
    fn codes_compare_without_case_and_a_star_stands_for_any_ending() {
        assert_eq!(lookup("EXPIRED_TOKEN", None), lookup("expired_token", None));
        assert!(lookup("crm_email_anything", None).is_some());
        assert!(lookup("", None).is_none() && lookup("нет", None).is_none() && lookup("NOTE", None).is_none());
    }
}
