//! Which errors are about the employee.

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

fn others() -> Vec<Error> {
    let unreachable = |failure| Error::Unreachable {
        failure,
        host: "oauth.bitrix.info".to_owned(),
    };
    let after = Duration::from_secs(15);
    let from = Speaker::AuthorizationServer;
    vec![
        unreachable(ConnectionFailure::NameNotResolved),
        unreachable(ConnectionFailure::Refused),
        unreachable(ConnectionFailure::NotAccepted),
        unreachable(ConnectionFailure::Certificate(CertificateProblem::Expired)),
        unreachable(ConnectionFailure::NoRootCertificates),
        unreachable(ConnectionFailure::Tls),
        unreachable(ConnectionFailure::Lost),
        Error::TimedOut { after },
        Error::Cancelled,
        Error::NoRestV3,
        Error::Unreadable {
            from,
            http_status: 200,
            reason: Unreadable::Html,
        },
        Error::TooLarge {
            http_status: 200,
            limit: 1,
        },
        Error::Redirected {
            from,
            http_status: 302,
            to: Destination::SameHost,
        },
        refused_by(from, 503, "X"),
        Error::Throttled {
            limit: Limit::Requests,
            needed: after,
        },
        Error::NoCredentials("no secret".to_owned()),
        Error::NotSignedIn("nobody".to_owned()),
        Error::Address(InvalidWebhookUrl::Empty),
    ]
}

#[test]
fn no_failure_of_the_network_or_the_settings_is_about_the_employee() {
    for error in others() {
        assert!(!error.is_about_the_employee(), "{error:?}");
    }
}
