//! What a settings file has beside its text: owner, group, permissions, access lists and other attributes. A file that takes
//! its place gets the same, or takes no place. With `sudo` a new file belongs to the owner of its folder.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::error::Error;

/// Gives the new file what the old one has.
#[cfg(unix)]
pub(super) fn copy(new: &File, old: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let old = File::open(old)?;
    let (was, is) = (old.metadata()?, new.metadata()?);
    if (was.uid(), was.gid()) != (is.uid(), is.gid()) {
        std::os::unix::fs::fchown(new, Some(was.uid()), Some(was.gid()))?;
    }
    // After the owner: the permissions of a group are for the right one.
    copy_attributes(new, &old)?;
    new.set_permissions(was.permissions())
}

#[cfg(not(unix))]
pub(super) fn copy(new: &File, old: &Path) -> io::Result<()> {
    new.set_permissions(fs::metadata(old)?.permissions())
}

/// Gives a new file to the owner of its folder, where root writes into the folder of somebody else.
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

/// Makes a folder and those above it, but not root's in the folder of somebody else: to give a folder away by its path
/// would let that user choose which one.
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
        let reason = io::Error::other("it would be root's, in the folder of another user");
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

/// False if root would write where another user's link leads, and that user could not write: the link may have been made for
/// this moment.
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

/// Whose the links on the way are.
#[cfg(unix)]
fn link_owners(path: &Path) -> Vec<u32> {
    use std::os::unix::fs::MetadataExt as _;
    let mut owners = Vec::new();
    let mut path = path.to_owned();
    // As many as Linux follows.
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

/// How many names the file has; the others would keep the old text.
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

/// Access lists are attributes on Linux. Without its list, a file's permissions would let its group do what the list's widest
/// entry may.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn copy_attributes(new: &File, old: &File) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};
    const ACCESS_LIST: &[u8] = b"system.posix_acl_access";
    // As much as Linux has.
    let (mut names, mut value) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let Ok(length) = flistxattr(old, names.as_mut_slice()) else {
        // A file system without them.
        return Ok(());
    };
    names.truncate(length);
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let copied = fgetxattr(old, name, value.as_mut_slice())
            .and_then(|length| fsetxattr(new, name, value.get(..length).unwrap_or_default(), XattrFlags::empty()));
        // Labels of the system are set by the system.
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
