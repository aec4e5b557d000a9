//! The addresses that a client may have a code sent to. Pure.
//!
//! | address | may be registered | may be asked for |
//! |---|---|---|
//! | `https://…` | yes | exactly as registered |
//! | `http://127.0.0.1`, `http://[::1]`, `http://localhost` | yes | with any port, all else as registered (RFC 8252, section 7.3) |
//! | the scheme of an application in [`OWN_SCHEMES`] | yes | exactly as registered |
//! | everything else | no | no |
//!
//! A registered address has 2 KiB at most. Each address has to be spelled in the normal form of the URL standard, so that no two programs read it differently.

use percent_encoding::percent_decode_str;
use url::{Position, Url};

/// The beginnings of addresses that desktop applications register with the operating system: Cursor, Cline in VS Code,
/// and Warp.
const OWN_SCHEMES: [&str; 4] = [
    "cursor://anysphere.cursor-mcp/",
    "vscode://saoudrizwan.claude-dev/mcp-auth/callback/",
    "vscode-insiders://saoudrizwan.claude-dev/mcp-auth/callback/",
    "warp://mcp/",
];

const LOOPBACK_HOSTS: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// The most bytes of an address that a client registers.
const MAX_LENGTH: usize = 2048;

/// True if a client may register `uri`.
pub(in crate::team) fn is_allowed(uri: &str) -> bool {
    uri.len() <= MAX_LENGTH && allowed(uri).is_some()
}

/// True if `asked` is one of the `registered` addresses; on loopback its port may be another.
pub(in crate::team) fn is_registered(registered: &[String], asked: &str) -> bool {
    let Some(asked_url) = allowed(asked) else { return false };
    registered.iter().any(|known| {
        let is_same_but_for_the_port = || allowed(known).is_some_and(|known| differ_in_port(&known, &asked_url));
        known == asked || is_same_but_for_the_port()
    })
}

fn allowed(uri: &str) -> Option<Url> {
    let url = Url::parse(uri).ok()?;
    let is_known = match url.scheme() {
        "https" => true,
        "http" => is_loopback(&url),
        _ => OWN_SCHEMES.iter().any(|beginning| uri.starts_with(beginning)),
    };
    let is_allowed = is_known
        && is_normal(&url, uri)
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && !has_hidden_dot_segments(url.path());
    is_allowed.then_some(url)
}

fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http" && url.host_str().is_some_and(|host| LOOPBACK_HOSTS.contains(&host))
}

/// True if the parser changes nothing but an empty path and the scheme's own port. It removes blanks at the ends, tabs,
/// line breaks, dot segments and an empty user name, turns `\` into `/`, and writes an IPv4 address with four decimal
/// numbers.
fn is_normal(url: &Url, uri: &str) -> bool {
    let is_without_path = || url.path() == "/" && url.query().is_none() && url.as_str().strip_suffix('/') == Some(uri);
    let is_with_port = || {
        let (before, after) = (&url[..Position::AfterHost], &url[Position::BeforePath..]);
        let port = url.port_or_known_default();
        url.port().is_none() && port.is_some_and(|port| format!("{before}:{port}{after}") == uri)
    };
    url.as_str() == uri || is_without_path() || is_with_port()
}

/// True if the path has a dot segment or a `\` after its escapes are decoded.
fn has_hidden_dot_segments(path: &str) -> bool {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    decoded.contains(|c: char| c == '\\' || c.is_control()) || decoded.split('/').any(|part| matches!(part, "." | ".."))
}

