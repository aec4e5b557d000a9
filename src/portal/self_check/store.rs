//! Checks the token store: it can be read and written, and other users cannot read it.

use std::time::Duration;

use tokio::time::Instant;

use super::finding::Finding;
use crate::portal::credentials::TokenStore;

pub(super) const CHECK: &str = "token_store";
/// How long to wait for another process's lock. A refresh is faster.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) async fn check(store: Option<&TokenStore>) -> Finding {
    let Some(store) = store else {
        return Finding::skipped(CHECK, "a webhook needs none");
    };
    let path = store.path();
    if let Err(error) = store.save(Instant::now() + LOCK_TIMEOUT).await {
        return Finding::failed(CHECK, error);
    }
    // Taking the lock needs all the rights that writing needs.
    if let Err(error) = store.lock(Instant::now() + LOCK_TIMEOUT).await {
        return Finding::failed(CHECK, error);
    }
    let shown = path.display();
    let saw = match store.read() {
        Err(error) => return Finding::failed(CHECK, error),
        Ok(None) => format!("{shown} can be written; nothing is kept there yet"),
        Ok(Some(_)) => format!("{shown} can be read and written"),
    };
    Finding::ok_if_private(CHECK, saw, [path])
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::super::finding::Status;
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const STORE: &str =
        r#"{"version":1,"portal":"https://p.example","client_id":"local.1","access_token":"a","refresh_token":"r"}"#;

    #[tokio::test]
    async fn a_store_that_others_may_read_is_a_warning_and_a_broken_one_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
        let path = folder.path().join("tokens.json");
        let store = TokenStore::at(path.clone());
        assert_eq!(check(None).await.status, Status::Skipped);
        assert_eq!(check(Some(&store)).await.status, Status::Ok, "no file yet");
        for (text, mode, status) in [
            (STORE, 0o600, Status::Ok),
            (STORE, 0o640, Status::Warning),
            ("{}", 0o600, Status::Failed),
        ] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let finding = check(Some(&store)).await;
            assert_eq!(finding.status, status, "{}", finding.saw);
        }
    }
}
