//! The file that keeps an application's tokens, shared by every process that is signed in with it.
//!
//! A refresh token works once, so a pair that was lost means signing in again. Hence: one writer at a time (a lock
//! file beside the store), and a new pair replaces the old one in one step (written aside, synced, renamed), so that a
//! process killed at any moment leaves either the old pair or the new one. Readable by its owner alone.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::error::Error;
use super::small_file::read_small_file;

/// How often a lock that another process holds is tried again; a refresh takes a few hundred milliseconds.
const LOCK_POLL: Duration = Duration::from_millis(20);

/// A pair of tokens as it is kept.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// The portal the tokens are for: `https://p.bitrix24.com`.
    pub(super) portal: String,
    /// The application they were issued to.
    pub(super) client_id: String,
    pub(super) access_token: SecretString,
    pub(super) refresh_token: SecretString,
    /// Whom they act as, where the authorization server told.
    pub(super) user_id: Option<u64>,
    /// The refresh token in the settings when this pair was stored. Another one in the settings is newer than this pair.
    pub(super) replaces: Option<SecretString>,
}

/// [`Stored`] as JSON.
#[derive(Serialize, Deserialize)]
struct Form {
    version: u32,
    portal: String,
    client_id: String,
    access_token: String,
    refresh_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaces: Option<String>,
}

const VERSION: u32 = 1;

/// The store's place.
#[derive(Debug, Clone)]
pub(super) struct TokenStore {
    path: PathBuf,
}

/// The right to write. Released when dropped, also by the death of the process.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Where the new pair is written before it replaces the old one.
    new: PathBuf,
    _held: File,
}

/// Steps of a replacement, for the test that dies at each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Opened,
    HalfWritten,
    Written,
    Synced,
    Renamed,
    Done,
}

impl TokenStore {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What is stored; `None` if there is no store yet.
    ///
    /// # Errors
    /// [`Error::TokenStore`] if there is one that cannot be read.
    pub(super) fn read(&self) -> Result<Option<Stored>, Error> {
        if !self.path.exists() {
            return Ok(None);
        }
        let text = read_small_file(&self.path).map_err(|problem| unusable(&self.path, problem))?;
        let form: Form = serde_json::from_str(text.expose_secret())
            .map_err(|_| unusable(&self.path, "it is not a token store of this program"))?;
        if form.version != VERSION {
            return Err(unusable(&self.path, "another version of this program wrote it"));
        }
        Ok(Some(Stored {
            portal: form.portal,
            client_id: form.client_id,
            access_token: form.access_token.into(),
            refresh_token: form.refresh_token.into(),
            user_id: form.user_id,
            replaces: form.replaces.map(SecretString::from),
        }))
    }

    /// Waits for the right to write, and makes sure that writing will work.
    ///
    /// # Errors
    /// [`Error::TokenStore`] if the folder cannot be written, or another process holds the lock past `deadline`.
    pub(super) async fn lock(&self, deadline: Instant) -> Result<Lock, Error> {
        let unusable = |problem| unusable(&self.path, problem);
        let held = open_lock(&self.path).map_err(|_| unusable("its folder cannot be written"))?;
        loop {
            match held.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => tokio::time::sleep(LOCK_POLL).await,
                Err(TryLockError::WouldBlock) => return Err(unusable("another process holds its lock")),
                Err(TryLockError::Error(_)) => return Err(unusable("it cannot be locked")),
            }
        }
        let lock = Lock {
            path: self.path.clone(),
            new: beside(&self.path, "new"),
            _held: held,
        };
        // A pair that is issued and cannot be written is lost, so this is found out before one is issued.
        drop(
            lock.open_new()
                .map_err(|_| unusable("a new file cannot be made beside it"))?,
        );
        Ok(lock)
    }
}

impl Lock {
    /// Replaces what is stored, in one step.
    ///
    /// # Errors
    /// [`Error::TokenStore`]; the old pair is still there then.
    pub(super) fn replace(&self, stored: &Stored) -> Result<(), Error> {
        self.replace_in_steps(stored, |_| {})
            .map_err(|_| unusable(&self.path, "the new tokens cannot be written"))
    }

