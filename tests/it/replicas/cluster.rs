//! What happens to PostgreSQL servers of a test's own: they hang, and another takes over.

use std::net::TcpListener;
use std::path::PathBuf;

use crate::support::postgres_server::{Cluster, command, run, server_program};

/// Sends a signal, such as `-STOP`, to every process of a server.
pub(super) async fn signal(cluster: &Cluster, signal: &str) {
    let file = cluster.folder().join("data/postmaster.pid");
    let file = run("cat", &[file.to_str().unwrap()]).await;
    let first = file.lines().next().unwrap();
    let children = run("pgrep", &["-P", first]).await;
    let all: Vec<_> = [first].into_iter().chain(children.lines()).collect();
    run("kill", &[&[signal][..], &all].concat()).await;
}

/// A server that follows another one, and may take over.
pub(super) struct Standby {
    folder: PathBuf,
    /// The port on 127.0.0.1.
    pub(super) port: u16,
}

impl Standby {
    /// Makes a copy of a running server, and starts it.
    pub(super) async fn of(primary: &Cluster) -> Self {
        let made = run("mktemp", &["-d", "-t", "bitrix24-postgres-XXXXXXXX"]).await;
        // A port that is free now.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let standby = Self {
            folder: made.trim().into(),
            port,
        };
        let data = standby.data();
        let address = primary.address();
        let copy = [
            "-d",
            &address,
            "-D",
            &data,
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
            "--no-sync",
        ];
        run(&server_program("pg_basebackup"), &copy).await;
        let folder = standby.folder.to_str().unwrap();
        let (options, log) = (format!("-p {port} -k {folder}"), format!("{folder}/log"));
        standby.control(&["start", "-w", "-l", &log, "-o", &options]).await;
        standby
    }

    /// Makes it the primary.
    pub(super) async fn promote(&self) {
        self.control(&["promote", "-w"]).await;
    }

    fn data(&self) -> String {
        self.folder.join("data").to_str().unwrap().to_owned()
    }

    async fn control(&self, arguments: &[&str]) {
        let data = self.data();
        run(&server_program("pg_ctl"), &[&["-D", &data][..], arguments].concat()).await;
    }
}

impl Drop for Standby {
    fn drop(&mut self) {
        let stop = ["-D", &self.data(), "stop", "-m", "immediate"];
        let mut command = command(&server_program("pg_ctl"), &stop).into_std();
        let _ = command.output();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
