//! The pages of Bitrix24's documentation that rows name, relative to [`DOCS`](super::DOCS). Data.

pub(super) const METHOD: &str = "api-reference/mail/recipient/mail-recipient-listcontacts.html";
pub(super) const REST_V3: &str = "api-reference/rest-v3.html";
pub(super) const WEBHOOKS: &str = "local-integrations/local-webhooks.html";
pub(super) const SCOPES: &str = "api-reference/scopes/permissions.html";
pub(super) const ACCESS: &str = "first-steps/access-to-rest-api.html";
pub(super) const LIMITS: &str = "limits.html";
pub(super) const OAUTH: &str = "settings/oauth/index.html";
pub(super) const OAUTH_ERRORS: &str = "settings/oauth/error-codes.html";
pub(super) const BATCH: &str = "settings/how-to-call-rest-api/batch-v3.html";
pub(super) const RENAME: &str = "settings/how-to-call-rest-api/change-domen.html";
pub(super) const NETWORK: &str = "settings/cloud-and-on-premise/network-access.html";
pub(super) const SUPPORT: &str = "bitrix-support.html";
pub(super) const MAIL: &str = "api-reference/mail/index.html";
