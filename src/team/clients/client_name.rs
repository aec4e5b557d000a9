//! The name that a client claims. Pure.

use crate::portal::clean;

/// The most characters of a name; pages and lists show it whole.
const MAX_CHARACTERS: usize = 64;

/// Shown for a client that claims no name.
const UNNAMED: &str = "unnamed client";

/// A name with characters that a reader cannot see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::team) struct HiddenCharacters;

/// The name to show for a claimed one: without double spaces, and cut to 64 characters.
///
/// # Errors
/// [`HiddenCharacters`], such as control characters and marks that reverse the direction of the text.
pub(in crate::team) fn read(claimed: Option<&str>) -> Result<String, HiddenCharacters> {
    let claimed = claimed.unwrap_or_default();
    let is_hiding = claimed.contains(char::is_control) || clean(claimed, claimed.len()).had_hidden_characters;
    if is_hiding {
        return Err(HiddenCharacters);
    }
    let name = clean(claimed, MAX_CHARACTERS).text;
    Ok(if name.is_empty() { UNNAMED } else { name.as_ref() }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n14_a_name_with_control_characters_or_marks_of_direction_is_refused() {
        for hiding in [
            "Claude\u{0}",
            "Claude\nCode",
            "Claude\u{1b}[2J",
            "Claude \u{202E}edoC",
            "\u{200F}Claude",
            "Claude\u{200B}Code",
            "Claude\u{2066}x\u{2069}",
            "Claude\u{FEFF}",
            &format!("{}\u{202E}", "x".repeat(500)),
        ] {
            assert_eq!(read(Some(hiding)), Err(HiddenCharacters), "{hiding:?}");
        }
    }

    #[test]
    fn n35_a_long_name_is_cut_and_a_name_of_markup_stays_as_it_is() {
        let long = read(Some(&"ж".repeat(10_000))).unwrap();
        assert_eq!(long.chars().count(), 64);
        assert!(long.ends_with('…'));
        for (claimed, name) in [
            (Some("Claude Code (bitrix24)"), "Claude Code (bitrix24)"),
            (Some("  Помощник   отдела "), "Помощник отдела"),
            (Some("<script>alert(1)</script>"), "<script>alert(1)</script>"),
            (Some("山田 👩\u{200D}👧"), "山田 👩👧"),
            (Some(" "), UNNAMED),
            (Some(""), UNNAMED),
            (None, UNNAMED),
        ] {
            assert_eq!(read(claimed).as_deref(), Ok(name));
        }
    }
}
