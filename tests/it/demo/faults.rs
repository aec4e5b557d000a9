//! Every fault of the demo portal: its answer on each of the portal's paths, and how a look-up ends.

use std::time::Duration;

use bitrix24_mail_mcp::demo::{BrokenConnection, CredentialKind, DemoPortal, FAULTS, Outcome, Settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::demo_in_process::{
    METHOD, Reply, get, list, list_with, old, post, refresh, renewed, start, with_fault,
};

type Answered = Option<Result<Reply, BrokenConnection>>;

/// Waits for an answer; `None` if none comes within 30 seconds.
async fn patiently(answer: impl Future<Output = Result<Reply, BrokenConnection>>) -> Answered {
    tokio::time::timeout(Duration::from_secs(30), answer).await.ok()
}

/// An answer in short: `200`, `404 html`, `401 flat expired_token`, `429 RATELIMIT`, `302 to …`, `broken`, `hangs`.
fn summary(answered: &Answered) -> String {
    let reply = match answered {
        None => return "hangs".to_owned(),
        Some(Err(BrokenConnection)) => return "broken".to_owned(),
        Some(Ok(reply)) => reply,
    };
    let mut words = vec![reply.status.to_string()];
    if let Some(location) = reply.header("location") {
        words.push(format!("to {location}"));
    } else if reply.text.starts_with('<') {
        words.push("html".to_owned());
    } else if reply.is_flat() {
        words.push(format!("flat {}", reply.code()));
    } else if !reply.code().is_empty() {
        words.push(reply.code());
    }
    if let Some(seconds) = reply.header("retry-after") {
        words.push(format!("after {seconds}"));
    }
    words.join(" ")
}

/// Looks up with the fault's kind of credentials, as a client without retries.
async fn look_up(portal: &DemoPortal, settings: &Settings, token: &str) -> Answered {
    let path = match settings.credential_kind() {
        CredentialKind::OAuth => format!("/rest/api/{METHOD}"),
        CredentialKind::Webhook => {
            let url = portal.webhook_url()?;
            format!("/rest/api/{}{METHOD}", url.split("/rest/").nth(1)?)
        }
    };
    let token = (settings.credential_kind() == CredentialKind::OAuth).then_some(token);
    patiently(post(portal, &path, token, "{}")).await
}

/// Whether a client that retries, waits between attempts and refreshes once gets a result.
async fn is_survived(settings: Settings) -> bool {
    let portal = start(settings.clone()).await;
    let mut application = portal.oauth_application();
    let mut may_refresh = settings.credential_kind() == CredentialKind::OAuth;
    for _ in 0..4 {
        let answered = look_up(&portal, &settings, &application.access_token).await;
        match answered {
            Some(Ok(reply)) if reply.status == 401 && may_refresh => {
                may_refresh = false;
                match patiently(refresh(&portal, &application.refresh_token)).await {
                    Some(Ok(answer)) if answer.json()["access_token"].is_string() => {
                        application = renewed(&application, &answer);
                    }
                    _ => return false,
                }
            }
            Some(Ok(reply)) if reply.status == 200 => return reply.json()["result"]["items"].is_array(),
            _ => tokio::time::sleep(Duration::from_secs(5)).await,
        }
    }
    false
}

#[tokio::test(start_paused = true)]
async fn each_fault_ends_as_it_says() {
    for fault in FAULTS {
        // With these faults no request reaches the portal.
        let unreached = ["no-credentials", "bad-webhook-url", "plain-http", "unknown-host", "tls"];
        if fault.outcome == Outcome::Random || unreached.contains(&fault.name) {
            continue;
        }
        let expected = fault.outcome == Outcome::Survived;
        assert_eq!(is_survived(with_fault(fault.name)).await, expected, "{}", fault.name);
    }
}

#[test]
fn names_are_unique_and_every_fault_has_a_line_about_it() {
    let mut names: Vec<_> = FAULTS.iter().map(|fault| fault.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), FAULTS.len());
    for fault in FAULTS {
        assert!(!fault.about.is_empty() && fault.about.len() < 80, "{}", fault.name);
        let settings = with_fault(fault.name);
        let kind = settings.credential_kind();
        assert_eq!(kind == CredentialKind::OAuth, fault.needs_oauth, "{}", fault.name);
    }
    let chosen = Settings {
        credential: CredentialKind::OAuth,
        ..with_fault("internal")
    };
    assert_eq!(chosen.credential_kind(), CredentialKind::OAuth);
}

