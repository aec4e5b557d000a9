//! The address of a PostgreSQL server, as libpq writes it.

use std::fmt::{self, Write as _};
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tokio_postgres::Config;
use tokio_postgres::config::TargetSessionAttrs;

use super::ssl_mode::{Given, SslMode, TlsOptions};

/// Options that the address gets unless it has them. Times are in seconds.
const DEFAULTS: [(&str, &str); 5] = [
    // What `pg_stat_activity` shows.
    ("application_name", "bitrix24-mail-mcp"),
    // How long a host may take to accept a connection.
    ("connect_timeout", "2"),
    // After this time without traffic the system asks whether the server still lives.
    ("keepalives_idle", "10"),
    // How long the system waits for an answer to that.
    ("keepalives_interval", "3"),
    // How often the system asks before it gives the connection up.
    ("keepalives_retries", "2"),
];
/// How long data may wait for its receipt before the system gives the connection up.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(5);

const EXAMPLE: &str = "postgres://USER:PASSWORD@HOST:5432/DATABASE";

/// What is wrong with an address, as a phrase that follows the name of the setting. It holds no value of the address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AddressError {
    /// It begins otherwise.
    #[error("is no address of a PostgreSQL server; it must look like {EXAMPLE}")]
    OtherScheme,
    /// A part is wrong.
    #[error(
        "{0}; it must look like {EXAMPLE}, and in its parts each of the characters : / ? # @ & % must be written as \
         % and two digits, as in %40 for @"
    )]
    Wrong(String),
    /// An option is wrong.
    #[error("{0}")]
    WrongOption(String),
}

/// A host of the address.
#[derive(Clone)]
struct Host {
    /// A name, an IP address, or the folder of a Unix socket. `None` if there is only `hostaddr`.
    name: Option<String>,
    address: Option<IpAddr>,
    port: u16,
}

impl Host {
    /// True if it is reached by a Unix socket. `hostaddr` beside the folder of a socket wins.
    fn is_socket(&self) -> bool {
        self.address.is_none() && self.name.as_deref().is_some_and(|name| name.starts_with('/'))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, self.address) {
            (Some(name), _) if name.contains(':') => write!(formatter, "[{name}]:{}", self.port),
            (Some(name), _) => write!(formatter, "{name}:{}", self.port),
            (None, Some(address)) => write!(formatter, "{}", std::net::SocketAddr::new(address, self.port)),
            (None, None) => Ok(()),
        }
    }
}

/// The address of a PostgreSQL server, with its password. Neither [`Debug`] nor [`Display`](fmt::Display) shows the
/// password.
#[derive(Clone)]
pub(super) struct PostgresAddress {
    /// Everything but hosts and TLS.
    config: Config,
    hosts: Vec<Host>,
    tls: TlsOptions,
}

impl PostgresAddress {
    /// The server's hosts and the database: `db.example:5432/team`.
    pub(super) fn place(&self) -> String {
        let hosts: Vec<_> = self.hosts.iter().map(Host::to_string).collect();
        format!("{}/{}", hosts.join(","), self.config.get_dbname().unwrap_or_default())
    }

    /// The TLS options.
    pub(super) fn tls(&self) -> &TlsOptions {
        &self.tls
    }

    /// The settings for each host, in the order in which they are tried.
    pub(super) fn configs(&self) -> impl Iterator<Item = Config> {
        self.hosts.iter().map(|host| {
            let mut config = self.config.clone();
            if let Some(address) = host.address {
                config.hostaddr(address);
            }
            // The server's certificate has to be for this name.
            match (&host.name, host.address) {
                (Some(name), address) if address.is_none() || !name.starts_with('/') => config.host(name),
                (_, Some(address)) => config.host(address.to_string()),
                _ => &mut config,
            };
            config.port(host.port);
            config.ssl_mode(match self.tls.mode {
                // A Unix socket has no TLS, as in libpq.
                _ if host.is_socket() => tokio_postgres::config::SslMode::Disable,
                SslMode::Disable => tokio_postgres::config::SslMode::Disable,
                SslMode::Prefer => tokio_postgres::config::SslMode::Prefer,
                _ => tokio_postgres::config::SslMode::Require,
            });
            config
        })
    }
}

/// The server's hosts and the database: `PostgreSQL at db.example:5432/team`.
impl fmt::Display for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PostgreSQL at {}", self.place())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PostgresAddress({self})")
    }
}

