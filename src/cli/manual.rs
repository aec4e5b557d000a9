//! `man` and `completions`: prints manual pages and completion scripts, both generated from the command line.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use super::exit::{ExitStatus, Stop};
use super::stdout::print;
use crate::config::paths::of_command_line;

pub(super) const COMPLETIONS_EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp completions bash > ~/.local/share/bash-completion/completions/bitrix24-mail-mcp
  bitrix24-mail-mcp completions fish > ~/.config/fish/completions/bitrix24-mail-mcp.fish
  source <(bitrix24-mail-mcp completions zsh)";

pub(super) const MAN_EXAMPLES: &str = "Examples:
  bitrix24-mail-mcp man > bitrix24-mail-mcp.1
  bitrix24-mail-mcp man --write ~/.local/share/man/man1";

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(super) struct CompletionsArguments {
    /// The shell.
    shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub(super) struct ManArguments {
    /// Write the pages of the program and of each command into this folder, in place of printing the program's.
    #[arg(long, value_name = "DIR")]
    write: Option<PathBuf>,
}

/// Prints the completion script of `program` for a shell.
pub(super) fn completions(arguments: &CompletionsArguments, mut program: Command) -> Result<ExitStatus, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, env!("CARGO_PKG_NAME"), &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Prints or writes the manual pages of `program`.
pub(super) fn man(arguments: &ManArguments, program: Command) -> Result<ExitStatus, Stop> {
    let Some(folder) = &arguments.write else {
        let mut page = Vec::new();
        Man::new(program).render(&mut page).map_err(Stop::Output)?;
        return print(&String::from_utf8_lossy(&page));
    };
    let folder = &of_command_line(folder)?;
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(program, folder));
    written.map_err(|error| Stop::Manual(folder.clone(), error))?;
    Ok(ExitStatus::Done)
}
