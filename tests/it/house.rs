//! The import rules and the length of files: the house as `lib.rs` draws it.

use std::fs;
use std::path::{Path, PathBuf};

/// Room, and the rooms it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "clients",
            "config",
            "demo",
            "transports",
            "mcp",
            "address_book",
            "portal",
            "fixit",
            "telemetry",
        ],
    ),
    ("clients", &["config", "portal"]),
    ("config", &["portal", "transports", "telemetry"]),
    ("transports", &["mcp"]),
    ("mcp", &["address_book", "fixit"]),
    ("address_book", &["portal"]),
    ("portal", &[]),
    ("fixit", &[]),
    ("demo", &[]),
    ("telemetry", &[]),
];

/// Crate, and where alone it may be used.
const CRATES: &[(&str, &[&str])] = &[
    ("reqwest", &["portal/wire.rs"]),
    ("rustls", &["portal/wire.rs"]),
    ("axum", &["transports", "demo"]),
    (
        "hyper",
        &[
            "transports",
            "demo",
            "cli/login/callback.rs",
            "clients/handshake/http.rs",
        ],
    ),
    ("rmcp", &["mcp", "transports"]),
    ("prometheus_client", &["portal", "address_book", "mcp", "transports"]),
    ("governor", &["transports/guard/callers.rs"]),
    ("clap", &["cli"]),
    ("clap_complete", &["cli/manual.rs"]),
    ("clap_mangen", &["cli/manual.rs"]),
    ("jsonc_parser", &["clients/document/json_document.rs"]),
    (
        "toml_edit",
        &[
            "clients/document/toml_document.rs",
            "clients/document/toml_document/values.rs",
            "clients/document/properties.rs",
        ],
    ),
    ("webbrowser", &["cli/login.rs"]),
    ("signal_hook", &["cli/process.rs", "cli/signals.rs"]),
    (
        "rustix",
        &[
            "cli/process.rs",
            "clients/file/ownership.rs",
            "portal/token_store/file.rs",
        ],
    ),
    ("ring", &["cli/login/redirected.rs", "portal/wire.rs"]),
];

/// Data, not code.
const MAY_BE_LONGER: &[&str] = &["fixit/table.rs"];
const MAX_LINES: usize = 400;

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Path below `src` and code without comments.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root)
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let code: String = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .map(|line| format!("{line}\n"))
                .collect();
            (
                path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"),
                code,
            )
        })
        .collect()
}

fn room_of(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

/// The first names after each `crate::` and after each `super::` that reaches the crate's root, also inside braces.
fn rooms_named_in(code: &str) -> Vec<String> {
    let mut named = Vec::new();
    for start in ["crate::", "bitrix24_mail_mcp::", "super::super::"] {
        for (at, _) in code.match_indices(start) {
            let rest = &code[at + start.len()..];
            let mut depth = 0_u32;
            let mut name = String::new();
            for character in rest.chars() {
                match character {
                    '{' => depth += 1,
                    '}' => depth = depth.saturating_sub(1),
                    _ if character.is_alphanumeric() || character == '_' => name.push(character),
                    ',' | ' ' | '\n' => {}
                    // What follows the first name belongs to it, up to the next comma at the level of the list.
                    _ => {}
                }
                let is_separator = !(character.is_alphanumeric() || character == '_');
                if is_separator && !name.is_empty() {
                    named.push(std::mem::take(&mut name));
                }
                if depth == 0 && is_separator {
                    break;
                }
            }
        }
    }
    named
}

#[test]
fn every_room_imports_only_what_it_may() {
    for (path, code) in files() {
        let room = room_of(&path);
        if room == "lib" {
            continue;
        }
        let (_, may) = ROOMS
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("{path} is in no room"));
        for named in rooms_named_in(&code) {
            let is_room = ROOMS.iter().any(|(name, _)| *name == named);
            assert!(
                !is_room || named == room || may.contains(&named.as_str()),
                "{path} imports {named}"
            );
        }
    }
}

#[test]
fn each_library_stays_where_it_belongs() {
    for (path, code) in files() {
        for (library, places) in CRATES {
            let uses = code
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .any(|word| word == *library);
            let is_allowed = places.iter().any(|place| path == *place || room_of(&path) == *place);
            assert!(!uses || is_allowed, "{path} uses {library}");
        }
    }
}

#[test]
fn files_stay_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in sources(&root.join("src"))
        .into_iter()
        .chain(sources(&root.join("tests")))
    {
        let name = path.display().to_string();
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let may_be_longer = MAY_BE_LONGER.iter().any(|long| name.ends_with(long));
        assert!(lines <= MAX_LINES || may_be_longer, "{name} has {lines} lines");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for path in sources(&root.join("src"))
        .into_iter()
        .chain(sources(&root.join("tests")))
    {
        assert!(
            fs::read_to_string(&path).unwrap().starts_with("//!"),
            "{} has no purpose",
            path.display()
        );
    }
}

#[test]
fn the_rules_can_fail() {
    for (code, expected) in [
        ("use crate::{demo, portal::Portal};", vec!["demo", "portal", "Portal"]),
        (
            "use crate::{address_book::{A, B}, demo::DemoPortal};",
            vec!["address_book", "A", "B", "demo", "DemoPortal"],
        ),
        ("crate::mcp::tools()", vec!["mcp"]),
        ("use super::super::demo::X;", vec!["demo"]),
    ] {
        assert_eq!(rooms_named_in(code), expected, "{code}");
    }
}
