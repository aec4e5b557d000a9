//! One HTTP request as a value: URL, headers and body. Pure: nothing is sent here.
//!
//! REST 3.0 expects `POST https://{portal}/rest/api/{user}/{secret}/{method}` with a JSON object as its body.
//! See <https://apidocs.bitrix24.com/api-reference/rest-v3.html>.

use std::fmt;

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::Value;

use super::credentials::webhook_address::WebhookAddress;
use super::origin::Origin;

/// The methods that this program calls. All of them only read, so every call is safe to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `mail.recipient.listcontacts`: the calling user's address book.
    ListContacts,
    /// `mail.recipient.listemployees`: the company's employees who have an address.
    ListEmployees,
    /// `batch`: several calls of the other methods in one request; see [`Call`](super::Call).
    Batch,
}

impl Method {
    /// The method's name in lower case, as REST 3.0 expects it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ListContacts => "mail.recipient.listcontacts",
            Self::ListEmployees => "mail.recipient.listemployees",
            Self::Batch => "batch",
        }
    }
}

/// Methods of the old API, called by the self-check, and when REST 3.0 refuses without a reason. They need no
/// permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OldMethod {
    /// The user that the credentials act as.
    Profile,
    /// The webhook's permissions, or the application's state.
    AppInfo,
    /// The granted permissions.
    Scope,
}

impl OldMethod {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Profile => "profile",
            Self::AppInfo => "app.info",
            Self::Scope => "scope",
        }
    }
}

/// One HTTP request, always a POST, ready to send.
pub struct Request {
    /// The whole URL. It is a secret, since a webhook's secret is part of its path.
    pub(super) url: SecretString,
    /// The server that receives the request.
    pub(super) origin: Origin,
    /// The value of the `Authorization` header.
    pub(super) authorization: Option<SecretString>,
    /// The media type of the body.
    pub(super) content_type: &'static str,
    /// The body. It is a secret, since a refresh token may be part of it.
    pub(super) body: SecretSlice<u8>,
}

const JSON: &str = "application/json";

/// How a request is authorised.
#[derive(Debug, Clone)]
pub(super) enum Access {
    /// A webhook: user and secret are part of the path.
    Webhook(WebhookAddress),
    /// An application's access token, in a header.
    Token { portal: Origin, token: SecretString },
}

impl Access {
    /// The request that calls a REST 3.0 `method`. `parameters` is a JSON object, or a list for a batch.
    pub(super) fn call(&self, method: Method, parameters: &Value) -> Request {
        self.request("rest/api", method.as_str(), parameters.to_string())
    }

    /// The request that calls a `method` of the old API without parameters.
    pub(super) fn old_call(&self, method: OldMethod) -> Request {
        self.request("rest", method.as_str(), "{}".to_owned())
    }

    fn request(&self, path: &str, method: &str, body: String) -> Request {
        let (origin, url, authorization) = match self {
            Self::Webhook(address) => {
                let (origin, user, secret) = (address.origin(), address.user_id(), address.secret().expose_secret());
                (origin, format!("{origin}/{path}/{user}/{secret}/{method}"), None)
            }
            Self::Token { portal, token } => (
                portal,
                format!("{portal}/{path}/{method}"),
                Some(format!("Bearer {}", token.expose_secret()).into()),
            ),
        };
        Request {
            url: url.into(),
            origin: origin.clone(),
            authorization,
            content_type: JSON,
            body: body.into_bytes().into(),
        }
    }

    /// The portal.
    pub(super) fn origin(&self) -> &Origin {
        match self {
            Self::Webhook(address) => address.origin(),
            Self::Token { portal, .. } => portal,
        }
    }

    /// The secret, to be hidden in messages of the portal.
    pub(super) fn secret(&self) -> &str {
        match self {
            Self::Webhook(address) => address.secret().expose_secret(),
            Self::Token { token, .. } => token.expose_secret(),
        }
    }
}

impl Request {
    /// A request without credentials, which every portal refuses: it shows which server replies, before a secret is
    /// sent.
    pub(super) fn probe(origin: &Origin) -> Self {
        Self {
            url: format!("{origin}/rest/{}", OldMethod::Profile.as_str()).into(),
            origin: origin.clone(),
            authorization: None,
            content_type: JSON,
            body: b"{}".to_vec().into(),
        }
    }
}

/// The parts that a [`Wire`](super::Wire) sends. URL, authorization and body may hold secrets.
impl Request {
    /// The whole URL.
    pub fn url(&self) -> &SecretString {
        &self.url
    }

    /// The `Authorization` header, if there is one.
    pub fn authorization(&self) -> Option<&SecretString> {
        self.authorization.as_ref()
    }

    /// The `Content-Type` header.
    pub fn content_type(&self) -> &'static str {
        self.content_type
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        self.body.expose_secret()
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without URL and body: both may hold secrets, and the body holds the query.
        f.debug_struct("Request")
            .field("authority", &self.origin.authority())
            .field("body_bytes", &self.body().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_call_goes_to_the_rest_3_path() {
        let access = Access::Webhook("https://p.example/rest/7/abc/".parse().unwrap());
        let request = access.call(Method::ListContacts, &serde_json::json!({"query": "a"}));
        assert_eq!(
            request.url.expose_secret(),
            "https://p.example/rest/api/7/abc/mail.recipient.listcontacts"
        );
        assert_eq!(request.body(), br#"{"query":"a"}"#);
        assert!(request.authorization.is_none());
        assert!(!format!("{request:?}").contains("abc"));
        let request = access.old_call(OldMethod::Profile);
        assert_eq!(request.url.expose_secret(), "https://p.example/rest/7/abc/profile");
    }

    #[test]
    fn a_token_is_sent_only_in_the_header() {
        let access = Access::Token {
            portal: "p.example".parse().unwrap(),
            token: "t0ken".into(),
        };
        let request = access.call(Method::ListContacts, &serde_json::json!({}));
        assert_eq!(
            request.url.expose_secret(),
            "https://p.example/rest/api/mail.recipient.listcontacts"
        );
        assert_eq!(request.authorization.as_ref().unwrap().expose_secret(), "Bearer t0ken");
        assert!(!format!("{request:?}{access:?}").contains("t0ken"));
    }
}
