//! Notices that the client has closed its end of standard input, also while nothing is read from it.

use std::io;

/// Waits until the client has closed its end. For ever where only reading tells that: on a socket or a file, and on
/// systems other than Linux.
pub(super) async fn hang_up() {
    if let Err(error) = watch().await {
        tracing::debug!(error = %error.kind(), "the end of input is noticed by reading alone");
        std::future::pending::<()>().await;
    }
}

#[cfg(target_os = "linux")]
async fn watch() -> io::Result<()> {
    use tokio::io::Interest;
    use tokio::net::unix::pipe::OpenOptions;

    // A descriptor of its own: what is read, and how, is the transport's business.
    let input = OpenOptions::new().open_receiver("/proc/self/fd/0")?;
    // A wait for something to read would end at once, as there is. A pipe has no data of priority, so this wait ends
    // with the pipe alone.
    while !input.ready(Interest::PRIORITY).await?.is_read_closed() {}
    Ok(())
}

#[cfg(not(target_os = "linux"))]
async fn watch() -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
