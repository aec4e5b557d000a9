//! Prints errors with their causes and hints, notes and instructions to stderr, coloured only at a terminal. Nothing
//! else prints `error:`, `caused by:` or `hint:`.

use std::error::Error;
use std::io::Write;

use anstyle::{AnsiColor, Style};

use crate::address_book::INVALID_ARGUMENTS;
use crate::fixit::Failure;

/// The text with control and invisible characters escaped. For texts that may hold a file's name or a stranger's words.
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

/// Prints an error, its causes, and what to do.
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

/// The failure's code, with the HTTP status if there is one.
pub(super) fn coded(failure: &Failure) -> String {
    match failure.http_status {
        Some(status) => format!("{} (HTTP {status})", failure.code),
        None => failure.code.clone(),
    }
}

/// Prints a failure with its advice, as a tool's result has them.
pub(super) fn failure(failure: &Failure) {
    // The advice about wrong arguments is written for a model that calls a tool, so it is left out.
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
        let hint = "run the command with --help to see its arguments";
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

/// Prints a remark about the data.
pub(super) fn note(text: &str) {
    write(&[(DIM, "note:", text.to_owned())]);
}

/// Prints instructions for a person, without a label.
pub(super) fn say(text: &str) {
    // A failure to write to stderr cannot be reported anywhere.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

fn write(lines: &[(Style, &str, String)]) {
    let mut stderr = anstream::stderr().lock();
    for (style, label, text) in lines {
        // A failure to write to stderr cannot be reported anywhere.
        let _ = writeln!(stderr, "{style}{label}{style:#} {}", printable(text));
    }
}
