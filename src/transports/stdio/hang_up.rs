//! Detects that the client has closed its end of standard input, even while the program reads nothing from it.

use std::io;

/// Waits until the client has closed its end of standard input. Never returns where only reading shows the end: for a
/// file, and on systems other than Linux.
pub(super) async fn hang_up() {
    if let Err(error) = watch().await {
        tracing::debug!(error = %error.kind(), "the end of input is detected only by reading");
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
        // Waiting until the input is readable would return immediately, since there is unread input. Clients send no
        // priority data, so this wait ends only when they close the pipe or socket.
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