    fn replace_in_steps(&self, stored: &Stored, mut reached: impl FnMut(Step)) -> io::Result<()> {
        let form = Form {
            version: VERSION,
            portal: stored.portal.clone(),
            client_id: stored.client_id.clone(),
            access_token: stored.access_token.expose_secret().to_owned(),
            refresh_token: stored.refresh_token.expose_secret().to_owned(),
            user_id: stored.user_id,
            replaces: stored.replaces.as_ref().map(|token| token.expose_secret().to_owned()),
        };
        let text = SecretString::from(serde_json::to_string_pretty(&form)?);
        let (first, rest) = text.expose_secret().as_bytes().split_at(text.expose_secret().len() / 2);
        let mut file = self.open_new()?;
        reached(Step::Opened);
        file.write_all(first)?;
        reached(Step::HalfWritten);
        file.write_all(rest)?;
        reached(Step::Written);
        file.sync_all()?;
        reached(Step::Synced);
        fs::rename(&self.new, &self.path)?;
        reached(Step::Renamed);
        sync_folder(&self.path)?;
        reached(Step::Done);
        Ok(())
    }

    /// Whatever a killed process left behind is removed first, so nobody else can have prepared the file.
    fn open_new(&self) -> io::Result<File> {
        match fs::remove_file(&self.new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        private().write(true).create_new(true).open(&self.new)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Only left if nothing was replaced.
        let _ = fs::remove_file(&self.new);
    }
}

fn open_lock(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder)?;
    }
    private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(beside(path, "lock"))
}

/// `tokens.json` → `tokens.json.lock`: in the same folder, since a rename must not cross file systems.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{ending}"));
    path.with_file_name(name)
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

#[cfg(test)]
mod tests {
    use super::*;
    pub(super) fn pair(access: &str, refresh: &str) -> Stored {
        Stored {
            portal: "https://p.example".to_owned(),
            client_id: "local.1".to_owned(),
            access_token: access.into(),
            refresh_token: refresh.into(),
            user_id: Some(1),
            replaces: Some("given".into()),
        }
    }

    pub(super) async fn lock(store: &TokenStore) -> Result<Lock, Error> {
        store.lock(Instant::now() + Duration::from_secs(1)).await
    }

    pub(super) fn tokens(store: &TokenStore) -> (String, String) {
        let stored = store.read().unwrap().unwrap();
        (
            stored.access_token.expose_secret().to_owned(),
            stored.refresh_token.expose_secret().to_owned(),
        )
    }

    #[tokio::test]
    async fn what_was_stored_is_read_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let store = TokenStore::at(folder.path().join("a/b/tokens.json"));
        assert!(store.read().unwrap().is_none(), "no store yet");
        lock(&store).await.unwrap().replace(&pair("a1", "r1")).unwrap();
        lock(&store).await.unwrap().replace(&pair("a2", "r2")).unwrap();
        assert_eq!(tokens(&store), ("a2".to_owned(), "r2".to_owned()));
        let names: Vec<_> = fs::read_dir(store.path().parent().unwrap())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(
            names
                .iter()
                .all(|name| name == "tokens.json" || name == "tokens.json.lock"),
            "{names:?}"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(store.path()), 0o600);
            assert_eq!(mode(store.path().parent().unwrap()), 0o700);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_writes_at_a_time_and_nobody_waits_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let store = TokenStore::at(folder.path().join("tokens.json"));
        let first = lock(&store).await.unwrap();
        let error = lock(&store).await.unwrap_err();
        assert!(error.to_string().ends_with("another process holds its lock"), "{error}");
        drop(first);
        lock(&store).await.unwrap();
    }

    #[tokio::test]
    async fn a_store_that_cannot_be_used_is_told_before_a_pair_is_issued() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let error = lock(&TokenStore::at(file.join("tokens.json"))).await.unwrap_err();
        assert!(error.to_string().contains("its folder cannot be written"), "{error}");
        for text in ["", "{}", "canary", r#"{"version":2}"#] {
            fs::write(&file, text).unwrap();
            let error = TokenStore::at(file.clone()).read().unwrap_err();
            assert!(matches!(error, Error::TokenStore { .. }), "{error}");
            assert!(!error.to_string().contains("canary"));
        }
    }
}
