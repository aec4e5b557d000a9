//! The figures as one plot: an SVG of small panels, each with labelled axes, readable on a light and on a dark page. Lines
//! differ in their markers as well as in their colours.

mod panel;

use std::fmt::Write;

use super::table::whole;
use super::teams::{Course, Team};
use super::{Found, books};
use benches::figures::Rounds;
use panel::{Axis, HEIGHT, Panel, Point, Series, WIDTH};

/// Fonts, lines and colours, for a light and for a dark page.
const STYLE: &str = "
text { font-family: ui-sans-serif, system-ui, sans-serif; font-size: 11px; fill: #1f2328 }
.page { fill: #ffffff }
.title { font-size: 13px; font-weight: 600 }
.soft { fill: #59636e }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.line { fill: none; stroke-width: 2; stroke-linejoin: round }
.thin { stroke-width: 1.2 }
.dashed { stroke-dasharray: 5 4 }
.a { stroke: #0969da } .b { stroke: #bc4c00 } .c { stroke: #1a7f37 } .d { stroke: #8250df }
.mark { stroke-width: 1.6 }
.mark.a { fill: #0969da } .mark.b { fill: #bc4c00 } .mark.c { fill: #1a7f37 } .mark.d { fill: #8250df }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc }
.page { fill: #0d1117 }
.soft { fill: #9198a1 }
.grid { stroke: #2f353d }
.a { stroke: #4493f8 } .b { stroke: #f0883e } .c { stroke: #3fb950 } .d { stroke: #ab7df8 }
.mark.a { fill: #4493f8 } .mark.b { fill: #f0883e } .mark.c { fill: #3fb950 } .mark.d { fill: #ab7df8 }
}
";

const COLUMNS: usize = 2;

pub(super) fn svg(found: &Found) -> String {
    let mut panels = Vec::new();
    if !found.books.is_empty() {
        panels.extend([walk(found), memory(found), calls(found)]);
    }
    if !found.callers.is_empty() {
        panels.extend([throughput(found), latency(found)]);
    }
    panels.extend(team(found));
    let (width, height) = (COLUMNS * WIDTH, panels.len().div_ceil(COLUMNS) * HEIGHT);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
role=\"img\">\n<title>How bitrix24-mail-mcp grows with address book, callers and team</title>\n<style>{STYLE}</style>\n\
<rect class=\"page\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n"
    );
    for (at, panel) in panels.iter().enumerate() {
        let (x, y) = (at % COLUMNS * WIDTH, at / COLUMNS * HEIGHT);
        writeln!(text, "<g transform=\"translate({x} {y})\">\n{}</g>", panel.svg()).unwrap();
    }
    text + "</svg>\n"
}

fn contacts(found: &Found) -> Axis {
    Axis::log(
        "contacts in the address book",
        found.books.iter().map(|book| book.contacts as f64).collect(),
    )
}

/// A point for each book that has the figure.
fn of_books(found: &Found, figure: impl Fn(&books::Found) -> Rounds) -> Vec<Point> {
    let point = |book: &books::Found| Point::of(book.contacts as f64, &figure(book));
    found.books.iter().filter_map(point).collect()
}

fn walk(found: &Found) -> Panel {
    let computed = found
        .books
        .iter()
        .map(|book| Point::at(book.contacts as f64, book.walk_at_limit));
    Panel {
        title: "The whole address book, page by page",
        x: contacts(found),
        y: Axis::log_around("seconds"),
        series: vec![
            Series::new("as CSV", 'a', of_books(found, |book| book.csv.seconds.clone())),
            Series::new("as JSON", 'b', of_books(found, |book| book.json.seconds.clone())),
            Series::new("what the portal's limit allows (computed)", 'd', computed.collect()).dashed(),
        ],
    }
}

fn memory(found: &Found) -> Panel {
    Panel {
        title: "Memory of the program",
        x: contacts(found),
        y: Axis::log_around("megabytes, resident"),
        series: vec![
            Series::new("walk as CSV", 'a', of_books(found, |book| book.csv.peak_mb.clone())),
            Series::new("walk as JSON", 'b', of_books(found, |book| book.json.peak_mb.clone())),
            Series::new(
                "fifty names resolved, the book kept",
                'c',
                of_books(found, |book| book.resolve.resident_mb.clone()),
            ),
            Series::new(
                "everybody looked up, with the cache",
                'd',
                of_books(found, |book| book.kept.resident_mb.clone()),
            ),
        ],
    }
}

fn calls(found: &Found) -> Panel {
    let scaled = |rounds: &Rounds, factor: f64| Rounds(rounds.0.iter().map(|value| value * factor).collect());
    Panel {
        title: "One question, over stdio",
        x: contacts(found),
        y: Axis::log_around("milliseconds"),
        series: vec![
            Series::new(
                "fifty names, the book read first",
                'b',
                of_books(found, |book| book.resolve.first_ms.clone()),
            ),
            Series::new(
                "fifty names, the book kept",
                'c',
                of_books(found, |book| book.resolve.kept_ms.clone()),
            ),
            Series::new(
                "look-up of 20",
                'a',
                of_books(found, |book| scaled(&book.kept.asked_us, 1e-3)),
            ),
            Series::new(
                "the same from the cache",
                'd',
                of_books(found, |book| scaled(&book.kept.kept_us, 1e-3)),
            ),
        ],
    }
}

fn callers(found: &Found) -> Axis {
    Axis::log(
        "callers at once, over HTTP",
        found.callers.iter().map(|found| found.callers as f64).collect(),
    )
}

fn throughput(found: &Found) -> Panel {
    let points = found
        .callers
        .iter()
        .filter_map(|found| Point::of(found.callers as f64, &found.per_second));
    Panel {
        title: "Calls answered",
        x: callers(found),
        y: Axis::from_zero("calls a second"),
        series: vec![Series::new("all callers together", 'a', points.collect())],
    }
}

fn latency(found: &Found) -> Panel {
    let points = |figure: fn(&super::callers::Found) -> &Rounds| {
        let point = |found: &super::callers::Found| Point::of(found.callers as f64, figure(found));
        found.callers.iter().filter_map(point).collect()
    };
    Panel {
        title: "Time of a call",
        x: callers(found),
        y: Axis::log_around("milliseconds"),
        series: vec![
            Series::new("median", 'a', points(|found| &found.median_ms)),
            Series::new("slowest hundredth", 'b', points(|found| &found.p99_ms)),
        ],
    }
}

fn team(found: &Found) -> Option<Panel> {
    let points = |course: fn(&Team) -> &Course| {
        let point = |team: &Team| {
            let course = course(team);
            let refused = (course.refused > 0).then(|| format!("{} refused", whole(course.refused)));
            Point::at(team.people as f64, course.last).noted(refused)
        };
        found.teams.iter().map(point).collect()
    };
    (!found.teams.is_empty()).then(|| Panel {
        title: "A team that asks all at once (computed)",
        x: Axis::log(
            "people, each for somebody else",
            found.teams.iter().map(|team| team.people as f64).collect(),
        ),
        y: Axis::log_around("seconds until the last is answered"),
        series: vec![
            Series::new("lists", 'a', points(|team| &team.listed)),
            Series::new("names resolved", 'c', points(|team| &team.resolved)),
        ],
    })
}
