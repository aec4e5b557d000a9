//! What can be made to go wrong (`--demo-fault`), each under a name, and where a fault strikes.
//!
//! Unless its kind says otherwise, a fault strikes REST 3.0 alone: the old API and the authorization server stay well,
//! so that they can be asked for the reason.

mod table;

use serde_json::{Value, json};

use super::answer::{Answer, Language, message_for};
pub use table::FAULTS;

/// A named way to fail.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    /// What `--demo-fault` takes.
    pub name: &'static str,
    /// What it shows, in one line.
    pub about: &'static str,
    /// How a look-up by a patient client ends.
    pub outcome: Outcome,
    /// True if it concerns an application: the demo then hands out OAuth credentials, whatever its settings say.
    pub needs_oauth: bool,
    pub(super) behaviour: Behaviour,
}

/// How a look-up ends if the client repeats, waits and refreshes as it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It fails.
    Fails,
    /// It succeeds in the end.
    Survived,
    /// Either.
    Random,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Behaviour {
    /// The settings a person would have made wrong.
    Settings(WrongSettings),
    /// Every request that the failure reaches, see [`Failure::reach`].
    Always(Failure),
    /// Every request of REST 3.0, however far the failure would reach.
    Rest3(Failure),
    /// So many first requests of REST 3.0.
    Times(usize, Failure),
    /// Every request of the authorization server for tokens; the access token has expired.
    OAuthServer(Failure),
    /// The tokens a person would have, where the portal itself is well.
    Tokens(StartingTokens),
    /// REST 3.0 says 401 ACCESSDENIED, and the old API the reason.
    Folded(u16, &'static str),
    /// REST 3.0 says 403 ACCESSDENIED, and the old API that the permission is missing.
    FoldedScope,
    /// REST 3.0 says ACCESSDENIED with this status, and the old API gives the overload page.
    Unexplained(u16),
    /// The limit on operating time is reached from the start.
    OperatingUsedUp,
    /// Every fifth request of either API.
    Random,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WrongSettings {
    NoCredentials,
    BadWebhookUrl,
    PlainHttp,
    UnknownHost,
    ClosedPort,
    FullQueue,
    TlsToPlainPort,
    WrongSecret,
    NoMailScope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StartingTokens {
    /// An access token that has expired.
    Expired,
    /// The same, and REST 3.0 says so in the flat shape.
    ExpiredFlat,
    /// A pair that was replaced already.
    Spent,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Failure {
    /// REST 3.0 envelope.
    Envelope(u16, &'static str),
    /// Flat shape.
    Flat(u16, &'static str),
    /// Another body.
    Body(u16, Body),
    /// To another address.
    Redirect(u16, Target),
    /// No complete answer at all.
    Connection(Breakage),
    /// The other failure, with this many seconds in `Retry-After`.
    RetryAfter(u32, &'static Self),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// The same path on another host.
    Renamed,
    /// The same address.
    Same,
    /// The page of an expired licence, which redirects to itself.
    CouponPage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breakage {
    /// Accept and never answer.
    Hang,
    /// Reset the connection instead of answering.
    Reset,
    /// Close in the middle of the answer.
    CutOff,
    /// 64 MiB of spaces, as JSON may begin.
    Huge,
}

/// Where a request arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `/rest/api/…`.
    Rest3,
    /// `/rest/…`.
    OldApi,
    /// `/oauth/token/`, which is another server in reality.
    OAuthServer,
    /// The rest of the portal, `/oauth/authorize/` among it.
    Page,
}

/// How far a failure that always happens reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Rest3,
    BothApis,
    /// All but the authorization server.
    Portal,
}

impl Failure {
    /// What stands before PHP fails for both APIs; another host or no portal at all is so for every page.
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

    fn reaches(self, place: Place) -> bool {
        match place {
            Place::Rest3 => true,
            Place::OldApi => self.reach() != Reach::Rest3,
            Place::Page => self.reach() == Reach::Portal,
            Place::OAuthServer => false,
        }
    }

    /// The canned answer, or the way the connection breaks.
    pub(super) fn answer(self, language: Language, origin: &str, path: &str) -> Result<Answer, Breakage> {
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

impl Behaviour {
    /// What goes wrong with a request that arrives at `place`; `earlier` such requests came before it. The dice are
    /// thrown for every request of either API.
    pub(super) fn strikes(self, place: Place, earlier: usize, dice: &mut fastrand::Rng) -> Option<Failure> {
        let access_denied = "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION";
        match (self, place) {
            (Self::Always(failure), _) => failure.reaches(place).then_some(failure),
            (Self::Times(times, failure), Place::Rest3) => (earlier < times).then_some(failure),
            (Self::Rest3(failure), Place::Rest3) | (Self::OAuthServer(failure), Place::OAuthServer) => Some(failure),
            (Self::Unexplained(status), Place::Rest3) => Some(Failure::Envelope(status, access_denied)),
            (Self::Unexplained(_), Place::OldApi) => Some(Failure::Body(503, Body::Html)),
            (Self::Random, Place::Rest3 | Place::OldApi) => something_that_passes(dice),
            _ => None,
        }
    }
}

/// In about twenty of a hundred cases a failure, in two of them a hang. A 429 is rare: it stops the method for everybody.
fn something_that_passes(dice: &mut fastrand::Rng) -> Option<Failure> {
    Some(match dice.u16(0..1000) {
        0..20 => Failure::Connection(Breakage::Hang),
        20..80 => table::THROTTLE,
        80..81 => Failure::RetryAfter(1, &table::RATE_LIMIT),
        81..110 => table::INTERNAL,
        110..140 => Failure::Body(502, Body::Html),
        140..160 => Failure::Body(504, Body::Html),
        160..180 => Failure::Connection(Breakage::Reset),
        180..200 => Failure::Connection(Breakage::CutOff),
        _ => return None,
    })
}

impl Body {
    fn answer(self, status: u16, language: Language, path: &str) -> Answer {
        match self {
            Self::Html => unavailable(status),
            Self::NoSuchPage => no_such_page(status),
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
        }
    }
}

/// The page of a gateway that waited for the portal in vain.
pub(super) fn gateway_timeout() -> Answer {
    unavailable(504)
}

fn unavailable(status: u16) -> Answer {
    Answer::html(
        status,
        "<!DOCTYPE html><html><head><title>Bitrix24</title></head>\
        <body><h1>Service temporarily unavailable</h1></body></html>",
    )
}

/// The page of a web server for a path that it does not know.
pub(super) fn no_such_page(status: u16) -> Answer {
    Answer::html(status, "<html><body><h1>404 Not Found</h1></body></html>")
}
