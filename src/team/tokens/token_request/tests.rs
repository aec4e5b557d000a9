//! Tests of what a client has to send and to prove.

use super::*;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT: &str = "http://127.0.0.1:4711/callback";

fn url() -> PublicUrl {
    "https://mcp.example.com".parse().unwrap()
}

fn stored() -> ClientRequest {
    ClientRequest {
        client_id: "c1".into(),
        client_name: "Client".into(),
        redirect_uri: REDIRECT.into(),
        state: None,
        challenge: CHALLENGE.into(),
        resource: "https://mcp.example.com/mcp".into(),
        scope: "mail.recipients".into(),
    }
}

fn stored_token() -> StoredRefreshToken {
    let ClientRequest {
        client_id,
        resource,
        scope,
        ..
    } = stored();
    StoredRefreshToken {
        client_id,
        resource,
        scope,
    }
}

/// The form of `pairs`, where a later pair replaces an earlier one of the same name.
fn form(pairs: &[(&str, &str)]) -> String {
    let is_last = |index: usize, name: &str| !pairs[index + 1..].iter().any(|(later, _)| *later == name);
    let kept = pairs
        .iter()
        .enumerate()
        .filter(|(index, (name, _))| is_last(*index, name));
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept.map(|(_, pair)| pair))
        .finish()
}

fn prove(changes: &[(&str, &str)], base: &[(&str, &str)]) -> Result<(), Refusal> {
    let form = form(&[base, changes].concat());
    let parameters = Parameters::read(form.as_bytes()).unwrap();
    let request = TokenRequest::read(&parameters)?;
    match request.grant {
        Grant::Code {
            redirect_uri, verifier, ..
        } => request.prove_code(&stored(), redirect_uri, verifier, &url()),
        Grant::RefreshToken { scope, .. } => request.prove_refresh_token(&stored_token(), scope, &url()),
    }
}

fn code(changes: &[(&str, &str)]) -> Result<(), Refusal> {
    let base = [
        ("grant_type", "authorization_code"),
        ("code", "c"),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
        ("client_id", "c1"),
        ("resource", "https://mcp.example.com/mcp"),
    ];
    prove(changes, &base)
}

fn refresh(changes: &[(&str, &str)]) -> Result<(), Refusal> {
    let base = [
        ("grant_type", "refresh_token"),
        ("refresh_token", "r"),
        ("client_id", "c1"),
        ("resource", "https://mcp.example.com/mcp"),
    ];
    prove(changes, &base)
}

#[test]
fn n47_each_part_of_a_codes_proof_is_needed() {
    assert_eq!(code(&[]), Ok(()));
    for (change, expected) in [
        (("client_id", "c2"), "invalid_grant"),
        (("redirect_uri", "http://127.0.0.1:4712/callback"), "invalid_grant"),
        (("resource", "https://other.example/mcp"), "invalid_target"),
        (("resource", "https://mcp.example.com/mcp#x"), "invalid_target"),
        (("code_verifier", &VERIFIER.replace('d', "e")), "invalid_grant"),
        (("code_verifier", VERIFIER.get(..42).unwrap()), "invalid_request"),
        (("code_verifier", ""), "invalid_request"),
        (("client_id", ""), "invalid_request"),
        (("code", ""), "invalid_request"),
        (("grant_type", ""), "invalid_request"),
        (("grant_type", "client_credentials"), "unsupported_grant_type"),
    ] {
        let refusal = code(&[change]).unwrap_err();
        assert_eq!(error_of(refusal), expected, "{change:?}");
    }
}

#[test]
fn n52_a_missing_resource_means_this_servers_and_its_spelling_does_not_matter() {
    for resource in ["", "https://mcp.example.com/mcp/", "HTTPS://MCP.example.com/mcp"] {
        assert_eq!(code(&[("resource", resource)]), Ok(()), "{resource}");
        assert_eq!(refresh(&[("resource", resource)]), Ok(()), "{resource}");
    }
}

#[test]
fn n56_n57_a_refresh_may_ask_for_the_same_scope_or_less_but_not_for_more() {
    for scope in [
        "",
        "mail.recipients",
        "mail.recipients offline_access",
        "offline_access",
        "  mail.recipients  ",
    ] {
        assert_eq!(refresh(&[("scope", scope)]), Ok(()), "{scope:?}");
    }
    for (change, expected) in [
        (("scope", "mail.recipients mail"), Refusal::InvalidScope),
        (("scope", "mail"), Refusal::InvalidScope),
        (("scope", "MAIL.RECIPIENTS"), Refusal::InvalidScope),
        (("resource", "https://other.example/mcp"), Refusal::InvalidTarget),
        (
            ("client_id", "c2"),
            Refusal::InvalidGrant("it was issued to another client"),
        ),
    ] {
        assert_eq!(refresh(&[change]), Err(expected), "{change:?}");
    }
}

#[test]
fn n07_what_was_issued_for_another_public_address_is_no_good() {
    let parameters = Parameters::read(b"grant_type=refresh_token&refresh_token=r&client_id=c1").unwrap();
    let request = TokenRequest::read(&parameters).unwrap();
    let moved = "https://new.example.com".parse().unwrap();
    assert!(matches!(
        request.prove_refresh_token(&stored_token(), None, &moved),
        Err(Refusal::InvalidGrant(_))
    ));
    assert!(matches!(
        request.prove_code(&stored(), Some(REDIRECT), VERIFIER, &moved),
        Err(Refusal::InvalidGrant(_))
    ));
}

/// OAuth 2.1 clients need not repeat it: the verifier proves more.
#[test]
fn a_redirect_uri_may_be_left_out_and_a_client_secret_is_ignored() {
    assert_eq!(code(&[("redirect_uri", "")]), Ok(()));
    assert_eq!(code(&[("client_secret", "guessed")]), Ok(()));
}

fn error_of(refusal: Refusal) -> String {
    let crate::team::Answer::Json { status, body, .. } = refusal.answer() else {
        panic!("no JSON");
    };
    assert_eq!(status, 400);
    body["error"].as_str().unwrap().to_owned()
}
