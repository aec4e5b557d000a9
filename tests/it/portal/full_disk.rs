//! A token store that cannot be written: before an exchange, which then does not take place, and after an exchange,
//! whose pair is then used from memory. A limit on the size of files replaces the full disk; processes and portal are
//! real.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use bitrix24_mail_mcp::demo::DemoPortal;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use crate::support::commands::{signed_in, with_refresh_token};
use crate::support::harness::{RawSession, Session, call, program, stderr, stdout};
use crate::support::http_server::unlimited;

/// The command with a limit on the size of the files that it writes.
fn limited(command: &Command, limit: &str) -> Command {
    let inner = command.as_std();
    let mut limited = Command::new("sh");
    limited
        .arg("-c")
        .arg(format!(r#"ulimit -f {limit}; exec "$0" "$@""#))
        .arg(inner.get_program())
        .args(inner.get_args())
        .kill_on_drop(true);
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited
}

struct World {
    portal: DemoPortal,
    folder: TempDir,
}

impl World {
    async fn new() -> Self {
        Self {
            portal: unlimited(None).await,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store/tokens.json")
    }

    fn command(&self) -> Command {
        with_refresh_token(&self.portal, &self.store())
    }

    /// Makes a folder in place of the store, over which not even root can rename a file.
    fn block(&self) {
        fs::create_dir_all(self.store().join("full")).unwrap();
    }

    fn stored(&self) -> Value {
        serde_json::from_slice(&fs::read(self.store()).unwrap()).unwrap()
    }
}

#[tokio::test]
async fn without_room_no_command_exchanges_anything() {
    for limit in ["0", "1"] {
        for arguments in [
            ["lookup", "client", "--format", "json"].as_slice(),
            &["lookup", "--all"],
            &["resolve", "Anna"],
            &["doctor"],
        ] {
            let world = World::new().await;
            let output = limited(world.command().args(arguments), limit).output().await.unwrap();
            let said = format!("{}{}", stdout(&output), stderr(&output));
            assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
            for part in [
                "TOKEN_STORE_FULL",
                "size of files",
                "Free space",
                world.store().to_str().unwrap(),
            ] {
                assert!(said.contains(part), "{arguments:?}, {part}: {said}");
            }
            assert_eq!((world.portal.refreshes(), world.portal.spent_refreshes()), (0, 0));
            assert!(!world.store().exists());
            // With room the same token is still good.
            let output = world.command().args(["lookup", "client"]).output().await.unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
            assert_eq!((world.portal.refreshes(), world.portal.spent_refreshes()), (1, 0));
        }
    }
}

#[tokio::test]
async fn without_room_a_server_keeps_running_and_exchanges_nothing() {
    let world = World::new().await;
    let mut session = RawSession::start(limited(&world.command(), "1"));
    session.initialize("2025-11-25").await;
    for id in 2..4 {
        let answer = session.ask(call(id, json!({}))).await;
        assert_eq!(
            answer["result"]["structuredContent"]["error"]["code"],
            "TOKEN_STORE_FULL"
        );
    }
    assert_eq!(session.hang_up().await, (vec![], true));
    assert_eq!(world.portal.refreshes(), 0);
}

#[tokio::test]
async fn without_room_login_does_not_exchange_its_code() {
    let world = World::new().await;
    let mut command = world.command();
    command.args(["login", "--port", "0", "--no-browser"]);
    let mut child = limited(&command, "0")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .as_mut()
        .unwrap()
        .write_all(b"c0dec0dec0dec0de\n")
        .await
        .unwrap();
    let mut errors = String::new();
    child.stderr.take().unwrap().read_to_string(&mut errors).await.unwrap();
    assert_eq!(child.wait().await.unwrap().code(), Some(1), "{errors}");
    assert!(errors.contains("TOKEN_STORE_FULL"), "{errors}");
    assert!(world.portal.requests().is_empty(), "something was exchanged");
}

/// A limit makes writing other files an error; SIGXFSZ does not kill the process.
#[tokio::test]
async fn a_limit_on_the_size_of_files_is_an_error_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("written");
    fs::create_dir(&target).unwrap();
    let target = target.to_str().unwrap();
    for arguments in [
        ["install", "claude-code"].as_slice(),
        &["schema", "--write", target],
        &["man", "--write", target],
    ] {
        let mut command = program();
        command
            .args(arguments)
            .env("HOME", folder.path())
            .env("USERPROFILE", folder.path());
        let output = limited(&command, "0").output().await.unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
        assert!(stderr(&output).contains("error:"), "{arguments:?}: {}", stderr(&output));
    }
}

#[tokio::test]
async fn a_server_uses_a_pair_from_memory_until_it_can_save_it_and_logs_it_once() {
    let world = World::new().await;
    world.portal.hold_tokens();
    let session = Session::start(world.command()).await;
    let first = session.call(json!({"query": "client"}));
    let blocked = async {
        world.portal.wait_until(|portal| portal.refreshes() == 1).await;
        world.block();
        world.portal.release_answers();
    };
    let (first, ()) = tokio::join!(first, blocked);
    assert_eq!(first.is_error, Some(false), "{first:?}");
    for query in ["anna", "boris"] {
        assert_eq!(session.call(json!({"query": query})).await.is_error, Some(false));
    }
    // An hour later, with the disk still full.
    world.portal.expire_access_tokens();
    assert_eq!(session.call(json!({"query": "carla"})).await.is_error, Some(false));
    assert_eq!((world.portal.refreshes(), world.portal.spent_refreshes()), (2, 0));
    fs::remove_dir_all(world.store()).unwrap();
    assert_eq!(session.call(json!({"query": "dora"})).await.is_error, Some(false));
    let refresh_token = world.stored()["refresh_token"].clone();
    let log = session.end().await;
    assert_eq!(log.matches("the new tokens cannot be written").count(), 1, "{log}");
    for part in [world.store().to_str().unwrap(), "Free space", "bitrix24-mail-mcp login"] {
        assert!(log.contains(part), "{part}: {log}");
    }
    assert!(!log.contains(refresh_token.as_str().unwrap()), "{log}");

    let output = signed_in(&world.portal, &world.store())
        .args(["lookup"])
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!((world.portal.refreshes(), world.portal.spent_refreshes()), (2, 0));
}

#[tokio::test]
async fn a_server_saves_its_pair_before_it_ends() {
    let world = World::new().await;
    world.portal.hold_tokens();
    let session = Session::start(world.command()).await;
    let blocked = async {
        world.portal.wait_until(|portal| portal.refreshes() == 1).await;
        world.block();
        world.portal.release_answers();
    };
    let (first, ()) = tokio::join!(session.call(json!({"query": "client"})), blocked);
    assert_eq!(first.is_error, Some(false), "{first:?}");
    fs::remove_dir_all(world.store()).unwrap();
    session.end().await;
    assert!(world.stored()["refresh_token"].is_string());
}

/// Runs a command whose pair cannot be saved: a folder is in place of the store.
async fn run_blocked(world: &World, arguments: &[&str]) -> std::process::Output {
    world.portal.hold_tokens();
    let mut command = world.command();
    let running = command.args(arguments).stdin(Stdio::null()).output();
    let blocked = async {
        world.portal.wait_until(|portal| portal.refreshes() == 1).await;
        world.block();
        world.portal.release_answers();
    };
    tokio::join!(running, blocked).0.unwrap()
}

#[tokio::test]
async fn a_command_that_cannot_save_its_pair_prints_its_result_and_fails_with_advice() {
    for arguments in [
        ["lookup", "client", "--format", "json"].as_slice(),
        &["lookup", "--all", "--format", "json"],
        &["resolve", "Anna", "--format", "json"],
        &["doctor", "--format", "json"],
    ] {
        let world = World::new().await;
        let output = run_blocked(&world, arguments).await;
        let errors = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
        let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let is_answered = ["contacts", "recipients", "checks"]
            .iter()
            .any(|key| answer.get(key).is_some());
        assert!(is_answered, "{answer}");
        for part in [
            "TOKENS_NOT_SAVED",
            "Free space",
            "bitrix24-mail-mcp login",
            world.store().to_str().unwrap(),
        ] {
            assert!(errors.contains(part), "{arguments:?}, {part}: {errors}");
        }
        assert_eq!(world.portal.spent_refreshes(), 0, "{arguments:?}");
    }
}

/// One path to the store is a link, and stays a link.
#[tokio::test]
async fn processes_share_a_store_through_its_link_and_its_own_path() {
    let world = World::new().await;
    let links = world.folder.path().join("links");
    fs::create_dir(&links).unwrap();
    let link: &Path = &links.join("tokens.json");
    std::os::unix::fs::symlink("../store/tokens.json", link).unwrap();
    for store in [link, &world.store()] {
        let mut command = with_refresh_token(&world.portal, store);
        let output = command.args(["lookup", "client"]).output().await.unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert!(link.is_symlink());
    assert_eq!((world.portal.refreshes(), world.portal.spent_refreshes()), (1, 0));
    assert_eq!(
        fs::read_dir(&links).unwrap().count(),
        1,
        "the lock is beside the target"
    );
}

#[tokio::test]
async fn a_lock_file_from_another_user_is_refused_immediately_and_not_followed() {
    let portal = unlimited(None).await;
    for is_pipe in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let (store, elsewhere) = (folder.path().join("tokens.json"), folder.path().join("elsewhere"));
        let lock = folder.path().join("tokens.json.lock");
        if is_pipe {
            let made = Command::new("mkfifo").arg(&lock).status().await.unwrap();
            assert!(made.success());
        } else {
            std::os::unix::fs::symlink(&elsewhere, &lock).unwrap();
        }
        let output = with_refresh_token(&portal, &store)
            .args(["lookup", "client"])
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{said}");
        assert!(said.contains("the .lock beside it is not an ordinary file"), "{said}");
        assert!(!elsewhere.exists());
        assert_eq!(portal.refreshes(), 0);
    }
}
