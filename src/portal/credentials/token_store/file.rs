//! The file of the tokens: private, with one writer at a time, replaced in one step.
//!
//! A writer locks `tokens.json.lock`. Before the writer requests a new pair, it fills `tokens.json.new`, and later
//! writes the pair over that room: so a full disk is noticed before the exchange. The new file is synced and renamed,
//! so a process that is killed at any moment leaves either the old pair or the new one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::stored_pair::StoredPair;
use crate::portal::credentials::small_file::read_small_file;
use crate::portal::error::Error;

/// Time between two attempts to lock a file that another process has locked; a refresh lasts a few hundred
/// milliseconds.
const LOCK_POLL: Duration = Duration::from_millis(20);
/// Bytes that are written before a pair is requested. A pair has a few hundred bytes; tokens larger than this room
/// would not fit into the header of a request.
const ROOM: usize = 16 * 1024;
/// The longest chain of links that is followed, as in Linux.
const MAX_LINKS: usize = 40;

/// Why a pair could not be written, if the system reports no reason that a user can act on.
pub(super) const NOT_WRITTEN: &str = "the file cannot be replaced";

#[derive(Serialize, Deserialize)]
struct Form<S> {
    version: u32,
    #[serde(flatten)]
    stored: S,
}

const VERSION: u32 = 1;

/// The lock on the file, with room for a pair. Dropping it, or the end of the process, releases it.
#[derive(Debug)]
pub(in crate::portal) struct Lock {
    /// The file itself, at the end of all links.
    path: PathBuf,
    /// The path of `room`: the file that will hold the new pair and replace `path`.
    new: PathBuf,
    room: File,
    held: File,
}

/// The pair in the file; `None` if there is no file.
///
/// # Errors
/// [`Error::TokenStore`] if the file exists but cannot be read.
pub(super) fn read(path: &Path) -> Result<Option<StoredPair>, Error> {
    if path.try_exists().is_ok_and(|exists| !exists) {
        return Ok(None);
    }
    let text = read_small_file(path).map_err(|problem| unusable(path, problem))?;
    let form: Form<StoredPair> = serde_json::from_str(text.expose_secret())
        .map_err(|_| unusable(path, "it is not a token store of this program"))?;
    if form.version != VERSION {
        return Err(unusable(path, "another version of this program wrote it"));
    }
    Ok(Some(form.stored))
}

/// Locks `path`, waiting until `deadline`, and makes room for a pair.
///
/// # Errors
/// [`Error::NoRoomForTokens`] or [`Error::TokenStore`].
pub(super) async fn lock(path: &Path, deadline: Instant) -> Result<Lock, Error> {
    // Beside the link's target, so that processes that use different links to the file share one lock.
    let target = target_of(path)?;
    let held = open_lock(&target).map_err(|error| {
        let is_no_file = beside(&target, "lock")
            .symlink_metadata()
            .is_ok_and(|lock| !lock.is_file());
        let problem = match is_no_file {
            true => "the .lock beside it is not an ordinary file",
            false => "its folder cannot be written",
        };
        refused(path, &error, problem)
    })?;
    loop {
        match held.try_lock() {
            Ok(()) => break,
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => tokio::time::sleep(LOCK_POLL).await,
            Err(TryLockError::WouldBlock) => return Err(unusable(path, "another process holds its lock")),
            Err(TryLockError::Error(_)) => return Err(unusable(path, "it cannot be locked")),
        }
    }
    let new = beside(&target, "new");
    let cannot_create = |error: io::Error| refused(path, &error, "a new file cannot be made beside it");
    let mut lock = Lock {
        room: create_new(&new).map_err(cannot_create)?,
        path: target,
        new,
        held,
    };
    // A failure drops the lock, which removes the new file.
    make_room(&mut lock.room).map_err(cannot_create)?;
    Ok(lock)
}

