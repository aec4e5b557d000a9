//! This project's program as a release has it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Builds it, for the benches' own build of it holds what tests add to its dependencies, and copies it aside.
pub(super) fn release() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("compare");
    std::fs::create_dir_all(&folder).unwrap();
    run(cargo(root, target).args(["--locked", "--bin", env!("CARGO_PKG_NAME")]));
    let program = folder.join(env!("CARGO_PKG_NAME"));
    // Beside and moved, for the file may be running.
    std::fs::copy(target.join("release").join(env!("CARGO_PKG_NAME")), folder.join("new")).unwrap();
    std::fs::rename(folder.join("new"), &program).unwrap();
    program
}

/// A release build in `folder`.
pub(super) fn cargo(folder: &Path, target: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells the benchmark of its own package would make build scripts run again, and all that depends on them.
    #[expect(clippy::disallowed_methods, reason = "no setting of the project's is read")]
    for (name, _) in std::env::vars_os() {
        let is_cargos = name.to_string_lossy().starts_with("CARGO_");
        if is_cargos && name != "CARGO_HOME" {
            cargo.env_remove(name);
        }
    }
    cargo
        .args(["build", "--release", "--quiet"])
        .env("CARGO_TARGET_DIR", target)
        .current_dir(folder);
    cargo
}

/// Runs a command that has to succeed, and whose output nobody needs.
pub(super) fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).status();
    assert!(
        status.as_ref().is_ok_and(|status| status.success()),
        "{command:?}: {status:?}"
    );
}
