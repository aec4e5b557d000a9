//! The return from the portal: which sign-in it belongs to, and what is kept.

use secrecy::ExposeSecret;

use super::{access_token, connect, grants, request_of};
use crate::demo;
use crate::team::test_support::{PUBLIC_URL, TestServer, portal_settings};

#[tokio::test]
async fn employees_sign_in_one_after_the_other_each_with_tokens_of_their_own() {
    let server = TestServer::start().await;
    let (claude, codex) = (server.client("Claude Code (b24)").await, server.client("Codex").await);
    let code = server.browser().sign_in_as("Anna", &claude).await;
    assert_eq!(request_of(&server, &code).await.client_id, claude.id);
    server.redeem(&code).await;
    connect(&server, &mut server.browser(), "Boris", &codex).await;
    assert_eq!(
        grants(&server).await,
        [
            (7, "Boris Keller".to_owned(), "Codex".to_owned()),
            (1, "Anna Lindqvist".to_owned(), "Claude Code (b24)".to_owned()),
        ]
    );
    for user in [1, 7] {
        let token = access_token(&server, user).await.unwrap();
        let owner = server.team.parts.application.profile(&token).await.unwrap();
        assert_eq!(owner.id, user);
    }
    assert!(access_token(&server, 8).await.is_none());
}

#[tokio::test]
async fn the_answer_to_the_client_has_code_state_and_issuer_once_each() {
    let server = TestServer::start().await;
    let mut client = server.client("Claude Code (b24)").await;
    for state in ["", "a&iss=https://evil.example#\u{434}+%20\""] {
        state.clone_into(&mut client.state);
        let url = client.authorize_url_with("state", state);
        let end = server.browser().sign_in_until_end("Anna", &url).await;
        assert_eq!(end.status, 303);
        assert!(end.parameter("code").unwrap().starts_with("b24c_"));
        assert_eq!(end.parameter("state").unwrap_or_default(), state);
        assert_eq!(end.parameter("iss").as_deref(), Some(PUBLIC_URL));
    }
}

/// The attacker begins a sign-in and makes the victim, who is signed in at the portal, open its second half.
#[tokio::test]
async fn n39_a_link_to_the_portal_from_another_browser_is_refused_before_any_exchange() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let (mut attacker, mut victim) = (server.browser(), server.browser());
    victim.sign_in_as("Boris", &client).await;
    let exchanged = server.demo.code_exchanges();

    let consent = attacker.open(&client.authorize_url()).await;
    let to_portal = attacker.decide(&consent, "allow").await;
    let callback = victim.sign_in_at_portal("Boris", &to_portal).await;
    let page = victim.open(&callback).await;
    assert_eq!((page.status, page.goes_on_to()), (403, None));
    assert_eq!(server.demo.code_exchanges(), exchanged);
    assert_eq!(grants(&server).await, []);

    // The attacker's own sign-in was not taken by that.
    let callback = attacker.sign_in_at_portal("Anna", &to_portal).await;
    assert!(attacker.open(&callback).await.parameter("code").is_some());
}

#[tokio::test]
async fn n40_a_state_that_is_unknown_old_used_or_of_another_sign_in_is_refused() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let (mut browser, mut other) = (server.browser(), server.browser());
    let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
    let others = other.sign_in_until_callback("Boris", &client.authorize_url()).await;
    let cookies = browser.cookie_header(PUBLIC_URL);
    let state = |url: &str| {
        url::Url::parse(url)
            .unwrap()
            .query_pairs()
            .find(|(name, _)| name == "state")
            .unwrap()
            .1
            .into_owned()
    };
    let (mine, theirs) = (state(&callback), state(&others));

    // The cookie of another sign-in under the name that belongs to this state.
    let name_of = |state: &str| format!("b24mcp-{}", state.get(5..13).unwrap());
    let binding = other.cookie_header(PUBLIC_URL).split_once('=').unwrap().1.to_owned();
    let mut forger = server.browser();
    forger.keep(PUBLIC_URL, &format!("{}={binding}; Path=/", name_of(&mine)));
    let exchanged = server.demo.code_exchanges();
    assert_eq!(
        forger.open(&callback).await.status,
        400,
        "the cookie of another sign-in"
    );
    for (url, status) in [
        (callback.replace(&mine, &theirs), 403),
        (callback.replace(&mine, &format!("b24s_{}", "A".repeat(43))), 403),
        (callback.replace(&mine, "unknown"), 400),
        (callback.replace(&mine, ""), 400),
        (callback.replace("b24s_", "b24h_"), 400),
        (format!("{callback}&state={mine}"), 400),
    ] {
        assert_eq!(browser.open(&url).await.status, status, "{url}");
    }
    assert_eq!(server.demo.code_exchanges(), exchanged, "nothing was exchanged");

    assert!(browser.open(&callback).await.parameter("code").is_some());
    browser.keep(PUBLIC_URL, &format!("{cookies}; Path=/"));
    assert_eq!(browser.open(&callback).await.status, 400, "used");
    assert_eq!(server.demo.code_exchanges(), exchanged + 1);
}

