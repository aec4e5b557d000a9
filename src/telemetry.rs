//! Logs to stderr: levels, formats, and what is never logged.
//!
//! Never logged, at any level: webhook URLs, tokens and client secrets; mail addresses and names; queries; bodies of
//! requests and replies; tool arguments and results. Libraries would log some of these at their finer levels, so only
//! their errors are let through, whatever level is asked for.
//!
//! Field names are dotted and carry their unit: `portal.method`, `portal.host`, `http.status`, `error.code`,
//! `elapsed_ms`.

use std::io::{self, IsTerminal};
use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Our own crate, as tracing names its events.
const OWN_TARGET: &str = "bitrix24_mail_mcp";

/// What is logged and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settings {
    /// The finest level of our own events: `BITRIX24_MCP_LOG`.
    pub level: Level,
    /// Text for people or one JSON object a line.
    pub format: Format,
}

/// A log level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[expect(missing_docs, reason = "the names are the usual ones")]
pub enum Level {
    Off,
    Error,
    #[default]
    Warn,
    Info,
    Debug,
    Trace,
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// A line for people.
    #[default]
    Text,
    /// A JSON object.
    Json,
}

/// A text that is not a level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("is not a log level; use off, error, warn, info, debug or trace")]
pub struct UnknownLevel;

impl Level {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Off, "off"),
        (Self::Error, "error"),
        (Self::Warn, "warn"),
        (Self::Info, "info"),
        (Self::Debug, "debug"),
        (Self::Trace, "trace"),
    ];

    /// The level `steps` finer (or, below zero, coarser), as far as there are levels.
    #[must_use]
    pub fn finer_by(self, steps: i16) -> Self {
        let last = Self::ALL.len() - 1;
        let own = Self::ALL
            .iter()
            .position(|(level, _)| *level == self)
            .unwrap_or_default();
        let wanted = i64::try_from(own).unwrap_or_default() + i64::from(steps);
        let index = usize::try_from(wanted.max(0)).unwrap_or_default().min(last);
        Self::ALL.get(index).map_or(self, |(level, _)| *level)
    }

    fn filter(self) -> LevelFilter {
        match self {
            Self::Off => LevelFilter::OFF,
            Self::Error => LevelFilter::ERROR,
            Self::Warn => LevelFilter::WARN,
            Self::Info => LevelFilter::INFO,
            Self::Debug => LevelFilter::DEBUG,
            Self::Trace => LevelFilter::TRACE,
        }
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, UnknownLevel> {
        let text = text.trim();
        Self::ALL
            .iter()
            .find(|(_, name)| name.eq_ignore_ascii_case(text))
            .map(|(level, _)| *level)
            .ok_or(UnknownLevel)
    }
}

/// Sends the process's logs to stderr. A second call changes nothing.
pub fn start(settings: Settings) {
    let own = settings.level.filter();
    let filter = Targets::new()
        .with_default(own.min(LevelFilter::ERROR))
        .with_target(OWN_TARGET, own);
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // Fails only if logs were started already, as a test harness may do.
    let _ = match settings.format {
        Format::Text => registry.with(lines).try_init(),
        Format::Json => registry.with(lines.json().flatten_event(true)).try_init(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbosity_moves_the_level_and_stops_at_the_ends() {
        assert_eq!(Level::Warn.finer_by(1), Level::Info);
        assert_eq!(Level::Warn.finer_by(9), Level::Trace);
        assert_eq!(Level::Warn.finer_by(-1), Level::Error);
        assert_eq!(Level::Warn.finer_by(-9), Level::Off);
        assert_eq!(" DEBUG ".parse(), Ok(Level::Debug));
        assert_eq!("loud".parse::<Level>(), Err(UnknownLevel));
    }
}
