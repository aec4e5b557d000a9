//! Why the portal refused. REST 3.0 replies to every authorization failure with one and the same code; the old API has
//! a code for each.
//!
//! Pure: decides which failure raises which question, and interprets the old API's replies. [`super::old_api`] sends
//! the requests, once for each failed call, with the same credentials and within the same deadline. If the replies hold
//! no reason, the call fails with the first failure.
//!
//! | REST 3.0 replied | method of the old API | the failure becomes |
//! |---|---|---|
//! | 401 or 403 `…ACCESSDENIEDEXCEPTION` | `profile` | the old API's code: wrong secret, expired token, plan, blocked user, plain http |
//! | the same, and `profile` succeeds | `app.info`, then `scope` | a missing permission, or an application that is not paid or not fully installed |
//! | 404 that is no REST reply | `profile` | a portal without REST 3.0, if the old API replies |
//!
//! See <https://apidocs.bitrix24.com/api-reference/common/system/>.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::error::{Error, Refusal, Speaker};
use super::loose::{First, Loose, MAX_TEXT};
use super::quote::Quoter;
use super::request::Method;

/// The question that a failure leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// What is wrong with the credentials?
    Credentials,
    /// Is there a portal at all?
    Portal,
}

/// The part of the result of `app.info` that is used.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE", default)]
pub(super) struct AppInfo {
    payment_expired: Loose,
    installed: Option<Box<RawValue>>,
    scope: Scope,
}

/// Granted permissions: a list of names, or one text of names with commas between them.
pub(super) type Scope = Loose<IgnoredAny, First<Loose, 500>>;

/// The one code of REST 3.0 for every authorization failure.
const ACCESS_DENIED: &str = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";

/// The question that `error` leaves open; `None` if the old API cannot say more.
pub(super) fn question(error: &Error) -> Option<Question> {
    match error {
        Error::Refused(refusal) if refusal.code.eq_ignore_ascii_case(ACCESS_DENIED) => {
            matches!(refusal.http_status, 401 | 403).then_some(Question::Credentials)
        }
        Error::Unreadable {
            from: Speaker::Portal,
            http_status: 404,
            ..
        } => Some(Question::Portal),
        _ => None,
    }
}

/// True if an expired access token may be the reason of `error`; only a fresh token can show whether that is so.
pub(super) fn may_be_an_expired_token(error: &Error) -> bool {
    let Error::Refused(refusal) = error else { return false };
    let is = |codes: &[&str]| codes.iter().any(|code| refusal.code.eq_ignore_ascii_case(code));
    let names_another_reason = is(&[
        "INVALID_CREDENTIALS",
        "INVALID_REQUEST",
        "ACCESS_DENIED",
        "APPLICATION_NOT_FOUND",
        "authorization_error",
        "CONNECTION_ERROR",
        "insufficient_scope",
        "OVERLOAD_LIMIT",
        "PAYMENT_REQUIRED",
        "user_access_error",
    ]);
    is(&["expired_token", "invalid_token"]) || (refusal.http_status == 401 && !names_another_reason)
}

/// The reason in the old API's own failure; `None` if that failure says nothing about the credentials.
pub(super) fn in_old_refusal(error: Error) -> Option<Error> {
    match error {
        Error::Refused(refusal) => {
            let is = |code: &str| refusal.code.eq_ignore_ascii_case(code);
            let is_a_reason = (matches!(refusal.http_status, 400..=403) && !is(ACCESS_DENIED)) || is("OVERLOAD_LIMIT");
            is_a_reason.then_some(Error::Refused(refusal))
        }
        _ => None,
    }
}

/// The reason in the result of `app.info`, as an error with the `http_status` of the refusal.
pub(super) fn in_app_info(info: &AppInfo, method: Method, http_status: u16, quoter: Quoter<'_>) -> Option<Error> {
    if info.payment_expired.text == "Y" {
        return Some(refused("PAYMENT_REQUIRED", http_status, String::new()));
    }
    if info
        .installed
        .as_ref()
        .is_some_and(|installed| installed.get() == "false")
    {
        return Some(refused("NOT_INSTALLED", http_status, String::new()));
    }
    in_scope(&info.scope, method, http_status, quoter)
}

/// The error of a missing permission, with the `http_status` of the refusal. `None` if `scope` allows `method` or cannot
/// be read.
pub(super) fn in_scope(scope: &Scope, method: Method, http_status: u16, quoter: Quoter<'_>) -> Option<Error> {
    let granted = granted(scope)?;
    if allows(&granted, method) {
        return None;
    }
    let granted = if granted.is_empty() {
        "none".to_owned()
    } else {
        granted.join(", ")
    };
    let message = format!("granted are {}", quoter.quote(&granted, 60));
    Some(refused("insufficient_scope", http_status, message))
}

/// The names of the granted permissions; `None` if the list cannot be read, or is too long to be read whole.
pub(super) fn granted(scope: &Scope) -> Option<Vec<&str>> {
    match scope {
        Loose { list: Some(list), .. } => {
            let names = list.items.iter().map(|name| name.text.as_str());
            (list.count == list.items.len()).then(|| names.collect())
        }
        Loose { text, object: None, .. } if !text.is_empty() && text.chars().count() < MAX_TEXT => {
            Some(text.split(',').map(str::trim).collect())
        }
        _ => None,
    }
}

