//! One panel: title, legend, two axes and the lines between them.

use std::fmt::Write;

use benches::figures::Rounds;
use benches::report::number;

/// Width of a panel with its margins; [`HEIGHT`] is its height.
pub(super) const WIDTH: usize = 470;
pub(super) const HEIGHT: usize = 310;

const LEFT: f64 = 70.0;
const RIGHT: f64 = 438.0;
const TOP: f64 = 74.0;
const BOTTOM: f64 = 256.0;
/// Average width of a letter, with some room.
const LETTER: f64 = 5.9;

pub(super) struct Panel {
    pub(super) title: &'static str,
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) series: Vec<Series>,
}

#[derive(Clone, Copy, PartialEq)]
enum Scale {
    Log,
    Linear,
}

pub(super) struct Axis {
    name: &'static str,
    scale: Scale,
    /// The ticks; empty if they are computed from the points.
    ticks: Vec<f64>,
}

impl Axis {
    pub(super) fn log(name: &'static str, ticks: Vec<f64>) -> Self {
        Self {
            name,
            scale: Scale::Log,
            ticks,
        }
    }

    /// A logarithmic axis with powers of ten around all points.
    pub(super) fn log_around(name: &'static str) -> Self {
        Self::log(name, Vec::new())
    }

    /// A linear axis with round numbers from 0 to the largest point.
    pub(super) fn from_zero(name: &'static str) -> Self {
        Self {
            scale: Scale::Linear,
            ..Self::log(name, Vec::new())
        }
    }

    fn ticks(&self, least: f64, most: f64) -> Vec<f64> {
        if !self.ticks.is_empty() {
            return self.ticks.clone();
        }
        match self.scale {
            Scale::Log => {
                let (mut tick, mut ticks) = (10_f64.powf(least.log10().floor()), Vec::new());
                loop {
                    ticks.push(tick);
                    if tick >= most {
                        return ticks;
                    }
                    tick *= 10.0;
                }
            }
            Scale::Linear => {
                let power = 10_f64.powf(most.log10().floor());
                let steps = [0.2, 0.5, 1.0, 2.0].map(|part| part * power);
                let step = steps.into_iter().find(|step| most / step <= 5.0).unwrap_or(power);
                (0_u8..=6)
                    .map(|at| f64::from(at) * step)
                    .take_while(|tick| *tick < most + step)
                    .collect()
            }
        }
    }

    /// The position of a value on the axis, from 0 to 1.
    fn part(&self, value: f64, ticks: &[f64]) -> f64 {
        let at = |value: f64| if self.scale == Scale::Log { value.log10() } else { value };
        let (from, to) = (at(ticks[0]), at(ticks[ticks.len() - 1]));
        (at(value) - from) / (to - from)
    }
}

pub(super) struct Series {
    name: &'static str,
    /// CSS class, which selects the colour and the marker.
    class: char,
    is_dashed: bool,
    points: Vec<Point>,
}

impl Series {
    pub(super) fn new(name: &'static str, class: char, points: Vec<Point>) -> Self {
        Self {
            name,
            class,
            is_dashed: false,
            points,
        }
    }

    pub(super) fn dashed(mut self) -> Self {
        self.is_dashed = true;
        self
    }

    fn marker(&self, x: f64, y: f64) -> String {
        let class = self.class;
        let shape = match class {
            'a' => return format!("<circle class=\"mark {class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>"),
            'b' => "-2.8 -2.8h5.6v5.6h-5.6z",
            'c' => "0 -3.8l3.6 6.4h-7.2z",
            _ => "0 -4.2l4.2 4.2l-4.2 4.2l-4.2 -4.2z",
        };
        format!("<path class=\"mark {class}\" d=\"M{x:.1} {y:.1}m{shape}\"/>")
    }

    fn line(&self) -> String {
        let dashed = if self.is_dashed { " dashed" } else { "" };
        format!("line {}{dashed}", self.class)
    }
}

pub(super) struct Point {
    x: f64,
    y: f64,
    /// The smallest and the largest value of the rounds.
    spread: (f64, f64),
    /// Text beside the point; a point with a note is drawn as a cross.
    note: Option<String>,
}

impl Point {
    pub(super) fn at(x: f64, y: f64) -> Self {
        Self {
            x,
            y,
            spread: (y, y),
            note: None,
        }
    }

    pub(super) fn noted(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }

    /// The median and the spread of the rounds; `None` without rounds.
    pub(super) fn of(x: f64, rounds: &Rounds) -> Option<Self> {
        Some(Self {
            spread: rounds.spread(),
            ..Self::at(x, rounds.median()?)
        })
    }
}

