//! Which errors are about the employee, and which requests were never sent.

use super::*;
use crate::portal::credentials::webhook_address::InvalidWebhookUrl;

fn refused_by(by: Speaker, http_status: u16, code: &str) -> Error {
    Error::Refused(Refusal {
        by,
        code: code.to_owned(),
        http_status,
        message: String::new(),
        validation: Vec::new(),
    })
}

/// What ends a sign-in. Everything else would fail for every employee as well, and must end nobody's.
#[test]
fn only_reasons_that_name_the_employee_are_about_the_employee() {
    use Speaker::{AuthorizationServer, OldApi, Portal};
    for (by, http_status, code, expected) in [
        (OldApi, 401, "authorization_error", true),
        (OldApi, 401, "AUTHORIZATION_ERROR", true),
        (OldApi, 401, "user_access_error", true),
        (Portal, 401, "user_access_error", true),
        (AuthorizationServer, 400, "invalid_grant", true),
        (Portal, 400, "invalid_grant", false),
        (AuthorizationServer, 400, "authorization_error", false),
        (AuthorizationServer, 400, "invalid_client", false),
        (AuthorizationServer, 401, "invalid_client", false),
        (AuthorizationServer, 200, "WRONG_CLIENT", false),
        (AuthorizationServer, 400, "invalid_request", false),
        (AuthorizationServer, 400, "PAYMENT_REQUIRED", false),
        (AuthorizationServer, 400, "NOT_INSTALLED", false),
        (AuthorizationServer, 503, "X", false),
        (OldApi, 401, "APPLICATION_NOT_FOUND", false),
        (OldApi, 401, "PAYMENT_REQUIRED", false),
        (OldApi, 401, "NOT_INSTALLED", false),
        (OldApi, 401, "insufficient_scope", false),
        (OldApi, 401, "expired_token", false),
        (OldApi, 401, "invalid_token", false),
        (OldApi, 401, "NO_AUTH_FOUND", false),
        (OldApi, 401, "ACCESS_DENIED", false),
        (OldApi, 401, "CONNECTION_ERROR", false),
        (OldApi, 503, "OVERLOAD_LIMIT", false),
        (Portal, 503, "QUERY_LIMIT_EXCEEDED", false),
        (Portal, 500, "PORTAL_DELETED", false),
        (Portal, 401, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", false),
        (Portal, 403, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", false),
        (Portal, 401, code::ERROR_WITHOUT_CODE, false),
    ] {
        let error = refused_by(by, http_status, code);
        assert_eq!(error.is_about_the_employee(), expected, "{by:?} {http_status} {code}");
    }
}

fn others() -> Vec<(Error, bool)> {
    let unreachable = |failure| Error::Unreachable {
        failure,
        host: "p.example".to_owned(),
    };
    let after = Duration::from_secs(15);
    let from = Speaker::AuthorizationServer;
    vec![
        (unreachable(ConnectionFailure::NameNotResolved), true),
        (unreachable(ConnectionFailure::Refused), true),
        (unreachable(ConnectionFailure::NotAccepted), true),
        (
            unreachable(ConnectionFailure::Certificate(CertificateProblem::Expired)),
            true,
        ),
        (unreachable(ConnectionFailure::NoRootCertificates), true),
        (unreachable(ConnectionFailure::Tls), false),
        (unreachable(ConnectionFailure::Lost), false),
        (Error::TimedOut { after }, false),
        (Error::Cancelled, false),
        (Error::NoRestV3, false),
        (
            Error::Unreadable {
                from,
                http_status: 200,
                reason: Unreadable::Html,
            },
            false,
        ),
        (
            Error::TooLarge {
                http_status: 200,
                limit: 1,
            },
            false,
        ),
        (
            Error::Redirected {
                from,
                http_status: 302,
                to: Destination::SameHost,
            },
            false,
        ),
        (refused_by(from, 503, "X"), false),
        (
            Error::Throttled {
                limit: Limit::Requests,
                needed: after,
            },
            true,
        ),
        (Error::NoCredentials("no secret".to_owned()), true),
        (Error::NotSignedIn("nobody".to_owned()), true),
        (Error::Address(InvalidWebhookUrl::Empty), true),
    ]
}

#[test]
fn a_request_that_may_have_arrived_is_not_taken_for_one_that_was_never_sent() {
    for (error, expected) in others() {
        assert_eq!(error.was_never_sent(), expected, "{error:?}");
        assert!(!error.is_about_the_employee(), "{error:?}");
    }
}