impl FromStr for PostgresAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let rest = text
            .strip_prefix("postgres://")
            .or_else(|| text.strip_prefix("postgresql://"));
        let rest = rest.ok_or(AddressError::OtherScheme)?;
        // As libpq, which finds the end of the password so.
        let (credentials, rest) = match rest.split_once('@') {
            Some((credentials, rest)) if !credentials.contains('/') => (Some(credentials), rest),
            _ => (None, rest),
        };
        // The rest of a password with an `@` or a `/`: it must not be taken for a name, since names are shown.
        if rest.contains('@') {
            return Err(wrong("has an @ behind its host, or a password with / or @"));
        }
        let (place, options) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = place.split_once('/').unwrap_or((place, ""));
        let mut given = Options::read(options)?;
        let hosts = given.hosts(authority)?;
        for (name, value) in DEFAULTS {
            if !given.others.iter().any(|(given, _)| given == name) {
                given.others.push((name.to_owned(), value.to_owned()));
            }
        }
        let is_direct = given
            .others
            .iter()
            .any(|(name, value)| name == "sslnegotiation" && value == "direct");
        let mut config = given.config(credentials, database)?;
        config.tcp_user_timeout(given.tcp_user_timeout.unwrap_or(TCP_USER_TIMEOUT));
        config.target_session_attrs(given.target);
        // libpq takes the user's name then, so that the tables would be where nobody looks for them.
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(wrong("names no database"));
        }
        let usual_roots = std::env::home_dir().map(|home| home.join(".postgresql/root.crt"));
        let tls = given.tls.options(usual_roots);
        let tls = tls.map_err(|problem| AddressError::WrongOption(problem.to_owned()))?;
        if is_direct && tls.mode < SslMode::Require {
            return Err(wrong_option(
                "has sslnegotiation=direct, which needs sslmode=require or a stronger one",
            ));
        }
        Ok(Self { config, hosts, tls })
    }
}

/// The options behind the `?`.
struct Options {
    hosts: Option<Vec<String>>,
    addresses: Option<Vec<IpAddr>>,
    ports: Option<Vec<u16>>,
    tcp_user_timeout: Option<Duration>,
    target: TargetSessionAttrs,
    tls: Given,
    /// Those that tokio-postgres reads.
    others: Vec<(String, String)>,
}

impl Options {
    fn read(text: &str) -> Result<Self, AddressError> {
        let mut options = Self {
            hosts: None,
            addresses: None,
            ports: None,
            tcp_user_timeout: None,
            // A server that only reads is a standby: every operation of the store would fail there, or read the past.
            target: TargetSessionAttrs::ReadWrite,
            tls: Given::default(),
            others: Vec::new(),
        };
        for option in text.split('&').filter(|option| !option.is_empty()) {
            let (name, value) = option
                .split_once('=')
                .ok_or_else(|| wrong("has an option without a value"))?;
            options.keep(decoded(name)?, decoded(value)?)?;
        }
        Ok(options)
    }

    fn keep(&mut self, name: String, value: String) -> Result<(), AddressError> {
        let wrong_value = || wrong_option(&format!("has a wrong value of the option {name}"));
        match name.as_str() {
            "sslmode" => self.tls.mode = Some(value),
            "sslrootcert" => self.tls.root = Some(value),
            "sslcert" => self.tls.certificate = Some(value),
            "sslkey" => self.tls.key = Some(value),
            "host" => self.hosts = Some(value.split(',').map(str::to_owned).collect()),
            "hostaddr" => {
                let parsed = value.split(',').map(str::parse).collect::<Result<_, _>>();
                self.addresses = Some(parsed.map_err(|_| wrong_value())?);
            }
            "port" => {
                let parsed = value.split(',').map(port).collect::<Option<_>>();
                self.ports = Some(parsed.ok_or_else(wrong_value)?);
            }
            // In milliseconds, which tokio-postgres takes for seconds. 0 is the system's default.
            "tcp_user_timeout" => {
                self.tcp_user_timeout = Some(Duration::from_millis(value.parse().map_err(|_| wrong_value())?));
            }
            "target_session_attrs" => {
                self.target = match value.as_str() {
                    "any" => TargetSessionAttrs::Any,
                    "read-write" | "primary" => TargetSessionAttrs::ReadWrite,
                    _ => {
                        return Err(wrong_option(
                            "has a wrong target_session_attrs; use read-write, primary or any, since the store is \
                             written",
                        ));
                    }
                };
            }
            // libpq's name of an option that tokio-postgres has under another.
            "keepalives_count" => self.others.push(("keepalives_retries".to_owned(), value)),
            _ => self.others.push((name, value)),
        }
        Ok(())
    }

