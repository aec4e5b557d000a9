//! A client's request for tokens, and what the client has to prove. Pure.
//!
//! Clients of this server have no secret: `client_secret` in the form is ignored, since none was ever issued.

use super::pkce;
use super::refusal::Refusal;
use crate::team::parameters::Parameters;
use crate::team::public_url::PublicUrl;
use crate::team::store::records::{ClientRequest, StoredRefreshToken};

/// A client's request for tokens.
#[derive(Clone, Copy)]
pub(super) struct TokenRequest<'a> {
    /// The client's id, as the client states it.
    pub(super) client_id: &'a str,
    /// The resource that the tokens are to be for; `None` means this server's.
    resource: Option<&'a str>,
    /// What is exchanged for tokens.
    pub(super) grant: Grant<'a>,
}

/// What is exchanged for tokens.
#[derive(Clone, Copy)]
pub(super) enum Grant<'a> {
    /// The code of a sign-in.
    Code {
        /// The code.
        code: &'a str,
        /// The address that the code was sent to. OAuth 2.1 clients may leave it out.
        redirect_uri: Option<&'a str>,
        /// The proof that this client asked for the code.
        verifier: &'a str,
    },
    /// A refresh token.
    RefreshToken {
        /// The token.
        token: &'a str,
        /// The scope of the new tokens; `None` means the granted one.
        scope: Option<&'a str>,
    },
}

impl Grant<'_> {
    /// The grant type, for metrics.
    pub(super) fn as_str(&self) -> &'static str {
        match self {
            Self::Code { .. } => "authorization_code",
            Self::RefreshToken { .. } => "refresh_token",
        }
    }
}

impl<'a> TokenRequest<'a> {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Refusal::InvalidRequest`] or [`Refusal::UnsupportedGrantType`].
    pub(super) fn read(form: &'a Parameters<'_>) -> Result<Self, Refusal> {
        let required = |name, missing| form.get(name).ok_or(Refusal::InvalidRequest(missing));
        let grant_type = required(
            "grant_type",
            "grant_type is missing; the body has to be a form (application/x-www-form-urlencoded)",
        )?;
        let grant = match grant_type {
            "authorization_code" => Grant::Code {
                code: required("code", "code is missing")?,
                redirect_uri: form.get("redirect_uri"),
                verifier: required("code_verifier", "code_verifier is missing")?,
            },
            "refresh_token" => Grant::RefreshToken {
                token: required("refresh_token", "refresh_token is missing")?,
                scope: form.get("scope"),
            },
            _ => return Err(Refusal::UnsupportedGrantType),
        };
        if let Grant::Code { verifier, .. } = grant
            && !pkce::is_verifier(verifier)
        {
            return Err(Refusal::InvalidRequest("code_verifier is malformed"));
        }
        Ok(Self {
            client_id: required("client_id", "client_id is missing")?,
            resource: form.get("resource"),
            grant,
        })
    }

    /// Checks that this client may exchange the code of `stored`. Nothing was spent yet.
    ///
    /// # Errors
    /// [`Refusal::InvalidGrant`] or [`Refusal::InvalidTarget`].
    pub(super) fn prove_code(
        &self,
        stored: &ClientRequest,
        redirect_uri: Option<&str>,
        verifier: &str,
        url: &PublicUrl,
    ) -> Result<(), Refusal> {
        self.prove_client_and_resource(&stored.client_id, &stored.resource, url)?;
        if redirect_uri.is_some_and(|address| address != stored.redirect_uri) {
            return Err(Refusal::InvalidGrant("the code was sent to another redirect_uri"));
        }
        if !pkce::proves(verifier, &stored.challenge) {
            return Err(Refusal::InvalidGrant("code_verifier does not fit the challenge"));
        }
        Ok(())
    }

    /// Checks that this client may exchange the refresh token of `stored` for tokens of `scope`. Nothing was spent yet.
    ///
    /// # Errors
    /// [`Refusal::InvalidGrant`], [`Refusal::InvalidTarget`] or [`Refusal::InvalidScope`].
    pub(super) fn prove_refresh_token(
        &self,
        stored: &StoredRefreshToken,
        scope: Option<&str>,
        url: &PublicUrl,
    ) -> Result<(), Refusal> {
        self.prove_client_and_resource(&stored.client_id, &stored.resource, url)?;
        // Clients that know `offline_access` from elsewhere ask for it; here every grant has a refresh token.
        let is_granted =
            |asked: &str| asked == "offline_access" || stored.scope.split(' ').any(|granted| granted == asked);
        let mut asked = scope.unwrap_or_default().split(' ').filter(|name| !name.is_empty());
        asked.all(is_granted).then_some(()).ok_or(Refusal::InvalidScope)
    }

    fn prove_client_and_resource(&self, client_id: &str, resource: &str, url: &PublicUrl) -> Result<(), Refusal> {
        if self.client_id != client_id {
            return Err(Refusal::InvalidGrant("it was issued to another client"));
        }
        if self.resource.is_some_and(|asked| !url.is_resource(asked)) {
            return Err(Refusal::InvalidTarget);
        }
        // The public address of this server was changed.
        if !url.is_resource(resource) {
            return Err(Refusal::InvalidGrant(
                "it was issued for another address of this server",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
