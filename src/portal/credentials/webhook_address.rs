//! The address of an inbound webhook, in every form that Bitrix24's pages show.
//!
//! Pure: no network. Neither `Debug` nor `Display` prints the secret.
//!
//! | accepted | as |
//! |---|---|
//! | `https://p.bitrix24.com/rest/1/SECRET/` | the form the webhook page shows |
//! | `https://p.bitrix24.com/rest/1/SECRET` | without the slash at its end |
//! | `https://p.bitrix24.com/rest/api/1/SECRET/` | the REST 3.0 form |
//! | `https://p.bitrix24.com/rest/1/SECRET/profile.json?ID=1` | copied from the request builder, with a method |
//!
//! See <https://apidocs.bitrix24.com/local-integrations/local-webhooks.html>.

use std::fmt;
use std::str::FromStr;

use secrecy::SecretString;
use url::Url;

use crate::portal::origin::{InvalidOrigin, Origin};

/// The longest secret that is accepted. Webhook secrets have 16 characters today.
const MAX_SECRET_LENGTH: usize = 256;

/// A checked webhook address: a portal, a user and a secret.
///
/// ```
/// use bitrix24_mail_mcp::portal::WebhookAddress;
///
/// let address: WebhookAddress = "https://p.bitrix24.com/rest/1/s3cr3t/profile.json".parse()?;
/// assert_eq!(address.to_string(), "https://p.bitrix24.com/rest/1/****/");
/// # Ok::<(), bitrix24_mail_mcp::portal::InvalidWebhookUrl>(())
/// ```
#[derive(Clone)]
pub struct WebhookAddress {
    origin: Origin,
    user_id: u64,
    secret: SecretString,
}

/// Why a text is not a webhook address. No variant quotes the text: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidWebhookUrl {
    /// The text is empty or white space.
    #[error("the webhook URL is empty")]
    Empty,
    /// `${BITRIX24_WEBHOOK_URL}` or another placeholder that the MCP client did not replace by its value.
    #[error("the webhook URL is a placeholder without a value")]
    Placeholder,
    /// Not a URL at all, or without a host.
    #[error("the webhook URL is not a complete URL: https, host and path are needed")]
    NotAUrl,
    /// Scheme or host cannot be a portal's.
    #[error("the webhook URL {0}")]
    Origin(#[from] InvalidOrigin),
    /// The path does not begin with `/rest/`.
    #[error("the path of the webhook URL does not begin with /rest/")]
    Path,
    /// The path has no user id, or the user id is not a whole number above zero.
    #[error("the webhook URL has no numeric user id after /rest/")]
    UserId,
    /// The path ends before the secret, or the secret has characters that no webhook's secret has.
    #[error("the webhook URL has no secret code after the user id, or it is masked or damaged")]
    Secret,
}

impl InvalidWebhookUrl {
    /// True if the only mistake is `http` in place of `https`.
    pub fn is_plain_http(self) -> bool {
        self == Self::Origin(InvalidOrigin::PlainHttp)
    }
}

impl WebhookAddress {
    /// Scheme, host and port of the portal.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Id of the employee whose address book the webhook sees.
    pub fn user_id(&self) -> u64 {
        self.user_id
    }

    pub(crate) fn secret(&self) -> &SecretString {
        &self.secret
    }
}

impl FromStr for WebhookAddress {
    type Err = InvalidWebhookUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = unquoted(text.trim());
        if text.is_empty() {
            return Err(InvalidWebhookUrl::Empty);
        }
        if text.starts_with("${") || text.contains("put_your_") {
            return Err(InvalidWebhookUrl::Placeholder);
        }
        let url = Url::parse(text).map_err(|_| InvalidWebhookUrl::NotAUrl)?;
        let origin = Origin::of(&url)?;
        let (user_id, secret) = user_and_secret(&url)?;
        Ok(Self {
            origin,
            user_id,
            secret: secret.into(),
        })
    }
}

/// True if `text` may be a webhook's URL, whole or without its beginning, and so may hold a secret. Such text is never
/// printed, and never accepted where others can see it.
pub fn may_hold_a_webhook(text: &str) -> bool {
    let is_id = |rest: &str| {
        rest.trim_start_matches("api/")
            .starts_with(|c: char| c.is_ascii_digit())
    };
    text.contains("://") || text.split("rest/").skip(1).any(is_id)
}

/// The text without quotes around it, which settings copied from a shell or an `.env` file often keep.
fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .map_or(text, str::trim)
}

fn user_and_secret(url: &Url) -> Result<(u64, String), InvalidWebhookUrl> {
    let mut segments = url
        .path_segments()
        .ok_or(InvalidWebhookUrl::NotAUrl)?
        .filter(|segment| !segment.is_empty());
    if segments.next() != Some("rest") {
        return Err(InvalidWebhookUrl::Path);
    }
    let mut user = segments.next();
    if user == Some("api") {
        user = segments.next();
    }
    let user_id = user
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse::<u64>().ok())
        .filter(|id| *id > 0)
        .ok_or(InvalidWebhookUrl::UserId)?;
    let secret = segments
        .next()
        .filter(|text| text.len() <= MAX_SECRET_LENGTH)
        .filter(|text| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
        .ok_or(InvalidWebhookUrl::Secret)?;
    // One more segment is the name of a method; a longer path is no webhook's.
    if segments.next().is_some() && segments.next().is_some() {
        return Err(InvalidWebhookUrl::Path);
    }
    Ok((user_id, secret.to_owned()))
}

impl fmt::Display for WebhookAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/rest/{}/****/", self.origin, self.user_id)
    }
}

