//! `mail.recipient.listcontacts` and `mail.recipient.listemployees`: their checks of arguments in the portal's order,
//! and their results (portal contract, sections 3 to 6). Credentials and scope have been checked before.

use serde_json::{Map, Value, json};

use super::address_book::Row;
use super::answer::{Answer, Language, V3};
use super::credentials::Caller;
use super::pagination::{self, Slice};
use super::php;
use super::quirks::{Quirk, WHOLE_EMOJI};
use super::settings::{NegativeLimit, Settings};
use super::state::State;

/// The caller's own contacts, newest first; all of them without a query.
pub(super) fn list_contacts(state: &State, caller: &Caller, arguments: &Map<String, Value>) -> Result<Value, Answer> {
    let settings = &state.settings;
    let slice = read_slice(settings, arguments)?;
    let query = php::to_text(arguments.get("query"));
    let Slice { limit, offset } = run_query(settings, slice)?;
    let rows = state.books().matching(caller.user, &query, offset, limit);
    state.turn_page();
    Ok(result(settings, &rows, limit))
}

/// The company's employees, in no particular order. A query is required, but may be blank.
pub(super) fn list_employees(state: &State, arguments: &Map<String, Value>) -> Result<Value, Answer> {
    let settings = &state.settings;
    if settings.quirk == Some(Quirk::EmployeesFail) {
        return Err(internal(settings));
    }
    let slice = read_slice(settings, arguments)?;
    let query = php::to_text(arguments.get("query"));
    if query.is_empty() {
        return Err(Answer::missing_query(400, settings.language));
    }
    if settings.quirk == Some(Quirk::NoHumanResources) {
        return Ok(result(settings, &[], None));
    }
    let Slice { limit, offset } = run_query(settings, slice)?;
    let rows = state.employees().matching(&query, offset, limit);
    state.shuffle_employees();
    Ok(result(settings, &rows, limit))
}

fn internal(settings: &Settings) -> Answer {
    Answer::v3(500, settings.language, "INTERNAL_INTERNALEXCEPTION")
}

/// The checks that the portal's request classes make before the method runs.
fn read_slice(settings: &Settings, arguments: &Map<String, Value>) -> Result<Slice, Answer> {
    if let Some(code) = stray_argument(arguments) {
        return Err(Answer::v3(400, settings.language, code));
    }
    pagination::read(arguments.get("pagination")).map_err(|wrong| {
        let text = match settings.language {
            Language::English => "Incorrect \"pagination\" parameter value:",
            Language::Russian => "Некорректное значение параметра \"pagination\":",
        };
        let code = format!("{V3}INVALIDPAGINATIONEXCEPTION");
        Answer::envelope(400, &code, &format!("{text} `{wrong}`"), None)
    })
}

/// `select`, `filter` and `order` are checked though the methods do not use them.
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

/// The slice that the database uses: without a limit the offset is ignored too.
fn run_query(settings: &Settings, slice: Slice) -> Result<Slice, Answer> {
    match (slice.limit, settings.negative_limit) {
        (Some(_), _) => Ok(slice),
        (None, NegativeLimit::Everything) => Ok(Slice { offset: 0, ..slice }),
        (None, NegativeLimit::InternalError) => Err(internal(settings)),
    }
}

/// The result with these rows; damaged rows are added only up to `limit`.
fn result(settings: &Settings, rows: &[Row], limit: Option<usize>) -> Value {
    let mut items: Vec<Value> = rows.iter().map(|row| item(settings.quirk, row)).collect();
    if settings.quirk == Some(Quirk::OddRows) && !items.is_empty() {
        let room = limit.map_or(usize::MAX, |limit| limit.saturating_sub(items.len()));
        items.splice(1..1, damaged_rows().into_iter().take(room));
    }
    match settings.quirk {
        Some(Quirk::BareList) => items.into(),
        _ => json!({"items": items}),
    }
}

fn damaged_rows() -> [Value; 5] {
    [
        json!({"id": null, "email": "damaged@example.com", "name": "No Id"}),
        json!({"email": "damaged@example.com"}),
        Value::Null,
        json!({"id": "99999999999999999999", "email": "damaged@example.com", "name": "Id beyond 64 bits"}),
        json!("a row that is text"),
    ]
}

fn item(quirk: Option<Quirk>, row: &Row) -> Value {
    let Row { id, email, name } = row;
    match quirk {
        Some(Quirk::IdsAsText) => json!({"id": id.to_string(), "email": email, "name": name}),
        Some(Quirk::NullNames) => json!({"id": id, "email": email, "name": null}),
        Some(Quirk::MissingNames) => json!({"id": id, "email": email}),
        Some(Quirk::UnknownKeys) => json!({"id": id, "email": email, "name": name, "icon": {"url": "\u{2026}"}}),
        Some(Quirk::OddRows) if id % 4 == 3 => {
            json!({"id": id, "email": email, "name": format!("{name} {WHOLE_EMOJI}")})
        }
        _ => json!({"id": id, "email": email, "name": name}),
    }
}
