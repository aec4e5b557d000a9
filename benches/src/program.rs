//! Builds the program in release mode.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NAME: &str = "bitrix24-mail-mcp";

/// The repository's folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder that cargo builds in: a bench runs as `target/release/deps/NAME`.
pub fn target_folder() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(3).unwrap().to_owned()
}

/// Builds the program alone, since dependencies of the benches would enable features in it; returns a copy's path.
pub fn release() -> PathBuf {
    let target = target_folder();
    let folder = target.join("compare");
    std::fs::create_dir_all(&folder).unwrap();
    run(cargo(&repository(), &target).args(["--locked", "--bin", NAME]));
    let program = folder.join(NAME);
    // Copied beside and renamed, since the file may be running.
    std::fs::copy(target.join("release").join(NAME), folder.join("new")).unwrap();
    std::fs::rename(folder.join("new"), &program).unwrap();
    program
}

/// The cargo command of a release build in `folder`, with its output in `target`.
pub fn cargo(folder: &Path, target: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    // Cargo sets these variables for the benchmark's package. Inherited, they would make build scripts run again, and
    // rebuild everything that depends on the scripts.
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

/// Runs a command that has to succeed; its standard output is discarded.
pub fn run(command: &mut Command) {
    let status = command.stdout(Stdio::null()).status();
    assert!(
        status.as_ref().is_ok_and(|status| status.success()),
        "{command:?}: {status:?}"
    );
}
