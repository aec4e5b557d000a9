//! The address that carries an authorization response to a client (RFC 6749, section 4.1.2; RFC 9207). Pure.

use url::form_urlencoded;

/// The parameters of authorization responses. A client's own address may hold them in its query.
const RESPONSE_PARAMETERS: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];

/// What a client gets.
#[derive(Debug, Clone, Copy)]
pub(super) enum AuthorizationResponse<'a> {
    /// A code.
    Code(&'a str),
    /// An error: its code, and a description for the developer of the client.
    Error(&'static str, &'static str),
}

impl AuthorizationResponse<'_> {
    /// The client's address with this response, the client's `state`, and exactly one `iss`. Other parameters in the
    /// query of the client's address stay as they are.
    pub(super) fn address(self, redirect_uri: &str, state: Option<&str>, issuer: &str) -> String {
        let (base, query) = redirect_uri.split_once('?').unwrap_or((redirect_uri, ""));
        let kept = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !is_of_response(pair));
        let mut response = form_urlencoded::Serializer::new(String::new());
        match self {
            Self::Code(code) => response.append_pair("code", code),
            Self::Error(code, description) => response
                .append_pair("error", code)
                .append_pair("error_description", description),
        };
        if let Some(state) = state {
            response.append_pair("state", state);
        }
        response.append_pair("iss", issuer);
        let response = response.finish();
        let pairs: Vec<_> = kept.chain([response.as_str()]).collect();
        format!("{base}?{}", pairs.join("&"))
    }
}

fn is_of_response(pair: &str) -> bool {
    form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| RESPONSE_PARAMETERS.contains(&name.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str = "https://mcp.example.com";

    fn address(redirect_uri: &str, state: Option<&str>) -> String {
        AuthorizationResponse::Code("c").address(redirect_uri, state, ISSUER)
    }

    #[test]
    fn n05_the_issuer_of_a_response_has_no_slash() {
        let iss = "iss=https%3A%2F%2Fmcp.example.com";
        assert_eq!(
            address("http://127.0.0.1:1/cb", None),
            format!("http://127.0.0.1:1/cb?code=c&{iss}")
        );
        let error = AuthorizationResponse::Error("invalid_target", "a b");
        assert_eq!(
            error.address("https://claude.ai/cb", Some("s"), ISSUER),
            format!("https://claude.ai/cb?error=invalid_target&error_description=a+b&state=s&{iss}")
        );
    }

    #[test]
    fn n30_an_address_with_parameters_of_its_own_has_each_exactly_once() {
        let own = "https://c.example/cb?a=%20b&iss=x&code=1&state=2&error=3&%69ss=4&state&x=iss&&error_uri=5&a=+";
        let target = address(own, Some("mine"));
        assert_eq!(
            target,
            "https://c.example/cb?a=%20b&x=iss&a=+&code=c&state=mine&iss=https%3A%2F%2Fmcp.example.com"
        );
        assert_eq!(
            address("cursor://anysphere.cursor-mcp/oauth/callback?", None),
            "cursor://anysphere.cursor-mcp/oauth/callback?code=c&iss=https%3A%2F%2Fmcp.example.com"
        );
    }

    #[test]
    fn a_state_comes_back_untouched() {
        let state = "a&iss=evil#\u{434} +%20\"\r\n";
        let url = url::Url::parse(&address("https://c.example/cb", Some(state))).unwrap();
        let states: Vec<_> = url.query_pairs().filter(|(name, _)| name == "state").collect();
        assert_eq!(states.len(), 1);
        assert_eq!(states[0].1, state);
        assert_eq!(url.query_pairs().filter(|(name, _)| name == "iss").count(), 1);
    }
}
