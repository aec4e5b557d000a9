//! The access token of a call to `/mcp`, and the employee whom it stands for.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use url::form_urlencoded;

use crate::mcp::Employee;
use crate::team::{Answer, Team, Unauthenticated};
use crate::transports::refusal::Refusal;

/// Finds the employee of the request's access token, and puts the [`Employee`] into the request's extensions, where the
/// MCP server looks for it.
pub(super) async fn authenticate(State(team): State<Arc<Team>>, mut request: Request, next: Next) -> Response {
    match employee(&team, request.uri(), request.headers()).await {
        Ok(employee) => {
            request.extensions_mut().insert(employee);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn employee(team: &Team, uri: &Uri, headers: &HeaderMap) -> Result<Employee, Refusal> {
    let with_slash = uri.path().ends_with('/');
    let refused = |status, reason, message, is_invalid| {
        let challenge = team.challenge(with_slash, is_invalid);
        let refusal = Refusal::new(status, reason, message);
        match HeaderValue::from_str(&challenge) {
            Ok(challenge) => refusal.www_authenticate(challenge),
            Err(_) => refusal,
        }
    };
    let token = match sent_token(headers, uri.query()) {
        Sent::Once(token) => token,
        Sent::Missing => {
            let message = "sign in first: this server is for employees who have signed in with Bitrix24";
            return Err(refused(StatusCode::UNAUTHORIZED, "no_token", message, false));
        }
        Sent::Wrongly => {
            let message = "send one access token, in one Authorization header, and none in the address";
            return Err(refused(StatusCode::BAD_REQUEST, "token_sent_wrongly", message, false));
        }
    };
    team.authenticate(token).await.map_err(|problem| match problem {
        Unauthenticated::Invalid => {
            let message = "this access token is not valid, or has expired, or its sign-in has ended: sign in again";
            refused(StatusCode::UNAUTHORIZED, "wrong_token", message, true)
        }
        Unauthenticated::Unavailable => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Refusal::new(status, "store_unavailable", Answer::UNAVAILABLE).retry_after(Answer::RETRY_AFTER)
        }
    })
}

/// How a request carries its access token.
#[derive(Debug, PartialEq, Eq)]
enum Sent<'a> {
    Once(&'a str),
    Missing,
    /// In the address, which logs show, or more than once.
    Wrongly,
}

/// The access token of a request. Pure.
fn sent_token<'a>(headers: &'a HeaderMap, query: Option<&str>) -> Sent<'a> {
    let mut parameters = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    if parameters.any(|(name, _)| name == "access_token") {
        return Sent::Wrongly;
    }
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = match (values.next(), values.next()) {
        (None, _) => return Sent::Missing,
        (Some(value), None) => value.to_str().unwrap_or_default(),
        _ => return Sent::Wrongly,
    };
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Sent::Once(token.trim()),
        _ => Sent::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n03_a_token_counts_only_in_one_header() {
        for (values, query, expected) in [
            (&["Bearer t"][..], None, Sent::Once("t")),
            (&["bearer  t "], Some("session=1"), Sent::Once("t")),
            (&["Bearer "], None, Sent::Once("")),
            (&[], None, Sent::Missing),
            (&["Bearer"], None, Sent::Missing),
            (&["Basic dXNlcjp0"], None, Sent::Missing),
            (&["Bearer t", "Bearer t"], None, Sent::Wrongly),
            (&["Basic dXNlcjp0", "Bearer t"], None, Sent::Wrongly),
            (&[], Some("access_token=t"), Sent::Wrongly),
            (&["Bearer t"], Some("a=1&access_token=t"), Sent::Wrongly),
            (&["Bearer t"], Some("acc%65ss_token="), Sent::Wrongly),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, value.parse().unwrap());
            }
            assert_eq!(sent_token(&headers, query), expected, "{values:?} {query:?}");
        }
    }
}
