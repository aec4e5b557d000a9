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
//! [`body`] finds the JSON in the body. `time` holds the operating time, for its limit; unknown keys are skipped. See
//! <https://apidocs.bitrix24.com/api-reference/rest-v3.html>.

mod body;
mod text;

use std::time::Duration;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use serde_json::value::RawValue;
pub use text::{with_lone_surrogates_as, without_lone_surrogates};

use super::codes;
use super::error::{Destination, Error, Refusal, Speaker, Unreadable, Violation};
use super::limits::{OPERATING_WINDOW, OperatingTime};
use super::loose::{First, Loose};
use super::quote::Quoter;

/// The most characters of a host's name that are shown.
const MAX_HOST: usize = 100;
/// The most characters of a message. A message is a sentence, and a failure with its advice must stay under 200 tokens.
const MAX_MESSAGE: usize = 100;
/// The most validation entries that are kept: our calls have only a few fields.
const MAX_VIOLATIONS: usize = 2;
/// The longest `Retry-After` that is obeyed: no limit of Bitrix24 covers a longer time.
const LONGEST_SERVER_WAIT: Duration = OPERATING_WINDOW;
/// The most characters of a violation's field, and of its message.
const MAX_DETAIL: usize = 40;

/// A reply as a [`Wire`](super::Wire) returns it.
#[derive(Debug, Clone, Default)]
pub struct RawReply {
    /// HTTP status.
    pub http_status: u16,
    /// The `Location` header of a redirect.
    pub location: Option<String>,
    /// The `Retry-After` header.
    pub retry_after: Option<String>,
    /// The `Date` header.
    pub date: Option<String>,
    /// The whole body; a wire refuses a body above its cap.
    pub body: Vec<u8>,
    /// The server's certificate in DER; only from [`Wire::send_for_certificate`](super::Wire::send_for_certificate),
    /// over TLS.
    pub certificate: Option<Vec<u8>>,
}

impl RawReply {
    /// How long the server asks to wait; `None` if it does not ask for a wait. `Retry-After` holds seconds, or a date,
    /// which is compared with the server's own `Date`. See <https://www.rfc-editor.org/rfc/rfc9110#name-retry-after>.
    pub(super) fn server_wait(&self) -> Option<Duration> {
        let header = self.retry_after.as_deref()?.trim();
        if header.bytes().all(|byte| byte.is_ascii_digit()) && !header.is_empty() {
            let seconds = header.parse().unwrap_or(u64::MAX);
            return Some(Duration::from_secs(seconds).min(LONGEST_SERVER_WAIT));
        }
        let until = httpdate::parse_http_date(header).ok()?;
        let now = httpdate::parse_http_date(self.date.as_deref()?).ok()?;
        Some(until.duration_since(now).ok()?.min(LONGEST_SERVER_WAIT))
    }
}

/// The result of a call, and the method's operating time if the portal reported it.
#[derive(Debug)]
pub(super) struct Success<T> {
    pub(super) result: T,
    pub(super) operating: Option<OperatingTime>,
}

/// The JSON object of a reply; `R` is the type of the result.
#[derive(Deserialize)]
struct Envelope<'a, R> {
    result: Option<R>,
    #[serde(default)]
    error: Loose<ErrorObject>,
    #[serde(default)]
    error_description: Loose,
    #[serde(borrow, default)]
    time: Option<&'a RawValue>,
}

/// The value of `error` in REST 3.0.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorObject {
    code: Loose,
    message: Loose,
    validation: Loose<IgnoredAny, First<Loose<ValidationEntry>, MAX_VIOLATIONS>>,
}

/// An entry of `validation`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ValidationEntry {
    field: Loose,
    message: Loose,
}

/// The part of `time` in use. All fields are floats: builds of Bitrix24 send different fields as integers.
#[derive(Deserialize)]
struct Time {
    operating: f64,
    operating_reset_at: f64,
    finish: f64,
}