/// The columns: REST 3.0 by webhook, the old API by webhook, and the authorization server.
#[tokio::test(start_paused = true)]
async fn each_fault_strikes_where_it_should() {
    let renamed = "302 to https://renamed.example/rest/";
    for (name, rest3, old_api, refreshed) in [
        ("hang", "hangs", "hangs", "200"),
        ("reset", "broken", "broken", "200"),
        ("cut-off", "broken", "broken", "200"),
        ("huge", "broken", "broken", "200"),
        ("closed-port", "broken", "broken", "broken"),
        ("no-answer", "hangs", "hangs", "hangs"),
        ("html-502", "502 html", "502 html", "200"),
        ("empty-body", "200", "200", "200"),
        ("internal", "500 INTERNAL_INTERNAL", "200", "200"),
        ("throttle", "503 flat QUERY_LIMIT_EXCEEDED", "200", "200"),
        ("rate-limit", "429 RATELIMIT", "200", "200"),
        ("operating-limit", "429 RATELIMIT", "200", "200"),
        ("access-denied-401", "401 ACCESSDENIED", "503 html", "200"),
        ("access-denied-403", "403 ACCESSDENIED", "503 html", "200"),
        ("access-denied-400", "400 ACCESSDENIED", "200", "200"),
        ("no-rest-v3", "404 html", "200", "200"),
        ("not-a-portal", "404 html", "404 html", "200"),
        ("redirect", renamed, renamed, "200"),
        (
            "redirect-307",
            "307 to https://renamed.example/",
            "307 to https://renamed.example/",
            "200",
        ),
        (
            "redirect-308",
            "308 to https://renamed.example/",
            "308 to https://renamed.example/",
            "200",
        ),
        (
            "redirect-loop",
            "302 to http://127.0.0.1:",
            "302 to http://127.0.0.1:",
            "200",
        ),
        (
            "licence-expired",
            "302 to http://127.0.0.1:",
            "302 to http://127.0.0.1:",
            "200",
        ),
        (
            "folded-expired-token",
            "401 ACCESSDENIED",
            "401 flat expired_token",
            "200",
        ),
        ("folded-plan", "401 ACCESSDENIED", "403 flat ACCESS_DENIED", "200"),
        (
            "folded-blocked-user",
            "401 ACCESSDENIED",
            "401 flat authorization_error",
            "200",
        ),
        (
            "folded-plain-http",
            "401 ACCESSDENIED",
            "400 flat INVALID_REQUEST",
            "200",
        ),
        ("folded-overload", "401 ACCESSDENIED", "503 flat OVERLOAD_LIMIT", "200"),
        (
            "folded-user-access",
            "401 ACCESSDENIED",
            "403 flat user_access_error",
            "200",
        ),
        (
            "folded-auth-server",
            "401 ACCESSDENIED",
            "401 flat CONNECTION_ERROR",
            "200",
        ),
        ("folded-scope", "403 ACCESSDENIED", "200", "200"),
        (
            "refused-token",
            "401 ACCESSDENIED",
            "401 flat authorization_error",
            "200",
        ),
        ("expired-token-flat", "401 flat expired_token", "200", "200"),
        ("expired-token", "200", "200", "200"),
        ("spent-refresh-token", "200", "200", "400 flat invalid_grant"),
        ("invalid-grant", "200", "200", "400 flat invalid_grant"),
        ("invalid-client", "200", "200", "401 flat invalid_client"),
        ("invalid-scope", "200", "200", "400 flat invalid_scope"),
        ("payment-required", "200", "200", "402 flat PAYMENT_REQUIRED"),
        ("wrong-client", "200", "200", "200 flat WRONG_CLIENT"),
        ("not-installed", "200", "200", "403 flat NOT_INSTALLED"),
        ("oauth-html", "200", "200", "502 html"),
        ("oauth-hang", "200", "200", "hangs"),
        ("oauth-garbage", "200", "200", "200"),
        ("oauth-down", "200", "200", "503 html"),
        ("oauth-huge", "200", "200", "200"),
        (
            "oauth-redirect",
            "200",
            "200",
            "302 to https://renamed.example/oauth/token/",
        ),
        ("oauth-slow", "200", "200", "hangs"),
        ("other-member", "200", "200", "200"),
        ("other-portal", "200", "200", "200"),
        ("unnamed-employee", "200", "403 flat insufficient_scope", "200"),
        ("dismissed-employee", "200", "200", "400 flat invalid_grant"),
        ("excluded-employee", "200", "200", "200"),
        ("removed-application", "200", "200", "401 flat invalid_client"),
    ] {
        let portal = start(with_fault(name)).await;
        let found = summary(&patiently(post_as_webhook(&portal)).await);
        assert!(found.starts_with(rest3), "{name}: {found}");
        let found = summary(&patiently(old(&portal, "profile")).await);
        assert!(found.starts_with(old_api), "{name}: {found}");
        let token = portal.oauth_application().refresh_token;
        let found = summary(&patiently(refresh(&portal, &token)).await);
        assert!(found.starts_with(refreshed), "{name}: {found}");
    }
}

