//! A failure: a canned answer, or a broken connection. Pure.

use serde_json::{Value, json};

use crate::demo::answer::{Answer, Language, message_for};

/// The answer, or the broken connection, that a failing request gets.
#[derive(Debug, Clone, Copy)]
pub(in crate::demo) enum Failure {
    /// Status and code in the envelope of REST 3.0.
    Envelope(u16, &'static str),
    /// Status and code in the flat shape.
    Flat(u16, &'static str),
    /// Status and another body.
    Body(u16, Body),
    /// A redirect to another address.
    Redirect(u16, Target),
    /// No complete answer.
    Connection(Breakage),
    /// Another failure with this many seconds in `Retry-After`.
    RetryAfter(u32, &'static Self),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Body {
    Html,
    NoSuchPage,
    Empty,
    CutOffJson,
    NotJson,
    WrongShape,
    Validation,
    NumericCode,
    EmptyCode,
    EchoedPath,
    EncodedPath,
    PhpError,
    EmptyToken,
    /// 5 MiB of JSON.
    Long,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Target {
    /// The same path on another host.
    Renamed,
    /// The same address.
    Same,
    /// The page of an expired licence, which redirects to itself.
    CouponPage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Breakage {
    /// Accept and never answer.
    Hang,
    /// Reset the connection instead of answering.
    Reset,
    /// Close in the middle of the answer.
    CutOff,
    /// 64 MiB of spaces, as JSON may begin.
    Huge,
}

/// Too many requests a second.
pub(in crate::demo) const THROTTLE: Failure = Failure::Flat(503, "QUERY_LIMIT_EXCEEDED");
/// Operating time used up.
pub(in crate::demo) const RATE_LIMIT: Failure = Failure::Envelope(429, "BITRIX_REST_V3_EXCEPTION_RATELIMITEXCEPTION");
/// The portal failed inside.
pub(in crate::demo) const INTERNAL: Failure =
    Failure::Envelope(500, "BITRIX_REST_V3_EXCEPTION_INTERNAL_INTERNALEXCEPTION");

/// The server that a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Place {
    /// `/rest/api/…`.
    Rest3,
    /// `/rest/…`.
    OldApi,
    /// `/oauth/token/`, in reality another host.
    OAuthServer,
    /// All other pages, including `/oauth/authorize/`.
    Page,
}

/// Which requests a failure of [`Behaviour::Always`](super::Behaviour::Always) affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Rest3,
    BothApis,
    /// All but the authorization server.
    Portal,
}

impl Failure {
    /// A failure in front of PHP affects both APIs; another host, or no portal at all, affects every page.
    fn reach(self) -> Reach {
        match self {
            Self::Redirect(..) | Self::Body(_, Body::NoSuchPage) => Reach::Portal,
            Self::Connection(_) | Self::Body(_, Body::Html | Body::Empty | Body::CutOffJson | Body::NotJson) => {
                Reach::BothApis
            }
            Self::RetryAfter(_, failure) => failure.reach(),
            Self::Envelope(..) | Self::Flat(..) | Self::Body(..) => Reach::Rest3,
        }
    }

    pub(super) fn reaches(self, place: Place) -> bool {
        match place {
            Place::Rest3 => true,
            Place::OldApi => self.reach() != Reach::Rest3,
            Place::Page => self.reach() == Reach::Portal,
            Place::OAuthServer => false,
        }
    }

    /// The canned answer, or how the connection breaks.
    pub(in crate::demo) fn answer(self, language: Language, origin: &str, path: &str) -> Result<Answer, Breakage> {
        Ok(match self {
            Self::Envelope(status, code) => Answer::envelope(status, code, message_for(language, code), None),
            Self::Flat(status, code) => Answer::flat(status, code, message_for(language, code)),
            Self::Body(status, body) => body.answer(status, language, path),
            Self::Redirect(status, target) => {
                let location = match target {
                    Target::Renamed => format!("https://renamed.example{path}"),
                    Target::Same => format!("{origin}{path}"),
                    Target::CouponPage => format!("{origin}/bitrix/coupon_activation.php"),
                };
                Answer::redirect(status, location)
            }
            Self::Connection(breakage) => return Err(breakage),
            Self::RetryAfter(seconds, failure) => Answer {
                retry_after: Some(seconds),
                ..failure.answer(language, origin, path)?
            },
        })
    }
}

impl Body {
    fn answer(self, status: u16, language: Language, path: &str) -> Answer {
        match self {
            Self::Html => Answer::unavailable(status),
            Self::NoSuchPage => Answer::no_such_page(status),
            Self::Empty => Answer::raw(status, "application/json; charset=utf-8", ""),
            Self::CutOffJson => Answer::raw(
                status,
                "application/json",
                r#"{"result":{"items":[{"id":10,"email":"cli"#,
            ),
            Self::NotJson => Answer::raw(status, "text/plain", "upstream connect error"),
            Self::WrongShape => Answer::json(status, &json!({"result": true})),
            Self::Validation => Answer::missing_query(status, language),
            Self::NumericCode => Answer::json(status, &json!({"error": 0, "error_description": "Something is wrong"})),
            Self::EmptyCode => Answer::flat(status, "", "Something is wrong"),
            Self::EchoedPath => Answer::envelope(
                status,
                "",
                &format!("<b>Bad request</b><br/>for <a href=\"{path}\">{path}</a>"),
                Some(Value::from(vec![json!({"field": path, "message": path})])),
            ),
            Self::EncodedPath => {
                let hex: String = path.bytes().map(|byte| format!("{byte:02x}")).collect();
                let references: String = path.bytes().map(|byte| format!("&#{byte};")).collect();
                let percent = percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC);
                let base64 = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, path);
                let message = format!("{percent} {references} {hex} {base64}");
                let validation = Value::from(vec![json!({"field": base64, "message": references})]);
                Answer::envelope(status, &format!("NEW_{base64}"), &message, Some(validation))
            }
            Self::PhpError => Answer::html(
                status,
                format!(
                    "<br />\n<b>Fatal error</b>:  Uncaught Error: Call to undefined function for {path} with \
                    {{\"result\":{{\"items\":[]}}}} in <b>/home/bitrix/www/rest.php</b> on line <b>7</b><br />\n"
                ),
            ),
            Self::EmptyToken => Answer::json(status, &json!({"access_token": ""})),
            Self::Long => Answer::json(status, &json!({"access_token": "a".repeat(5 * 1024 * 1024)})),
        }
    }
}
