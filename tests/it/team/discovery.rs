//! How clients find the endpoints, and what a call without a valid token gets.

use serde_json::{Value, json};

use super::server::TeamServer;
use crate::support::browser::Browser;
use crate::support::http_client::{Answer, Connection, Head, Request};
use crate::support::http_server::look_up;
use crate::support::team_client::{bearer, post_form};

const RESOURCE: &str = "/.well-known/oauth-protected-resource";
const DOCUMENTS: [&str; 8] = [
    RESOURCE,
    "/.well-known/oauth-protected-resource/",
    "/.well-known/oauth-protected-resource/mcp",
    "/.well-known/oauth-protected-resource/mcp/",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-authorization-server/mcp",
    "/.well-known/openid-configuration",
    "/.well-known/openid-configuration/",
];

/// The answer to a request whose method is HEAD: it has a length, but no body.
async fn head(server: &TeamServer, request: &Request) -> Head {
    let mut connection = Connection::open(server.address).await;
    connection.send(&request.bytes()).await;
    connection.head().await.unwrap()
}

fn challenge(answer: &Answer) -> &str {
    answer
        .head
        .header("www-authenticate")
        .unwrap_or_else(|| panic!("{answer:?}"))
}

#[tokio::test]
async fn n01_without_a_token_a_call_is_refused_with_the_address_of_the_metadata_and_no_error() {
    let server = TeamServer::start().await;
    for (path, slash) in [("/mcp", ""), ("/mcp/", "/")] {
        let metadata = format!("{}{RESOURCE}/mcp{slash}", server.url);
        for request in [
            Request::post(path, &json!({})),
            Request::post(path, &json!({})).header("authorization", "Basic dXNlcjp0b2tlbg=="),
            Request::get(path),
            Request::new("DELETE", path),
        ] {
            let answer = server.ask(&request).await;
            assert_eq!(answer.head.status, 401, "{request:?}");
            let expected = format!("Bearer resource_metadata=\"{metadata}\", scope=\"mail.recipients\"");
            assert_eq!(challenge(&answer), expected);
        }
        assert_eq!(head(&server, &Request::new("HEAD", path)).await.status, 401);
        let document = server
            .ask(&Request::get(metadata.strip_prefix(&server.url).unwrap()))
            .await;
        assert_eq!(document.message()["resource"], format!("{}/mcp{slash}", server.url));
    }
}

#[tokio::test]
async fn n02_what_is_no_access_token_is_an_invalid_token() {
    let server = TeamServer::start().await;
    let client = server.register("Test client").await;
    let mut browser = Browser::new(server.address);
    let tokens = client.sign_in(&mut browser, "Anna").await;
    let code = client.code(&mut browser, "Anna").await;
    let (kept, last) = tokens.access.split_at(tokens.access.len() - 1);
    let changed = format!("{kept}{}", if last == "A" { "E" } else { "A" });
    for token in [
        "garbage",
        &tokens.refresh,
        &code,
        &changed,
        &tokens.access.to_uppercase(),
    ] {
        let answer = server.ask(&bearer(look_up(1, ""), token)).await;
        assert_eq!(answer.head.status, 401);
        assert!(
            challenge(&answer).starts_with("Bearer error=\"invalid_token\", "),
            "{answer:?}"
        );
        assert!(challenge(&answer).contains(&format!("resource_metadata=\"{}/.well-known/", server.url)));
    }
    assert_eq!(
        server.ask(&bearer(look_up(1, ""), &tokens.access)).await.head.status,
        200
    );
    let revoked = post_form(
        "/oauth/revoke",
        &[("token", &tokens.refresh), ("client_id", &client.id)],
    );
    assert_eq!(server.ask(&revoked).await.head.status, 200);
    let answer = server.ask(&bearer(look_up(1, ""), &tokens.access)).await;
    assert_eq!(answer.head.status, 401, "the sign-in has ended");
    assert!(challenge(&answer).contains("invalid_token"));
}

#[tokio::test]
async fn n03_a_token_in_the_address_or_twice_is_refused_even_if_it_is_valid() {
    let server = TeamServer::start().await;
    let token = server.sign_in("Anna").await;
    let message = crate::support::http_server::call(1, "");
    let in_address = Request::post(&format!("/mcp?access_token={token}"), &message);
    let good = bearer(look_up(1, ""), &token);
    for request in [
        in_address.clone(),
        bearer(in_address, &token),
        good.clone().and_header("authorization", &format!("Bearer {token}")),
        good.clone().and_header("authorization", "Basic dXNlcjp0b2tlbg=="),
    ] {
        let answer = server.ask(&request).await;
        assert_eq!(answer.head.status, 400);
        assert!(!answer.body.contains(&token));
    }
    assert_eq!(server.ask(&good).await.head.status, 200);
}

