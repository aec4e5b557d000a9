//! A call as a value: where it goes, with which headers and bytes. Pure: nothing is sent here.
//!
//! REST 3.0 wants `POST https://{portal}/rest/api/{user}/{secret}/{method}` with a JSON object as its body.
//! See <https://apidocs.bitrix24.com/api-reference/rest-v3.html>.

use std::fmt;

use secrecy::{ExposeSecret, SecretSlice, SecretString};
use serde_json::Value;

use super::credentials::webhook_address::WebhookAddress;
use super::origin::Origin;

/// The methods this program can call. All of them read; none writes, so every call is safe to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `mail.recipient.listcontacts`: the calling user's address book.
    ListContacts,
    /// `mail.recipient.listemployees`: the company's employees who have an address.
    ListEmployees,
    /// `batch`: several of the others in one request; see [`Call`](super::Call).
    Batch,
}

impl Method {
    /// The method's name as REST 3.0 wants it: all lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ListContacts => "mail.recipient.listcontacts",
            Self::ListEmployees => "mail.recipient.listemployees",
            Self::Batch => "batch",
        }
    }
}

/// Methods of the old API that are asked when REST 3.0 refuses without a reason. They need no permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OldMethod {
    /// Whom the credentials act as.
    Profile,
    /// The webhook's permissions, or the application's state.
    AppInfo,
    /// The permissions granted.
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
    /// The whole URL. A secret in itself, since a webhook's code is part of its path.
    pub(super) url: SecretString,
    /// Where it goes.
    pub(super) origin: Origin,
    /// The value of the `Authorization` header.
    pub(super) authorization: Option<SecretString>,
    /// The media type of the body.
    pub(super) content_type: &'static str,
    /// The body. A secret in itself, since a refresh token may be part of it.
    pub(super) body: SecretSlice<u8>,
}

const JSON: &str = "application/json";

/// With what a call is authorised.
#[derive(Debug, Clone)]
pub(super) enum Access {
    /// A webhook: user and secret are part of the path.
    Webhook(WebhookAddress),
    /// An application's access token, in a header.
    Token { portal: Origin, token: SecretString },
}

impl Access {
    /// The call of a REST 3.0 `method` with `parameters`: a JSON object, for a batch a list.
    pub(super) fn call(&self, method: Method, parameters: &Value) -> Request {
        self.request("rest/api", method.as_str(), parameters.to_string())
    }

    /// The call of a `method` of the old API, without parameters.
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

    /// The secret part, for taking it out of whatever a portal says.
    pub(super) fn secret(&self) -> &str {
        match self {
            Self::Webhook(address) => address.secret().expose_secret(),
            Self::Token { token, .. } => token.expose_secret(),
        }
    }
}

impl Request {
    /// A call without credentials, which any portal refuses: to see who answers, before a secret is sent.
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

/// What a wire, real or prepared for a test, needs to know. Handle the secret parts with care.
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
        // Neither the URL nor the body: both may hold secrets, and the body holds the query.
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
    fn a_token_travels_in_the_header_alone() {
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