impl Lock {
    /// Replaces the stored pair, in one step.
    ///
    /// # Errors
    /// The reason of the failure, as a phrase; the file then still holds the old pair.
    pub(super) fn replace(mut self, pair: &StoredPair) -> Result<(), &'static str> {
        self.write(pair)
            .and_then(|()| self.rename())
            .map_err(|error| reason(&error).unwrap_or(NOT_WRITTEN))
    }

    /// Writes `pair` over the room that was made for it, and syncs.
    fn write(&mut self, pair: &StoredPair) -> io::Result<()> {
        let form = Form {
            version: VERSION,
            stored: pair,
        };
        let text = SecretString::from(serde_json::to_string_pretty(&form)?);
        self.room.rewind()?;
        self.room.write_all(text.expose_secret().as_bytes())?;
        let end = self.room.stream_position()?;
        self.room.set_len(end)?;
        self.room.sync_all()
    }

    /// Puts the written file in place of the old one.
    fn rename(&self) -> io::Result<()> {
        fs::rename(&self.new, &self.path)?;
        sync_folder(&self.path)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The file exists only if nothing was replaced.
        let _ = fs::remove_file(&self.new);
        // Closing is not enough: a process that is being started at this moment may have inherited the file.
        let _ = self.held.unlock();
    }
}

/// The end of a chain of links, whether or not a file exists there.
fn target_of(path: &Path) -> Result<PathBuf, Error> {
    // Linux refuses to follow another user's link in a sticky folder such as `/tmp`. `read_link` does not refuse, so
    // `metadata` asks first.
    if fs::metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::PermissionDenied) {
        return Err(unusable(path, "this process may not reach it"));
    }
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(next) = target.read_link() else {
            return Ok(target);
        };
        target = target.with_file_name("").join(next);
    }
    Err(unusable(path, "its links lead in a circle"))
}

fn open_lock(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder)?;
    }
    let mut options = private();
    // Without these flags, another user's symbolic link would make this process create a file elsewhere, and opening a
    // named pipe would block the process.
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, i32::try_from(flags).unwrap_or_default());
    }
    let path = beside(path, "lock");
    let held = options.write(true).create(true).truncate(false).open(&path)?;
    if !held.metadata()?.is_file() {
        return Err(io::Error::other("it is not an ordinary file"));
    }
    Ok(held)
}

/// Creates a new file. A file that a killed process left behind is removed first, so no other user can have prepared
/// it.
fn create_new(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    private().write(true).create_new(true).open(path)
}

/// Fills the file with random bytes: a file system that compresses, or omits blocks of zeros, would reserve no room for
/// zeros.
fn make_room(file: &mut File) -> io::Result<()> {
    let mut bytes = vec![0; ROOM];
    fastrand::Rng::new().fill(&mut bytes);
    file.write_all(&bytes)?;
    file.sync_all()
}

/// `tokens.json` with the ending `lock` is `tokens.json.lock`: in the same folder, since a rename cannot cross file
/// systems.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{ending}"));
    path.with_file_name(name)
}

/// Why the system can write nothing more, as a phrase; `None` for another error.
fn reason(error: &io::Error) -> Option<&'static str> {
    match error.kind() {
        io::ErrorKind::StorageFull => Some("its disk is full"),
        io::ErrorKind::QuotaExceeded => Some("the disk quota of this user is used up"),
        io::ErrorKind::FileTooLarge => Some("the limit on the size of files (ulimit -f) is too low"),
        io::ErrorKind::ReadOnlyFilesystem => Some("its file system is read-only"),
        _ => None,
    }
}

fn refused(path: &Path, error: &io::Error, otherwise: &'static str) -> Error {
    match reason(error) {
        Some(problem) if error.kind() != io::ErrorKind::ReadOnlyFilesystem => {
            Error::NoRoomForTokens(path.display().to_string(), problem)
        }
        problem => unusable(path, problem.unwrap_or(otherwise)),
    }
}

fn unusable(path: &Path, problem: &'static str) -> Error {
    Error::TokenStore {
        path: path.display().to_string(),
        problem,
    }
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// On Windows the folder's rules make a file in the user's own folder private, and folders cannot be synced.
#[cfg(not(unix))]
fn private() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn sync_folder(_path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod killed;
