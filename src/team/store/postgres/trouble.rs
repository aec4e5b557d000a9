//! Errors of a PostgreSQL server: what they are for the operator's log, and what may be done after them.

use std::error::Error as _;
use std::io;

use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity, SqlState};

use super::tls;

/// What an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Another transaction was in the way, and this one is undone: it can run again.
    Conflict,
    /// The connection is lost, or leads to a server that does not write any more. Another one may be good.
    Lost,
    /// The server refuses a sign-in, lacks the database, or TLS fails: a person has to change something.
    Refused,
    /// Anything else.
    Other,
}

/// An error, as far as the log and the next step need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// What it is.
    pub(super) kind: Kind,
    /// True if the connection can be used further, after a rollback.
    pub(super) is_sound: bool,
    /// The reason as a phrase, without a value of the store.
    pub(super) reason: String,
}

impl From<&Error> for Trouble {
    fn from(error: &Error) -> Self {
        match error.as_db_error() {
            Some(error) => Self::of_server(error),
            None => Self::of_connection(error),
        }
    }
}

impl Trouble {
    /// The connection is lost.
    pub(super) fn lost(reason: &str) -> Self {
        Self {
            kind: Kind::Lost,
            is_sound: false,
            reason: reason.to_owned(),
        }
    }

    /// An operation failed without an error of the database.
    pub(super) fn of_operation(reason: String) -> Self {
        Self {
            kind: Kind::Other,
            is_sound: true,
            reason,
        }
    }

    /// A setting is wrong.
    pub(super) fn refused(reason: String) -> Self {
        Self {
            kind: Kind::Refused,
            is_sound: false,
            reason,
        }
    }

    /// The server has answered with an error. Its detail may hold values of the store, so only the message is kept.
    fn of_server(error: &DbError) -> Self {
        let kind = kind_of(error.code());
        let is_ended = !matches!(error.parsed_severity(), Some(Severity::Error));
        Self {
            kind,
            is_sound: !is_ended && kind != Kind::Lost,
            reason: format!("{} (SQLSTATE {})", error.message(), error.code().code()),
        }
    }

    fn of_connection(error: &Error) -> Self {
        if error.is_closed() {
            return Self::lost("the connection was closed");
        }
        let Some(cause) = error.source() else {
            return Self::refused(error.to_string());
        };
        if let Some(error) = cause.downcast_ref::<io::Error>() {
            let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            return match tls {
                Some(error) => Self::refused(tls::reason(error)),
                // What the server says in the sign-in is wrong.
                None if error.kind() == io::ErrorKind::InvalidInput => Self::refused(error.to_string()),
                None => Self::lost(&error.to_string()),
            };
        }
        Self::refused(format!("{error}: {cause}"))
    }
}

fn kind_of(code: &SqlState) -> Kind {
    match code.code() {
        // A serialization failure, a deadlock.
        "40001" | "40P01" => Kind::Conflict,
        // The server has become a standby; it ends an idle transaction, all connections, or an idle one; it starts; it has
        // no connection left.
        "25006" | "25P03" | "57P01" | "57P02" | "57P03" | "57P05" | "53300" => Kind::Lost,
        // No such database, no permission.
        "3D000" | "42501" => Kind::Refused,
        code if code.starts_with("08") => Kind::Lost,
        // Wrong user or password.
        code if code.starts_with("28") => Kind::Refused,
        _ => Kind::Other,
    }
}
