//! The request to the authorization server, and its reply. Pure.
//!
//! A code or a refresh token is exchanged for a new pair by `POST /oauth/token/` with a form, so that no secret is part
//! of a URL. See <https://apidocs.bitrix24.com/settings/oauth/index.html>.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::form_urlencoded;

use crate::portal::error::{Error, Speaker, Unreadable};
use crate::portal::loose::Loose;
use crate::portal::origin::Origin;
use crate::portal::reply::{RawReply, read_bare};
use crate::portal::request::Request;

/// The code or the refresh token that is exchanged for a pair of tokens.
#[derive(Debug, Clone)]
pub(super) enum Grant {
    /// The code from the authorize page; valid for 30 seconds, once.
    Code(SecretString),
    /// A refresh token; valid for 180 days, once.
    RefreshToken(SecretString),
}

/// The part of the authorization server's reply in use.
#[derive(Deserialize)]
struct TokenReply {
    #[serde(default)]
    access_token: Loose,
    #[serde(default)]
    refresh_token: Loose,
    #[serde(default)]
    user_id: Loose,
}

/// A new pair of tokens, and the user it is for.
#[derive(Debug, Clone)]
pub(super) struct Issued {
    pub(super) access_token: SecretString,
    pub(super) refresh_token: SecretString,
    pub(super) user_id: Option<u64>,
}

/// The request that exchanges `grant`.
pub(super) fn request(server: &Origin, grant: &Grant, client_id: &str, client_secret: &SecretString) -> Request {
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
pub(super) fn read(reply: &RawReply, grant: &Grant, client_secret: &SecretString) -> Result<Issued, Error> {
    let (Grant::Code(token) | Grant::RefreshToken(token)) = grant;
    let from = Speaker::AuthorizationServer;
    let tokens: TokenReply = read_bare(reply, from, &[token.expose_secret(), client_secret.expose_secret()])?;
    let token = |Loose { text, .. }: Loose| (!text.is_empty()).then(|| SecretString::from(text));
    match (token(tokens.access_token), token(tokens.refresh_token)) {
        (Some(access_token), Some(refresh_token)) if reply.http_status == 200 => Ok(Issued {
            access_token,
            refresh_token,
            user_id: tokens.user_id.text.parse().ok(),
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

    fn answered(http_status: u16, body: &str) -> Result<Issued, Error> {
        let reply = RawReply {
            http_status,
            body: body.as_bytes().to_vec(),
            ..RawReply::default()
        };
        read(&reply, &Grant::RefreshToken("r3fr3sh1".into()), &"s3cr3tpart".into())
    }

    #[test]
    fn secrets_are_only_in_the_body() {
        let server = "oauth.bitrix.info".parse().unwrap();
        let request = request(&server, &Grant::Code("c&de".into()), "local.1", &"s=cret".into());
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
