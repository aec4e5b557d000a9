//! A pair of tokens as the store keeps it.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// A pair of tokens with its portal, application and user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::portal) struct StoredPair {
    /// The portal the tokens are for: `https://p.bitrix24.com`.
    pub(in crate::portal::credentials) portal: String,
    /// The application that the tokens were issued to.
    pub(in crate::portal::credentials) client_id: String,
    #[serde(serialize_with = "exposed")]
    pub(in crate::portal::credentials) access_token: SecretString,
    #[serde(serialize_with = "exposed")]
    pub(in crate::portal::credentials) refresh_token: SecretString,
    /// The user that the tokens act as; `None` if the authorization server did not send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::portal::credentials) user_id: Option<u64>,
    /// The refresh token in the settings when this pair was stored. If the settings have another token now, that token
    /// is newer.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed")]
    pub(in crate::portal::credentials) replaces: Option<SecretString>,
}

fn exposed<'a, S: Serializer>(secret: impl Into<Option<&'a SecretString>>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.into().map(ExposeSecret::expose_secret).serialize(serializer)
}
