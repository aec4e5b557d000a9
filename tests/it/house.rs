//! The import rules of `lib.rs`, the length of files, and the table of numbered tests.

mod imports;
mod numbered;

use std::fs;
use std::path::{Path, PathBuf};

/// Each room, and the rooms that it may import.
const ROOMS: &[(&str, &[&str])] = &[
    ("main", &["cli"]),
    (
        "cli",
        &[
            "clients",
            "config",
            "demo",
            "transports",
            "team",
            "mcp",
            "address_book",
            "portal",
            "fixit",
            "telemetry",
        ],
    ),
    ("clients", &["config", "portal"]),
    ("config", &["portal", "team", "transports", "telemetry"]),
    ("transports", &["mcp", "team"]),
    ("team", &["portal"]),
    ("mcp", &["address_book", "fixit"]),
    ("address_book", &["portal"]),
    ("portal", &[]),
    ("fixit", &[]),
    ("demo", &[]),
    ("telemetry", &[]),
];

/// Crates, and the only places that may use each.
const CRATES: &[(&str, &[&str])] = &[
    ("reqwest", &["portal/wire.rs", "team/client_metadata/fetch.rs"]),
    (
        "rustls",
        &["portal/wire.rs", "team/client_metadata/fetch.rs", "team/store/postgres"],
    ),
    ("tokio_postgres", &["team/store/postgres"]),
    ("tokio_postgres_rustls", &["team/store/postgres"]),
    ("rustls_platform_verifier", &["team/store/postgres"]),
    ("deadpool", &["team/store/postgres"]),
    ("axum", &["transports"]),
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
    (
        "prometheus_client",
        &["portal", "address_book", "mcp", "team", "transports"],
    ),
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
            "portal/credentials/token_store/file.rs",
        ],
    ),
    ("ring", &["cli/login/redirected.rs", "portal/wire.rs", "team"]),
    ("rusqlite", &["team/store/sqlite.rs", "team/store/sqlite"]),
];

/// Files that may be longer, since they are data.
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

/// The path below `src` and the code of every file, without the files that only tests compile.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    imports::product_files(sources(&root), &root)
}

fn room_of(path: &str) -> &str {
    path.split('/').next().unwrap().trim_end_matches(".rs")
}

#[test]
fn every_room_imports_only_the_rooms_it_may() {
    for (file, imported) in imports::of_all_files(&files()) {
        let room = file[0].as_str();
        if room == "lib" {
            continue;
        }
        let (_, may) = ROOMS
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("{file:?} is in no room"));
        for other in imported.keys() {
            let other = other[0].as_str();
            assert!(other == room || may.contains(&other), "{file:?} imports {other}");
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let imports = imports::of_all_files(&files());
    let circles = imports::circles(&imports);
    assert!(
        circles.is_empty(),
        "files import each other in circles:\n{}",
        circles.join("\n")
    );
}

fn without_comments(code: &str) -> String {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn each_library_stays_where_it_belongs() {
    for (path, code) in &files() {
        for (library, places) in CRATES {
            let uses = without_comments(code)
                .split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .any(|word| word == *library);
            let is_in =
                |place: &&str| path == place || path.starts_with(&format!("{place}/")) || room_of(path) == *place;
            let is_allowed = places.iter().any(is_in);
            assert!(!uses || is_allowed, "{path} uses {library}");
        }
    }
}

/// Every Rust file of the program and of its tests.
fn all_sources() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src", "tests"].iter();
    folders.flat_map(|folder| sources(&root.join(folder))).collect()
}

#[test]
fn files_stay_short() {
    for path in all_sources() {
        let name = path.display().to_string();
        let lines = fs::read_to_string(&path).unwrap().lines().count();
        let may_be_longer = MAY_BE_LONGER.iter().any(|long| name.ends_with(long));
        assert!(lines <= MAX_LINES || may_be_longer, "{name} has {lines} lines");
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for path in all_sources() {
        assert!(
            fs::read_to_string(&path).unwrap().starts_with("//!"),
            "{} has no purpose",
            path.display()
        );
    }
}

#[test]
fn imports_are_read_from_every_form() {
    let code = |code: &str| code.to_owned();
    let files = [
        (
            "portal.rs".to_owned(),
            code("mod wire; mod call; pub use wire::Wire; fn f() { wire::open(); }"),
        ),
        (
            "portal/wire.rs".to_owned(),
            code(
                "use super::call::{self, Call}; use crate::portal::Portal; #[cfg(test)] mod tests { use super::super::x; }",
            ),
        ),
        (
            "portal/call.rs".to_owned(),
            code(
                "pub(in crate::portal) fn f() { println!(\"{}\", crate::demo::SECRET) } mod inner { use super::super::x; }",
            ),
        ),
        ("demo.rs".to_owned(), code("")),
    ];
    let imports = imports::of_all_files(&files);
    assert_eq!(
        imports::circles(&imports),
        [
            r#"portal -> portal/wire: {"Wire", "open"}"#,
            r#"portal/call -> portal: {"x"}"#,
            r#"portal/wire -> portal: {"Portal"}"#,
            r#"portal/wire -> portal/call: {"Call", "self"}"#,
        ]
    );
    let call = &imports[&["portal".to_owned(), "call".to_owned()][..]];
    assert!(call.contains_key(&["demo".to_owned()][..]), "an import inside a macro");
}
