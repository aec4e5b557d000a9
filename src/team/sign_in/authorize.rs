//! `GET /oauth/authorize`: checks the request of a client, and shows the consent page.
//!
//! Until the client and its address are known, an error is a page of ours: nobody is sent to an address that no client
//! has registered. After that an error goes to the client. The consent page is shown for every request, whatever the
//! browser has approved before.

use super::authorization_response::AuthorizationResponse;
use super::cookies::SignInCookie;
use super::request::check;
use super::stop::{Step, Stop};
use crate::team::answer::Answer;
use crate::team::clients::redirect_uri::is_registered;
use crate::team::pages::{self, Consent, Language};
use crate::team::parameters::Parameters;
use crate::team::parts::Parts;
use crate::team::request::Request;
use crate::team::secret_value::{Kind, SecretValue};
use crate::team::store::records::{Begun, Client, ClientRequest, Purpose, SignIn};

/// Answers the request of a client for a sign-in.
pub(in crate::team) async fn authorize(parts: &Parts, request: Request<'_>) -> Answer {
    let language = Language::of(request.accept_language);
    let answered = answered(parts, request, language).await;
    answered.unwrap_or_else(|stop| Step::Authorize.stopped(parts, language, &stop))
}

async fn answered(parts: &Parts, request: Request<'_>, language: Language) -> Result<Answer, Stop> {
    let parameters = Parameters::read(request.query.as_bytes()).map_err(|_| Stop::MalformedRequest)?;
    let (client, redirect_uri) = known_client(parts, &parameters).await?;
    let url = &parts.settings.public_url;
    match check(&parameters, client, redirect_uri, url) {
        Ok(asked) => consent_page(parts, request, language, asked).await,
        Err(error) => {
            Step::Authorize.record(parts, error.code());
            let response = AuthorizationResponse::Error(error.code(), error.description());
            Ok(Answer::Redirect {
                to: response.address(redirect_uri, parameters.get("state"), url.issuer()),
                cookies: Vec::new(),
            })
        }
    }
}

/// The client, and the address that the response is sent to, which is the client's.
async fn known_client<'p>(parts: &Parts, parameters: &'p Parameters<'_>) -> Result<(Client, &'p str), Stop> {
    let id = parameters.get("client_id").ok_or(Stop::MalformedRequest)?;
    let redirect_uri = parameters.get("redirect_uri").ok_or(Stop::MalformedRequest)?;
    let client = parts.clients.find(parts.store.as_ref(), id).await?;
    let client = client.ok_or(Stop::UnknownClient)?;
    if is_registered(&client.redirect_uris, redirect_uri) {
        Ok((client, redirect_uri))
    } else {
        Err(Stop::WrongRedirectAddress)
    }
}

async fn consent_page(
    parts: &Parts,
    request: Request<'_>,
    language: Language,
    asked: ClientRequest,
) -> Result<Answer, Stop> {
    let handle = SecretValue::random(Kind::Handle)?;
    let form_key = SecretValue::random(Kind::FormKey)?;
    let settings = &parts.settings;
    let html = pages::consent(
        language,
        &Consent {
            client_name: &asked.client_name,
            redirect_uri: &asked.redirect_uri,
            portal: &settings.portal,
            handle: handle.expose(),
        },
    );
    let sign_in = SignIn {
        handle: handle.digest(),
        form_key: form_key.digest(),
        address: request.caller,
        purpose: Purpose::Client(asked),
    };
    let lives = settings.lifetimes.pending_sign_in;
    match parts.store.begin_sign_in(sign_in, lives).await? {
        Begun::TooMany => return Err(Stop::TooManySignIns),
        Begun::Kept => Step::Authorize.record(parts, "asked"),
    }
    Ok(Answer::Page {
        status: 200,
        html,
        cookies: SignInCookie::of(&handle).set((&settings.public_url, lives), request.cookies, &form_key, None),
    })
}
