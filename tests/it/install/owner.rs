//! Owner, permissions, attributes and hard links of the files that `install` writes. Only root can give files away: if
//! the tests run as another user, the same commands have to leave that user the owner.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use crate::support::client_home::{CLIENTS, Home};

const NOBODY: u32 = 65534;

/// Owner, group and permissions.
fn belongings(path: &Path) -> (u32, u32, u32) {
    let metadata = std::fs::symlink_metadata(path).unwrap();
    (metadata.uid(), metadata.gid(), metadata.permissions().mode() & 0o7777)
}

/// Gives the path to another user if this process is root; returns whether it is.
fn give(path: &Path) -> bool {
    let before = belongings(path);
    let _ = chown(path, Some(NOBODY), Some(NOBODY));
    belongings(path).0 != before.0
}

#[tokio::test]
async fn owner_group_and_permissions_stay() {
    for client in CLIENTS {
        let home = Home::with(client, "");
        let file = home.file();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
        give(&file);
        give(file.parent().unwrap());
        let before = belongings(&file);
        home.install(&[]).await;
        assert_eq!(belongings(&file), before, "{client}");
        let backup = file.with_file_name(format!(
            "{}.bitrix24-mail.bak",
            file.file_name().unwrap().to_str().unwrap()
        ));
        assert_eq!(belongings(&backup), before, "{client}");
        home.install(&["--demo"]).await;
        home.install(&["--remove", "--demo"]).await;
        assert_eq!(belongings(&file), before, "{client}");
        home.install(&["--remove"]).await;
        assert_eq!(belongings(&file), before, "{client}");
    }
}

#[tokio::test]
async fn a_new_file_is_of_the_owner_of_its_folder() {
    for client in CLIENTS {
        let home = Home::of(client);
        let folder = home.file().parent().unwrap().to_owned();
        std::fs::create_dir_all(&folder).unwrap();
        give(&folder);
        let (user, group, _) = belongings(&folder);
        home.install(&[]).await;
        assert_eq!(belongings(&home.file()), (user, group, 0o600), "{client}");
    }
}

#[tokio::test]
async fn root_creates_no_folder_in_the_home_of_another_user() {
    for client in ["codex", "cursor", "vscode", "claude-desktop"] {
        let home = Home::of(client);
        if give(&home.path("")) {
            let said = home.refused(&[]).await;
            assert!(
                said.contains("the folder of another user") && said.contains("without sudo"),
                "{said}"
            );
            assert!(home.path("").read_dir().unwrap().next().is_none(), "no folder is left");
        } else {
            home.install(&[]).await;
            assert_eq!(belongings(&home.file()).0, belongings(&home.path("")).0);
        }
    }
}

#[tokio::test]
async fn a_file_with_another_hard_link_is_left_alone() {
    for client in CLIENTS {
        let home = Home::with(client, "");
        std::fs::hard_link(home.file(), home.path("other")).unwrap();
        let said = home.refused(&[]).await;
        assert!(
            said.contains("another hard link") && said.contains("symbolic links"),
            "{said}"
        );
        std::fs::remove_file(home.path("other")).unwrap();
        home.install(&[]).await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn attributes_and_the_access_list_stay() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    /// Version 2; owner rw, user 65534 r, group none, mask r, others none.
    const LIST: &[u8] = &[
        2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 4, 0, 254, 255, 0, 0, 4, 0, 0, 0, 255, 255, 255, 255, 16, 0,
        4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
    ];
    let value = |path: &Path, name: &str| {
        let mut value = vec![0; 256];
        let length = getxattr(path, name, value.as_mut_slice()).ok()?;
        value.truncate(length);
        Some(value)
    };
    let home = Home::with("cursor", "");
    let file = home.file();
    let given = [("system.posix_acl_access", LIST), ("user.origin", b"mine".as_slice())].map(|(name, value)| {
        (
            name,
            setxattr(&file, name, value, XattrFlags::empty())
                .is_ok()
                .then(|| value.to_vec()),
        )
    });
    home.install(&[]).await;
    // A file system may have no extended attributes.
    for (name, expected) in given {
        assert_eq!(value(&file, name), expected, "{name}");
    }
}

#[tokio::test]
async fn root_does_not_follow_another_users_link_into_a_folder_of_its_own() {
    let outside = tempfile::tempdir().unwrap();
    for is_there in [true, false] {
        for is_folder in [true, false] {
            let home = Home::of("cursor");
            let (folder, file) = (home.file().parent().unwrap().to_owned(), home.file());
            let (link, target) = match is_folder {
                true => (folder, outside.path().to_owned()),
                false => (file, outside.path().join("mcp.json")),
            };
            std::fs::create_dir_all(link.parent().unwrap()).unwrap();
            std::os::unix::fs::symlink(target, &link).unwrap();
            if is_there {
                std::fs::write(outside.path().join("mcp.json"), "{}").unwrap();
            }
            let _ = std::os::unix::fs::lchown(&link, Some(NOBODY), Some(NOBODY));
            if std::fs::symlink_metadata(&link).unwrap().uid() != NOBODY {
                home.install(&[]).await;
            } else {
                let said = home.refused(&[]).await;
                assert!(
                    said.contains("link of another user") && said.contains("without sudo"),
                    "{said}"
                );
                std::os::unix::fs::lchown(&link, Some(0), Some(0)).unwrap();
                home.install(&[]).await;
            }
            for left in outside.path().read_dir().unwrap() {
                std::fs::remove_file(left.unwrap().path()).unwrap();
            }
        }
    }
}
