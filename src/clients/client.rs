//! The clients that this program can be installed in: one table of where each keeps its settings, in which form, and
//! how an entry refers to a secret.

use std::path::{Path, PathBuf};

use super::byte_order_mark::ByteOrderMark;
use super::document::Language;
use super::machine::Machine;
use crate::config::env_vars::EnvVar;

/// An MCP client that this program can be installed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Client {
    ClaudeCode,
    Codex,
    Cursor,
    VsCode,
    ClaudeDesktop,
}

impl Client {
    pub(crate) const ALL: &[Self] = &[
        Self::ClaudeCode,
        Self::Codex,
        Self::Cursor,
        Self::VsCode,
        Self::ClaudeDesktop,
    ];

    /// The name on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ClaudeCode => "claude-code",
            Self::Codex => "codex",
            Self::Cursor => "cursor",
            Self::VsCode => "vscode",
            Self::ClaudeDesktop => "claude-desktop",
        }
    }

    /// The client's name as its makers write it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::ClaudeCode => "Claude Code",
            Self::Codex => "Codex",
            Self::Cursor => "Cursor",
            Self::VsCode => "VS Code",
            Self::ClaudeDesktop => "Claude Desktop",
        }
    }

    /// The user's own settings file.
    pub(crate) fn file(self, machine: &Machine) -> PathBuf {
        match self {
            Self::ClaudeCode => {
                // If this older file exists and is not empty, Claude Code reads and writes only this one.
                let legacy = machine.folder_in("CLAUDE_CONFIG_DIR", ".claude").join(".config.json");
                let is_used = legacy.metadata().is_ok_and(|metadata| metadata.len() > 0);
                let file = machine.folder_in("CLAUDE_CONFIG_DIR", "").join(".claude.json");
                if is_used { legacy } else { file }
            }
            Self::Codex => machine.folder_in("CODEX_HOME", ".codex").join("config.toml"),
            Self::Cursor => machine.home.join(".cursor").join("mcp.json"),
            Self::VsCode => machine.vs_code_folder().join("User").join("mcp.json"),
            Self::ClaudeDesktop => machine.claude_desktop_folder().join("claude_desktop_config.json"),
        }
    }

    /// The usual place of the user's settings file, as Markdown for the documentation.
    pub(crate) fn usual_file(self) -> &'static str {
        match self {
            Self::ClaudeCode => "`~/.claude.json`",
            Self::Codex => "`~/.codex/config.toml`",
            Self::Cursor => "`~/.cursor/mcp.json`",
            Self::VsCode => "`mcp.json` of the user's profile (`MCP: Open User Configuration`)",
            Self::ClaudeDesktop => "`claude_desktop_config.json` (Settings > Developer > Edit Config)",
        }
    }

    /// Settings of the current folder that the client reads too: each file, and the path of the table of servers in it.
    /// The first that has an entry wins.
    pub(crate) fn files_of_the_folder(self, machine: &Machine) -> Vec<(PathBuf, Vec<String>)> {
        let section = || vec![self.section().to_owned()];
        let here = |path: &str| vec![(machine.folder.join(path), section())];
        match self {
            Self::ClaudeCode => {
                let folder = machine.folder.display().to_string();
                let local = vec!["projects".to_owned(), folder, self.section().to_owned()];
                vec![
                    (self.file(machine), local),
                    (machine.folder.join(".mcp.json"), section()),
                ]
            }
            Self::Codex => here(".codex/config.toml"),
            Self::Cursor => here(".cursor/mcp.json"),
            Self::VsCode => here(".vscode/mcp.json"),
            Self::ClaudeDesktop => Vec::new(),
        }
    }

    /// Where the client is found on this machine: its program, its application or its folder.
    pub(crate) fn find_on(self, machine: &Machine) -> Option<PathBuf> {
        let (programs, application): (&[&str], Option<&str>) = match self {
            Self::ClaudeCode => (&["claude"], None),
            Self::Codex => (&["codex"], None),
            Self::Cursor => (&["cursor"], Some("/Applications/Cursor.app")),
            Self::VsCode => (&["code"], Some("/Applications/Visual Studio Code.app")),
            Self::ClaudeDesktop => (&[], Some("/Applications/Claude.app")),
        };
        let application = application.map(PathBuf::from).filter(|path| path.exists());
        let folder = match self {
            // The file is in the home folder, which always exists, or in a folder below the client's own.
            Self::ClaudeCode => machine.folder_in("CLAUDE_CONFIG_DIR", ".claude"),
            Self::VsCode => machine.vs_code_folder(),
            _ => self.file(machine).parent().map(PathBuf::from).unwrap_or_default(),
        };
        let file = self.file(machine);
        programs
            .iter()
            .find_map(|program| machine.find_program(program))
            .or(application)
            .or_else(|| holds_others(&folder, &file).then_some(folder))
    }

    /// The language of the client's settings file.
    pub(crate) fn language(self) -> Language {
        match self {
            Self::Codex => Language::Toml,
            _ => Language::Json,
        }
    }

    /// True if the client replaces `~` in an entry's command, arguments and folder by the home folder; the others are
    /// not known to do so. <https://github.com/microsoft/vscode/issues/247076>
    pub(crate) fn replaces_tilde(self) -> bool {
        self == Self::VsCode
    }

    /// Whether the client reads a file that begins with a byte order mark.
    pub(crate) fn byte_order_mark(self) -> ByteOrderMark {
        match self {
            // https://github.com/tradesdontlie/tradingview-mcp/issues/406
            Self::ClaudeDesktop => ByteOrderMark::Refused,
            // https://github.com/anthropics/claude-code/issues/9906
            Self::ClaudeCode | Self::Cursor => ByteOrderMark::Doubtful,
            Self::Codex | Self::VsCode => ByteOrderMark::Read,
        }
    }

    /// False if a comment or a trailing comma stops the client from reading its file.
    pub(crate) fn accepts_comments(self) -> bool {
        matches!(self, Self::Codex | Self::VsCode)
    }

    /// The key of the table of servers in the client's settings file.
    pub(crate) fn section(self) -> &'static str {
        match self {
            Self::Codex => "mcp_servers",
            Self::VsCode => "servers",
            _ => "mcpServers",
        }
    }

    /// True if the client's entries name the transport (`"type": "stdio"`).
    pub(crate) fn names_transport(self) -> bool {
        matches!(self, Self::ClaudeCode | Self::Cursor | Self::VsCode)
    }

    /// True if the client passes only a few variables of the system on to the server, and not its whole environment.
    pub(crate) fn clears_environment(self) -> bool {
        matches!(self, Self::Codex | Self::ClaudeDesktop)
    }

    /// How an entry refers to a secret in the form that this client understands.
    pub(crate) fn reference(self, variable: &'static EnvVar, machine: &Machine) -> Reference {
        match self {
            // Without the empty default the reference itself would arrive as the value of an unset variable.
            Self::ClaudeCode => Reference::Value(variable.name, format!("${{{}:-}}", variable.name)),
            Self::Codex => Reference::Passed,
            Self::Cursor => Reference::EnvFile(machine.own_folder().join("env")),
            Self::VsCode => Reference::Value(variable.name, input_reference(variable)),
            // Claude Desktop expands no references and passes no variables on.
            Self::ClaudeDesktop => match variable.file_twin() {
                Some(twin) => {
                    let file = machine.own_folder().join(dashed(variable));
                    Reference::Value(twin.name, file.display().to_string())
                }
                None => Reference::Passed,
            },
        }
    }
}

/// How an entry refers to a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reference {
    /// By this variable with this value, in the entry's `env`.
    Value(&'static str, String),
    /// By the variable's name in `env_vars`, the list of variables that the client passes on.
    Passed,
    /// By this file of variables, in `envFile`.
    EnvFile(PathBuf),
}

/// True if the folder holds anything besides `file`, its folders and its backup: `install` itself may have created
/// those.
fn holds_others(folder: &Path, file: &Path) -> bool {
    let ours = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_theirs = |path: PathBuf| {
        if file.parent().is_some_and(|parent| parent.starts_with(&path)) {
            return holds_others(&path, file);
        }
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_none_or(|name| !name.starts_with(ours))
    };
    let entries = folder.read_dir().into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(is_theirs)
}

/// The id of the question by which VS Code asks for a secret.
pub(crate) fn input_id(variable: &EnvVar) -> String {
    format!("bitrix24-{}", dashed(variable))
}

/// How an entry refers to the answer to the question for a secret.
pub(crate) fn input_reference(variable: &EnvVar) -> String {
    format!("${{input:{}}}", input_id(variable))
}

fn dashed(variable: &EnvVar) -> String {
    variable.key().replace('_', "-")
}