/// Reads the result of a call. `from` is the server that replied.
///
/// An error never quotes `secret`: a portal, or a proxy in front of it, may echo the request.
///
/// # Errors
/// [`Error::Redirected`], [`Error::Refused`] or [`Error::Unreadable`], by the table above.
pub(super) fn read<T: DeserializeOwned>(reply: &RawReply, from: Speaker, secret: &str) -> Result<Success<T>, Error> {
    let text = text::text_of(&reply.body);
    let (_, Envelope { result, time, .. }) = accepted::<T>(reply, &text, from, &[secret])?;
    match result {
        Some(result) if (200..300).contains(&reply.http_status) => Ok(Success {
            result,
            operating: time.and_then(operating_in),
        }),
        _ => Err(unreadable(reply, from, Unreadable::Shape)),
    }
}

/// Reads an object that is not wrapped in `result`, as the authorization server sends it.
///
/// # Errors
/// As [`read`].
pub(super) fn read_bare<T: DeserializeOwned>(reply: &RawReply, from: Speaker, secrets: &[&str]) -> Result<T, Error> {
    let text = text::text_of(&reply.body);
    let (object, _) = accepted::<IgnoredAny>(reply, &text, from, secrets)?;
    serde_json::from_str(object).map_err(|_| unreadable(reply, from, Unreadable::Shape))
}

/// The JSON object of a reply that is neither a redirect nor a refusal, as text and as its envelope.
fn accepted<'a, R: Deserialize<'a>>(
    reply: &RawReply,
    text: &'a str,
    from: Speaker,
    secrets: &[&str],
) -> Result<(&'a str, Envelope<'a, R>), Error> {
    let http_status = reply.http_status;
    let quoter = Quoter::without(secrets);
    if matches!(http_status, 301 | 302 | 303 | 307 | 308) {
        let location = reply.location.as_deref();
        let to = location.map_or(Destination::Unnamed, |location| destination_of(location, quoter));
        return Err(Error::Redirected { from, http_status, to });
    }
    let unreadable = |reason| unreadable(reply, from, reason);
    let mut object = body::trimmed(text);
    let mut read = envelope_in::<R>(object);
    if let Err(first @ (Unreadable::CutOff | Unreadable::NotJson)) = read {
        object = body::object_in(text).map_err(|reason| match reason {
            // The body begins with an object, so the first reading found the real fault: an object is cut off.
            Unreadable::CutOff if object.starts_with('{') => unreadable(first),
            reason => unreadable(reason),
        })?;
        read = envelope_in(object);
    }
    // The result is read in the same pass. If it has another shape, the object may still hold a refusal.
    let refusal = match &read {
        Ok(envelope) => refusal_in(envelope, from, http_status, quoter),
        Err(_) => refusal_in(
            &envelope_in::<&RawValue>(object).map_err(unreadable)?,
            from,
            http_status,
            quoter,
        ),
    };
    match refusal {
        Some(refusal) => Err(Error::Refused(refusal)),
        None => Ok((object, read.map_err(|_| unreadable(Unreadable::Shape))?)),
    }
}

fn unreadable(reply: &RawReply, from: Speaker, reason: Unreadable) -> Error {
    Error::Unreadable {
        from,
        http_status: reply.http_status,
        reason,
    }
}

/// The operating time in `time`; `None` if a field is missing or out of range, since portals send different sets of
/// fields.
fn operating_in(time: &RawValue) -> Option<OperatingTime> {
    let time: Time = serde_json::from_str(time.get()).ok()?;
    let reset_in = Duration::try_from_secs_f64((time.operating_reset_at - time.finish).max(0.0)).ok()?;
    (time.operating >= 0.0).then_some(OperatingTime {
        used: time.operating,
        reset_in: reset_in.min(OPERATING_WINDOW),
    })
}

