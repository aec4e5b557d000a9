//! A PostgreSQL for tests: a schema or a database of the test's own at the server at hand, or a server of its own.
//!
//! The unit tests of the store include this file too.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::process::Command;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

/// Names the server for tests.
const VARIABLE: &str = "BITRIX24_MCP_TEST_POSTGRES";
const DEFAULT: &str = "postgres://postgres@127.0.0.1:5432/postgres";

/// The address of the server at hand. `None`: it does not answer, and the test is left out.
pub(crate) async fn at_hand() -> Option<&'static str> {
    static FOUND: OnceCell<Option<String>> = OnceCell::const_new();
    FOUND.get_or_init(find).await.as_deref()
}

#[expect(clippy::disallowed_methods, reason = "a variable of the tests alone")]
async fn find() -> Option<String> {
    let given = std::env::var(VARIABLE).ok();
    let address = given.as_deref().unwrap_or(DEFAULT);
    match connect(address).await {
        Ok(_) => Some(address.to_owned()),
        Err(reason) => {
            assert!(given.is_none(), "{VARIABLE}: the server does not answer: {reason}");
            let line = format!(
                "left out: tests with PostgreSQL: {address} does not answer ({reason}); {VARIABLE} names another server\n"
            );
            // Not through `eprintln!`, whose text the test harness keeps to itself.
            std::io::stderr().write_all(line.as_bytes()).unwrap();
            None
        }
    }
}

async fn connect(address: &str) -> Result<Client, String> {
    let connected = tokio::time::timeout(Duration::from_secs(10), tokio_postgres::connect(address, NoTls)).await;
    let (client, connection) = connected
        .map_err(|_| "no answer within 10 seconds".to_owned())?
        .map_err(|error| match std::error::Error::source(&error) {
            Some(source) => source.to_string(),
            None => error.to_string(),
        })?;
    tokio::spawn(connection);
    Ok(client)
}

/// A connection to the server, without TLS.
pub(crate) async fn client(address: &str) -> Client {
    connect(address).await.unwrap()
}

/// Runs statements in a runtime of its own, for `drop`.
fn run_aside(address: String, statements: String) {
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let run = async {
            if let Ok(client) = connect(&address).await {
                let _ = client.batch_execute(&statements).await;
            }
        };
        runtime.unwrap().block_on(run);
    };
    let _ = std::thread::spawn(run).join();
}

fn unused_name() -> String {
    let letters: String = std::iter::repeat_with(fastrand::lowercase).take(12).collect();
    format!("test_{}_{letters}", std::process::id())
}

fn with_option(address: &str, option: &str) -> String {
    let joined = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joined}{option}")
}

/// An empty schema, which is dropped with this value.
pub(crate) type Schema = Own<true>;

/// An empty database, which is dropped with this value. For what passes no `options` on, as PgBouncer.
pub(crate) type Database = Own<false>;

/// A schema or a database of the test's own.
pub(crate) struct Own<const IS_SCHEMA: bool> {
    server: String,
    /// Its name.
    pub(crate) name: String,
}

impl<const IS_SCHEMA: bool> Own<IS_SCHEMA> {
    const KIND: &str = if IS_SCHEMA { "SCHEMA" } else { "DATABASE" };

    /// One at the server at hand. `None`: the test is left out.
    pub(crate) async fn at_hand() -> Option<Self> {
        Some(Self::at(at_hand().await?).await)
    }

    /// One at this server.
    pub(crate) async fn at(server: &str) -> Self {
        let name = unused_name();
        let create = format!("CREATE {} {name}", Self::KIND);
        client(server).await.batch_execute(&create).await.unwrap();
        Self {
            server: server.to_owned(),
            name,
        }
    }

    /// The address of the database, or the one whose connections use the schema.
    pub(crate) fn address(&self) -> String {
        if IS_SCHEMA {
            return with_option(&self.server, &format!("options=-c%20search_path%3D{}", self.name));
        }
        let mut address: url::Url = self.server.parse().unwrap();
        address.set_path(&self.name);
        address.into()
    }
}

impl<const IS_SCHEMA: bool> Drop for Own<IS_SCHEMA> {
    fn drop(&mut self) {
        let how = if IS_SCHEMA { "CASCADE" } else { "WITH (FORCE)" };
        let drop = format!("DROP {} {} {how}", Self::KIND, self.name);
        run_aside(self.server.clone(), drop);
    }
}

/// A server of the test's own, with its files in a folder of its own. Both are gone with this value.
///
/// PostgreSQL does not run as root: then its programs run as the user `postgres`.
pub(crate) struct Cluster {
    folder: PathBuf,
    /// The port on 127.0.0.1.
    pub(crate) port: u16,
}

impl Cluster {
    /// Makes a server and starts it, with these lines at the end of `postgresql.conf`. Its superuser is `postgres`, who
    /// needs no password.
    pub(crate) async fn start_new(settings: &str) -> Self {
        let cluster = Self::without_files().await;
        let data = cluster.data();
        let data = data.to_str().unwrap();
        run(
            &server_program("initdb"),
            &["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"],
        )
        .await;
        cluster.start_with(settings).await;
        cluster
    }

