//! Finds the row of the fix-it table for an error code and an HTTP status.

use std::ops::RangeInclusive;

use super::fix::Fix;
use super::table::FIXES;

/// HTTP statuses of temporary failures: a later call may succeed.
///
/// `portal/retry.rs` lists the statuses after which the portal client itself retries. Its list does not have 429, for
/// which it has a separate rule. The two lists answer different questions, and this room imports no other room.
const PASSING_STATUSES: [RangeInclusive<u16>; 3] = [408..=408, 429..=429, 500..=u16::MAX];

pub(super) fn is_passing(http_status: u16) -> bool {
    PASSING_STATUSES.iter().any(|statuses| statuses.contains(&http_status))
}

/// Finds the row for `code` and `http_status`. `None` if the table has no such row; then [`Failure`](super::Failure)
/// has general advice.
///
/// A row that names the status wins, then the row without statuses, then the first row. A first row for lasting
/// failures only does not answer a temporary status.
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

/// The rows for `code`; several where the meaning depends on the HTTP status.
pub fn rows(code: &str) -> impl Iterator<Item = &'static Fix> {
    FIXES.iter().filter(move |fix| fix.is_for_code(code))
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
