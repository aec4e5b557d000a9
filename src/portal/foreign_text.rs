//! Cleans text from outside this program: names harvested from mail headers, messages of a portal. Pure.
//!
//! Models and people read such text, so it must not control a terminal, hide anything, or be longer than a bound.
//!
//! | in the text | becomes |
//! |---|---|
//! | line breaks, tabs, other white space | one space |
//! | control, bidi, zero-width and other format characters, private use, unassigned | nothing |
//! | letters that draw nothing (Hangul fillers, Braille blank), variation selectors | nothing |
//! | more than three combining marks in a row, or marks without a letter | three, or nothing |
//! | text past the bound | cut, with `…` |

use std::borrow::Cow;

use unicode_general_category::{GeneralCategory, get_general_category};

/// The most combining marks on one letter of a real name: Vietnamese needs two, pointed Hebrew three.
const MAX_MARKS: usize = 3;

/// A cleaned text, and whether the cleaning removed anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned<'a> {
    /// The text, safe to show.
    pub text: Cow<'a, str>,
    /// True if characters that a reader cannot see were removed, or more marks than a letter has; joiners that an emoji
    /// or a script needs do not count.
    pub had_hidden_characters: bool,
    /// True if the text was longer than the bound.
    pub was_cut: bool,
}

/// Cleans `text` and cuts it to `max_chars` characters.
pub fn clean(text: &str, max_chars: usize) -> Cleaned<'_> {
    if is_plain(text) && text.len() <= max_chars {
        return Cleaned {
            text: Cow::Borrowed(text),
            had_hidden_characters: false,
            was_cut: false,
        };
    }
    let mut cleaned = String::with_capacity(text.len().min(max_chars * 4));
    // There is no letter yet, so a mark at the beginning is one too many.
    let (mut length, mut marks, mut last) = (0, MAX_MARKS, ' ');
    let (mut had_hidden_characters, mut was_cut, mut space_due) = (false, false, false);
    for character in text.chars() {
        match kind_of(character) {
            Kind::Space => {
                space_due = true;
                continue;
            }
            Kind::Hidden => {
                had_hidden_characters |= !is_joiner_in_its_place(character, last);
                continue;
            }
            Kind::Mark => {
                marks += 1;
                if marks > MAX_MARKS || space_due {
                    had_hidden_characters = true;
                    continue;
                }
            }
            Kind::Visible => marks = 0,
        }
        last = character;
        let needed = if space_due && length > 0 { 2 } else { 1 };
        if length + needed > max_chars {
            was_cut = true;
            break;
        }
        if needed == 2 {
            cleaned.push(' ');
        }
        space_due = false;
        cleaned.push(character);
        length += needed;
    }
    if was_cut {
        // The ellipsis replaces the last character, so the bound holds.
        while length >= max_chars.max(1) && cleaned.pop().is_some() {
            length -= 1;
        }
        cleaned.truncate(cleaned.trim_end().len());
        cleaned.push('…');
    }
    Cleaned {
        text: Cow::Owned(cleaned),
        had_hidden_characters,
        was_cut,
    }
}

