//! The file of a store, connections to it, and the lock of the server that uses it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migration::{self, Found};
use crate::team::store::open_error::OpenError;
use crate::team::store::schema::VERSION;

/// How long a statement waits for another process that writes to the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The pause before the file's mode is changed again.
const PAUSE: Duration = Duration::from_millis(10);

/// Statements that a connection keeps prepared: more than there are.
const PREPARED: usize = 128;

/// The file of a store.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// How long a statement waits for another process that writes to the file.
    pub(super) busy_timeout: Duration,
    /// When a write counts as done: with `FULL`, when it has reached the disk.
    pub(super) synchronous: &'static str,
}

/// A connection, and the file that it was opened on.
pub(super) struct Opened {
    /// The connection.
    pub(super) connection: Connection,
    /// The file.
    pub(super) identity: Identity,
}

/// The lock that one server holds. Dropping it, or the end of the process, releases it.
#[derive(Debug)]
pub(super) struct ServerLock(File);

impl Drop for ServerLock {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started at this moment may have inherited the file.
        let _ = self.0.unlock();
    }
}

impl Place {
    /// The file at `path`; a relative path is resolved now.
    pub(super) fn new(path: &Path) -> Self {
        Self {
            // An absolute path is also never one of SQLite's special names, such as `:memory:`.
            path: std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
            busy_timeout: BUSY_TIMEOUT,
            synchronous: "FULL",
        }
    }

    /// The path, for messages.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Takes the lock of a server.
    ///
    /// # Errors
    /// [`OpenError::InUse`] or [`OpenError::Unusable`].
    pub(super) fn lock(&self) -> Result<ServerLock, OpenError> {
        let mut path = self.path.clone().into_os_string();
        path.push(".lock");
        let lock = private().write(true).create(true).truncate(false).open(path);
        let lock = lock.map_err(|error| self.unusable(&error))?;
        match lock.try_lock() {
            Ok(()) => Ok(ServerLock(lock)),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(self.name())),
            Err(TryLockError::Error(error)) => Err(self.unusable(&error)),
        }
    }

    /// Makes the folder if it does not exist. Only this user can enter it.
    ///
    /// # Errors
    /// [`OpenError::Unusable`].
    pub(super) fn make_folder(&self) -> Result<(), OpenError> {
        let made = self.path.parent().map_or(Ok(()), make_folder);
        made.map_err(|error| self.unusable(&error))
    }

    /// Makes an empty file if there is none. Only this user can read it.
    ///
    /// # Errors
    /// [`OpenError::Unusable`].
    pub(super) fn make(&self) -> Result<(), OpenError> {
        let made = private().write(true).create(true).truncate(false).open(&self.path);
        made.and_then(|file| make_private(&file))
            .map_err(|error| self.unusable(&error))
    }

    /// Brings the tables to this program's version.
    ///
    /// # Errors
    /// [`OpenError`].
    pub(super) fn migrate(&self) -> Result<(), OpenError> {
        if !self.path.exists() {
            return Err(OpenError::Missing(self.name()));
        }
        let migrated = self
            .open()
            .and_then(|mut connection| match migration::find(&connection)? {
                // Before anything is changed in a file of another program.
                Found::Foreign => Ok(Found::Foreign),
                Found::Store(_) => self
                    .use_wal(&connection)
                    .and_then(|()| migration::migrate(&mut connection)),
            });
        match migrated {
            Ok(Found::Store(version)) if version > VERSION => Err(OpenError::Newer(self.name())),
            Ok(Found::Store(_)) => Ok(()),
            Ok(Found::Foreign) => Err(OpenError::Foreign(self.name())),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                Err(OpenError::Foreign(self.name()))
            }
            Err(error) => Err(OpenError::Unusable(self.name(), reason(&error))),
        }
    }

    /// A connection to the file, which has this program's tables.
    ///
    /// # Errors
    /// The reason, as a phrase.
    pub(super) fn connect(&self, may_write: bool) -> Result<Opened, String> {
        let identity = Identity::of(&self.path).ok_or("the file is gone")?;
        let open = || {
            let connection = self.open()?;
            connection.pragma_update(None, "query_only", !may_write)?;
            let found = migration::find(&connection)?;
            Ok((connection, found))
        };
        match open() {
            Ok((connection, Found::Store(VERSION))) => Ok(Opened { connection, identity }),
            Ok(_) => Err("the file has other tables than those of this version of the program".to_owned()),
            Err(error) => Err(reason(&error)),
        }
    }

    /// True if the path names this file now.
    pub(super) fn is_of(&self, file: &Identity) -> bool {
        Identity::of(&self.path).is_some_and(|identity| identity == *file)
    }

    fn open(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(self.busy_timeout)?;
        connection.pragma_update(None, "synchronous", self.synchronous)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        connection.create_scalar_function("now_ms", 0, FunctionFlags::SQLITE_UTF8, |_| Ok(now_ms()))?;
        Ok(connection)
    }

    /// Lets readers and a writer work at the same time. The file keeps this mode. SQLite itself does not wait here for
    /// another process that writes or does the same: it reads already, and the two would wait for each other.
    fn use_wal(&self, connection: &Connection) -> rusqlite::Result<()> {
        let begun = Instant::now();
        loop {
            match connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())) {
                Err(error)
                    if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                        && begun.elapsed() < self.busy_timeout =>
                {
                    thread::sleep(PAUSE);
                }
                done => return done,
            }
        }
    }

    /// The error for a reason of the system.
    pub(super) fn unusable(&self, error: &io::Error) -> OpenError {
        OpenError::Unusable(self.name(), error.to_string())
    }
}

/// The database's clock.
#[expect(clippy::disallowed_methods, reason = "SQLite's clock is the system's")]
fn now_ms() -> i64 {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since_1970.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What SQLite refuses, as a phrase without a value of the store.
pub(super) fn reason(error: &rusqlite::Error) -> String {
    let reason = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "its disk is full",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another process has locked it",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => "it may not be written",
        Some(ErrorCode::CannotOpen) => "it cannot be opened",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "it is damaged",
        Some(ErrorCode::SystemIoFailure) => "its disk reports an error",
        Some(code) => return format!("SQLite reports {code:?}"),
        None => "it holds a row that this program did not write",
    };
    reason.to_owned()
}

/// True if the connection can be used further after this error.
pub(super) fn is_sound_after(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DiskFull | ErrorCode::ConstraintViolation)
    )
}

/// Which file a path names: SQLite goes on with a file that was deleted or replaced, as if nothing had happened.
#[derive(PartialEq, Eq)]
pub(super) struct Identity(#[cfg(unix)] (u64, u64));

impl Identity {
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let file = fs::metadata(path).ok()?;
        Some(Self((file.dev(), file.ino())))
    }

    /// Windows does not let another process delete or replace an open file.
    #[cfg(not(unix))]
    fn of(path: &Path) -> Option<Self> {
        path.exists().then_some(Self())
    }
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// SQLite gives the files beside this one the same permissions.
#[cfg(unix)]
fn make_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match file.metadata()?.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => file.set_permissions(fs::Permissions::from_mode(0o600)),
    }
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// On Windows the folder's rules make a file in the user's own folder private.
#[cfg(not(unix))]
fn private() -> OpenOptions {
    OpenOptions::new()
}

#[cfg(not(unix))]
fn make_private(_file: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).create(folder)
}
