//! The errors that end `login` before a code is exchanged.

use std::io;
use std::time::Duration;

use crate::config::env_vars::EnvVar;

/// Why `login` signed nobody in.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Error {
    #[error("login signs in with an application, and {} is not set", .0.name)]
    Missing(&'static EnvVar),
    #[error("{name} cannot be used: {1}", name = .0.name)]
    Unreadable(&'static EnvVar, &'static str),
    #[error("cannot listen on port {0} of 127.0.0.1")]
    Port(u16, #[source] io::Error),
    #[error("this system provides no random numbers")]
    NoRandomNumbers,
    #[error("access was denied on the portal's sign-in page")]
    Denied,
    #[error("the portal's sign-in page answered with an error{}", named(.0.as_deref()))]
    Failed(Option<String>),
    #[error("nobody signed in within {}", humantime::format_duration(*.0))]
    NotInTime(Duration),
}

fn named(name: Option<&str>) -> String {
    name.map(|name| format!(": {name}")).unwrap_or_default()
}

impl Error {
    /// What the user can do about the error.
    pub(in crate::cli) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Missing(_) => Some(
                "create a local application in the portal (Developer resources > Other > Local application), then set BITRIX24_PORTAL, BITRIX24_CLIENT_ID and BITRIX24_CLIENT_SECRET",
            ),
            Self::Unreadable(..) => Some("put the application's client secret into that file, readable by you"),
            Self::Port(..) => {
                Some("choose another port with --port, and change the application's handler path with it")
            }
            Self::NoRandomNumbers => None,
            Self::Denied => {
                Some("run `bitrix24-mail-mcp login` again as a portal user who may allow the access, and allow it")
            }
            Self::Failed(_) => Some(
                "check the application's client id, permissions and handler path in the portal, then run `bitrix24-mail-mcp login` again",
            ),
            Self::NotInTime(_) => Some("run `bitrix24-mail-mcp login` again"),
        }
    }

    /// True if a setting is missing or wrong.
    pub(in crate::cli) fn is_about_settings(&self) -> bool {
        matches!(self, Self::Missing(_) | Self::Unreadable(..))
    }
}