/// The text with a space in place of each HTML tag: some messages have `<br>` in them. One pass over the text.
pub(super) fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        rest = tag;
        if !tag.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')) {
            plain.push('<');
            continue;
        }
        match tag.split_once('>') {
            Some((_, after)) => {
                plain.push(' ');
                rest = after;
            }
            // Without a further `>` there is no further tag.
            None => {
                plain.push('<');
                break;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// True for the common case, which needs no cleaning: printable ASCII and letters of Latin and Cyrillic, without double
/// or outer spaces.
fn is_plain(text: &str) -> bool {
    let mut last = ' ';
    for character in text.chars() {
        if !is_plainly_visible(character) || (character == ' ' && last == ' ') {
            return false;
        }
        last = character;
    }
    last != ' ' || text.is_empty()
}

/// True for the plain space, and for visible letters and signs of Latin and Cyrillic other than combining marks.
const fn is_plainly_visible(character: char) -> bool {
    matches!(character, ' '..='~' | '\u{c0}'..='\u{24f}' | '\u{400}'..='\u{481}' | '\u{48a}'..='\u{52f}')
}

/// True if `character` joins parts of an emoji or letters of a script that needs joiners, by the character `before` it.
/// A joiner is removed, but counts as a hidden character only after a Latin, Greek or Cyrillic letter.
fn is_joiner_in_its_place(character: char, before: char) -> bool {
    const FIRST_JOINING_SCRIPT: char = '\u{590}';
    matches!(character, '\u{200C}' | '\u{200D}' | '\u{FE0E}' | '\u{FE0F}') && before >= FIRST_JOINING_SCRIPT
}

enum Kind {
    Visible,
    Space,
    Hidden,
    Mark,
}

fn kind_of(character: char) -> Kind {
    use GeneralCategory as Category;
    if character.is_whitespace() {
        return Kind::Space;
    }
    // These draw nothing, although their category is a visible one.
    if matches!(
        character,
        '\u{115F}'
            | '\u{1160}'
            | '\u{3164}'
            | '\u{FFA0}'
            | '\u{2800}'
            | '\u{034F}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{FFFC}'
    ) || matches!(character, '\u{1D159}' | '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
    {
        return Kind::Hidden;
    }
    match get_general_category(character) {
        Category::Control
        | Category::Format
        | Category::Surrogate
        | Category::PrivateUse
        | Category::Unassigned
        | Category::LineSeparator
        | Category::ParagraphSeparator => Kind::Hidden,
        Category::NonspacingMark | Category::EnclosingMark | Category::SpacingMark => Kind::Mark,
        _ => Kind::Visible,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_names_pass_as_they_are() {
        for name in [
            "Anna Schmidt",
            "Иван Петров",
            "Jürgen Müller",
            "Nguyễn Thị Hạnh",
            "O'Neill, \"Bob\" & Co",
            "山田太郎",
            "Анна 🌻",
        ] {
            let cleaned = clean(name, 120);
            assert_eq!(cleaned.text, name);
            assert!(!cleaned.had_hidden_characters && !cleaned.was_cut, "{name}");
        }
    }

    #[test]
    fn plain_characters_need_no_cleaning() {
        let plain = ('\0'..=char::MAX).filter(|character| is_plainly_visible(*character));
        let hidden: Vec<char> = plain
            .filter(|character| *character != ' ' && !matches!(kind_of(*character), Kind::Visible))
            .collect();
        assert!(hidden.is_empty(), "{hidden:?}");
    }

    #[test]
    fn characters_that_a_reader_cannot_see_are_removed() {
        for (given, expected) in [
            ("Anna\u{200B}Schmidt", "AnnaSchmidt"),
            ("\u{202E}evil\u{202C}", "evil"),
            ("a\u{2066}b\u{2069}", "ab"),
            ("bell\u{7}\u{1b}[31m", "bell[31m"),
            ("\u{FEFF}x\u{00AD}y", "xy"),
            ("tag\u{E0041}\u{E007F}", "tag"),
            ("\u{3164}\u{2800}z", "z"),
            ("i\u{2028}j", "i j"),
        ] {
            let cleaned = clean(given, 120);
            assert_eq!(cleaned.text, expected);
            assert_eq!(cleaned.had_hidden_characters, !given.contains('\u{2028}'), "{given:?}");
        }
    }

    #[test]
    fn white_space_becomes_one_space_and_marks_are_limited() {
        assert_eq!(clean("  a \r\n\t b  ", 120).text, "a b");
        let stacked = clean("z\u{0301}\u{0903}\u{0301}\u{0903}\u{0301}", 120);
        assert_eq!(stacked.text, "z\u{0301}\u{0903}\u{0301}");
        assert!(stacked.had_hidden_characters);
        assert_eq!(clean("\u{0301}a \u{0301}b", 120).text, "a b", "a mark needs a letter");
    }

    #[test]
    fn a_long_text_is_cut_and_ends_with_an_ellipsis_within_the_bound() {
        let cleaned = clean("абвгд еж", 6);
        assert_eq!(cleaned.text, "абвгд…");
        assert!(cleaned.was_cut);
    }

    #[test]
    fn tags_are_dropped_and_other_angle_brackets_stay() {
        assert_eq!(without_tags("Access <b>denied</b><br/>now"), "Access  denied  now");
        assert_eq!(without_tags("1 < 2 > 0"), "1 < 2 > 0");
        assert_eq!(without_tags("open <b"), "open <b");
        assert_eq!(without_tags("a <b c <d"), "a <b c <d");
    }

    #[test]
    fn joiners_of_emoji_and_of_scripts_that_need_them_are_not_hidden_characters() {
        for (name, is_hidden) in [
            ("Bloom ❤\u{FE0F}", false),
            ("👨\u{200D}👩\u{200D}👧 Family", false),
            ("می\u{200C}خواهم", false),
            ("An\u{200D}na", true),
            ("Ан\u{200C}на", true),
            ("\u{FE0F}Anna", true),
        ] {
            let cleaned = clean(name, 120);
            assert_eq!(cleaned.had_hidden_characters, is_hidden, "{name:?}");
            assert!(!cleaned.text.contains(['\u{200C}', '\u{200D}', '\u{FE0F}']), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn any_cleaned_text_is_bounded_and_visible(text in any::<String>(), max in 1usize..40) {
            let cleaned = clean(&text, max).text.into_owned();
            prop_assert!(cleaned.chars().count() <= max);
            prop_assert!(cleaned.chars().all(|c| c == ' ' || !matches!(kind_of(c), Kind::Hidden | Kind::Space)));
            prop_assert_eq!(cleaned.trim(), &cleaned);
            let _ = without_tags(&text);
        }
    }
}
