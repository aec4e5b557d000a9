//! Calls for the employees of a team, on a scripted wire: whose token is sent, when it is refreshed, and which refusals
//! are reported to the team.

use std::sync::Arc;
use std::time::Duration;

use bitrix24_mail_mcp::portal::{
    Credentials, Employee, Error, Failed, Method, Portal, RateLimit, Refusal, Settings, Speaker,
};
use serde_json::Value;

use crate::support::employees::{FakeTokens, TOKENS, anna_and_boris, employee, team};
use crate::support::scripted_wire::{PAGE, Prepared, ScriptedWire, call, envelope, flat, reply, webhook};

fn by_authorization_server(http_status: u16, code: &str) -> Error {
    Error::Refused(Refusal {
        by: Speaker::AuthorizationServer,
        code: code.to_owned(),
        http_status,
        message: String::new(),
        validation: Vec::new(),
    })
}

/// A portal that takes the token `good` alone. Its old API gives `reason` for each other token.
fn portal_with_reason(reason: Prepared) -> Arc<ScriptedWire> {
    ScriptedWire::answering(move |sent| {
        if sent.authorization.as_deref() == Some("Bearer good") {
            return reply(200, PAGE);
        }
        match sent.url.contains("/rest/api/") {
            true => envelope(401, "ACCESSDENIED"),
            false => reason.clone(),
        }
    })
}

async fn call_as(wire: &Arc<ScriptedWire>, who: &Employee) -> Result<Value, Failed> {
    call(&wire.portal_with(team()).of_employee(who)).await
}

fn bearers(wire: &ScriptedWire) -> Vec<String> {
    let bearers = wire.sent().into_iter().filter_map(|sent| sent.authorization);
    bearers.collect()
}

#[tokio::test(start_paused = true)]
async fn each_employees_call_is_sent_with_that_employees_token_and_nothing_else() {
    let wire = ScriptedWire::in_turn([reply(200, PAGE)]);
    let team = wire.portal_with(team());
    let [anna, boris] = anna_and_boris();
    let (of_anna, of_boris) = (team.of_employee(&anna), team.of_employee(&boris));
    for portal in [
        &of_anna,
        &of_boris,
        &of_anna.of_employee(&boris),
        &of_boris.of_employee(&anna),
    ] {
        call(portal).await.unwrap();
    }
    let expected = [0, 1, 1, 0].map(|at: usize| format!("Bearer {}", TOKENS[at]));
    assert_eq!(bearers(&wire), expected);
    for sent in wire.sent() {
        assert_eq!(sent.url, "https://p.example/rest/api/mail.recipient.listcontacts");
        assert_eq!(sent.body, "{}");
    }
    assert_eq!(of_anna.person().unwrap(), anna.person);
    assert_eq!(of_boris.person().unwrap(), boris.person);
}

