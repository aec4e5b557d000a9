//! Owner, group, permissions, access list and other attributes of a settings file. The file that replaces it gets the
//! same, or does not replace it. Under `sudo` a new file goes to the owner of its folder.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::error::Error;

/// Copies owner, group, attributes and permissions from the old file to the new one.
#[cfg(unix)]
pub(super) fn copy(new: &File, old: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let old = File::open(old)?;
    let (was, is) = (old.metadata()?, new.metadata()?);
    if (was.uid(), was.gid()) != (is.uid(), is.gid()) {
        std::os::unix::fs::fchown(new, Some(was.uid()), Some(was.gid()))?;
    }
    // After the owner and group, so that the group's permissions hold for the right group.
    copy_attributes(new, &old)?;
    new.set_permissions(was.permissions())
}

#[cfg(not(unix))]
pub(super) fn copy(new: &File, old: &Path) -> io::Result<()> {
    new.set_permissions(fs::metadata(old)?.permissions())
}

/// Gives a new file to the owner of its folder, if root writes into another user's folder.
#[cfg(unix)]
pub(super) fn give_to_owner_of_folder(new: &File, folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let owner = fs::metadata(folder)?;
    if new.metadata()?.uid() == ROOT && owner.uid() != ROOT {
        std::os::unix::fs::fchown(new, Some(owner.uid()), Some(owner.gid()))?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn give_to_owner_of_folder(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Creates a folder and those above it, but no folder of root's in another user's folder: changing its owner by path
/// afterwards would let that user choose which folder changes hands.
pub(super) fn create_folder(folder: &Path) -> Result<(), Error> {
    if folder.is_dir() {
        return Ok(());
    }
    let failed = |error| Error::Write(folder.to_owned(), error);
    let above = folder.parent().unwrap_or(Path::new(""));
    create_folder(above)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => return Ok(()),
        made => made.map_err(failed)?,
    }
    if is_foreign(folder, above).map_err(failed)? {
        fs::remove_dir(folder).map_err(failed)?;
        let reason = io::Error::other("it would belong to root, in the folder of another user");
        return Err(Error::Owner(folder.to_owned(), reason));
    }
    Ok(())
}

#[cfg(unix)]
fn is_foreign(folder: &Path, above: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(fs::metadata(folder)?.uid() == ROOT && fs::metadata(above)?.uid() != ROOT)
}

#[cfg(not(unix))]
fn is_foreign(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

/// False if root would write through another user's link into a place where that user may not write: that user
/// may have made the link to misuse root's rights. A link is fair if it belongs to root or to the owner of the target's
/// folder.
#[cfg(unix)]
pub(super) fn may_write_through_links(path: &Path, target: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let mut folders = target.ancestors().skip(1);
    let owner = folders.find_map(|folder| Some(fs::metadata(folder).ok()?.uid()));
    let is_fair = |link: u32| link == ROOT || Some(link) == owner;
    !rustix::process::geteuid().is_root() || link_owners(path).into_iter().all(is_fair)
}

#[cfg(not(unix))]
pub(super) fn may_write_through_links(_: &Path, _: &Path) -> bool {
    true
}

/// The owners of the symbolic links on the way to `path`.
#[cfg(unix)]
fn link_owners(path: &Path) -> Vec<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let mut owners = Vec::new();
    let mut path = path.to_owned();
    // Linux follows 40 links.
    while owners.len() < 40 {
        let parts: Vec<_> = path.ancestors().collect();
        let link = parts.into_iter().rev().find(|part| part.is_symlink());
        let Some((link, next)) = link.and_then(|link| Some((link, link.read_link().ok()?))) else {
            break;
        };
        owners.extend(fs::symlink_metadata(link).map(|link| link.uid()));
        let below = path.strip_prefix(link).unwrap_or(Path::new(""));
        path = link.with_file_name("").join(next).join(below);
    }
    owners
}

/// How many hard links the file has; the others would keep the old text.
#[cfg(unix)]
pub(super) fn hard_link_count(file: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(file)
}

#[cfg(not(unix))]
pub(super) fn hard_link_count(_: &fs::Metadata) -> u64 {
    1
}

#[cfg(unix)]
const ROOT: u32 = 0;

/// Copies extended attributes, which hold the access list on Linux. Without its access list a file's permissions would
/// let its group do what the widest entry of the list may do.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn copy_attributes(new: &File, old: &File) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
    const ACCESS_LIST: &[u8] = b"system.posix_acl_access";
    // The most that Linux allows.
    let (mut names, mut value) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let Ok(length) = flistxattr(old, names.as_mut_slice()) else {
        // A file system without extended attributes.
        return Ok(());
    };
    names.truncate(length);
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let copied = fgetxattr(old, name, value.as_mut_slice())
            .and_then(|length| fsetxattr(new, name, value.get(..length).unwrap_or_default(), XattrFlags::empty()));
        // The system sets its own labels.
        if name == ACCESS_LIST {
            copied?;
        }
    }
    Ok(())
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "macos"))))]
fn copy_attributes(_: &File, _: &File) -> io::Result<()> {
    Ok(())
}
