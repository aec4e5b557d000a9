//! The only printer of `error:`, `caused by:`, `hint:` and what belongs to them. All of it goes to stderr, coloured
//! only on a terminal.

use std::error::Error;
use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::address_book::INVALID_ARGUMENTS;
use crate::fixit::Failure;

/// A text in which a file's name, or somebody else's words, may be: what a terminal would obey, or not show, is spelled out.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        let is_hidden = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}');
        if c.is_control() || is_hidden {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const CAUSE: Style = AnsiColor::Yellow.on_default();
const HINT: Style = AnsiColor::Cyan.on_default();
const DIM: Style = Style::new().dimmed();

/// An error, its causes, and what to do.
pub(super) fn error(error: &dyn Error, hint: Option<&str>) {
    let mut lines = vec![(ERROR, "error:", error.to_string())];
    let mut cause = error.source();
    while let Some(error) = cause {
        lines.push((CAUSE, "caused by:", error.to_string()));
        cause = error.source();
    }
    lines.extend(hint.map(|hint| (HINT, "hint:", hint.to_owned())));
    write(&lines);
}

/// The code of a failure, with the HTTP status.
pub(super) fn coded(failure: &Failure) -> String {
    match failure.http_status {
        Some(status) => format!("{} (HTTP {status})", failure.code),
        None => failure.code.clone(),
    }
}

/// A failed look-up with its advice: the same facts that a tool result carries.
pub(super) fn failure(failure: &Failure) {
    // The table's advice on arguments is for whoever calls a tool.
    let is_usage = failure.code == INVALID_ARGUMENTS;
    let retry = match failure.retry_after_seconds {
        Some(seconds) => format!("{}, after {seconds} s", failure.retry.as_str()),
        None => failure.retry.as_str().to_owned(),
    };
    let mut lines = vec![
        (ERROR, "error:", failure.message.clone()),
        (CAUSE, "code:", coded(failure)),
    ];
    lines.extend((!is_usage).then(|| (CAUSE, "meaning:", failure.meaning.clone())));
    lines.extend(
        failure
            .validation
            .iter()
            .map(|problem| (CAUSE, "argument:", format!("{} {}", problem.field, problem.message))),
    );
    if is_usage {
        let hint = "run the command with --help for what it takes";
        lines.push((HINT, "hint:", hint.to_owned()));
        return write(&lines);
    }
    lines.extend(failure.fix.iter().map(|step| (HINT, "hint:", step.clone())));
    lines.extend([
        (DIM, "who:", failure.who.as_str().to_owned()),
        (DIM, "retry:", retry),
        (DIM, "docs:", failure.docs.clone()),
    ]);
    write(&lines);
}

/// A remark beside the data.
pub(super) fn note(text: &str) {
    write(&[(DIM, "note:", text.to_owned())]);
}

/// What a person is told to do, as it stands.
pub(super) fn say(text: &str) {
    // Nobody can be told that stderr is gone.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

fn write(lines: &[(Style, &str, String)]) {
    let mut stderr = anstream::stderr().lock();
    for (style, label, text) in lines {
        // Nobody can be told that stderr is gone.
        let _ = writeln!(stderr, "{style}{label}{style:#} {}", printable(text));
    }
}