impl fmt::Debug for WebhookAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    /// The whole address with its secret, in the form the webhook page shows.
    fn printed_with_secret(address: &WebhookAddress) -> String {
        let (origin, user, secret) = (&address.origin, address.user_id, address.secret.expose_secret());
        format!("{origin}/rest/{user}/{secret}/")
    }

    fn parse(text: &str) -> Result<WebhookAddress, InvalidWebhookUrl> {
        text.parse()
    }

    #[test]
    fn every_form_of_the_webhook_page_is_the_same_address() {
        let expected = "https://p.bitrix24.com/rest/1/abc123/";
        assert_eq!(printed_with_secret(&parse(expected).unwrap()), expected);
        for text in [
            "https://p.bitrix24.com/rest/1/abc123",
            "https://p.bitrix24.com/rest/1/abc123/profile.json",
            "https://p.bitrix24.com/rest/1/abc123/department.get.json?ID=42",
            "https://p.bitrix24.com/rest/1/abc123/profile/",
            "https://p.bitrix24.com/rest/api/1/abc123",
            "https://p.bitrix24.com/rest/api/1/abc123/",
            "https://p.bitrix24.com/rest/api/1/abc123/mail.recipient.listcontacts",
            "HTTPS://P.Bitrix24.com:443//rest//1/abc123/",
            "  https://p.bitrix24.com/rest/1/abc123/\n",
            "\"https://p.bitrix24.com/rest/1/abc123/\"",
            "' https://p.bitrix24.com/rest/1/abc123/ '",
        ] {
            assert_eq!(printed_with_secret(&parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn each_mistake_has_its_own_name() {
        use InvalidOrigin::{PlainHttp, Scheme, UserInfo};
        use InvalidWebhookUrl::*;
        for (text, expected) in [
            ("", Empty),
            ("  \t", Empty),
            ("\"\"", Empty),
            ("${BITRIX24_WEBHOOK_URL:-}", Placeholder),
            ("${env:BITRIX24_WEBHOOK_URL}", Placeholder),
            (
                "https://**put_your_bitrix24_address**/rest/1/**put_your_webhook_here**/",
                Placeholder,
            ),
            ("p.bitrix24.com/rest/1/abc", NotAUrl),
            ("https://", NotAUrl),
            ("ftp://p.bitrix24.com/rest/1/abc", Origin(Scheme)),
            ("http://p.bitrix24.com/rest/1/abc", Origin(PlainHttp)),
            ("http://10.0.0.1/rest/1/abc", Origin(PlainHttp)),
            ("http://127.0.0.1.evil.example/rest/1/abc", Origin(PlainHttp)),
            ("http://localhost.evil.example/rest/1/abc", Origin(PlainHttp)),
            ("https://u:p@p.bitrix24.com/rest/1/abc", Origin(UserInfo)),
            ("https://p.bitrix24.com/", Path),
            ("https://p.bitrix24.com/marketplace/app/1/", Path),
            ("https://p.bitrix24.com/rest/1/abc/a/b", Path),
            ("https://p.bitrix24.com/rest/", UserId),
            ("https://p.bitrix24.com/rest/abc/", UserId),
            ("https://p.bitrix24.com/rest/+1/abc/", UserId),
            ("https://p.bitrix24.com/rest/0/abc/", UserId),
            ("https://p.bitrix24.com/rest/99999999999999999999999/abc/", UserId),
            ("https://p.bitrix24.com/rest/1/", Secret),
            ("https://p.bitrix24.com/rest/1/profile.json", Secret),
            ("https://p.bitrix24.com/rest/1/****/", Secret),
            ("https://p.bitrix24.com/rest/1/a%2Fb/", Secret),
        ] {
            assert_eq!(parse(text).err(), Some(expected), "{text}");
        }
    }

    #[test]
    fn plain_http_is_accepted_only_for_loopback() {
        for text in [
            "http://127.0.0.1:8080/rest/1/abc/",
            "http://127.9.9.9/rest/1/abc/",
            "http://[::1]:80/rest/1/abc/",
            "http://localhost/rest/1/abc/",
        ] {
            assert!(parse(text).unwrap().origin().is_plain_http(), "{text}");
        }
    }

    #[test]
    fn neither_debug_nor_display_shows_the_secret() {
        let address = parse("https://p.bitrix24.com/rest/1/canary/").unwrap();
        assert!(!format!("{address} {address:?} {address:#?}").contains("canary"));
    }

    #[test]
    fn text_that_may_be_a_webhook_is_recognised() {
        for text in [
            "https://p.example/rest/1/a/",
            "p.example/rest/1/a",
            "rest/api/7/a",
            "https:/p/rest/1/a",
            "x://",
        ] {
            assert!(may_hold_a_webhook(text), "{text}");
        }
        for text in [
            "anna",
            "@contoso.com",
            "/etc/bitrix24/settings.toml",
            "C:\\rest\\1",
            "forest/fire",
            "rest/home",
        ] {
            assert!(!may_hold_a_webhook(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn no_text_of_url_letters_makes_the_parser_panic(text in "(https?://)?[a-z0-9:/@.%?#\\[\\]\\\\-]{0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_printed_address_is_parsed_to_the_same_address(
            host in "[a-z][a-z0-9]{0,12}\\.example|127\\.0\\.0\\.1|\\[::1\\]",
            port in proptest::option::of(1u16..),
            user in 1u64..,
            secret in "[A-Za-z0-9_-]{1,40}",
        ) {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            let address = parse(&format!("https://{host}{port}/rest/{user}/{secret}")).unwrap();
            let printed = printed_with_secret(&address);
            prop_assert_eq!(printed_with_secret(&parse(&printed).unwrap()), printed);
        }
    }
}
