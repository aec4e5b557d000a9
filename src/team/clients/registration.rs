//! Dynamic Client Registration (RFC 7591): a client sends its redirect URIs and gets an id.
//!
//! Nobody is authenticated here, so a registration proves nothing; what protects people is the consent page. What a
//! client asks for beyond what this server grants is no error: the answer says what was granted.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::client_name;
use super::redirect_uri::is_allowed;
use super::registration_limit::RegistrationLimit;
use crate::team::answer::Answer;
use crate::team::documents::SCOPE;
use crate::team::request::Request;
use crate::team::store::Store;
use crate::team::store::records::{Client, Registered};

/// The most bytes of a request. Cursor's, the longest known, has 500.
const MAX_BODY: usize = 8 * 1024;

/// The most redirect URIs of a client.
const MAX_REDIRECT_URIS: usize = 10;

/// Seconds until a client may try again when the store is full: unused clients are deleted after an hour.
const RETRY_WHEN_FULL: u64 = 600;

/// The metadata that this server reads. All else in the request, of any type, is ignored.
#[derive(Debug, Deserialize)]
struct Metadata {
    redirect_uris: Option<Vec<String>>,
    client_name: Option<String>,
    application_type: Option<String>,
    #[serde(rename = "grant_types")]
    _grant_types: Option<Vec<String>>,
    #[serde(rename = "response_types")]
    _response_types: Option<Vec<String>>,
    #[serde(rename = "token_endpoint_auth_method")]
    _token_endpoint_auth_method: Option<String>,
    #[serde(rename = "scope")]
    _scope: Option<String>,
}

/// A client to register, checked.
#[derive(Debug)]
struct NewClient {
    client: Client,
    application_type: Option<String>,
}

/// Registers a client: `POST /oauth/register`.
pub(super) async fn register(store: &dyn Store, limit: &RegistrationLimit, request: Request<'_>) -> Answer {
    if let Err(wait) = limit.count(request.caller) {
        return later(429, "too many registrations from this address", wait.as_secs() + 1);
    }
    let NewClient {
        client,
        application_type,
    } = match read(request.body) {
        Ok(new) => new,
        Err(refusal) => return refusal,
    };
    match store.add_client(client.clone()).await {
        Ok(Registered::Kept) => registered(&client, application_type.as_deref(), seconds_since_1970()),
        Ok(Registered::Full) => later(503, "too many clients are registered", RETRY_WHEN_FULL),
        Err(error) => {
            tracing::error!(%error, "a client could not be registered");
            Answer::unavailable()
        }
    }
}

fn read(body: &[u8]) -> Result<NewClient, Answer> {
    let invalid = |description| Answer::error(400, "invalid_client_metadata", description);
    let invalid_uri = |description| Answer::error(400, "invalid_redirect_uri", description);
    if body.len() > MAX_BODY {
        return Err(invalid("the request is longer than 8 KiB"));
    }
    // A tree, whose depth serde_json bounds; skipping unknown fields would not.
    let document: Value = serde_json::from_slice(body).map_err(|_| invalid("the request is no JSON document"))?;
    if !document.is_object() {
        return Err(invalid("the request is no JSON object"));
    }
    let metadata: Metadata =
        serde_json::from_value(document).map_err(|_| invalid("a field has another type than in RFC 7591"))?;
    let redirect_uris = metadata.redirect_uris.unwrap_or_default();
    if redirect_uris.is_empty() || redirect_uris.len() > MAX_REDIRECT_URIS {
        return Err(invalid_uri("redirect_uris must have one to ten addresses"));
    }
    if !redirect_uris.iter().all(|uri| is_allowed(uri)) {
        return Err(invalid_uri(
            "a redirect URI must be https, http on 127.0.0.1, [::1] or localhost, or that of a known desktop \
             application; at most 2 KiB, without user, fragment or dot segments, and in the normal form of the URL \
             standard",
        ));
    }
    let name = client_name::read(metadata.client_name.as_deref())
        .map_err(|_| invalid("client_name has characters that a reader cannot see"))?;
    Ok(NewClient {
        client: Client {
            id: format!("b24i_{}", Uuid::new_v4().simple()),
            name,
            redirect_uris,
        },
        application_type: metadata.application_type,
    })
}

/// `201 Created` with what was granted. A public client gets no secret.
fn registered(client: &Client, application_type: Option<&str>, issued_at: u64) -> Answer {
    let mut body = json!({
        "client_id": client.id,
        "client_id_issued_at": issued_at,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": SCOPE,
    });
    if let (Some(fields), Some(application_type)) = (body.as_object_mut(), application_type) {
        fields.insert("application_type".to_owned(), application_type.into());
    }
    Answer::Json {
        status: 201,
        body,
        retry_after: None,
    }
}

fn later(status: u16, description: &str, retry_after: u64) -> Answer {
    Answer::Json {
        status,
        body: json!({"error": "temporarily_unavailable", "error_description": description}),
        retry_after: Some(retry_after),
    }
}

