//! Runs one method of REST 3.0 for a caller whose credentials were accepted: the scope, then the method.

use serde_json::{Map, Value};

use super::answer::Answer;
use super::credentials::Caller;
use super::faults::Behaviour;
use super::method::Method;
use super::state::State;
use super::{documentation, recipients};

/// Checks the scope: a method that lists recipients needs one of three scopes, of which the last is its own name.
pub(super) fn check_scope(state: &State, caller: &Caller, method: Method) -> Result<(), Answer> {
    let needs_none = matches!(method, Method::Documentation | Method::Batch);
    if needs_none || caller.has_one_of(&["mail", "mail.recipient", method.name()]) {
        return Ok(());
    }
    let code = match state.behaviour() {
        Some(Behaviour::FoldedScope) => "ACCESSDENIEDEXCEPTION",
        _ => "INSUFFICIENTSCOPEEXCEPTION",
    };
    Err(Answer::v3(403, state.settings.language, code))
}

/// Runs one item of a batch. Operating time, verb and JSON are not checked for items.
pub(super) fn batch_item(
    state: &State,
    caller: &Caller,
    method: Method,
    arguments: &Map<String, Value>,
) -> Result<Value, Answer> {
    check_scope(state, caller, method)?;
    run(state, caller, method, arguments)
}

pub(super) fn run(
    state: &State,
    caller: &Caller,
    method: Method,
    arguments: &Map<String, Value>,
) -> Result<Value, Answer> {
    match method {
        Method::ListContacts => recipients::list_contacts(state, caller, arguments),
        Method::ListEmployees => recipients::list_employees(state, arguments),
        Method::Documentation => Ok(documentation::document(state)),
        Method::Batch => Err(Answer::v3(404, state.settings.language, "METHODNOTFOUNDEXCEPTION")),
    }
}
