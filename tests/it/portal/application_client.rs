//! The application of a team server: exchanges of codes and refresh tokens, and whose a token is.

use std::sync::Arc;

use bitrix24_mail_mcp::portal::{
    Application, ApplicationClient, ClientSettings, ConnectionFailure, EXCHANGE_TIMEOUT, Error, GivenSecret,
    IssuedTokens, Portal, RawReply, Request, Wire,
};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use tokio::time::Instant;

use crate::support::employees::team;
use crate::support::scripted_wire::{Prepared, ScriptedWire, envelope, flat, reply, reply_asking, settings};

fn client_of(portal: &Portal) -> ApplicationClient {
    portal.application_client(ClientSettings {
        portal: "p.example".parse().unwrap(),
        server: Application::default_server().unwrap(),
        client_id: "local.1".to_owned(),
        client_secret: GivenSecret::Text("cl1entsecret".into()),
    })
}

fn client(wire: &Arc<ScriptedWire>) -> ApplicationClient {
    client_of(&wire.portal_with(team()))
}

fn secret(text: &str) -> SecretString {
    text.into()
}

fn pair() -> Prepared {
    let pair = json!({
        "access_token": "a1", "refresh_token": "r1", "expires_in": 3600, "scope": "mail",
        "domain": "oauth.bitrix.info", "server_endpoint": "https://oauth.bitrix.info/rest/",
        "client_endpoint": "https://p.example/rest/", "member_id": "m1", "user_id": 7,
    });
    reply(200, &pair.to_string())
}

#[tokio::test(start_paused = true)]
async fn a_code_and_a_refresh_token_are_exchanged_with_the_secrets_in_the_body_only() {
    let wire = ScriptedWire::in_turn([pair()]);
    let client = client(&wire);
    for issued in [
        client.exchange_code(secret("c0de")).await,
        client.refresh(secret("r0")).await,
    ] {
        let issued: IssuedTokens = issued.unwrap();
        assert_eq!(issued.access_token.expose_secret(), "a1");
        assert_eq!(issued.refresh_token.expose_secret(), "r1");
        assert_eq!(issued.user_id, Some(7));
        assert_eq!(issued.member_id.as_deref(), Some("m1"));
        assert_eq!(issued.client_endpoint.as_deref(), Some("https://p.example/rest/"));
        let shown = format!("{issued:?} {client:?}");
        assert!(
            !shown.contains("a1\"") && !shown.contains("r1\"") && !shown.contains("cl1ent"),
            "{shown}"
        );
    }
    let bodies: Vec<_> = wire
        .sent()
        .into_iter()
        .map(|sent| (sent.url, sent.authorization, sent.body))
        .collect();
    let sent = |grant: &str| {
        let body = format!(
            "grant_type={}&client_id=local.1&client_secret=cl1entsecret&{grant}",
            match grant {
                "code=c0de" => "authorization_code",
                _ => "refresh_token",
            }
        );
        ("https://oauth.bitrix.info/oauth/token/".to_owned(), None, body)
    };
    assert_eq!(bodies, [sent("code=c0de"), sent("refresh_token=r0")]);
}

