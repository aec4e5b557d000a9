//! The figures as a table for people, and for docs/performance.md.

use std::fmt::Write;

use super::rounds::{Course, Effort, Found};
use benches::figures::Rounds;
use benches::report::{Machine, number, spread};

/// The figure, followed by its ratio to the direct request's figure.
fn share(rounds: &Rounds, direct: &Rounds) -> String {
    match (rounds.median(), direct.median()) {
        (Some(reached), Some(direct)) => format!("{}, {:.2}", spread(rounds), reached / direct),
        _ => "–".to_owned(),
    }
}

/// All tables, below a line that explains them.
pub(super) fn markdown(found: &Course, effort: Effort, machine: &Machine) -> String {
    let mut text = format!(
        "{machine} A cell has the median of {} rounds{}, taken in turns, and their least and most; after a comma, the share of \
the direct request.\n",
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
            format_args!("{:.1}", server.program_mb.unwrap_or(f64::NAN)),
            server.tools,
            server.tools_tokens,
            server.contacts_tokens,
        )
        .unwrap();
    }
}
