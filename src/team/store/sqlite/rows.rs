//! Rows as records, and records as parameters.

use std::net::IpAddr;
use std::time::Duration;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Result, Row};

use crate::portal::EmployeeId;
use crate::team::secret_value::Digest;
use crate::team::store::records::{ClientRequest, GrantLine, Purpose, SealedPair, SignIn};

impl FromSql for Digest {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self::stored)
    }
}

/// Milliseconds, as parameters have them.
pub(super) fn ms(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4)
}

/// A number of rows, as parameters have it.
pub(super) fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The two columns of an employee, from the one at `at`. SQLite's numbers have a sign, and the cast back restores the
/// id.
pub(super) fn employee(row: &Row<'_>, at: usize) -> Result<EmployeeId> {
    let member_id: String = row.get(at)?;
    Ok(EmployeeId {
        member_id: member_id.into(),
        user_id: row.get::<_, i64>(at + 1)?.cast_unsigned(),
    })
}

/// The three columns of a pair, from the one at `at`; `None` if they hold none.
pub(super) fn pair(row: &Row<'_>, at: usize) -> Result<Option<SealedPair>> {
    let (key_id, sealed): (Option<String>, Option<Vec<u8>>) = (row.get(at + 1)?, row.get(at + 2)?);
    Ok(match (key_id, sealed) {
        (Some(key_id), Some(sealed)) => Some(SealedPair {
            version: row.get(at)?,
            key_id,
            sealed,
        }),
        _ => None,
    })
}

/// A row of the table `sign_ins`.
pub(super) fn sign_in(row: &Row<'_>) -> Result<SignIn> {
    let client_id: Option<String> = row.get(3)?;
    let address: String = row.get(2)?;
    Ok(SignIn {
        handle: row.get(0)?,
        form_key: row.get(1)?,
        address: address.parse::<IpAddr>().map_err(|_| FromSqlError::InvalidType)?,
        purpose: match client_id {
            None => Purpose::StartPage,
            Some(client_id) => Purpose::Client(ClientRequest {
                client_id,
                client_name: row.get(4)?,
                redirect_uri: row.get(5)?,
                state: row.get(6)?,
                challenge: row.get(7)?,
                resource: row.get(8)?,
                scope: row.get(9)?,
            }),
        },
    })
}

/// A row of a list of grants.
pub(super) fn grant_line(row: &Row<'_>) -> Result<GrantLine> {
    Ok(GrantLine {
        grant: row.get(0)?,
        employee: employee(row, 1)?,
        name: row.get(3)?,
        client_name: row.get(4)?,
        created_at: row.get::<_, i64>(5)?.div_euclid(1000),
        used_at: row.get::<_, i64>(6)?.div_euclid(1000),
    })
}
