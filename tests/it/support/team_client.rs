//! An MCP client that registers, signs people in and exchanges codes.

use std::net::SocketAddr;

use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::support::browser::{Browser, Page};
use crate::support::http_client::{Answer, Request, ask};

/// The verifier and the challenge of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:53682/callback";

/// A registered client.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    /// The server's public address.
    url: String,
    pub(crate) id: String,
}

/// The tokens of a client.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    /// The tokens of an answer; `None` if it is a refusal.
    pub(crate) fn of(answer: &Answer) -> Option<Self> {
        if answer.head.status != 200 {
            return None;
        }
        let message = answer.message();
        let token = |name: &str| Value::as_str(&message[name]).unwrap().to_owned();
        Some(Self {
            access: token("access_token"),
            refresh: token("refresh_token"),
        })
    }
}

impl Client {
    /// Registers a client at the server at `address`, whose public address is `url`.
    pub(crate) async fn register(address: SocketAddr, url: &str, name: &str) -> Self {
        let registration = json!({"client_name": name, "redirect_uris": [REDIRECT]});
        let answer = ask(address, &Request::post("/oauth/register", &registration)).await;
        assert_eq!(answer.head.status, 201, "{}", answer.body);
        Self {
            address,
            url: url.to_owned(),
            id: answer.message()["client_id"].as_str().unwrap().to_owned(),
        }
    }

    /// The same client, which sends its requests to another replica.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self {
            address,
            ..self.clone()
        }
    }

    /// The address that the client opens in a browser.
    pub(crate) fn authorize_url(&self) -> String {
        format!("{}{}", self.url, self.authorize_path())
    }

    /// The path and query that the client opens in a browser.
    pub(crate) fn authorize_path(&self) -> String {
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
    pub(crate) async fn code(&self, browser: &mut Browser, name: &str) -> String {
        let consent = browser.open(&self.authorize_url()).await;
        let page = browser.decide(&consent, "allow").await;
        let page = browser.follow(page).await;
        let page = browser.sign_in_at_portal(page, name).await;
        let end = browser.follow(page).await;
        self.code_of(&end)
    }

    /// The code that the last page of a sign-in sends to the client.
    pub(crate) fn code_of(&self, end: &Page) -> String {
        assert!(
            end.goes_on_to().is_some_and(|target| target.starts_with(REDIRECT)),
            "{end:?}"
        );
        assert_eq!(end.parameter("iss").as_deref(), Some(self.url.as_str()));
        assert_eq!(end.parameter("state").as_deref(), Some("st4te-of-the-client"));
        end.parameter("code").unwrap()
    }

    /// Signs an employee in by first name. Returns the tokens.
    pub(crate) async fn sign_in(&self, browser: &mut Browser, name: &str) -> Tokens {
        let code = self.code(browser, name).await;
        let answer = self.exchange(&code).await;
        assert_eq!(answer.head.status, 200, "{}", answer.body);
        assert_eq!(answer.head.header("cache-control"), Some("no-store"));
        Tokens::of(&answer).unwrap()
    }

    /// Exchanges a code.
    pub(crate) async fn exchange(&self, code: &str) -> Answer {
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
    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        ask(self.address, &self.refresh_request(token)).await
    }

    /// The request that exchanges a refresh token.
    pub(crate) fn refresh_request(&self, token: &str) -> Request {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("refresh_token", token),
        ];
        post_form("/oauth/token", &form)
    }
}

/// A form as a request.
pub(crate) fn post_form(path: &str, form: &[(&str, &str)]) -> Request {
    let body = Serializer::new(String::new()).extend_pairs(form).finish();
    Request::new("POST", path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

/// The same request with an access token.
pub(crate) fn bearer(request: Request, token: &str) -> Request {
    request.header("authorization", &format!("Bearer {token}"))
}