#[expect(clippy::disallowed_methods, reason = "the answer says when the id was issued")]
fn seconds_since_1970() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map(|time| time.as_secs()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The status and the error of the answer to `body`; 201 for a client that is accepted.
    fn outcome(body: &[u8]) -> (u16, String) {
        match read(body) {
            Ok(_) => (201, String::new()),
            Err(Answer::Json { status, body, .. }) => (status, body["error"].as_str().unwrap().to_owned()),
            Err(answer) => panic!("{answer:?}"),
        }
    }

    fn accepted(body: &Value) -> Value {
        let new = read(body.to_string().as_bytes()).unwrap_or_else(|_| panic!("refused: {body}"));
        match registered(&new.client, new.application_type.as_deref(), 1_700_000_000) {
            Answer::Json { status: 201, body, .. } => body,
            answer => panic!("{answer:?}"),
        }
    }

    #[test]
    fn n10_n11_each_redirect_uri_has_to_be_allowed_and_there_are_one_to_ten() {
        let one = "http://localhost/callback";
        let eleven = vec![one; 11];
        let long = |length: usize| {
            format!(
                "https://ok.example/{}",
                "x".repeat(length - "https://ok.example/".len())
            )
        };
        for redirect_uris in [
            json!([]),
            json!(null),
            json!(eleven),
            json!(["javascript:alert(1)"]),
            json!(["data:text/html,x"]),
            json!(["file:///etc/passwd"]),
            json!(["JavaScript:alert(1)"]),
            json!([" https://ok.example/x"]),
            json!(["https://ok.example/\tx"]),
            json!(["http://ok.example/x"]),
            json!([one, "http://127.0.0.1@evil.example"]),
            json!(["https://ok.example/%2e%2e/x"]),
            json!([one, long(2049)]),
        ] {
            let body = json!({"redirect_uris": redirect_uris}).to_string();
            assert_eq!(
                outcome(body.as_bytes()),
                (400, "invalid_redirect_uri".to_owned()),
                "{body}"
            );
        }
        assert_eq!(outcome(b"{}"), (400, "invalid_redirect_uri".to_owned()));
        let ten = json!({"redirect_uris": vec![one; 10]}).to_string();
        assert_eq!(outcome(ten.as_bytes()).0, 201);
        let longest = json!({"redirect_uris": [long(2048)]}).to_string();
        assert_eq!(outcome(longest.as_bytes()).0, 201);
    }

    #[test]
    fn n12_the_registrations_of_known_clients_are_accepted() {
        let cursor = json!({
            "client_name": "Cursor",
            "application_type": "web",
            "redirect_uris": [
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback",
            ],
        });
        let vs_code = json!({
            "client_name": "Visual Studio Code",
            "client_uri": "https://code.visualstudio.com",
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
            "redirect_uris": [
                "https://insiders.vscode.dev/redirect",
                "https://vscode.dev/redirect",
                "http://127.0.0.1/",
                "http://127.0.0.1:33418/",
            ],
        });
        let claude = json!({
            "client_name": "Claude Code (mail)",
            "redirect_uris": ["http://localhost:3118/callback"],
            "application_type": "native",
        });
        let codex = json!({"client_name": "Codex", "redirect_uris": ["http://127.0.0.1:37819/callback"]});
        for request in [cursor, vs_code, claude, codex] {
            let answer = accepted(&request);
            for field in ["client_name", "redirect_uris", "application_type"] {
                assert_eq!(answer.get(field), request.get(field), "{field}");
            }
        }
    }

    #[test]
    fn n13_n16_the_answer_says_what_was_granted_and_has_no_secret() {
        let mut answer = accepted(&json!({
            "redirect_uris": ["http://localhost/callback"],
            "scope": "openid profile email offline_access",
            "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["token"],
            "logo_uri": "javascript:alert(1)",
            "client_secret": "mine",
            "registration_client_uri": "https://evil.example",
            "jwks": {"keys": [{"kty": 7}]},
            "vendor": [[{"any": null}]],
        }));
        let id = answer.as_object_mut().unwrap().remove("client_id").unwrap();
        assert!(id.as_str().unwrap().len() > 30);
        assert_eq!(
            answer,
            json!({
                "client_id_issued_at": 1_700_000_000,
                "client_name": "unnamed client",
                "redirect_uris": ["http://localhost/callback"],
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
                "scope": "mail.recipients",
            })
        );
    }

    #[test]
    fn n14_what_is_too_long_too_deep_or_of_another_type_is_refused() {
        let valid = r#"{"redirect_uris":["http://localhost/callback"]}"#;
        let padded = |length: usize| format!("{valid}{}", " ".repeat(length - valid.len()));
        assert_eq!(outcome(padded(8 * 1024).as_bytes()).0, 201);
        let with = |field: &str| format!(r#"{{"redirect_uris":["http://localhost/callback"],{field}}}"#);
        let deep = format!(r#""x":{}{}"#, "[".repeat(1000), "]".repeat(1000));
        for refused in [
            padded(8 * 1024 + 1),
            with(&deep),
            String::new(),
            "redirect_uris=http://localhost/callback".to_owned(),
            format!("{valid}{valid}"),
            format!("[{valid}]"),
            "null".to_owned(),
            r#"[["http://localhost/callback"],null,null,null,null,null,null]"#.to_owned(),
            r#"{"redirect_uris":"http://localhost/callback"}"#.to_owned(),
            r#"{"redirect_uris":[7]}"#.to_owned(),
            r#"{"redirect_uris":[["http://localhost/callback"]]}"#.to_owned(),
            with(r#""client_name":7"#),
            with(r#""client_name":"a\u0000""#),
            with(r#""client_name":"\u202egnorw""#),
            with(r#""application_type":[]"#),
            with(r#""scope":["mail"]"#),
            with(r#""grant_types":"authorization_code""#),
            with(r#""token_endpoint_auth_method":{}"#),
        ] {
            assert_eq!(
                outcome(refused.as_bytes()),
                (400, "invalid_client_metadata".to_owned()),
                "{refused}"
            );
        }
        assert_eq!(outcome(&[0xff, 0xfe, b'{']).0, 400);
        assert_eq!(outcome(with(r#""client_name":null,"scope":null"#).as_bytes()).0, 201);
    }
}
