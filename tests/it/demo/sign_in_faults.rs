//! Employees who may not sign in or call any more, and faults of a sign-in.

use std::time::Duration;

use bitrix24_mail_mcp::demo::{CLIENT_ID, CLIENT_SECRET, DemoPortal, Settings};

use crate::support::demo_in_process::{METHOD, fault, list_with, post, post_form, refresh, start, status_and_code};
use crate::support::demo_sign_in::{authorize_path, profile, redeem, sign_in, tokens, tokens_of, visit, with_handler};

/// Columns: the sign-in, REST 3.0, the reason of the old API, and the refresh, of Boris; then REST 3.0 of Anna.
#[tokio::test(start_paused = true)]
async fn an_employee_may_be_barred_and_then_the_old_api_gives_the_reason() {
    type Bar = fn(&DemoPortal);
    for (bar, signs_in, reason, refreshed, anna) in [
        (
            (|portal| portal.dismiss(7)) as Bar,
            403,
            status_and_code(401, "authorization_error"),
            status_and_code(400, "invalid_grant"),
            200,
        ),
        (
            |portal| portal.exclude(7),
            403,
            status_and_code(403, "user_access_error"),
            status_and_code(200, ""),
            200,
        ),
        (
            DemoPortal::remove_application,
            404,
            status_and_code(401, "APPLICATION_NOT_FOUND"),
            status_and_code(401, "invalid_client"),
            401,
        ),
    ] {
        let portal = start(with_handler()).await;
        let (other, boris) = (tokens(&portal, 1).await, tokens(&portal, 7).await);
        let code = sign_in(&portal, 7).await;
        bar(&portal);
        let refused = list_with(&portal, &boris.0).await;
        assert_eq!(refused.status_and_code(), status_and_code(401, "ACCESSDENIED"));
        assert!(!refused.is_flat(), "REST 3.0 hides the reason: {}", refused.text);
        assert_eq!(profile(&portal, &boris.0).await.status_and_code(), reason);
        assert_eq!(refresh(&portal, &boris.1).await.unwrap().status_and_code(), refreshed);
        assert_eq!(list_with(&portal, &other.0).await.status, anna, "{reason:?}");
        assert_eq!(
            redeem(&portal, &code).await.status_and_code(),
            refreshed,
            "an earlier code"
        );
        let form = format!("client_id={CLIENT_ID}&state=s&user=7");
        let reply = visit(&portal, "POST", "/oauth/sign-in", None, &form).await;
        assert_eq!((reply.status, reply.header("location")), (signs_in, None), "{reason:?}");
        let cookie = "demo_portal_user=7";
        let page = visit(&portal, "GET", &authorize_path("s"), Some(cookie), "").await;
        assert_eq!(page.header("location"), None, "errors stay on the portal's page");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_refresh_may_get_lost() {
    let portal = start(with_handler()).await;
    let (_, token) = tokens(&portal, 8).await;
    portal.lose_next_refresh();
    assert_eq!(refresh(&portal, "unknown").await.unwrap().code(), "invalid_grant");
    assert!(
        refresh(&portal, &token).await.is_err(),
        "an unknown token does not count"
    );
    assert_eq!(refresh(&portal, &token).await.unwrap().code(), "invalid_grant");
    assert_eq!((portal.refreshes(), portal.spent_refreshes()), (1, 1));
}

/// What a fault makes of the exchange of a code, and of a call with the tokens if there are any.
#[tokio::test(start_paused = true)]
async fn faults_of_a_sign_in_begin_and_end_while_the_portal_runs() {
    let portal = start(with_handler()).await;
    for (name, status, called) in [
        ("oauth-html", 502, None),
        ("oauth-down", 503, None),
        ("oauth-redirect", 302, None),
        ("oauth-huge", 200, None),
        ("dismissed-employee", 200, Some("authorization_error")),
        ("excluded-employee", 200, Some("user_access_error")),
    ] {
        portal.set_fault(fault(name));
        let answer = redeem(&portal, &sign_in(&portal, 7).await).await;
        assert_eq!(answer.status, status, "{name}");
        if let Some(reason) = called {
            assert_eq!(profile(&portal, &tokens_of(&answer).0).await.code(), reason, "{name}");
        }
        if name == "oauth-huge" {
            assert!(answer.text.len() > 5 * 1024 * 1024);
        }
    }
    for (name, key) in [("other-member", "member_id"), ("other-portal", "client_endpoint")] {
        portal.set_fault(None);
        let right = redeem(&portal, &sign_in(&portal, 7).await).await.json();
        portal.set_fault(fault(name));
        let wrong = redeem(&portal, &sign_in(&portal, 7).await).await.json();
        assert_ne!(right[key], wrong[key], "{name}");
        assert_eq!(
            (&right["user_id"], &right["scope"]),
            (&wrong["user_id"], &wrong["scope"])
        );
    }
    portal.set_fault(fault("unnamed-employee"));
    let answer = redeem(&portal, &sign_in(&portal, 7).await).await;
    assert_eq!(answer.json().get("user_id"), None);
    let (access, _) = tokens_of(&answer);
    assert_eq!(profile(&portal, &access).await.code(), "insufficient_scope");
    assert_eq!(list_with(&portal, &access).await.status, 200);

    portal.set_fault(fault("oauth-slow"));
    let code = sign_in(&portal, 7).await;
    let began = tokio::time::Instant::now();
    assert_eq!(redeem(&portal, &code).await.status, 200);
    assert!(began.elapsed() > Duration::from_secs(15));
    portal.set_fault(None);
    assert_eq!(list_with(&portal, &tokens(&portal, 7).await.0).await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn some_calls_fail_and_some_tokens_expire_at_random() {
    let portal = start(Settings {
        random_faults: 10.0,
        expired_tokens: 5.0,
        ..with_handler()
    })
    .await;
    let (mut failed, mut expired) = (0, 0);
    let mut token = None;
    for _ in 0..1000 {
        let (access, refresh_token) = match token.take() {
            Some(token) => token,
            None => {
                let code = sign_in(&portal, 7).await;
                let form = format!(
                    "grant_type=authorization_code&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}&code={}",
                    code["code"].as_str().unwrap()
                );
                match tokio::time::timeout(Duration::from_secs(1), post_form(&portal, &form)).await {
                    Ok(Ok(reply)) if reply.status == 200 => tokens_of(&reply),
                    _ => continue,
                }
            }
        };
        let path = format!("/rest/api/{METHOD}");
        let call = post(&portal, &path, Some(&access), "{}");
        match tokio::time::timeout(Duration::from_secs(1), call).await {
            Ok(Ok(reply)) if reply.status == 401 => expired += 1,
            Ok(Ok(reply)) if reply.status == 200 => token = Some((access, refresh_token)),
            _ => {
                failed += 1;
                token = Some((access, refresh_token));
            }
        }
    }
    assert!(
        (60..140).contains(&failed) && (25..75).contains(&expired),
        "{failed} {expired}"
    );
}
