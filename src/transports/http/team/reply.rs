//! Turns an answer of the room `team` into an HTTP response, with the headers that all answers of a kind share.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER, SET_COOKIE,
    STRICT_TRANSPORT_SECURITY, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::team::{Answer, PublicUrl, SetCookie, style_hash};

/// The headers of all pages, and of redirects from one page to another.
#[derive(Debug)]
pub(super) struct PageHeaders(Vec<(HeaderName, HeaderValue)>);

impl PageHeaders {
    /// The headers for a server with this public address.
    pub(super) fn new(url: &PublicUrl) -> Self {
        let policy = format!(
            "default-src 'none'; style-src {}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            style_hash()
        );
        let mut headers = vec![
            (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
            // With `no-referrer` browsers would send `Origin: null` with the forms.
            (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        ];
        // The hash has no character that a header must not have.
        headers.extend(HeaderValue::from_str(&policy).map(|policy| (CONTENT_SECURITY_POLICY, policy)));
        if url.is_https() {
            let a_year = HeaderValue::from_static("max-age=31536000");
            headers.push((STRICT_TRANSPORT_SECURITY, a_year));
        }
        Self(headers)
    }

    fn add_to(&self, response: &mut Response) {
        response.headers_mut().extend(self.0.iter().cloned());
    }
}

/// The response for `answer`. `pages` is `None` where the answer is never a page or a redirect.
pub(super) fn reply(answer: Answer, pages: Option<&PageHeaders>) -> Response {
    let mut response = match answer {
        Answer::Page { status, html, cookies } => {
            let mut response = with_body(status, "text/html; charset=utf-8", html);
            add_cookies(response.headers_mut(), &cookies);
            response
        }
        Answer::Redirect { to, cookies } => {
            let Some(to) = secret(&to) else {
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            };
            let mut response = StatusCode::SEE_OTHER.into_response();
            response.headers_mut().insert(LOCATION, to);
            add_cookies(response.headers_mut(), &cookies);
            response
        }
        Answer::Json {
            status,
            body,
            retry_after,
        } => {
            let mut response = with_body(status, "application/json", body.to_string());
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            return response;
        }
        Answer::Empty { status } => return status_of(status).into_response(),
    };
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, Answer::RETRY_AFTER.into());
    }
    if let Some(pages) = pages {
        pages.add_to(&mut response);
    }
    response
}

fn with_body(status: u16, kind: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status_of(status);
    let kind = HeaderValue::from_static(kind);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn add_cookies(headers: &mut HeaderMap, cookies: &[SetCookie]) {
    for cookie in cookies.iter().filter_map(|cookie| secret(&cookie.header())) {
        headers.append(SET_COOKIE, cookie);
    }
}

/// A header's value that no log may show.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
