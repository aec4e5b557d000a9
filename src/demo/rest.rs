//! One request through the portal's order of checks: method, credentials, scope, verb, JSON, pagination, action.
//!
//! The order is observable: an unknown method with a bad secret is 404, a bad body with a missing scope is 403. Pure
//! but for the clock in `time`.

use hyper::http::request::Parts;
use serde_json::{Map, Value, json};

use super::address_book::{self, Row};
use super::answer::{Answer, Language, V3, message_for};
use super::faults::Quirk;
use super::{NegativeLimit, SECRET, Settings, pagination, php};

/// Methods of REST 3.0 that this portal has; matched exactly, so camel case and `.json` are unknown.
const METHODS: &[&str] = &["mail.recipient.listcontacts"];

/// Employees with a webhook, and what it may do.
const WEBHOOKS: &[(u64, &[&str])] = &[(1, &["mail", "user"]), (7, &["mail.recipient"]), (9, &["crm"])];

/// Answers a request as a healthy portal would.
pub(super) fn answer(settings: &Settings, parts: &Parts, body: &[u8]) -> Answer {
    let segments: Vec<&str> = parts
        .uri
        .path()
        .split('/')
        .filter(|segment| !segment.is_empty())
        .collect();
    match segments.as_slice() {
        ["rest", "api", method] => v3(settings, parts, body, None, method),
        ["rest", "api", user, secret, method] => v3(settings, parts, body, Some((user, secret)), method),
        ["rest", user, secret, method] => old_api(settings, Some((user, secret)), method),
        ["rest", method] => old_api(settings, None, method),
        _ => Answer::raw(
            404,
            "text/html; charset=utf-8",
            "<html><body><h1>404 Not Found</h1></body></html>",
        ),
    }
}

type Credential<'a> = Option<(&'a str, &'a str)>;

fn scopes_of(credential: Credential<'_>) -> Option<(u64, &'static [&'static str])> {
    let (user, secret) = credential?;
    let user: u64 = user.parse().ok()?;
    WEBHOOKS.iter().find(|(id, _)| *id == user && secret == SECRET).copied()
}

fn v3(settings: &Settings, parts: &Parts, body: &[u8], credential: Credential<'_>, method: &str) -> Answer {
    let refuse = |status, code: &str| {
        let code = format!("{V3}{code}");
        Answer::envelope(status, &code, message_for(settings.language, &code), None)
    };
    if !METHODS.contains(&method) {
        return refuse(404, "METHODNOTFOUNDEXCEPTION");
    }
    // Wrong secret, unknown user and no credential at all: the same body.
    let Some((user_id, scopes)) = scopes_of(credential) else {
        return refuse(401, "ACCESSDENIEDEXCEPTION");
    };
    let enough = ["mail", "mail.recipient", "mail.recipient.listcontacts"];
    if !scopes.iter().any(|scope| enough.contains(scope)) {
        return refuse(403, "INSUFFICIENTSCOPEEXCEPTION");
    }
    if !matches!(parts.method.as_str(), "GET" | "POST") {
        return Answer::envelope(400, "invalid_http_method", "Invalid HTTP method", None);
    }
    let content_type = parts
        .headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let is_json = content_type.starts_with("application/json") || content_type.contains("+json");
    let Some(arguments) = is_json.then(|| php::decode(body)).flatten() else {
        return refuse(400, "INVALIDJSONEXCEPTION");
    };
    if let Some(code) = stray_argument(&arguments) {
        return refuse(400, code);
    }
    list_contacts(settings, user_id, &arguments)
}

/// `select`, `filter` and `order` are checked though the method does not use them.
fn stray_argument(arguments: &Map<String, Value>) -> Option<&'static str> {
    let is_set = |key: &str| {
        arguments.get(key).filter(|value| match value {
            Value::Array(list) => !list.is_empty(),
            Value::Object(object) => !object.is_empty(),
            other => !other.is_null(),
        })
    };
    let is_known = |name: &Value| matches!(name.as_str(), Some("id" | "email" | "name"));
    match is_set("select") {
        Some(Value::Array(fields)) if fields.iter().all(is_known) => {}
        Some(Value::Array(_)) => return Some("UNKNOWNDTOPROPERTYEXCEPTION"),
        Some(_) => return Some("INVALIDSELECTEXCEPTION"),
        None => {}
    }
    match (is_set("filter"), is_set("order")) {
        (Some(_), _) => Some("INVALIDFILTEREXCEPTION"),
        (None, Some(_)) => Some("INVALIDORDEREXCEPTION"),
        (None, None) => None,
    }
}

