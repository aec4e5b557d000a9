//! The revocation endpoint (RFC 7009): a client gives up its tokens.
//!
//! The answer is 200 whether or not there was something to revoke, so that it reveals nothing about tokens. A token of
//! another client stays. The hint is ignored: the token's prefix says what it is.

use super::refusal::Refusal;
use crate::team::answer::Answer;
use crate::team::parameters::Parameters;
use crate::team::parts::Parts;
use crate::team::request::Request;
use crate::team::secret_value::{Kind, SecretValue};
use crate::team::store::records::EndReason;

/// `POST /oauth/revoke`.
pub(in crate::team) async fn revoke(parts: &Parts, request: Request<'_>) -> Answer {
    let Ok(form) = Parameters::read(request.body) else {
        return Refusal::InvalidRequest("a parameter occurs twice").answer();
    };
    let (Some(token), Some(client_id)) = (form.get("token"), form.get("client_id")) else {
        return Refusal::InvalidRequest("token or client_id is missing").answer();
    };
    let refresh_token = SecretValue::read(Kind::RefreshToken, token);
    let ends_grant = refresh_token.is_some();
    let Some(token) = refresh_token.or_else(|| SecretValue::read(Kind::AccessToken, token)) else {
        return Answer::Empty { status: 200 };
    };
    match parts.store.revoke(token.digest(), client_id).await {
        Ok(is_revoked) => {
            if is_revoked && ends_grant {
                parts.record_ended_grants(EndReason::Revoked, 1);
            } else if is_revoked {
                parts.recent_sessions.forget_all();
            }
            Answer::Empty { status: 200 }
        }
        Err(unavailable) => {
            tracing::error!(reason = %unavailable, "a token cannot be revoked now");
            Answer::unavailable()
        }
    }
}
