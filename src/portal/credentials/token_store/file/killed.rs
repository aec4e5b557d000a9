//! Kills a process while it replaces the stored pair: a real process, a real SIGKILL, after each step.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use super::super::TokenStore;
use super::super::tests::{lock, pair, tokens};
use super::*;

/// The last step of the child before it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Locked,
    HalfWritten,
    Written,
    Renamed,
}

const STEPS: [Step; 4] = [Step::Locked, Step::HalfWritten, Step::Written, Step::Renamed];
/// The variable that holds the child's step and path.
const CHILD: &str = "BITRIX24_TEST_STORE_CHILD";

/// The process that the next test kills, and no test of its own. Without its variable it does nothing.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "its parent passes the step in the environment")]
async fn child_that_is_killed_while_it_writes() {
    let Ok(order) = std::env::var(CHILD) else { return };
    let (step, path) = order.split_once(':').unwrap();
    let step = STEPS[step.parse::<usize>().unwrap()];
    let mut lock = lock(&TokenStore::at(path.into())).await.unwrap();
    match step {
        Step::Locked => {}
        Step::HalfWritten => {
            lock.room.rewind().unwrap();
            lock.room.write_all(br#"{"version":1,"access_to"#).unwrap();
        }
        Step::Written => lock.write(&pair("a2", "r2")).unwrap(),
        Step::Renamed => {
            lock.write(&pair("a2", "r2")).unwrap();
            lock.rename().unwrap();
        }
    }
    // Not println, whose output the test harness may hold back.
    io::stdout().write_all(b"\nreached\n").unwrap();
    loop {
        std::thread::park();
    }
}

#[tokio::test]
async fn a_writer_killed_at_any_step_leaves_the_old_pair_or_the_new_one() {
    for (index, step) in STEPS.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let store = TokenStore::at(folder.path().join("tokens.json"));
        lock(&store).await.unwrap().replace(&pair("a1", "r1")).unwrap();

        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "portal::credentials::token_store::file::killed::child_that_is_killed_while_it_writes",
                "--exact",
            ])
            .arg("--nocapture")
            .env(CHILD, format!("{index}:{}", store.path().display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == "reached"), "{step:?}");
        child.kill().unwrap();
        child.wait().unwrap();

        let expected = if step == Step::Renamed { "2" } else { "1" };
        assert_eq!(
            tokens(&store),
            (format!("a{expected}"), format!("r{expected}")),
            "{step:?}"
        );
        // The system released the lock with the process, and the file left behind does not prevent the next write.
        lock(&store).await.unwrap().replace(&pair("a3", "r3")).unwrap();
        assert_eq!(tokens(&store), ("a3".to_owned(), "r3".to_owned()));
    }
}
