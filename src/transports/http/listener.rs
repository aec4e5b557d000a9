//! The socket to listen on, and why it cannot be had.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use super::ListenAddress;

/// Connections that may wait to be accepted, such as when many clients start at the same moment.
const QUEUE: u32 = 1024;

/// A bound socket that takes connections.
#[derive(Debug)]
pub struct Listener {
    inner: TcpListener,
    address: SocketAddr,
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Others on the network could connect, and nothing would keep them out.
    #[error("{0} can be reached from other machines, and no token is set that would keep strangers out")]
    Open(ListenAddress),
    /// Something listens there already.
    #[error("{0} is in use by another program")]
    InUse(ListenAddress),
    /// No such address on this machine.
    #[error("{0} is not an address of this machine")]
    NotHere(ListenAddress),
    /// A port below 1024, as a rule.
    #[error("this user may not listen on {0}")]
    NotAllowed(ListenAddress),
    /// Anything else.
    #[error("{0} cannot be listened on")]
    Other(ListenAddress, #[source] io::Error),
}

impl Error {
    /// True if the settings are at fault, not the machine.
    pub fn is_about_settings(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Open(_) => {
                "set BITRIX24_MCP_HTTP_TOKEN (or BITRIX24_MCP_HTTP_TOKEN_FILE) to a long random text, which clients send as `Authorization: Bearer …`; or listen on 127.0.0.1"
            }
            Self::InUse(_) => "end the other program, or choose another port; port 0 takes a free one",
            Self::NotHere(_) => "listen on 127.0.0.1 for this machine alone, or on 0.0.0.0 for all its addresses",
            Self::NotAllowed(_) => "choose a port from 1024 on, and let a proxy listen on the public one",
            Self::Other(..) => "choose another address",
        }
    }
}

impl Listener {
    /// Listens on `address`. Beyond loopback only with a token, so that nobody serves an address book to the whole
    /// network without meaning to.
    ///
    /// # Errors
    /// [`Error`].
    pub fn bind(address: ListenAddress, has_token: bool) -> Result<Self, Error> {
        if !address.is_loopback() && !has_token {
            return Err(Error::Open(address));
        }
        listen(address.socket_address()).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => Error::InUse(address),
            io::ErrorKind::AddrNotAvailable => Error::NotHere(address),
            io::ErrorKind::PermissionDenied => Error::NotAllowed(address),
            _ => Error::Other(address, error),
        })
    }

    /// Where it listens, with the port that was taken for port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn into_inner(self) -> TcpListener {
        self.inner
    }
}

fn listen(address: SocketAddr) -> io::Result<Listener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    // A restart need not wait for the connections of the last run to fade.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    let inner = socket.listen(QUEUE)?;
    Ok(Listener {
        address: inner.local_addr()?,
        inner,
    })
}
