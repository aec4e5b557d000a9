//! A settings file on the disk: read whole, replaced in one step, and never over somebody else's change.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::entry::NAME;

/// More than any client keeps; Claude Code's file holds its history and grows to megabytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A file as it was read.
#[derive(Debug)]
pub(in crate::cli) struct SettingsFile {
    /// Where it is, past all links.
    path: PathBuf,
    /// Its text; `None` if there is no such file.
    text: Option<String>,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum Error {
    #[error("{0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    #[error("{0} is not a file of UTF-8 text, or is larger than 64 MiB")]
    NotText(PathBuf),
    #[error("{0} cannot be written")]
    Write(PathBuf, #[source] io::Error),
    #[error("{0} was changed by another program just now; nothing was written")]
    Changed(PathBuf),
}

impl SettingsFile {
    pub(in crate::cli) fn read(path: &Path) -> Result<Self, Error> {
        // Who keeps settings elsewhere behind a link keeps the link.
        let path = match path.canonicalize() {
            Ok(path) => path,
            // As many links as Linux follows; a circle is another error.
            Err(error) if error.kind() == io::ErrorKind::NotFound => (0..40).fold(path.to_owned(), |path, _| {
                let target = path.read_link().ok();
                target.map_or(path.clone(), |target| path.with_file_name("").join(target))
            }),
            Err(error) => return Err(Error::Read(path.to_owned(), error)),
        };
        let text = read_text(&path)?;
        Ok(Self { path, text })
    }

    pub(in crate::cli) fn path(&self) -> &Path {
        &self.path
    }

    pub(in crate::cli) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    /// Where the text from before this program's entries is kept.
    pub(in crate::cli) fn backup_path(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!("{name}.{NAME}.bak"))
    }

    /// The text from before this program's entries, if it was kept.
    pub(in crate::cli) fn backup(&self) -> Result<Option<String>, Error> {
        read_text(&self.backup_path())
    }

    /// Keeps the text as it was read.
    pub(in crate::cli) fn back_up(&self) -> Result<Option<PathBuf>, Error> {
        let Some(text) = &self.text else {
            return Ok(None);
        };
        let path = self.backup_path();
        self.replace(&path, text)?;
        Ok(Some(path))
    }

    /// Removes what [`SettingsFile::back_up`] kept.
    pub(in crate::cli) fn forget_backup(&self) -> Result<(), Error> {
        remove(&self.backup_path())
    }

    /// # Errors
    /// [`Error::Changed`] if it is not what was read, [`Error::Write`] if its owner made it read-only: to put another file
    /// in its place would be possible all the same.
    pub(in crate::cli) fn may_be_written(&self) -> Result<(), Error> {
        if read_text(&self.path)? != self.text {
            return Err(Error::Changed(self.path.clone()));
        }
        if fs::metadata(&self.path).is_ok_and(|metadata| metadata.permissions().readonly()) {
            let error = io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only");
            return Err(Error::Write(self.path.clone(), error));
        }
        Ok(())
    }

    /// Writes the new text; with `None` the file goes.
    pub(in crate::cli) fn write(&self, text: Option<&str>) -> Result<(), Error> {
        self.may_be_written()?;
        match text {
            Some(text) => self.replace(&self.path, text),
            None => remove(&self.path),
        }
    }

    /// Another file's text beside it, then its name: a reader sees the old text or the new one. Its permissions are those
    /// of the settings file, and a new file is its owner's alone.
    fn replace(&self, path: &Path, text: &str) -> Result<(), Error> {
        let failed = |error| Error::Write(path.to_owned(), error);
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(failed)?;
        let mut new = NamedTempFile::new_in(folder).map_err(failed)?;
        new.write_all(text.as_bytes()).map_err(failed)?;
        if let Ok(old) = fs::metadata(&self.path) {
            new.as_file().set_permissions(old.permissions()).map_err(failed)?;
        }
        new.as_file().sync_all().map_err(failed)?;
        new.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

fn read_text(path: &Path) -> Result<Option<String>, Error> {
    let failed = |error| Error::Read(path.to_owned(), error);
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(Error::NotText(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let file = fs::File::open(path).map_err(failed)?;
    let mut text = String::new();
    match file.take(MAX_BYTES + 1).read_to_string(&mut text) {
        Ok(length) if length as u64 <= MAX_BYTES => Ok(Some(text)),
        Ok(_) => Err(Error::NotText(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(Error::NotText(path.to_owned())),
        Err(error) => Err(failed(error)),
    }
}

fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::Write(path.to_owned(), error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_programs_change_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        fs::write(&path, "{}").unwrap();
        let file = SettingsFile::read(&path).unwrap();
        fs::write(&path, "{\"new\": 1}").unwrap();
        assert!(matches!(file.write(Some("{\"ours\": 1}")), Err(Error::Changed(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"new\": 1}");
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (link, target) = (folder.path().join("link.json"), folder.path().join("target.json"));
        for existing in [true, false] {
            if existing {
                fs::write(&target, "{}").unwrap();
                fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
            } else {
                fs::remove_file(&target).unwrap();
                fs::remove_file(&link).unwrap();
            }
            symlink("target.json", &link).unwrap();
            let file = SettingsFile::read(&link).unwrap();
            file.write(Some("{\"a\": 1}")).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read_to_string(&target).unwrap(), "{\"a\": 1}");
            let mode = fs::metadata(&target).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if existing { 0o640 } else { 0o600 });
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_link_to_nothing_is_followed_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink("b.json", at("a.json")).unwrap();
        std::os::unix::fs::symlink("sub/c.json", at("b.json")).unwrap();
        let file = SettingsFile::read(&at("a.json")).unwrap();
        assert_eq!(file.path(), at("sub/c.json"));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(matches!(SettingsFile::read(&path), Err(Error::NotText(_))));
        assert!(matches!(SettingsFile::read(folder.path()), Err(Error::NotText(_))));
        assert!(
            SettingsFile::read(&folder.path().join("absent.json"))
                .unwrap()
                .text()
                .is_none()
        );
    }
}
