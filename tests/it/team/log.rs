//! What the log shows of a sign-in.

use std::io;
use std::sync::{Arc, Mutex};

use bitrix24_mail_mcp::demo::CLIENT_SECRET;
use tracing::Level;

use super::server::TeamServer;
use crate::support::browser::Browser;
use crate::support::http_client::Request;
use crate::support::http_server::look_up;
use crate::support::team_client::{bearer, post_form};

/// The id of the demo portal.
const MEMBER_ID: &str = "da45a03b265edd8787f8a258d793cc5d";

/// The log, in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Everything runs on this test's thread but the store's own threads, which get digests and sealed tokens only.
#[tokio::test]
async fn n80_no_line_at_any_level_has_a_query_a_cookie_or_a_token_of_a_sign_in() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    // With one subscriber alone, tracing would ask the thread of another test, which has none, whether a line is wanted.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());

    let server = TeamServer::start().await;
    let client = server.register("C4nary client").await;
    let mut browser = Browser::new(server.address);
    let tokens = client.sign_in(&mut browser, "Anna").await;
    assert_eq!(
        server
            .ask(&bearer(look_up(1, "client"), &tokens.access))
            .await
            .head
            .status,
        200
    );
    server.demo.expire_access(1);
    assert_eq!(
        server
            .ask(&bearer(look_up(1, "client"), &tokens.access))
            .await
            .head
            .status,
        200
    );
    let refreshed = client.refresh(&tokens.refresh).await.message();
    // What fails is logged with more detail than what works.
    let unused = client.code(&mut browser, "Anna").await;
    assert_eq!(client.exchange(&format!("{unused}A")).await.head.status, 400);
    let stray = Request::get("/oauth/callback?code=c4nary-c0de&state=c4nary-state").header("cookie", "b24mcp-x=c4nary");
    assert_eq!(server.ask(&stray).await.head.status, 400);
    let wrong = format!("/mcp?access_token={}", tokens.access);
    assert_eq!(
        server
            .ask(&Request::post(&wrong, &serde_json::Value::Null))
            .await
            .head
            .status,
        400
    );
    let installed = post_form("/oauth/callback", &[("auth[access_token]", "c4nary-installed")]);
    assert_eq!(server.ask(&installed).await.head.status, 200);
    let revoked = post_form(
        "/oauth/revoke",
        &[("token", &tokens.refresh), ("client_id", &client.id)],
    );
    assert_eq!(server.ask(&revoked).await.head.status, 200);
    let start = browser.open(&server.url).await;
    let gone_on = browser.submit(&start, "/sign-in", &[]).await;
    let page = browser.follow(gone_on).await;
    let page = browser.sign_in_at_portal(page, "Anna").await;
    let page = browser.follow(page).await;
    assert!(page.answer.body.contains("Anna Lindqvist"), "{page:?}");
    server.stopped().await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for line in [
        "/oauth/authorize",
        "/oauth/callback",
        "/oauth/token",
        "answered a request",
    ] {
        assert!(log.contains(line), "{line}: {log}");
    }
    let mut secrets = browser.secrets;
    secrets.extend([tokens.access, tokens.refresh, unused]);
    for name in ["access_token", "refresh_token"] {
        secrets.push(refreshed[name].as_str().unwrap().to_owned());
    }
    secrets.extend(
        [
            "c4nary-c0de",
            "c4nary-state",
            "b24mcp-x",
            "c4nary-installed",
            "Lindqvist",
        ]
        .map(str::to_owned),
    );
    let prefixes = ["b24a_", "b24r_", "b24c_", "b24h_", "b24f_", "b24s_", "b24b_", "b24p_"];
    secrets.extend(prefixes.map(str::to_owned));
    // The portal's access tokens, refresh tokens and codes, its id, and the secret of the application.
    let of_the_portal = ["dem0acc3ss", "dem0r3fr3sh", "dem0c0d3", MEMBER_ID, CLIENT_SECRET];
    secrets.extend(of_the_portal.map(str::to_owned));
    // Words of the protocol, such as `code` and `S256`, and addresses of the three servers are no secrets.
    secrets.retain(|secret| secret.len() > 4 && !secret.contains("127.0.0.1:"));
    assert!(secrets.len() > 20, "{secrets:?}");
    for secret in secrets {
        let found = log.lines().find(|line| line.contains(&secret));
        assert_eq!(found, None, "{secret}");
    }
}
