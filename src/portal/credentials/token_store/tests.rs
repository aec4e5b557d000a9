//! The store on a real disk: private, one writer at a time, behind links, and a pair that cannot be saved.

use std::fs;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::*;

pub(super) fn pair(access: &str, refresh: &str) -> StoredPair {
    StoredPair {
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
async fn a_stored_pair_can_be_read_again_and_is_private() {
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
async fn there_is_one_writer_at_a_time_and_the_wait_for_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    let store = TokenStore::at(folder.path().join("tokens.json"));
    let first = lock(&store).await.unwrap();
    let error = lock(&store).await.unwrap_err();
    assert!(error.to_string().ends_with("another process holds its lock"), "{error}");
    drop(first);
    lock(&store).await.unwrap();
}

#[tokio::test]
async fn an_unusable_store_fails_before_a_pair_is_issued() {
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

fn file_names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Keeps a pair as an exchange does.
fn keep(store: &TokenStore, access: &str, refresh: &str, lock: Option<Lock>) {
    let in_file = store.token_in_file();
    store.keep(pair(access, refresh), in_file, lock);
}

#[tokio::test]
async fn room_for_a_pair_is_made_with_the_lock_and_removed_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = TokenStore::at(folder.path().join("tokens.json"));
    let held = lock(&store).await.unwrap();
    let room = fs::metadata(folder.path().join("tokens.json.new")).unwrap();
    assert!(room.len() >= 16 * 1024);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        assert!(
            room.blocks() * 512 >= room.len(),
            "the room has blocks, not only a length: {} blocks",
            room.blocks()
        );
        assert_eq!(room.permissions().mode() & 0o777, 0o600);
    }
    drop(held);
    assert_eq!(file_names(folder.path()), ["tokens.json.lock"]);
    lock(&store).await.unwrap().replace(&pair("a1", "r1")).unwrap();
    let length = fs::metadata(store.path()).unwrap().len();
    assert!(length < 1024, "the rest of the room is cut off: {length}");
}

/// Puts a folder in place of the file, so that the rename fails, even for root.
fn block(store: &TokenStore) {
    let _ = fs::remove_file(store.path());
    fs::create_dir_all(store.path().join("full")).unwrap();
}

fn unblock(store: &TokenStore, text: Option<&str>) {
    fs::remove_dir_all(store.path()).unwrap();
    if let Some(text) = text {
        fs::write(store.path(), text).unwrap();
    }
}

#[tokio::test]
async fn a_pair_that_cannot_be_saved_is_used_from_memory_until_it_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let store = TokenStore::at(folder.path().join("tokens.json"));
    lock(&store).await.unwrap().replace(&pair("a1", "r1")).unwrap();
    let old = fs::read_to_string(store.path()).unwrap();
    let (held, in_file) = (lock(&store).await.unwrap(), store.token_in_file());
    block(&store);
    store.keep(pair("a2", "r2"), in_file, Some(held));
    assert!(store.is_unsaved(Some(&"r2".into())) && !store.is_unsaved(Some(&"r1".into())));
    assert_eq!(tokens(&store), ("a2".to_owned(), "r2".to_owned()));
    let error = store.save(Instant::now()).await.unwrap_err();
    assert_eq!(error.code(), "TOKENS_NOT_SAVED");
    assert!(error.to_string().contains("tokens.json"), "{error}");

    // The stored pair is older than the pair in memory, even after the latter is replaced.
    unblock(&store, Some(&old));
    assert_eq!(tokens(&store), ("a2".to_owned(), "r2".to_owned()));
    keep(&store, "a3", "r3", None);
    assert_eq!(tokens(&store), ("a3".to_owned(), "r3".to_owned()));
    store.save(Instant::now()).await.unwrap();
    assert!(!store.is_unsaved(Some(&"r3".into())));
    let other = TokenStore::at(store.path().to_owned());
    assert_eq!(tokens(&other), ("a3".to_owned(), "r3".to_owned()));
}

#[tokio::test]
async fn a_newer_sign_in_of_another_process_is_not_overwritten_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = TokenStore::at(folder.path().join("tokens.json"));
    for has_file in [true, false] {
        let in_file = has_file.then(|| {
            fs::write(
                store.path(),
                r#"{"version":1,"portal":"p","client_id":"c","access_token":"a","refresh_token":"r1"}"#,
            )
            .unwrap();
            store.token_in_file().unwrap()
        });
        store.keep(pair("a2", "r2"), in_file, None);
        assert_eq!(tokens(&store).1, "r2");
        let other = TokenStore::at(store.path().to_owned());
        lock(&other).await.unwrap().replace(&pair("a9", "r9")).unwrap();
        store.save(Instant::now()).await.unwrap();
        assert_eq!((tokens(&store).1, tokens(&other).1), ("r9".to_owned(), "r9".to_owned()));
        fs::remove_file(store.path()).unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_stays_and_its_target_is_written() {
    use std::os::unix::fs::symlink;
    let root = tempfile::tempdir().unwrap();
    let (links, kept) = (root.path().join("links"), root.path().join("kept"));
    fs::create_dir(&links).unwrap();
    fs::create_dir(&kept).unwrap();
    // A chain, into another folder, to nothing yet: the first by a relative path, through a folder that is a link.
    let (first, second, target) = (links.join("tokens.json"), links.join("second"), kept.join("real.json"));
    symlink(&kept, links.join("folder")).unwrap();
    symlink("second", &first).unwrap();
    symlink("folder/../kept/real.json", &second).unwrap();
    let (by_link, by_name) = (TokenStore::at(first.clone()), TokenStore::at(target.clone()));
    assert!(by_link.read().unwrap().is_none());
    for round in ["1", "2"] {
        let held = lock(&by_link).await.unwrap();
        assert!(by_name.lock(Instant::now()).await.is_err(), "two names, one lock");
        held.replace(&pair(&format!("a{round}"), &format!("r{round}"))).unwrap();
        assert_eq!(tokens(&by_name), (format!("a{round}"), format!("r{round}")));
        assert_eq!(tokens(&by_link), tokens(&by_name));
        assert!(first.is_symlink() && second.is_symlink() && !target.is_symlink());
    }
    assert_eq!(file_names(&kept), ["real.json", "real.json.lock"]);
    assert_eq!(file_names(&links), ["folder", "second", "tokens.json"]);

    let circle = TokenStore::at(links.join("circle"));
    symlink("circle", circle.path()).unwrap();
    let error = lock(&circle).await.unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
    assert!(circle.read().is_err());
}
