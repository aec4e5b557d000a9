//! An MCP client that registers, signs people in and exchanges codes.

use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::browser::Browser;
use super::server::TeamServer;
use crate::support::http_client::{Answer, Request, ask};

/// The verifier and the challenge of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:53682/callback";

/// A registered client.
pub(super) struct Client {
    address: std::net::SocketAddr,
    url: String,
    pub(super) id: String,
}

/// The tokens of a client.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: String,
}

impl Client {
    pub(super) async fn register(server: &TeamServer, name: &str) -> Self {
        let registration = json!({"client_name": name, "redirect_uris": [REDIRECT]});
        let answer = server.ask(&Request::post("/oauth/register", &registration)).await;
        assert_eq!(answer.head.status, 201, "{}", answer.body);
        Self {
            address: server.address,
            url: server.url.clone(),
            id: answer.message()["client_id"].as_str().unwrap().to_owned(),
        }
    }

    /// The path and query that the client opens in a browser.
    pub(super) fn authorize_path(&self) -> String {
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", REDIRECT)
            .append_pair("state", "st4te-of-the-client")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256")
            .append_pair("resource", &format!("{}/mcp", self.url))
            .finish();
        format!("/oauth/authorize?{query}")
    }

    /// Signs an employee in by first name. Returns the code.
    pub(super) async fn code(&self, browser: &mut Browser, name: &str) -> String {
        let link = format!("http://{}{}", self.address, self.authorize_path());
        let consent = browser.open(&link).await;
        let page = browser.decide(&consent, "allow").await;
        let page = browser.follow(page).await;
        let page = browser.sign_in_at_portal(page, name).await;
        let end = browser.follow(page).await;
        assert!(end.goes_on_to().unwrap().starts_with(REDIRECT), "{end:?}");
        assert_eq!(end.parameter("iss").as_deref(), Some(self.url.as_str()));
        assert_eq!(end.parameter("state").as_deref(), Some("st4te-of-the-client"));
        end.parameter("code").unwrap()
    }

    /// Signs an employee in by first name. Returns the tokens.
    pub(super) async fn sign_in(&self, browser: &mut Browser, name: &str) -> Tokens {
        let code = self.code(browser, name).await;
        let answer = self.exchange(&code).await;
        assert_eq!(answer.head.status, 200, "{}", answer.body);
        assert_eq!(answer.head.header("cache-control"), Some("no-store"));
        let answer = answer.message();
        let token = |name: &str| Value::as_str(&answer[name]).unwrap().to_owned();
        Tokens {
            access: token("access_token"),
            refresh: token("refresh_token"),
        }
    }

    /// Exchanges a code.
    pub(super) async fn exchange(&self, code: &str) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("code", code),
        ];
        ask(self.address, &post_form("/oauth/token", &form)).await
    }

    /// Exchanges a refresh token.
    pub(super) async fn refresh(&self, token: &str) -> Answer {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("refresh_token", token),
        ];
        ask(self.address, &post_form("/oauth/token", &form)).await
    }
}

/// A form as a request.
pub(super) fn post_form(path: &str, form: &[(&str, &str)]) -> Request {
    let body = Serializer::new(String::new()).extend_pairs(form).finish();
    Request::new("POST", path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}
