//! Lists and ends of grants.

use super::people;
use super::rows::{columns_of, employee, grant_line};
use crate::portal::EmployeeId;
use crate::team::store::database::{Database, Failure, Outcome, parameters};
use crate::team::store::records::{EndReason, GrantLine};
use crate::team::store::statements::{self, grants, page_sessions, sign_ins, tokens};

/// Ends a grant, its access tokens, and the pair if it was the employee's last. False if it has ended before.
pub(super) async fn end(database: &mut dyn Database, grant: i64, reason: EndReason) -> Result<bool, Failure> {
    let ended = database.row(grants::END, &parameters![reason.as_str(), grant]).await?;
    let Some(row) = ended else { return Ok(false) };
    let employee = employee(&row, 0)?;
    database
        .change(tokens::END_ACCESS_OF_GRANT, &parameters![grant])
        .await?;
    let (member_id, user_id) = columns_of(&employee);
    let columns = parameters![member_id, user_id];
    if !database.has(statements::people::HAS_GRANT, &columns).await? {
        database.change(statements::people::DELETE_PAIR, &columns).await?;
    }
    Ok(true)
}

/// See [`Store::end_grant`](crate::team::store::Store::end_grant).
pub(in crate::team::store) fn end_of(
    database: &mut dyn Database,
    (employee, grant, reason): (EmployeeId, i64, EndReason),
) -> Outcome<'_, bool> {
    Box::pin(async move {
        let (member_id, user_id) = columns_of(&employee);
        let owner = parameters![grant, member_id, user_id];
        Ok(database.has(grants::OWNER, &owner).await? && end(database, grant, reason).await?)
    })
}

/// See [`Store::end_employee`](crate::team::store::Store::end_employee).
pub(in crate::team::store) fn end_employee(
    database: &mut dyn Database,
    (employee, reason): (EmployeeId, EndReason),
) -> Outcome<'_, usize> {
    Box::pin(async move {
        let (member_id, user_id) = columns_of(&employee);
        let parameters = parameters![reason.as_str(), member_id, user_id];
        let ended = database.change(grants::END_OF_EMPLOYEE, &parameters).await?;
        for statement in [
            tokens::END_ACCESS_OF_EMPLOYEE,
            page_sessions::END_OF_EMPLOYEE,
            statements::people::DELETE_PAIR,
        ] {
            database.change(statement, &parameters![member_id, user_id]).await?;
        }
        Ok(number(ended))
    })
}

/// See [`Store::end_employee_at`](crate::team::store::Store::end_employee_at).
pub(in crate::team::store) fn end_employee_at(
    database: &mut dyn Database,
    (employee, version, reason): (EmployeeId, i64, EndReason),
) -> Outcome<'_, Option<usize>> {
    Box::pin(async move {
        match people::find(database, employee.clone()).await? {
            Some(pair) if pair.version != version => Ok(None),
            _ => end_employee(database, (employee, reason)).await.map(Some),
        }
    })
}

/// See [`Store::end_all`](crate::team::store::Store::end_all).
pub(in crate::team::store) fn end_all(database: &mut dyn Database, reason: EndReason) -> Outcome<'_, usize> {
    Box::pin(async move {
        let ended = database.change(grants::END_ALL, &parameters![reason.as_str()]).await?;
        for statement in [
            tokens::END_ALL_ACCESS,
            sign_ins::END_ALL,
            page_sessions::END_ALL,
            statements::people::DELETE_ALL_PAIRS,
        ] {
            database.change(statement, &[]).await?;
        }
        Ok(number(ended))
    })
}

/// See [`Store::grants`](crate::team::store::Store::grants).
pub(in crate::team::store) fn list(database: &mut dyn Database, of: Option<EmployeeId>) -> Outcome<'_, Vec<GrantLine>> {
    Box::pin(async move {
        let rows = match &of {
            None => database.rows(grants::LIST, &[]).await?,
            Some(employee) => {
                let (member_id, user_id) = columns_of(employee);
                let parameters = parameters![member_id, user_id];
                database.rows(grants::LIST_OF_EMPLOYEE, &parameters).await?
            }
        };
        rows.iter().map(grant_line).collect()
    })
}

fn number(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}
