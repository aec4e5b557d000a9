//! The start page: what this server is, and, after signing in, the clients that are connected.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /` | shows the page; with a session also the employee's grants |
//! | `POST /sign-in` | sends the browser to the portal; the callback begins the session |
//! | `POST /connections/end` | ends a grant of the employee |
//! | `POST /sign-out` | ends the session |
//!
//! Another site cannot send these forms. Each counts only if its `Origin` is ours, which a browser adds to every form
//! and no page can change; and `SameSite=Lax` keeps the session's cookie from the forms of other sites. So the forms
//! carry no further secret. The click on "Sign in" is the consent to go to the portal: it was made on our page, in the
//! browser that gets the cookie, and no client gains anything by it.

#[cfg(test)]
mod tests;

use super::answer::Answer;
use super::cookie::{self, SetCookie};
use super::pages::{self, Language, SignedIn, Start};
use super::parameters::Parameters;
use super::parts::Parts;
use super::request::Request;
use super::secret_value::{Digest, Kind, SecretValue};
use super::sign_in::{Departure, PAGE_SESSION, Step, Stop};
use super::store::Unavailable;
use super::store::records::{Begun, EndReason, Purpose, SignIn};
use crate::portal::EmployeeId;

/// A browser's sign-in to the start page.
struct Session {
    digest: Digest,
    employee: EmployeeId,
    name: String,
}

/// `GET /`: shows the page.
pub(super) async fn show(parts: &Parts, request: Request<'_>) -> Answer {
    let language = Language::of(request.accept_language);
    or_page(parts, language, shown(parts, request, language).await)
}

/// `POST /sign-in`: sends the browser to the portal.
pub(super) async fn sign_in(parts: &Parts, request: Request<'_>) -> Answer {
    let language = Language::of(request.accept_language);
    or_page(parts, language, departed(parts, request, language).await)
}

/// `POST /connections/end`: ends the grant `grant` of the employee.
pub(super) async fn end(parts: &Parts, request: Request<'_>) -> Answer {
    let language = Language::of(request.accept_language);
    or_page(parts, language, ended(parts, request).await)
}

/// `POST /sign-out`: ends the session.
pub(super) async fn sign_out(parts: &Parts, request: Request<'_>) -> Answer {
    let language = Language::of(request.accept_language);
    or_page(parts, language, signed_out(parts, request).await)
}

fn or_page(parts: &Parts, language: Language, answered: Result<Answer, Stop>) -> Answer {
    answered.unwrap_or_else(|stop| Step::StartPage.stopped(parts, language, &stop))
}

async fn shown(parts: &Parts, request: Request<'_>, language: Language) -> Result<Answer, Stop> {
    let session = session(parts, request).await?;
    let grants = match &session {
        Some(session) => parts.store.grants(Some(&session.employee)).await?,
        None => Vec::new(),
    };
    let employee = session.as_ref().map(|session| SignedIn {
        name: &session.name,
        user_id: session.employee.user_id,
        grants: &grants,
    });
    let start = Start {
        url: &parts.settings.public_url,
        portal: &parts.settings.portal,
        employee,
    };
    Ok(Answer::Page {
        status: 200,
        html: pages::start(language, &start),
        cookies: Vec::new(),
    })
}

async fn departed(parts: &Parts, request: Request<'_>, language: Language) -> Result<Answer, Stop> {
    check_origin(parts, request)?;
    // The sign-in is kept and approved by one click, so no browser gets these two.
    let (handle, form_key) = (SecretValue::random(Kind::Handle)?, SecretValue::random(Kind::FormKey)?);
    let sign_in = SignIn {
        handle: handle.digest(),
        form_key: form_key.digest(),
        address: request.caller,
        purpose: Purpose::StartPage,
    };
    let lives = parts.settings.lifetimes.pending_sign_in;
    if parts.store.begin_sign_in(sign_in, lives).await? == Begun::TooMany {
        return Err(Stop::TooManySignIns);
    }
    let departure = Departure::new()?;
    let approval = Some(departure.approval());
    let decided = parts.store.decide_sign_in(handle.digest(), form_key.digest(), approval);
    decided.await?.ok_or(Stop::Expired)?;
    Step::StartPage.record(parts, "allowed");
    Ok(departure.answer(&parts.settings, language, request.cookies, None))
}

async fn ended(parts: &Parts, request: Request<'_>) -> Result<Answer, Stop> {
    check_origin(parts, request)?;
    let form = Parameters::read(request.body).map_err(|_| Stop::MalformedRequest)?;
    let grant = form.get("grant").and_then(|grant| grant.parse().ok());
    let grant = grant.ok_or(Stop::MalformedRequest)?;
    if let Some(session) = session(parts, request).await? {
        // The store looks for the grant among those of this employee.
        let reason = EndReason::Revoked;
        let ended = parts.store.end_grant(&session.employee, grant, reason).await?;
        if ended {
            parts.record_ended_grants(reason, 1);
        }
    }
    Ok(back(parts, Vec::new()))
}

async fn signed_out(parts: &Parts, request: Request<'_>) -> Result<Answer, Stop> {
    check_origin(parts, request)?;
    if let Some(session) = session(parts, request).await? {
        parts.store.end_page_session(session.digest).await?;
    }
    let url = &parts.settings.public_url;
    Ok(back(parts, vec![SetCookie::removed(url, PAGE_SESSION)]))
}

/// Refuses a form that another page sent.
fn check_origin(parts: &Parts, request: Request<'_>) -> Result<(), Stop> {
    let is_ours = request.origin == Some(parts.settings.public_url.issuer());
    is_ours.then_some(()).ok_or(Stop::FormRefused)
}

/// The session of the browser; `None` if it has none, or an expired one.
async fn session(parts: &Parts, request: Request<'_>) -> Result<Option<Session>, Unavailable> {
    let value = cookie::value(request.cookies, &parts.settings.public_url, PAGE_SESSION);
    let Some(value) = value.and_then(|text| SecretValue::read(Kind::PageSession, text)) else {
        return Ok(None);
    };
    let digest = value.digest();
    let found = parts.store.page_session(digest).await?;
    Ok(found.map(|(employee, name)| Session { digest, employee, name }))
}

/// Sends the browser to the start page, so that a reload does not send the form again.
fn back(parts: &Parts, cookies: Vec<SetCookie>) -> Answer {
    Answer::Redirect {
        to: parts.settings.public_url.at("/"),
        cookies,
    }
}