#[tokio::test]
async fn n41_nothing_in_the_query_but_code_and_state_has_influence() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let mut browser = server.browser();
    let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
    let parsed = url::Url::parse(&callback).unwrap();
    let value = |name: &str| {
        parsed
            .query_pairs()
            .find(|(known, _)| known == name)
            .unwrap()
            .1
            .into_owned()
    };
    let (code, state) = (value("code"), value("state"));
    let address = format!("{PUBLIC_URL}/oauth/callback");
    for query in [
        format!("state={state}"),
        format!("state={state}&code="),
        format!("state={state}&code={code}&code={code}"),
        format!("code={code}"),
    ] {
        assert_eq!(browser.open(&format!("{address}?{query}")).await.status, 400, "{query}");
    }
    assert_eq!(server.demo.code_exchanges(), 0);

    let forged = format!(
        "{address}?state={state}&code={code}&domain=evil.example&member_id=ffffffffffffffffffffffffffffffff\
        &server_domain=evil.example&scope=crm&user_id=7&client_endpoint=https%3A%2F%2Fevil.example%2Frest%2F"
    );
    let code = browser.open(&forged).await.parameter("code").unwrap();
    server.redeem(&code).await;
    assert_eq!(
        grants(&server).await,
        [(1, "Anna Lindqvist".to_owned(), "Claude Code (b24)".to_owned())]
    );
    let requests = server.demo.requests();
    assert!(requests.iter().all(|request| !request.path.contains("evil.example")));
}

#[tokio::test]
async fn n43_the_domain_of_the_authorization_server_in_the_answer_is_fine() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let callback = server
        .browser()
        .sign_in_until_callback("Anna", &client.authorize_url())
        .await;
    assert!(callback.contains("server_domain=oauth.demo.invalid"), "{callback}");
    server.browser().sign_in_as("Anna", &client).await;
}

#[tokio::test]
async fn an_exchange_without_user_id_asks_the_portal_for_the_employee() {
    let server = TestServer::with(demo::Settings {
        has_user_id_in_exchange: false,
        ..portal_settings()
    })
    .await;
    let client = server.client("Codex").await;
    connect(&server, &mut server.browser(), "Boris", &client).await;
    assert_eq!(
        grants(&server).await,
        [(7, "Boris Keller".to_owned(), "Codex".to_owned())]
    );
}

#[tokio::test]
async fn a_second_sign_in_replaces_the_pair_and_keeps_the_first_grant() {
    let server = TestServer::with(demo::Settings {
        ends_earlier_pairs: true,
        ..portal_settings()
    })
    .await;
    let (claude, codex) = (server.client("Claude").await, server.client("Codex").await);
    let mut browser = server.browser();
    connect(&server, &mut browser, "Anna", &claude).await;
    let first = access_token(&server, 1).await.unwrap();
    connect(&server, &mut browser, "Anna", &codex).await;
    let second = access_token(&server, 1).await.unwrap();
    assert_ne!(first.expose_secret(), second.expose_secret());
    assert_eq!(grants(&server).await.len(), 2);
    let application = &server.team.parts.application;
    assert!(application.profile(&first).await.is_err() && application.profile(&second).await.is_ok());
}

/// The portal ends the earlier tokens as soon as it issues new ones, so these must not get lost with the browser.
#[tokio::test]
async fn a_browser_that_leaves_during_the_exchange_does_not_sign_out_the_employees_other_clients() {
    let server = TestServer::with(demo::Settings {
        ends_earlier_pairs: true,
        ..portal_settings()
    })
    .await;
    let client = server.client("Claude Code (b24)").await;
    connect(&server, &mut server.browser(), "Anna", &client).await;
    let before = access_token(&server, 1).await.unwrap();
    let mut browser = server.browser();
    let callback = browser.sign_in_until_callback("Anna", &client.authorize_url()).await;
    let exchanged = server.demo.code_exchanges();
    server.demo.hold_tokens();
    tokio::select! {
        page = browser.open(&callback) => panic!("the browser got {}", page.status),
        () = server.demo.wait_until(|demo| demo.code_exchanges() > exchanged) => {}
    }
    server.demo.release_answers();
    let mut after = before.clone();
    while after.expose_secret() == before.expose_secret() {
        tokio::task::yield_now().await;
        after = access_token(&server, 1).await.unwrap();
    }
    let owner = server.team.parts.application.profile(&after).await.unwrap();
    assert_eq!(owner.id, 1);
}

#[tokio::test]
async fn n82_cookies_of_a_sign_in_are_for_this_host_and_not_for_scripts() {
    let server = TestServer::start().await;
    let client = server.client("Claude Code (b24)").await;
    let url = url::Url::parse(&client.authorize_url()).unwrap();
    let answer = server.team.authorize(crate::team::Request {
        query: url.query().unwrap(),
        body: b"",
        cookies: "",
        origin: None,
        accept_language: "",
        caller: crate::team::test_support::CALLER,
    });
    let crate::team::Answer::Page { cookies, .. } = answer.await else {
        panic!("no page")
    };
    let [cookie] = cookies.as_slice() else {
        panic!("{cookies:?}")
    };
    let header = cookie.header();
    assert!(header.starts_with("b24mcp-") && header.contains("=b24f_"), "{header}");
    assert!(
        header.ends_with("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"),
        "{header}"
    );
}
