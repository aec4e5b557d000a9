//! The figures as a table for people, and for the README.

use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use super::figures::Rounds;
use super::rounds::{Course, Effort, Found};

/// Where and when it was measured.
#[derive(Debug, Serialize)]
pub(super) struct Machine {
    date: String,
    cores: usize,
    processor: String,
    system: String,
}

impl Machine {
    pub(super) fn here() -> Self {
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

/// Thousands apart, as people read them; decimals where they tell something.
fn number(value: f64) -> String {
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

/// The median of the rounds, with the least and the most where they differ.
fn spread(rounds: &Rounds) -> String {
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

/// The same, and the share of what the direct request reaches.
fn share(rounds: &Rounds, direct: &Rounds) -> String {
    match (rounds.median(), direct.median()) {
        (Some(reached), Some(direct)) => format!("{}, {:.2}", spread(rounds), reached / direct),
        _ => "–".to_owned(),
    }
}

/// Both tables, with what has to be known to read them.
pub(super) fn markdown(found: &Course, effort: Effort, machine: &Machine) -> String {
    let mut text = format!(
        "Measured on {} on {} cores ({}, {}). A cell has the median of {} rounds{}, taken in turns, and their least and \
most; after a comma, the share of the direct request.\n",
        machine.date,
        machine.cores,
        machine.processor,
        machine.system,
        effort.rounds,
        if effort == Effort::QUICK { " (a quick run)" } else { "" }
    );
    for (title, is_http) in [("over stdio", false), ("over HTTP", true)] {
        if found.servers.iter().any(|server| server.is_http == is_http) {
            table(&mut text, title, is_http, found);
        }
    }
    text.push('\n');
    weights(&mut text, &found.servers);
    text
}

fn table(text: &mut String, title: &str, is_http: bool, found: &Course) {
    let more = if is_http { " 512 callers |" } else { "" };
    let rule = if is_http { "---|" } else { "" };
    writeln!(
        text,
        "\n| {title} | start, ms | added to a call, µs | p99 of a call, µs | calls a second, 64 at once |{more}\n|---|---|---|---|---|{rule}"
    )
    .unwrap();
    let mut row = |name: &str, server: &Found| {
        write!(
            text,
            "| {name} | {} | {} | {} | {} |",
            spread(&server.start_ms),
            spread(&server.added_us),
            spread(&server.p99_us),
            share(&server.with_64, &found.direct.with_64),
        )
        .unwrap();
        if is_http {
            write!(text, " {} |", share(&server.with_512, &found.direct.with_512)).unwrap();
        }
        text.push('\n');
    };
    for server in found.servers.iter().filter(|server| server.is_http == is_http) {
        let failed = match server.failed {
            0 => String::new(),
            failed => format!(" ({failed} calls failed)"),
        };
        row(&format!("{}{failed}", server.name), server);
    }
    for (how, direct) in [("", &found.direct), (", reqwest", &found.program)] {
        row(&format!("no server{how}: {} µs", spread(&direct.call_us)), direct);
    }
}

fn weights(text: &mut String, servers: &[Found]) {
    text.push_str(
        "| | resident idle, MB | after calls, MB | program, MB | tools | their tokens | tokens of 20 contacts |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for server in servers {
        let way = if server.is_http { "HTTP" } else { "stdio" };
        writeln!(
            text,
            "| {}, {way} | {} | {} after {} | {} | {} | {} | {} |",
            server.name,
            spread(&server.idle_mb),
            number(server.used_mb.unwrap_or(f64::NAN)),
            number(f64::from(u32::try_from(server.used_after).unwrap_or(u32::MAX))),
            number(server.program_mb.unwrap_or(f64::NAN)),
            server.tools,
            server.tools_tokens,
            server.contacts_tokens,
        )
        .unwrap();
    }
}

/// Puts the figures into the README's place for them.
pub(super) fn write(readme: &Path, figures: &str) {
    const PLACE: &str = "<!-- measured: cost -->\n";
    let text = std::fs::read_to_string(readme).unwrap();
    let (before, rest) = text.split_once(PLACE).expect("a place in the README");
    let (_, after) = rest.split_once("<!-- end -->").expect("the end of that place");
    std::fs::write(readme, format!("{before}{PLACE}{figures}<!-- end -->{after}")).unwrap();
}
