//! Why the portal refused: REST 3.0 folds every authorization failure into one answer, the old API tells them apart.
//!
//! Pure: which failure raises which question, and what the answers mean. The portal client asks, once per failed call,
//! with the same credentials and within the same deadline. If nothing more is learnt, the first failure stands.
//!
//! | REST 3.0 said | asked of the old API | becomes |
//! |---|---|---|
//! | 401 or 403 `…ACCESSDENIEDEXCEPTION` | `profile` | its own code: wrong secret, expired token, plan, blocked user, plain http |
//! | the same, and `profile` is fine | `app.info`, then `scope` | a missing permission, an unpaid or half installed application |
//! | 404 that is no REST answer | `profile` | a portal without REST 3.0, if the old API answers |
//!
//! See <https://apidocs.bitrix24.com/api-reference/common/system/>.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::error::{Error, Refusal, Speaker};
use super::loose::{First, Loose, MAX_TEXT};
use super::quote::Quoter;
use super::request::Method;

/// What a failure leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Question {
    /// What is wrong with the credentials?
    Credentials,
    /// Is there a portal at all?
    Portal,
}

/// The result of `app.info`, as far as it is used.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE", default)]
pub(super) struct AppInfo {
    payment_expired: Loose,
    installed: Option<Box<RawValue>>,
    scope: Scope,
}

/// Granted permissions: a list of names, or their names with commas.
pub(super) type Scope = Loose<IgnoredAny, First<Loose, 500>>;

const FOLDED: &str = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";

/// The question that `error` raises, if any.
pub(super) fn question(error: &Error) -> Option<Question> {
    match error {
        Error::Refused(refusal) if refusal.code.eq_ignore_ascii_case(FOLDED) => {
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

/// True if an access token that has expired may be the reason: only a fresh one can tell.
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

/// What the old API's own failure says of a refusal: its reason, unless it is only in trouble itself.
pub(super) fn in_old_refusal(said: Error) -> Option<Error> {
    match said {
        Error::Refused(refusal) => {
            let is = |code: &str| refusal.code.eq_ignore_ascii_case(code);
            let is_a_reason = (matches!(refusal.http_status, 400..=403) && !is(FOLDED)) || is("OVERLOAD_LIMIT");
            is_a_reason.then_some(Error::Refused(refusal))
        }
        _ => None,
    }
}

/// What `app.info` says of a refusal.
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

/// What the granted permissions, as a list or as text with commas, say of a refusal.
pub(super) fn in_scope(scope: &Scope, method: Method, http_status: u16, quoter: Quoter<'_>) -> Option<Error> {
    let granted = granted(scope)?;
    if lets_call(&granted, method) {
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

/// The permissions in an answer of the old API; `None` if they are not there, or too many to be read whole.
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

/// True if one of the permissions is the module, the controller or the method itself; each may carry a field list. A
/// batch needs none of its own.
pub(super) fn lets_call(granted: &[&str], method: Method) -> bool {
    if method == Method::Batch {
        return lets_call(granted, Method::ListContacts) || lets_call(granted, Method::ListEmployees);
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
    fn only_folded_answers_raise_a_question() {
        assert_eq!(question(&error(401, FOLDED)), Some(Question::Credentials));
        assert_eq!(question(&error(403, FOLDED)), Some(Question::Credentials));
        assert_eq!(question(&error(400, FOLDED)), None, "a closed portal");
        assert_eq!(
            question(&error(401, "expired_token")),
            None,
            "that is the reason already"
        );
    }

    #[test]
    fn a_401_without_another_reason_may_be_an_expired_token() {
        for code in [
            FOLDED,
            "expired_token",
            "NO_AUTH_FOUND",
            "ERROR_WITHOUT_CODE",
            "NEW_CODE",
        ] {
            assert!(may_be_an_expired_token(&error(401, code)), "{code}");
        }
        assert!(may_be_an_expired_token(&error(200, "EXPIRED_TOKEN")));
        for (status, code) in [
            (403, FOLDED),
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
    fn an_application_that_is_not_paid_or_not_installed_is_told() {
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
    fn an_old_api_in_trouble_gives_no_reason() {
        assert_eq!(
            in_old_refusal(error(401, "INVALID_CREDENTIALS")).unwrap().code(),
            "INVALID_CREDENTIALS"
        );
        assert!(in_old_refusal(error(503, "OVERLOAD_LIMIT")).is_some());
        assert!(in_old_refusal(error(503, "QUERY_LIMIT_EXCEEDED")).is_none());
        assert!(in_old_refusal(error(401, FOLDED)).is_none(), "that is no reason");
        assert!(in_old_refusal(Error::Cancelled).is_none());
    }
}
