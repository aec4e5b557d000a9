//! The families of MCP clients, for metrics: a few labels, whatever clients call themselves. Pure.

use crate::team::store::records::Client;

/// The label of a client whose family is not known.
pub(super) const OTHER: &str = "other";

/// Each family's label, the beginning of the names that its clients claim, and hosts and schemes of their addresses.
const FAMILIES: [(&str, &[&str], &[&str]); 5] = [
    ("claude", &["claude"], &["https://claude.ai/", "https://claude.com/"]),
    ("codex", &["codex"], &["https://chatgpt.com/"]),
    ("cursor", &["cursor"], &["cursor://"]),
    (
        "vscode",
        &["visual studio code", "vs code", "vscode"],
        &["https://vscode.dev/", "https://insiders.vscode.dev/"],
    ),
    ("inspector", &["mcp inspector", "inspector"], &[]),
];

/// The family of `client`, by its own and its redirect addresses first, since a claimed name may be anything.
pub(super) fn of(client: &Client) -> &'static str {
    let name = client.name.to_lowercase();
    let is_at = |starts: &[&str]| {
        let mut addresses = client.redirect_uris.iter().chain([&client.id]);
        addresses.any(|address| starts.iter().any(|start| address.starts_with(start)))
    };
    let by_address = FAMILIES.iter().find(|(_, _, starts)| is_at(starts));
    let by_name = || {
        FAMILIES
            .iter()
            .find(|(_, starts, _)| starts.iter().any(|start| name.starts_with(start)))
    };
    by_address.or_else(by_name).map_or(OTHER, |(label, ..)| label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_found_by_address_or_name_and_others_have_one_label() {
        for (id, name, redirect, expected) in [
            ("c1", "Claude Code (b24)", "http://localhost:1/callback", "claude"),
            ("c1", "My app", "https://claude.ai/api/mcp/auth_callback", "claude"),
            (
                "https://claude.ai/oauth/claude-code-client-metadata",
                "x",
                "http://localhost/callback",
                "claude",
            ),
            (
                "https://chatgpt.com/oauth/codex/client.json",
                "x",
                "http://127.0.0.1/callback",
                "codex",
            ),
            ("c1", "Codex", "http://127.0.0.1:1/callback", "codex"),
            ("c1", "", "cursor://anysphere.cursor-mcp/oauth/callback", "cursor"),
            ("c1", "Visual Studio Code", "http://127.0.0.1:33418/", "vscode"),
            ("c1", "Claude", "https://vscode.dev/redirect", "vscode"),
            (
                "c1",
                "MCP Inspector",
                "http://localhost:6274/oauth/callback",
                "inspector",
            ),
            ("c1", "Anna's secret client", "https://claude.ai.evil.example/", OTHER),
            ("c1", "", "", OTHER),
        ] {
            let client = Client {
                id: id.into(),
                name: name.into(),
                redirect_uris: vec![redirect.into()],
            };
            assert_eq!(of(&client), expected, "{id} {name} {redirect}");
        }
    }
}