fn differ_in_port(known: &Url, asked: &Url) -> bool {
    is_loopback(known)
        && is_loopback(asked)
        && known.host_str() == asked.host_str()
        && known.path() == asked.path()
        && known.query() == asked.query()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n10_addresses_that_run_code_or_open_files_are_refused_in_every_spelling() {
        for refused in [
            "",
            "callback",
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "javascript://anysphere.cursor-mcp/%0aalert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:https://ok.example/x",
            "com.example.app:/callback",
            "vscode://evil.extension/mcp-auth/callback/x",
            "vscode://saoudrizwan.claude-dev/task",
            "cursor://anysphere.cursor-mcp.evil.example/x",
            "cursor://anysphere.cursor-mcp",
            "CURSOR://anysphere.cursor-mcp/oauth/callback",
            " https://ok.example/x",
            "https://ok.example/x ",
            "\u{1}https://ok.example/x",
            "https://ok.example/\tx",
            "ht\ttps://ok.example/x",
            "https://ok.example/x\n",
            "https://ok.example/x y",
            "https://ok.example/%0d%0ax",
            "https://ok.example\\x",
            "https:\\\\ok.example/x",
            "https:ok.example/x",
            "https:/ok.example/x",
            "https://ok.example/é",
            "https://пример.example/x",
        ] {
            assert!(!is_allowed(refused), "{refused:?}");
        }
    }

    #[test]
    fn n11_plain_http_is_for_loopback_only_and_hidden_parts_are_refused() {
        for refused in [
            "http://ok.example/callback",
            "http://localhost.evil.example/callback",
            "http://127.0.0.1.evil.example/callback",
            "http://127.0.0.1@evil.example/callback",
            "http://evil.example@127.0.0.1/callback",
            "http://:secret@127.0.0.1/callback",
            "http://@127.0.0.1/callback",
            "http://localhost#x",
            "http://localhost/callback#",
            "http://127.0.0.2/callback",
            "http://127.1/callback",
            "http://2130706433/callback",
            "http://0x7f000001/callback",
            "http://0177.0.0.1/callback",
            "http://[::ffff:127.0.0.1]/callback",
            "http://[0:0:0:0:0:0:0:1]/callback",
            "http://localhost./callback",
            "http://LOCALHOST/callback",
            "http://localhost:*/callback",
            "http://localhost:99999/callback",
            "https://user@ok.example/x",
            "https://ok.example/../x",
            "https://ok.example/./x",
            "https://ok.example/a/..",
            "https://ok.example/%2e%2e/x",
            "https://ok.example/.%2E/x",
            "https://ok.example/a%2f..%2fx",
            "https://ok.example/a%5c..%5cx",
            "https://ok.example/x#y",
            "cursor://anysphere.cursor-mcp/../x",
            "cursor://anysphere.cursor-mcp/%2e%2e/x",
            "cursor://anysphere.cursor-mcp/a#x",
        ] {
            assert!(!is_allowed(refused), "{refused:?}");
        }
    }

    #[test]
    fn n12_the_addresses_of_known_clients_are_allowed() {
        for allowed in [
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
            "https://insiders.vscode.dev/redirect",
            "https://vscode.dev/redirect",
            "http://127.0.0.1/",
            "http://127.0.0.1:33418/",
            "http://127.0.0.1:33418",
            "http://localhost:3118/callback",
            "http://127.0.0.1:41239/callback",
            "http://[::1]:41239/callback",
            "https://claude.ai/api/mcp/auth_callback",
            "https://chatgpt.com/connector/oauth/a1_B-2",
            "http://localhost:6274/oauth/callback/debug",
            "vscode://saoudrizwan.claude-dev/mcp-auth/callback/0a1b",
            "warp://mcp/oauth2callback",
            "https://ok.example/callback?state=x&iss=y",
            "https://ok.example/a..b/.well-known/x",
        ] {
            assert!(is_allowed(allowed), "{allowed}");
            assert!(is_registered(&[allowed.to_owned()], allowed), "{allowed}");
        }
    }

    #[test]
    fn n26_only_the_port_of_a_loopback_address_may_be_another() {
        let registered = [
            "http://127.0.0.1/callback",
            "http://localhost:8787/callback?a=1",
            "http://[::1]:5000",
            "https://ok.example/callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ]
        .map(str::to_owned);
        for asked in [
            "http://127.0.0.1:52163/callback",
            "http://127.0.0.1:80/callback",
            "http://localhost/callback?a=1",
            "http://localhost:1/callback?a=1",
            "http://[::1]:6000",
            "http://[::1]:6000/",
            "https://ok.example/callback",
            "cursor://anysphere.cursor-mcp/oauth/callback",
        ] {
            assert!(is_registered(&registered, asked), "{asked}");
        }
        for asked in [
            "http://127.0.0.1:52163/callback/",
            "http://127.0.0.1:52163/Callback",
            "http://127.0.0.1:52163/callback?a=1",
            "http://127.0.0.1:52163/callback?",
            "http://127.0.0.1:52163/callback#x",
            "http://127.0.0.1:52163/other",
            "http://127.0.0.1:52163/x/../callback",
            "http://localhost:52163/callback",
            "http://localhost:8787/callback?a=2",
            "http://localhost:8787/callback?a=1&b=2",
            "http://[::1]:6000/callback",
            "https://127.0.0.1:52163/callback",
            "http://127.0.0.1@evil.example/callback",
            "https://ok.example:8443/callback",
            "https://ok.example:443/callback",
            "https://OK.example/callback",
            "https://ok.example/callback?x",
            "http://ok.example/callback",
            "https://ok.example.evil.example/callback",
            "cursor://anysphere.cursor-mcp/oauth/callback/",
            "cursor://anysphere.cursor-mcp:1/oauth/callback",
            "",
        ] {
            assert!(!is_registered(&registered, asked), "{asked:?}");
        }
        assert!(!is_registered(&[], "https://ok.example/callback"));
        let forged = ["javascript:alert(1)".to_owned()];
        assert!(!is_registered(&forged, "javascript:alert(1)"), "even if it were stored");
    }
}
