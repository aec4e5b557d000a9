//! Ends the grants of an employee whose tokens are no good any more.

use crate::portal::EmployeeId;
use crate::team::parts::Parts;
use crate::team::store::records::EndReason;

/// Ends the grants of the employee because of the pair of `version`. False, and nothing is ended, if there is a newer
/// pair: then the employee has signed in again meanwhile. If the store does not answer, the next call tries again.
pub(super) async fn end(parts: &Parts, employee: &EmployeeId, version: i64, reason: EndReason) -> bool {
    match parts.store.end_employee_at(employee, version, reason).await {
        Ok(None) => false,
        Ok(Some(0)) => true,
        Ok(Some(ended)) => {
            tracing::warn!(reason = reason.as_str(), "the sign-in of an employee has ended");
            parts.record_ended_grants(reason, ended);
            true
        }
        Err(unavailable) => {
            tracing::error!(reason = %unavailable, "the sign-in of an employee cannot be ended now");
            true
        }
    }
}