    /// A folder and a port for a server.
    pub(crate) async fn without_files() -> Self {
        let made = run("mktemp", &["-d", "-t", "bitrix24-postgres-XXXXXXXX"]).await;
        Self {
            folder: made.trim().into(),
            port: free_port(),
        }
    }

    /// Starts it for the first time, with these settings and its own place.
    pub(crate) async fn start_with(&self, settings: &str) {
        let (folder, port) = (self.folder.display(), self.port);
        self.write(
            "data/postgresql.auto.conf",
            &format!(
                "{settings}\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{folder}'\n"
            ),
        );
        self.start().await;
    }

    /// The folder of its files, and of its Unix socket.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Writes a file into its folder, as its owner alone may read it.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, PermissionsExt};
            let owner = std::fs::metadata(&self.folder).unwrap();
            std::os::unix::fs::chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    /// The address of its database `postgres`.
    pub(crate) fn address(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it, and waits until it answers.
    pub(crate) async fn start(&self) {
        let log = self.folder.join("log");
        self.control(&["start", "-w", "-l", log.to_str().unwrap()]).await;
    }

    /// Stops it: its connections are ended.
    pub(crate) async fn stop(&self) {
        self.control(&["stop", "-w", "-m", "fast"]).await;
    }

    /// Stops it as a failure of its machine would: nothing is ended in order.
    pub(crate) async fn kill(&self) {
        self.control(&["stop", "-w", "-m", "immediate"]).await;
    }

    /// Sends a signal, such as `-STOP`, to all its processes.
    pub(crate) async fn signal(&self, signal: &str) {
        let file = self.data().join("postmaster.pid");
        let text = run("cat", &[file.to_str().unwrap()]).await;
        let first = text.lines().next().unwrap();
        let children = run("pgrep", &["-P", first]).await;
        let all: Vec<_> = [signal, first].into_iter().chain(children.lines()).collect();
        run("kill", &all).await;
    }

    /// Runs `pg_ctl`.
    pub(crate) async fn control(&self, arguments: &[&str]) {
        let data = self.data();
        let arguments = [&["-D", data.to_str().unwrap()], arguments].concat();
        run(&server_program("pg_ctl"), &arguments).await;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data();
        let stop = ["-D", data.to_str().unwrap(), "stop", "-m", "immediate"];
        let _ = command(&server_program("pg_ctl"), &stop).into_std().output();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// PgBouncer in front of a server, in transaction mode and with two connections to each database: statements of one
/// caller run in different ones. It uses the server's folder, and ends with this value.
pub(crate) struct PgBouncer {
    process_file: String,
    port: u16,
}

impl PgBouncer {
    /// Starts it, and waits until it answers.
    pub(crate) async fn start(cluster: &Cluster) -> Self {
        let (port, database, folder) = (free_port(), cluster.port, cluster.folder.to_str().unwrap());
        let process_file = format!("{folder}/pgbouncer.pid");
        cluster.write("users.txt", "\"postgres\" \"\"\n");
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={database} user=postgres\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = trust\nauth_file = {folder}/users.txt\npool_mode = transaction\ndefault_pool_size = 2\n\
             pidfile = {process_file}\nlogfile = {folder}/pgbouncer.log\n"
        );
        cluster.write("pgbouncer.ini", &settings);
        run("/usr/sbin/pgbouncer", &["-q", "-d", &format!("{folder}/pgbouncer.ini")]).await;
        let started = Self { process_file, port };
        // Its command ends before it listens.
        let begun = Instant::now();
        while let Err(reason) = connect(&started.address("postgres")).await {
            let log = std::fs::read_to_string(format!("{folder}/pgbouncer.log"));
            assert!(
                begun.elapsed() < Duration::from_secs(10),
                "PgBouncer: {reason}: {log:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        started
    }

    /// The address of a database behind it.
    pub(crate) fn address(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for PgBouncer {
    fn drop(&mut self) {
        let stop = format!("kill $(cat {})", self.process_file);
        let _ = command("sh", &["-c", &stop]).into_std().output();
    }
}

/// A port of 127.0.0.1 that is free now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Where a program of the server is: outside the search path in Debian.
pub(crate) fn server_program(name: &str) -> String {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let programs = versions.map(|version| version.path().join("bin").join(name));
    let newest = programs.filter(|program| program.exists()).max();
    newest.map_or(name.to_owned(), |program| program.display().to_string())
}

/// A command of a user who is not root.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let is_root = cfg!(unix) && Path::new("/proc/self").metadata().is_ok_and(|own| is_of_root(&own));
    let mut command = if is_root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", program]);
        command
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir(std::env::temp_dir());
    command
}

#[cfg(unix)]
fn is_of_root(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(metadata) == 0
}

#[cfg(not(unix))]
fn is_of_root(_metadata: &std::fs::Metadata) -> bool {
    false
}

/// Runs a command of a user who is not root. Returns what it printed.
pub(crate) async fn run(program: &str, arguments: &[&str]) -> String {
    let mut command = command(program, arguments);
    // A server that `pg_ctl` starts keeps these open.
    command.stdin(std::process::Stdio::null());
    let output = command.output().await;
    let output = output.unwrap_or_else(|error| panic!("{program} (is PostgreSQL's server installed?): {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{program}: {}", text(&output.stderr));
    text(&output.stdout)
}
