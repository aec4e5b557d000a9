//! Finds the row of the fix-it table for an error code and an HTTP status.

use std::ops::RangeInclusive;

use super::audience::Audience;
use super::fix::Fix;
use super::table::FIXES;
use super::team::TEAM_FIXES;

/// HTTP statuses of temporary failures: a later call may succeed.
///
/// `portal/retry.rs` lists the statuses after which the portal client itself retries. Its list does not have 429, for
/// which it has a separate rule. The two lists answer different questions, and this room imports no other room.
const PASSING_STATUSES: [RangeInclusive<u16>; 3] = [408..=408, 429..=429, 500..=u16::MAX];

pub(super) fn is_passing(http_status: u16) -> bool {
    PASSING_STATUSES.iter().any(|statuses| statuses.contains(&http_status))
}

/// Finds the row for `code` and `http_status`. `None` if the table has no such row; then
/// [`Failure`](super::Failure) has general advice.
///
/// A row that names the status wins, then the row without statuses, then the first row. A first row for lasting
/// failures only does not answer a temporary status.
pub fn lookup(audience: Audience, code: &str, http_status: Option<u16>) -> Option<&'static Fix> {
    rows(audience, code)
        .find(|fix| http_status.is_some_and(|status| fix.statuses.contains(&status)))
        .or_else(|| rows(audience, code).find(|fix| fix.statuses.is_empty()))
        .or_else(|| {
            let first = rows(audience, code).next()?;
            let contradicts = http_status.is_some_and(is_passing) && !first.statuses.iter().copied().any(is_passing);
            (!contradicts).then_some(first)
        })
}

/// The rows for `code`; several where the meaning depends on the HTTP status.
pub fn rows(audience: Audience, code: &str) -> impl Iterator<Item = &'static Fix> {
    fixes(audience).filter(move |fix| fix.is_for_code(code))
}

/// All rows: for a team those of [`TEAM_FIXES`], and those of [`FIXES`] that these do not replace.
pub fn fixes(audience: Audience) -> impl Iterator<Item = &'static Fix> {
    let for_teams: &[Fix] = match audience {
        Audience::OnePerson => &[],
        Audience::Team => TEAM_FIXES,
    };
    let is_replaced = |fix: &&Fix| {
        let mut others = for_teams.iter();
        others.any(|other| other.code == fix.code && other.statuses == fix.statuses)
    };
    for_teams
        .iter()
        .chain(FIXES.iter().filter(move |fix| !is_replaced(fix)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixit::fix::Who;

    #[test]
    fn every_row_says_something_and_no_row_is_shadowed() {
        let both = [Audience::OnePerson, Audience::Team];
        for (audience, fix) in both
            .into_iter()
            .flat_map(|audience| fixes(audience).map(move |fix| (audience, fix)))
        {
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
            assert_eq!(
                lookup(audience, fix.code, status),
                Some(fix),
                "{} is shadowed",
                fix.code
            );
        }
    }

    #[test]
    fn each_row_for_teams_replaces_one_row_in_a_team_only() {
        assert_eq!(fixes(Audience::Team).count(), FIXES.len());
        for fix in TEAM_FIXES {
            let status = fix.statuses.first().copied();
            let (general, in_a_team) = (
                lookup(Audience::OnePerson, fix.code, status),
                lookup(Audience::Team, fix.code, status),
            );
            assert_eq!(in_a_team, Some(fix));
            assert_ne!(general, Some(fix), "{}", fix.code);
            assert_eq!(general.unwrap().statuses, fix.statuses, "{}", fix.code);
        }
        for (code, status) in [
            ("ERROR_WITHOUT_CODE", 503),
            ("QUERY_LIMIT_EXCEEDED", 503),
            ("BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", 400),
        ] {
            let status = Some(status);
            assert_eq!(
                lookup(Audience::Team, code, status),
                lookup(Audience::OnePerson, code, status),
                "{code}"
            );
        }
    }

    /// An employee has neither a webhook nor a terminal on the server's machine.
    #[test]
    fn no_row_for_teams_speaks_of_a_webhook_or_of_login() {
        for fix in TEAM_FIXES {
            for text in fix.steps.iter().chain([&fix.meaning]) {
                assert!(
                    !text.to_lowercase().contains("webhook") && !text.contains("mcp login"),
                    "{}: {text}",
                    fix.code
                );
            }
        }
    }

    #[test]
    fn an_operator_of_a_teams_server_is_not_sent_to_the_webhook_that_it_does_not_have() {
        let for_operators = fixes(Audience::Team).filter(|fix| fix.who == Who::Operator);
        for fix in for_operators {
            let names_a_webhook = |step: &&str| step.contains("WEBHOOK");
            assert_eq!(
                fix.steps.iter().find(|step| names_a_webhook(step)),
                None,
                "{}",
                fix.code
            );
        }
    }

    #[test]
    fn the_status_chooses_where_a_code_has_two_meanings() {
        let code = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";
        let (unauthorised, forbidden) = (
            lookup(Audience::OnePerson, code, Some(401)).unwrap(),
            lookup(Audience::OnePerson, code, Some(403)).unwrap(),
        );
        assert_ne!(unauthorised.meaning, forbidden.meaning);
        assert_eq!(
            lookup(Audience::OnePerson, code, Some(200)),
            Some(unauthorised),
            "without a status of its own, the first row"
        );
    }

    #[test]
    fn codes_compare_without_case_and_a_star_stands_for_any_ending() {
        assert_eq!(
            lookup(Audience::OnePerson, "EXPIRED_TOKEN", None),
            lookup(Audience::OnePerson, "expired_token", None)
        );
        assert!(lookup(Audience::OnePerson, "crm_email_anything", None).is_some());
        assert!(
            lookup(Audience::OnePerson, "", None).is_none()
                && lookup(Audience::OnePerson, "нет", None).is_none()
                && lookup(Audience::OnePerson, "NOTE", None).is_none()
        );
    }
}
