//! How the program ends: its exit status, and the errors that stop it before a command has an outcome.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use super::login::error::Error as LoginError;
use super::report;
use crate::clients::{installation, machine};
use crate::config;
use crate::team;
use crate::transports::{http, stdio};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// The command succeeded.
    Done,
    /// The portal, the network or a client's file failed, or a check found a problem.
    Failed,
    /// Wrong usage or settings.
    Usage,
    /// Ended by Ctrl-C, SIGTERM or SIGHUP. The number is the usual one after SIGINT.
    Interrupted,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Done => 0,
            ExitStatus::Failed => 1,
            ExitStatus::Usage => 2,
            ExitStatus::Interrupted => 130,
        })
    }
}

/// Why the program stops before its command has an outcome of its own.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    #[error(transparent)]
    Settings(#[from] config::Error),
    #[error("{0} cannot be used with `{1}`, which is about the server of a real portal")]
    NoDemo(&'static str, &'static str),
    #[error("an argument looks like a URL; this program takes no URL on the command line")]
    SecretArgument,
    #[error("the demo portal has no fault `{0}`")]
    UnknownFault(String),
    #[error("the demo portal has no quirk `{0}`")]
    UnknownQuirk(String),
    #[error("the demo portal cannot start")]
    Demo(#[source] io::Error),
    #[error("this process cannot start")]
    Runtime(#[source] io::Error),
    #[error(transparent)]
    Serve(#[from] stdio::Error),
    #[error(transparent)]
    Listen(#[from] http::Error),
    #[error(transparent)]
    OpenStore(#[from] team::OpenError),
    #[error(transparent)]
    Store(#[from] team::Unavailable),
    #[error("the store was made with another server key")]
    OtherServerKey,
    #[error(transparent)]
    Random(#[from] team::NoRandomNumbers),
    #[error("nobody with the id {0} is signed in")]
    NotSignedIn(u64),
    #[error("the tokens of {0} employees cannot be opened by any of the server keys")]
    NotOpened(usize),
    #[error(transparent)]
    Login(#[from] LoginError),
    #[error(transparent)]
    Machine(#[from] machine::Error),
    #[error(transparent)]
    Install(#[from] installation::Error),
    #[error("standard input cannot be read as text")]
    Input(#[source] io::Error),
    #[error("the output cannot be written")]
    Output(#[source] io::Error),
    #[error("the manual pages cannot be written into {0}")]
    Manual(PathBuf, #[source] io::Error),
    #[error("{0}")]
    Schema(String, #[source] Option<io::Error>),
}

impl From<team::RekeyError> for Stop {
    fn from(error: team::RekeyError) -> Self {
        match error {
            team::RekeyError::OtherKeys => Self::OtherServerKey,
            team::RekeyError::Store(error) => Self::Store(error),
            team::RekeyError::NoRandomNumbers(error) => Self::Random(error),
        }
    }
}

impl Stop {
    /// Prints the error with its hint to stderr, and returns the exit status.
    pub(super) fn report(&self) -> ExitStatus {
        // The reader closed the pipe, as in `… | head`: it has all that it wants.
        if matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return ExitStatus::Done;
        }
        report::error(self, self.hint());
        match self {
            Self::Settings(_)
            | Self::NoDemo(..)
            | Self::OtherServerKey
            | Self::SecretArgument
            | Self::UnknownFault(_)
            | Self::UnknownQuirk(_)
            | Self::Input(_) => ExitStatus::Usage,
            Self::Login(error) if error.is_about_settings() => ExitStatus::Usage,
            Self::Listen(error) if error.is_about_settings() => ExitStatus::Usage,
            _ => ExitStatus::Failed,
        }
    }

    /// What the user can do about the error.
    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Settings(_) => Some("run `bitrix24-mail-mcp --help` for the list of settings"),
            Self::SecretArgument => {
                Some("put the webhook's URL into BITRIX24_WEBHOOK_URL, where other users cannot see it")
            }
            Self::UnknownFault(_) => Some("run `bitrix24-mail-mcp --demo-fault help` for the list"),
            Self::UnknownQuirk(_) => Some("run `bitrix24-mail-mcp --demo-quirk help` for the list"),
            Self::Schema(..) => Some("run `bitrix24-mail-mcp schema` with --write DIR in place of --check DIR"),
            Self::Demo(_) => Some("check that this machine may open loopback ports, and TMPDIR if it is set"),
            Self::Listen(error) => Some(error.hint()),
            Self::Serve(_) => Some("start it from an MCP client, or try `bitrix24-mail-mcp lookup client --demo`"),
            Self::NoDemo(..) => Some(
                "leave the option out; to try a team on the demo portal, run `bitrix24-mail-mcp serve --http 8024 --team --demo`",
            ),
            Self::Store(_) => Some(team::self_check::CHECK_STORE),
            Self::OtherServerKey => Some(team::self_check::OTHER_KEY),
            Self::OpenStore(error) => hint_of_store(error),
            Self::NotSignedIn(_) => Some("run `bitrix24-mail-mcp team list` for the ids"),
            Self::NotOpened(_) => Some(
                "add the key that sealed them to BITRIX24_MCP_SERVER_KEY and run this again; without it these employees have to sign in again",
            ),
            Self::Login(error) => error.hint(),
            Self::Install(error) => Some(error.hint()),
            Self::Input(_) => Some("write one name on each line, in UTF-8"),
            Self::Runtime(_) | Self::Random(_) | Self::Output(_) | Self::Machine(_) | Self::Manual(..) => None,
        }
    }
}

/// What the user can do about a store that cannot be opened.
pub(super) fn hint_of_store(error: &team::OpenError) -> Option<&'static str> {
    match error {
        team::OpenError::Missing(_) | team::OpenError::Foreign(_) => Some(
            "check BITRIX24_MCP_STORE; without it the store is a file in the state folder of the user who runs the server",
        ),
        team::OpenError::Unusable(..) | team::OpenError::NoDatabase(..) => Some(team::self_check::CHECK_STORE),
        team::OpenError::Address(_) => Some("write BITRIX24_MCP_STORE as docs/replicas.md describes it"),
        team::OpenError::OtherTables(_) => {
            Some("make a database as docs/replicas.md describes it, and name it in BITRIX24_MCP_STORE")
        }
        team::OpenError::InUse(_) | team::OpenError::Newer(_) => None,
    }
}
