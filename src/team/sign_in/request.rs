//! Checks the authorize request of a known client (RFC 6749, section 4.1.1; RFC 7636; RFC 8707). Pure.

use crate::team::documents::SCOPE;
use crate::team::parameters::Parameters;
use crate::team::public_url::PublicUrl;
use crate::team::store::records::{Client, ClientRequest};

/// The characters of a S256 challenge: 256 bits in base64url.
const CHALLENGE_CHARACTERS: usize = 43;

/// The most bytes of a client's `state`.
const MAX_STATE: usize = 2048;

/// Why the request of a known client is refused. The client gets its code and description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestError {
    /// A parameter is missing or wrong; the text names it.
    InvalidRequest(&'static str),
    /// Another `response_type` than `code`.
    UnsupportedResponseType,
    /// A `resource` other than this server's.
    InvalidTarget,
    /// `prompt=none`: every sign-in needs a consent.
    LoginRequired,
}

impl RequestError {
    /// The value of `error`.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::InvalidRequest(_) => "invalid_request",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidTarget => "invalid_target",
            Self::LoginRequired => "login_required",
        }
    }

    /// The value of `error_description`, for the developer of the client.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest(text) => text,
            Self::UnsupportedResponseType => "response_type must be code",
            Self::InvalidTarget => "resource must be the resource of this server's metadata, or be left out",
            Self::LoginRequired => "every sign-in needs the consent of the employee on a page",
        }
    }
}

/// Checks the request of `client`, whose address `redirect_uri` is known to be its own.
///
/// Unknown parameters and scopes are ignored: the answer of the token endpoint says which scope was granted.
///
/// # Errors
/// [`RequestError`].
pub(super) fn check(
    parameters: &Parameters<'_>,
    client: Client,
    redirect_uri: &str,
    url: &PublicUrl,
) -> Result<ClientRequest, RequestError> {
    use RequestError::InvalidRequest;

    match parameters.get("response_type") {
        Some("code") => {}
        Some(_) => return Err(RequestError::UnsupportedResponseType),
        None => return Err(InvalidRequest("response_type is missing")),
    }
    if parameters.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(InvalidRequest("response_mode must be query, or be left out"));
    }
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(InvalidRequest("code_challenge_method must be S256"));
    }
    let challenge = parameters.get("code_challenge").filter(|text| is_challenge(text));
    let challenge = challenge.ok_or(InvalidRequest("code_challenge must be 43 characters of base64url"))?;
    let state = parameters.get("state");
    if state.is_some_and(|state| state.len() > MAX_STATE) {
        return Err(InvalidRequest("state is longer than 2048 bytes"));
    }
    if parameters.get("resource").is_some_and(|asked| !url.is_resource(asked)) {
        return Err(RequestError::InvalidTarget);
    }
    let prompts = parameters.get("prompt").unwrap_or_default();
    if prompts.split(' ').any(|prompt| prompt == "none") {
        return Err(RequestError::LoginRequired);
    }
    Ok(ClientRequest {
        client_id: client.id,
        client_name: client.name,
        redirect_uri: redirect_uri.to_owned(),
        state: state.map(str::to_owned),
        challenge: challenge.to_owned(),
        resource: url.resource().to_owned(),
        scope: SCOPE.to_owned(),
    })
}

fn is_challenge(text: &str) -> bool {
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() == CHALLENGE_CHARACTERS && text.bytes().all(is_base64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const REDIRECT_URI: &str = "http://localhost:3118/callback";

    fn checked(query: &str) -> Result<ClientRequest, RequestError> {
        let client = Client {
            id: "c1".to_owned(),
            name: "Some client".to_owned(),
            redirect_uris: vec![REDIRECT_URI.to_owned()],
        };
        let parameters = Parameters::read(query.as_bytes()).unwrap();
        check(
            &parameters,
            client,
            REDIRECT_URI,
            &"https://mcp.example.com".parse().unwrap(),
        )
    }

    /// A good request, with one parameter replaced, or left out if the value is empty.
    fn with(name: &str, value: &str) -> Result<ClientRequest, RequestError> {
        let mut good = vec![
            ("response_type", "code"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "xyz"),
        ];
        good.retain(|(known, _)| *known != name);
        good.push((name, value));
        checked(
            &url::form_urlencoded::Serializer::new(String::new())
                .extend_pairs(good)
                .finish(),
        )
    }

    fn code(result: Result<ClientRequest, RequestError>) -> &'static str {
        result.err().map_or("", RequestError::code)
    }

    #[test]
    fn a_good_request_is_kept_with_what_was_granted() {
        let request = with("state", "a&b=c%20 +\u{e9}\"<").unwrap();
        let expected = ClientRequest {
            client_id: "c1".to_owned(),
            client_name: "Some client".to_owned(),
            redirect_uri: REDIRECT_URI.to_owned(),
            state: Some("a&b=c%20 +\u{e9}\"<".to_owned()),
            challenge: CHALLENGE.to_owned(),
            resource: "https://mcp.example.com/mcp".to_owned(),
            scope: "mail.recipients".to_owned(),
        };
        assert_eq!(request, expected);
        assert_eq!(with("state", "").unwrap().state, None);
    }

    #[test]
    fn n27_only_a_s256_challenge_of_43_characters_is_accepted() {
        for (name, value) in [
            ("code_challenge", ""),
            ("code_challenge", CHALLENGE.trim_start_matches('E')),
            ("code_challenge", &format!("{CHALLENGE}A")),
            ("code_challenge", &"A".repeat(129)),
            ("code_challenge", &CHALLENGE.replace('-', "+")),
            ("code_challenge", &CHALLENGE.replace('-', "=")),
            ("code_challenge_method", ""),
            ("code_challenge_method", "plain"),
            ("code_challenge_method", "s256"),
        ] {
            assert_eq!(code(with(name, value)), "invalid_request", "{name} {value}");
        }
    }

    #[test]
    fn n28_a_foreign_resource_is_refused_and_ours_is_accepted_in_each_spelling() {
        for foreign in [
            "https://other.example/mcp",
            "https://mcp.example.com",
            "https://mcp.example.com/mcp#x",
            "mcp",
        ] {
            assert_eq!(code(with("resource", foreign)), "invalid_target", "{foreign}");
        }
        for ours in ["HTTPS://MCP.EXAMPLE.COM/mcp", "https://mcp.example.com/mcp/"] {
            assert_eq!(with("resource", ours).unwrap().resource, "https://mcp.example.com/mcp");
        }
    }

    #[test]
    fn the_other_parameters_are_checked_and_unknown_ones_are_ignored() {
        assert_eq!(code(with("response_type", "")), "invalid_request");
        for other in ["token", "code id_token", "CODE"] {
            assert_eq!(code(with("response_type", other)), "unsupported_response_type");
        }
        for mode in ["fragment", "form_post"] {
            assert_eq!(code(with("response_mode", mode)), "invalid_request");
        }
        assert_eq!(code(with("prompt", "none")), "login_required");
        assert_eq!(code(with("prompt", "login none")), "login_required");
        assert_eq!(code(with("state", &"x".repeat(MAX_STATE + 1))), "invalid_request");
        for (name, value) in [
            ("state", "x".repeat(MAX_STATE).as_str()),
            ("response_mode", "query"),
            ("prompt", "consent"),
            ("scope", "openid offline_access unknown"),
            ("scope", "mail.recipients offline_access"),
            ("nonce", "1"),
        ] {
            assert_eq!(with(name, value).unwrap().scope, "mail.recipients", "{name}");
        }
    }
}
