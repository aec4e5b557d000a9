//! Signs employees in at the demo portal without a socket, as a browser and an application would.

use bitrix24_mail_mcp::demo::{CLIENT_ID, CLIENT_SECRET, DemoPortal, Settings};
use serde_json::Value;
use url::Url;

use crate::support::demo_in_process::{Reply, post, post_form};

/// The handler path.
pub(crate) const HANDLER: &str = "http://127.0.0.1:8024/oauth/callback";

/// Settings with a handler path, and without a limit on requests.
pub(crate) fn with_handler() -> Settings {
    Settings {
        handler: Some(HANDLER.to_owned()),
        bucket: None,
        ..Settings::default()
    }
}

/// What an MCP server would send a browser to; the portal ignores the last three parameters.
pub(crate) fn authorize_path(state: &str) -> String {
    format!(
        "/oauth/authorize/?client_id={CLIENT_ID}&state={state}&response_type=code\
        &redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fstolen&scope=crm&code_challenge=x"
    )
}

pub(crate) async fn visit(portal: &DemoPortal, method: &str, path: &str, cookie: Option<&str>, form: &str) -> Reply {
    let mut headers = vec![(
        "content-type".to_owned(),
        "application/x-www-form-urlencoded".to_owned(),
    )];
    headers.extend(cookie.map(|cookie| ("cookie".to_owned(), format!("other=1; {cookie}; last=2"))));
    let answer = portal.answer(method, path, &headers, form.as_bytes()).await;
    answer.unwrap().into()
}

/// The cookie that an answer sets, without its attributes.
pub(crate) fn cookie_of(reply: &Reply) -> String {
    let cookie = reply.header("set-cookie").unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

/// The parameters of a redirect to the handler.
pub(crate) fn callback(reply: &Reply) -> Value {
    let target = Url::parse(reply.header("location").unwrap_or_else(|| panic!("{}", reply.text))).unwrap();
    assert!(target.as_str().starts_with(HANDLER), "{target}");
    let pairs = target.query_pairs();
    pairs
        .map(|(name, value)| (name.into_owned(), Value::from(value)))
        .collect()
}

/// Signs an employee in on the portal's page, and returns the parameters of the callback.
pub(crate) async fn sign_in(portal: &DemoPortal, user: u64) -> Value {
    let form = format!("client_id={CLIENT_ID}&state=s&user={user}");
    callback(&visit(portal, "POST", "/oauth/sign-in", None, &form).await)
}

pub(crate) async fn redeem(portal: &DemoPortal, callback: &Value) -> Reply {
    let code = callback["code"].as_str().unwrap();
    let form = format!("grant_type=authorization_code&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&code={code}");
    post_form(portal, &form).await.unwrap()
}

/// Access token and refresh token of an employee who signs in now.
pub(crate) async fn tokens(portal: &DemoPortal, user: u64) -> (String, String) {
    tokens_of(&redeem(portal, &sign_in(portal, user).await).await)
}

pub(crate) fn tokens_of(reply: &Reply) -> (String, String) {
    let json = reply.json();
    let token = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("{json}")).to_owned();
    (token("access_token"), token("refresh_token"))
}

pub(crate) async fn profile(portal: &DemoPortal, token: &str) -> Reply {
    post(portal, "/rest/profile", Some(token), "").await.unwrap()
}

pub(crate) fn addresses(reply: &Reply) -> Vec<String> {
    let json = reply.json();
    let items = json["result"]["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["email"].as_str().unwrap().to_owned())
        .collect()
}
