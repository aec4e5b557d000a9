//! Rows as records, and records as parameters.

use std::net::IpAddr;

use crate::portal::EmployeeId;
use crate::team::store::database::{Failure, Row};
use crate::team::store::records::{ClientRequest, GrantLine, Purpose, SealedPair, SignIn};

/// An employee as two parameters. The databases' numbers have a sign.
pub(super) fn columns_of(employee: &EmployeeId) -> (&str, i64) {
    (employee.member_id.as_ref(), employee.user_id.cast_signed())
}

/// The two columns of an employee, from the one at `at`. The cast restores the id.
pub(super) fn employee(row: &Row, at: usize) -> Result<EmployeeId, Failure> {
    Ok(EmployeeId {
        member_id: row.text(at)?.into(),
        user_id: row.integer(at + 1)?.cast_unsigned(),
    })
}

/// The three columns of a pair, from the one at `at`; `None` if they hold none.
pub(super) fn pair(row: &Row, at: usize) -> Result<Option<SealedPair>, Failure> {
    Ok(match (row.optional_text(at + 1)?, row.optional_bytes(at + 2)?) {
        (Some(key_id), Some(sealed)) => Some(SealedPair {
            version: row.integer(at)?,
            key_id,
            sealed,
        }),
        _ => None,
    })
}

/// A row of the table `sign_ins`.
pub(super) fn sign_in(row: &Row) -> Result<SignIn, Failure> {
    let address = row.text(2)?.parse::<IpAddr>();
    Ok(SignIn {
        handle: row.digest(0)?,
        form_key: row.digest(1)?,
        address: address.map_err(|_| Failure("the address of a sign-in is none".to_owned()))?,
        purpose: match row.optional_text(3)? {
            None => Purpose::StartPage,
            Some(client_id) => Purpose::Client(ClientRequest {
                client_id,
                client_name: row.text(4)?,
                redirect_uri: row.text(5)?,
                state: row.optional_text(6)?,
                challenge: row.text(7)?,
                resource: row.text(8)?,
                scope: row.text(9)?,
            }),
        },
    })
}

/// A row of a list of grants.
pub(super) fn grant_line(row: &Row) -> Result<GrantLine, Failure> {
    Ok(GrantLine {
        grant: row.integer(0)?,
        employee: employee(row, 1)?,
        name: row.text(3)?,
        client_name: row.text(4)?,
        created_at: row.integer(5)?.div_euclid(1000),
        used_at: row.integer(6)?.div_euclid(1000),
    })
}
