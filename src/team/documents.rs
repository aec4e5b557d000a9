//! The documents that clients find the server by, and the challenge that names them. Pure.
//!
//! | document | specification |
//! |---|---|
//! | protected resource metadata | RFC 9728 |
//! | authorization server metadata | RFC 8414; `/.well-known/openid-configuration` is an alias, since clients try it too |
//! | `WWW-Authenticate` of a call without a valid token | RFC 6750, RFC 9728 |
//!
//! All addresses are made of the server's public address, never of a request.

use serde_json::{Value, json};

use super::client_metadata::MetadataHosts;
use super::paths;
use super::public_url::PublicUrl;

/// The one scope: to look recipients up.
pub(super) const SCOPE: &str = "mail.recipients";

/// Protected resource metadata for a client that knows the resource as `/mcp`, or, if `with_slash`, as `/mcp/`. Some
/// clients compare `resource` with the address that they were given, character by character.
pub(super) fn protected_resource(url: &PublicUrl, with_slash: bool) -> Value {
    json!({
        "resource": format!("{}{}", url.resource(), slash(with_slash)),
        "authorization_servers": [url.issuer()],
        "scopes_supported": [SCOPE],
        "bearer_methods_supported": ["header"],
        "resource_name": "Bitrix24 mail recipients",
    })
}

/// Authorization server metadata. `client_metadata` says whether clients may use a metadata document in place of a
/// registration: clients prefer it wherever it is offered, and have no other way once it is refused.
pub(super) fn authorization_server(url: &PublicUrl, client_metadata: &MetadataHosts) -> Value {
    let mut metadata = json!({
        "issuer": url.issuer(),
        "authorization_endpoint": url.at(paths::AUTHORIZE),
        "token_endpoint": url.at(paths::TOKEN),
        "registration_endpoint": url.at(paths::REGISTER),
        "revocation_endpoint": url.at(paths::REVOKE),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "scopes_supported": [SCOPE],
        "authorization_response_iss_parameter_supported": true,
    });
    if let (false, Some(members)) = (client_metadata.is_off(), metadata.as_object_mut()) {
        members.insert("client_id_metadata_document_supported".to_owned(), true.into());
    }
    metadata
}

/// The value of `WWW-Authenticate` for a call without a token, or, if `is_invalid`, with one that is not valid. A client
/// without a token gets no `error` (RFC 6750, section 3.1). `with_slash` is that of [`protected_resource`].
pub(super) fn challenge(url: &PublicUrl, with_slash: bool, is_invalid: bool) -> String {
    let metadata = url.at(paths::PROTECTED_RESOURCE_OF_MCP);
    let error = if is_invalid { r#"error="invalid_token", "# } else { "" };
    format!(
        r#"Bearer {error}resource_metadata="{metadata}{}", scope="{SCOPE}""#,
        slash(with_slash)
    )
}

fn slash(with_slash: bool) -> &'static str {
    if with_slash { "/" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> PublicUrl {
        "https://MCP.example.com/".parse().unwrap()
    }

    #[test]
    fn n06_the_metadata_of_each_spelling_names_that_spelling() {
        for (with_slash, resource) in [
            (false, "https://mcp.example.com/mcp"),
            (true, "https://mcp.example.com/mcp/"),
        ] {
            let metadata = protected_resource(&url(), with_slash);
            assert_eq!(metadata["resource"], resource);
            assert!(url().is_resource(resource));
            assert_eq!(metadata["scopes_supported"], json!(["mail.recipients"]));
        }
    }

    #[test]
    fn n05_both_documents_name_the_issuer_without_a_slash() {
        let off = MetadataHosts::default();
        let issuer = "https://mcp.example.com";
        assert_eq!(
            protected_resource(&url(), true)["authorization_servers"],
            json!([issuer])
        );
        let metadata = authorization_server(&url(), &off);
        assert_eq!(metadata["issuer"], issuer);
        for endpoint in ["authorize", "token", "register", "revoke"] {
            let address = format!("{issuer}/oauth/{endpoint}");
            let names_it = |value: &Value| *value == address.as_str();
            assert!(metadata.as_object().unwrap().values().any(names_it), "{endpoint}");
        }
    }

    #[test]
    fn the_metadata_promises_what_this_server_does_and_nothing_else() {
        let metadata = authorization_server(&url(), &MetadataHosts::default());
        assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(metadata["response_types_supported"], json!(["code"]));
        assert_eq!(
            metadata["grant_types_supported"],
            json!(["authorization_code", "refresh_token"])
        );
        for methods in ["token_endpoint", "revocation_endpoint"] {
            assert_eq!(metadata[format!("{methods}_auth_methods_supported")], json!(["none"]));
        }
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
        // Clients ask for every scope that is listed, and for a consent with `prompt` where this one is.
        assert!(!metadata.to_string().contains("offline_access"));
    }

    #[test]
    fn metadata_documents_of_clients_are_promised_only_if_the_settings_allow_a_host() {
        let promised = |hosts: &str| {
            let metadata = authorization_server(&url(), &hosts.parse().unwrap());
            metadata.get("client_id_metadata_document_supported").cloned()
        };
        assert_eq!(promised("off"), None);
        assert_eq!(promised("on"), Some(json!(true)));
        assert_eq!(promised("clients.example.com"), Some(json!(true)));
    }

    #[test]
    fn n01_the_challenge_names_the_metadata_by_an_absolute_address_and_no_error() {
        assert_eq!(
            challenge(&url(), false, false),
            r#"Bearer resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp", scope="mail.recipients""#
        );
        assert_eq!(
            challenge(&url(), true, true),
            r#"Bearer error="invalid_token", resource_metadata="https://mcp.example.com/.well-known/oauth-protected-resource/mcp/", scope="mail.recipients""#
        );
    }
}
