//! The rows of the fix-it table for the calls of a team server's employees, where the advice is another than in
//! one-person modes: there is no webhook, no `login`, and the tokens are those of the employee who calls.
//!
//! The rules for a row are those of `table.rs`. Each row here replaces the row there with the same code and statuses.

use super::fix::Retry::{Later, Never};
use super::fix::Who::{Operator, PortalAdmin, User};
use super::fix::{Fix, row};
use super::pages::{ACCESS, METHOD, NETWORK, OAUTH, OAUTH_ERRORS, RENAME, REST_V3, SCOPES, SUPPORT};

const SIGN_IN: &str = "Sign in again in your MCP client.";
const EMPLOYEE_SIGNS_IN: &str = "Let the employee sign in again in the MCP client.";
const SET_CLIENT: &str = "Check BITRIX24_CLIENT_ID and BITRIX24_CLIENT_SECRET, and restart the server.";
const CHECK_ADDRESS: &str = "Check host and port in BITRIX24_PORTAL.";
const USE_HTTPS: &str = "Begin BITRIX24_PORTAL with https://.";
const ADD_MAIL: &str = "Add mail to the permissions on the application's page.";
const IF_REFUSED: &str = "If that fails, ask the portal's administrator whether your account is active.";

/// The rows for the calls of a team server's employees.
#[rustfmt::skip]
pub const TEAM_FIXES: &[Fix] = &[
    row("NOT_SIGNED_IN", &[],
        "You are not signed in at this server, or your sign-in has ended.",
        User, &[SIGN_IN], Never, OAUTH),
    row("INVALID_GRANT", &[],
        "Bitrix24 has ended your sign-in: it was withdrawn, unused for too long, or your account is no longer active.",
        User, &[SIGN_IN, IF_REFUSED], Never, OAUTH_ERRORS),
    row("EXPIRED_TOKEN", &[401],
        "The portal did not accept your sign-in, although it was just renewed.",
        User, &["Call again once.", SIGN_IN], Later, OAUTH).after(30),
    row("INVALID_TOKEN", &[],
        "The portal did not accept your sign-in, although it was just renewed.",
        User, &["Call again once.", SIGN_IN], Later, OAUTH).after(30),
    row("NO_AUTH_FOUND", &[401],
        "The portal found no valid token in the request, although it was just renewed.",
        User, &["Call again once.", SIGN_IN], Later, OAUTH).after(30),
    row("AUTHORIZATION_ERROR", &[],
        "The portal does not let this employee call any more: dismissed, blocked or external. The sign-in was ended.",
        PortalAdmin, &["Check that the employee's account is active.", EMPLOYEE_SIGNS_IN], Never, OAUTH),
    row("USER_ACCESS_ERROR", &[403, 401],
        "The application is installed, but not for this employee. The sign-in was ended.",
        PortalAdmin, &["Give the employee access in the application's settings.", EMPLOYEE_SIGNS_IN], Never, OAUTH),
    row("APPLICATION_NOT_FOUND", &[],
        "The portal does not know this server's application any more; this concerns every employee.",
        Operator, &["Have the application installed on the portal again.", SET_CLIENT], Never, OAUTH),
    row("INVALID_CLIENT", &[],
        "The authorization server does not accept this server's application; this concerns every employee.",
        Operator, &[SET_CLIENT, "If the application was deleted on the portal, make a new one."], Never, OAUTH_ERRORS),
    row("WRONG_CLIENT", &[],
        "The token belongs to another application than this server's.",
        Operator, &[SET_CLIENT, EMPLOYEE_SIGNS_IN], Never, OAUTH_ERRORS),
    row("INVALID_SCOPE", &[],
        "The sign-in asked for more permissions than the application has.",
        PortalAdmin, &[ADD_MAIL, EMPLOYEE_SIGNS_IN], Never, OAUTH_ERRORS),
    row("INSUFFICIENT_SCOPE", &[403, 401],
        "The application lacks the mail permission (scope).",
        PortalAdmin, &[ADD_MAIL, EMPLOYEE_SIGNS_IN], Never, SCOPES),
    row("BITRIX_REST_V3_EXCEPTION_INSUFFICIENTSCOPEEXCEPTION", &[403],
        "The application lacks the mail permission (scope).",
        PortalAdmin, &[ADD_MAIL, EMPLOYEE_SIGNS_IN], Never, SCOPES),
    row("BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", &[401],
        "The portal refuses this employee's calls and gives no reason; the sign-in was just renewed.",
        PortalAdmin, &["Check that the employee's account is active.", "Check that the portal's plan includes REST.", EMPLOYEE_SIGNS_IN], Never, ACCESS),
    row("BITRIX_REST_V3_EXCEPTION_ACCESSDENIEDEXCEPTION", &[403],
        "The sign-in is right, but this employee may not call the method.",
        PortalAdmin, &["Check that this employee may use mail and REST."], Never, METHOD),
    row("NO_CREDENTIALS", &[],
        "The server cannot read its application's client id or secret.",
        Operator, &[SET_CLIENT], Never, OAUTH),
    row("TOKEN_STORE_UNUSABLE", &[],
        "The server cannot use the store of its sign-ins at the moment; nobody was signed out.",
        Operator, &["Check that the store of BITRIX24_MCP_STORE has room and that the server may write to it."], Later, OAUTH).after(30),
    row("ERROR_WITHOUT_CODE", &[],
        "The portal refused the call without a usable code.",
        PortalAdmin, &["Read the message.", "Check the application's permissions.", "If it keeps failing, contact Bitrix24 support with code and time."], Never, SUPPORT),
    row("BITRIX_REST_V3_EXCEPTION_HTTPSREQUIREDEXCEPTION", &[400, 403],
        "The portal answers over HTTPS only.",
        Operator, &[USE_HTTPS, "If a proxy ends TLS before the portal, let it pass the original scheme on."], Never, NETWORK),
    row("INVALID_REQUEST", &[400, 401],
        "From a portal: HTTPS is required. From the authorization server: the request is malformed.",
        Operator, &[USE_HTTPS, SET_CLIENT], Never, OAUTH_ERRORS),
    row("INVALID_HTTP_METHOD", &[],
        "The portal received another HTTP method than POST; a proxy or redirect changed it.",
        Operator, &["Check proxies between this server and the portal.", "Use the portal's final address in BITRIX24_PORTAL."], Never, REST_V3),
    row("NAME_NOT_RESOLVED", &[],
        "The host is misspelt or was renamed, or this machine has no DNS.",
        Operator, &["Compare BITRIX24_PORTAL with the portal's address in a browser.", "Check DNS and proxy (HTTPS_PROXY) on the server's machine."], Later, NETWORK).after(30),
    row("UNREADABLE_REPLY", &[404],
        "No Bitrix24 portal answers at this address.",
        Operator, &["Compare BITRIX24_PORTAL with the portal's address in a browser.", "Check proxies that rewrite paths."], Never, REST_V3),
    row("UNREADABLE_REPLY", &[],
        "The server at this address is not a Bitrix24 REST 3.0 portal, or something in between changes its replies.",
        Operator, &[CHECK_ADDRESS, "Check proxies and sign-in pages in front of the portal.",
            "On a self-hosted portal, turn off display_errors in php.ini and exception_handling's debug in .settings.php."], Never, REST_V3),
    row("REPLY_TOO_LARGE", &[],
        "The reply is larger than any page of contacts can be, so it was not read.",
        Operator, &[CHECK_ADDRESS, "Ask for a smaller limit."], Never, METHOD),
    row("REDIRECTED", &[],
        "The portal redirects to another address; this server never sends credentials there by itself.",
        Operator, &["If the portal was renamed, put its new address into BITRIX24_PORTAL.", "If it redirects within itself, check that it opens in a browser."], Never, RENAME),
];
