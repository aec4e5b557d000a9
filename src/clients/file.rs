//! A settings file on disk: read as a whole, replaced in one step, and never if another program has changed it
//! meanwhile.

mod error;
mod ownership;

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::byte_order_mark::BYTE_ORDER_MARK;
use super::entry::NAME;
use crate::portal::wide_encoding;
pub(crate) use error::Error;

/// The largest file that is read. Claude Code's file holds its history and grows to megabytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The largest file of the current folder that is read: more than any list of servers. A parsed file takes eighty times
/// its size in memory.
const MAX_BYTES_OF_THE_FOLDER: u64 = 1024 * 1024;

/// A settings file as it was read.
#[derive(Debug)]
pub(crate) struct SettingsFile {
    /// The path at which the client looks for the file.
    named: PathBuf,
    /// The file itself, past all symbolic links.
    path: PathBuf,
    /// The text; `None` if there is no such file.
    text: Option<String>,
}

impl SettingsFile {
    /// Reads the user's own file, of at most 64 MiB.
    pub(crate) fn read(path: &Path) -> Result<Self, Error> {
        Self::read_at_most(path, MAX_BYTES)
    }

    /// Reads a file of the current folder, which may be a stranger's: at most 1 MiB.
    pub(crate) fn read_of_the_folder(path: &Path) -> Result<Self, Error> {
        Self::read_at_most(path, MAX_BYTES_OF_THE_FOLDER)
    }

    fn read_at_most(path: &Path, max_bytes: u64) -> Result<Self, Error> {
        let named = path.to_owned();
        // If the file is a symbolic link, its target is written and the link stays.
        let path = match path.canonicalize() {
            Ok(path) => path,
            // The target of a link may be missing. Linux follows 40 links; a circle of links is another error.
            Err(error) if error.kind() == io::ErrorKind::NotFound => (0..40).fold(path.to_owned(), |path, _| {
                let target = path.read_link().ok();
                target.map_or(path.clone(), |target| path.with_file_name("").join(target))
            }),
            Err(error) => return Err(Error::Read(path.to_owned(), error)),
        };
        let text = read_text(&path, max_bytes)?;
        Ok(Self { named, path, text })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub(crate) fn has_byte_order_mark(&self) -> bool {
        self.text.as_ref().is_some_and(|text| text.starts_with(BYTE_ORDER_MARK))
    }

    /// The path of the backup: the text from before this program's entries.
    pub(crate) fn backup_path(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!("{name}.{NAME}.bak"))
    }

    /// The text of the backup; `None` if there is none.
    pub(crate) fn backup(&self) -> Result<Option<String>, Error> {
        read_text(&self.backup_path(), MAX_BYTES)
    }

    /// Writes the backup: the text as it was read. Returns its path; `None` if there was no file.
    pub(crate) fn back_up(&self) -> Result<Option<PathBuf>, Error> {
        let Some(text) = &self.text else {
            return Ok(None);
        };
        let path = self.backup_path();
        self.replace(&path, text)?;
        Ok(Some(path))
    }

    /// Deletes the backup.
    pub(crate) fn forget_backup(&self) -> Result<(), Error> {
        remove(&self.backup_path())
    }

    /// Checks that the file may be replaced.
    ///
    /// # Errors
    /// [`Error::Changed`] if the file is not as it was read, [`Error::Write`] if it is read-only, [`Error::Linked`] if
    /// it has another hard link, [`Error::Owner`] if another user's link leads to it. Replacing the file would succeed
    /// in each case.
    pub(crate) fn check_writable(&self) -> Result<(), Error> {
        if read_text(&self.path, MAX_BYTES)? != self.text {
            return Err(Error::Changed(self.path.clone()));
        }
        if !ownership::may_write_through_links(&self.named, &self.path) {
            let reason = io::Error::other("a link of another user leads there, out of that user's folders");
            return Err(Error::Owner(self.path.clone(), reason));
        }
        match fs::metadata(&self.path) {
            Ok(metadata) if metadata.permissions().readonly() => {
                let error = io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only");
                Err(Error::Write(self.path.clone(), error))
            }
            Ok(metadata) if ownership::hard_link_count(&metadata) > 1 => Err(Error::Linked(self.path.clone())),
            _ => Ok(()),
        }
    }

    /// Replaces the text; `None` deletes the file.
    pub(crate) fn write(&self, text: Option<&str>) -> Result<(), Error> {
        self.check_writable()?;
        match text {
            Some(text) => self.replace(&self.path, text),
            None => remove(&self.path),
        }
    }

    /// Writes a new file beside `path` and renames it: a reader sees the old text or the new one. The new file gets
    /// owner, permissions and access list of the settings file; if there was none, only its owner may read it.
    fn replace(&self, path: &Path, text: &str) -> Result<(), Error> {
        let failed = |error| Error::Write(path.to_owned(), error);
        let owner = |error| Error::Owner(path.to_owned(), error);
        let folder = path.parent().unwrap_or(Path::new("."));
        ownership::create_folder(folder)?;
        let mut new = NamedTempFile::new_in(folder).map_err(failed)?;
        new.write_all(text.as_bytes()).map_err(failed)?;
        if self.text.is_some() {
            ownership::copy(new.as_file(), &self.path).map_err(owner)?;
        } else {
            ownership::give_to_owner_of_folder(new.as_file(), folder).map_err(owner)?;
        }
        new.as_file().sync_all().map_err(failed)?;
        new.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }
}

fn read_text(path: &Path, max_bytes: u64) -> Result<Option<String>, Error> {
    let failed = |error| Error::Read(path.to_owned(), error);
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > max_bytes => return Err(Error::TooLarge(path.to_owned(), max_bytes)),
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => return Err(Error::NotText(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    }
    let file = fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(max_bytes).read_to_end(&mut bytes).map_err(failed)?;
    if let Some(encoding) = wide_encoding(&bytes) {
        return Err(Error::Encoding(path.to_owned(), encoding));
    }
    let text = String::from_utf8(bytes);
    text.map(Some).map_err(|_| Error::NotText(path.to_owned()))
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
    fn a_file_that_is_not_text_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        fs::write(&path, [0xff, 0xfd]).unwrap();
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
