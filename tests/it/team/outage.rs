//! The store does not answer.

use super::server::TeamServer;
use crate::support::browser::Browser;
use crate::support::http_client::Request;
use crate::support::http_server::look_up;
use crate::support::team_client::bearer;

const TABLES: [&str; 5] = ["clients", "sign_ins", "grants", "access_tokens", "refresh_tokens"];

/// Takes the store's tables away, or puts them back, so that its statements fail.
fn rename(server: &TeamServer, is_taken_away: bool) {
    let connection = rusqlite::Connection::open(server.store_file()).unwrap();
    for table in TABLES {
        let (from, to) = match is_taken_away {
            true => (table.to_owned(), format!("away_{table}")),
            false => (format!("away_{table}"), table.to_owned()),
        };
        connection
            .execute(&format!("ALTER TABLE {from} RENAME TO {to}"), [])
            .unwrap();
    }
}

#[tokio::test]
async fn n09_while_the_store_does_not_answer_nobody_is_signed_out() {
    let server = TeamServer::start().await;
    let client = server.register("Test client").await;
    let tokens = client.sign_in(&mut Browser::new(server.address), "Anna").await;
    rename(&server, true);
    let call = server.ask(&bearer(look_up(1, "client"), &tokens.access)).await;
    let refreshed = client.refresh(&tokens.refresh).await;
    for answer in [&call, &refreshed] {
        assert_eq!(answer.head.status, 503, "{}", answer.body);
        assert!(answer.head.header("retry-after").is_some());
        assert_eq!(answer.head.header("www-authenticate"), None);
        assert!(!answer.body.contains("invalid_grant") && !answer.body.contains("no such table"));
    }
    let page = server.ask(&Request::get(&client.authorize_path())).await;
    assert_eq!(page.head.status, 503, "{}", page.body);
    assert!(page.head.header("retry-after").is_some());
    assert!(!page.body.contains("no such table"));
    let alive = server.ask(&Request::get("/healthz")).await;
    assert_eq!(alive.head.status, 200);

    rename(&server, false);
    let call = server.ask(&bearer(look_up(1, "client"), &tokens.access)).await;
    assert_eq!(call.head.status, 200, "{}", call.body);
    assert_eq!(client.refresh(&tokens.refresh).await.head.status, 200);
}
