//! The file of the tokens: private, one writer at a time, replaced in one step.
//!
//! A writer holds a lock on a file beside it and makes room for the new pair before the pair is asked for, in a file
//! that then takes the pair: no write of a pair needs room that is not there. The new file is synced and renamed, so
//! that a process killed at any moment leaves either the old pair or the new one.

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

/// How often a lock that another process holds is tried again; a refresh takes a few hundred milliseconds.
const LOCK_POLL: Duration = Duration::from_millis(20);
/// Bytes that are written before a pair is asked for. A pair has a few hundred; tokens that fill this would not fit the
/// header of a request.
const ROOM: usize = 16 * 1024;
/// As many links as Linux follows.
const MAX_LINKS: usize = 40;

/// Why a pair is not in the file, if nothing more is known.
pub(super) const NOT_WRITTEN: &str = "the file cannot be replaced";

#[derive(Serialize, Deserialize)]
struct Form<S> {
    version: u32,
    #[serde(flatten)]
    stored: S,
}

const VERSION: u32 = 1;

/// The right to write, with room for a pair. Released when dropped, also by the death of the process.
#[derive(Debug)]
pub(in crate::portal) struct Lock {
    /// The file, past all links.
    path: PathBuf,
    /// The file that takes the new pair, before it replaces the old one.
    new: PathBuf,
    room: File,
    held: File,
}

/// The pair in the file; `None` if there is no file.
///
/// # Errors
/// [`Error::TokenStore`] if there is one that cannot be read.
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

/// Waits for the right to write to `path` until `deadline`, and makes room for a pair.
///
/// # Errors
/// [`Error::NoRoomForTokens`] or [`Error::TokenStore`].
pub(super) async fn lock(path: &Path, deadline: Instant) -> Result<Lock, Error> {
    // Beside the link's target: whatever name other processes know the file by, they meet at one lock.
    let target = target_of(path)?;
    let held = open_lock(&target).map_err(|error| {
        let is_odd = beside(&target, "lock")
            .symlink_metadata()
            .is_ok_and(|lock| !lock.is_file());
        let problem = match is_odd {
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
    let unmade = |error: io::Error| refused(path, &error, "a new file cannot be made beside it");
    let mut lock = Lock {
        room: create_new(&new).map_err(unmade)?,
        path: target,
        new,
        held,
    };
    // If this fails, the lock is dropped and takes the file with it.
    make_room(&mut lock.room).map_err(unmade)?;
    Ok(lock)
}

impl Lock {
    /// Replaces the stored pair, in one step.
    ///
    /// # Errors
    /// Why not, as a phrase; the file then still holds the old pair.
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
        // Only left if nothing was replaced.
        let _ = fs::remove_file(&self.new);
        // Closing would leave the lock to a process that is being started at this moment.
        let _ = self.held.unlock();
    }
}

/// Where a chain of links ends, whether anything is there or not.
fn target_of(path: &Path) -> Result<PathBuf, Error> {
    // Linux does not follow what a stranger has put into a folder that everybody may write, and nor do we.
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
    // A stranger's link would make a file elsewhere, and a pipe would keep the process waiting.
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

/// Whatever a killed process left behind is removed first, so nobody else can have prepared the file.
fn create_new(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    private().write(true).create_new(true).open(path)
}

/// Random bytes: a file system that compresses, or leaves out blocks of zeros, would keep no room for others.
fn make_room(file: &mut File) -> io::Result<()> {
    let mut bytes = vec![0; ROOM];
    fastrand::Rng::new().fill(&mut bytes);
    file.write_all(&bytes)?;
    file.sync_all()
}

/// `tokens.json` → `tokens.json.lock`: in the same folder, since a rename must not cross file systems.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{ending}"));
    path.with_file_name(name)
}

/// What the system refuses because nothing more can be written.
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

/// Elsewhere a file in the user's own folder is private by the folder's rules, and folders are not synced.
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
