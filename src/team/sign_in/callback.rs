//! `GET /oauth/callback`: the return from the portal.
//!
//! The state and the browser's cookie come first, in one operation of the store that takes the sign-in, so that a code
//! of somebody else's sign-in is never exchanged. Then the portal's code is exchanged at once, since it lives for 30
//! seconds. Only after all checks something is kept.

use std::sync::Arc;

use secrecy::SecretString;

use super::authorization_response::AuthorizationResponse;
use super::cookies::{PAGE_SESSION, SignInCookie};
use super::employee::{employee, exchange_failed};
use super::stop::{Step, Stop};
use crate::portal::{EmployeeId, IssuedTokens};
use crate::team::answer::Answer;
use crate::team::cookie::SetCookie;
use crate::team::pages::Language;
use crate::team::parameters::Parameters;
use crate::team::parts::Parts;
use crate::team::request::Request;
use crate::team::secret_value::{Kind, SecretValue};
use crate::team::server_key::Pair;
use crate::team::store::Unavailable;
use crate::team::store::records::{ClientRequest, CompletedSignIn, Purpose, SealedPair, SignInResult};

/// How often a pair is sealed again because the employee's pair was replaced meanwhile.
const MAX_ATTEMPTS: usize = 8;

/// Answers the browser that returns from the portal.
pub(in crate::team) async fn callback(parts: &Arc<Parts>, request: Request<'_>) -> Answer {
    let language = Language::of(request.accept_language);
    let answered = answered(parts, request).await;
    answered.unwrap_or_else(|stop| Step::Callback.stopped(parts, language, &stop))
}

async fn answered(parts: &Arc<Parts>, request: Request<'_>) -> Result<Answer, Stop> {
    let url = &parts.settings.public_url;
    let query = Parameters::read(request.query.as_bytes()).map_err(|_| Stop::MalformedRequest)?;
    let code: SecretString = query.get("code").ok_or(Stop::MalformedRequest)?.into();
    let state = query.get("state").and_then(|text| SecretValue::read(Kind::State, text));
    let state = state.ok_or(Stop::MalformedRequest)?;
    let cookie = SignInCookie::of(&state);
    let binding = cookie.read(url, request.cookies, Kind::Binding);
    let binding = binding.ok_or(Stop::OtherBrowser)?;
    let taken = parts.store.take_sign_in(state.digest(), binding.digest()).await?;
    let purpose = taken.ok_or(Stop::Expired)?.purpose;

    // In a task of its own, which a browser that leaves does not end: the portal's new tokens may have ended the earlier
    // ones, which the employee's other clients use.
    let arriving = tokio::spawn(arrive(Arc::clone(parts), code, purpose));
    let mut answer = arriving.await.map_err(|_| Stop::Interrupted)??;
    if let Answer::Redirect { cookies, .. } = &mut answer {
        cookies.push(cookie.removed(url));
    }
    Step::Callback.record(parts, "signed_in");
    Ok(answer)
}

async fn arrive(parts: Arc<Parts>, code: SecretString, purpose: Purpose) -> Result<Answer, Stop> {
    let tokens = parts.application.exchange_code(code).await.map_err(exchange_failed)?;
    let (employee, name) = employee(&parts, &tokens).await?;
    let arrived = Arrived { employee, name, tokens };
    match purpose {
        Purpose::Client(asked) => arrived.grant(&parts, asked).await,
        Purpose::StartPage => arrived.page_session(&parts).await,
    }
}

/// An employee who has come back from the portal.
struct Arrived {
    employee: EmployeeId,
    name: String,
    tokens: IssuedTokens,
}

impl Arrived {
    /// Sends a code to the client.
    async fn grant(self, parts: &Parts, request: ClientRequest) -> Result<Answer, Stop> {
        let code = SecretValue::random(Kind::Code)?;
        let result = SignInResult::Grant {
            request: request.clone(),
            code: code.digest(),
            lives: parts.settings.lifetimes.code,
        };
        self.keep(parts, true, result).await?;
        let response = AuthorizationResponse::Code(code.expose());
        let issuer = parts.settings.public_url.issuer();
        Ok(Answer::Redirect {
            to: response.address(&request.redirect_uri, request.state.as_deref(), issuer),
            cookies: Vec::new(),
        })
    }

    /// Opens the start page. It calls nothing at the portal, so it needs no tokens. An employee who has connected
    /// clients gets the new tokens all the same: perhaps they have ended the earlier ones.
    async fn page_session(self, parts: &Parts) -> Result<Answer, Stop> {
        let settings = &parts.settings;
        let session = SecretValue::random(Kind::PageSession)?;
        let lives = settings.lifetimes.page_session;
        let result = SignInResult::PageSession {
            session: session.digest(),
            lives,
        };
        let has_pair = parts.store.pair(&self.employee).await?.is_some();
        self.keep(parts, has_pair, result).await?;
        Ok(Answer::Redirect {
            to: settings.public_url.at("/"),
            cookies: vec![SetCookie::new(
                &settings.public_url,
                PAGE_SESSION,
                session.expose(),
                lives,
            )],
        })
    }

    async fn keep(self, parts: &Parts, with_pair: bool, result: SignInResult) -> Result<(), Stop> {
        for _ in 0..MAX_ATTEMPTS {
            let completed = CompletedSignIn {
                employee: self.employee.clone(),
                name: self.name.clone(),
                pair: match with_pair {
                    true => Some(self.sealed(parts).await?),
                    false => None,
                },
                result: result.clone(),
            };
            if parts.store.complete_sign_in(completed).await? {
                return Ok(());
            }
        }
        Err(Unavailable("the tokens of one employee are replaced all the time".to_owned()).into())
    }

    async fn sealed(&self, parts: &Parts) -> Result<SealedPair, Stop> {
        let version = parts.store.next_version(&self.employee).await?;
        let pair = Pair {
            access: self.tokens.access_token.clone(),
            refresh: self.tokens.refresh_token.clone(),
        };
        Ok(parts.settings.server_keys.seal(&self.employee, version, &pair)?)
    }
}
