//! Options that every command takes: the demo portal, the settings file, and logs.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::exit::Stop;
use super::format::ReportFormat;
use crate::clients;

/// Options that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(super) struct Global {
    /// Use the built-in demo portal instead of a real one; needs no settings.
    #[arg(long, global = true)]
    pub(super) demo: bool,
    /// Make the demo portal fail in a known way (implies --demo); `help` lists the names.
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) demo_fault: Option<String>,
    /// Make the demo portal answer in an unusual but valid way (implies --demo); `help` lists the names.
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) demo_quirk: Option<String>,
    /// Call the demo portal as an application, with tokens, instead of by a webhook (implies --demo).
    #[arg(long, global = true)]
    pub(super) demo_oauth: bool,
    /// Read settings from this TOML file; the environment wins over it.
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Form of the log lines on stderr.
    #[arg(long, global = true, value_name = "FORMAT", default_value = "text")]
    pub(super) log_format: ReportFormat,
    /// Log more: -v info, -vv debug, -vvv trace.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
    /// Log less: -q errors only, -qq nothing.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(super) quiet: u8,
}

impl Global {
    /// The name of this server's entry in a client's settings; the demo has an entry of its own.
    pub(super) fn server_name(&self) -> &'static str {
        if self.wants_demo() {
            clients::entry::DEMO_NAME
        } else {
            clients::entry::NAME
        }
    }

    /// True if any option asks for the demo portal.
    pub(super) fn wants_demo(&self) -> bool {
        self.demo_option().is_some()
    }

    /// An option that asks for the demo portal.
    fn demo_option(&self) -> Option<&'static str> {
        let given = [
            (self.demo, "--demo"),
            (self.demo_fault.is_some(), "--demo-fault"),
            (self.demo_quirk.is_some(), "--demo-quirk"),
            (self.demo_oauth, "--demo-oauth"),
        ];
        given.into_iter().find_map(|(is_given, name)| is_given.then_some(name))
    }

    /// Refuses the demo portal for `command`.
    ///
    /// # Errors
    /// [`Stop::NoDemo`].
    pub(super) fn refuse_demo(&self, command: &'static str) -> Result<(), Stop> {
        match self.demo_option() {
            Some(option) => Err(Stop::NoDemo(option, command)),
            None => Ok(()),
        }
    }
}