fn envelope_in<'a, R: Deserialize<'a>>(object: &'a str) -> Result<Envelope<'a, R>, Unreadable> {
    // Without this check serde would also read the struct from a list, by position.
    if !object.starts_with('{') {
        return Err(Unreadable::NotJson);
    }
    serde_json::from_str(object).map_err(|error| match error.classify() {
        Category::Data => Unreadable::Shape,
        Category::Eof => Unreadable::CutOff,
        Category::Syntax | Category::Io => Unreadable::NotJson,
    })
}

fn refusal_in<R>(envelope: &Envelope<'_, R>, by: Speaker, http_status: u16, quoter: Quoter<'_>) -> Option<Refusal> {
    let (sent, message, validation) = match &envelope.error.object {
        Some(object) => (&object.code.text, &object.message.text, object.validation.list.as_ref()),
        None => {
            let (code, message) = (&envelope.error.text, &envelope.error_description.text);
            // Some builds send `"error": ""` or `0` together with a result.
            let says_nothing = (code.is_empty() && message.is_empty()) || (code == "0" && envelope.result.is_some());
            if says_nothing {
                return None;
            }
            (code, message, None)
        }
    };
    // Some servers send a sentence in place of the code.
    let message = if message.is_empty() && !codes::is_code(sent) {
        sent
    } else {
        message
    };
    let violation = |entry: &Loose<ValidationEntry>| {
        let quote = |text: Option<&Loose>| quoter.quote(text.map_or("", |text| &text.text), MAX_DETAIL);
        Violation {
            field: quote(entry.object.as_ref().map(|entry| &entry.field)),
            message: quote(entry.object.as_ref().map(|entry| &entry.message)),
        }
    };
    Some(Refusal {
        by,
        code: codes::safe_code(sent, quoter),
        http_status,
        message: quoter.quote(message, MAX_MESSAGE),
        validation: validation.map_or_else(Vec::new, |entries| entries.items.iter().map(violation).collect()),
    })
}

/// The path to which a self-hosted portal redirects every request once its licence has expired.
const LICENCE_PAGE: &str = "/bitrix/coupon_activation.php";

fn destination_of(location: &str, quoter: Quoter<'_>) -> Destination {
    // A host that no portal has: a location that resolves to this host is a path on the portal itself.
    const HERE: &str = "here.invalid";
    let target = url::Url::parse(&format!("https://{HERE}/")).and_then(|here| here.join(location));
    match target.as_ref().map(|target| (target.host_str(), target.path())) {
        // The location may or may not name the portal's own host.
        Ok((Some(_), LICENCE_PAGE)) => Destination::LicencePage,
        Ok((Some(HERE), _)) => Destination::SameHost,
        Ok((Some(host), _)) => {
            // The URL parser makes `host` lower case, and a secret in base64 is recognised only in its own case.
            let sent = location
                .split(['/', '\\', '?', '#'])
                .find(|part| quoter.finds_secret_in(part));
            let sent = sent.filter(|sent| sent.to_ascii_lowercase() == host);
            Destination::Host(quoter.quote(sent.unwrap_or(host), MAX_HOST))
        }
        _ => Destination::Unnamed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_redirect_names_its_target_host() {
        let destination = |location| destination_of(location, Quoter::without(&["s3cr3tc0de"]));
        let host = |name: &str| Destination::Host(name.to_owned());
        assert_eq!(destination("https://new.example/rest/"), host("new.example"));
        assert_eq!(destination("//other.example/x"), host("other.example"));
        assert_eq!(destination("\\\\other.example\\x"), host("other.example"));
        assert_eq!(destination("https://%73%33cr3tc0de.example/"), host("****.example"));
        assert_eq!(destination("https://czNjcjN0YzBkZQ.example/"), host("****.example"));
        assert_eq!(
            destination("/bitrix/coupon_activation.php?x=1"),
            Destination::LicencePage
        );
        assert_eq!(
            destination("https://p.example/bitrix/coupon_activation.php"),
            Destination::LicencePage
        );
        assert_eq!(destination("/bitrix/other.php"), Destination::SameHost);
        assert_eq!(destination("javascript:alert(1)"), Destination::Unnamed);
        assert_eq!(destination("https://[/"), Destination::Unnamed);
    }

    #[test]
    fn the_operating_time_is_read_only_if_all_its_fields_are_there() {
        let operating = |time: &str| {
            let body = format!(r#"{{"result":1,"time":{time}}}"#).into_bytes();
            let reply = RawReply {
                http_status: 200,
                body,
                ..RawReply::default()
            };
            read::<serde_json::Value>(&reply, Speaker::Portal, "")
                .unwrap()
                .operating
        };
        assert_eq!(
            operating(r#"{"finish":100.5,"operating":390,"operating_reset_at":130}"#),
            Some(OperatingTime {
                used: 390.0,
                reset_in: Duration::from_millis(29_500)
            })
        );
        for time in [
            "null",
            "[]",
            "{}",
            r#"{"operating":1}"#,
            r#"{"finish":1,"operating":-1,"operating_reset_at":2}"#,
        ] {
            assert_eq!(operating(time), None, "{time}");
        }
        let past = operating(r#"{"finish":100,"operating":1.5,"operating_reset_at":1e300}"#);
        assert_eq!(past, None, "too far away to be a time");
    }

    #[test]
    fn retry_after_holds_seconds_or_a_date() {
        let server_wait = |retry_after: &str, date: Option<&str>| {
            RawReply {
                retry_after: Some(retry_after.to_owned()),
                date: date.map(str::to_owned),
                ..RawReply::default()
            }
            .server_wait()
        };
        let date = Some("Tue, 24 Nov 2026 00:00:00 GMT");
        assert_eq!(server_wait(" 7 ", None), Some(Duration::from_secs(7)));
        for huge in ["18446744073709551615", "99999999999999999999999"] {
            assert_eq!(server_wait(huge, None), Some(LONGEST_SERVER_WAIT), "{huge}");
        }
        assert_eq!(
            server_wait("Tue, 24 Nov 2026 00:00:09 GMT", date),
            Some(Duration::from_secs(9))
        );
        assert_eq!(server_wait("Mon, 23 Nov 2026 00:00:09 GMT", date), None, "already over");
        assert_eq!(server_wait("Tue, 24 Nov 2026 00:00:09 GMT", None), None);
        assert_eq!(server_wait("soon", date), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(http_status in any::<u16>(), location in any::<Option<String>>(), body in any::<Vec<u8>>(), secret in any::<String>()) {
            let reply = RawReply { http_status, retry_after: location.clone(), date: location.clone(), location, body, certificate: None };
            let _ = (read::<serde_json::Value>(&reply, Speaker::Portal, &secret), reply.server_wait());
        }

        #[test]
        fn no_text_of_json_letters_makes_the_reader_panic(
            http_status in prop_oneof![Just(200_u16), 100..600_u16],
            body in r#"(\{"(error|result)":)?[\[\]{}:,"a-z0-9\\u<. -]{0,80}\}?"#,
        ) {
            let reply = RawReply { http_status, body: body.into_bytes(), ..RawReply::default() };
            let _ = read::<serde_json::Value>(&reply, Speaker::Portal, "a");
        }

        #[test]
        fn every_error_object_is_an_error_and_keeps_its_code(code in "[A-Za-z_]{1,40}", status in 200..300_u16, message in any::<String>()) {
            let body = serde_json::json!({"error": {"code": code, "message": message}}).to_string().into_bytes();
            let reply = RawReply { http_status: status, body, ..RawReply::default() };
            let error = read::<serde_json::Value>(&reply, Speaker::Portal, "").unwrap_err();
            prop_assert_eq!(error.code(), code);
        }
    }
}
