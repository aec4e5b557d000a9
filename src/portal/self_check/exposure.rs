//! Finds out whether other users of this machine can read or replace a file with a secret, for `doctor`.

use std::path::Path;

/// A permission that lets other users reach a file with a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exposure {
    /// The permission as it was found, without the secret.
    pub saw: String,
    /// The command that removes the permission.
    pub step: String,
}

/// The permissions by which other users can reach the file at `path`: its own, its folder's and its link's folder's.
/// Empty on Windows, where the user's own folder protects the file.
pub fn exposures(path: &Path) -> Vec<Exposure> {
    let mut found = Vec::new();
    if let Some(mode) = mode_of(path).filter(|mode| mode & 0o077 != 0) {
        found.push(Exposure {
            saw: format!("{} is open to others: its permissions are {mode:03o}", path.display()),
            step: format!("Run: chmod 600 {}", quoted(path)),
        });
    }
    let target = path.canonicalize().ok();
    let mut folders: Vec<_> = [Some(path), target.as_deref()]
        .into_iter()
        .flatten()
        .filter_map(Path::parent)
        .map(|folder| {
            if folder.as_os_str().is_empty() {
                Path::new(".")
            } else {
                folder
            }
        })
        .collect();
    folders.dedup_by_key(|folder| folder.canonicalize().ok());
    for folder in folders {
        // In a sticky folder such as /tmp no user can replace another user's files.
        if let Some(mode) = mode_of(folder).filter(|mode| mode & 0o022 != 0 && mode & 0o1000 == 0) {
            found.push(Exposure {
                saw: format!(
                    "others may replace {}: the permissions of {} are {mode:03o}",
                    path.display(),
                    folder.display()
                ),
                step: format!("Run: chmod go-w {}", quoted(folder)),
            });
        }
    }
    found
}

/// The permissions of a file or folder, with symbolic links followed; `None` if they cannot be read.
#[cfg(unix)]
fn mode_of(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    Some(std::fs::metadata(path).ok()?.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn mode_of(_path: &Path) -> Option<u32> {
    None
}

/// The path in quotes for a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn steps(path: &Path) -> Vec<String> {
        exposures(path).into_iter().map(|exposure| exposure.step).collect()
    }

    #[test]
    fn permissions_of_the_file_of_its_folder_and_of_its_links_folder_are_found() {
        let root = tempfile::tempdir().unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        let (folder, links) = (root.path().join("it's"), root.path().join("links"));
        fs::create_dir(&folder).unwrap();
        fs::create_dir(&links).unwrap();
        let (file, link) = (folder.join("webhook"), links.join("link"));
        symlink(&file, &link).unwrap();
        let folder_step = format!(
            "Run: chmod go-w '{}'",
            folder.display().to_string().replace('\'', r"'\''")
        );
        set(&links, 0o700);
        set(&folder, 0o777);
        assert_eq!(steps(&file), [folder_step.as_str()], "no file yet");
        fs::write(&file, "secret").unwrap();
        for (folder_mode, file_mode, expected) in [
            (0o700, 0o600, 0),
            (0o755, 0o400, 0),
            (0o1777, 0o600, 0),
            (0o700, 0o640, 1),
            (0o700, 0o604, 1),
            (0o700, 0o620, 1),
            (0o770, 0o600, 1),
            (0o702, 0o644, 2),
        ] {
            set(&folder, folder_mode);
            set(&file, file_mode);
            for path in [&file, &link] {
                assert_eq!(
                    steps(path).len(),
                    expected,
                    "{folder_mode:o} {file_mode:o} {}",
                    path.display()
                );
            }
        }
        set(&links, 0o777);
        assert!(
            steps(&link)
                .iter()
                .any(|step| step.ends_with(&format!("'{}'", links.display())))
        );
    }
}
