//! What can be made to go wrong (`--demo-fault`) and what is merely odd (`--demo-quirk`), each under a name.
//!
//! A fault makes every look-up fail, so that each row of advice can be seen. A quirk is something real portals do that
//! a client must bear: the look-up succeeds.

use serde_json::{Value, json};

use super::answer::{Answer, Language, V3, message_for};

/// A named way to fail.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// What `--demo-fault` takes.
    pub name: &'static str,
    /// What it shows, in one line.
    pub about: &'static str,
    pub(super) behaviour: Behaviour,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Behaviour {
    /// The settings a person would have made wrong.
    Settings(WrongSettings),
    /// REST 3.0 envelope.
    Envelope(u16, &'static str),
    /// Flat shape.
    Flat(u16, &'static str),
    /// Another body.
    Body(u16, Body),
    /// No complete answer at all.
    Connection(Breakage),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrongSettings {
    NoCredentials,
    BadWebhookUrl,
    PlainHttp,
    UnknownHost,
    ClosedPort,
    FullQueue,
    TlsToPlainPort,
    WrongSecret,
    NoMailScope,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    Html,
    Empty,
    CutOffJson,
    NotJson,
    NotUtf8,
    WrongShape,
    Validation,
    NumericCode,
    EmptyCode,
    EchoedPath,
    Redirect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breakage {
    /// Accept and never answer.
    Hang,
    /// Reset the connection instead of answering.
    Reset,
    /// Close in the middle of the answer.
    CutOff,
    /// 64 MiB of spaces, as JSON may begin.
    Huge,
}

/// A named oddity that a client must bear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quirk {
    /// Ids as numeric text.
    IdsAsText,
    /// Every name null.
    NullNames,
    /// No name key at all.
    MissingNames,
    /// Keys that no document names.
    UnknownKeys,
    /// No `time` object.
    NoTime,
    /// `result` is a list.
    BareList,
    /// A wrong charset label on UTF-8.
    WrongCharset,
    /// JSON labelled `text/html`.
    TextHtml,
    /// A byte order mark before the JSON.
    ByteOrderMark,
}

/// Every quirk: its name, what it shows, and the quirk.
pub const QUIRKS: &[(&str, &str, Quirk)] = &[
    ("ids-as-text", "ids come as numeric text", Quirk::IdsAsText),
    ("null-names", "names are null", Quirk::NullNames),
    ("missing-names", "names are missing", Quirk::MissingNames),
    ("unknown-keys", "keys that no document names", Quirk::UnknownKeys),
    (
        "no-time",
        "no time object, as on some self-hosted portals",
        Quirk::NoTime,
    ),
    ("bare-list", "the result is a list without items", Quirk::BareList),
    ("wrong-charset", "UTF-8 labelled windows-1251", Quirk::WrongCharset),
    ("text-html", "JSON labelled text/html", Quirk::TextHtml),
    (
        "byte-order-mark",
        "a byte order mark before the JSON",
        Quirk::ByteOrderMark,
    ),
];

const fn envelope(name: &'static str, status: u16, code: &'static str, about: &'static str) -> Fault {
    Fault {
        name,
        about,
        behaviour: Behaviour::Envelope(status, code),
    }
}

const fn flat(name: &'static str, status: u16, code: &'static str, about: &'static str) -> Fault {
    Fault {
        name,
        about,
        behaviour: Behaviour::Flat(status, code),
    }
}

const fn body(name: &'static str, status: u16, body: Body, about: &'static str) -> Fault {
    Fault {
        name,
        about,
        behaviour: Behaviour::Body(status, body),
    }
}

const fn settings(name: &'static str, wrong: WrongSettings, about: &'static str) -> Fault {
    Fault {
        name,
        about,
        behaviour: Behaviour::Settings(wrong),
    }
}

const fn connection(name: &'static str, breakage: Breakage, about: &'static str) -> Fault {
    Fault {
        name,
        about,
        behaviour: Behaviour::Connection(breakage),
    }
}

/// Every fault, grouped as the fix-it table is.
#[rustfmt::skip]
pub const FAULTS: &[Fault] = &[
    settings("no-credentials", WrongSettings::NoCredentials, "no webhook is set"),
    settings("bad-webhook-url", WrongSettings::BadWebhookUrl, "the webhook URL has no user id"),
    settings("plain-http", WrongSettings::PlainHttp, "the webhook URL is http:// to another host"),
    settings("unknown-host", WrongSettings::UnknownHost, "the portal's host name has no address"),
    settings("closed-port", WrongSettings::ClosedPort, "nothing listens at the portal's address"),
    settings("no-answer", WrongSettings::FullQueue, "the portal's address does not answer attempts to connect"),
    settings("tls", WrongSettings::TlsToPlainPort, "the port does not speak TLS"),
    settings("wrong-secret", WrongSettings::WrongSecret, "the webhook's secret is wrong (401)"),
    settings("no-mail-scope", WrongSettings::NoMailScope, "the webhook lacks the mail permission (403)"),
    connection("hang", Breakage::Hang, "the portal never answers"),
    connection("reset", Breakage::Reset, "the connection is reset"),
    connection("cut-off", Breakage::CutOff, "the connection closes in mid-answer"),
    connection("huge", Breakage::Huge, "an answer of 64 MiB"),
    body("html-200", 200, Body::Html, "a sign-in page instead of JSON"),
    body("html-403", 403, Body::Html, "a firewall's page instead of JSON"),
    body("html-502", 502, Body::Html, "the gateway's error page"),
    body("html-503", 503, Body::Html, "the overload page"),
    body("html-504", 504, Body::Html, "the gateway's time-out page"),
    body("empty-body", 200, Body::Empty, "200 and no body"),
    body("empty-500", 500, Body::Empty, "500 and no body"),
    body("cut-off-json", 200, Body::CutOffJson, "JSON that ends too early"),
    body("not-json", 200, Body::NotJson, "text that is not JSON"),
    body("not-utf8", 200, Body::NotUtf8, "JSON in windows-1251"),
    body("wrong-shape", 200, Body::WrongShape, "JSON without items"),
    body("numeric-code", 400, Body::NumericCode, "an error whose code is a number"),
    body("empty-code", 400, Body::EmptyCode, "an error whose code is empty"),
    body("empty-code-500", 500, Body::EmptyCode, "an error of the server whose code is empty"),
    body("echoed-path", 400, Body::EchoedPath, "an error that quotes the request's path, secret and HTML included"),
    body("redirect", 302, Body::Redirect, "the portal was renamed"),
    envelope("error-in-200", 200, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", "an error object with status 200"),
    envelope("unknown-code", 418, "BITRIX_REST_V3_EXCEPTION_NEWEXCEPTION", "a code that no document names"),

    envelope("access-denied-401", 401, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", "credentials not accepted"),
    envelope("access-denied-403", 403, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", "the method is not allowed"),
    envelope("access-denied-400", 400, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", "the public part is closed"),
    envelope("insufficient-scope", 403, "BITRIX_REST_V3_EXCEPTION_INSUFFICIENTSCOPEEXCEPTION", "no mail permission"),
    envelope("license", 403, "BITRIX_REST_V3_EXCEPTION_LICENSEEXCEPTION", "the licence forbids it"),
    envelope("method-not-found", 404, "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION", "an old mail module"),
    envelope("rate-limit", 429, "BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION", "operating time used up"),
    envelope("internal", 500, "BITRIX_REST_V3_EXCEPTION_INTERNAL_INTERNALEXCEPTION", "the portal failed inside"),
    envelope("invalid-json", 400, "BITRIX_REST_V3_EXCEPTION_INVALIDJSONEXCEPTION", "the request was damaged"),
    envelope("invalid-pagination", 400, "BITRIX_REST_V3_EXCEPTION_INVALIDPAGINATIONEXCEPTION", "pagination refused"),
    body("request-validation", 400, Body::Validation, "a required argument is missing"),
    envelope("field-type", 400, "BITRIX_REST_V3_EXCEPTION_VALIDATION_INVALIDREQUESTFIELDTYPEEXCEPTION", "an argument of the wrong type"),
    envelope("unknown-field", 400, "BITRIX_REST_V3_EXCEPTION_UNKNOWNDTOPROPERTYEXCEPTION", "an unknown field"),
    envelope("invalid-order", 400, "BITRIX_REST_V3_EXCEPTION_INVALIDORDEREXCEPTION", "order refused"),
    envelope("invalid-filter", 400, "BITRIX_REST_V3_EXCEPTION_INVALIDFILTEREXCEPTION", "filter refused"),
    envelope("invalid-select", 400, "BITRIX_REST_V3_EXCEPTION_INVALIDSELECTEXCEPTION", "select refused"),
    envelope("entity-not-found", 400, "BITRIX_REST_V3_EXCEPTION_ENTITYNOTFOUNDEXCEPTION", "nothing found"),
    envelope("https-required", 400, "BITRIX_REST_V3_EXCEPTION_HTTPSREQUIREDEXCEPTION", "https wanted"),
    envelope("rest-unavailable", 403, "BITRIX_REST_V3_EXCEPTION_RESTUNAVAILABLEEXCEPTION", "no REST on this portal"),
    envelope("market-subscription", 403, "BITRIX_REST_V3_EXCEPTION_MARKETSUBSCRIPTIONREQUIREDEXCEPTION", "no Market subscription"),
    envelope("feature-not-on-plan", 403, "BITRIX_REST_V3_EXCEPTION_FEATURENOTAVAILABLEONCURRENTPLANEXCEPTION", "the plan lacks the feature"),
    envelope("idempotency-key-reused", 422, "BITRIX_REST_V3_EXCEPTION_IDEMPOTENCYKEYREUSEDEXCEPTION", "a proxy repeats a key"),
    envelope("invalid-idempotency-key", 400, "BITRIX_REST_V3_EXCEPTION_INVALIDIDEMPOTENCYKEYEXCEPTION", "a proxy sends a wrong key"),
    envelope("invalid-http-method", 400, "invalid_http_method", "a proxy changed the verb"),
    envelope("message-send-failed", 400, "MESSAGE_SEND_FAILED", "a code of the mail module"),
    envelope("no-recipients", 400, "NO_RECIPIENTS", "a code of the mail module"),
    envelope("note-error", 400, "NOTE_COLLECTION_NOT_FOUND", "a code of the notes module"),
    envelope("crm-email-error", 400, "CRM_EMAIL_SENDER_NOT_FOUND", "a code of CRM mail"),

    flat("wrong-encoding", 500, "WRONG_ENCODING", "the portal cannot encode its answer"),
    flat("internal-server-error", 500, "INTERNAL_SERVER_ERROR", "the server failed"),
    flat("unexpected-answer", 500, "ERROR_UNEXPECTED_ANSWER", "a server behind failed"),
    flat("throttle", 503, "QUERY_LIMIT_EXCEEDED", "too many requests a second"),
    flat("operation-time-limit", 429, "OPERATION_TIME_LIMIT", "operating time used up, flat"),
    flat("batch-method", 405, "ERROR_BATCH_METHOD_NOT_ALLOWED", "not allowed in a batch"),
    flat("batch-length", 400, "ERROR_BATCH_LENGTH_EXCEEDED", "the batch is too long"),
    flat("no-auth", 401, "NO_AUTH_FOUND", "no credentials found"),
    flat("invalid-request", 400, "INVALID_REQUEST", "https wanted, flat"),
    flat("overload", 503, "OVERLOAD_LIMIT", "blocked by hand because of overload"),
    flat("plan", 403, "ACCESS_DENIED", "the plan has no REST"),
    flat("invalid-credentials", 401, "INVALID_CREDENTIALS", "no such webhook"),
    flat("manifest", 404, "ERROR_MANIFEST_IS_NOT_AVAILABLE", "no manifest"),
    flat("old-api", 404, "ERROR_METHOD_NOT_FOUND", "the old API answered"),
    flat("insufficient-scope-flat", 403, "insufficient_scope", "no mail permission, flat"),
    flat("expired-token", 401, "expired_token", "the access token has expired"),
    flat("invalid-token", 401, "invalid_token", "the access token is not valid"),
    flat("user-access", 403, "user_access_error", "the application is not for this user"),
    flat("authorization-error", 401, "authorization_error", "the user is blocked"),
    flat("connection-error", 401, "CONNECTION_ERROR", "the portal cannot reach the authorization server"),
    flat("application-not-found", 401, "APPLICATION_NOT_FOUND", "unknown application"),
    flat("portal-deleted", 403, "PORTAL_DELETED", "the portal is gone or closed"),
    flat("invalid-grant", 400, "invalid_grant", "the refresh token is spent"),
    flat("invalid-client", 401, "invalid_client", "the application's id or secret is wrong"),
    flat("invalid-scope", 400, "invalid_scope", "too many permissions asked"),
    flat("payment-required", 402, "PAYMENT_REQUIRED", "the subscription has run out"),
    flat("wrong-client", 200, "WRONG_CLIENT", "a token of another application, with status 200"),
    flat("not-installed", 403, "NOT_INSTALLED", "the application is not installed"),
];

/// The canned answer of a fault; `None` if it has none, because it lies in settings or in the connection.
pub(super) fn answer(behaviour: Behaviour, language: Language, path: &str) -> Option<Answer> {
    let html = || "<!DOCTYPE html><html><head><title>Bitrix24</title></head><body><h1>Service temporarily unavailable</h1></body></html>";
    Some(match behaviour {
        Behaviour::Settings(_) | Behaviour::Connection(_) => return None,
        Behaviour::Envelope(status, code) => Answer::envelope(status, code, message_for(language, code), None),
        Behaviour::Flat(status, code) => Answer::flat(status, code, message_for(language, code)),
        Behaviour::Body(status, body) => match body {
            Body::Html => Answer::raw(status, "text/html; charset=utf-8", html()),
            Body::Empty => Answer::raw(status, "application/json; charset=utf-8", ""),
            Body::CutOffJson => Answer::raw(
                status,
                "application/json",
                r#"{"result":{"items":[{"id":10,"email":"cli"#,
            ),
            Body::NotJson => Answer::raw(status, "text/plain", "upstream connect error"),
            Body::NotUtf8 => Answer::raw(
                status,
                "application/json; charset=windows-1251",
                b"{\"result\":{\"items\":[{\"id\":1,\"email\":\"a@example.com\",\"name\":\"\xC8\xE2\xE0\xED\"}]}}"
                    .as_slice(),
            ),
            Body::WrongShape => Answer::json(status, &json!({"result": true})),
            Body::Validation => Answer::envelope(
                status,
                &format!("{V3}VALIDATION_REQUESTVALIDATIONEXCEPTION"),
                message_for(language, ""),
                Some(json!([{"field": "MISSING_QUERY", "message": "The parameter is required"}])),
            ),
            Body::NumericCode => Answer::json(status, &json!({"error": 0, "error_description": "Something is wrong"})),
            Body::EmptyCode => Answer::flat(status, "", "Something is wrong"),
            Body::EchoedPath => Answer::envelope(
                status,
                "",
                &format!("<b>Bad request</b><br/>for <a href=\"{path}\">{path}</a>"),
                Some(Value::from(vec![json!({"field": path, "message": path})])),
            ),
            Body::Redirect => Answer {
                location: Some(format!("https://renamed.example{path}")),
                ..Answer::raw(status, "text/html", html())
            },
        },
    })
}
