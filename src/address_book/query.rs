//! A query to the address book that cannot be invalid: a text and a page, checked once.
//!
//! Pure. Page, limit and offset follow the portal's own rules, with three exceptions. A limit above 200 is sent as 200,
//! since with `page` the portal would skip rows. A limit that is zero or negative is refused, and a fraction is rounded
//! down: the portal would refuse both, or answer with the whole address book.
//!
//! | given | limit | offset |
//! |---|---|---|
//! | nothing, null | 50 | 0 |
//! | `limit` 1 to 200, as number or numeric text | that | |
//! | `limit` above 200 | 200 | |
//! | `limit` zero, negative, not numeric | refused | |
//! | `offset` numeric; negative means 0 | | that |
//! | `page` numeric; below 1 means 1; wins over `offset` | | (page − 1) × limit |
//! | `offset`, `page` not numeric, or beyond 1,000,000,000 rows | | refused |
//!
//! See <https://apidocs.bitrix24.com/api-reference/mail/recipient/mail-recipient-listcontacts.html>.

use serde_json::{Value, json};

use super::contact::Source;

/// The most rows of a page; the portal silently cuts at the same number.
pub const MAX_LIMIT: u32 = 200;
/// Rows of a page if the caller sets no limit.
const DEFAULT_LIMIT: u32 = 50;
/// The most characters of a text to search for. Names and addresses have at most 255 characters in the portal's table,
/// so a longer text matches nothing.
pub const MAX_TEXT: usize = 255;
/// The largest offset. No address book is that long, so a larger number is a mistake.
const MAX_OFFSET: u64 = 1_000_000_000;

/// Page, limit and offset as a caller gave them, unchecked. JSON null counts as not given.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GivenPagination {
    /// Page number from 1.
    pub page: Option<Value>,
    /// Rows of a page.
    pub limit: Option<Value>,
    /// Rows to skip.
    pub offset: Option<Value>,
}

/// A checked query for `mail.recipient.listcontacts` or `mail.recipient.listemployees`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    source: Source,
    text: String,
    limit: u32,
    offset: u64,
}

/// Why an argument was refused before any request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the argument `{field}` cannot be used")]
pub struct InvalidQuery {
    /// The path of the argument at fault, such as `pagination.limit`.
    pub field: &'static str,
    /// What is wrong with the value, and which values are right.
    pub problem: String,
}

impl InvalidQuery {
    /// True if page, limit or offset is at fault; the portal has a code of its own for these.
    pub fn is_about_pagination(&self) -> bool {
        self.field.starts_with("pagination")
    }
}

impl Query {
    /// Checks a query for contacts. An empty text means the latest contacts. The text is not trimmed, since the portal
    /// does not trim it either.
    ///
    /// # Errors
    /// [`InvalidQuery`] names the argument at fault.
    pub fn new(text: &str, given: &GivenPagination) -> Result<Self, InvalidQuery> {
        if text.chars().count() > MAX_TEXT {
            return Err(InvalidQuery {
                field: "query",
                problem: format!("is longer than {MAX_TEXT} characters, which no name or address is"),
            });
        }
        let limit = limit_from(given.limit.as_ref())?;
        let page = whole_number("pagination.page", given.page.as_ref())?;
        let offset = whole_number("pagination.offset", given.offset.as_ref())?;
        let (field, offset) = match page {
            Some(page) => (
                "pagination.page",
                page.saturating_sub(1).max(0).saturating_mul(i64::from(limit)),
            ),
            None => ("pagination.offset", offset.unwrap_or(0).max(0)),
        };
        let offset = u64::try_from(offset).unwrap_or(0);
        if offset > MAX_OFFSET {
            return Err(InvalidQuery {
                field,
                problem: format!("points beyond {MAX_OFFSET} rows"),
            });
        }
        Ok(Self {
            source: Source::Contacts,
            text: text.to_owned(),
            limit,
            offset,
        })
    }

