//! Writes all pages to a folder, to look at them in a browser.

use std::fs;
use std::path::Path;

use super::all::{HARMLESS, LANGUAGES, Words, all_pages};

#[test]
#[ignore = "run it to look at the pages: they are written to target/pages"]
fn dump() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    fs::create_dir_all(&folder).unwrap();
    let long = Words {
        client_name: "Ein Assistent für sehr lange Namen \u{5e9}\u{5dc}\u{5d5}\u{5dd} of the Company".to_owned(),
        employee_name: "Konstantin Konstantinopolsky-Zavadovsky".to_owned(),
        address: format!(
            "https://{}.example.com/callback",
            "accounts-of-a-very-long-name.".repeat(4).trim_end_matches('.')
        ),
        ..HARMLESS.clone()
    };
    for language in LANGUAGES {
        for (kind, words) in [("", &*HARMLESS), ("long-", &long)] {
            for (name, html) in all_pages(language, words) {
                if kind.is_empty() || !name.starts_with("notice") {
                    let file = folder.join(format!("{kind}{name}.{}.html", language.tag()));
                    fs::write(file, without_refresh(&html)).unwrap();
                }
            }
        }
    }
}

/// The page without going on by itself.
fn without_refresh(html: &str) -> String {
    let lines = html.lines().filter(|line| !line.contains("http-equiv=\"refresh\""));
    lines.map(|line| format!("{line}\n")).collect()
}
