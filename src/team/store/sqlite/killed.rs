//! Kills a process in the middle of an operation: a real process, a real SIGKILL, before each statement and before the
//! answer. Afterwards the store opens, and the operation was done whole or not at all.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;

use super::database::checks::{STEPS_LEFT, stop};
use super::*;
use crate::team::secret_value::{Digest, Kind, SecretValue};
use crate::team::settings::Lifetimes;
use crate::team::store::records::{CompletedSignIn, NewTokens, Redeemed, Rotated, SignInResult};
use crate::team::store::{Store, suite};

/// The variable that holds the child's orders.
const CHILD: &str = "BITRIX24_TEST_TEAM_STORE_CHILD";
/// More than any operation has.
const MOST_STEPS: isize = 20;

const OPERATIONS: [&str; 4] = ["complete_sign_in", "redeem_code", "rotate", "save_pair"];

/// Values that parent and child know.
fn digest(name: &str) -> Digest {
    let text = format!("b24c_{}", name.repeat(43).get(..43).unwrap());
    SecretValue::read(Kind::Code, &text).unwrap().digest()
}

fn tokens(name: &str) -> NewTokens {
    NewTokens {
        access: digest(&format!("a-{name}")),
        refresh: digest(&format!("r-{name}")),
    }
}

async fn sign_in(store: &SqliteStore, version: i64, code: &str) {
    let arrived = suite::completed(store, 1, suite::CLIENT, version).await;
    complete(store, arrived.0, code).await;
}

async fn complete(store: &SqliteStore, mut completed: CompletedSignIn, code: &str) {
    if let SignInResult::Grant { code: kept, .. } = &mut completed.result {
        *kept = digest(code);
    }
    suite::complete(store, completed).await;
}

async fn run(store: &SqliteStore, operation: &str, arrived: CompletedSignIn) {
    let lifetimes = Lifetimes::default();
    match operation {
        "complete_sign_in" => complete(store, arrived, "new").await,
        "redeem_code" => {
            let redeemed = store.redeem_code(digest("old"), tokens("redeemed"), lifetimes).await;
            assert_eq!(redeemed.unwrap(), Redeemed::Issued);
        }
        "rotate" => {
            let rotated = store.rotate(tokens("first").refresh, tokens("second"), lifetimes).await;
            assert_eq!(rotated.unwrap(), Rotated::Issued { is_repeated: false });
        }
        _ => {
            let saved = store.save_pair(&suite::employee(1), suite::pair(2)).await;
            assert!(saved.unwrap());
        }
    }
}

/// The process that the next test kills, and no test of its own. Without its variable it does nothing.
#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "its parent passes the orders in the environment"
)]
async fn child_that_is_killed_in_an_operation() {
    let Ok(orders) = std::env::var(CHILD) else { return };
    let mut orders = orders.splitn(3, ':');
    let operation = orders.next().unwrap();
    let steps = orders.next().unwrap().parse().unwrap();
    let store = SqliteStore::open(Path::new(orders.next().unwrap())).unwrap();
    let (arrived, _) = suite::completed(&store, 1, suite::CLIENT, 2).await;
    STEPS_LEFT.store(steps, Ordering::SeqCst);
    run(&store, operation, arrived).await;
    stop("done");
}

/// Runs the operation in a process that is killed after so many statements. Returns whether the operation was done.
fn killed_after(steps: isize, operation: &str, path: &Path) -> bool {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "team::store::sqlite::killed::child_that_is_killed_in_an_operation",
            "--exact",
        ])
        .arg("--nocapture")
        .env(CHILD, format!("{operation}:{steps}:{}", path.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    let what = lines.find(|line| line == "stopped" || line == "done").unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    what == "done"
}

async fn check(store: &SqliteStore, operation: &str, is_done: bool) {
    let lifetimes = Lifetimes::default();
    let pair = store.pair(&suite::employee(1)).await.unwrap().unwrap();
    let session = |tokens: NewTokens| async move { store.session(tokens.access).await.unwrap().is_some() };
    match operation {
        "complete_sign_in" => {
            assert_eq!(pair.version, if is_done { 2 } else { 1 });
            let redeemed = store.redeem_code(digest("new"), suite::tokens(), lifetimes).await;
            let expected = if is_done { Redeemed::Issued } else { Redeemed::Gone };
            assert_eq!(redeemed.unwrap(), expected);
        }
        "redeem_code" => {
            assert_eq!(session(tokens("redeemed")).await, is_done);
            let again = store.redeem_code(digest("old"), suite::tokens(), lifetimes).await;
            let expected = if is_done { Redeemed::Replayed } else { Redeemed::Issued };
            assert_eq!(again.unwrap(), expected);
        }
        "rotate" => {
            assert_eq!(session(tokens("second")).await, is_done);
            // The client did not get the answer, and asks again.
            let again = store.rotate(tokens("first").refresh, suite::tokens(), lifetimes).await;
            assert_eq!(again.unwrap(), Rotated::Issued { is_repeated: is_done });
        }
        _ => assert_eq!(pair.version, if is_done { 2 } else { 1 }),
    }
    // Other operations go on.
    let next = store.next_version(&suite::employee(1)).await.unwrap();
    sign_in(store, next, "later").await;
}

#[tokio::test]
async fn n58_an_operation_that_was_killed_is_done_whole_or_not_at_all() {
    for operation in OPERATIONS {
        for steps in 0.. {
            assert!(steps < MOST_STEPS, "{operation} does not end");
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("team.sqlite3");
            let store = SqliteStore::open(&path).unwrap();
            sign_in(&store, 1, "old").await;
            if operation == "rotate" {
                let redeemed = store.redeem_code(digest("old"), tokens("first"), Lifetimes::default());
                assert_eq!(redeemed.await.unwrap(), Redeemed::Issued);
            }
            drop(store);
            let is_done = killed_after(steps, operation, &path);
            let store = SqliteStore::open(&path).unwrap();
            check(&store, operation, is_done).await;
            if is_done {
                assert!(steps >= 3, "{operation} has a beginning, a change and an end");
                break;
            }
        }
    }
}
