//! The table of docs/team-tests.md has the file of every numbered test.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The numbers of each test of this code: those at the beginning of its name.
fn numbers(code: &str) -> BTreeSet<u32> {
    let names = code.split("fn ").skip(1);
    let number = |part: &str| part.strip_prefix('n').and_then(|digits| digits.parse().ok());
    names
        .flat_map(|name| name.split('_').map_while(number).collect::<Vec<_>>())
        .collect()
}

/// The links of each row of the table, by its number.
fn rows(table: &str) -> BTreeMap<u32, BTreeSet<String>> {
    let row = |line: &str| {
        let mut cells = line.strip_prefix("| ")?.splitn(3, " | ");
        let number = cells.next()?.parse().ok()?;
        let links = cells.nth(1)?.split("](../").skip(1);
        let files = links.filter_map(|link| Some(link.split_once(')')?.0.to_owned()));
        Some((number, files.collect()))
    };
    table.lines().filter_map(row).collect()
}

#[test]
fn the_table_of_what_must_not_happen_has_every_numbered_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(root.join("docs/team-tests.md")).unwrap();
    let rows = rows(&table);
    assert!(rows.len() > 80, "{} rows", rows.len());
    let mut missing = Vec::new();
    for path in super::all_sources() {
        let file = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        for number in numbers(&std::fs::read_to_string(&path).unwrap()) {
            if !rows.get(&number).is_some_and(|files| files.contains(&file)) {
                missing.push(format!("{number}: {file}"));
            }
        }
    }
    assert!(missing.is_empty(), "not in docs/team-tests.md:\n{}", missing.join("\n"));
}

#[test]
fn a_name_has_the_numbers_at_its_beginning() {
    let code = "fn n02_n81_only() {} async fn n9_a() {} fn number() {} fn net_n01() {} let n05_x = 1;";
    assert_eq!(numbers(code), [2, 9, 81].into());
    let table = "| number | what | tests |\n|---|---|---|\n| 7 | a | [`x`](../src/x.rs), [`y`](../tests/y.rs) |\n";
    let files = ["src/x.rs", "tests/y.rs"].map(str::to_owned).into();
    assert_eq!(rows(table), [(7, files)].into());
}