impl Panel {
    pub(super) fn svg(&self) -> String {
        let points = || self.series.iter().flat_map(|series| &series.points);
        let bound = |start: f64, pick: fn(f64, f64) -> f64, of: fn(&Point) -> f64| points().map(of).fold(start, pick);
        let x_ticks = self.x.ticks(f64::NAN, f64::NAN);
        let y_ticks = self.y.ticks(
            bound(f64::INFINITY, f64::min, |point| point.spread.0),
            bound(0.0, f64::max, |point| point.spread.1),
        );
        let x_of = |x: f64| LEFT + (RIGHT - LEFT) * self.x.part(x, &x_ticks);
        let y_of = |y: f64| BOTTOM - (BOTTOM - TOP) * self.y.part(y, &y_ticks);

        let mut text = format!("<text class=\"title\" x=\"16\" y=\"28\">{}</text>\n", self.title);
        self.legend(&mut text);
        for tick in &y_ticks {
            let y = y_of(*tick);
            line(&mut text, "grid", (LEFT, y), (RIGHT, y));
            label(&mut text, "end", (LEFT - 7.0, y + 3.8), &short(*tick));
        }
        for tick in &x_ticks {
            let x = x_of(*tick);
            line(&mut text, "grid", (x, BOTTOM), (x, BOTTOM + 4.0));
            label(&mut text, "middle", (x, BOTTOM + 17.0), &short(*tick));
        }
        label(
            &mut text,
            "middle",
            (f64::midpoint(LEFT, RIGHT), BOTTOM + 36.0),
            self.x.name,
        );
        let middle = f64::midpoint(TOP, BOTTOM);
        writeln!(
            text,
            "<text class=\"soft\" text-anchor=\"middle\" transform=\"translate(20 {middle}) rotate(-90)\">{}</text>",
            self.y.name
        )
        .unwrap();
        for series in &self.series {
            let path: Vec<String> = series
                .points
                .iter()
                .map(|point| format!("{:.1},{:.1}", x_of(point.x), y_of(point.y)))
                .collect();
            writeln!(
                text,
                "<polyline class=\"{}\" points=\"{}\"/>",
                series.line(),
                path.join(" ")
            )
            .unwrap();
            for point in &series.points {
                let (x, y) = (x_of(point.x), y_of(point.y));
                let (low, high) = (y_of(point.spread.0), y_of(point.spread.1));
                if low - high > 1.0 {
                    line(&mut text, &format!("thin {}", series.class), (x, low), (x, high));
                }
                match &point.note {
                    None => writeln!(text, "{}", series.marker(x, y)).unwrap(),
                    Some(note) => {
                        let class = format!("line {}", series.class);
                        line(&mut text, &class, (x - 4.0, y - 4.0), (x + 4.0, y + 4.0));
                        line(&mut text, &class, (x - 4.0, y + 4.0), (x + 4.0, y - 4.0));
                        label(&mut text, "end", (x + 8.0, y - 9.0), note);
                    }
                }
            }
        }
        text
    }

    /// Writes the legend, in as many lines as it needs.
    fn legend(&self, text: &mut String) {
        let (mut x, mut y) = (16.0, 46.0);
        for series in &self.series {
            let width = 40.0 + series.name.len() as f64 * LETTER;
            if x > 16.0 && x + width > RIGHT + 24.0 {
                (x, y) = (16.0, y + 16.0);
            }
            line(text, &series.line(), (x, y - 4.0), (x + 20.0, y - 4.0));
            writeln!(text, "{}", series.marker(x + 10.0, y - 4.0)).unwrap();
            writeln!(text, "<text x=\"{}\" y=\"{y}\">{}</text>", x + 25.0, series.name).unwrap();
            x += width;
        }
    }
}

fn line(text: &mut String, class: &str, from: (f64, f64), to: (f64, f64)) {
    writeln!(
        text,
        "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
        from.0, from.1, to.0, to.1
    )
    .unwrap();
}

fn label(text: &mut String, anchor: &str, at: (f64, f64), what: &str) {
    writeln!(
        text,
        "<text class=\"soft\" text-anchor=\"{anchor}\" x=\"{:.1}\" y=\"{:.1}\">{what}</text>",
        at.0, at.1
    )
    .unwrap();
}

/// The label of a tick.
fn short(value: f64) -> String {
    if value < 1.0 && value > 0.0 {
        let digits = usize::try_from(-(value.log10().floor() as i32)).unwrap_or_default();
        return format!("{value:.digits$}");
    }
    match value {
        // Without a thousands separator, two labels fit beside each other.
        ..10_000.0 => format!("{value}"),
        _ => number(value),
    }
}
