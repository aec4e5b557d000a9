//! `POST /oauth/consent`: the decision on the consent page.
//!
//! It counts only if our own page sent it (`Origin`), in the browser that got the page (the cookie of this rendering),
//! and once. The store compares the form's handle with the cookie's key.

use super::authorization_response::AuthorizationResponse;
use super::cookies::SignInCookie;
use super::departure::Departure;
use super::stop::{Step, Stop};
use crate::team::answer::Answer;
use crate::team::pages::{self, GoingOn, Language};
use crate::team::parameters::Parameters;
use crate::team::parts::Parts;
use crate::team::request::Request;
use crate::team::secret_value::{Kind, SecretValue};
use crate::team::store::records::Purpose;

/// Answers the form of the consent page.
pub(in crate::team) async fn consent(parts: &Parts, request: Request<'_>) -> Answer {
    let language = Language::of(request.accept_language);
    let answered = answered(parts, request, language).await;
    answered.unwrap_or_else(|stop| Step::Consent.stopped(parts, language, &stop))
}

async fn answered(parts: &Parts, request: Request<'_>, language: Language) -> Result<Answer, Stop> {
    let settings = &parts.settings;
    if request.origin != Some(settings.public_url.issuer()) {
        return Err(Stop::FormRefused);
    }
    let form = Parameters::read(request.body).map_err(|_| Stop::MalformedRequest)?;
    let is_allowed = match form.get("decision") {
        Some("allow") => true,
        Some("refuse") => false,
        _ => return Err(Stop::MalformedRequest),
    };
    let handle = form
        .get("handle")
        .and_then(|text| SecretValue::read(Kind::Handle, text));
    let handle = handle.ok_or(Stop::MalformedRequest)?;
    let form_key = SignInCookie::of(&handle).read(&settings.public_url, request.cookies, Kind::FormKey);
    let form_key = form_key.ok_or(Stop::FormRefused)?;
    let (handle_digest, key_digest) = (handle.digest(), form_key.digest());
    if is_allowed {
        let departure = Departure::new()?;
        let approval = Some(departure.approval());
        let decided = parts.store.decide_sign_in(handle_digest, key_digest, approval).await?;
        decided.ok_or(Stop::FormRefused)?;
        Step::Consent.record(parts, "allowed");
        return Ok(departure.answer(settings, language, request.cookies, Some(&handle)));
    }
    let decided = parts.store.decide_sign_in(handle_digest, key_digest, None).await?;
    let Purpose::Client(asked) = decided.ok_or(Stop::FormRefused)?.purpose else {
        return Err(Stop::FormRefused);
    };
    Step::Consent.record(parts, "refused");
    let response = AuthorizationResponse::Error("access_denied", "the employee refused");
    let issuer = settings.public_url.issuer();
    let to = response.address(&asked.redirect_uri, asked.state.as_deref(), issuer);
    Ok(Answer::Page {
        status: 200,
        html: pages::going_on(language, &to, GoingOn::BackToClient),
        cookies: vec![SignInCookie::of(&handle).removed(&settings.public_url)],
    })
}
