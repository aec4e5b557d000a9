//! The error codes of this client, of portals and of the authorization server. Pure.
//!
//! [`Error::code`](super::error::Error::code) returns them, and `fixit/table.rs` has the advice for each. The steps to add
//! a code are in `docs/contributing.md`.
//!
//! A code decides about retry and advice. So it is recognised in the text as the server sent it, before secrets are
//! hidden: a secret may have letters in common with the code.

use super::foreign_text::clean;
use super::quote::Quoter;

/// Declares the codes as documented constants and lists them all in [`code::ALL`].
macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $value:literal;)+) => {
        /// The codes of this client itself; the portal's own codes pass through as they were sent.
        pub mod code {
            $($(#[$doc])+ pub const $name: &str = $value;)+
            /// Every constant of this module, so that a test can demand a row of advice for each.
            pub const ALL: &[&str] = &[$($name),+];
        }
    };
}

codes! {
    /// No credentials are set, or the file that should hold them cannot be read.
    NO_CREDENTIALS = "NO_CREDENTIALS";
    /// The webhook URL does not have the form that Bitrix24's page shows.
    BAD_WEBHOOK_URL = "BAD_WEBHOOK_URL";
    /// The webhook URL is `http://` and its host is not a loopback address.
    PLAIN_HTTP = "PLAIN_HTTP";
    /// The portal's host name has no address.
    NAME_NOT_RESOLVED = "NAME_NOT_RESOLVED";
    /// Nothing accepts connections at the portal's address.
    CONNECTION_REFUSED = "CONNECTION_REFUSED";
    /// Nothing answered the attempt to connect.
    CONNECTION_TIMED_OUT = "CONNECTION_TIMED_OUT";
    /// The connection broke before the reply was complete.
    CONNECTION_LOST = "CONNECTION_LOST";
    /// The TLS handshake failed: certificate, protocol, or no root certificates on this system.
    TLS_FAILURE = "TLS_FAILURE";
    /// No complete reply within the time allowed for one look-up.
    TIMED_OUT = "TIMED_OUT";
    /// The reply is not what a REST 3.0 portal sends: HTML, empty, cut off, not JSON, or of another shape.
    UNREADABLE_REPLY = "UNREADABLE_REPLY";
    /// The reply is larger than any address book page can be.
    REPLY_TOO_LARGE = "REPLY_TOO_LARGE";
    /// The portal redirects to another address.
    REDIRECTED = "REDIRECTED";
    /// The portal reported an error without a code, or with a code that cannot be shown.
    ERROR_WITHOUT_CODE = "ERROR_WITHOUT_CODE";
    /// The caller cancelled the call, or the server is stopping.
    CANCELLED = "CANCELLED";
    /// An application is set, but nobody has signed in with it yet.
    NOT_SIGNED_IN = "NOT_SIGNED_IN";
    /// The file that keeps the tokens cannot be read, locked or written.
    TOKEN_STORE_UNUSABLE = "TOKEN_STORE_UNUSABLE";
    /// There is no room to save new tokens, so none were requested.
    TOKEN_STORE_FULL = "TOKEN_STORE_FULL";
    /// New tokens were issued and cannot be saved.
    TOKENS_NOT_SAVED = "TOKENS_NOT_SAVED";
    /// The authorization server's reply is neither tokens nor an error.
    UNREADABLE_TOKEN_REPLY = "UNREADABLE_TOKEN_REPLY";
    /// The portal redirects to the page where a licence is activated: its own has expired.
    LICENCE_EXPIRED = "LICENCE_EXPIRED";
    /// The portal has only the old API.
    NO_REST_V3 = "NO_REST_V3";
    /// More look-ups are waiting than the portal's limit lets through in time; nothing was sent.
    TOO_MANY_LOOKUPS = "TOO_MANY_LOOKUPS";
}

/// Bitrix24's longest code has 68 characters.
const MAX_CODE: usize = 100;

/// Codes that portals and the authorization server send, compared without regard to case; a `*` at the end stands for
/// any ending. The list holds every such code that the client acts on or that has a row of advice.
pub const FOREIGN: &[&str] = &[
    "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_INSUFFICIENTSCOPEEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_LICENSEEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_INTERNAL_INTERNALEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_INVALIDJSONEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_INVALIDPAGINATIONEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_VALIDATION_REQUESTVALIDATIONEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_VALIDATION_INVALIDREQUESTFIELDTYPEEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_UNKNOWNDTOPROPERTYEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_INVALIDORDEREXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_INVALIDFILTEREXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_INVALIDSELECTEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_ENTITYNOTFOUNDEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_HTTPSREQUIREDEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_RESTUNAVAILABLEEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_MARKETSUBSCRIPTIONREQUIREDEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_FEATURENOTAVAILABLEONCURRENTPLANEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_IDEMPOTENCYKEYREUSEDEXCEPTION",
    "BITRIX_REST_V3_EXCEPTION_INVALIDIDEMPOTENCYKEYEXCEPTION",
    "INVALID_HTTP_METHOD",
    "WRONG_ENCODING",
    "MESSAGE_SEND_FAILED",
    "NO_RECIPIENTS",
    "NOTE_*",
    "CRM_EMAIL_*",
    "INTERNAL_SERVER_ERROR",
    "ERROR_UNEXPECTED_ANSWER",
    "QUERY_LIMIT_EXCEEDED",
    "OPERATION_TIME_LIMIT",
    "ERROR_BATCH_METHOD_NOT_ALLOWED",
    "ERROR_BATCH_LENGTH_EXCEEDED",
    "NO_AUTH_FOUND",
    "INVALID_REQUEST",
    "OVERLOAD_LIMIT",
    "ACCESS_DENIED",
    "INVALID_CREDENTIALS",
    "ERROR_MANIFEST_IS_NOT_AVAILABLE",
    "ERROR_METHOD_NOT_FOUND",
    "INSUFFICIENT_SCOPE",
    "EXPIRED_TOKEN",
    "INVALID_TOKEN",
    "USER_ACCESS_ERROR",
    "AUTHORIZATION_ERROR",
    "CONNECTION_ERROR",
    "APPLICATION_NOT_FOUND",
    "PORTAL_DELETED",
    "INVALID_GRANT",
    "INVALID_CLIENT",
    "INVALID_SCOPE",
    "PAYMENT_REQUIRED",
    "WRONG_CLIENT",
    "NOT_INSTALLED",
];

/// The code that an error shows for the code that the server `sent`: `sent` itself if it is known, or looks like a code
/// and holds no secret; else its known beginning, or [`code::ERROR_WITHOUT_CODE`].
pub(super) fn safe_code(sent: &str, quoter: Quoter<'_>) -> String {
    let sent = clean(sent, MAX_CODE).text;
    let known = FOREIGN.iter().find_map(|known| match known.strip_suffix('*') {
        Some(start) => sent
            .get(..start.len())
            .filter(|beginning| beginning.eq_ignore_ascii_case(start)),
        None => Some(&*sent).filter(|sent| sent.eq_ignore_ascii_case(known)),
    });
    if known != Some(&sent) && is_code(&sent) && !quoter.finds_secret_in(&sent) {
        return sent.into_owned();
    }
    known.unwrap_or(code::ERROR_WITHOUT_CODE).to_owned()
}

/// True if `text` consists of characters that codes have: letters, digits, `_`, `.` and `-`.
pub(super) fn is_code(text: &str) -> bool {
    let may_be_in_a_code = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    !text.is_empty() && text.bytes().all(may_be_in_a_code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "zq7kp3wm9xv2nb5t";

    fn safe_code_without(secret: &str, sent: &str) -> String {
        safe_code(sent, Quoter::without(&[secret]))
    }

    #[test]
    fn a_known_code_is_recognised_with_any_secret() {
        for known in FOREIGN {
            let sent = known.replace('*', "ANYTHING");
            let family = known.trim_end_matches('*');
            for secret in sent.as_bytes().windows(6) {
                let kept = safe_code_without(std::str::from_utf8(secret).unwrap(), &sent);
                assert!(kept == sent || kept == family, "{known}: {kept}");
            }
            assert_eq!(
                safe_code_without(&sent, &sent.to_lowercase()).to_uppercase(),
                family.to_uppercase()
            );
        }
    }

    #[test]
    fn an_unknown_code_is_kept_if_it_looks_like_a_code_and_holds_no_secret() {
        for (sent, expected) in [
            ("NEW_CODE.of-2027", "NEW_CODE.of-2027"),
            ("418", "418"),
            ("NEW_zq7kp3wm9xv2nb5t", code::ERROR_WITHOUT_CODE),
            ("NEW_enE3a3Azd205eHYybmI1dA", code::ERROR_WITHOUT_CODE),
            ("CRM_EMAIL_zq7kp3wm9xv2nb5t", "CRM_EMAIL_"),
            ("CRM_EMAIL_SENDER_NOT_FOUND", "CRM_EMAIL_SENDER_NOT_FOUND"),
            ("note_\u{202e}x", "note_x"),
            ("note_ x", "note_"),
            ("not a code", code::ERROR_WITHOUT_CODE),
            ("CODE\nINFO forged=true", code::ERROR_WITHOUT_CODE),
            ("<b>X</b>", code::ERROR_WITHOUT_CODE),
            ("", code::ERROR_WITHOUT_CODE),
        ] {
            assert_eq!(safe_code_without(SECRET, sent), expected, "{sent}");
        }
        assert_eq!(safe_code_without("", &"X".repeat(MAX_CODE)), "X".repeat(MAX_CODE));
        assert_eq!(
            safe_code_without("", &"X".repeat(MAX_CODE + 1)),
            code::ERROR_WITHOUT_CODE
        );
    }
}