    /// The hosts of the address; the options win, as in libpq.
    fn hosts(&mut self, authority: &str) -> Result<Vec<Host>, AddressError> {
        let mut names = Vec::new();
        let mut ports = Vec::new();
        for part in authority.split(',') {
            let (name, port) = host_and_port(part)?;
            names.push(name);
            ports.push(port);
        }
        let has_names = names.iter().any(|name| !name.is_empty());
        let names = match (self.hosts.take(), &self.addresses) {
            (Some(names), _) => names,
            (None, Some(_)) if !has_names => Vec::new(),
            (None, _) if has_names => names,
            (None, _) => return Err(wrong("names no host")),
        };
        if names.iter().any(|name| name.is_empty() || name.contains('@')) {
            return Err(wrong("has a wrong host"));
        }
        let addresses = self.addresses.take();
        let count = addresses.as_ref().map_or(names.len(), Vec::len);
        if !names.is_empty() && names.len() != count {
            return Err(wrong_option("has another number of values in hostaddr than in host"));
        }
        let ports = self.ports.take().unwrap_or(ports);
        let port = |at: usize| match ports.as_slice() {
            [port] => Some(*port),
            ports if ports.len() == count => ports.get(at).copied(),
            _ => None,
        };
        let host = |at: usize| {
            Some(Host {
                name: names.get(at).cloned(),
                address: addresses.as_ref().and_then(|addresses| addresses.get(at)).copied(),
                port: port(at)?,
            })
        };
        let hosts = (0..count).map(host).collect::<Option<_>>();
        hosts.ok_or_else(|| wrong_option("has another number of ports than of hosts"))
    }

    /// What tokio-postgres reads of the rest.
    fn config(&self, credentials: Option<&str>, database: &str) -> Result<Config, AddressError> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut text = "postgres://".to_owned();
        if let Some(credentials) = credentials {
            text += credentials;
            text.push('@');
        }
        text.push('/');
        text += &encoded(&decoded(database)?);
        for (at, (name, value)) in self.others.iter().enumerate() {
            let before = if at == 0 { '?' } else { '&' };
            // Writing to a text does not fail.
            let _ = write!(text, "{before}{}={}", encoded(name), encoded(value));
        }
        text.parse().map_err(|error: tokio_postgres::Error| {
            let reason = std::error::Error::source(&error)
                .map(ToString::to_string)
                .unwrap_or_default();
            // The rest of a password with an `&` may stand in place of an option's name.
            let has_password = self.others.iter().any(|(name, _)| name == "password");
            let is_name = |name: &String| {
                !has_password && name.len() <= 40 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
            };
            let named = self.others.iter().map(|(name, _)| name).filter(|name| is_name(name));
            let named = named.into_iter().find(|name| reason.contains(&format!("`{name}`")));
            match named {
                Some(name) if reason.starts_with("unknown") => wrong_option(&format!("has the unknown option {name}")),
                Some(name) => wrong_option(&format!("has a wrong value of the option {name}")),
                None => wrong("has a wrong part"),
            }
        })
    }
}

fn wrong(problem: &str) -> AddressError {
    AddressError::Wrong(problem.to_owned())
}

fn wrong_option(problem: &str) -> AddressError {
    AddressError::WrongOption(problem.to_owned())
}

fn decoded(text: &str) -> Result<String, AddressError> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| wrong("is not UTF-8 after its % are resolved"))?;
    if decoded.contains('\0') {
        return Err(wrong("has a zero byte"));
    }
    Ok(decoded.into_owned())
}

/// A port; an empty text is the default.
fn port(text: &str) -> Option<u16> {
    match text {
        "" => Some(5432),
        text => text.parse().ok().filter(|port| *port != 0),
    }
}

/// The host and the port of a part between commas: `host`, `host:5432`, `[::1]:5432`.
fn host_and_port(part: &str) -> Result<(String, u16), AddressError> {
    let (host, given) = match part.strip_prefix('[').map(|rest| rest.split_once(']')) {
        Some(Some((host, ""))) => (host, ""),
        Some(Some((host, rest))) => (host, rest.strip_prefix(':').ok_or_else(|| wrong("has a wrong host"))?),
        Some(None) => return Err(wrong("has a wrong host")),
        None => part.split_once(':').unwrap_or((part, "")),
    };
    let port = port(given).ok_or_else(|| wrong("has a wrong port"))?;
    Ok((decoded(host)?, port))
}

#[cfg(test)]
mod tests;
