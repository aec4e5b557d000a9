//! An application's tokens, with a paused clock and prepared replies: refreshed when rejected, once, and saved before
//! use.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitrix24_mail_mcp::portal::{Application, Credentials, GivenSecret, Settings};
use serde_json::{Value, json};

use crate::support::scripted_wire::{PAGE, Prepared, ScriptedWire, Sent, call, envelope, flat, reply, settings};

/// An authorization server and a portal in one, with the tokens that are valid.
#[derive(Debug, Default)]
struct Server {
    access: String,
    refresh: String,
    refreshes: usize,
    spent: usize,
}

fn server(access: &str, refresh: &str) -> Arc<Mutex<Server>> {
    Arc::new(Mutex::new(Server {
        access: access.to_owned(),
        refresh: refresh.to_owned(),
        ..Server::default()
    }))
}

impl Server {
    fn answer(&mut self, sent: &Sent) -> Prepared {
        if sent.url == "https://oauth.bitrix.info/oauth/token/" {
            assert!(sent.authorization.is_none());
            if !sent.body.contains(&format!("refresh_token={}", self.refresh)) {
                self.spent += 1;
                return flat(400, "invalid_grant");
            }
            self.refreshes += 1;
            (self.access, self.refresh) = (format!("a{}x", self.refreshes), format!("r{}x", self.refreshes));
            let pair = json!({"access_token": self.access, "refresh_token": self.refresh, "user_id": 1});
            return reply(200, &pair.to_string());
        }
        assert!(sent.url.starts_with("https://p.example/rest/"), "{}", sent.url);
        assert!(
            !sent.url.contains("auth") && !sent.body.contains("auth"),
            "tokens are sent only in the header"
        );
        if sent.authorization == Some(format!("Bearer {}", self.access)) {
            reply(200, PAGE)
        } else if sent.url.contains("/rest/api/") {
            envelope(401, "ACCESSDENIED")
        } else {
            flat(401, "expired_token")
        }
    }
}

fn wire(server: &Arc<Mutex<Server>>) -> Arc<ScriptedWire> {
    let server = Arc::clone(server);
    ScriptedWire::answering(move |sent| server.lock().unwrap().answer(sent))
}

fn given(text: &str) -> Option<GivenSecret> {
    (!text.is_empty()).then(|| GivenSecret::Text(text.into()))
}

fn application(folder: &Path, access: &str, refresh: &str) -> Settings {
    settings(Credentials::Application(Application {
        portal: "p.example".parse().unwrap(),
        client_id: Some("local.1".to_owned()),
        client_secret: given("cl1entsecret"),
        access_token: given(access),
        refresh_token: given(refresh),
        token_store: folder.join("tokens.json"),
        server: Application::default_server().unwrap(),
    }))
}

fn stored(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("tokens.json")).unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn ten_callers_with_one_expired_token_cause_one_refresh() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("fresh", "r0");
    let wire = wire(&server);
    let portal = wire.portal_with(application(folder.path(), "old", "r0"));
    let outcomes = futures_util::future::join_all((0..10).map(|_| call(&portal))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let server = server.lock().unwrap();
    assert_eq!((server.refreshes, server.spent), (1, 0));
    assert_eq!(wire.sent().len(), 10 + 1 + 10);
    assert_eq!(stored(folder.path())["refresh_token"], "r1x");
}

