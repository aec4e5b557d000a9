//! Reads the type of answer that a client prefers from its `Accept` header. Pure.

use http::HeaderMap;
use http::header::ACCEPT;

/// The type of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerFormat {
    Json,
    EventStream,
}

/// The type that the client prefers; JSON if it has no preference. `None` if it accepts neither.
pub(super) fn answer_format(headers: &HeaderMap) -> Option<AnswerFormat> {
    let accepted: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    if accepted.iter().all(|range| range.trim().is_empty()) {
        return Some(AnswerFormat::Json);
    }
    let json = quality(&accepted, ["application/json", "application/*", "*/*"]);
    let event_stream = quality(&accepted, ["text/event-stream", "text/*", "*/*"]);
    if json <= 0.0 && event_stream <= 0.0 {
        None
    } else if event_stream > json {
        Some(AnswerFormat::EventStream)
    } else {
        Some(AnswerFormat::Json)
    }
}

/// The weight in `accepted` of the first of `ranges` that occurs there; 0 if none does. `ranges` are sorted from the
/// most to the least precise. See RFC 9110, section 12.5.1.
fn quality(accepted: &[&str], ranges: [&str; 3]) -> f32 {
    let weight = |range: &str| {
        accepted.iter().find_map(|accepted| {
            let mut parts = accepted.split(';').map(str::trim);
            let is_it = parts.next()?.eq_ignore_ascii_case(range);
            let weight = parts.find_map(|parameter| parameter.strip_prefix("q=").or(parameter.strip_prefix("Q=")));
            // An unreadable weight counts as a missing one.
            is_it.then(|| weight.and_then(|weight| weight.parse().ok()).unwrap_or(1.0))
        })
    };
    ranges.into_iter().find_map(weight).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_has_the_type_that_the_client_prefers() {
        for (accept, expected) in [
            (None, Some(AnswerFormat::Json)),
            (Some(""), Some(AnswerFormat::Json)),
            (Some("*/*"), Some(AnswerFormat::Json)),
            (Some("application/json"), Some(AnswerFormat::Json)),
            (Some("Application/JSON; charset=utf-8"), Some(AnswerFormat::Json)),
            (Some("application/json, text/event-stream"), Some(AnswerFormat::Json)),
            (Some("text/event-stream, application/json"), Some(AnswerFormat::Json)),
            (Some("text/event-stream"), Some(AnswerFormat::EventStream)),
            (Some("text/*"), Some(AnswerFormat::EventStream)),
            (
                Some("text/event-stream, application/json;q=0.5"),
                Some(AnswerFormat::EventStream),
            ),
            (
                Some("text/event-stream;q=0.5, */*;q=0.1"),
                Some(AnswerFormat::EventStream),
            ),
            (
                Some("application/json;q=0, text/event-stream"),
                Some(AnswerFormat::EventStream),
            ),
            (Some("application/json;q=often"), Some(AnswerFormat::Json)),
            (Some("text/html"), None),
            (Some("text/event-stream;q=0"), None),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(answer_format(&headers), expected, "{accept:?}");
        }
    }
}
