//! Why a settings file cannot be read or written.

use std::io;
use std::path::PathBuf;

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    #[error("{0} is not a file of UTF-8 text")]
    NotText(PathBuf),
    #[error("{0} is larger than {mebibytes} MiB", mebibytes = .1 / 1024 / 1024)]
    TooLarge(PathBuf, u64),
    #[error("{0} is {1} text, and has to be UTF-8")]
    Encoding(PathBuf, &'static str),
    #[error("{0} cannot be written")]
    Write(PathBuf, #[source] io::Error),
    #[error("{0} cannot be written: its owner or group would be wrong")]
    Owner(PathBuf, #[source] io::Error),
    #[error("{0} has another hard link, which would keep the old text")]
    Linked(PathBuf),
    #[error("{0} was changed by another program just now; nothing was written")]
    Changed(PathBuf),
}
