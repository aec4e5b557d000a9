//! The table of all faults, and one short constructor for each kind of row. Data.

use super::failure::{Body, Breakage, Failure, INTERNAL, RATE_LIMIT, THROTTLE, Target};
use super::fault::{Behaviour, Fault, Outcome, StartingTokens, WrongSettings, WrongTokenAnswer};
use crate::demo::people::Barred;

const fn fault(name: &'static str, behaviour: Behaviour, about: &'static str) -> Fault {
    Fault {
        name,
        about,
        outcome: Outcome::Fails,
        needs_oauth: false,
        behaviour,
    }
}

const fn always(name: &'static str, failure: Failure, about: &'static str) -> Fault {
    fault(name, Behaviour::Always(failure), about)
}

const fn envelope(name: &'static str, status: u16, code: &'static str, about: &'static str) -> Fault {
    always(name, Failure::Envelope(status, code), about)
}

const fn flat(name: &'static str, status: u16, code: &'static str, about: &'static str) -> Fault {
    always(name, Failure::Flat(status, code), about)
}

const fn body(name: &'static str, status: u16, body: Body, about: &'static str) -> Fault {
    always(name, Failure::Body(status, body), about)
}

const fn redirect(name: &'static str, status: u16, target: Target, about: &'static str) -> Fault {
    always(name, Failure::Redirect(status, target), about)
}

const fn connection(name: &'static str, breakage: Breakage, about: &'static str) -> Fault {
    always(name, Failure::Connection(breakage), about)
}

const fn settings(name: &'static str, wrong: WrongSettings, about: &'static str) -> Fault {
    fault(name, Behaviour::Settings(wrong), about)
}

const fn rest3(name: &'static str, failure: Failure, about: &'static str) -> Fault {
    fault(name, Behaviour::Rest3(failure), about)
}

const fn unexplained(name: &'static str, status: u16, about: &'static str) -> Fault {
    fault(name, Behaviour::Unexplained(status), about)
}

const fn folded(name: &'static str, status: u16, code: &'static str, about: &'static str) -> Fault {
    fault(name, Behaviour::Folded(status, code), about)
}

const fn tokens(name: &'static str, tokens: StartingTokens, about: &'static str) -> Fault {
    fault(name, Behaviour::Tokens(tokens), about).oauth()
}

const fn oauth_server(name: &'static str, failure: Failure, about: &'static str) -> Fault {
    fault(name, Behaviour::OAuthServer(failure), about).oauth()
}

const fn token_answer(name: &'static str, wrong: WrongTokenAnswer, about: &'static str) -> Fault {
    fault(name, Behaviour::TokenAnswer(wrong), about).oauth().survived()
}

const fn barred(name: &'static str, barred: Barred, about: &'static str) -> Fault {
    fault(name, Behaviour::Barred(barred), about).oauth()
}

const fn times(name: &'static str, times: usize, failure: Failure, about: &'static str) -> Fault {
    fault(name, Behaviour::Times(times, failure), about).survived()
}

const fn random(name: &'static str, about: &'static str) -> Fault {
    Fault {
        outcome: Outcome::Random,
        ..fault(name, Behaviour::Random, about)
    }
}

