//! The portal's pagination rules, with their gaps (table in the portal contract, section 4). Pure.
//!
//! The limit is read first (at most 1,000), then the offset, then the page. A page replaces the offset and uses the
//! limit *before* that is cut to 200. A negative limit drops both LIMIT and OFFSET from the database query.

use serde_json::{Map, Value, json};

use super::php;

/// The rows to return. A `limit` of `None` means every row; it comes from a limit that is not positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) limit: Option<usize>,
    pub(super) offset: usize,
}

/// Reads `pagination`; the error is the value that the portal quotes in its message.
pub(super) fn read(pagination: Option<&Value>) -> Result<Slice, Value> {
    let empty = Map::new();
    // Anything but an object is silently ignored.
    let given = pagination.and_then(Value::as_object).unwrap_or(&empty);
    let limit = match given.get("limit").filter(|value| !value.is_null()) {
        None => 50.0,
        Some(value) => php::numeric(value)
            .filter(|number| *number != 0.0)
            .ok_or_else(|| json!({"limit": value}))?
            .min(1000.0),
    };
    let mut offset = integer(given, "offset")?.unwrap_or(0);
    if let Some(page) = integer(given, "page")? {
        offset = page.saturating_sub(1).max(0).saturating_mul(php::to_integer(limit));
    }
    let limit = php::to_integer(limit).min(200);
    Ok(Slice {
        limit: usize::try_from(limit).ok().filter(|limit| *limit > 0),
        offset: usize::try_from(offset.max(0)).unwrap_or(usize::MAX),
    })
}

fn integer(given: &Map<String, Value>, key: &str) -> Result<Option<i64>, Value> {
    match given.get(key).filter(|value| !value.is_null()) {
        None => Ok(None),
        Some(value) => php::numeric(value)
            .map(|number| Some(php::to_integer(number)))
            .ok_or_else(|| json!({key: value})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(limit: usize, offset: usize) -> Result<Slice, Value> {
        Ok(Slice {
            limit: Some(limit),
            offset,
        })
    }

    #[test]
    fn pagination_follows_the_table_of_the_contract() {
        for (given, expected) in [
            (json!(null), slice(50, 0)),
            (json!({}), slice(50, 0)),
            (json!([]), slice(50, 0)),
            (json!("x"), slice(50, 0)),
            (json!(5), slice(50, 0)),
            (json!({"limit": null}), slice(50, 0)),
            (json!({"limit": "20"}), slice(20, 0)),
            (json!({"limit": 20.0}), slice(20, 0)),
            (json!({"limit": "1e2"}), slice(100, 0)),
            (json!({"limit": 0}), Err(json!({"limit": 0}))),
            (json!({"limit": "0"}), Err(json!({"limit": "0"}))),
            (json!({"limit": "abc"}), Err(json!({"limit": "abc"}))),
            (json!({"limit": ""}), Err(json!({"limit": ""}))),
            (json!({"limit": true}), Err(json!({"limit": true}))),
            (json!({"limit": []}), Err(json!({"limit": []}))),
            (json!({"limit": 201}), slice(200, 0)),
            (json!({"limit": 5000}), slice(200, 0)),
            (json!({"limit": -5}), Ok(Slice { limit: None, offset: 0 })),
            (json!({"limit": 0.5}), Ok(Slice { limit: None, offset: 0 })),
            (json!({"offset": "7"}), slice(50, 7)),
            (json!({"offset": -7}), slice(50, 0)),
            (json!({"offset": "x"}), Err(json!({"offset": "x"}))),
            (json!({"page": 3, "limit": 20, "offset": 5}), slice(20, 40)),
            (json!({"page": 0, "offset": 5}), slice(50, 0)),
            (json!({"page": -1}), slice(50, 0)),
            (json!({"page": "x"}), Err(json!({"page": "x"}))),
            // The gap: rows 200 to 499 are never seen.
            (json!({"limit": 500, "page": 2}), slice(200, 500)),
        ] {
            assert_eq!(read(Some(&given)), expected, "{given}");
        }
        assert_eq!(read(None), slice(50, 0));
    }
}
