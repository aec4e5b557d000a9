//! The program as a command, with the credentials of a demo portal.

use std::path::Path;

use bitrix24_mail_mcp::demo::DemoPortal;
use tokio::process::Command;

use crate::support::harness::program;

/// The program on the built-in demo portal.
pub(crate) fn on_demo() -> Command {
    let mut command = program();
    command.arg("--demo");
    command
}

/// The program on a demo portal of the test's own.
pub(crate) fn on(portal: &DemoPortal) -> Command {
    let mut command = program();
    command.env("BITRIX24_WEBHOOK_URL", portal.webhook_url().unwrap());
    command
}

/// The program as an application with both tokens, on a token store.
pub(crate) fn signed_in(portal: &DemoPortal, store: &Path) -> Command {
    let application = portal.oauth_application();
    let mut command = program();
    command.envs([
        ("BITRIX24_PORTAL", application.portal),
        ("BITRIX24_OAUTH_SERVER", application.oauth_server),
        ("BITRIX24_CLIENT_ID", application.client_id),
        ("BITRIX24_CLIENT_SECRET", application.client_secret),
        ("BITRIX24_ACCESS_TOKEN", application.access_token),
        ("BITRIX24_REFRESH_TOKEN", application.refresh_token),
        ("BITRIX24_TOKEN_STORE", store.display().to_string()),
        ("BITRIX24_RATE_LIMIT", "off".to_owned()),
    ]);
    command
}

/// The program as an application with only a refresh token, so that it begins with an exchange.
pub(crate) fn with_refresh_token(portal: &DemoPortal, store: &Path) -> Command {
    let mut command = signed_in(portal, store);
    command.env_remove("BITRIX24_ACCESS_TOKEN");
    command
}
