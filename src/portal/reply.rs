//! Reads a portal's reply. Pure: bytes in, a result or an error out; no bytes make it panic.
//!
//! The shape of the body decides, never the URL and never a message text:
//!
//! | body | becomes |
//! |---|---|
//! | any, with status 301, 302, 303, 307 or 308 | [`Error::Redirected`] |
//! | `{"error":{"code":…,"message":…}}` (REST 3.0 envelope), any status | [`Error::Refused`] |
//! | `{"error":"CODE","error_description":…}` (flat), any status | [`Error::Refused`] |
//! | `{"result":…}` with a 2xx status | the result |
//! | empty, HTML, cut off, not JSON, or JSON of another shape | [`Error::Unreadable`] |
//!
//! `time` and unknown keys are not looked at. See <https://apidocs.bitrix24.com/api-reference/rest-v3.html>.

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::error::{Destination, Error, Refusal, Unreadable, Violation, code};
use super::quote::Quoter;

/// Bitrix24's longest code has 68 characters.
const MAX_CODE: usize = 100;
/// A message is a sentence, and a failure with its advice must stay under 200 tokens.
const MAX_MESSAGE: usize = 100;
/// A call of ours has at most a handful of fields to be wrong.
const MAX_VIOLATIONS: usize = 2;
/// Of a violation's field, and of its message.
const MAX_DETAIL: usize = 40;

/// A reply as it came over the wire.
#[derive(Debug, Clone, Default)]
pub(super) struct RawReply {
    /// HTTP status.
    pub(super) http_status: u16,
    /// The `Location` header of a redirect.
    pub(super) location: Option<String>,
    /// The whole body, at most the cap of the wire.
    pub(super) body: Vec<u8>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Value,
    #[serde(default)]
    error_description: Value,
}

/// Reads the result of a call, or why there is none.
///
/// `secret` is taken out of whatever an error quotes: a portal, or what stands before it, may echo the request's path.
///
/// # Errors
/// [`Error::Redirected`], [`Error::Refused`] or [`Error::Unreadable`], by the table above.
pub(super) fn read<T: DeserializeOwned>(reply: &RawReply, secret: &str) -> Result<T, Error> {
    let http_status = reply.http_status;
    let unreadable = |reason| Error::Unreadable { http_status, reason };
    let quoter = Quoter::without(secret);
    if matches!(http_status, 301 | 302 | 303 | 307 | 308) {
        let location = reply.location.as_deref();
        let to = location.map_or(Destination::Unnamed, |location| destination_of(location, quoter));
        return Err(Error::Redirected { http_status, to });
    }
    let body = text_of(&reply.body).map_err(unreadable)?;
    let envelope = envelope_in(body).map_err(unreadable)?;
    if let Some(refusal) = refusal_in(&envelope, http_status, quoter) {
        return Err(Error::Refused(refusal));
    }
    match envelope.result {
        Some(result) if (200..300).contains(&http_status) => {
            serde_json::from_str(result.get()).map_err(|_| unreadable(Unreadable::Shape))
        }
        _ => Err(unreadable(Unreadable::Shape)),
    }
}

/// JSON is UTF-8 whatever the charset label says (RFC 8259, section 8.1), and a byte order mark may be ignored.
fn text_of(body: &[u8]) -> Result<&str, Unreadable> {
    let text = std::str::from_utf8(body).map_err(|_| Unreadable::NotJson)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        Err(Unreadable::Empty)
    } else {
        Ok(text)
    }
}

fn envelope_in(body: &str) -> Result<Envelope<'_>, Unreadable> {
    // Without this look, serde would also fill the struct from a list, by position.
    if body.starts_with('{') {
        return serde_json::from_str(body).map_err(|error| reason_of(&error));
    }
    if body.starts_with('<') {
        return Err(Unreadable::Html);
    }
    match serde_json::from_str::<IgnoredAny>(body) {
        Ok(_) => Err(Unreadable::Shape),
        Err(error) => Err(reason_of(&error)),
    }
}

fn reason_of(error: &serde_json::Error) -> Unreadable {
    match error.classify() {
        Category::Eof => Unreadable::CutOff,
        Category::Data => Unreadable::Shape,
        Category::Syntax | Category::Io => Unreadable::NotJson,
    }
}

