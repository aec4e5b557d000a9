//! A call as a value: where it goes, with which headers and bytes. Pure: nothing is sent here.
//!
//! REST 3.0 wants `POST https://{portal}/rest/api/{user}/{secret}/{method}` with a JSON object as its body.
//! See <https://apidocs.bitrix24.com/api-reference/rest-v3.html>.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::address::WebhookAddress;

/// The headers of every call; the first decides whether the portal reads the body at all.
pub(super) const HEADERS: [(&str, &str); 2] = [("content-type", "application/json"), ("accept", "application/json")];

/// The methods this program can call. All of them read; none writes, so every call is safe to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// `mail.recipient.listcontacts`: the calling user's address book.
    ListContacts,
}

impl Method {
    /// The method's name as REST 3.0 wants it: all lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ListContacts => "mail.recipient.listcontacts",
        }
    }
}

/// One HTTP request to a portal, ready to send.
pub(super) struct Request {
    /// The whole URL. A secret in itself, since the webhook's code is part of its path.
    pub(super) url: SecretString,
    /// Host and port, for messages.
    pub(super) authority: String,
    /// True if it goes to a loopback address without TLS.
    pub(super) is_plain_http: bool,
    /// A JSON object.
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Builds the call of `method` with `parameters`, a JSON object, for a webhook.
    pub(super) fn for_webhook(address: &WebhookAddress, method: Method, parameters: &Value) -> Self {
        let url = format!(
            "{}/rest/api/{}/{}/{}",
            address.origin(),
            address.user_id(),
            address.secret().expose_secret(),
            method.as_str()
        );
        Self {
            url: url.into(),
            authority: address.authority().to_owned(),
            is_plain_http: address.is_plain_http(),
            body: parameters.to_string().into_bytes(),
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither the URL, which holds the secret, nor the body, which holds the query.
        f.debug_struct("Request")
            .field("authority", &self.authority)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_call_goes_to_the_rest_3_path() {
        let address = "https://p.example/rest/7/abc/".parse().unwrap();
        let request = Request::for_webhook(&address, Method::ListContacts, &serde_json::json!({"query": "a"}));
        assert_eq!(
            request.url.expose_secret(),
            "https://p.example/rest/api/7/abc/mail.recipient.listcontacts"
        );
        assert_eq!(request.body, br#"{"query":"a"}"#);
        assert!(!format!("{request:?}").contains("abc"));
    }
}
