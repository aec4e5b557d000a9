//! A server that stops and starts again, hangs, or starts after this program.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::sleep;

use super::super::test_fixture::open;
use super::super::test_server::Cluster;
use crate::team::store::{Store, suite};

/// Runs operations all the time until `is_over`. Returns those that succeeded and those that failed. None takes longer
/// than it may, and none fails otherwise than by `Unavailable`.
async fn load(store: Arc<dyn Store>, is_over: Arc<AtomicBool>) -> (usize, usize) {
    let (mut done, mut failed) = (0, 0);
    while !is_over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let sign_in = suite::sign_in("192.0.2.1");
        let handle = (sign_in.handle, sign_in.form_key);
        let begin = store.begin_sign_in(sign_in, Duration::from_secs(600)).await;
        assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
        match begin {
            Ok(_) => {
                done += 1;
                // What was kept is still there after the server's trouble.
                if let Ok(refused) = store.decide_sign_in(handle.0, handle.1, None).await {
                    assert!(refused.is_some());
                }
            }
            Err(error) => {
                assert!(error.0.starts_with("PostgreSQL at 127.0.0.1:"), "{error}");
                failed += 1;
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
    (done, failed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts a PostgreSQL of its own"]
async fn operations_fail_in_time_while_the_server_is_away_and_work_when_it_is_back() {
    let cluster = Cluster::start_new("").await;
    let store: Arc<dyn Store> = Arc::new(open(&cluster.address(), 4).await);
    let is_over = Arc::new(AtomicBool::new(false));
    let callers: Vec<_> = (0..8)
        .map(|_| tokio::spawn(load(Arc::clone(&store), Arc::clone(&is_over))))
        .collect();
    for trouble in ["stop", "kill", "hang"] {
        sleep(Duration::from_millis(500)).await;
        match trouble {
            "stop" => cluster.stop().await,
            "kill" => cluster.kill().await,
            _ => cluster.signal("-STOP").await,
        }
        let begun = Instant::now();
        assert!(store.check().await.is_err(), "{trouble}");
        assert!(begun.elapsed() < Duration::from_secs(6), "{trouble}");
        sleep(Duration::from_secs(1)).await;
        match trouble {
            "hang" => cluster.signal("-CONT").await,
            _ => cluster.start().await,
        }
        // At most the operations that wait for the hanging server are in front.
        let begun = Instant::now();
        while store.check().await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(6), "{trouble}");
            sleep(Duration::from_millis(100)).await;
        }
    }
    sleep(Duration::from_millis(500)).await;
    is_over.store(true, Ordering::Relaxed);
    let mut all = (0, 0);
    for counted in join_all(callers).await {
        let (done, failed) = counted.unwrap();
        assert!(done > 0);
        all = (all.0 + done, all.1 + failed);
    }
    assert!(all.1 > 0, "{all:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "starts a PostgreSQL of its own"]
async fn a_server_waits_for_the_database_at_its_start() {
    let cluster = Cluster::start_new("").await;
    cluster.stop().await;
    let begun = Instant::now();
    let address = cluster.address();
    let opening = tokio::spawn(async move { open(&address, 1).await });
    sleep(Duration::from_secs(2)).await;
    assert!(!opening.is_finished());
    cluster.start().await;
    opening.await.unwrap().check().await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
}
