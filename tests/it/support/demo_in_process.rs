//! Sends requests to the demo portal without a socket, so that tests may pause the clock. Requests are plain HTTP and
//! JSON, without the program's own client.

use bitrix24_mail_mcp::demo::{
    BrokenConnection, CLIENT_ID, CLIENT_SECRET, DemoPortal, FAULTS, Fault, PlainAnswer, SECRET,
};
use bitrix24_mail_mcp::demo::{OAuthApplication, Settings};
use serde_json::Value;

/// The method that finds contacts.
pub(crate) const METHOD: &str = "mail.recipient.listcontacts";

/// Status, headers and body.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The code of either error shape, without the prefix and the suffix of REST 3.0; empty if there is none.
    pub(crate) fn code(&self) -> String {
        let error = &self.json()["error"];
        let code = error.as_str().or(error["code"].as_str()).unwrap_or_default();
        let code = code.trim_start_matches("BITRIX_REST_V3_EXCEPTION_");
        code.trim_end_matches("EXCEPTION").to_owned()
    }

    /// Status and code, to compare with [`status_and_code`].
    pub(crate) fn status_and_code(&self) -> (u16, String) {
        (self.status, self.code())
    }

    pub(crate) fn is_flat(&self) -> bool {
        self.json()["error"].is_string()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    pub(crate) fn ids(&self) -> Vec<u64> {
        let json = self.json();
        let items = json["result"]["items"].as_array().unwrap();
        items.iter().map(|item| item["id"].as_u64().unwrap()).collect()
    }
}

/// The expected [`Reply::status_and_code`].
pub(crate) fn status_and_code(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

impl From<PlainAnswer> for Reply {
    fn from(answer: PlainAnswer) -> Self {
        Self {
            status: answer.status,
            headers: answer.headers,
            text: String::from_utf8_lossy(&answer.body).into_owned(),
        }
    }
}

pub(crate) async fn start(settings: Settings) -> DemoPortal {
    DemoPortal::start(settings).await.unwrap()
}

/// The fault of this name, as [`Settings`] take it.
pub(crate) fn fault(name: &str) -> Option<&'static Fault> {
    let fault = FAULTS.iter().find(|fault| fault.name == name);
    assert!(fault.is_some(), "there is no fault {name}");
    fault
}

/// A demo portal with a fault, and with its limits.
pub(crate) async fn portal_with_fault(name: &str) -> DemoPortal {
    start(Settings {
        fault: fault(name),
        ..Settings::default()
    })
    .await
}

/// Settings without a limit on requests.
pub(crate) fn without_bucket() -> Settings {
    Settings {
        bucket: None,
        ..Settings::default()
    }
}

/// Settings with a fault, and without a limit on requests.
pub(crate) fn with_fault(name: &str) -> Settings {
    Settings {
        fault: fault(name),
        ..without_bucket()
    }
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// POSTs JSON, with a token if one is given.
pub(crate) async fn post(
    portal: &DemoPortal,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> Result<Reply, BrokenConnection> {
    let mut headers = vec![header("Content-Type", "application/json")];
    headers.extend(token.map(|token| header("Authorization", &format!("Bearer {token}"))));
    let answer = portal.answer("POST", path, &headers, body.as_bytes()).await?;
    Ok(answer.into())
}

/// Calls the method with a user's webhook.
pub(crate) async fn list_as(portal: &DemoPortal, user: u64, body: &str) -> Reply {
    let path = format!("/rest/api/{user}/{SECRET}/{METHOD}");
    post(portal, &path, None, body).await.unwrap()
}

/// Calls the method with user 1's webhook.
pub(crate) async fn list(portal: &DemoPortal) -> Reply {
    list_as(portal, 1, "{}").await
}

/// Calls the method as the application.
pub(crate) async fn list_with(portal: &DemoPortal, token: &str) -> Reply {
    let path = format!("/rest/api/{METHOD}");
    post(portal, &path, Some(token), "{}").await.unwrap()
}

/// Calls a method of the old API with user 1's webhook.
pub(crate) async fn old(portal: &DemoPortal, method: &str) -> Result<Reply, BrokenConnection> {
    post(portal, &format!("/rest/1/{SECRET}/{method}"), None, "").await
}

pub(crate) async fn get(portal: &DemoPortal, path: &str) -> Reply {
    portal.answer("GET", path, &[], b"").await.unwrap().into()
}

/// POSTs a form to the authorization server.
pub(crate) async fn post_form(portal: &DemoPortal, form: &str) -> Result<Reply, BrokenConnection> {
    let headers = [header("content-type", "application/x-www-form-urlencoded")];
    let answer = portal
        .answer("POST", "/oauth/token/", &headers, form.as_bytes())
        .await?;
    Ok(answer.into())
}

/// Refreshes with the application's own id and secret.
pub(crate) async fn refresh(portal: &DemoPortal, refresh_token: &str) -> Result<Reply, BrokenConnection> {
    let form = format!(
        "grant_type=refresh_token&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&refresh_token={refresh_token}"
    );
    post_form(portal, &form).await
}

/// The application's settings with the tokens of an answer.
pub(crate) fn renewed(application: &OAuthApplication, answer: &Reply) -> OAuthApplication {
    let json = answer.json();
    let token = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    OAuthApplication {
        access_token: token("access_token"),
        refresh_token: token("refresh_token"),
        ..application.clone()
    }
}
