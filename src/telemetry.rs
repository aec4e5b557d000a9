//! Writes logs to stderr, as lines for people or as JSON objects.
//!
//! Never logged, at any level: webhook URLs, tokens and client secrets; mail addresses and names; queries; bodies of
//! requests and replies; tool arguments and results. Libraries would log some of these at their finer levels, so only
//! their errors are logged, whatever the level.
//!
//! Field names are dotted and carry their unit: `portal.method`, `portal.host`, `http.status`, `error.code`,
//! `elapsed_ms`.

use std::io::{self, IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The target of this crate's events in `tracing`.
const OWN_TARGET: &str = "bitrix24_mail_mcp";

/// Parses a level's name.
///
/// # Errors
/// The problem, as a phrase.
pub fn level(text: &str) -> Result<LevelFilter, &'static str> {
    match text.parse() {
        // `tracing` also accepts an empty text and numbers.
        Ok(level) if text.starts_with(char::is_alphabetic) => Ok(level),
        _ => Err("is not a log level; use off, error, warn, info, debug or trace"),
    }
}

/// The level that is `steps` finer than `level`, or coarser if `steps` is negative; at most the finest or coarsest
/// level.
#[must_use]
pub fn finer_by(steps: i16, level: LevelFilter) -> LevelFilter {
    const LEVELS: [LevelFilter; 6] = [
        LevelFilter::OFF,
        LevelFilter::ERROR,
        LevelFilter::WARN,
        LevelFilter::INFO,
        LevelFilter::DEBUG,
        LevelFilter::TRACE,
    ];
    let current = LEVELS.partition_point(|known| *known < level);
    let wanted = current.saturating_add_signed(steps.into()).min(LEVELS.len() - 1);
    LEVELS.get(wanted).copied().unwrap_or(level)
}

/// Starts logging to stderr, with this crate's events up to the level `own`, as lines for people or as JSON objects. A
/// second call has no effect.
pub fn start(own: LevelFilter, as_json: bool) {
    let filter = Targets::new()
        .with_default(own.min(LevelFilter::ERROR))
        .with_target(OWN_TARGET, own);
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    // Fails only if logging has already started, as in a test harness.
    let _ = match as_json {
        false => registry.with(lines).try_init(),
        true => registry.with(lines.json().flatten_event(true)).try_init(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbosity_moves_the_level_and_stops_at_the_ends() {
        use LevelFilter as Level;
        for (steps, expected) in [
            (0, Level::WARN),
            (1, Level::INFO),
            (9, Level::TRACE),
            (-1, Level::ERROR),
            (-9, Level::OFF),
        ] {
            assert_eq!(finer_by(steps, Level::WARN), expected);
        }
        assert_eq!(level("DEBUG"), Ok(Level::DEBUG));
        assert!(level("loud").is_err() && level("").is_err());
    }
}
