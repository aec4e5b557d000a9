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
