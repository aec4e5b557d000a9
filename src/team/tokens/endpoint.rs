//! The token endpoint: exchanges a code or a refresh token for tokens.
//!
//! What the client has to prove is compared first, and only then something is spent. So a wrong request changes nothing,
//! while a code or an old refresh token that is presented again with full proof ends its grant: somebody has a copy. The
//! endpoint never calls the portal, and reads no metadata document for a refresh token, which proves its client.

use super::client_family;
use super::fresh_tokens::FreshTokens;
use super::refusal::Refusal;
use super::token_request::{Grant, TokenRequest};
use crate::team::answer::Answer;
use crate::team::clients::FindError;
use crate::team::parameters::Parameters;
use crate::team::parts::Parts;
use crate::team::request::Request;
use crate::team::secret_value::{Kind, NoRandomNumbers, SecretValue};
use crate::team::store::Unavailable;
use crate::team::store::records::{EndReason, Redeemed, Rotated};

/// Why a client gets no tokens now.
#[derive(Debug)]
enum Failure {
    Refused(Refusal),
    /// A code or a refresh token was presented again; its grant has ended.
    Replayed(&'static str),
    Unavailable(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<FindError> for Failure {
    fn from(error: FindError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<Unavailable> for Failure {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable.to_string())
    }
}

impl From<NoRandomNumbers> for Failure {
    fn from(none: NoRandomNumbers) -> Self {
        Self::Unavailable(none.to_string())
    }
}

/// `POST /oauth/token`.
pub(in crate::team) async fn token(parts: &Parts, request: Request<'_>) -> Answer {
    let Ok(form) = Parameters::read(request.body) else {
        return Refusal::InvalidRequest("a parameter occurs twice").answer();
    };
    let asked = match TokenRequest::read(&form) {
        Ok(asked) => asked,
        Err(refusal) => return refusal.answer(),
    };
    let mut family = client_family::OTHER;
    let exchanged = exchange(parts, &asked, &mut family).await;
    let (outcome, answer) = match exchanged {
        Ok((answer, false)) => ("issued", answer),
        Ok((answer, true)) => ("repeated", answer),
        Err(Failure::Refused(refusal)) => ("refused", refusal.answer()),
        Err(Failure::Replayed(what)) => {
            parts.record_ended_grants(EndReason::Replayed, 1);
            tracing::warn!(
                client = family,
                "{what} was used again with full proof; the grant has ended"
            );
            ("replayed", Refusal::InvalidGrant("it was used before").answer())
        }
        Err(Failure::Unavailable(reason)) => {
            tracing::error!(reason, "no tokens can be issued now");
            ("unavailable", Answer::unavailable())
        }
    };
    let grant_type = asked.grant.as_str();
    parts.measurements.record_token_request(grant_type, outcome, family);
    answer
}

/// Exchanges the code or the refresh token. True in the result if a refresh token was used again within its grace.
async fn exchange(
    parts: &Parts,
    asked: &TokenRequest<'_>,
    family: &mut &'static str,
) -> Result<(Answer, bool), Failure> {
    let store = parts.store.as_ref();
    match asked.grant {
        Grant::Code {
            code,
            redirect_uri,
            verifier,
        } => {
            let client = parts.clients.find(store, asked.client_id).await?;
            *family = client_family::of(&client.ok_or(Refusal::InvalidClient)?);
            redeem(parts, asked, code, redirect_uri, verifier).await
        }
        Grant::RefreshToken { token, scope } => {
            let client = parts.clients.known(store, asked.client_id).await?;
            *family = client.as_ref().map_or(client_family::OTHER, client_family::of);
            match rotate(parts, asked, token, scope).await {
                // The token of a client proves that the client exists.
                Err(Failure::Refused(Refusal::InvalidGrant(_))) if client.is_none() => {
                    Err(Refusal::InvalidClient.into())
                }
                rotated => rotated,
            }
        }
    }
}

async fn redeem(
    parts: &Parts,
    asked: &TokenRequest<'_>,
    code: &str,
    redirect_uri: Option<&str>,
    verifier: &str,
) -> Result<(Answer, bool), Failure> {
    const NO_GOOD: Refusal = Refusal::InvalidGrant("the code is unknown or has expired");
    let settings = &parts.settings;
    let code = SecretValue::read(Kind::Code, code).ok_or(NO_GOOD)?.digest();
    let stored = parts.store.code(code).await?.ok_or(NO_GOOD)?;
    asked.prove_code(&stored, redirect_uri, verifier, &settings.public_url)?;
    let tokens = FreshTokens::new()?;
    let redeemed = parts.store.redeem_code(code, tokens.digests(), settings.lifetimes);
    match redeemed.await? {
        Redeemed::Issued => {
            let answer = tokens.answer(&stored.scope, settings.lifetimes.access_token);
            Ok((answer, false))
        }
        Redeemed::Replayed => Err(Failure::Replayed("a code")),
        Redeemed::Gone => Err(NO_GOOD.into()),
    }
}

async fn rotate(
    parts: &Parts,
    asked: &TokenRequest<'_>,
    token: &str,
    scope: Option<&str>,
) -> Result<(Answer, bool), Failure> {
    const NO_GOOD: Refusal = Refusal::InvalidGrant("the refresh token is unknown, or its sign-in has ended");
    let settings = &parts.settings;
    let token = SecretValue::read(Kind::RefreshToken, token).ok_or(NO_GOOD)?.digest();
    let stored = parts.store.refresh_token(token).await?.ok_or(NO_GOOD)?;
    asked.prove_refresh_token(&stored, scope, &settings.public_url)?;
    let tokens = FreshTokens::new()?;
    let rotated = parts.store.rotate(token, tokens.digests(), settings.lifetimes);
    match rotated.await? {
        Rotated::Issued { is_repeated } => {
            let answer = tokens.answer(&stored.scope, settings.lifetimes.access_token);
            Ok((answer, is_repeated))
        }
        Rotated::TooOften => Err(Refusal::InvalidGrant("the refresh token was used too often").into()),
        Rotated::Replayed => Err(Failure::Replayed("a refresh token")),
        Rotated::Gone => Err(NO_GOOD.into()),
    }
}