    /// Checks a query for employees. The text may not be blank: the portal refuses an empty text, and lists every
    /// employee for white space.
    ///
    /// # Errors
    /// As [`Query::new`].
    pub fn for_employees(text: &str, given: &GivenPagination) -> Result<Self, InvalidQuery> {
        if text.trim().is_empty() {
            return Err(InvalidQuery {
                field: "query",
                problem: "is required for employees: the beginning of a first or last name, like \"anna\"".to_owned(),
            });
        }
        Ok(Self {
            source: Source::Employees,
            ..Self::new(text, given)?
        })
    }

    /// The query for all rows of a source, in pages of [`MAX_LIMIT`] rows.
    pub(super) fn everybody(source: Source) -> Self {
        let text = match source {
            Source::Contacts => "",
            // The portal treats white space as no filter, and refuses an empty text.
            Source::Employees => " ",
        };
        Self {
            source,
            text: text.to_owned(),
            limit: MAX_LIMIT,
            offset: 0,
        }
    }

    /// The source that is queried.
    pub fn source(&self) -> Source {
        self.source
    }

    /// The same query in pages of another size.
    pub(super) fn in_pages_of(self, limit: u32) -> Self {
        Self { limit, ..self }
    }

    /// The parameters of the same query at another offset.
    pub(super) fn parameters_at(&self, offset: u64) -> Value {
        list_parameters(&self.text, self.limit, offset)
    }

    /// The text to search for; empty for the latest contacts.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Rows of the page: 1 to 200.
    pub fn limit(&self) -> u32 {
        self.limit
    }

    /// Rows to skip, counted from the newest contact.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The method's parameters as sent: `offset` and `limit`, never `page`.
    pub fn parameters(&self) -> Value {
        self.parameters_at(self.offset)
    }
}

/// The parameters of a list method, as sent.
pub(super) fn list_parameters(text: &str, limit: u32, offset: u64) -> Value {
    json!({"query": text, "pagination": {"limit": limit, "offset": offset}})
}

fn limit_from(given: Option<&Value>) -> Result<u32, InvalidQuery> {
    let refused = |given: &Value| InvalidQuery {
        field: "pagination.limit",
        problem: format!("must be a whole number from 1 to {MAX_LIMIT}, not {}", shown(given)),
    };
    match given {
        None | Some(Value::Null) => Ok(DEFAULT_LIMIT),
        Some(value) => match numeric(value) {
            Some(number) if number >= 1.0 => Ok(saturating_integer(number)
                .try_into()
                .unwrap_or(MAX_LIMIT)
                .min(MAX_LIMIT)),
            _ => Err(refused(value)),
        },
    }
}

fn whole_number(field: &'static str, given: Option<&Value>) -> Result<Option<i64>, InvalidQuery> {
    match given {
        None | Some(Value::Null) => Ok(None),
        Some(value) => numeric(value)
            .map(|number| Some(saturating_integer(number)))
            .ok_or_else(|| InvalidQuery {
                field,
                problem: format!("must be a whole number, not {}", shown(value)),
            }),
    }
}

/// The number in a value that PHP's `is_numeric` accepts: a JSON number, or text with one (`"20"`, `" 20 "`, `"1e2"`).
fn numeric(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => {
            let text = text.trim();
            // Rust would also read "inf" and "nan".
            let is_a_number = text
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
            text.parse::<f64>()
                .ok()
                .filter(|number| is_a_number && number.is_finite())
        }
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a cast from f64 saturates, which is what is wanted"
)]
fn saturating_integer(number: f64) -> i64 {
    number as i64
}

/// A value or name of the caller, cleaned and cut to 40 characters, for an error message.
pub fn shown(given: impl ToString) -> String {
    const MAX_SHOWN: usize = 40;
    crate::portal::clean(&given.to_string(), MAX_SHOWN).text.into_owned()
}