#[tokio::test(start_paused = true)]
async fn without_an_employee_or_a_team_every_call_fails_closed() {
    let wire = ScriptedWire::in_turn([reply(200, PAGE)]);
    let [anna, _] = anna_and_boris();
    let of_nobody = wire.portal_with(team());
    let failed = call(&of_nobody).await.unwrap_err();
    assert!(matches!(failed.error, Error::NotSignedIn(_)), "{failed}");
    assert!(of_nobody.person().is_err());
    let of_one_person = wire.portal_with(webhook()).of_employee(&anna);
    assert_eq!(call(&of_one_person).await.unwrap_err().error.code(), "NO_CREDENTIALS");
    assert!(of_one_person.person().is_err());
    assert_eq!(wire.sent().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_expired_token_is_refreshed_once_and_nobody_is_reported() {
    let wire = portal_with_reason(flat(401, "expired_token"));
    let tokens = FakeTokens::new("old", Ok("good"));
    call_as(&wire, &employee(1, &tokens)).await.unwrap();
    assert_eq!(bearers(&wire), ["Bearer old", "Bearer good"]);
    assert_eq!((tokens.refreshes(), tokens.refusals().len()), (1, 0));
    call_as(&wire, &employee(1, &tokens)).await.unwrap();
    assert_eq!(tokens.refreshes(), 1);
}

/// The reason that the portal's old API names for the refusal of a fresh token, and whether it is about the employee.
#[tokio::test(start_paused = true)]
async fn a_refusal_after_a_good_refresh_is_reported_with_its_reason() {
    let app_info = |info: &str| reply(200, &format!(r#"{{"result":{info}}}"#));
    for (reason, code, is_about_the_employee) in [
        (flat(401, "authorization_error"), "authorization_error", true),
        (flat(401, "user_access_error"), "user_access_error", true),
        (flat(403, "user_access_error"), "user_access_error", true),
        (flat(401, "APPLICATION_NOT_FOUND"), "APPLICATION_NOT_FOUND", false),
        (flat(401, "CONNECTION_ERROR"), "CONNECTION_ERROR", false),
        (flat(401, "ACCESS_DENIED"), "ACCESS_DENIED", false),
        (flat(503, "OVERLOAD_LIMIT"), "OVERLOAD_LIMIT", false),
        (flat(401, "expired_token"), "expired_token", false),
        (app_info(r#"{"PAYMENT_EXPIRED":"Y"}"#), "PAYMENT_REQUIRED", false),
        (app_info(r#"{"INSTALLED":false}"#), "NOT_INSTALLED", false),
        (app_info(r#"{"SCOPE":["crm"]}"#), "insufficient_scope", false),
        (app_info("{}"), "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", false),
        (flat(503, "X"), "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", false),
        (
            Prepared::Broken,
            "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION",
            false,
        ),
        (
            Prepared::Silence,
            "BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION",
            false,
        ),
    ] {
        let wire = portal_with_reason(reason);
        let tokens = FakeTokens::new("old", Ok("also refused"));
        let failed = call_as(&wire, &employee(1, &tokens)).await.unwrap_err();
        assert_eq!(failed.error.code(), code);
        assert_eq!(failed.error.is_about_the_employee(), is_about_the_employee, "{code}");
        assert_eq!(tokens.refreshes(), 1, "{code}");
        assert_eq!(tokens.refusals(), [(code.to_owned(), is_about_the_employee)]);
    }
}

/// The old API still knows the employee by the old token when the authorization server has withdrawn the refresh token.
#[tokio::test(start_paused = true)]
async fn a_refresh_that_is_refused_for_good_is_reported_with_the_portals_reason_if_it_has_one() {
    for (reason, code) in [
        (flat(401, "authorization_error"), "authorization_error"),
        (flat(401, "user_access_error"), "user_access_error"),
        (flat(401, "expired_token"), "invalid_grant"),
        (flat(401, "APPLICATION_NOT_FOUND"), "invalid_grant"),
        (Prepared::Broken, "invalid_grant"),
    ] {
        let wire = portal_with_reason(reason);
        let tokens = FakeTokens::new("old", Err(by_authorization_server(400, "invalid_grant")));
        let failed = call_as(&wire, &employee(1, &tokens)).await.unwrap_err();
        assert_eq!(failed.error.code(), code);
        assert_eq!(tokens.refusals(), [(code.to_owned(), true)]);
    }
}

#[tokio::test(start_paused = true)]
async fn n70_a_refresh_that_fails_because_of_the_application_or_the_network_reports_nobody() {
    for error in [
        by_authorization_server(401, "invalid_client"),
        by_authorization_server(200, "WRONG_CLIENT"),
        by_authorization_server(503, "X"),
        Error::TimedOut {
            after: Duration::from_secs(15),
        },
        Error::NotSignedIn("the sign-in has ended".to_owned()),
    ] {
        let wire = portal_with_reason(flat(401, "authorization_error"));
        let tokens = FakeTokens::new("old", Err(error.clone()));
        let failed = call_as(&wire, &employee(1, &tokens)).await.unwrap_err();
        assert_eq!(failed.error, error);
        assert_eq!(tokens.refusals(), []);
        let asked_why = wire.sent().iter().any(|sent| !sent.url.contains("/rest/api/"));
        assert!(!asked_why, "the portal is not asked about {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn n71_failures_of_the_portal_report_nobody() {
    for answer in [
        flat(503, "X"),
        flat(503, "QUERY_LIMIT_EXCEEDED"),
        envelope(500, "INTERNAL_INTERNAL"),
        envelope(429, "RATELIMIT"),
        reply(502, "<html>"),
        reply(404, "<html>"),
        Prepared::Broken,
        Prepared::Silence,
    ] {
        let wire = ScriptedWire::in_turn([answer.clone()]);
        let tokens = FakeTokens::new("old", Ok("new"));
        call_as(&wire, &employee(1, &tokens)).await.unwrap_err();
        assert_eq!(tokens.refusals(), [], "{answer:?}");
        assert_eq!(tokens.refreshes(), 0, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn employees_share_the_portals_limits() {
    let wire = ScriptedWire::in_turn([reply(200, PAGE)]);
    let settings = Settings {
        rate_limit: Some(RateLimit {
            per_second: 2.0,
            burst: 2,
        }),
        ..team()
    };
    let team: Portal = wire.portal_with(settings);
    let [anna, boris] = anna_and_boris().map(|who| team.of_employee(&who));
    assert!(!boris.would_wait(Method::ListContacts));
    call(&anna).await.unwrap();
    call(&anna).await.unwrap();
    assert!(
        boris.would_wait(Method::ListContacts),
        "the limit is the portal's, not the employee's"
    );
}

#[test]
fn nothing_that_is_shown_for_debugging_says_who_the_employee_is() {
    let wire = ScriptedWire::in_turn([reply(200, PAGE)]);
    let who = employee(4_711_001, &FakeTokens::new("t", Err(Error::Cancelled)));
    let credentials = Credentials::Team {
        portal: "p.example".parse().unwrap(),
    };
    let portal = wire.portal_with(Settings::new(credentials)).of_employee(&who);
    let shown = format!("{:?} {portal:?}", who.person);
    assert!(!shown.contains("4711001") && !shown.contains("m3mb3r"), "{shown}");
}
