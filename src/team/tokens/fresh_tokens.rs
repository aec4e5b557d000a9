//! New tokens for a client, and the answer that carries them.

use std::time::Duration;

use serde_json::json;

use crate::team::answer::Answer;
use crate::team::secret_value::{Kind, NoRandomNumbers, SecretValue};
use crate::team::store::records::NewTokens;

/// An access token and a refresh token that no one has yet.
#[derive(Debug)]
pub(super) struct FreshTokens {
    access: SecretValue,
    refresh: SecretValue,
}

impl FreshTokens {
    /// Makes two tokens. They are valid after the store has accepted their [`digests`](Self::digests).
    ///
    /// # Errors
    /// [`NoRandomNumbers`].
    pub(super) fn new() -> Result<Self, NoRandomNumbers> {
        Ok(Self {
            access: SecretValue::random(Kind::AccessToken)?,
            refresh: SecretValue::random(Kind::RefreshToken)?,
        })
    }

    /// What the store keeps of them.
    pub(super) fn digests(&self) -> NewTokens {
        NewTokens {
            access: self.access.digest(),
            refresh: self.refresh.digest(),
        }
    }

    /// The answer to the client (RFC 6749, section 5.1).
    pub(super) fn answer(&self, scope: &str, lives: Duration) -> Answer {
        Answer::json(json!({
            "access_token": self.access.expose(),
            "token_type": "Bearer",
            "expires_in": lives.as_secs(),
            "refresh_token": self.refresh.expose(),
            "scope": scope,
        }))
    }
}
