//! Deletes what has expired from the store, every five minutes.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::team::parts::Parts;

/// The time between two sweeps, on average.
const INTERVAL: Duration = Duration::from_secs(300);

/// Sweeps the store until `stop`. The pauses differ by up to a fifth, so that several servers on one store do not sweep
/// at the same moment.
pub(in crate::team) async fn sweep(parts: &Parts, stop: CancellationToken) {
    let sweeping = async {
        loop {
            sleep(INTERVAL.mul_f64(0.8 + 0.4 * fastrand::f64())).await;
            if let Err(unavailable) = parts.store.sweep(parts.settings.lifetimes).await {
                tracing::error!(reason = %unavailable, "what has expired cannot be deleted from the store now");
            }
        }
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = sweeping => {}
    }
}
