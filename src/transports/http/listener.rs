//! Binds the socket to listen on, and explains failures.

use std::io;
use std::net::SocketAddr;

use listenfd::ListenFd;
use tokio::net::{TcpListener, TcpSocket};

use super::address::ListenAddress;
use crate::team::PublicUrl;

/// Connections that may wait to be accepted, for example when many clients start at the same moment.
const QUEUE: u32 = 1024;

/// A bound socket that listens for connections.
#[derive(Debug)]
pub struct Listener {
    inner: TcpListener,
    address: SocketAddr,
}

/// Why the server cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Other machines could connect, and no token would keep them out.
    #[error("{0} can be reached from other machines, and no token is set that would keep strangers out")]
    Open(SocketAddr),
    /// Other machines could connect, and what employees send would not be encrypted.
    #[error("{0} can be reached from other machines, and BITRIX24_MCP_PUBLIC_URL does not begin with https://")]
    PlainHttp(SocketAddr),
    /// Another program listens there already.
    #[error("{0} is in use by another program")]
    InUse(ListenAddress),
    /// The address is not one of this machine.
    #[error("{0} is not an address of this machine")]
    NotHere(ListenAddress),
    /// The user lacks the permission, usually for a port below 1024.
    #[error("this user may not listen on {0}")]
    NotAllowed(ListenAddress),
    /// The process was not started by a socket unit of systemd.
    #[error("systemd has passed no socket")]
    NoSocket,
    /// The socket of the unit is not a TCP socket, or cannot be used.
    #[error("the socket that systemd has passed is not a TCP socket")]
    NotTcp(#[source] io::Error),
    /// Any other failure.
    #[error("this program cannot listen on {0}")]
    Other(ListenAddress, #[source] io::Error),
}

impl Error {
    /// True if the settings are the cause, not the machine.
    pub fn is_about_settings(&self) -> bool {
        matches!(self, Self::Open(_) | Self::PlainHttp(_))
    }

    /// The advice for this error.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Open(_) => {
                "set BITRIX24_MCP_HTTP_TOKEN (or BITRIX24_MCP_HTTP_TOKEN_FILE) to a long random text, which clients send as `Authorization: Bearer …`; or listen on 127.0.0.1"
            }
            Self::PlainHttp(_) => {
                "let a proxy such as nginx or Caddy serve https, and set BITRIX24_MCP_PUBLIC_URL to its address; or listen on 127.0.0.1"
            }
            Self::InUse(_) => {
                "end the other program, or choose another port; with port 0 the system chooses a free one"
            }
            Self::NotHere(_) => "listen on 127.0.0.1 for this machine alone, or on 0.0.0.0 for all its addresses",
            Self::NotAllowed(_) => "choose a port from 1024 on, and let a proxy listen on the public one",
            Self::NoSocket => {
                "start it by a .socket unit with ListenStream=, as docs/server.md shows, or give an address such as 127.0.0.1:8024"
            }
            Self::NotTcp(_) => "give the .socket unit a ListenStream= with an address and a port",
            Self::Other(..) => "choose another address",
        }
    }
}

impl Listener {
    /// Listens on `address`. An address other than loopback needs a token, so that an address book is not served to the
    /// whole network by mistake.
    ///
    /// # Errors
    /// [`Error`].
    pub fn bind(address: ListenAddress, has_token: bool) -> Result<Self, Error> {
        refuse_open(address.socket_address(), has_token)?;
        Self::at(address)
    }

    /// Takes the socket that systemd has opened for this process. Addresses other than loopback need a token here too.
    /// See <https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html>.
    ///
    /// # Errors
    /// [`Error`].
    pub fn from_systemd(has_token: bool) -> Result<Self, Error> {
        let listener = Self::passed()?;
        refuse_open(listener.address, has_token)?;
        Ok(listener)
    }

