//! Statements over a connection to PostgreSQL.

use std::borrow::Cow;

use futures_util::FutureExt;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Error};

use super::trouble::Trouble;
use crate::team::store::database::{Database, Failure, Outcome, Parameter, Row, Value};

/// A connection. An operation that writes has a transaction on it.
pub(super) struct Connection<'c> {
    client: &'c Client,
    /// The first error of a statement. After it the transaction can only be undone.
    pub(super) trouble: Option<Trouble>,
    /// True if the transaction ends without a change.
    pub(super) is_undone: bool,
}

impl<'c> Connection<'c> {
    /// Nothing has failed yet.
    pub(super) fn new(client: &'c Client) -> Self {
        Self {
            client,
            trouble: None,
            is_undone: false,
        }
    }

    fn failed(&mut self, error: &Error) -> Failure {
        let trouble = Trouble::from(error);
        let failure = Failure(trouble.reason.clone());
        self.trouble.get_or_insert(trouble);
        failure
    }
}

/// A parameter as tokio-postgres takes it.
#[derive(Debug)]
enum Sent<'a> {
    Integer(Option<i64>),
    Text(Option<Cow<'a, str>>),
    Bytes(&'a [u8]),
}

impl<'a> From<Parameter<'a>> for Sent<'a> {
    fn from(parameter: Parameter<'a>) -> Self {
        match parameter {
            Parameter::Integer(number) => Self::Integer(number),
            Parameter::Text(text) => Self::Text(text.map(without_zero)),
            Parameter::Bytes(bytes) => Self::Bytes(bytes),
        }
    }
}

/// PostgreSQL keeps no zero byte in a text, and would fail where SQLite finds nothing.
fn without_zero(text: &str) -> Cow<'_, str> {
    match text.contains('\0') {
        true => text.replace('\0', "\u{fffd}").into(),
        false => text.into(),
    }
}

impl Sent<'_> {
    fn typed(&self) -> (&(dyn ToSql + Sync), Type) {
        match self {
            Self::Integer(number) => (number, Type::INT8),
            Self::Text(text) => (text, Type::TEXT),
            Self::Bytes(bytes) => (bytes, Type::BYTEA),
        }
    }
}

impl Database for Connection<'_> {
    fn change<'a>(&'a mut self, sql: &'static str, parameters: &'a [Parameter<'a>]) -> Outcome<'a, u64> {
        async move {
            let sent: Vec<Sent<'_>> = parameters.iter().copied().map(Sent::from).collect();
            let typed: Vec<_> = sent.iter().map(Sent::typed).collect();
            let changed = self.client.execute_typed(sql, &typed).await;
            changed.map_err(|error| self.failed(&error))
        }
        .boxed()
    }

    fn rows<'a>(&'a mut self, sql: &'static str, parameters: &'a [Parameter<'a>]) -> Outcome<'a, Vec<Row>> {
        async move {
            let sent: Vec<Sent<'_>> = parameters.iter().copied().map(Sent::from).collect();
            let typed: Vec<_> = sent.iter().map(Sent::typed).collect();
            let rows = self.client.query_typed(sql, &typed).await;
            rows.and_then(|rows| rows.iter().map(read).collect())
                .map_err(|error| self.failed(&error))
        }
        .boxed()
    }

    fn undo(&mut self) {
        self.is_undone = true;
    }
}

fn read(row: &tokio_postgres::Row) -> Result<Row, Error> {
    let columns = row.columns().iter().enumerate();
    let values = columns.map(|(at, column)| {
        let value = match *column.type_() {
            Type::BOOL => row
                .try_get::<_, Option<bool>>(at)?
                .map(|truth| Value::Integer(truth.into())),
            Type::INT2 => row
                .try_get::<_, Option<i16>>(at)?
                .map(|number| Value::Integer(number.into())),
            Type::INT4 => row
                .try_get::<_, Option<i32>>(at)?
                .map(|number| Value::Integer(number.into())),
            Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map(Value::Integer),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Value::Bytes),
            // Any other type that is no text is an error.
            _ => row.try_get::<_, Option<String>>(at)?.map(Value::Text),
        };
        Ok(value.unwrap_or(Value::Null))
    });
    Ok(Row(values.collect::<Result<_, Error>>()?))
}