/// True if one of the permissions is the module, the controller or the name of `method`; a list of fields may follow it
/// in brackets. A batch needs no permission of its own.
pub(super) fn allows(granted: &[&str], method: Method) -> bool {
    if method == Method::Batch {
        return allows(granted, Method::ListContacts) || allows(granted, Method::ListEmployees);
    }
    let method = method.as_str();
    granted.iter().any(|scope| {
        let name = scope.split('[').next().unwrap_or_default().trim();
        let rest = method.strip_prefix(name);
        !name.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

fn refused(code: &str, http_status: u16, message: String) -> Error {
    Error::Refused(Refusal {
        by: Speaker::OldApi,
        code: code.to_owned(),
        http_status,
        message,
        validation: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn read<T: DeserializeOwned>(value: Value) -> T {
        serde_json::from_str(&value.to_string()).unwrap()
    }

    fn missing(scope: &Value) -> Option<Error> {
        let quoter = Quoter::without(&["s3cr3tcode"]);
        in_scope(&read(scope.clone()), Method::ListContacts, 403, quoter)
    }

    fn error(http_status: u16, code: &str) -> Error {
        refused(code, http_status, String::new())
    }

    #[test]
    fn only_a_code_without_a_reason_raises_a_question() {
        assert_eq!(question(&error(401, ACCESS_DENIED)), Some(Question::Credentials));
        assert_eq!(question(&error(403, ACCESS_DENIED)), Some(Question::Credentials));
        assert_eq!(question(&error(400, ACCESS_DENIED)), None, "a closed portal");
        assert_eq!(question(&error(401, "expired_token")), None, "that code is the reason");
    }

    #[test]
    fn a_401_without_another_reason_may_be_an_expired_token() {
        for code in [
            ACCESS_DENIED,
            "expired_token",
            "NO_AUTH_FOUND",
            "ERROR_WITHOUT_CODE",
            "NEW_CODE",
        ] {
            assert!(may_be_an_expired_token(&error(401, code)), "{code}");
        }
        assert!(may_be_an_expired_token(&error(200, "EXPIRED_TOKEN")));
        for (status, code) in [
            (403, ACCESS_DENIED),
            (401, "authorization_error"),
            (401, "ACCESS_DENIED"),
            (429, "X"),
        ] {
            assert!(!may_be_an_expired_token(&error(status, code)), "{code}");
        }
    }

    #[test]
    fn permissions_are_read_in_every_form() {
        for scope in [
            json!(["crm", "mail"]),
            json!("crm,mail"),
            json!(["mail.recipient"]),
            json!(["mail.recipient.listcontacts[id:email]"]),
        ] {
            assert_eq!(missing(&scope), None, "{scope}");
        }
        for scope in [json!(["crm", "mailservice"]), json!([]), json!("crm, mail.mailbox")] {
            let reason = missing(&scope).unwrap();
            assert_eq!(
                (reason.code(), reason.http_status()),
                ("insufficient_scope", Some(403)),
                "{scope}"
            );
        }
        for unknown in [
            json!(null),
            json!({}),
            json!(vec!["crm"; 501]),
            json!("x,".repeat(2000)),
        ] {
            assert_eq!(missing(&unknown), None, "{unknown}");
        }
        let echoed = missing(&json!(["crm", "/rest/1/s3cr3tcode/"])).unwrap();
        assert!(
            echoed.to_string().ends_with("granted are crm, /rest/1/****/"),
            "{echoed}"
        );
    }

    #[test]
    fn an_application_that_is_not_paid_or_not_installed_is_recognised() {
        let code = |info: Value| {
            let reason = in_app_info(&read(info), Method::ListContacts, 401, Quoter::without(&[]));
            reason.map(|error| error.code().to_owned())
        };
        assert_eq!(
            code(json!({"PAYMENT_EXPIRED": "Y"})).as_deref(),
            Some("PAYMENT_REQUIRED")
        );
        assert_eq!(code(json!({"INSTALLED": false})).as_deref(), Some("NOT_INSTALLED"));
        assert_eq!(code(json!({"SCOPE": ["crm"]})).as_deref(), Some("insufficient_scope"));
        assert_eq!(
            code(json!({"INSTALLED": true, "PAYMENT_EXPIRED": "N", "SCOPE": "mail"})),
            None
        );
    }

    #[test]
    fn an_unavailable_old_api_gives_no_reason() {
        assert_eq!(
            in_old_refusal(error(401, "INVALID_CREDENTIALS")).unwrap().code(),
            "INVALID_CREDENTIALS"
        );
        assert!(in_old_refusal(error(503, "OVERLOAD_LIMIT")).is_some());
        assert!(in_old_refusal(error(503, "QUERY_LIMIT_EXCEEDED")).is_none());
        assert!(
            in_old_refusal(error(401, ACCESS_DENIED)).is_none(),
            "that code gives no reason"
        );
        assert!(in_old_refusal(Error::Cancelled).is_none());
    }
}
