//! A home folder with only a client's settings file, in which tests run the program. All output of the program is
//! searched for the secret.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::harness::{program, stderr, stdout};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_bitrix24-mail-mcp");
pub(crate) const CLIENTS: [&str; 5] = ["claude-code", "codex", "cursor", "vscode", "claude-desktop"];
pub(crate) const CANARY: &str = "c4nary0f4webhook";

/// A webhook of a portal that cannot be reached.
pub(crate) fn webhook() -> String {
    format!("http://127.0.0.1:1/rest/1/{CANARY}/")
}

pub(crate) struct Home {
    folder: tempfile::TempDir,
    pub(crate) client: &'static str,
    environment: BTreeMap<&'static str, String>,
}

impl Home {
    pub(crate) fn of(client: &'static str) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            client,
            environment: BTreeMap::new(),
        }
    }

    /// A home with this text in the settings file.
    pub(crate) fn with(client: &'static str, text: &str) -> Self {
        let home = Self::of(client);
        home.write(text);
        home
    }

    /// A home with this entry of the server in the settings file.
    pub(crate) fn with_entry(client: &'static str, entry: &Value) -> Self {
        let all = json!({section(client): {"bitrix24-mail": entry}});
        Self::with(client, &written(client, &all))
    }

    pub(crate) fn set(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.environment.insert(variable, value.into());
        self
    }

    pub(crate) fn unset(&mut self, variable: &str) {
        self.environment.remove(variable);
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// The client's settings file.
    pub(crate) fn file(&self) -> PathBuf {
        let settings = if cfg!(target_os = "macos") {
            "Library/Application Support"
        } else {
            ".config"
        };
        match self.client {
            "claude-code" => self.path(".claude.json"),
            "codex" => self.path(".codex/config.toml"),
            "cursor" => self.path(".cursor/mcp.json"),
            "vscode" => self.path(settings).join("Code/User/mcp.json"),
            _ => self.path(settings).join("Claude/claude_desktop_config.json"),
        }
    }

    pub(crate) fn write(&self, text: &str) {
        std::fs::create_dir_all(self.file().parent().unwrap()).unwrap();
        std::fs::write(self.file(), text).unwrap();
    }

    /// The settings file's text; `None` if there is no file.
    pub(crate) fn text(&self) -> Option<String> {
        std::fs::read_to_string(self.file()).ok()
    }

    pub(crate) fn value(&self) -> Value {
        value(self.client, &self.text().unwrap())
    }

    pub(crate) fn entry(&self) -> Value {
        self.value()[section(self.client)]["bitrix24-mail"].clone()
    }

    /// Every file below the folder with its text.
    pub(crate) fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        collect(self.folder.path(), self.folder.path(), &mut files);
        files
    }

    /// The program as a person would start it in this home.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("PATH", self.path("bin"))
            .envs(&self.environment)
            .current_dir(self.folder.path())
            .stdin(std::process::Stdio::null());
        command
    }

    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().await.unwrap();
        let said = format!("{}{}", stdout(&output), stderr(&output));
        assert!(!said.contains(CANARY), "{arguments:?}: {said}");
        assert!(
            output.status.code().is_some_and(|code| code <= 2),
            "{arguments:?}: {said}"
        );
        output
    }

    /// Runs `install` for the client, which has to succeed; returns its stdout.
    pub(crate) async fn install(&self, options: &[&str]) -> String {
        let output = self.run(&[&["install", self.client], options].concat()).await;
        assert_eq!(output.status.code(), Some(0), "{options:?}: {}", stderr(&output));
        stdout(&output)
    }

    /// Runs `install` for the client; returns its report.
    pub(crate) async fn report(&self, options: &[&str]) -> Value {
        let text = self.install(&[options, &["--format", "json"]].concat()).await;
        assert_eq!(text.lines().count(), 1, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Runs `install` for the client, which has to be refused; returns its stderr.
    pub(crate) async fn refused(&self, options: &[&str]) -> String {
        let before = self.files();
        let output = self.run(&[&["install", self.client], options].concat()).await;
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
        assert_eq!(stdout(&output), "");
        assert_eq!(self.files(), before, "nothing is changed");
        stderr(&output)
    }

    /// Runs `doctor --client`; returns its report and its exit status.
    pub(crate) async fn doctor(&self, options: &[&str]) -> (Value, Option<i32>) {
        let all = [&["doctor", "--client", self.client, "--format", "json"], options].concat();
        let output = self.run(&all).await;
        let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        (report, output.status.code())
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            files.insert(name, std::fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

/// The key of the table of servers in the client's file.
pub(crate) fn section(client: &str) -> &'static str {
    match client {
        "codex" => "mcp_servers",
        "vscode" => "servers",
        _ => "mcpServers",
    }
}

/// The file of the current folder that the client reads, if it reads any.
pub(crate) fn file_of_a_folder(client: &str) -> Option<&'static str> {
    match client {
        "claude-code" => Some(".mcp.json"),
        "codex" => Some(".codex/config.toml"),
        "cursor" => Some(".cursor/mcp.json"),
        "vscode" => Some(".vscode/mcp.json"),
        _ => None,
    }
}

/// The text of a settings file as the client prints it.
pub(crate) fn written(client: &str, all: &Value) -> String {
    match client {
        "codex" => toml::to_string(all).unwrap(),
        _ => serde_json::to_string_pretty(all).unwrap(),
    }
}

pub(crate) fn value(client: &str, text: &str) -> Value {
    match client {
        "codex" => toml::from_str(text).unwrap(),
        _ => serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap(),
    }
}

fn check_in<'a>(report: &'a Value, name: &str) -> &'a Value {
    let mut checks = report["checks"].as_array().unwrap().iter();
    let check = checks.find(|check| check["name"] == name);
    check.unwrap_or_else(|| panic!("no {name} in {report}"))
}

/// The status and the text of one check of a report.
pub(crate) fn check(report: &Value, name: &str) -> (String, String) {
    let check = check_in(report, name);
    let text = |key: &str| check[key].as_str().unwrap().to_owned();
    (text("status"), text("saw"))
}

/// The checks of a report, in their order.
pub(crate) fn names(report: &Value) -> Vec<&str> {
    let checks = report["checks"].as_array().unwrap().iter();
    checks.map(|check| check["name"].as_str().unwrap()).collect()
}

/// The first step of a check's advice.
pub(crate) fn fix_of<'a>(report: &'a Value, name: &str) -> &'a str {
    check_in(report, name)["fix"]["fix"][0].as_str().unwrap()
}
