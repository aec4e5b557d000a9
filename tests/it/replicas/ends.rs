//! Sign-ins that end at one replica: no other serves them any more, also if a client refreshes at that moment.

use std::process::Stdio;
use std::time::Duration;

use futures_util::future::{join, join_all};

use super::replica::{OF_ANNA, Replicas, assert_found};
use crate::support::http_client::ask;
use crate::support::team_client::{Client, Tokens, post_form};

/// Revokes a token as the client does.
async fn revoke(replicas: &Replicas, at: usize, client: &Client, token: &str) {
    let form = post_form("/oauth/revoke", &[("client_id", &client.id), ("token", token)]);
    let answer = ask(replicas.address(at), &form).await;
    assert_eq!(answer.head.status, 200, "{}", answer.body);
}

/// Asserts that neither the access token nor the refresh token works anywhere.
async fn assert_ended(replicas: &Replicas, client: &Client, pair: &Tokens) {
    for at in 0..replicas.running.len() {
        assert_eq!(replicas.status(at, &pair.access).await, 401, "replica {at}");
        let refused = client.at(replicas.address(at)).refresh(&pair.refresh).await;
        assert_eq!(refused.head.status, 400, "{}", refused.body);
        assert_eq!(refused.message()["error"], "invalid_grant");
    }
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n64_what_a_client_revokes_at_one_replica_is_refused_at_the_next_call_of_another() {
    let replicas = Replicas::start(2).await;
    let client = replicas.client(0).await;
    for _ in 0..5 {
        let anna = client.sign_in(&mut replicas.browser(0), "Anna").await;
        assert_found(&replicas.call(1, &anna.access).await, OF_ANNA);
        revoke(&replicas, 0, &client, &anna.refresh).await;
        assert_eq!(replicas.status(1, &anna.access).await, 401);
        assert_ended(&replicas, &client, &anna).await;
    }
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n64_what_the_operator_ends_is_refused_at_the_next_call_of_every_replica() {
    let replicas = Replicas::start(2).await;
    let client = replicas.client(0).await;
    for arguments in [&["team", "end", "1"][..], &["team", "end", "--all"]] {
        let anna = client.sign_in(&mut replicas.browser(1), "Anna").await;
        for at in 0..2 {
            assert_found(&replicas.call(at, &anna.access).await, OF_ANNA);
        }
        let ended = replicas.command(arguments).stdin(Stdio::null()).output().await.unwrap();
        assert!(ended.status.success(), "{ended:?}");
        for at in 0..2 {
            assert_eq!(replicas.status(at, &anna.access).await, 401, "{arguments:?}");
        }
        assert_ended(&replicas, &client, &anna).await;
    }
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n64_what_an_employee_ends_on_one_start_page_is_refused_at_the_next_call_of_another_replica() {
    let replicas = Replicas::start(2).await;
    let client = replicas.client(0).await;
    let anna = client.sign_in(&mut replicas.browser(0), "Anna").await;
    let boris = replicas.sign_in(0, "Boris").await;
    let mut browser = replicas.browser(0);
    let start = browser.open(&format!("http://{}/", replicas.public)).await;
    let page = browser.submit(&start, "/sign-in", &[]).await;
    let page = browser.follow(page).await;
    let page = browser.sign_in_at_portal(page, "Anna").await;
    // The page is shown by one replica, and its button pressed at the other.
    browser.server = replicas.address(1);
    let page = browser.follow(page).await;
    assert!(page.answer.body.contains("Anna Lindqvist"), "{page:?}");
    let grant = page.hidden("grant").unwrap();
    browser.server = replicas.address(0);
    browser.submit(&page, "/connections/end", &[("grant", &grant)]).await;
    assert_eq!(replicas.status(1, &anna.access).await, 401);
    assert_ended(&replicas, &client, &anna).await;
    assert_eq!(replicas.status(1, &boris.access).await, 200);
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n59_no_pair_lives_after_a_revocation_at_one_replica_while_the_client_refreshes_at_another() {
    let replicas = Replicas::start(2).await;
    let client = replicas.client(0).await;
    let other = client.at(replicas.address(1));
    let mut refused = 0;
    for round in 0..20 {
        let anna = client.sign_in(&mut replicas.browser(0), "Anna").await;
        let ending = async {
            tokio::time::sleep(Duration::from_micros(500 * round)).await;
            revoke(&replicas, 0, &client, &anna.refresh).await;
        };
        let refreshing = join_all((0..5).map(|_| other.refresh(&anna.refresh)));
        let ((), answers) = join(ending, refreshing).await;
        let pairs: Vec<_> = answers.iter().filter_map(Tokens::of).collect();
        refused += answers.len() - pairs.len();
        for pair in pairs.iter().chain([&anna]) {
            assert_ended(&replicas, &client, pair).await;
        }
    }
    // Otherwise no refresh ran at the same time.
    assert!(0 < refused && refused < 100, "{refused} of 100 refreshes were refused");
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n59_no_pair_lives_after_the_operator_ended_a_sign_in_whose_code_is_exchanged_at_a_replica() {
    let replicas = Replicas::start(2).await;
    let client = replicas.client(0).await;
    for _ in 0..10 {
        let code = client.code(&mut replicas.browser(0), "Anna").await;
        let ending = replicas
            .command(&["team", "end", "--all"])
            .stdin(Stdio::null())
            .output();
        let exchanging = async {
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..150))).await;
            client.at(replicas.address(1)).exchange(&code).await
        };
        let (ended, answer) = join(ending, exchanging).await;
        assert!(ended.unwrap().status.success());
        if let Some(pair) = Tokens::of(&answer) {
            for at in 0..2 {
                assert_eq!(replicas.status(at, &pair.access).await, 401);
            }
        }
    }
}