fn refusal_in(envelope: &Envelope<'_>, http_status: u16, quoter: Quoter<'_>) -> Option<Refusal> {
    let (code, message, validation) = match &envelope.error {
        Value::Object(error) => (
            error.get("code").map(text_in).unwrap_or_default(),
            error.get("message").map(text_in).unwrap_or_default(),
            error
                .get("validation")
                .map(|entries| violations_in(entries, quoter))
                .unwrap_or_default(),
        ),
        error => {
            let code = text_in(error);
            let message = text_in(&envelope.error_description);
            // Some builds send `"error": ""` or `0` beside a good result.
            let says_nothing = (code.is_empty() && message.is_empty()) || (code == "0" && envelope.result.is_some());
            if says_nothing {
                return None;
            }
            (code, message, Vec::new())
        }
    };
    let code = quoter.quote(&code, MAX_CODE);
    Some(Refusal {
        code: if code.is_empty() {
            code::ERROR_WITHOUT_CODE.to_owned()
        } else {
            code
        },
        http_status,
        message: quoter.quote(&message, MAX_MESSAGE),
        validation,
    })
}

/// Codes come as text, as numbers, or not at all.
fn text_in(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(true) => "true".to_owned(),
        _ => String::new(),
    }
}

fn violations_in(value: &Value, quoter: Quoter<'_>) -> Vec<Violation> {
    let text = |entry: &Value, key: &str| entry.get(key).map(text_in).unwrap_or_default();
    let entries = value.as_array().map(Vec::as_slice).unwrap_or_default();
    entries
        .iter()
        .take(MAX_VIOLATIONS)
        .map(|entry| Violation {
            field: quoter.quote(&text(entry, "field"), MAX_DETAIL),
            message: quoter.quote(&text(entry, "message"), MAX_DETAIL),
        })
        .collect()
}

fn destination_of(location: &str, quoter: Quoter<'_>) -> Destination {
    // A host that no portal has, so that what keeps it is a path on the portal itself.
    const HERE: &str = "here.invalid";
    let there = url::Url::parse(&format!("https://{HERE}/")).and_then(|here| here.join(location));
    match there.as_ref().map(url::Url::host_str) {
        Ok(Some(HERE)) => Destination::SameHost,
        Ok(Some(host)) => Destination::Host(quoter.quote(host, MAX_CODE)),
        _ => Destination::Unnamed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_redirect_names_the_host_it_leads_to() {
        let destination = |location| destination_of(location, Quoter::without("s3cr3tc0de"));
        let host = |name: &str| Destination::Host(name.to_owned());
        assert_eq!(destination("https://new.example/rest/"), host("new.example"));
        assert_eq!(destination("//other.example/x"), host("other.example"));
        assert_eq!(destination("\\\\other.example\\x"), host("other.example"));
        assert_eq!(destination("https://%73%33cr3tc0de.example/"), host("****.example"));
        assert_eq!(destination("/bitrix/coupon_activation.php"), Destination::SameHost);
        assert_eq!(destination("javascript:alert(1)"), Destination::Unnamed);
        assert_eq!(destination("https://[/"), Destination::Unnamed);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(http_status in any::<u16>(), location in any::<Option<String>>(), body in any::<Vec<u8>>(), secret in any::<String>()) {
            let _ = read::<Value>(&RawReply { http_status, location, body }, &secret);
        }

        #[test]
        fn no_text_of_json_letters_makes_the_reader_panic(
            http_status in prop_oneof![Just(200_u16), 100..600_u16],
            body in r#"(\{"(error|result)":)?[\[\]{}:,"a-z0-9\\u<. -]{0,80}\}?"#,
        ) {
            let _ = read::<Value>(&RawReply { http_status, location: None, body: body.into_bytes() }, "a");
        }

        #[test]
        fn every_error_object_is_an_error_and_keeps_its_code(code in "[A-Za-z_]{1,40}", status in 200..300_u16, message in any::<String>()) {
            let body = serde_json::json!({"error": {"code": code, "message": message}}).to_string().into_bytes();
            let error = read::<Value>(&RawReply { http_status: status, location: None, body }, "").unwrap_err();
            prop_assert_eq!(error.code(), code);
        }
    }
}
