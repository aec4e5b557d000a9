//! The hosts whose documents are fetched. Pure.

use std::str::FromStr;

/// The hosts whose documents are fetched.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MetadataHosts(Vec<String>);

/// The hosts of Claude's and Codex's documents.
const KNOWN: [&str; 2] = ["claude.ai", "chatgpt.com"];

/// A text that is no list of hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be off, on, or host names with commas between them")]
pub struct InvalidHosts;

impl FromStr for MetadataHosts {
    type Err = InvalidHosts;

    fn from_str(text: &str) -> Result<Self, InvalidHosts> {
        let hosts: Vec<_> = match text.trim() {
            "off" => Vec::new(),
            "on" => KNOWN.map(str::to_owned).to_vec(),
            list => list.split(',').map(|host| host.trim().to_ascii_lowercase()).collect(),
        };
        let is_host = |host: &String| {
            host.contains('.')
                && host.split('.').all(|label| !label.is_empty())
                // The last label of an IPv4 address is a number; no domain's is.
                && host.split('.').next_back().is_some_and(|last| !last.starts_with(|c: char| c.is_ascii_digit()))
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        };
        hosts.iter().all(is_host).then_some(Self(hosts)).ok_or(InvalidHosts)
    }
}

impl MetadataHosts {
    /// True if no document is fetched, and the metadata of this server does not offer it.
    pub fn is_off(&self) -> bool {
        self.0.is_empty()
    }

    /// True if documents of this host are fetched.
    pub fn allow(&self, host: &str) -> bool {
        self.0.iter().any(|allowed| allowed.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_off_on_or_listed() {
        let off: MetadataHosts = "off".parse().unwrap();
        assert!(off.is_off() && !off.allow("claude.ai"));
        let on: MetadataHosts = " on ".parse().unwrap();
        assert!(!on.is_off() && on.allow("claude.ai") && on.allow("chatgpt.com"));
        let listed: MetadataHosts = "Client.Example, vscode.dev".parse().unwrap();
        assert!(listed.allow("client.example") && listed.allow("vscode.dev"));
    }

    #[test]
    fn n18_only_the_whole_name_of_a_host_is_allowed() {
        let on: MetadataHosts = "on".parse().unwrap();
        for other in [
            "",
            "ai",
            "evil.example",
            "sub.claude.ai",
            "claude.ai.",
            "claude.ai.evil.example",
            "notclaude.ai",
        ] {
            assert!(!on.allow(other), "{other}");
        }
    }

    #[test]
    fn a_text_that_is_no_list_of_host_names_is_refused() {
        for wrong in [
            "",
            "ON",
            "true",
            "localhost",
            "*",
            "*.example.com",
            "claude.ai,",
            ",claude.ai",
            "claude..ai",
            ".claude.ai",
            "claude.ai.",
            "https://claude.ai",
            "claude.ai/oauth",
            "claude.ai:443",
            "claude.ai chatgpt.com",
            "on,claude.ai",
            "off,claude.ai",
            "127.0.0.1",
            "10.0.0x1.1",
            "127.0.0.0x1",
            "[::1]",
            "пример.рф",
        ] {
            assert_eq!(wrong.parse::<MetadataHosts>(), Err(InvalidHosts), "{wrong}");
        }
    }
}
