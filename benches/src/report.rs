//! How measured figures are written: the machine, numbers, and the marked places in a document.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use crate::figures::Rounds;

/// The machine and the date of a measurement.
#[derive(Debug, Serialize)]
pub struct Machine {
    date: String,
    cores: usize,
    processor: String,
    system: String,
}

impl Machine {
    /// This machine, today.
    pub fn here() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let processors = read("/proc/cpuinfo");
        let model = processors.lines().find(|line| line.starts_with("model name"));
        #[expect(clippy::disallowed_methods, reason = "the date stands beside the figures")]
        let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
        Self {
            date: now.split('T').next().unwrap_or_default().to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            processor: model
                .and_then(|line| line.split_once(": "))
                .map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, model)| model.to_owned()),
            system: format!(
                "Linux {}",
                read("/proc/sys/kernel/osrelease")
                    .split('.')
                    .take(2)
                    .collect::<Vec<_>>()
                    .join(".")
            ),
        }
    }
}

/// One sentence for the head of a table.
impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            date,
            cores,
            processor,
            system,
        } = self;
        write!(f, "Measured on {date} on {cores} cores ({processor}, {system}).")
    }
}

/// A number with a comma between thousands; below ten with one decimal.
pub fn number(value: f64) -> String {
    if value.abs() < 9.95 {
        return format!("{value:.1}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 { format!("-{text}") } else { text }
}

/// The median of the rounds, followed by the smallest and the largest value in brackets if they differ.
pub fn spread(rounds: &Rounds) -> String {
    let Some(median) = rounds.median() else {
        return "–".to_owned();
    };
    let (least, most) = rounds.spread();
    let (median, least, most) = (number(median), number(least), number(most));
    if least == most {
        median
    } else {
        format!("{median} ({least}–{most})")
    }
}

/// Puts figures into their place in a Markdown file, `<!-- measured: NAME -->`.
pub fn write(document: &Path, name: &str, figures: &str) {
    let place = format!("<!-- measured: {name} -->\n");
    let text = std::fs::read_to_string(document).unwrap();
    let (before, rest) = text.split_once(&place).expect("a place for the figures");
    let (_, after) = rest.split_once("<!-- end -->").expect("the end of that place");
    std::fs::write(document, format!("{before}{place}{figures}<!-- end -->{after}")).unwrap();
}
