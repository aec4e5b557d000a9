//! Text that others wrote: names harvested from mail headers, messages of a portal. Pure.
//!
//! It is shown to a model and to a person, so it may not steer a terminal, hide anything, or grow without bound.
//!
//! | found | becomes |
//! |---|---|
//! | line breaks, tabs, other white space | one space |
//! | control, bidi, zero-width and other format characters, private use, unassigned | nothing |
//! | blank letters that draw nothing (Hangul fillers, Braille blank), variation selectors | nothing |
//! | more than three combining marks in a row | three |
//! | text past the bound | cut, with `…` |

use std::borrow::Cow;

use unicode_general_category::{GeneralCategory, get_general_category};

/// Marks on one letter that a real name may carry (Vietnamese needs two, pointed Hebrew three).
const MAX_MARKS: usize = 3;

/// Foreign text after cleaning, and what had to be done to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned<'a> {
    /// The text, safe to show.
    pub text: Cow<'a, str>,
    /// True if characters that a reader cannot see were taken out.
    pub had_hidden_characters: bool,
    /// True if it was longer than the bound.
    pub was_cut: bool,
}

/// Cleans `text` and bounds it to `max_chars` characters.
pub fn clean(text: &str, max_chars: usize) -> Cleaned<'_> {
    if is_plain(text) && text.len() <= max_chars {
        return Cleaned {
            text: Cow::Borrowed(text),
            had_hidden_characters: false,
            was_cut: false,
        };
    }
    let mut cleaned = String::with_capacity(text.len().min(max_chars * 4));
    let (mut length, mut marks) = (0, 0);
    let (mut had_hidden_characters, mut was_cut, mut space_due) = (false, false, false);
    for character in text.chars() {
        match kind_of(character) {
            Kind::Space => {
                space_due = true;
                continue;
            }
            Kind::Hidden => {
                had_hidden_characters = true;
                continue;
            }
            Kind::Mark => {
                marks += 1;
                if marks > MAX_MARKS {
                    continue;
                }
            }
            Kind::Visible => marks = 0,
        }
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
        // The mark takes the last place, so the bound holds with it.
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

/// Drops what looks like an HTML tag; a portal's message sometimes carries `<br>`.
pub(super) fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        let opens_a_tag = tag.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!');
        match tag.split_once('>') {
            Some((_, after)) if opens_a_tag => {
                plain.push(' ');
                rest = after;
            }
            _ => {
                plain.push('<');
                rest = tag;
            }
        }
    }
    plain.push_str(rest);
    plain
}

/// The common case, decided byte by byte: printable ASCII without doubled or outer spaces.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && !text.contains("  ")
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
    // Characters of visible categories that draw nothing at all.
    if matches!(
        character,
        '\u{115F}' | '\u{1160}' | '\u{3164}' | '\u{FFA0}' | '\u{2800}' | '\u{034F}' | '\u{17B4}' | '\u{17B5}'
    ) || matches!(character, '\u{180B}'..='\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
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
        Category::NonspacingMark | Category::EnclosingMark => Kind::Mark,
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
    fn what_a_reader_cannot_see_is_taken_out() {
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
    fn white_space_folds_and_marks_are_counted() {
        assert_eq!(clean("  a \r\n\t b  ", 120).text, "a b");
        assert_eq!(
            clean(&format!("z{}", "\u{0301}".repeat(50)), 120).text,
            "z\u{0301}\u{0301}\u{0301}"
        );
    }

    #[test]
    fn a_long_text_is_cut_with_a_mark_within_the_bound() {
        let cleaned = clean("абвгд еж", 6);
        assert_eq!(cleaned.text, "абвгд…");
        assert!(cleaned.was_cut);
    }

    #[test]
    fn tags_are_dropped_and_other_angle_brackets_stay() {
        assert_eq!(without_tags("Access <b>denied</b><br/>now"), "Access  denied  now");
        assert_eq!(without_tags("1 < 2 > 0"), "1 < 2 > 0");
        assert_eq!(without_tags("open <b"), "open <b");
    }

    proptest! {
        #[test]
        fn any_text_comes_out_bounded_and_visible(text in any::<String>(), max in 1usize..40) {
            let cleaned = clean(&text, max).text.into_owned();
            prop_assert!(cleaned.chars().count() <= max);
            prop_assert!(cleaned.chars().all(|c| c == ' ' || !matches!(kind_of(c), Kind::Hidden | Kind::Space)));
            prop_assert_eq!(cleaned.trim(), &cleaned);
            let _ = without_tags(&text);
        }
    }
}
