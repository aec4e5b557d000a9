//! Ready-made copies of well-known documents, for servers that cannot reach their hosts. Pure.

use super::address::MetadataAddress;
use super::document;
use crate::team::store::records::Client;

/// The documents as they were in October 2026.
const DOCUMENTS: [&str; 2] = [
    r#"{
        "client_id": "https://claude.ai/oauth/claude-code-client-metadata",
        "client_name": "Claude Code",
        "client_uri": "https://claude.ai",
        "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none"
    }"#,
    r#"{
        "client_id": "https://chatgpt.com/oauth/codex/client.json",
        "client_name": "Codex",
        "client_uri": "https://chatgpt.com/codex",
        "application_type": "native",
        "grant_types": ["authorization_code", "refresh_token"],
        "redirect_uris": ["http://127.0.0.1/callback", "http://localhost/callback"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "token_endpoint_auth_methods_supported": ["none"]
    }"#,
];

/// The client of the document at `address`, if there is a copy.
pub(super) fn copy_of(address: &MetadataAddress) -> Option<Client> {
    let mut clients = DOCUMENTS
        .iter()
        .filter_map(|copy| document::read(address, copy.as_bytes()).ok());
    clients.next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::team::clients::redirect_uri::is_registered;

    #[test]
    fn the_copies_are_those_of_claude_code_and_codex_and_of_no_other_address() {
        let copy = |id: &str| copy_of(&MetadataAddress::read(id).unwrap());
        for (id, name) in [
            ("https://claude.ai/oauth/claude-code-client-metadata", "Claude Code"),
            ("https://chatgpt.com/oauth/codex/client.json", "Codex"),
        ] {
            let client = copy(id).unwrap();
            assert_eq!((client.id.as_str(), client.name.as_str()), (id, name));
            for asked in ["http://localhost:52163/callback", "http://127.0.0.1:52163/callback"] {
                assert!(is_registered(&client.redirect_uris, asked), "{asked}");
            }
        }
        for id in [
            "https://claude.ai/oauth/claude-code-client-metadata/",
            "https://chatgpt.com/oauth/codex/abc/client.json",
            "https://evil.example/oauth/codex/client.json",
        ] {
            assert_eq!(copy(id), None, "{id}");
        }
    }
}
