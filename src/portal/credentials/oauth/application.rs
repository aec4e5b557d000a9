//! The settings of an application.

use std::path::PathBuf;

use crate::portal::credentials::given_secret::GivenSecret;
use crate::portal::origin::{InvalidOrigin, Origin};

/// An application and its tokens, as they are set.
#[derive(Debug)]
pub struct Application {
    /// The portal: `BITRIX24_PORTAL`.
    pub portal: Origin,
    /// The client id: `BITRIX24_CLIENT_ID`; without it tokens cannot be refreshed.
    pub client_id: Option<String>,
    /// The client secret: `BITRIX24_CLIENT_SECRET`; without it tokens cannot be refreshed.
    pub client_secret: Option<GivenSecret>,
    /// An access token to begin with: `BITRIX24_ACCESS_TOKEN`.
    pub access_token: Option<GivenSecret>,
    /// A refresh token to begin with: `BITRIX24_REFRESH_TOKEN`.
    pub refresh_token: Option<GivenSecret>,
    /// The file that keeps the tokens: `BITRIX24_TOKEN_STORE`.
    pub token_store: PathBuf,
    /// The authorization server: `BITRIX24_OAUTH_SERVER`.
    pub server: Origin,
}

impl Application {
    /// The authorization server of the international Bitrix24.
    ///
    /// # Errors
    /// Never: the address is a constant, which a test parses.
    pub fn default_server() -> Result<Origin, InvalidOrigin> {
        "https://oauth.bitrix.info".parse()
    }
}
