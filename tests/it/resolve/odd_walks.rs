//! Walks over rows that cannot be read, and over portals that ignore the offset. With a paused clock.

use std::time::Duration;

use bitrix24_mail_mcp::address_book::{AddressBook, GivenPagination, Query};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::support::scripted_wire::{ScriptedWire, reply};

/// A portal that answers each call, also within a batch, with the rows for its offset and limit.
fn pages(rows: impl Fn(usize, usize) -> Vec<&'static str> + Send + Sync + 'static) -> std::sync::Arc<ScriptedWire> {
    ScriptedWire::answering(move |sent| {
        let page = |arguments: &Value| {
            let number = |key: &str| arguments["pagination"][key].as_u64().unwrap() as usize;
            format!("[{}]", rows(number("offset"), number("limit")).join(","))
        };
        let result = match serde_json::from_str(&sent.body).unwrap() {
            Value::Array(calls) => {
                let results: Vec<String> = calls.iter().map(|call| page(&call["query"])).collect();
                format!("[{}]", results.join(","))
            }
            arguments => page(&arguments),
        };
        reply(200, &format!(r#"{{"result":{result}}}"#))
    })
}

/// A portal whose list has these rows.
fn listing(rows: &[&'static str]) -> std::sync::Arc<ScriptedWire> {
    let rows = rows.to_vec();
    pages(move |offset, limit| rows.iter().skip(offset).take(limit).copied().collect())
}

#[tokio::test(start_paused = true)]
async fn a_walk_continues_past_a_page_of_damaged_rows_but_not_for_ever() {
    let walked = async |wire: &std::sync::Arc<ScriptedWire>| {
        let book = AddressBook::new(wire.portal(), Duration::ZERO);
        let given = GivenPagination {
            limit: Some(2.into()),
            ..GivenPagination::default()
        };
        let query = Query::new("", &given).unwrap();
        let mut walk = book.walk(&query);
        while walk.step(&CancellationToken::new()).await.unwrap().is_some() {}
        (walk.total(), walk.unreadable(), wire.sent().len(), walk.stopped_at())
    };
    let damaged = [
        r#"{"id":9,"email":"a@example.com"}"#,
        "null",
        "null",
        "null",
        r#"{"id":7,"email":"b@example.com"}"#,
        r#"{"id":6}"#,
        "null",
    ];
    assert_eq!(walked(&listing(&damaged)).await, (3, 4, 2, None));
    let damaged = [
        r#"{"id":9,"email":"a@example.com"}"#,
        r#"{"id":8}"#,
        "null",
        "null",
        r#"{"id":{},"email":"c@example.com"}"#,
        "[]",
        r#""x""#,
        r#""y""#,
        "null",
        "null",
        r#"{"id":1e400}"#,
        "7",
        r#"{"id":7}"#,
        r#"{"id":6}"#,
    ];
    assert_eq!(
        walked(&listing(&damaged)).await,
        (4, 10, 2, None),
        "rows of every kind are damaged"
    );
    let always = |row: &'static str| pages(move |_, limit| vec![row; limit]);
    assert_eq!(walked(&always(r#"{"id":9}"#)).await.0, 1, "one repeated row");
    let full = || pages(|_, _| vec![r#"{"id":9}"#, r#"{"id":8}"#]);
    assert_eq!(
        walked(&full()).await,
        (2, 0, 1, Some(5)),
        "a repeated page of good rows"
    );
    let half = || pages(|_, _| vec![r#"{"id":9}"#, "null"]);
    let (total, _, requests, stopped_at) = walked(&half()).await;
    assert_eq!(
        (total, requests, stopped_at),
        (1, 1, Some(5)),
        "a repeated page with a damaged row"
    );
    let (total, unreadable, requests, stopped_at) = walked(&always("null")).await;
    assert_eq!(
        (total, stopped_at),
        (0, Some(u64::from(unreadable))),
        "endless damaged rows"
    );
    assert!((500..=600).contains(&unreadable) && requests <= 13, "{requests}");
}
