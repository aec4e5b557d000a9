//! An exchange with the authorization server: the request, its time limit, and the reply.
//!
//! A code or a refresh token is exchanged for a new pair by `POST /oauth/token/` with a form, so that no secret is part
//! of a URL. See <https://apidocs.bitrix24.com/settings/oauth/index.html>.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::form_urlencoded;

use crate::portal::error::{Error, Speaker, Unreadable};
use crate::portal::loose::Loose;
use crate::portal::origin::Origin;
use crate::portal::reply::{RawReply, read_bare};
use crate::portal::request::Request;
use crate::portal::wire::Wire;

/// The time limit for an exchange with the authorization server.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(15);

/// The code or the refresh token that is exchanged for a pair of tokens.
#[derive(Debug, Clone)]
pub(super) enum Grant {
    /// The code from the authorize page; valid for 30 seconds, once.
    Code(SecretString),
    /// A refresh token; valid for 180 days, once.
    RefreshToken(SecretString),
}

/// The application that exchanges, and the authorization server that it asks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Client<'a> {
    pub(super) server: &'a Origin,
    pub(super) client_id: &'a str,
    pub(super) client_secret: &'a SecretString,
}

/// The part of the authorization server's reply in use. `domain` is not: it may be the authorization server's own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct TokenReply {
    access_token: Loose,
    refresh_token: Loose,
    user_id: Loose,
    member_id: Loose,
    client_endpoint: Loose,
}

/// A new pair of tokens, and whom and what it is for, as far as the authorization server says so.
#[derive(Debug, Clone)]
pub struct IssuedTokens {
    /// The access token.
    pub access_token: SecretString,
    /// The refresh token.
    pub refresh_token: SecretString,
    /// The user that the tokens act as.
    pub user_id: Option<u64>,
    /// The portal's `member_id`, as it was sent: to be compared only.
    pub member_id: Option<String>,
    /// The address of the portal's REST, as it was sent: to be compared only, and never called.
    pub client_endpoint: Option<String>,
}

/// Exchanges `grant` for a new pair of tokens.
///
/// # Errors
/// [`Error::TimedOut`], the errors of the wire, and those of [`read`].
pub(super) async fn exchange(client: Client<'_>, grant: &Grant, wire: &dyn Wire) -> Result<IssuedTokens, Error> {
    let sending = wire.send(request(client, grant));
    let reply = tokio::time::timeout(EXCHANGE_TIMEOUT, sending)
        .await
        .unwrap_or(Err(Error::TimedOut {
            after: EXCHANGE_TIMEOUT,
        }))?;
    read(&reply, grant, client.client_secret)
}

/// The request that exchanges `grant`.
fn request(client: Client<'_>, grant: &Grant) -> Request {
    let Client {
        server,
        client_id,
        client_secret,
    } = client;
    let (kind, name, value) = match grant {
        Grant::Code(code) => ("authorization_code", "code", code),
        Grant::RefreshToken(token) => ("refresh_token", "refresh_token", token),
    };
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", kind)
        .append_pair("client_id", client_id)
        .append_pair("client_secret", client_secret.expose_secret())
        .append_pair(name, value.expose_secret())
        .finish();
    Request {
        url: format!("{server}/oauth/token/").into(),
        origin: server.clone(),
        authorization: None,
        content_type: "application/x-www-form-urlencoded",
        body: form.into_bytes().into(),
    }
}

