//! Lists and ends of grants, page sessions, and what is kept about the store itself.

use rusqlite::{Result, params};

use super::database::Database;
use super::pairs;
use super::rows::{employee, grant_line};
use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;
use crate::team::store::records::{EndReason, GrantLine};
use crate::team::store::statements::{facts, grants, page_sessions, people, sign_ins, tokens};

/// Ends a grant, its access tokens, and the pair if it was the employee's last. False if it has ended before.
pub(super) fn end(database: &mut Database<'_>, grant: i64, reason: EndReason) -> Result<bool> {
    let ended = database.row(grants::END, params![reason.as_str(), grant], |row| employee(row, 0))?;
    let Some(employee) = ended else { return Ok(false) };
    database.change(tokens::END_ACCESS_OF_GRANT, [grant])?;
    let who = params![employee.member_id.as_ref(), employee.user_id.cast_signed()];
    if !database.has(people::HAS_GRANT, who)? {
        database.change(people::DELETE_PAIR, who)?;
    }
    Ok(true)
}

/// See [`Store::end_grant`](crate::team::store::Store::end_grant).
pub(super) fn end_of(
    database: &mut Database<'_>,
    employee: &EmployeeId,
    grant: i64,
    reason: EndReason,
) -> Result<bool> {
    let owner = params![grant, employee.member_id.as_ref(), employee.user_id.cast_signed()];
    Ok(database.has(grants::OWNER, owner)? && end(database, grant, reason)?)
}

/// See [`Store::end_employee`](crate::team::store::Store::end_employee).
pub(super) fn end_employee(database: &mut Database<'_>, employee: &EmployeeId, reason: EndReason) -> Result<usize> {
    let (member_id, user_id) = (employee.member_id.as_ref(), employee.user_id.cast_signed());
    let ended = database.change(grants::END_OF_EMPLOYEE, params![reason.as_str(), member_id, user_id])?;
    for statement in [
        tokens::END_ACCESS_OF_EMPLOYEE,
        page_sessions::END_OF_EMPLOYEE,
        people::DELETE_PAIR,
    ] {
        database.change(statement, params![member_id, user_id])?;
    }
    Ok(ended)
}

/// See [`Store::end_employee_at`](crate::team::store::Store::end_employee_at).
pub(super) fn end_employee_at(
    database: &mut Database<'_>,
    employee: &EmployeeId,
    version: i64,
    reason: EndReason,
) -> Result<Option<usize>> {
    match pairs::find(database, employee)? {
        Some(pair) if pair.version != version => Ok(None),
        _ => end_employee(database, employee, reason).map(Some),
    }
}

/// See [`Store::end_all`](crate::team::store::Store::end_all).
pub(super) fn end_all(database: &mut Database<'_>, reason: EndReason) -> Result<usize> {
    let ended = database.change(grants::END_ALL, [reason.as_str()])?;
    for statement in [
        tokens::END_ALL_ACCESS,
        sign_ins::END_ALL,
        page_sessions::END_ALL,
        people::DELETE_ALL_PAIRS,
    ] {
        database.change(statement, [])?;
    }
    Ok(ended)
}

/// See [`Store::grants`](crate::team::store::Store::grants).
pub(super) fn list(database: &mut Database<'_>, of: Option<&EmployeeId>) -> Result<Vec<GrantLine>> {
    match of {
        None => database.rows(grants::LIST, [], grant_line),
        Some(EmployeeId { member_id, user_id }) => {
            let parameters = params![member_id.as_ref(), user_id.cast_signed()];
            database.rows(grants::LIST_OF_EMPLOYEE, parameters, grant_line)
        }
    }
}

/// See [`Store::page_session`](crate::team::store::Store::page_session).
pub(super) fn page_session(database: &mut Database<'_>, session: Digest) -> Result<Option<(EmployeeId, String)>> {
    database.row(page_sessions::FIND, [session.as_bytes()], |row| {
        Ok((employee(row, 0)?, row.get(2)?))
    })
}

/// See [`Store::end_page_session`](crate::team::store::Store::end_page_session).
pub(super) fn end_page_session(database: &mut Database<'_>, session: Digest) -> Result<()> {
    database.change(page_sessions::END, [session.as_bytes()]).map(|_| ())
}

/// See [`Store::pin_key`](crate::team::store::Store::pin_key).
pub(super) fn pin_key(database: &mut Database<'_>, key_ids: &[String]) -> Result<bool> {
    database.change(facts::PIN_KEY, [key_ids.first()])?;
    Ok(key_id(database)?.is_some_and(|kept| key_ids.contains(&kept)))
}

/// See [`Store::key_id`](crate::team::store::Store::key_id).
pub(super) fn key_id(database: &mut Database<'_>) -> Result<Option<String>> {
    Ok(database.row(facts::KEY, [], |row| row.get(0))?.flatten())
}

/// See [`Store::replace_key`](crate::team::store::Store::replace_key).
pub(super) fn replace_key(database: &mut Database<'_>, key_id: &str) -> Result<()> {
    database.change(facts::REPLACE_KEY, [key_id]).map(|_| ())
}

/// See [`Store::pin_member_id`](crate::team::store::Store::pin_member_id).
pub(super) fn pin_member_id(database: &mut Database<'_>, given: &str) -> Result<String> {
    database.change(facts::PIN_MEMBER_ID, [given])?;
    let kept = database.row(facts::MEMBER_ID, [], |row| row.get(0))?;
    kept.ok_or(rusqlite::Error::QueryReturnedNoRows)
}
