//! What an operation of the store needs of a database: statements with parameters, rows, and a transaction to undo.
//!
//! The operations are written against this interface, once for every database.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::team::secret_value::Digest;

/// Why a statement failed, for the operator's log. The database's own error stays with the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

/// The future of an operation on a database.
pub(super) type Outcome<'d, T> = BoxFuture<'d, Result<T, Failure>>;

/// A parameter of a statement.
#[derive(Debug, Clone, Copy)]
pub(super) enum Parameter<'a> {
    /// A number, or NULL.
    Integer(Option<i64>),
    /// A text, or NULL.
    Text(Option<&'a str>),
    /// Bytes.
    Bytes(&'a [u8]),
}

impl From<i64> for Parameter<'_> {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<Option<i64>> for Parameter<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Integer(number)
    }
}

impl From<usize> for Parameter<'_> {
    /// A number of rows.
    fn from(number: usize) -> Self {
        Self::Integer(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<Duration> for Parameter<'_> {
    /// Milliseconds. A longest duration can be added to a time.
    fn from(time: Duration) -> Self {
        Self::Integer(Some(i64::try_from(time.as_millis()).unwrap_or(i64::MAX / 4)))
    }
}

impl<'a> From<&'a str> for Parameter<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<&'a String> for Parameter<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<Option<&'a str>> for Parameter<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Parameter<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Digest> for Parameter<'a> {
    fn from(digest: &'a Digest) -> Self {
        Self::Bytes(digest.as_bytes())
    }
}

/// The parameters of a statement: `&parameters![name, &digest, lives]`.
macro_rules! parameters {
    ($($value:expr),* $(,)?) => { [$($crate::team::store::database::Parameter::from($value)),*] };
}
pub(super) use parameters;

/// A column of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// NULL.
    Null,
    /// A number, or a truth value: 0 or 1.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A row that a statement has returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row(pub(super) Vec<Value>);

impl Row {
    fn unreadable(at: usize) -> Failure {
        Failure(format!("column {at} of a row is of another type"))
    }

    /// The number in the column `at`.
    pub(super) fn integer(&self, at: usize) -> Result<i64, Failure> {
        self.optional_integer(at)?.ok_or_else(|| Self::unreadable(at))
    }

    /// The number in the column `at`; `None` for NULL.
    pub(super) fn optional_integer(&self, at: usize) -> Result<Option<i64>, Failure> {
        match self.0.get(at) {
            Some(Value::Integer(number)) => Ok(Some(*number)),
            Some(Value::Null) => Ok(None),
            _ => Err(Self::unreadable(at)),
        }
    }

    /// The text in the column `at`.
    pub(super) fn text(&self, at: usize) -> Result<String, Failure> {
        self.optional_text(at)?.ok_or_else(|| Self::unreadable(at))
    }

    /// The text in the column `at`; `None` for NULL.
    pub(super) fn optional_text(&self, at: usize) -> Result<Option<String>, Failure> {
        match self.0.get(at) {
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(Value::Null) => Ok(None),
            _ => Err(Self::unreadable(at)),
        }
    }

    /// The bytes in the column `at`; `None` for NULL.
    pub(super) fn optional_bytes(&self, at: usize) -> Result<Option<Vec<u8>>, Failure> {
        match self.0.get(at) {
            Some(Value::Bytes(bytes)) => Ok(Some(bytes.clone())),
            Some(Value::Null) => Ok(None),
            _ => Err(Self::unreadable(at)),
        }
    }

    /// The digest in the column `at`.
    pub(super) fn digest(&self, at: usize) -> Result<Digest, Failure> {
        let bytes = self.optional_bytes(at)?.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Digest::stored).ok_or_else(|| Self::unreadable(at))
    }
}

/// A connection to a database. An operation that writes has a transaction on it; one that only reads, or is one
/// statement, has none.
pub(super) trait Database: Send {
    /// Runs a statement that returns no rows. Returns how many rows it has changed.
    fn change<'a>(&'a mut self, sql: &'static str, parameters: &'a [Parameter<'a>]) -> Outcome<'a, u64>;

    /// All rows that a statement returns.
    fn rows<'a>(&'a mut self, sql: &'static str, parameters: &'a [Parameter<'a>]) -> Outcome<'a, Vec<Row>>;

    /// Ends the transaction without a change after the operation, which still returns its value.
    fn undo(&mut self);
}

impl dyn Database + '_ {
    /// The first row that a statement returns.
    pub(super) async fn row(
        &mut self,
        sql: &'static str,
        parameters: &[Parameter<'_>],
    ) -> Result<Option<Row>, Failure> {
        Ok(self.rows(sql, parameters).await?.into_iter().next())
    }

    /// True if a statement returns a row.
    pub(super) async fn has(&mut self, sql: &'static str, parameters: &[Parameter<'_>]) -> Result<bool, Failure> {
        Ok(!self.rows(sql, parameters).await?.is_empty())
    }
}