/// Every fault, in the order of the fix-it table.
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
    body("php-error", 200, Body::PhpError, "an error that PHP displays in place of the JSON"),
    body("wrong-shape", 200, Body::WrongShape, "JSON without items"),
    body("numeric-code", 400, Body::NumericCode, "an error whose code is a number"),
    body("empty-code", 400, Body::EmptyCode, "an error whose code is empty"),
    body("empty-code-500", 500, Body::EmptyCode, "an error of the server whose code is empty"),
    body("echoed-path", 400, Body::EchoedPath, "an error that quotes the request's path, secret and HTML included"),
    body("encoded-path", 400, Body::EncodedPath, "an error that quotes the path in base64, hex and other writings"),
    redirect("redirect", 302, Target::Renamed, "the portal was renamed"),
    redirect("redirect-307", 307, Target::Renamed, "the portal was renamed, by another status"),
    redirect("redirect-308", 308, Target::Renamed, "the portal was renamed for good"),
    redirect("redirect-loop", 302, Target::Same, "the portal sends the caller in circles"),
    redirect("licence-expired", 302, Target::CouponPage, "the licence of a self-hosted portal has run out"),
    body("not-a-portal", 404, Body::NoSuchPage, "something else answers at this address"),
    rest3("no-rest-v3", Failure::Body(404, Body::NoSuchPage), "a portal too old for REST 3.0"),
    envelope("error-in-200", 200, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", "an error object with status 200"),
    envelope("unknown-code", 418, "BITRIX_REST_V3_EXCEPTION_NEWEXCEPTION", "a code that no document names"),

    unexplained("access-denied-401", 401, "credentials refused without a reason"),
    unexplained("access-denied-403", 403, "the method refused without a reason"),
    envelope("access-denied-400", 400, "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", "the public part is closed"),
    envelope("insufficient-scope", 403, "BITRIX_REST_V3_EXCEPTION_INSUFFICIENTSCOPEEXCEPTION", "no mail permission"),
    envelope("license", 403, "BITRIX_REST_V3_EXCEPTION_LICENSEEXCEPTION", "the licence forbids it"),
    envelope("method-not-found", 404, "BITRIX_REST_V3_EXCEPTION_METHODNOTFOUNDEXCEPTION", "an old mail module"),
    envelope("rate-limit", 429, "BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION", "operating time used up"),
    always("rate-limit-hour", Failure::RetryAfter(3600, &RATE_LIMIT), "operating time used up, with a Retry-After of an hour"),
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
    envelope("idempotency-key-reused", 422, "BITRIX_REST_V3_EXCEPTION_IDEMPOTENCYKEYREUSEDEXCEPTION", "a proxy repeats an idempotency key"),
    envelope("invalid-idempotency-key", 400, "BITRIX_REST_V3_EXCEPTION_INVALIDIDEMPOTENCYKEYEXCEPTION", "a proxy sends a wrong idempotency key"),
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
    flat("expired-token-flat", 401, "expired_token", "every access token has expired, flat"),
    flat("invalid-token", 401, "invalid_token", "the access token is not valid"),
    flat("user-access", 403, "user_access_error", "the application is not for this user"),
    flat("authorization-error", 401, "authorization_error", "the user is blocked"),
    flat("connection-error", 401, "CONNECTION_ERROR", "the portal cannot reach the authorization server"),
    flat("application-not-found", 401, "APPLICATION_NOT_FOUND", "unknown application"),
    flat("portal-deleted", 403, "PORTAL_DELETED", "the portal is gone or closed"),

    folded("folded-expired-token", 401, "expired_token", "REST 3.0 hides that the credentials have expired"),
    folded("folded-plan", 403, "ACCESS_DENIED", "REST 3.0 hides that the plan has no REST"),
    folded("folded-blocked-user", 401, "authorization_error", "REST 3.0 hides that the user is blocked"),
    folded("folded-plain-http", 400, "INVALID_REQUEST", "REST 3.0 hides that https is wanted"),
    folded("folded-overload", 503, "OVERLOAD_LIMIT", "REST 3.0 hides that the portal was blocked by hand"),
    folded("folded-user-access", 403, "user_access_error", "REST 3.0 hides that the application is not for this user"),
    folded("folded-auth-server", 401, "CONNECTION_ERROR", "REST 3.0 hides that the portal cannot reach the authorization server"),
    fault("folded-scope", Behaviour::FoldedScope, "REST 3.0 refuses without saying that the mail permission is missing"),

    tokens("expired-token", StartingTokens::Expired, "the access token has expired, and refreshing helps").survived(),
    tokens("expired-token-flat-once", StartingTokens::ExpiredFlat, "the access token has expired, reported in the flat shape").survived(),
    tokens("spent-refresh-token", StartingTokens::Spent, "the refresh token was used before"),
    folded("refused-token", 401, "authorization_error", "every new token is refused as well").oauth(),
    oauth_server("invalid-grant", Failure::Flat(400, "invalid_grant"), "the refresh token is refused"),
    oauth_server("invalid-client", Failure::Flat(401, "invalid_client"), "the application's id or secret is wrong"),
    oauth_server("invalid-scope", Failure::Flat(400, "invalid_scope"), "too many permissions requested"),
    oauth_server("payment-required", Failure::Flat(402, "PAYMENT_REQUIRED"), "the subscription has run out"),
    oauth_server("wrong-client", Failure::Flat(200, "WRONG_CLIENT"), "a token of another application, with status 200"),
    oauth_server("not-installed", Failure::Flat(403, "NOT_INSTALLED"), "the application is not installed"),
    oauth_server("oauth-html", Failure::Body(502, Body::Html), "the authorization server's gateway fails"),
    oauth_server("oauth-hang", Failure::Connection(Breakage::Hang), "the authorization server never answers"),
    oauth_server("oauth-garbage", Failure::Body(200, Body::EmptyToken), "the authorization server's answer has no tokens"),
    oauth_server("oauth-down", Failure::Body(503, Body::Html), "the authorization server is down"),
    oauth_server("oauth-huge", Failure::Body(200, Body::Long), "the authorization server's answer has 5 MiB"),
    oauth_server("oauth-redirect", Failure::Redirect(302, Target::Renamed), "the authorization server redirects to another host"),
    fault("oauth-slow", Behaviour::SlowTokens, "tokens are issued after the client has given up").oauth(),
    token_answer("other-member", WrongTokenAnswer::OtherMember, "tokens come with the member_id of another portal"),
    token_answer("other-portal", WrongTokenAnswer::OtherPortal, "tokens come with the client_endpoint of another portal"),
    token_answer("unnamed-employee", WrongTokenAnswer::NoUser, "tokens come without user_id, and profile is refused"),
    barred("dismissed-employee", Barred::Dismissed, "every employee is dismissed right after signing in"),
    barred("excluded-employee", Barred::Excluded, "the application is withdrawn from every employee after signing in"),
    barred("removed-application", Barred::ApplicationRemoved, "an administrator has removed the application"),

    times("throttle-twice", 2, THROTTLE, "too many requests a second, twice"),
    times("throttle-retry-after", 1, Failure::RetryAfter(1, &THROTTLE), "too many requests a second, once, with a Retry-After"),
    times("rate-limit-once", 1, Failure::RetryAfter(2, &RATE_LIMIT), "operating time used up, once, with a Retry-After"),
    times("html-502-once", 1, Failure::Body(502, Body::Html), "the gateway's error page, once"),
    times("internal-once", 1, INTERNAL, "the portal failed inside, once"),
    times("timeout-408-once", 1, Failure::Body(408, Body::Html), "the gateway's page for a slow request, once"),
    times("reset-once", 1, Failure::Connection(Breakage::Reset), "the connection is reset, once"),
    times("cut-off-once", 1, Failure::Connection(Breakage::CutOff), "the connection closes in mid-answer, once"),
    fault("operating-limit", Behaviour::OperatingUsedUp, "operating time used up, for one more minute"),
    random("random", "about one in five requests fails, and a retry helps"),
];
