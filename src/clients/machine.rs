//! What of this machine decides where clients keep their settings, and what they can start.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::paths;

/// The system, as far as folders differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Linux,
    MacOs,
    Windows,
}

impl System {
    pub(crate) const HERE: Self = if cfg!(target_os = "macos") {
        Self::MacOs
    } else if cfg!(windows) {
        Self::Windows
    } else {
        Self::Linux
    };
}

/// Folders, environment and this program.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) system: System,
    pub(crate) home: PathBuf,
    /// The folder this program was started in.
    pub(crate) folder: PathBuf,
    /// This program, by the path that clients should start.
    pub(crate) program: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
}

/// Why one cannot tell where anything is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("this user has no home folder")]
    Home,
    #[error("the path of this program is not known")]
    Program(#[source] std::io::Error),
    #[error("the current folder cannot be used")]
    Folder(#[source] std::io::Error),
}

impl Machine {
    pub(crate) fn here() -> Result<Self, Error> {
        let mut here = Self {
            system: System::HERE,
            home: paths::home().ok_or(Error::Home)?,
            folder: std::env::current_dir().map_err(Error::Folder)?,
            program: std::env::current_exe().map_err(Error::Program)?,
            environment: environment(),
        };
        // A package manager's link outlives the version it points at.
        if let Some(on_path) = here.found(env!("CARGO_PKG_NAME"))
            && is_same_file(&on_path, &here.program)
        {
            here.program = on_path;
        }
        Ok(here)
    }

    /// The same, seen from a folder that is the user's own whatever folder this program was started in.
    pub(crate) fn at_home(&self) -> Self {
        // A service account may have none.
        let folder = if self.home.is_dir() {
            self.home.clone()
        } else {
            PathBuf::from("/")
        };
        let mut there = self.clone();
        if there.environment.contains_key("PWD") {
            there.environment.insert("PWD".to_owned(), folder.display().to_string());
        }
        there.environment.remove("OLDPWD");
        // npm's name for the folder that it was started in.
        there.environment.remove("INIT_CWD");
        Self { folder, ..there }
    }

    /// A variable that is set to something.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.environment.get(name)?;
        (!value.trim().is_empty()).then_some(value.as_str())
    }

    /// The program that this name or path starts, searched on PATH.
    pub(crate) fn found(&self, program: impl AsRef<Path>) -> Option<PathBuf> {
        self.found_on(self.variable("PATH"), program, &self.folder)
    }

    /// The program that this name or path starts in that folder, searched in the folders of `path`. One of them that is
    /// not absolute is left out: it is another in each folder, and a stranger's in a stranger's.
    pub(crate) fn found_on(&self, path: Option<&str>, program: impl AsRef<Path>, folder: &Path) -> Option<PathBuf> {
        let folders = std::env::split_paths(path.unwrap_or_default()).filter(|folder| folder.is_absolute());
        let folders = std::env::join_paths(folders).ok()?;
        // An empty PATH would be searched as the current folder.
        let folders = (!folders.is_empty()).then_some(folders);
        which::which_in(program.as_ref(), folders, folder).ok()
    }

    /// The path as this program takes it, from the folder it was started in.
    pub(crate) fn meant(&self, path: impl AsRef<Path>) -> PathBuf {
        // One that is refused stays as it is written, and is refused by the server with the reason.
        let path = path.as_ref();
        match paths::expanded(path, Some(&self.home)) {
            Ok(expanded) => self.folder.join(expanded),
            Err(_) => path.to_owned(),
        }
    }

    /// True if this name or path starts this program itself.
    pub(crate) fn is_this(&self, program: impl AsRef<Path>) -> bool {
        self.found(program).is_some_and(|found| self.is_this_file(&found))
    }

    /// True if this file is this program, by whatever links.
    pub(crate) fn is_this_file(&self, file: &Path) -> bool {
        is_same_file(file, &self.program)
    }

    /// Where programs with windows keep a user's settings.
    pub(crate) fn settings_folder(&self) -> PathBuf {
        match self.system {
            System::Linux => self.folder_in("XDG_CONFIG_HOME", ".config"),
            System::MacOs => self.home.join("Library/Application Support"),
            System::Windows => self.folder_in("APPDATA", "AppData/Roaming"),
        }
    }

    /// Where VS Code keeps everything of a user.
    pub(crate) fn vs_code_folder(&self) -> PathBuf {
        if let Some(portable) = self.named_folder("VSCODE_PORTABLE") {
            return portable.join("user-data");
        }
        let folder = self.named_folder("VSCODE_APPDATA");
        folder.unwrap_or_else(|| self.settings_folder()).join("Code")
    }

    /// Where Claude Desktop keeps its settings. On Windows an installation from a package reads a folder of its own.
    pub(crate) fn claude_desktop_folder(&self) -> PathBuf {
        let packages = self.folder_in("LOCALAPPDATA", "AppData/Local").join("Packages");
        let of_package = (self.system == System::Windows)
            .then(|| std::fs::read_dir(packages).ok())
            .flatten()
            .and_then(|mut entries| {
                entries.find_map(|entry| {
                    let path = entry.ok()?.path();
                    path.file_name()?.to_str()?.starts_with("Claude_").then_some(path)
                })
            })
            .map(|package| package.join("LocalCache").join("Roaming"));
        of_package.unwrap_or_else(|| self.settings_folder()).join("Claude")
    }

    /// Where this program's own files may be kept, by default.
    pub(crate) fn own_folder(&self) -> PathBuf {
        let folder = match self.system {
            System::MacOs => self.folder_in("XDG_CONFIG_HOME", ".config"),
            System::Linux | System::Windows => self.settings_folder(),
        };
        folder.join(env!("CARGO_PKG_NAME"))
    }

    /// The folder that a variable names, or one in the home folder.
    pub(crate) fn folder_in(&self, variable: &str, at_home: &str) -> PathBuf {
        self.named_folder(variable).unwrap_or_else(|| self.home.join(at_home))
    }

    /// The folder that a variable names. A relative one is no folder: it is another wherever one stands.
    fn named_folder(&self, variable: &str) -> Option<PathBuf> {
        let folder = paths::expanded(Path::new(self.variable(variable)?), Some(&self.home)).ok()?;
        folder.is_absolute().then_some(folder)
    }
}

/// True if both are the same file or folder, by whatever links.
pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "what a client would pass on is examined, not read as settings"
)]
fn environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
