//! The figures as tables for people, and for the README.

use std::fmt::Write;

use super::report::{Machine, number, spread};
use super::teams::{self, Burst};
use super::{Effort, Found, books, callers};

/// All tables, with what has to be known to read them.
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
    if let Some(found) = &found.teams {
        teams(&mut text, found);
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
            duration(found.csv.limit_seconds()),
        )
        .unwrap();
    }
    text.push_str(
        "\n| contacts | ten names, ms | contacts read | memory at most | a look-up of 20, µs | from the cache, µs | kept of \
all, % | memory with the cache |\n|---|---|---|---|---|---|---|---|\n",
    );
    for found in all {
        let (resolve, kept) = (&found.resolve, &found.kept);
        writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            whole(found.contacts),
            spread(&resolve.ms),
            whole(resolve.contacts),
            spread(&resolve.peak_mb),
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

fn teams(text: &mut String, found: &teams::Found) {
    text.push_str("\n| team (computed) | all at once | not merged | names resolved |\n|---|---|---|---|\n");
    for team in &found.teams {
        writeln!(
            text,
            "| {} | {} | {} | {} |",
            whole(team.people),
            burst(team.people, &team.merged),
            burst(team.people, &team.unmerged),
            burst(team.people, &team.resolved),
        )
        .unwrap();
    }
    let rates = &found.rates;
    let ways = [
        ("look-ups an hour each (computed)", rates.merged),
        ("not merged", rates.unmerged),
        ("kept for a minute", rates.merged_kept),
        ("kept, not merged", rates.unmerged_kept),
    ];
    let names: Vec<&str> = ways.iter().map(|(name, _)| *name).collect();
    writeln!(text, "\n| team | {} |\n|---|---|---|---|---|", names.join(" | ")).unwrap();
    for team in &found.teams {
        let each = |(_, a_second): &(&str, f64)| number(a_second * 3_600.0 / f64::from(team.people));
        let cells: Vec<String> = ways.iter().map(each).collect();
        writeln!(text, "| {} | {} |", whole(team.people), cells.join(" | ")).unwrap();
    }
}

fn burst(people: u32, burst: &Burst) -> String {
    let last = format!("{:.1} s", burst.last);
    match burst.answered == people as usize {
        true => format!("all in {last}"),
        false => format!(
            "{} in {last}, {} refused",
            burst.answered,
            people as usize - burst.answered
        ),
    }
}

pub(super) fn whole(number: impl TryInto<u32>) -> String {
    self::number(f64::from(number.try_into().unwrap_or(u32::MAX)))
        .trim_end_matches(".0")
        .to_owned()
}

fn duration(seconds: f64) -> String {
    match seconds {
        0.0 => "no wait".to_owned(),
        ..100.0 => format!("{} s", number(seconds)),
        _ => format!("{:.0} min", seconds / 60.0),
    }
}
