//! Which program an entry starts, and how that program is shown to people.

use serde_json::Value;

/// Which program an entry starts.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// There is no entry.
    Nothing,
    /// The entry's command, which has this program's name.
    ThisProgram(String),
    /// Another program, or a server over HTTP.
    Other,
}

/// Which program `entry` starts, judged by the name of its command.
pub(crate) fn started_by(entry: Option<&Value>) -> Started {
    let Some(entry) = entry else {
        return Started::Nothing;
    };
    match entry.get("command").and_then(Value::as_str) {
        Some(command) if is_named_like_this(command) => Started::ThisProgram(command.to_owned()),
        _ => Started::Other,
    }
}

/// True for a path whose last part is this program's name.
pub(crate) fn is_named_like_this(command: &str) -> bool {
    let name = last_part(command);
    let name = name.strip_suffix(".exe").unwrap_or(name);
    name.eq_ignore_ascii_case(env!("CARGO_PKG_NAME"))
}

/// The last part of a path of any operating system.
fn last_part(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// A command as people may see it. A user may have put a whole command line or an address there, with a secret in it:
/// only the first word is shown, and no address.
pub(crate) fn shown_command(command: &str) -> String {
    let first = command.split_whitespace().next().unwrap_or_default();
    let may_hold_a_secret = first.contains(['=', '@']) || first.contains("://");
    let text = match first {
        _ if std::path::Path::new(command).is_file() => command.to_owned(),
        _ if may_hold_a_secret => "…".to_owned(),
        _ if first == command => command.to_owned(),
        _ => format!("{first} …"),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Says what the entry starts, without its arguments, which may hold a secret.
pub(super) fn described(entry: Option<&Value>) -> String {
    let entry = entry.unwrap_or(&Value::Null);
    match (entry.get("command").and_then(Value::as_str), entry.get("url")) {
        (Some(command), _) => {
            let command = shown_command(command);
            let name = last_part(&command);
            format!("starts another program ({})", name.chars().take(60).collect::<String>())
        }
        (None, Some(_)) => "is a server over HTTP".to_owned(),
        (None, None) => "starts no program".to_owned(),
    }
}
