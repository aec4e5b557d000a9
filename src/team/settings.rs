//! The settings of a team's server.

use std::time::Duration;

use super::client_metadata::MetadataHosts;
use super::public_url::PublicUrl;
use super::server_key::ServerKeys;
use crate::portal::{ApplicationClient, ClientSettings, GivenSecret, Origin, Portal};

/// The settings of a team's server.
#[derive(Debug)]
pub struct Settings {
    /// The address by which clients and browsers reach this server: `BITRIX24_MCP_PUBLIC_URL`.
    pub public_url: PublicUrl,
    /// The portal: `BITRIX24_PORTAL`.
    pub portal: Origin,
    /// The authorization server of the portal: `BITRIX24_OAUTH_SERVER`.
    pub oauth_server: Origin,
    /// The id of the local application: `BITRIX24_CLIENT_ID`.
    pub client_id: String,
    /// The secret of the local application: `BITRIX24_CLIENT_SECRET`.
    pub client_secret: GivenSecret,
    /// The keys that seal the portal's tokens: `BITRIX24_MCP_SERVER_KEY`.
    pub server_keys: ServerKeys,
    /// The hosts whose Client ID Metadata Documents are fetched: `BITRIX24_MCP_CLIENT_METADATA`.
    pub client_metadata: MetadataHosts,
    /// How long things live.
    pub lifetimes: Lifetimes,
}

impl Settings {
    /// The local application as a client of the portal, over the connections and limits of `portal`.
    pub fn application(&self, portal: &Portal) -> ApplicationClient {
        portal.application_client(ClientSettings {
            portal: self.portal.clone(),
            server: self.oauth_server.clone(),
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
        })
    }
}

/// How long the things that this server issues live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// An access token of a client.
    pub access_token: Duration,
    /// A sign-in that no client uses.
    pub idle_sign_in: Duration,
    /// A refresh token after its first use, for clients that did not get the answer, or that refresh several times at
    /// once.
    pub refresh_grace: Duration,
    /// From the request of a client to the return from the portal.
    pub pending_sign_in: Duration,
    /// A code that a client exchanges for tokens.
    pub code: Duration,
    /// A browser's sign-in to the start page.
    pub page_session: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            access_token: Duration::from_secs(3600),
            idle_sign_in: Duration::from_secs(60 * 24 * 3600),
            refresh_grace: Duration::from_secs(120),
            pending_sign_in: Duration::from_secs(600),
            code: Duration::from_secs(60),
            page_session: Duration::from_secs(3600),
        }
    }
}