/// Reads a pair from the reply. An error never quotes the secrets of the request.
///
/// # Errors
/// [`Error::Refused`], [`Error::Redirected`] or [`Error::Unreadable`], each from the authorization server.
fn read(reply: &RawReply, grant: &Grant, client_secret: &SecretString) -> Result<IssuedTokens, Error> {
    let (Grant::Code(token) | Grant::RefreshToken(token)) = grant;
    let from = Speaker::AuthorizationServer;
    let tokens: TokenReply = read_bare(reply, from, &[token.expose_secret(), client_secret.expose_secret()])?;
    let given = |Loose { text, .. }: Loose| (!text.is_empty()).then_some(text);
    let token = |value| given(value).map(SecretString::from);
    match (token(tokens.access_token), token(tokens.refresh_token)) {
        (Some(access_token), Some(refresh_token)) if reply.http_status == 200 => Ok(IssuedTokens {
            access_token,
            refresh_token,
            user_id: tokens.user_id.text.parse().ok(),
            member_id: given(tokens.member_id),
            client_endpoint: given(tokens.client_endpoint),
        }),
        _ => Err(Error::Unreadable {
            from,
            http_status: reply.http_status,
            reason: Unreadable::Shape,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(http_status: u16, body: &str) -> Result<IssuedTokens, Error> {
        let reply = RawReply {
            http_status,
            body: body.as_bytes().to_vec(),
            ..RawReply::default()
        };
        read(&reply, &Grant::RefreshToken("r3fr3sh1".into()), &"s3cr3tpart".into())
    }

    #[test]
    fn secrets_are_only_in_the_body() {
        let client = Client {
            server: &"oauth.bitrix.info".parse().unwrap(),
            client_id: "local.1",
            client_secret: &"s=cret".into(),
        };
        let request = request(client, &Grant::Code("c&de".into()));
        assert_eq!(request.url.expose_secret(), "https://oauth.bitrix.info/oauth/token/");
        assert_eq!(
            request.body(),
            b"grant_type=authorization_code&client_id=local.1&client_secret=s%3Dcret&code=c%26de"
        );
    }

    #[test]
    fn a_pair_is_read_from_a_reply_with_further_fields() {
        let issued = answered(
            200,
            r#"{"access_token":"a","refresh_token":"r","expires_in":3600,"scope":"app","user_id":"7","status":"L"}"#,
        )
        .unwrap();
        assert!(answered(200, "\u{feff}{\"access_token\":\"a\",\"refresh_token\":\"r\"}").is_ok());
        assert_eq!((issued.access_token.expose_secret(), issued.user_id), ("a", Some(7)));
        assert_eq!((issued.member_id, issued.client_endpoint), (None, None));
    }

    #[test]
    fn n43_the_domain_of_the_reply_is_not_used() {
        let issued = answered(
            200,
            r#"{"access_token":"a","refresh_token":"r","domain":"oauth.bitrix.info","member_id":"m1",
                "client_endpoint":"https://p.example/rest/","server_endpoint":"https://oauth.bitrix.info/rest/"}"#,
        )
        .unwrap();
        assert_eq!(issued.member_id.as_deref(), Some("m1"));
        assert_eq!(issued.client_endpoint.as_deref(), Some("https://p.example/rest/"));
        assert!(!format!("{issued:?}").contains("oauth.bitrix.info"));
    }

    #[test]
    fn any_other_reply_is_an_error_without_secrets() {
        for (status, body, code) in [
            (
                400,
                r#"{"error":"invalid_grant","error_description":"r3fr3sh1 s3cr3tpart"}"#,
                "invalid_grant",
            ),
            (200, r#"{"error":"WRONG_CLIENT"}"#, "WRONG_CLIENT"),
            (200, r#"{"access_token":"a"}"#, "UNREADABLE_TOKEN_REPLY"),
            (
                200,
                r#"{"access_token":"","refresh_token":"r"}"#,
                "UNREADABLE_TOKEN_REPLY",
            ),
            (200, "[]", "UNREADABLE_TOKEN_REPLY"),
            (502, "<html>", "UNREADABLE_TOKEN_REPLY"),
        ] {
            let error = answered(status, body).unwrap_err();
            assert_eq!(error.code(), code, "{body}");
            assert!(
                !error.to_string().contains("r3fr3sh") && !error.to_string().contains("s3cr3t"),
                "{error}"
            );
        }
    }
}