#[tokio::test]
async fn n04_forged_hosts_change_no_byte_of_any_document() {
    let server = TeamServer::start().await;
    for path in DOCUMENTS {
        let plain = server.ask(&Request::get(path)).await;
        assert_eq!(plain.head.status, 200, "{path}");
        let forged = Request::get(path)
            .header("x-forwarded-host", "evil.example")
            .header("x-forwarded-proto", "https")
            .header("forwarded", "host=evil.example;proto=https")
            .header("x-forwarded-port", "444");
        assert_eq!(server.ask(&forged).await.body, plain.body, "{path}");
        let other_name = Request::get(path).header("host", "localhost:9");
        assert_eq!(server.ask(&other_name).await.body, plain.body, "{path}");
        let answer = server.ask(&Request::get(path).header("host", "evil.example")).await;
        assert_eq!(answer.head.status, 403, "{path}");
        assert!(!answer.body.contains("evil"));
    }
    let forged = look_up(1, "").header("x-forwarded-host", "evil.example");
    let answer = server.ask(&forged).await;
    assert!(challenge(&answer).contains(&server.url), "{answer:?}");
}

#[tokio::test]
async fn n05_issuer_and_public_address_are_the_same_text_without_a_slash() {
    let server = TeamServer::at(Some("https://mcp.example.com"), Default::default()).await;
    let document = async |path| {
        server
            .ask(&Request::get(path).header("host", "mcp.example.com"))
            .await
            .message()
    };
    let issuer = "https://mcp.example.com";
    for path in [
        "/.well-known/oauth-authorization-server",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration",
    ] {
        assert_eq!(document(path).await["issuer"], issuer, "{path}");
    }
    let resource = document(RESOURCE).await;
    assert_eq!(resource["authorization_servers"], json!([issuer]));
    assert_eq!(resource["resource"], "https://mcp.example.com/mcp");
}

#[tokio::test]
async fn n06_the_address_with_a_slash_is_served_without_a_redirect() {
    let server = TeamServer::start().await;
    let token = server.sign_in("Anna").await;
    for path in ["/mcp", "/mcp/"] {
        let call = Request::post(path, &crate::support::http_server::call(1, "client"));
        let call = bearer(call, &token).header("mcp-protocol-version", "2025-11-25");
        let answer = server.ask(&call).await;
        assert_eq!(answer.head.status, 200, "{path}");
        assert!(answer.body.contains("hello@client-care.example"), "{}", answer.body);
    }
}

#[tokio::test]
async fn n08_pages_of_any_site_may_read_documents_and_call_the_endpoints_of_clients_but_no_page() {
    let server = TeamServer::start().await;
    let foreign = "https://inspector.example";
    let preflight = |path: &str, method: &str| {
        Request::new("OPTIONS", path)
            .header("origin", foreign)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "content-type,mcp-protocol-version")
    };
    let assert_open = |head: &Head, what: &str| {
        assert_eq!(head.header("access-control-allow-origin"), Some("*"), "{what}");
        assert_eq!(head.header("access-control-allow-credentials"), None, "{what}");
    };
    for path in DOCUMENTS {
        let answer = server.ask(&Request::get(path).header("origin", foreign)).await;
        assert_eq!(answer.head.status, 200, "{path}");
        assert_open(&answer.head, path);
        assert_eq!(answer.head.header("content-type"), Some("application/json"));
        let answer = head(&server, &Request::new("HEAD", path)).await;
        assert_eq!(answer.status, 200, "{path}");
        let answer = server.ask(&preflight(path, "GET")).await;
        assert_eq!(answer.head.status, 200, "{path}");
        assert_open(&answer.head, path);
    }
    for path in ["/oauth/register", "/oauth/token", "/oauth/revoke"] {
        let answer = server.ask(&preflight(path, "POST")).await;
        assert_eq!(answer.head.status, 200, "{path}");
        assert_open(&answer.head, path);
        assert!(
            answer
                .head
                .header("access-control-allow-methods")
                .unwrap()
                .contains("POST")
        );
        let answer = server
            .ask(&Request::post(path, &Value::Null).header("origin", foreign))
            .await;
        assert_eq!(answer.head.status, 400, "{path}: {}", answer.body);
        assert_open(&answer.head, path);
        let answer = server.ask(&Request::get(path)).await;
        assert_eq!(answer.head.status, 405, "{path}");
    }
    let client = server.register("Test client").await;
    let authorize = client.authorize_path();
    for path in [
        authorize.as_str(),
        "/oauth/consent",
        "/oauth/callback",
        "/",
        "/sign-in",
        "/sign-out",
        "/mcp",
    ] {
        for request in [
            preflight(path, "GET"),
            preflight(path, "POST"),
            Request::get(path).header("origin", foreign),
            post_form(path, &[("decision", "allow")]).header("origin", foreign),
        ] {
            let answer = server.ask(&request).await;
            assert_eq!(answer.head.header("access-control-allow-origin"), None, "{request:?}");
        }
    }
}
