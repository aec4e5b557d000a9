//! An MCP client as the test's browser and the tests of the token endpoint need it.

use url::form_urlencoded::Serializer;

use super::PUBLIC_URL;

/// The verifier and the challenge of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A registered client.
#[derive(Debug, Clone)]
pub(in crate::team) struct TestClient {
    pub(in crate::team) id: String,
    pub(in crate::team) redirect_uri: String,
    pub(in crate::team) verifier: &'static str,
    /// The client's `state`; each sign-in may have another.
    pub(in crate::team) state: String,
}

impl TestClient {
    pub(super) fn new(name: &str, redirect_uri: &str) -> Self {
        Self {
            id: format!("id of {name}"),
            redirect_uri: redirect_uri.to_owned(),
            verifier: VERIFIER,
            state: "a state of the client".to_owned(),
        }
    }

    /// The parameters of a good authorize request.
    pub(in crate::team) fn parameters(&self) -> Vec<(&'static str, String)> {
        let parameters = [
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &self.redirect_uri),
            ("state", &self.state),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("resource", &format!("{PUBLIC_URL}/mcp")),
            ("scope", "mail.recipients"),
        ];
        parameters.map(|(name, value)| (name, value.to_owned())).to_vec()
    }

    /// The link that the client opens in a browser.
    pub(in crate::team) fn authorize_url(&self) -> String {
        authorize_url(&self.parameters())
    }

    /// That link with one parameter replaced; an empty value leaves the parameter out.
    pub(in crate::team) fn authorize_url_with(&self, name: &'static str, value: &str) -> String {
        let mut parameters = self.parameters();
        parameters.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            parameters.push((name, value.to_owned()));
        }
        authorize_url(&parameters)
    }

    /// The form with which the client exchanges `code`.
    pub(in crate::team) fn code_form(&self, code: &str) -> String {
        Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("client_id", &self.id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("code_verifier", self.verifier)
            .append_pair("code", code)
            .finish()
    }
}

fn authorize_url(parameters: &[(&'static str, String)]) -> String {
    let query = Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{PUBLIC_URL}/oauth/authorize?{query}")
}