async fn post_as_webhook(portal: &DemoPortal) -> Result<Reply, BrokenConnection> {
    let url = portal.webhook_url_of(1);
    let path = url.split("/rest/").nth(1).unwrap();
    post(portal, &format!("/rest/api/{path}{METHOD}"), None, "{}").await
}

#[tokio::test(start_paused = true)]
async fn passing_faults_fail_first_and_then_succeed() {
    for (name, failures) in [
        ("throttle-twice", vec!["503 flat QUERY_LIMIT_EXCEEDED"; 2]),
        ("throttle-retry-after", vec!["503 flat QUERY_LIMIT_EXCEEDED after 1"]),
        ("rate-limit-once", vec!["429 RATELIMIT after 2"]),
        ("html-502-once", vec!["502 html"]),
        ("internal-once", vec!["500 INTERNAL_INTERNAL"]),
        ("timeout-408-once", vec!["408 html"]),
        ("reset-once", vec!["broken"]),
        ("cut-off-once", vec!["broken"]),
    ] {
        let portal = start(with_fault(name)).await;
        // The old API works and does not use up the failures.
        assert_eq!(old(&portal, "profile").await.unwrap().status, 200, "{name}");
        for failure in failures {
            let answered = Some(post_as_webhook(&portal).await);
            assert_eq!(summary(&answered), failure, "{name}");
        }
        assert_eq!(summary(&Some(post_as_webhook(&portal).await)), "200", "{name}");
        assert_eq!(portal.throttled(), 0, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_of_a_fault_are_refused_by_the_real_rules() {
    for (name, refused) in [
        ("expired-token", "401 ACCESSDENIED"),
        ("expired-token-flat-once", "401 flat expired_token"),
        ("spent-refresh-token", "401 ACCESSDENIED"),
        ("refused-token", "401 ACCESSDENIED"),
        ("invalid-grant", "401 ACCESSDENIED"),
        ("oauth-hang", "401 ACCESSDENIED"),
        ("oauth-garbage", "401 ACCESSDENIED"),
    ] {
        let portal = start(with_fault(name)).await;
        let application = portal.oauth_application();
        let answered = Some(Ok(list_with(&portal, &application.access_token).await));
        assert_eq!(summary(&answered), refused, "{name}");
        assert_eq!(portal.refreshes(), 0, "{name}");
    }
    let portal = start(with_fault("spent-refresh-token")).await;
    let spent = portal.oauth_application();
    assert_eq!(
        refresh(&portal, &spent.refresh_token).await.unwrap().code(),
        "invalid_grant"
    );
    assert_eq!((portal.refreshes(), portal.spent_refreshes()), (0, 1));

    let portal = start(with_fault("refused-token")).await;
    let application = portal.oauth_application();
    let answer = refresh(&portal, &application.refresh_token).await.unwrap();
    let fresh = renewed(&application, &answer);
    assert_eq!(list_with(&portal, &fresh.access_token).await.code(), "ACCESSDENIED");
    let reason = post(&portal, "/rest/profile", Some(&fresh.access_token), "")
        .await
        .unwrap();
    assert_eq!(reason.code(), "authorization_error");
}

#[tokio::test(start_paused = true)]
async fn a_missing_permission_may_be_hidden() {
    let portal = start(with_fault("folded-scope")).await;
    assert_eq!(summary(&Some(Ok(list(&portal).await))), "403 ACCESSDENIED");
    let scope = old(&portal, "scope").await.unwrap().json();
    let info = old(&portal, "app.info").await.unwrap().json();
    for scopes in [&scope["result"], &info["result"]["SCOPE"]] {
        assert_eq!(scopes, &serde_json::json!(["crm"]));
    }
}

#[tokio::test(start_paused = true)]
async fn redirects_lead_where_they_say() {
    let portal = start(with_fault("redirect-loop")).await;
    let origin = portal.oauth_application().portal;
    let reply = get(&portal, "/rest/api/x/?auth=t").await;
    assert_eq!(reply.header("location"), Some(format!("{origin}/rest/api/x/").as_str()));

    let portal = start(with_fault("licence-expired")).await;
    let page = "/bitrix/coupon_activation.php";
    let target = format!("{}{page}", portal.oauth_application().portal);
    for path in ["/rest/api/x", "/rest/profile", page] {
        assert_eq!(
            get(&portal, path).await.header("location"),
            Some(target.as_str()),
            "{path}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn random_failures_come_in_one_of_five_requests_and_repeat_with_their_seed() {
    let run = async |seed: u64| {
        let settings = Settings {
            seed,
            ..with_fault("random")
        };
        let portal = start(settings).await;
        let mut seen = Vec::new();
        for _ in 0..1000 {
            seen.push(summary(&patiently(post_as_webhook(&portal)).await));
        }
        let hangs = seen.iter().filter(|seen| *seen == "hangs").count();
        assert_eq!(portal.abandoned(), hangs);
        seen
    };
    let first = run(1).await;
    let failed = first.iter().filter(|seen| *seen != "200").count();
    assert!((140..260).contains(&failed), "{failed}");
    for kind in [
        "hangs",
        "broken",
        "503 flat QUERY_LIMIT_EXCEEDED",
        "429 RATELIMIT after 1",
        "500 INTERNAL_INTERNAL",
        "502 html",
        "504 html",
    ] {
        assert!(first.iter().any(|seen| seen == kind), "{kind}");
    }
    assert_eq!(run(1).await, first);
    assert_ne!(run(2).await, first);
}

/// Over a socket, a reset and an answer that ends too early are errors of the connection.
#[tokio::test]
async fn a_broken_connection_breaks_the_socket_and_only_once() {
    for name in ["reset-once", "cut-off-once"] {
        let portal = start(with_fault(name)).await;
        let url = portal.webhook_url_of(1);
        let authority = url.split('/').nth(2).unwrap();
        let path = url.split("/rest/").nth(1).unwrap();
        let request = format!(
            "POST /rest/api/{path}{METHOD} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\
            content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"
        );
        let mut answers = Vec::new();
        for _ in 0..2 {
            let mut stream = TcpStream::connect(authority).await.unwrap();
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            let read = stream.read_to_end(&mut answer).await;
            answers.push((read.map_err(|error| error.kind()), String::from_utf8(answer).unwrap()));
        }
        let (first, second) = (&answers[0], &answers[1]);
        match name {
            "reset-once" => assert_eq!(first.0, Err(std::io::ErrorKind::ConnectionReset)),
            // A chunked body without its end.
            _ => assert!(!first.1.ends_with("0\r\n\r\n"), "{}", first.1),
        }
        assert!(
            second.0.is_ok() && second.1.starts_with("HTTP/1.1 200"),
            "{name}: {}",
            second.1
        );
        assert_eq!((portal.request_count(), portal.abandoned()), (2, 0), "{name}");
    }
}
