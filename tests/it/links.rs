//! Every relative link of the documentation leads somewhere, and the README stays short.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

const MAX_README_LINES: usize = 150;
const MAX_README_BYTES: usize = 9_000;

/// Folders that hold no text of this repository.
const FOREIGN: &[&str] = &["target", "node_modules", ".git", ".venv"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown file below `folder`, in the order of their paths.
fn markdown_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !FOREIGN.contains(&name) {
            found.extend(markdown_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The text without fenced blocks and without code between backticks.
fn prose(text: &str) -> String {
    let mut prose = String::new();
    let mut is_code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            let outside = line.split('`').enumerate().filter(|(at, _)| at % 2 == 0);
            prose.extend(outside.map(|(_, part)| part).chain(["\n"]));
        }
    }
    prose
}

/// The targets of links and pictures: `](target)`, and `src`, `srcset` and `href` of HTML.
fn targets(text: &str) -> Vec<String> {
    let prose = prose(text);
    let mut targets = Vec::new();
    for (start, end) in [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"'), ("href=\"", '"')] {
        for (at, _) in prose.match_indices(start) {
            let rest = &prose[at + start.len()..];
            targets.push(rest.split([end, ' ', '\n']).next().unwrap().to_owned());
        }
    }
    targets
}

/// The anchors that GitHub gives the headings of a text.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut uses = BTreeMap::<String, usize>::new();
    let mut anchors = BTreeSet::new();
    let mut is_code = false;
    for line in text.lines() {
        is_code ^= line.trim_start().starts_with("```");
        let heading = line.trim_start_matches('#');
        if is_code || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let slug: String = heading
            .trim()
            .to_lowercase()
            .chars()
            .filter(|letter| letter.is_alphanumeric() || matches!(letter, ' ' | '-' | '_'))
            .map(|letter| if letter == ' ' { '-' } else { letter })
            .collect();
        let before = uses.entry(slug.clone()).or_default();
        anchors.insert(if *before == 0 {
            slug.clone()
        } else {
            format!("{slug}-{before}")
        });
        *before += 1;
    }
    anchors
}

/// `folder` and `relative` as one path without `..`, so that it is compared without asking the file system.
fn joined(folder: &Path, relative: &str) -> PathBuf {
    let mut joined = folder.to_path_buf();
    for part in Path::new(relative).components() {
        match part {
            Component::ParentDir => assert!(joined.pop(), "{relative} leaves the file system"),
            Component::CurDir => {}
            part => joined.push(part),
        }
    }
    joined
}

/// The problem of a link in the file at `path`; `None` if the link leads somewhere.
fn problem(path: &Path, text: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let linked = match file {
        "" => path.to_path_buf(),
        file => joined(path.parent().unwrap(), file),
    };
    if !linked.starts_with(root()) {
        return Some("leaves the repository".to_owned());
    }
    if !linked.exists() {
        return Some("does not exist".to_owned());
    }
    if anchor.is_empty() {
        return None;
    }
    let text = match file {
        "" => text.to_owned(),
        _ => fs::read_to_string(&linked).unwrap(),
    };
    (!anchors(&text).contains(anchor)).then(|| "has no such heading".to_owned())
}

#[test]
fn every_relative_link_resolves() {
    let files = markdown_files(&root());
    assert!(files.len() > 10, "{files:?}");
    let mut problems = Vec::new();
    let mut links = 0;
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        for target in targets(&text) {
            links += 1;
            if let Some(problem) = problem(&path, &text, &target) {
                problems.push(format!("{}: {target} {problem}", path.display()));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(links > 100, "only {links} links were found");
}

#[test]
fn the_readme_can_be_read_to_its_end() {
    for name in ["README.md", "README.ru.md"] {
        let text = fs::read_to_string(root().join(name)).unwrap();
        let lines = text.lines().count();
        assert!(lines <= MAX_README_LINES, "{name} has {lines} lines");
    }
    // A Cyrillic letter takes two bytes, so only the English text has a limit in bytes.
    let bytes = fs::read(root().join("README.md")).unwrap().len();
    assert!(bytes <= MAX_README_BYTES, "README.md has {bytes} bytes");
}

#[test]
fn a_broken_link_is_noticed() {
    // The text replaces that file's own.
    let path = root().join("docs/README.md");
    let text = "# Where is what\n\n[a](#where-is-what) [b](#nowhere) [c](../README.md) [d](none.md) [e](../../x.md)\n\
                `[f](in-code.md)` <img src=\"none.svg\"> [g](https://example.com/)\n```\n[h](in-a-block.md)\n```\n";
    let broken: Vec<_> = targets(text)
        .into_iter()
        .filter(|target| problem(&path, text, target).is_some())
        .collect();
    assert_eq!(broken, ["#nowhere", "none.md", "../../x.md", "none.svg"]);
}

#[test]
fn anchors_are_those_of_github() {
    let text = "# `schema`: files, and more\n## A\n## A\n```sh\n# no heading\n```\n### Подключить ассистента\n";
    let expected = ["schema-files-and-more", "a", "a-1", "подключить-ассистента"];
    assert_eq!(anchors(text), expected.map(str::to_owned).into());
}