#[tokio::test(start_paused = true)]
async fn n42_no_other_answer_is_taken_for_tokens_and_no_address_in_it_is_called() {
    let elsewhere = Prepared::Reply(RawReply {
        http_status: 302,
        location: Some("https://evil.example/oauth/token/".to_owned()),
        ..RawReply::default()
    });
    for (answer, code) in [
        (reply(200, "<!DOCTYPE html><html></html>"), "UNREADABLE_TOKEN_REPLY"),
        (reply(200, ""), "UNREADABLE_TOKEN_REPLY"),
        (reply(200, r#"{"access_token":"a1"}"#), "UNREADABLE_TOKEN_REPLY"),
        (
            reply(500, r#"{"access_token":"a1","refresh_token":"r1"}"#),
            "UNREADABLE_TOKEN_REPLY",
        ),
        (elsewhere, "REDIRECTED"),
        (flat(400, "invalid_grant"), "invalid_grant"),
        (flat(401, "invalid_client"), "invalid_client"),
        (reply_asking(503, "<html>", "30"), "UNREADABLE_TOKEN_REPLY"),
        (Prepared::Broken, "CONNECTION_LOST"),
    ] {
        let wire = ScriptedWire::in_turn([answer]);
        let error = client(&wire).exchange_code(secret("c0dec0de")).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(!error.to_string().contains("c0dec0de"), "{error}");
        assert_eq!(wire.sent().len(), 1, "{code} is not tried again");
    }
}

#[tokio::test(start_paused = true)]
async fn an_exchange_ends_after_its_time() {
    let wire = ScriptedWire::in_turn([Prepared::Silence]);
    let began = Instant::now();
    let error = client(&wire).refresh(secret("r0")).await.unwrap_err();
    assert_eq!((began.elapsed(), error.code()), (EXCHANGE_TIMEOUT, "TIMED_OUT"));
    assert_eq!(wire.under_way(), 0);
}

/// A wire on which no request can be sent.
#[derive(Debug)]
struct NoWay;

impl Wire for NoWay {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<RawReply, Error>> {
        let host = "oauth.bitrix.info".to_owned();
        let failure = ConnectionFailure::Lost;
        async move { Err(Error::Unreachable { failure, host }) }.boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_lost_and_a_secret_that_cannot_be_read_are_told_apart() {
    let lost = Portal::with_wire(Arc::new(NoWay), team());
    let no_secret = client_of(&lost);
    assert_eq!(
        no_secret.refresh(secret("r0")).await.unwrap_err().code(),
        "CONNECTION_LOST"
    );
    let settings = ClientSettings {
        client_secret: GivenSecret::File("/nowhere/secret".into()),
        ..no_secret.settings().clone()
    };
    let error = lost
        .application_client(settings)
        .refresh(secret("r0"))
        .await
        .unwrap_err();
    assert_eq!(error.code(), "NO_CREDENTIALS");
}

#[tokio::test(start_paused = true)]
async fn a_profile_says_whose_the_token_is() {
    let wire = ScriptedWire::in_turn([
        reply(
            200,
            r#"{"result":{"ID":"7","NAME":"Boris\u202e","LAST_NAME":"Ivanov"}}"#,
        ),
        flat(401, "insufficient_scope"),
        reply(200, r#"{"result":{"NAME":"Nobody"}}"#),
        reply(200, "<html>"),
        Prepared::Silence,
    ]);
    let client = client(&wire);
    let token = secret("t0ken0fb0ris");
    let boris = client.profile(&token).await.unwrap();
    assert_eq!((boris.id, boris.name.as_deref()), (7, Some("Boris Ivanov")));
    let sent = wire.take_sent().remove(0);
    assert_eq!(sent.url, "https://p.example/rest/profile");
    assert_eq!(sent.authorization.as_deref(), Some("Bearer t0ken0fb0ris"));
    for code in [
        "insufficient_scope",
        "UNREADABLE_REPLY",
        "UNREADABLE_REPLY",
        "TIMED_OUT",
    ] {
        let error = client.profile(&token).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(!error.to_string().contains("t0ken"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_portal_answers_if_it_refuses_a_call_without_credentials() {
    for (answer, code) in [
        (flat(401, "NO_AUTH_FOUND"), None),
        (envelope(401, "ACCESSDENIED"), None),
        (flat(503, "QUERY_LIMIT_EXCEEDED"), None),
        (flat(503, "OVERLOAD_LIMIT"), Some("OVERLOAD_LIMIT")),
        (flat(500, "PORTAL_DELETED"), Some("PORTAL_DELETED")),
        (reply(502, "<html>"), Some("UNREADABLE_REPLY")),
        (reply(200, "<html>"), Some("UNREADABLE_REPLY")),
        (Prepared::Broken, Some("CONNECTION_LOST")),
        (Prepared::Silence, Some("TIMED_OUT")),
    ] {
        let wire = ScriptedWire::in_turn([answer]);
        let error = client(&wire).answers().await.err();
        assert_eq!(error.as_ref().map(Error::code), code);
        let [sent] = <[_; 1]>::try_from(wire.sent()).unwrap();
        assert_eq!(
            (sent.url.as_str(), sent.authorization, sent.body.as_str()),
            ("https://p.example/rest/profile", None, "{}")
        );
    }
}

/// Its client is the network's, not the address book's: the credentials of the settings play no part.
#[tokio::test(start_paused = true)]
async fn the_credentials_of_the_portal_client_play_no_part() {
    let wire = ScriptedWire::in_turn([pair()]);
    let portal = wire.portal_with(settings(bitrix24_mail_mcp::portal::Credentials::Missing));
    client_of(&portal).exchange_code(secret("c0de")).await.unwrap();
}