#[tokio::test(start_paused = true)]
async fn another_processs_pair_is_taken_over_without_a_refresh() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("fresh", "r0");
    let wire = wire(&server);
    let one = wire.portal_with(application(folder.path(), "old", "r0"));
    let other = wire.portal_with(application(folder.path(), "old", "r0"));
    for portal in [&one, &other, &one, &other] {
        call(portal).await.unwrap();
    }
    assert_eq!(server.lock().unwrap().refreshes, 1);
    assert_eq!(wire.sent().len(), 1 + 1 + 4, "one refused, one refresh, four answered");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_alone_is_enough_and_a_newer_one_in_the_settings_wins() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("unknown", "r0");
    let wire = wire(&server);
    call(&wire.portal_with(application(folder.path(), "", "r0")))
        .await
        .unwrap();
    call(&wire.portal_with(application(folder.path(), "", "r0")))
        .await
        .unwrap();
    assert_eq!(
        server.lock().unwrap().refreshes,
        1,
        "the settings' token is known to be spent"
    );

    server.lock().unwrap().refresh = "r9".to_owned();
    server.lock().unwrap().access = "elsewhere".to_owned();
    call(&wire.portal_with(application(folder.path(), "", "r9")))
        .await
        .unwrap();
    let server = server.lock().unwrap();
    assert_eq!((server.refreshes, server.spent), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_used_refresh_token_is_sent_once_and_login_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("fresh", "r0");
    let wire = wire(&server);
    let portal = wire.portal_with(application(folder.path(), "old", "spent"));
    for _ in 0..3 {
        let failed = call(&portal).await.unwrap_err();
        assert_eq!(failed.error.code(), "invalid_grant");
        assert_eq!(failed.to_string(), "the authorization server says: d");
    }
    assert_eq!(server.lock().unwrap().spent, 1);

    server.lock().unwrap().access = "a5x".to_owned();
    let by_login = json!({"version": 1, "portal": "https://p.example", "client_id": "local.1",
        "access_token": "a5x", "refresh_token": "r5x", "replaces": "spent"});
    fs::write(folder.path().join("tokens.json"), by_login.to_string()).unwrap();
    call(&portal).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_that_stays_refused_is_refreshed_once_and_explained() {
    let folder = tempfile::tempdir().unwrap();
    let wire = ScriptedWire::answering(|sent| {
        if sent.url.contains("/oauth/token/") {
            reply(200, r#"{"access_token":"a1x","refresh_token":"r1x"}"#)
        } else if sent.url.contains("/rest/api/") {
            envelope(401, "ACCESSDENIED")
        } else {
            flat(401, "authorization_error")
        }
    });
    let portal = wire.portal_with(application(folder.path(), "old", "r0"));
    let failed = call(&portal).await.unwrap_err();
    assert_eq!((failed.error.code(), failed.attempts), ("authorization_error", 2));
    let urls: Vec<_> = wire.sent().into_iter().map(|sent| sent.url).collect();
    assert_eq!(urls.iter().filter(|url| url.contains("/oauth/token/")).count(), 1);
    assert_eq!(urls.len(), 4, "call, refresh, call, profile: {urls:?}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_cancelled_during_a_refresh_loses_no_pair() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("fresh", "r0");
    let wire = wire(&server);
    let portal = wire.portal_with(application(folder.path(), "old", "r0"));
    // The refused call takes one trip, so the exchange is half-way.
    tokio::time::timeout(Duration::from_millis(150), call(&portal))
        .await
        .unwrap_err();
    assert_eq!(wire.under_way(), 1);
    portal.save_tokens().await.unwrap();
    assert_eq!(stored(folder.path())["refresh_token"], "r1x");
    assert_eq!(wire.under_way(), 0, "no request continues");
    call(&portal).await.unwrap();
    assert_eq!(server.lock().unwrap().refreshes, 1);
}

#[tokio::test(start_paused = true)]
async fn transient_failures_of_the_authorization_server_are_retried() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("fresh", "r0");
    let bad_moments = Mutex::new(2);
    let answering = Arc::clone(&server);
    let wire = ScriptedWire::answering(move |sent| {
        let mut left = bad_moments.lock().unwrap();
        if sent.url.contains("/oauth/token/") && *left > 0 {
            *left -= 1;
            return reply(502, "<html>");
        }
        answering.lock().unwrap().answer(sent)
    });
    call(&wire.portal_with(application(folder.path(), "old", "r0")))
        .await
        .unwrap();
    assert_eq!(server.lock().unwrap().refreshes, 1);
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_tokens_leaves_the_old_pair() {
    for body in ["{}", r#"{"access_token":""}"#, "[]", "<html>"] {
        let folder = tempfile::tempdir().unwrap();
        let wire = ScriptedWire::answering(move |sent| {
            let is_exchange = sent.url.contains("/oauth/token/");
            if is_exchange {
                reply(200, body)
            } else {
                envelope(401, "ACCESSDENIED")
            }
        });
        let failed = call(&wire.portal_with(application(folder.path(), "old", "r0")))
            .await
            .unwrap_err();
        assert_eq!(failed.error.code(), "UNREADABLE_TOKEN_REPLY", "{body}");
        assert!(!folder.path().join("tokens.json").exists(), "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_until_a_user_has_signed_in() {
    let folder = tempfile::tempdir().unwrap();
    let wire = ScriptedWire::in_turn([reply(200, PAGE)]);
    let failed = call(&wire.portal_with(application(folder.path(), "", "")))
        .await
        .unwrap_err();
    assert_eq!(failed.error.code(), "NOT_SIGNED_IN");
    let strangers = json!({"version": 1, "portal": "https://q.example", "client_id": "local.1",
        "access_token": "a", "refresh_token": "r"});
    fs::write(folder.path().join("tokens.json"), strangers.to_string()).unwrap();
    let failed = call(&wire.portal_with(application(folder.path(), "", "")))
        .await
        .unwrap_err();
    assert!(failed.to_string().contains("another portal or application"), "{failed}");
    fs::write(folder.path().join("tokens.json"), "damaged").unwrap();
    let failed = call(&wire.portal_with(application(folder.path(), "", "")))
        .await
        .unwrap_err();
    assert_eq!(failed.error.code(), "TOKEN_STORE_UNUSABLE");
    assert!(wire.sent().is_empty());
}

/// A refresh by a shell without the variable of the server's entry must not make the server use its old token again.
#[tokio::test(start_paused = true)]
async fn a_refresh_by_a_process_without_the_setting_keeps_the_token_that_the_pair_replaces() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("fresh", "r0");
    let wire = wire(&server);
    let with_tokens = wire.portal_with(application(folder.path(), "old", "r0"));
    call(&with_tokens).await.unwrap();
    server.lock().unwrap().access = "expired".to_owned();
    call(&wire.portal_with(application(folder.path(), "", "")))
        .await
        .unwrap();
    call(&with_tokens).await.unwrap();
    assert_eq!(stored(folder.path())["replaces"], "r0");
    let server = server.lock().unwrap();
    assert_eq!((server.refreshes, server.spent), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_does_not_overwrite_the_store_of_another_portal() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("fresh", "r0");
    let wire = wire(&server);
    let strangers = json!({"version": 1, "portal": "https://q.example", "client_id": "local.1",
        "access_token": "a", "refresh_token": "r"});
    fs::write(folder.path().join("tokens.json"), strangers.to_string()).unwrap();
    let failed = call(&wire.portal_with(application(folder.path(), "old", "r0")))
        .await
        .unwrap_err();
    assert_eq!(failed.error.code(), "TOKEN_STORE_UNUSABLE");
    assert_eq!(stored(folder.path()), strangers);
    assert_eq!(
        server.lock().unwrap().refreshes,
        0,
        "no pair was issued that could not be kept"
    );
}

/// Any other fault of the application can be repaired while the server runs.
#[tokio::test(start_paused = true)]
async fn only_a_used_refresh_token_is_remembered() {
    let folder = tempfile::tempdir().unwrap();
    let server = server("fresh", "r0");
    let answering = Arc::clone(&server);
    let is_paid = Arc::new(Mutex::new(false));
    let paid = Arc::clone(&is_paid);
    let wire = ScriptedWire::answering(move |sent| {
        if sent.url.contains("/oauth/token/") && !*paid.lock().unwrap() {
            return flat(400, "PAYMENT_REQUIRED");
        }
        answering.lock().unwrap().answer(sent)
    });
    let portal = wire.portal_with(application(folder.path(), "old", "r0"));
    assert_eq!(call(&portal).await.unwrap_err().error.code(), "PAYMENT_REQUIRED");
    *is_paid.lock().unwrap() = true;
    call(&portal).await.unwrap();
}

/// One process has a pair that it could not save; the file has an older one.
#[tokio::test(start_paused = true)]
async fn a_stale_pair_in_the_store_is_sent_once_and_never_replaces_the_newer_one_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("tokens.json");
    let by_login = json!({"version": 1, "portal": "https://p.example", "client_id": "local.1",
        "access_token": "old", "refresh_token": "r0"})
    .to_string();
    fs::write(&store, &by_login).unwrap();
    let server = server("fresh", "r0");
    let (answering, blocked) = (Arc::clone(&server), store.clone());
    let wire = ScriptedWire::answering(move |sent| {
        // Over a folder no file can be renamed: the first pair is issued and cannot be saved.
        if sent.url.contains("/oauth/token/") && answering.lock().unwrap().refreshes == 0 {
            fs::remove_file(&blocked).unwrap();
            fs::create_dir_all(blocked.join("full")).unwrap();
        }
        answering.lock().unwrap().answer(sent)
    });
    let (one, other) = (
        wire.portal_with(application(folder.path(), "", "")),
        wire.portal_with(application(folder.path(), "", "")),
    );
    call(&one).await.unwrap();
    assert_eq!(one.person().unwrap(), one.person().unwrap());

    fs::remove_dir_all(&store).unwrap();
    fs::write(&store, &by_login).unwrap();
    for _ in 0..3 {
        assert_eq!(call(&other).await.unwrap_err().error.code(), "invalid_grant");
    }
    let exchanges = || {
        let server = server.lock().unwrap();
        (server.refreshes, server.spent)
    };
    assert_eq!(exchanges(), (1, 1));
    call(&one).await.unwrap();
    assert_eq!(stored(folder.path())["refresh_token"], "r1x", "saved at the next use");
    call(&other).await.unwrap();
    assert_eq!(exchanges(), (1, 1));
}
