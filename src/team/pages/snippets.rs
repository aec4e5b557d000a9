//! How to connect each client: the text to paste, and what to do with it. No text holds a token: the client opens the
//! sign-in.

use super::markup::escaped;
use super::wording::StartTexts;
use crate::team::public_url::PublicUrl;

/// The name of the entry in the clients.
const NAME: &str = "bitrix24-mail";

/// How to connect each client, as HTML.
pub(super) fn snippets(texts: &StartTexts, url: &PublicUrl) -> String {
    let resource = url.resource();
    let mut all = vec![
        (
            "Claude Code",
            texts.claude_code,
            format!("claude mcp add --transport http {NAME} {resource}"),
        ),
        ("Codex", texts.codex, format!("codex mcp add {NAME} --url {resource}")),
        (
            "Cursor",
            texts.cursor,
            format!("{{\n  \"mcpServers\": {{\n    \"{NAME}\": {{\n      \"url\": \"{resource}\"\n    }}\n  }}\n}}"),
        ),
        (
            "VS Code",
            texts.vs_code,
            format!(
                "{{\n  \"servers\": {{\n    \"{NAME}\": {{\n      \"type\": \"http\",\n      \"url\": \"{resource}\"\n    }}\n  }}\n}}"
            ),
        ),
    ];
    // Anthropic's servers connect to the address, so it is none of this computer.
    if url.is_https() {
        all.push(("Claude Desktop, claude.ai", texts.claude, resource.to_owned()));
    }
    let section = |(client, how, text): (&str, &str, String)| {
        let text = escaped(&text);
        format!("<h3>{client}</h3>\n<p>{how}</p>\n<pre>{text}</pre>\n")
    };
    all.into_iter().map(section).collect()
}
