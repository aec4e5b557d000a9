//! The places of generated tables in the documentation: `<!-- generated: NAME -->`, the table, `<!-- end -->`.

const START: &str = "<!-- generated: ";
const END: &str = "<!-- end -->";

/// The texts of all files with every table in its place, in the order given. Fails with a sentence unless each table
/// has exactly one place in all files together, and each place has a table.
pub(super) fn filled(files: &[(String, String)], tables: &[(&str, String)]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    let mut texts = Vec::new();
    for (file, text) in files {
        let (text, found) = filled_file(text, tables).map_err(|problem| format!("{file} {problem}"))?;
        names.extend(found);
        texts.push(text);
    }
    for (name, _) in tables {
        match names.iter().filter(|found| *found == name).count() {
            1 => {}
            0 => return Err(format!("no file has a place for the table `{name}`")),
            places => return Err(format!("the table `{name}` has {places} places; it needs one")),
        }
    }
    Ok(texts)
}

/// The text of one file with its tables, and their names. A place is two lines of its own, so a text may mention one.
fn filled_file(text: &str, tables: &[(&str, String)]) -> Result<(String, Vec<String>), String> {
    let mut names = Vec::new();
    let mut filled = String::new();
    let mut open = None;
    for line in text.split_inclusive('\n') {
        if open.is_some() && !line.starts_with(END) {
            continue;
        }
        open = None;
        filled.push_str(line);
        let Some(name) = line.strip_prefix(START) else {
            continue;
        };
        let name = name
            .strip_suffix(" -->\n")
            .ok_or("has a `generated` comment that is not a line of its own")?;
        let (name, table) = tables
            .iter()
            .find(|(table, _)| *table == name)
            .ok_or_else(|| format!("has a place for `{name}`, which is not a generated table"))?;
        filled.push_str(table);
        names.push((*name).to_owned());
        open = Some(name);
    }
    match open {
        Some(name) => Err(format!("has no `{END}` after the table `{name}`")),
        None => Ok((filled, names)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> Vec<(&'static str, String)> {
        vec![("one", "| 1 |\n".to_owned()), ("two", "| 2 |\n".to_owned())]
    }

    fn files(texts: &[&str]) -> Vec<(String, String)> {
        let name = |at: usize| format!("{at}.md");
        let file = |(at, text): (usize, &&str)| (name(at), (*text).to_owned());
        texts.iter().enumerate().map(file).collect()
    }

    const ONE: &str = "a\n<!-- generated: one -->\nold\n<!-- end -->\nb\n";
    const TWO: &str = "<!-- generated: two -->\n<!-- end -->";

    #[test]
    fn every_table_is_written_in_the_file_that_has_its_place() {
        let texts = filled(&files(&[ONE, "nothing", TWO]), &tables()).unwrap();
        assert_eq!(
            texts,
            [
                "a\n<!-- generated: one -->\n| 1 |\n<!-- end -->\nb\n",
                "nothing",
                "<!-- generated: two -->\n| 2 |\n<!-- end -->",
            ]
        );
        let both = filled(&files(&[&format!("{ONE}{TWO}")]), &tables()).unwrap();
        assert_eq!(both, [format!("{}{}", texts[0], texts[2])]);
    }

    #[test]
    fn measured_figures_and_mentions_of_places_stay_as_they_are() {
        let other = "`<!-- generated: NAME -->`\n<!-- measured: cost -->\n| 5 |\n<!-- end -->\n";
        let texts = filled(&files(&[ONE, TWO, other]), &tables()).unwrap();
        assert_eq!(texts[2], other);
    }

    #[test]
    fn a_table_needs_exactly_one_place_and_a_place_needs_a_table() {
        for (texts, problem) in [
            (vec![ONE], "no file has a place for the table `two`"),
            (vec![ONE, TWO, ONE], "the table `one` has 2 places; it needs one"),
            (
                vec![ONE, TWO, "<!-- generated: three -->\n<!-- end -->"],
                "2.md has a place for `three`, which is not a generated table",
            ),
            (
                vec![ONE, "<!-- generated: two -->\nno end"],
                "1.md has no `<!-- end -->` after the table `two`",
            ),
            (
                vec![ONE, "<!-- generated: two\n"],
                "1.md has a `generated` comment that is not a line of its own",
            ),
        ] {
            assert_eq!(filled(&files(&texts), &tables()).unwrap_err(), problem);
        }
    }
}
