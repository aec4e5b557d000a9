//! How long this process tries to save new tokens of the portal while the store does not answer.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// The first pause between two attempts. Each next one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(1);
/// How long attempts are made.
const MAX_TIME: Duration = Duration::from_secs(600);

/// Makes attempts to save the tokens of an employee until one succeeds, at most for [`MAX_TIME`].
///
/// # Errors
/// The failure of the last attempt.
pub(super) async fn until_saved<T, E, F>(mut attempt: impl FnMut() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let begun = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match attempt().await {
            Ok(saved) => return Ok(saved),
            Err(error) if begun.elapsed() >= MAX_TIME => {
                tracing::error!("new tokens of an employee could not be saved; the employee has to sign in again");
                return Err(error);
            }
            Err(_) => {}
        }
        sleep(pause).await;
        pause = (pause * 2).min(MAX_PAUSE);
    }
}
