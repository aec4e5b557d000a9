//! Finds the row of the fix-it table for an error code and an HTTP status.

use std::ops::RangeInclusive;

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

/// Finds the row for `code` and `http_status` in one-person modes. `None` if the table has no such row; then
/// [`Failure`](super::Failure) has general advice.
///
/// A row that names the status wins, then the row without statuses, then the first row. A first row for lasting
/// failures only does not answer a temporary status.
pub fn lookup(code: &str, http_status: Option<u16>) -> Option<&'static Fix> {
    best(|| rows(code), http_status)
}

/// Finds the row for `code` and `http_status` for a call of a team server's employee; else as [`lookup`].
pub fn lookup_in_a_team(code: &str, http_status: Option<u16>) -> Option<&'static Fix> {
    best(|| rows_in_a_team(code), http_status)
}

fn best<I: Iterator<Item = &'static Fix>>(rows: impl Fn() -> I, http_status: Option<u16>) -> Option<&'static Fix> {
    rows()
        .find(|fix| http_status.is_some_and(|status| fix.statuses.contains(&status)))
        .or_else(|| rows().find(|fix| fix.statuses.is_empty()))
        .or_else(|| {
            let first = rows().next()?;
            let contradicts = http_status.is_some_and(is_passing) && !first.statuses.iter().copied().any(is_passing);
            (!contradicts).then_some(first)
        })
}

/// The rows for `code`; several where the meaning depends on the HTTP status.
pub fn rows(code: &str) -> impl Iterator<Item = &'static Fix> {
    FIXES.iter().filter(move |fix| fix.is_for_code(code))
}

/// The rows for `code` for the calls of a team server's employees.
pub fn rows_in_a_team(code: &str) -> impl Iterator<Item = &'static Fix> {
    fixes_in_a_team().filter(move |fix| fix.is_for_code(code))
}

/// The rows for the calls of a team server's employees: those of [`TEAM_FIXES`], and those of [`FIXES`] that these do
/// not replace.
pub fn fixes_in_a_team() -> impl Iterator<Item = &'static Fix> {
    let is_replaced = |fix: &&Fix| {
        let mut others = TEAM_FIXES.iter();
        others.any(|other| other.code == fix.code && other.statuses == fix.statuses)
    };
    TEAM_FIXES
        .iter()
        .chain(FIXES.iter().filter(move |fix| !is_replaced(fix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_says_something_and_no_row_is_shadowed() {
        type Find = fn(&str, Option<u16>) -> Option<&'static Fix>;
        let both: [(Vec<&Fix>, Find); 2] = [
            (FIXES.iter().collect(), lookup),
            (fixes_in_a_team().collect(), lookup_in_a_team),
        ];
        for (fix, find) in both
            .iter()
            .flat_map(|(fixes, find)| fixes.iter().map(move |fix| (*fix, find)))
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
            assert_eq!(find(fix.code, status), Some(fix), "{} is shadowed", fix.code);
        }
    }

    #[test]
    fn each_row_for_teams_replaces_one_row_in_a_team_only() {
        assert_eq!(fixes_in_a_team().count(), FIXES.len());
        for fix in TEAM_FIXES {
            let status = fix.statuses.first().copied();
            let (general, in_a_team) = (lookup(fix.code, status), lookup_in_a_team(fix.code, status));
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
            assert_eq!(lookup_in_a_team(code, status), lookup(code, status), "{code}");
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
