//! Reads a Client ID Metadata Document. Pure.

use serde::Deserialize;
use serde_json::Value;

use super::address::MetadataAddress;
use crate::team::clients::{client_name, redirect_uri};
use crate::team::store::records::Client;

/// The most redirect addresses of a document that are kept.
const MAX_REDIRECT_URIS: usize = 10;

/// The metadata that this server reads. All else in the document, of any type, is ignored.
#[derive(Deserialize)]
struct Metadata {
    client_id: String,
    client_name: Option<String>,
    redirect_uris: Vec<String>,
}

/// Why a document describes no client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidDocument {
    #[error("the document is no JSON object with client_id and redirect_uris")]
    NoMetadata,
    #[error("client_id in the document is not its address")]
    OtherAddress,
    #[error("the document has no redirect URI that may be registered")]
    NoRedirectUri,
    #[error("client_name has characters that a reader cannot see")]
    Name,
}

/// True for `application/json` and `application/…+json`, with or without parameters.
pub(super) fn is_json(content_type: Option<&str>) -> bool {
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    let media_type = media_type.trim().to_ascii_lowercase();
    let Some(subtype) = media_type.strip_prefix("application/") else {
        return false;
    };
    subtype == "json" || subtype.strip_suffix("+json").is_some_and(|name| !name.is_empty())
}

/// The client that the document at `address` describes. Redirect URIs that nobody may register are left out.
pub(super) fn read(address: &MetadataAddress, document: &[u8]) -> Result<Client, InvalidDocument> {
    // A tree, whose depth serde_json bounds.
    let document: Value = serde_json::from_slice(document).map_err(|_| InvalidDocument::NoMetadata)?;
    if !document.is_object() {
        return Err(InvalidDocument::NoMetadata);
    }
    let metadata: Metadata = serde_json::from_value(document).map_err(|_| InvalidDocument::NoMetadata)?;
    if metadata.client_id != address.as_str() {
        return Err(InvalidDocument::OtherAddress);
    }
    let mut redirect_uris = metadata.redirect_uris;
    redirect_uris.retain(|uri| redirect_uri::is_allowed(uri));
    redirect_uris.truncate(MAX_REDIRECT_URIS);
    if redirect_uris.is_empty() {
        return Err(InvalidDocument::NoRedirectUri);
    }
    Ok(Client {
        name: client_name::read(metadata.client_name.as_deref()).map_err(|_| InvalidDocument::Name)?,
        id: metadata.client_id,
        redirect_uris,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "https://client.example/oauth/client.json";

    fn read_json(document: &Value) -> Result<Client, InvalidDocument> {
        read(&MetadataAddress::read(ID).unwrap(), document.to_string().as_bytes())
    }

    #[test]
    fn a_document_describes_a_client_whatever_else_it_holds() {
        let client = read_json(&json!({
            "client_id": ID,
            "client_name": "  Client ",
            "client_uri": "javascript:alert(1)",
            "logo_uri": 7,
            "application_type": "native",
            "redirect_uris": [
                "http://127.0.0.1/callback",
                "javascript:alert(1)",
                "http://evil.example/x",
                "https://client.example/../x",
                "https://client.example/callback",
            ],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": []},
        }));
        assert_eq!(
            client,
            Ok(Client {
                id: ID.to_owned(),
                name: "Client".to_owned(),
                redirect_uris: ["http://127.0.0.1/callback", "https://client.example/callback"]
                    .map(str::to_owned)
                    .to_vec(),
            })
        );
    }

    #[test]
    fn n21_a_document_of_another_address_or_form_describes_no_client() {
        let uris = json!(["http://127.0.0.1/callback"]);
        for other in [
            format!("{ID}/"),
            ID.to_uppercase(),
            ID.replace("https", "http"),
            "https://evil.example/oauth/client.json".to_owned(),
        ] {
            let document = json!({"client_id": other, "redirect_uris": uris});
            assert_eq!(read_json(&document), Err(InvalidDocument::OtherAddress), "{other}");
        }
        for document in [
            json!({"redirect_uris": uris}),
            json!({"client_id": ID}),
            json!({"client_id": ID, "redirect_uris": null}),
            json!({"client_id": ID, "redirect_uris": "http://127.0.0.1/callback"}),
            json!({"client_id": [ID], "redirect_uris": uris}),
            json!({"client_id": ID, "client_name": 7, "redirect_uris": uris}),
            json!([ID, "name", uris]),
            json!(null),
        ] {
            assert_eq!(read_json(&document), Err(InvalidDocument::NoMetadata), "{document}");
        }
        let deep = format!(
            r#"{{"client_id":"{ID}","redirect_uris":{uris},"x":{}{}}}"#,
            "[".repeat(1000),
            "]".repeat(1000)
        );
        let address = MetadataAddress::read(ID).unwrap();
        assert_eq!(read(&address, deep.as_bytes()), Err(InvalidDocument::NoMetadata));
        for uris in [json!([]), json!(["javascript:alert(1)", "http://evil.example/x"])] {
            let document = json!({"client_id": ID, "redirect_uris": uris});
            assert_eq!(read_json(&document), Err(InvalidDocument::NoRedirectUri), "{document}");
        }
        let document = json!({"client_id": ID, "client_name": "\u{202E}edoC", "redirect_uris": uris});
        assert_eq!(read_json(&document), Err(InvalidDocument::Name));
    }

    #[test]
    fn n21_only_json_is_read() {
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/cimd+json",
        ] {
            assert!(is_json(Some(json)), "{json}");
        }
        for other in [
            "",
            "text/html",
            "text/json",
            "application/",
            "application/+json",
            "application/jsonp",
            "application/json-seq",
            "application/xhtml+xml",
        ] {
            assert!(!is_json(Some(other)), "{other}");
        }
        assert!(!is_json(None));
    }
}
