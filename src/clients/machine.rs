//! This computer as clients see it: its system, folders, environment and programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::paths;

/// The operating system: clients keep their settings in different folders.
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

/// What decides where clients keep their settings and which programs they can start.
#[derive(Debug, Clone)]
pub(crate) struct Machine {
    pub(crate) system: System,
    pub(crate) home: PathBuf,
    /// The folder this program was started in.
    pub(crate) folder: PathBuf,
    /// The path of this program that clients should start.
    pub(crate) program: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
}

/// Why the folders or this program cannot be found.
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
        if let Some(on_path) = here.find_program(env!("CARGO_PKG_NAME"))
            && is_same_file(&on_path, &here.program)
        {
            here.program = on_path;
        }
        Ok(here)
    }

    /// A copy of this machine whose current folder is the home folder, or `/` if there is none. The variables that name
    /// the current folder follow.
    pub(crate) fn at_home(&self) -> Self {
        // A service account may have no home folder.
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
        // The folder in which npm was started.
        there.environment.remove("INIT_CWD");
        Self { folder, ..there }
    }

    /// The value of an environment variable; `None` if it is not set or blank.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.environment.get(name)?;
        (!value.trim().is_empty()).then_some(value.as_str())
    }

    /// The file that this name (searched on PATH) or path starts.
    pub(crate) fn find_program(&self, program: impl AsRef<Path>) -> Option<PathBuf> {
        self.find_program_on(self.variable("PATH"), program, &self.folder)
    }

    /// The file that this name (searched in the folders of `path`) or path (from `folder`) starts. Relative folders of
    /// `path` are left out: in a folder from a stranger they hold a stranger's programs.
    pub(crate) fn find_program_on(
        &self,
        path: Option<&str>,
        program: impl AsRef<Path>,
        folder: &Path,
    ) -> Option<PathBuf> {
        let folders = std::env::split_paths(path.unwrap_or_default()).filter(|folder| folder.is_absolute());
        let folders = std::env::join_paths(folders).ok()?;
        // An empty PATH would be searched as the current folder.
        let folders = (!folders.is_empty()).then_some(folders);
        which::which_in(program.as_ref(), folders, folder).ok()
    }

    /// The absolute path for a path in this program's settings: `~` is replaced, a relative path is below the current
    /// folder.
    pub(crate) fn absolute(&self, path: impl AsRef<Path>) -> PathBuf {
        // A path that this program refuses stays as it is written; the server then refuses it with the reason.
        let path = path.as_ref();
        match paths::expanded(path, Some(&self.home)) {
            Ok(expanded) => self.folder.join(expanded),
            Err(_) => path.to_owned(),
        }
    }

    /// True if this name or path starts this program.
    pub(crate) fn starts_this_program(&self, program: impl AsRef<Path>) -> bool {
        self.find_program(program)
            .is_some_and(|found| self.is_this_program(&found))
    }

    /// True if this file is this program, also by way of links.
    pub(crate) fn is_this_program(&self, file: &Path) -> bool {
        is_same_file(file, &self.program)
    }

    /// Where graphical programs keep a user's settings.
    pub(crate) fn settings_folder(&self) -> PathBuf {
        match self.system {
            System::Linux => self.folder_in("XDG_CONFIG_HOME", ".config"),
            System::MacOs => self.home.join("Library/Application Support"),
            System::Windows => self.folder_in("APPDATA", "AppData/Roaming"),
        }
    }

    /// Where VS Code keeps a user's data.
    pub(crate) fn vs_code_folder(&self) -> PathBuf {
        if let Some(portable) = self.named_folder("VSCODE_PORTABLE") {
            return portable.join("user-data");
        }
        let folder = self.named_folder("VSCODE_APPDATA");
        folder.unwrap_or_else(|| self.settings_folder()).join("Code")
    }

    /// Where Claude Desktop keeps its settings. On Windows an installation from a package has a folder of its own.
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

    /// The default folder for this program's own files.
    pub(crate) fn own_folder(&self) -> PathBuf {
        let folder = match self.system {
            System::MacOs => self.folder_in("XDG_CONFIG_HOME", ".config"),
            System::Linux | System::Windows => self.settings_folder(),
        };
        folder.join(env!("CARGO_PKG_NAME"))
    }

    /// The folder that a variable names, or else this one in the home folder.
    pub(crate) fn folder_in(&self, variable: &str, at_home: &str) -> PathBuf {
        self.named_folder(variable).unwrap_or_else(|| self.home.join(at_home))
    }

    /// The folder that a variable names. A relative path does not count: it would mean another folder in each place.
    fn named_folder(&self, variable: &str) -> Option<PathBuf> {
        let folder = paths::expanded(Path::new(self.variable(variable)?), Some(&self.home)).ok()?;
        folder.is_absolute().then_some(folder)
    }
}

/// True if both paths lead to the same file or folder, also by way of links.
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
