//! `GET /`: a page for people who open the server's address in a browser. It shows what the server is, whether look-ups
//! work, and the text to paste into each client. It holds no secret, runs no script and loads nothing.

use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY, X_FRAME_OPTIONS};
use http::{HeaderMap, HeaderValue};

use super::endpoint::MCP;
use super::operation::Readiness;
use crate::mcp::NotReady;
use crate::team::escaped;
use crate::transports::legacy_sse;

const STYLE: &str = include_str!("page.css");

/// The state of the server that the page shows.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) readiness: Arc<Readiness>,
    pub(super) needs_token: bool,
    pub(super) has_legacy_sse: bool,
    /// The address on which the server listens.
    pub(super) address: SocketAddr,
}

pub(super) async fn page(State(page): State<Arc<Page>>, headers: HeaderMap) -> Response {
    let readiness = page.readiness.check().await;
    let html = html(&View {
        base: base_url(&headers, page.address),
        readiness: &readiness,
        needs_token: page.needs_token,
        has_legacy_sse: page.has_legacy_sse,
    });
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (REFERRER_POLICY, "no-referrer"),
        (X_FRAME_OPTIONS, "DENY"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    (headers, html).into_response()
}

/// The content of one copy of the page.
struct View<'a> {
    /// The server's URL without a path.
    base: String,
    readiness: &'a Result<(), NotReady>,
    needs_token: bool,
    has_legacy_sse: bool,
}

/// The URL by which the browser reached this server, without a path. The guard has checked `Host`.
fn base_url(headers: &HeaderMap, address: SocketAddr) -> String {
    let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let is_https = header(http::HeaderName::from_static("x-forwarded-proto")) == Some("https");
    let scheme = if is_https { "https" } else { "http" };
    match header(HOST) {
        Some(host) => format!("{scheme}://{host}"),
        None => format!("{scheme}://{address}"),
    }
}

fn html(view: &View<'_>) -> String {
    let state = match view.readiness {
        Ok(()) => r#"<p class="state ok"><b>The portal answers.</b> Look-ups work.</p>"#.to_owned(),
        Err(NotReady { code, meaning }) => format!(
            r#"<p class="state bad"><b>Look-ups do not work:</b> {} <code>{}</code><br>Run <code>bitrix24-mail-mcp doctor</code> where the server runs; it says what to fix.</p>"#,
            escaped(meaning),
            escaped(code)
        ),
    };
    let mut snippets = String::new();
    for (client, note, text) in snippets_for(view) {
        // Writing to a string does not fail.
        let _ = writeln!(
            snippets,
            "<section><h2>{client}</h2><p>{note}</p><pre tabindex=\"0\">{}</pre></section>",
            escaped(&text)
        );
    }
    let token = if view.needs_token {
        "<p>This server needs a token. Set <code>BITRIX24_MCP_HTTP_TOKEN</code> where the client runs.</p>\n"
    } else {
        ""
    };
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>bitrix24-mail-mcp</title>
<style>
{STYLE}</style>
</head>
<body>
<main>
<h1>bitrix24-mail-mcp <small>{version}</small></h1>
<p>An MCP server. Assistants that draft mail find recipients in a Bitrix24 address book with it. It only reads.</p>
{state}
<p>MCP is at <code>{base}{MCP}</code> (Streamable HTTP). Paste one of these; a click selects it.</p>
{token}{snippets}<footer>Health: <a href="/healthz">/healthz</a>, readiness: <a href="/readyz">/readyz</a>, metrics: <a href="/metrics">/metrics</a></footer>
</main>
</body>
</html>
"#,
        version = env!("CARGO_PKG_VERSION"),
        base = escaped(&view.base),
    )
}

/// The text to paste for each client: the client's name, the place of the text, and the text.
///
/// The room `clients` writes these formats too, as edits of existing files. This room may not import `clients`, and a
/// page for people needs whole files.
fn snippets_for(view: &View<'_>) -> Vec<(&'static str, &'static str, String)> {
    let url = format!("{}{MCP}", view.base);
    let with_token = |text: &'static str| if view.needs_token { text } else { "" };
    let claude_header = with_token(" --header \"Authorization: Bearer $BITRIX24_MCP_HTTP_TOKEN\"");
    let json_header =
        with_token(",\n      \"headers\": { \"Authorization\": \"Bearer ${env:BITRIX24_MCP_HTTP_TOKEN}\" }");
    let mut snippets = vec![
        (
            "Claude Code",
            "In a terminal:",
            format!("claude mcp add --transport http bitrix24-mail {url}{claude_header}"),
        ),
        (
            "Codex",
            "In <code>~/.codex/config.toml</code>:",
            format!(
                "[mcp_servers.bitrix24-mail]\nurl = \"{url}\"{}",
                with_token("\nbearer_token_env_var = \"BITRIX24_MCP_HTTP_TOKEN\"")
            ),
        ),
        (
            "Cursor",
            "In <code>~/.cursor/mcp.json</code>:",
            format!(
                "{{\n  \"mcpServers\": {{\n    \"bitrix24-mail\": {{\n      \"url\": \"{url}\"{}\n    }}\n  }}\n}}",
                json_header
            ),
        ),
        (
            "VS Code",
            "In <code>.vscode/mcp.json</code>:",
            format!(
                "{{\n  \"servers\": {{\n    \"bitrix24-mail\": {{\n      \"type\": \"http\",\n      \"url\": \"{url}\"{}\n    }}\n  }}\n}}",
                json_header
            ),
        ),
    ];
    if view.has_legacy_sse {
        snippets.push((
            "Clients that support only HTTP+SSE",
            "That transport is deprecated; use the address above wherever the client can.",
            format!(
                "claude mcp add --transport sse bitrix24-mail {}{}{claude_header}",
                view.base,
                legacy_sse::STREAM
            ),
        ));
    }
    snippets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_on_the_page_is_escaped() {
        let readiness = Err(NotReady {
            code: "<script>".to_owned(),
            meaning: "a & \"b\"".to_owned(),
        });
        let html = html(&View {
            base: "http://127.0.0.1:8024'\"<img>".to_owned(),
            readiness: &readiness,
            needs_token: true,
            has_legacy_sse: true,
        });
        for raw in ["<script", "<img", "& \"b\""] {
            assert!(!html.contains(raw), "{raw}");
        }
        assert!(html.contains("&lt;script&gt;"));
    }
}
