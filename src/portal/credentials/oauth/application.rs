//! An application as the settings give it.

use std::path::PathBuf;

use crate::portal::credentials::given_secret::GivenSecret;
use crate::portal::origin::{InvalidOrigin, Origin};

/// An application and its tokens, as the settings gave them.
#[derive(Debug)]
pub struct Application {
    /// The portal: `BITRIX24_PORTAL`.
    pub portal: Origin,
    /// `BITRIX24_CLIENT_ID`; without it tokens cannot be refreshed.
    pub client_id: Option<String>,
    /// `BITRIX24_CLIENT_SECRET`, likewise.
    pub client_secret: Option<GivenSecret>,
    /// A token to start with: `BITRIX24_ACCESS_TOKEN`.
    pub access_token: Option<GivenSecret>,
    /// Its refresh token: `BITRIX24_REFRESH_TOKEN`.
    pub refresh_token: Option<GivenSecret>,
    /// Where tokens are kept: `BITRIX24_TOKEN_STORE`.
    pub token_store: PathBuf,
    /// Who exchanges tokens: `BITRIX24_OAUTH_SERVER`.
    pub server: Origin,
}

impl Application {
    /// The authorization server of the international Bitrix24.
    ///
    /// # Errors
    /// None in fact: the address is a constant that a test reads.
    pub fn default_server() -> Result<Origin, InvalidOrigin> {
        "https://oauth.bitrix.info".parse()
    }
}
