//! Notices that the client has closed its end of standard input, also while nothing is read from it.

use std::io;

/// Waits until the client has closed its end. For ever where only reading tells that: at a file, and on systems other
/// than Linux.
pub(super) async fn hang_up() {
    if let Err(error) = watch().await {
        tracing::debug!(error = %error.kind(), "the end of input is noticed by reading alone");
        std::future::pending::<()>().await;
    }
}

#[cfg(target_os = "linux")]
#[expect(
    deprecated,
    reason = "its replacement is unsafe because a type may change its descriptor; an OwnedFd does not"
)]
async fn watch() -> io::Result<()> {
    use std::os::fd::AsFd;
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    let input = io::stdin().as_fd().try_clone_to_owned()?;
    let input = AsyncFd::with_interest(input, Interest::READABLE)?;
    loop {
        // A wait for something to read would end at once, as there is. Pipes and sockets of clients have no data of
        // priority, so this wait ends when they are closed.
        let mut state = input.ready(Interest::PRIORITY).await?;
        if state.ready().is_read_closed() {
            return Ok(());
        }
        state.clear_ready();
    }
}

#[cfg(not(target_os = "linux"))]
async fn watch() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
