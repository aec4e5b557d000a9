//! What it means for the calls of a batch that it failed. Pure.

use crate::portal::batch::may_be_one_item;
use crate::portal::error::{Error, Refusal, Speaker};
use crate::portal::retry::{self, Trouble};

/// The portal's code for a batch of too many calls.
const TOO_LONG: &str = "ERROR_BATCH_LENGTH_EXCEEDED";

/// What the failure of a batch means for its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// One of them may be at fault.
    MaybeOne,
    /// There are too many of them.
    TooLong,
    /// The portal does not take batches, or not of these calls.
    Refused,
    /// The operating time of `batch` is used up.
    UsedUp,
    /// The limit of requests, which would have stopped any.
    Limit,
    /// All fail alike.
    All,
}

pub(super) fn verdict(error: &Error) -> Verdict {
    let is_of_the_portal = |error: &Error| match error {
        Error::Unreadable { from, http_status, .. } => *from == Speaker::Portal && *http_status < 500,
        Error::NoRestV3 => true,
        _ => false,
    };
    match (retry::trouble(error), error) {
        (Some(Trouble::Requests), _) => Verdict::Limit,
        (Some(Trouble::OperatingTime), _) => Verdict::UsedUp,
        (_, Error::Refused(Refusal { code, .. })) if code.eq_ignore_ascii_case(TOO_LONG) => Verdict::TooLong,
        (_, Error::TooLarge { .. }) => Verdict::MaybeOne,
        (_, Error::Refused(Refusal { http_status: 500, .. })) if may_be_one_item(error) => Verdict::MaybeOne,
        (_, error) if may_be_one_item(error) => Verdict::Refused,
        // A proxy that lets no lists through, a portal without the path: alone it may be otherwise.
        (None, error) if is_of_the_portal(error) => Verdict::Refused,
        _ => Verdict::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portal::error::{ConnectionFailure, Unreadable, refused};

    #[test]
    fn only_what_would_have_met_each_alone_fails_all() {
        let unreadable = |http_status, reason| Error::Unreadable {
            from: Speaker::Portal,
            http_status,
            reason,
        };
        for (error, expected) in [
            (refused(503, "QUERY_LIMIT_EXCEEDED"), Verdict::Limit),
            (
                refused(429, "BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION"),
                Verdict::UsedUp,
            ),
            (refused(400, "ERROR_BATCH_LENGTH_EXCEEDED"), Verdict::TooLong),
            (
                refused(500, "BITRIX_REST_V3_EXCEPTION_INTERNAL_INTERNALEXCEPTION"),
                Verdict::MaybeOne,
            ),
            (
                Error::TooLarge {
                    http_status: 200,
                    limit: 1,
                },
                Verdict::MaybeOne,
            ),
            (
                refused(404, "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION"),
                Verdict::Refused,
            ),
            (refused(405, "ERROR_BATCH_METHOD_NOT_ALLOWED"), Verdict::Refused),
            (
                refused(403, "BITRIX_REST_V3_EXCEPTION_INSUFFICIENTSCOPEEXCEPTION"),
                Verdict::Refused,
            ),
            (unreadable(200, Unreadable::Shape), Verdict::Refused),
            (unreadable(403, Unreadable::Html), Verdict::Refused),
            (Error::NoRestV3, Verdict::Refused),
            (unreadable(502, Unreadable::Html), Verdict::All),
            (unreadable(200, Unreadable::CutOff), Verdict::All),
            (
                refused(401, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION"),
                Verdict::All,
            ),
            (refused(503, "OVERLOAD_LIMIT"), Verdict::All),
            (refused(500, "PORTAL_DELETED"), Verdict::All),
            (
                Error::Unreachable {
                    failure: ConnectionFailure::Lost,
                    host: String::new(),
                },
                Verdict::All,
            ),
        ] {
            assert_eq!(verdict(&error), expected, "{error}");
        }
    }
}
