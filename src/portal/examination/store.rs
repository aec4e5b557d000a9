//! The token store: readable, private, and its folder writable.

use std::time::Duration;

use tokio::time::Instant;

use super::super::token_store::TokenStore;
use super::Finding;

const NAME: &str = "token_store";
/// A refresh of another process takes less.
const LOCK_TIMEOUT: Duration = Duration::from_secs(1);

pub(super) async fn examine(store: Option<&TokenStore>) -> Finding {
    let Some(store) = store else {
        return Finding::skipped(NAME, "a webhook needs none");
    };
    let path = store.path();
    if let Err(error) = store.save(Instant::now() + LOCK_TIMEOUT).await {
        return Finding::failed(NAME, error);
    }
    // Taking the lock tries everything that writing needs.
    if let Err(error) = store.lock(Instant::now() + LOCK_TIMEOUT).await {
        return Finding::failed(NAME, error);
    }
    let shown = path.display();
    let saw = match store.read() {
        Err(error) => return Finding::failed(NAME, error),
        Ok(None) => format!("{shown} can be written; nothing is kept there yet"),
        Ok(Some(_)) => format!("{shown} can be read and written"),
    };
    Finding::ok_if_private(NAME, saw, [path])
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::Status;
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
        assert_eq!(examine(None).await.status, Status::Skipped);
        assert_eq!(examine(Some(&store)).await.status, Status::Ok, "not there yet");
        for (text, mode, status) in [
            (STORE, 0o600, Status::Ok),
            (STORE, 0o640, Status::Warning),
            ("{}", 0o600, Status::Failed),
        ] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let finding = examine(Some(&store)).await;
            assert_eq!(finding.status, status, "{}", finding.saw);
        }
    }
}