fn list_contacts(settings: &Settings, user_id: u64, arguments: &Map<String, Value>) -> Answer {
    let slice = match pagination::read(arguments.get("pagination")) {
        Ok(slice) => slice,
        Err(wrong) => {
            let text = match settings.language {
                Language::English => "Incorrect \"pagination\" parameter value:",
                Language::Russian => "Некорректное значение параметра \"pagination\":",
            };
            return Answer::envelope(
                400,
                &format!("{V3}INVALIDPAGINATIONEXCEPTION"),
                &format!("{text} `{wrong}`"),
                None,
            );
        }
    };
    let found = address_book::matching(user_id, &php::to_text(arguments.get("query")));
    let rows: Vec<Row> = match (slice.limit, settings.negative_limit) {
        (Some(limit), _) => found.into_iter().skip(slice.offset).take(limit).collect(),
        (None, NegativeLimit::Everything) => found,
        (None, NegativeLimit::InternalError) => {
            let code = format!("{V3}INTERNAL_INTERNALEXCEPTION");
            return Answer::envelope(500, &code, message_for(settings.language, &code), None);
        }
    };
    let items: Vec<Value> = rows.iter().map(|row| item(settings.quirk, *row)).collect();
    let mut reply = json!({"result": {"items": items}, "time": time()});
    if let Some(reply) = reply.as_object_mut() {
        match settings.quirk {
            Some(Quirk::NoTime) => {
                reply.remove("time");
            }
            Some(Quirk::BareList) => {
                reply.insert("result".to_owned(), items.into());
            }
            Some(Quirk::UnknownKeys) => {
                reply.insert("signature".to_owned(), "f00".into());
                reply.insert("warnings".to_owned(), json!([{"code": 1}]));
            }
            _ => {}
        }
    }
    let mut answer = Answer::json(200, &reply);
    match settings.quirk {
        Some(Quirk::WrongCharset) => answer.content_type = "application/json; charset=windows-1251",
        Some(Quirk::TextHtml) => answer.content_type = "text/html",
        Some(Quirk::ByteOrderMark) => answer.body.splice(0..0, *b"\xEF\xBB\xBF").for_each(drop),
        _ => {}
    }
    answer
}

fn item(quirk: Option<Quirk>, row: Row) -> Value {
    let Row { id, email, name } = row;
    match quirk {
        Some(Quirk::IdsAsText) => json!({"id": id.to_string(), "email": email, "name": name}),
        Some(Quirk::NullNames) => json!({"id": id, "email": email, "name": null}),
        Some(Quirk::MissingNames) => json!({"id": id, "email": email}),
        Some(Quirk::UnknownKeys) => json!({"id": id, "email": email, "name": name, "icon": {"url": "\u{2026}"}}),
        _ => json!({"id": id, "email": email, "name": name}),
    }
}

/// The `time` object of a cloud portal: `start` and `processing` whole, `finish` and `duration` not.
#[expect(
    clippy::disallowed_methods,
    reason = "a portal stamps its answers with the real time"
)]
fn time() -> Value {
    let now = std::time::SystemTime::now();
    let start = now
        .duration_since(std::time::UNIX_EPOCH)
        .map(|since| since.as_secs())
        .unwrap_or_default();
    let date = humantime::format_rfc3339_seconds(now)
        .to_string()
        .replace('Z', "+00:00");
    json!({
        "start": start,
        "finish": start as f64 + 0.0125,
        "duration": 0.0125,
        "processing": 0,
        "date_start": date,
        "date_finish": date,
        "operating_reset_at": start + 600,
        "operating": 0,
    })
}

/// The old API at `/rest/…`: identity and scopes, in its flat shapes. It does not know the methods of REST 3.0.
fn old_api(settings: &Settings, credential: Credential<'_>, method: &str) -> Answer {
    let method = method.strip_suffix(".json").unwrap_or(method);
    if !["profile", "scope", "app.info"].contains(&method) {
        return Answer::flat(
            404,
            "ERROR_METHOD_NOT_FOUND",
            message_for(settings.language, "ERROR_METHOD_NOT_FOUND"),
        );
    }
    let Some((user_id, scopes)) = scopes_of(credential) else {
        return match credential {
            Some(_) => Answer::flat(401, "INVALID_CREDENTIALS", "Invalid request credentials"),
            None => Answer::flat(401, "NO_AUTH_FOUND", "Wrong authorization data"),
        };
    };
    let result = match method {
        "scope" => json!(scopes),
        "app.info" => json!({"SCOPE": scopes, "LICENSE": "demo"}),
        _ => json!({"ID": user_id.to_string(), "ADMIN": false, "NAME": "Demo", "LAST_NAME": "User"}),
    };
    Answer::json(200, &json!({"result": result, "time": time()}))
}
