//! Sign-ins that several replicas take part in, and clients that exchange or refresh at two of them at once.

use futures_util::future::{join, join_all};

use super::replica::{OF_ANNA, OF_BORIS, Replicas, assert_found};
use crate::support::team_client::Tokens;

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn every_step_of_a_sign_in_may_be_at_another_replica() {
    let replicas = Replicas::start(3).await;
    let client = replicas.client(0).await;
    let mut browser = replicas.browser(0);
    let consent = browser.open(&client.authorize_url()).await;
    browser.server = replicas.address(1);
    let page = browser.decide(&consent, "allow").await;
    browser.server = replicas.address(2);
    let page = browser.follow(page).await;
    let page = browser.sign_in_at_portal(page, "Anna").await;
    let end = browser.follow(page).await;
    let code = client.code_of(&end);
    let anna = Tokens::of(&client.exchange(&code).await).unwrap();
    let boris = replicas.sign_in(1, "Boris").await;
    for at in 0..3 {
        assert_found(&replicas.call(at, &anna.access).await, OF_ANNA);
        assert_found(&replicas.call(at, &boris.access).await, OF_BORIS);
    }
    let mut newest = anna;
    for at in [1, 2, 0] {
        let refreshed = client.at(replicas.address(at)).refresh(&newest.refresh).await;
        newest = Tokens::of(&refreshed).unwrap();
        assert_found(&replicas.call((at + 1) % 3, &newest.access).await, OF_ANNA);
    }
    assert_eq!(replicas.demo.code_exchanges(), 2);
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n46_two_callbacks_with_one_state_at_two_replicas_make_one_exchange() {
    let replicas = Replicas::start(2).await;
    let client = replicas.client(0).await;
    for round in 1..=10 {
        let mut browser = replicas.browser(0);
        let consent = browser.open(&client.authorize_url()).await;
        let page = browser.decide(&consent, "allow").await;
        let page = browser.follow(page).await;
        let at_portal = browser.sign_in_at_portal(page, "Anna").await;
        let callback = at_portal.goes_on_to().unwrap();
        let mut other = browser.clone();
        other.server = replicas.address(1);
        let (first, second) = join(browser.open(&callback), other.open(&callback)).await;
        let codes = [first, second].map(|page| page.parameter("code"));
        assert_eq!(replicas.demo.code_exchanges(), round, "{codes:?}");
        let [code] = codes.into_iter().flatten().collect::<Vec<_>>().try_into().unwrap();
        let of_client = client.at(replicas.address(round % 2));
        let anna = Tokens::of(&of_client.exchange(&code).await).unwrap();
        assert_found(&replicas.call(1, &anna.access).await, OF_ANNA);
    }
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n50_a_code_that_is_used_at_two_replicas_at_once_makes_one_pair() {
    let replicas = Replicas::start(2).await;
    let client = replicas.client(0).await;
    let other = client.at(replicas.address(1));
    for _ in 0..10 {
        let code = client.code(&mut replicas.browser(0), "Anna").await;
        let (first, second) = join(client.exchange(&code), other.exchange(&code)).await;
        let mut statuses = [first.head.status, second.head.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400], "{} {}", first.body, second.body);
        let pairs: Vec<_> = [first, second].iter().filter_map(Tokens::of).collect();
        let [pair] = &pairs[..] else { panic!("{pairs:?}") };
        // A code that is used twice has been stolen, so what it issued is ended.
        for at in 0..2 {
            assert_eq!(replicas.status(at, &pair.access).await, 401);
        }
    }
}

#[tokio::test]
#[ignore = "starts servers on PostgreSQL; .ci/run runs it"]
async fn n53_five_refreshes_at_once_at_two_replicas_all_work() {
    let replicas = Replicas::start(2).await;
    let client = replicas.client(0).await;
    let anna = client.sign_in(&mut replicas.browser(0), "Anna").await;
    let clients = [client.clone(), client.at(replicas.address(1))];
    let mut token = anna.refresh;
    for _ in 0..10 {
        let refreshing = (0..5).map(|number| clients[number % 2].refresh(&token));
        let answers = join_all(refreshing).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.head.status).collect();
        assert_eq!(statuses, [200; 5]);
        let mut next = Vec::new();
        for (number, pair) in answers.iter().filter_map(Tokens::of).enumerate() {
            assert_found(&replicas.call((number + 1) % 2, &pair.access).await, OF_ANNA);
            next.push(
                Tokens::of(&clients[(number + 1) % 2].refresh(&pair.refresh).await)
                    .unwrap()
                    .refresh,
            );
        }
        token = next.pop().unwrap();
    }
}
