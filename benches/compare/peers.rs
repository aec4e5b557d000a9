//! The compared servers: how each is built, started and named. Missing parts are built or installed below
//! `target/compare`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::portal::Portal;
use benches::program::{cargo, release, repository, run, target_folder};

/// How a client and a server exchange messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Stdio,
    Http,
}

/// The implementation of a server, with the argument that selects its transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ours,
    BareRmcp(&'static str),
    TypeScript(&'static str),
    Python(&'static str),
}

/// A compared server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    pub(super) name: &'static str,
    pub(super) transport: Transport,
    kind: Kind,
}

/// All compared servers, in the order in which they take turns.
pub(super) const PEERS: [Peer; 9] = [
    peer("**bitrix24-mail-mcp**", Transport::Stdio, Kind::Ours),
    peer(
        "rmcp 3.11, `stdio_pipes()`, one thread",
        Transport::Stdio,
        Kind::BareRmcp("pipes"),
    ),
    peer("rmcp 3.11, `stdio()`", Transport::Stdio, Kind::BareRmcp("stdio")),
    peer("TypeScript SDK 1.32.2", Transport::Stdio, Kind::TypeScript("stdio")),
    peer("Python SDK 2.3.0", Transport::Stdio, Kind::Python("stdio")),
    peer("**bitrix24-mail-mcp**", Transport::Http, Kind::Ours),
    peer("rmcp 3.11, axum", Transport::Http, Kind::BareRmcp("http")),
    peer("TypeScript SDK 1.32.2", Transport::Http, Kind::TypeScript("http")),
    peer("Python SDK 2.3.0", Transport::Http, Kind::Python("http")),
];

const fn peer(name: &'static str, transport: Transport, kind: Kind) -> Peer {
    Peer { name, transport, kind }
}

/// The paths of everything that is built or installed.
#[derive(Debug)]
pub(super) struct Workshop {
    ours: PathBuf,
    bare_rmcp: PathBuf,
    typescript: PathBuf,
    python: PathBuf,
    python_packages: PathBuf,
    /// The Python interpreter, not a version manager's wrapper around it.
    interpreter: PathBuf,
}

impl Workshop {
    /// Builds and installs missing parts. Versions are pinned; the server on bare rmcp uses the project's lock file.
    pub(super) fn open(program: Option<PathBuf>) -> Self {
        let (root, target) = (repository(), target_folder());
        let folder = target.join("compare");
        let peers = root.join("benches/compare/peers");

        std::fs::create_dir_all(&folder).unwrap();
        let ours = program.unwrap_or_else(|| {
            note("building bitrix24-mail-mcp in release mode");
            release()
        });

        note("building the server on bare rmcp");
        let bare_rmcp = folder.join("bare_rmcp");
        copy(&peers.join("bare_rmcp"), &bare_rmcp, &["Cargo.toml", "src/main.rs"]);
        if !bare_rmcp.join("Cargo.lock").exists() {
            std::fs::copy(root.join("Cargo.lock"), bare_rmcp.join("Cargo.lock")).unwrap();
        }
        run(&mut cargo(&bare_rmcp, &folder));

        let typescript = folder.join("typescript");
        let has_changed = copy(
            &peers.join("typescript"),
            &typescript,
            &["package.json", "package-lock.json", "server.js", "tokens.js"],
        );
        if has_changed || !typescript.join("node_modules/zod").exists() {
            note("installing the TypeScript SDK");
            run(Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund", "--silent"])
                .current_dir(&typescript));
        }

        let python = folder.join("python");
        let python_packages = python.join("packages");
        let has_changed = copy(&peers.join("python"), &python, &["requirements.txt", "server.py"]);
        if has_changed || !python_packages.join("mcp").exists() {
            note("installing the Python SDK");
            let _ = std::fs::remove_dir_all(&python_packages);
            run(Command::new("python3")
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(["--no-warn-conflicts", "--root-user-action", "ignore", "--no-deps"])
                .args(["--target", "packages", "--requirement", "requirements.txt"])
                .current_dir(&python));
        }
        Self {
            ours,
            bare_rmcp: folder.join("release/bare-rmcp"),
            typescript,
            python,
            python_packages,
            interpreter: PathBuf::from(first_line(
                Command::new("python3").args(["-c", "import sys; print(sys.executable)"]),
            )),
        }
    }

    /// The command that starts a peer; over HTTP the peer listens on `port`.
    pub(super) fn command(&self, peer: &Peer, portal: &Portal, port: u16) -> Command {
        let port = port.to_string();
        let mut command = match peer.kind {
            Kind::Ours => {
                let mut command = Command::new(&self.ours);
                command
                    .env("BITRIX24_WEBHOOK_URL", portal.webhook())
                    .env("BITRIX24_RATE_LIMIT", "off")
                    .env("BITRIX24_CACHE_TTL", "0");
                if peer.transport == Transport::Http {
                    command.args(["serve", "--http", &port]);
                }
                return command;
            }
            Kind::BareRmcp(way) => with(Command::new(&self.bare_rmcp), way),
            Kind::TypeScript(way) => {
                let mut command = Command::new("node");
                command.arg(self.typescript.join("server.js"));
                with(command, way)
            }
            Kind::Python(way) => {
                let mut command = Command::new(&self.interpreter);
                command.env("PYTHONPATH", &self.python_packages);
                command.arg(self.python.join("server.py"));
                with(command, way)
            }
        };
        command.args([portal.url(), port]);
        command
    }

    /// Megabytes of the peer's files, without Node and Python themselves.
    pub(super) fn megabytes(&self, peer: &Peer) -> f64 {
        let path = match peer.kind {
            Kind::Ours => &self.ours,
            Kind::BareRmcp(_) => &self.bare_rmcp,
            Kind::TypeScript(_) => &self.typescript,
            Kind::Python(_) => &self.python,
        };
        #[expect(clippy::cast_precision_loss, reason = "far from 2^52 bytes")]
        let bytes = size(path) as f64;
        bytes / 1e6
    }

    /// The number of o200k_base tokens of each text.
    pub(super) fn tokens(&self, texts: &[String]) -> Vec<u64> {
        use std::io::Write;
        let mut node = Command::new("node")
            .arg("tokens.js")
            .current_dir(&self.typescript)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let texts = serde_json::to_vec(texts).unwrap();
        node.stdin.take().unwrap().write_all(&texts).unwrap();
        serde_json::from_slice(&node.wait_with_output().unwrap().stdout).unwrap()
    }
}

fn with(mut command: Command, way: &str) -> Command {
    command.arg(way);
    command
}

/// Copies the files that differ. Returns whether a file that names dependencies changed.
fn copy(from: &Path, to: &Path, files: &[&str]) -> bool {
    let mut has_changed = false;
    for file in files {
        let (from, to) = (from.join(file), to.join(file));
        let text = std::fs::read(&from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
        if std::fs::read(&to).ok().as_ref() != Some(&text) {
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::write(&to, text).unwrap();
            has_changed |= file.starts_with("package") || file.starts_with("requirements");
        }
    }
    has_changed
}

fn size(path: &Path) -> u64 {
    let about = std::fs::symlink_metadata(path).unwrap();
    if !about.is_dir() {
        return about.len();
    }
    let entries = std::fs::read_dir(path).unwrap();
    entries.map(|entry| size(&entry.unwrap().path())).sum()
}

/// The first line that a command prints.
fn first_line(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().next().unwrap_or_default().to_owned()
}

/// Prints progress to standard error.
pub(super) fn note(text: &str) {
    eprintln!("compare: {text}");
}
