//! A pair of tokens as the store keeps it.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// A pair of tokens as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::portal) struct StoredPair {
    /// The portal the tokens are for: `https://p.bitrix24.com`.
    pub(in crate::portal::credentials) portal: String,
    /// The application they were issued to.
    pub(in crate::portal::credentials) client_id: String,
    #[serde(serialize_with = "exposed")]
    pub(in crate::portal::credentials) access_token: SecretString,
    #[serde(serialize_with = "exposed")]
    pub(in crate::portal::credentials) refresh_token: SecretString,
    /// Whom they act as, where the authorization server told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::portal::credentials) user_id: Option<u64>,
    /// The refresh token in the settings when this pair was stored. Another one in the settings is newer than this pair.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed")]
    pub(in crate::portal::credentials) replaces: Option<SecretString>,
}

fn exposed<'a, S: Serializer>(secret: impl Into<Option<&'a SecretString>>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.into().map(ExposeSecret::expose_secret).serialize(serializer)
}
