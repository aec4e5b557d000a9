//! `GET /oauth/callback`: the return from the portal.
//!
//! The state and the browser's cookie come first, in one operation of the store that takes the sign-in, so that a code
//! of somebody else's sign-in is never exchanged. Then the portal's code is exchanged at once, since it lives for 30
//! seconds. Only after all checks something is kept.
//!
//! A sign-in that was taken stays in the store until it has its result or has failed, so that other servers see that
//! tokens are on the way. If the operator has ended all meanwhile, it is gone, and nothing is kept.
//!
//! If the store does not answer then, the browser gets a page, and this process goes on trying to save the new tokens of
//! an employee who is known already: perhaps the portal has ended the tokens that the employee's clients use.

use std::sync::Arc;

use secrecy::SecretString;

use super::authorization_response::AuthorizationResponse;
use super::cookies::{PAGE_SESSION, SignInCookie};
use super::employee::{check_member_id, employee, exchange_failed};
use super::stop::{Step, Stop};
use crate::portal::{EmployeeId, IssuedTokens};
use crate::team::answer::Answer;
use crate::team::cookie::SetCookie;
use crate::team::pages::Language;
use crate::team::parameters::Parameters;
use crate::team::parts::Parts;
use crate::team::request::Request;
use crate::team::saving::until_saved;
use crate::team::secret_value::{Digest, Kind, NoRandomNumbers, SecretValue};
use crate::team::server_key::Pair;
use crate::team::store::Unavailable;
use crate::team::store::records::{
    ClientRequest, Completed, CompletedSignIn, Purpose, SealedPair, SignIn, SignInResult,
};

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

    // In a task of its own, which a browser that leaves does not end: the portal's new tokens may have ended the earlier
    // ones, which the employee's other clients use.
    let (state, binding) = (state.digest(), binding.digest());
    let arriving = parts.saving.spawn(arrive(Arc::clone(parts), state, binding, code));
    let mut answer = arriving.await.map_err(|_| Stop::Interrupted)??;
    if let Answer::Redirect { cookies, .. } = &mut answer {
        cookies.push(cookie.removed(url));
    }
    Step::Callback.record(parts, "signed_in");
    Ok(answer)
}

async fn arrive(parts: Arc<Parts>, state: Digest, binding: Digest, code: SecretString) -> Result<Answer, Stop> {
    let taken = parts.store.take_sign_in(state, binding).await?;
    let SignIn { handle, purpose, .. } = taken.ok_or(Stop::Expired)?;
    let arrived = match Arrived::from(&parts, code, handle).await {
        Ok(arrived) => arrived,
        Err(stop) => {
            end(&parts, handle).await;
            return Err(stop);
        }
    };
    let finished = arrived.finish(&parts, purpose).await;
    match &finished {
        // The store has ended the sign-in.
        Ok(_) => {}
        Err(Stop::Store(_) | Stop::NoRandomNumbers(_)) => {
            let tasks = parts.saving.clone();
            tasks.spawn(async move { arrived.save_pair_later(&parts).await });
        }
        Err(_) => end(&parts, handle).await,
    }
    finished
}

/// Ends a sign-in that has failed, so that no server waits for its tokens.
async fn end(parts: &Parts, handle: Digest) {
    if let Err(unavailable) = parts.store.end_arrival(handle).await {
        tracing::warn!(reason = %unavailable, "a sign-in that has failed ends by its time only");
    }
}

/// An employee who has come back from the portal.
struct Arrived {
    /// Digest of the handle of the sign-in.
    handle: Digest,
    employee: EmployeeId,
    name: String,
    tokens: IssuedTokens,
}

impl Arrived {
    /// Exchanges the portal's code, and finds whose tokens these are.
    async fn from(parts: &Parts, code: SecretString, handle: Digest) -> Result<Self, Stop> {
        let tokens = parts.application.exchange_code(code).await.map_err(exchange_failed)?;
        let (employee, name) = employee(parts, &tokens).await?;
        Ok(Self {
            handle,
            employee,
            name,
            tokens,
        })
    }

    async fn finish(&self, parts: &Parts, purpose: Purpose) -> Result<Answer, Stop> {
        check_member_id(parts, &self.employee).await?;
        match purpose {
            Purpose::Client(asked) => self.grant(parts, asked).await,
            Purpose::StartPage => self.page_session(parts).await,
        }
    }

    /// Sends a code to the client.
    async fn grant(&self, parts: &Parts, request: ClientRequest) -> Result<Answer, Stop> {
        let code = SecretValue::random(Kind::Code)?;
        let result = SignInResult::Grant {
            request: request.clone(),
            code: code.digest(),
            lives: parts.settings.lifetimes.code,
        };
        self.complete(parts, result).await?;
        let response = AuthorizationResponse::Code(code.expose());
        let issuer = parts.settings.public_url.issuer();
        Ok(Answer::Redirect {
            to: response.address(&request.redirect_uri, request.state.as_deref(), issuer),
            cookies: Vec::new(),
        })
    }

    /// Opens the start page.
    async fn page_session(&self, parts: &Parts) -> Result<Answer, Stop> {
        let settings = &parts.settings;
        let session = SecretValue::random(Kind::PageSession)?;
        let lives = settings.lifetimes.page_session;
        let result = SignInResult::PageSession {
            session: session.digest(),
            lives,
        };
        self.complete(parts, result).await?;
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

    /// Ends the sign-in in the store, with its result. The start page calls nothing at the portal, so it needs no
    /// tokens. An employee who has connected clients gets the new tokens all the same: perhaps they have ended the
    /// earlier ones.
    async fn complete(&self, parts: &Parts, result: SignInResult) -> Result<(), Stop> {
        let needs_pair = match result {
            SignInResult::Grant { .. } => true,
            SignInResult::PageSession { .. } => parts.store.pair(&self.employee).await?.is_some(),
        };
        for _ in 0..MAX_ATTEMPTS {
            let completed = CompletedSignIn {
                handle: self.handle,
                employee: self.employee.clone(),
                name: self.name.clone(),
                pair: match needs_pair {
                    true => Some(self.sealed(parts, parts.store.next_version(&self.employee).await?)?),
                    false => None,
                },
                result: result.clone(),
            };
            match parts.store.complete_sign_in(completed).await? {
                Completed::Kept => return Ok(()),
                Completed::AnotherVersion => {}
                Completed::Ended => return Err(Stop::Expired),
            }
        }
        Err(replaced().into())
    }

    /// Tries to save the pair alone, without this sign-in, until the store answers.
    async fn save_pair_later(&self, parts: &Parts) {
        if until_saved(|| self.save_pair_once(parts)).await.is_ok() {
            tracing::info!("the tokens of a sign-in that has failed need not be saved any more");
        }
    }

    async fn save_pair_once(&self, parts: &Parts) -> Result<(), Stop> {
        let version = parts.store.next_version(&self.employee).await?;
        let sealed = self.sealed(parts, version)?;
        let is_over = parts.store.save_arrival(self.handle, &self.employee, sealed).await?;
        is_over.then_some(()).ok_or_else(|| replaced().into())
    }

    fn sealed(&self, parts: &Parts, version: i64) -> Result<SealedPair, NoRandomNumbers> {
        let pair = Pair {
            access: self.tokens.access_token.clone(),
            refresh: self.tokens.refresh_token.clone(),
        };
        parts.settings.server_keys.seal(&self.employee, version, &pair)
    }
}

fn replaced() -> Unavailable {
    Unavailable("the tokens of one employee are replaced all the time".to_owned())
}