    /// Listens on `address` for a team with this public address. Beyond loopback that must be https, so that tokens and
    /// cookies do not cross the network unprotected.
    ///
    /// # Errors
    /// [`Error`].
    pub fn bind_for_team(address: ListenAddress, public_url: &PublicUrl) -> Result<Self, Error> {
        refuse_plain_http(address.socket_address(), public_url)?;
        Self::at(address)
    }

    /// As [`bind_for_team`](Self::bind_for_team), on the socket that systemd has opened.
    ///
    /// # Errors
    /// [`Error`].
    pub fn from_systemd_for_team(public_url: &PublicUrl) -> Result<Self, Error> {
        let listener = Self::passed()?;
        refuse_plain_http(listener.address, public_url)?;
        Ok(listener)
    }

    fn at(address: ListenAddress) -> Result<Self, Error> {
        listen(address.socket_address()).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => Error::InUse(address),
            io::ErrorKind::AddrNotAvailable => Error::NotHere(address),
            io::ErrorKind::PermissionDenied => Error::NotAllowed(address),
            _ => Error::Other(address, error),
        })
    }

    fn passed() -> Result<Self, Error> {
        let socket = ListenFd::from_env().take_tcp_listener(0).map_err(Error::NotTcp)?;
        let socket = socket.ok_or(Error::NoSocket)?;
        socket
            .set_nonblocking(true)
            .and_then(|()| TcpListener::from_std(socket))
            .and_then(Self::of)
            .map_err(Error::NotTcp)
    }

    fn of(inner: TcpListener) -> io::Result<Self> {
        Ok(Self {
            address: inner.local_addr()?,
            inner,
        })
    }

    /// The address of the socket, with the real port in place of port 0.
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
    // After a restart the port is free immediately, even if connections of the last run are still closing.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Listener::of(socket.listen(QUEUE)?)
}

/// Fails if other machines could connect without a token.
fn refuse_open(address: SocketAddr, has_token: bool) -> Result<(), Error> {
    if is_loopback(address) || has_token {
        Ok(())
    } else {
        Err(Error::Open(address))
    }
}

/// Fails if other machines could connect, and the public address is not https.
fn refuse_plain_http(address: SocketAddr, public_url: &PublicUrl) -> Result<(), Error> {
    if is_loopback(address) || public_url.is_https() {
        Ok(())
    } else {
        Err(Error::PlainHttp(address))
    }
}

fn is_loopback(address: SocketAddr) -> bool {
    address.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n82_beyond_loopback_a_team_needs_a_public_address_with_https() {
        for (address, url, starts) in [
            ("0.0.0.0:8024", "http://127.0.0.1:8024", false),
            ("192.0.2.1:8024", "http://localhost:8024", false),
            ("[::]:8024", "http://127.0.0.1:8024", false),
            ("[::ffff:192.0.2.1]:8024", "http://127.0.0.1:8024", false),
            ("0.0.0.0:8024", "https://mcp.example.com", true),
            ("127.0.0.1:8024", "http://127.0.0.1:8024", true),
            ("[::ffff:127.0.0.1]:8024", "http://127.0.0.1:8024", true),
            ("127.0.0.1:8024", "https://mcp.example.com", true),
        ] {
            let outcome = refuse_plain_http(address.parse().unwrap(), &url.parse().unwrap());
            assert_eq!(outcome.is_ok(), starts, "{address} {url}");
            assert!(outcome.err().is_none_or(|error| error.is_about_settings()));
        }
    }

    #[tokio::test]
    async fn n82_a_team_does_not_listen_beyond_loopback_without_https() {
        let url = "http://127.0.0.1:8024".parse().unwrap();
        let refused = Listener::bind_for_team("0.0.0.0:0".parse().unwrap(), &url);
        assert!(matches!(refused, Err(Error::PlainHttp(_))), "{refused:?}");
        Listener::bind_for_team("127.0.0.1:0".parse().unwrap(), &url).unwrap();
    }
}
