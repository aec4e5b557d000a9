//! The store of a writer that is killed: a real process, a real SIGKILL, at every step.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::file::Step;
use super::tests::{lock, pair, tokens};
use super::*;

const STEPS: [Step; 6] = [
    Step::Begun,
    Step::HalfWritten,
    Step::Written,
    Step::Synced,
    Step::Renamed,
    Step::Done,
];
/// Folder and step for the child below.
const CHILD: &str = "BITRIX24_TEST_STORE_CHILD";

/// Not a test by itself: the process that the next test kills. Without its variable it does nothing.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "told by its parent")]
async fn child_that_is_killed_while_it_writes() {
    let Ok(order) = std::env::var(CHILD) else { return };
    let (step, path) = order.split_once(':').unwrap();
    let step: usize = step.parse().unwrap();
    let store = TokenStore::at(path.into());
    let lock = store.lock(Instant::now() + Duration::from_secs(5)).await.unwrap();
    let reached = |at| {
        if STEPS[step] == at {
            // Not println, whose output the test harness may hold back.
            std::io::stdout().write_all(b"\nreached\n").unwrap();
            loop {
                std::thread::park();
            }
        }
    };
    lock.replace_in_steps(&pair("a2", "r2"), reached).unwrap();
}

#[tokio::test]
async fn a_writer_killed_at_any_step_leaves_the_old_pair_or_the_new_one() {
    for (index, step) in STEPS.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let store = TokenStore::at(folder.path().join("tokens.json"));
        lock(&store).await.unwrap().replace(&pair("a1", "r1")).unwrap();

        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "portal::token_store::killed::child_that_is_killed_while_it_writes",
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

        let expected = if matches!(step, Step::Renamed | Step::Done) {
            "2"
        } else {
            "1"
        };
        assert_eq!(
            tokens(&store),
            (format!("a{expected}"), format!("r{expected}")),
            "{step:?}"
        );
        // Its lock died with it, and what it left aside is in nobody's way.
        lock(&store).await.unwrap().replace(&pair("a3", "r3")).unwrap();
        assert_eq!(tokens(&store), ("a3".to_owned(), "r3".to_owned()));
    }
}
