//! The pages and OAuth endpoints: reads a request within bounds, and passes it to the room `team`.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT_LANGUAGE, COOKIE, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::reply::{PageHeaders, reply};
use crate::team::{self, Answer, Team};
use crate::transports::body::{BodyReader, BodyType};
use crate::transports::guard::{ConnectionAddresses, Guard};
use crate::transports::refusal::Refusal;

/// The most bytes of a body: one more than a registration may have, which the room `team` then refuses. All other forms
/// are shorter.
const MAX_BODY: usize = 8 * 1024 + 1;

/// A page or an OAuth endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exchange {
    Register,
    Authorize,
    Consent,
    Callback,
    Token,
    Revoke,
    StartPage,
    SignIn,
    EndConnection,
    SignOut,
}

impl Exchange {
    /// True for what clients call, not browsers: its errors have the form of OAuth.
    fn is_for_clients(self) -> bool {
        matches!(self, Self::Register | Self::Token | Self::Revoke)
    }

    /// The type of its body; `None` if its body is not read.
    fn body(self) -> Option<BodyType> {
        match self {
            Self::Register => Some(BodyType::Json),
            Self::Authorize | Self::Callback | Self::StartPage => None,
            Self::Token | Self::Revoke | Self::Consent | Self::SignIn | Self::EndConnection | Self::SignOut => {
                Some(BodyType::Form)
            }
        }
    }
}

/// The parts that read and answer requests.
#[derive(Debug)]
pub(super) struct Exchanges {
    team: Arc<Team>,
    guard: Arc<Guard>,
    bodies: Arc<BodyReader>,
    page_headers: PageHeaders,
}

impl Exchanges {
    pub(super) fn new(team: Arc<Team>, guard: Arc<Guard>, bodies: Arc<BodyReader>) -> Self {
        Self {
            page_headers: PageHeaders::new(&team.settings().public_url),
            team,
            guard,
            bodies,
        }
    }

    pub(super) async fn answer(
        &self,
        exchange: Exchange,
        addresses: ConnectionAddresses,
        request: Request,
    ) -> Response {
        match self.exchange(exchange, addresses, request).await {
            Ok(answer) => reply(answer, Some(&self.page_headers)),
            Err(refusal) if exchange.is_for_clients() => refusal.into_oauth_response(),
            Err(refusal) => refusal.into_response(),
        }
    }

    async fn exchange(
        &self,
        exchange: Exchange,
        addresses: ConnectionAddresses,
        request: Request,
    ) -> Result<Answer, Refusal> {
        let (parts, body) = request.into_parts();
        if matches!(exchange, Exchange::Authorize | Exchange::StartPage) {
            self.guard.check_origin_unless_followed(&parts)?;
        }
        let caller = self.guard.count_call(addresses, &parts.headers, None)?;
        let _running = self.guard.admit(&caller)?;
        let body = match exchange.body() {
            Some(kind) => {
                let reading = self
                    .bodies
                    .read_within(MAX_BODY, kind, caller.address, &parts.headers, body);
                Some(reading.await?)
            }
            None => None,
        };
        let cookies = cookies(&parts.headers);
        let request = team::Request {
            query: parts.uri.query().unwrap_or_default(),
            body: body.as_ref().map_or(&[], |body| &body.bytes),
            cookies: &cookies,
            origin: origin(&parts),
            accept_language: text(&parts.headers, ACCEPT_LANGUAGE).unwrap_or_default(),
            caller: caller.address,
        };
        let team = &self.team;
        Ok(match exchange {
            Exchange::Register => team.register(request).await,
            Exchange::Authorize => team.authorize(request).await,
            Exchange::Consent => team.consent(request).await,
            Exchange::Callback => team.callback(request).await,
            Exchange::Token => team.token(request).await,
            Exchange::Revoke => team.revoke(request).await,
            Exchange::StartPage => team.start_page(request).await,
            Exchange::SignIn => team.start_sign_in(request).await,
            Exchange::EndConnection => team.end_connection(request).await,
            Exchange::SignOut => team.sign_out(request).await,
        })
    }
}

/// All `Cookie` headers as one.
fn cookies(headers: &HeaderMap) -> String {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    values.collect::<Vec<_>>().join("; ")
}

/// The header `Origin`. Several count as one that no page has.
fn origin(parts: &Parts) -> Option<&str> {
    let mut values = parts.headers.get_all(ORIGIN).iter();
    let first = values.next()?;
    Some(match values.next() {
        None => first.to_str().unwrap_or_default(),
        Some(_) => "",
    })
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok())
}
