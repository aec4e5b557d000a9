//! The figures as tables for people, and for docs/performance.md.

use std::fmt::Write;

use super::teams::{self, Course};
use super::{Effort, Found, books, callers};
use benches::report::{Machine, number, spread};

/// All tables, below a line that explains them.
pub(super) fn markdown(found: &Found, effort: Effort, machine: &Machine) -> String {
    let mut text = format!(
        "{machine} A cell has {}; memory is resident, in MB. Of the walk, the portal's part of the time stands in brackets.\n",
        match effort.rounds {
            1 => "one figure (a quick run)".to_owned(),
            rounds => format!("the median of {rounds} rounds and their least and most"),
        }
    );
    if !found.books.is_empty() {
        books(&mut text, &found.books);
    }
    if !found.callers.is_empty() {
        callers(&mut text, &found.callers);
    }
    if !found.teams.is_empty() {
        teams(&mut text, &found.teams);
    }
    text
}

fn books(text: &mut String, all: &[books::Found]) {
    text.push_str(
        "\n| contacts | walk as CSV, ms | memory at most | walk as JSON, ms | memory at most | walk's requests | at the \
portal's limit (computed) |\n|---|---|---|---|---|---|---|\n",
    );
    for found in all {
        let walk = |walk: &books::Walk| {
            let share = walk.portals_share.median().unwrap_or_default();
            let percent = (share * 100.0).round();
            format!(
                "{} [{percent} %] | {}",
                spread(&walk.milliseconds()),
                spread(&walk.peak_mb)
            )
        };
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            whole(found.contacts),
            walk(&found.csv),
            walk(&found.json),
            whole(found.csv.requests),
            duration(found.walk_at_limit),
        )
        .unwrap();
    }
    text.push_str(
        "\n| contacts | fifty names the first time, ms | requests | and then, ms | requests | memory after | at most | bytes a \
contact |\n|---|---|---|---|---|---|---|---|\n",
    );
    for books::Found { contacts, resolve, .. } in all {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            whole(*contacts),
            spread(&resolve.first_ms),
            whole(resolve.first_requests),
            spread(&resolve.kept_ms),
            whole(resolve.kept_requests),
            spread(&resolve.resident_mb),
            spread(&resolve.peak_mb),
            // With a small book the program's own memory outweighs the contacts.
            if *contacts < 10_000 {
                "–".to_owned()
            } else {
                spread(&resolve.bytes_a_contact)
            },
        )
        .unwrap();
    }
    text.push_str(
        "\n| contacts | a look-up of 20, µs | from the cache, µs | kept of all, % | memory with the cache |\n|---|---|---|---|---|\n",
    );
    for books::Found { contacts, kept, .. } in all {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            whole(*contacts),
            spread(&kept.asked_us),
            spread(&kept.kept_us),
            spread(&kept.percent),
            spread(&kept.resident_mb),
        )
        .unwrap();
    }
}

fn callers(text: &mut String, all: &[callers::Found]) {
    text.push_str(
        "\n| callers over HTTP | calls a second | median, ms | p99, ms | refused, % | memory |\n|---|---|---|---|---|---|\n",
    );
    for found in all {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            whole(found.callers),
            spread(&found.per_second),
            spread(&found.median_ms),
            spread(&found.p99_ms),
            spread(&found.refused_percent),
            spread(&found.resident_mb),
        )
        .unwrap();
    }
}

fn teams(text: &mut String, teams: &[teams::Team]) {
    text.push_str(
        "\n| team (computed) | lists at once | requests | names at once | requests | ten minutes, a call a minute | requests | \
95 of 100 within |\n|---|---|---|---|---|---|---|---|\n",
    );
    for team in teams {
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {:.1} s |",
            whole(team.people),
            course(&team.listed),
            whole(team.listed.requests),
            course(&team.resolved),
            whole(team.resolved.requests),
            course(&team.ten_minutes),
            whole(team.ten_minutes.requests),
            team.ten_minutes.most,
        )
        .unwrap();
    }
    if let Some(largest) = teams.last() {
        writeln!(
            text,
            "\nThis machine did all the work of the {} names at once, and the portal's, in {:.1} s.",
            whole(largest.people),
            largest.resolved.worked,
        )
        .unwrap();
    }
}

fn course(course: &Course) -> String {
    match course.refused {
        0 => format!("all within {:.1} s", course.last),
        refused => format!("{} refused, the others within {:.1} s", whole(refused), course.last),
    }
}

pub(super) fn whole(number: impl TryInto<u32>) -> String {
    self::number(f64::from(number.try_into().unwrap_or(u32::MAX)))
        .trim_end_matches(".0")
        .to_owned()
}

fn duration(seconds: f64) -> String {
    match seconds {
        ..100.0 => format!("{} s", number(seconds)),
        _ => format!("{:.0} min", seconds / 60.0),
    }
}
