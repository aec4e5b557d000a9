//! The token store: readable, private, and its folder writable.

use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use super::super::token_store::TokenStore;
use super::{Finding, Status};

const NAME: &str = "token_store";
/// A refresh of another process takes less.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) async fn examine(path: Option<&Path>) -> Finding {
    let Some(path) = path else {
        return Finding::skipped(NAME, "a webhook needs none");
    };
    let store = TokenStore::at(path.to_owned());
    // Taking the lock tries everything that writing needs.
    if let Err(error) = store.lock(Instant::now() + LOCK_TIMEOUT).await {
        return Finding::failed(NAME, error);
    }
    let shown = path.display();
    match store.read() {
        Err(error) => Finding::failed(NAME, error),
        Ok(None) => Finding::ok(NAME, format!("{shown} can be written; nothing is kept there yet")),
        Ok(Some(_)) => {
            let finding = Finding::ok(NAME, format!("{shown} can be read and written"));
            match others_may_read(path) {
                Some(mode) => open_to_others(finding, path, mode),
                None => finding,
            }
        }
    }
}

fn open_to_others(finding: Finding, path: &Path, mode: u32) -> Finding {
    debug_assert_eq!(finding.status, Status::Ok);
    let saw = format!("{}, but also by others: its permissions are {mode:03o}", finding.saw);
    Finding::warning(NAME, saw, &[&format!("Run: chmod 600 '{}'", path.display())])
}

/// The permissions, if group or others have any.
#[cfg(unix)]
fn others_may_read(path: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

/// Elsewhere the folder's rules decide.
#[cfg(not(unix))]
fn others_may_read(_path: &Path) -> Option<u32> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const STORE: &str =
        r#"{"version":1,"portal":"https://p.example","client_id":"local.1","access_token":"a","refresh_token":"r"}"#;

    #[tokio::test]
    async fn a_store_that_others_may_read_is_a_warning_and_a_broken_one_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.json");
        assert_eq!(examine(None).await.status, Status::Skipped);
        assert_eq!(examine(Some(&path)).await.status, Status::Ok, "not there yet");
        for (text, mode, status) in [
            (STORE, 0o600, Status::Ok),
            (STORE, 0o640, Status::Warning),
            ("{}", 0o600, Status::Failed),
        ] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let finding = examine(Some(&path)).await;
            assert_eq!(finding.status, status, "{}", finding.saw);
        }
    }
}
