//! Makes a portal's message safe to show: short, visible, without tags and without secrets. Pure.
//!
//! A portal, or a proxy in front of it, may echo the path of the request, which holds the webhook's secret. The search
//! for the secret comes last, after tags and hidden characters are removed. It ignores letter case and everything
//! between the secret's letters, and it also finds parts of the secret and its encodings ([`readings`]).

mod readings;

use std::collections::HashSet;
use std::ops::Range;

use super::foreign_text::{clean, without_tags};
use super::loose::MAX_TEXT;
use readings::DecodedByte;

/// How many consecutive letters and digits of a secret count as a part of it.
const WINDOW: usize = 6;

/// Quotes texts and hides the secrets in them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quoter<'a> {
    secrets: &'a [&'a str],
}

impl<'a> Quoter<'a> {
    pub(super) fn without(secrets: &'a [&'a str]) -> Self {
        Self { secrets }
    }

    /// At most `max_chars` characters of `text`, safe to show. Only the first [`MAX_TEXT`] characters are read.
    pub(super) fn quote(self, text: &str, max_chars: usize) -> String {
        let read: String = text.chars().take(MAX_TEXT).collect();
        let visible = without_tags(&clean(&read, MAX_TEXT).text);
        clean(&self.hide_in(&visible), max_chars).text.into_owned()
    }

    /// True if `text` holds a secret or a part of one.
    pub(super) fn finds_secret_in(self, text: &str) -> bool {
        !self.places_in(text).is_empty()
    }

    /// The text with `****` in place of each secret.
    fn hide_in(self, text: &str) -> String {
        let mut hidden = String::with_capacity(text.len());
        let mut shown_to = 0;
        for place in self.places_in(text) {
            hidden.push_str(text.get(shown_to..place.start).unwrap_or_default());
            hidden.push_str("****");
            shown_to = place.end;
        }
        hidden.push_str(text.get(shown_to..).unwrap_or_default());
        hidden
    }

    /// The places where `text` holds a secret, in order and without overlaps.
    fn places_in(self, text: &str) -> Vec<Range<usize>> {
        let mut places = Vec::new();
        let secrets: Vec<Secret> = self.secrets.iter().filter_map(|secret| Secret::of(secret)).collect();
        if secrets.is_empty() {
            return places;
        }
        let plain = readings::plain(text);
        secrets.iter().for_each(|secret| secret.find_in(&plain, &mut places));
        // A secret of two or three letters would be found in any decoded text.
        let long: Vec<&Secret> = secrets.iter().filter(|secret| secret.window == WINDOW).collect();
        readings::for_each_reading(plain, |reading| {
            long.iter().for_each(|secret| secret.find_in(reading, &mut places));
        });
        places.sort_unstable_by_key(|place| place.start);
        places.dedup_by(|next, last| {
            let overlaps = next.start <= last.end;
            if overlaps {
                last.end = last.end.max(next.end);
            }
            overlaps
        });
        places
    }
}

/// A secret as the set of its parts of `window` letters.
struct Secret {
    window: usize,
    parts: HashSet<Vec<u8>>,
}

impl Secret {
    /// `None` if the secret has neither letters nor digits.
    fn of(secret: &str) -> Option<Self> {
        let letters: Vec<u8> = secret.bytes().filter_map(letter).collect();
        let window = letters.len().min(WINDOW);
        (window > 0).then(|| Self {
            window,
            parts: letters.windows(window).map(<[u8]>::to_vec).collect(),
        })
    }

    fn find_in(&self, reading: &[DecodedByte], places: &mut Vec<Range<usize>>) {
        let letters = reading
            .iter()
            .filter_map(|decoded| Some((letter(decoded.byte)?, &decoded.place)));
        let (letters, written): (Vec<u8>, Vec<&Range<usize>>) = letters.unzip();
        let windows = letters.windows(self.window).zip(written.windows(self.window));
        for (part, written) in windows {
            if let (true, Some(first), Some(last)) = (self.parts.contains(part), written.first(), written.last()) {
                places.push(first.start..last.end);
            }
        }
    }
}

/// An ASCII letter in lower case, or a digit; `None` for any other byte.
fn letter(byte: u8) -> Option<u8> {
    byte.is_ascii_alphanumeric().then(|| byte.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "zq7kp3wm9xv2nb5t";

    fn quote(text: &str) -> String {
        Quoter::without(&[SECRET]).quote(text, 120)
    }

    #[test]
    fn the_secret_is_hidden_however_it_is_written() {
        for text in [
            "zq7kp3wm9xv2nb5t",
            "ZQ7KP3WM9XV2NB5T",
            "zq7k\u{ad}p3wm\u{200b}9xv2nb5t",
            "zq7kp3wm<b></b>9xv2nb5t",
            "zq7kp3wm\r\n9xv2nb5t",
            "z q 7 k p 3 w m 9 x v 2 n b 5 t",
            "zq7k-p3wm/9xv2_nb5t",
        ] {
            assert_eq!(quote(&format!("bad {text}, sorry")), "bad ****, sorry", "{text:?}");
        }
        assert_eq!(
            quote("zq7kp3wm9 and xv2nb5t"),
            "**** and ****",
            "parts of the secret are hidden too"
        );
        assert_eq!(
            quote("zq7kp and nb5t"),
            "zq7kp and nb5t",
            "too short to be recognised as parts"
        );
        assert_eq!(quote("Доступ запрещен"), "Доступ запрещен");
        assert_eq!(Quoter::without(&[""]).quote("as it is", 120), "as it is");
        assert_eq!(Quoter::without(&["ab"]).quote("a-b-c", 120), "****-c");
    }

    fn each_as(secret: &str, write: impl Fn(u8) -> String) -> String {
        secret.bytes().map(write).collect()
    }

    /// The secret written with the letters and digits of another Unicode block.
    fn moved(a: u32, zero: u32) -> String {
        let moved = |byte: u8| match byte {
            b'a'..=b'z' => a + u32::from(byte - b'a'),
            _ => zero + u32::from(byte - b'0'),
        };
        SECRET.bytes().filter_map(|byte| char::from_u32(moved(byte))).collect()
    }

    fn in_base64(text: &str) -> Vec<String> {
        use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
        [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
            .map(|engine| base64::Engine::encode(engine, text))
            .to_vec()
    }

    #[test]
    fn the_secret_is_hidden_in_every_known_encoding() {
        let percent = each_as(SECRET, |byte| format!("%{byte:02x}"));
        let mut written = vec![
            percent.to_uppercase(),
            percent.replace('%', "%25"),
            percent.replace('%', "%2525"),
            percent.replace('%', "\\u0025"),
            percent.replace('%', "="),
            percent.replace('%', ""),
            percent.replace('%', "").to_uppercase(),
            percent.replace('%', ":"),
            percent.replace('%', " "),
            percent.replace('%', ", 0x"),
            percent.replace('%', "\\x"),
            percent.replace('%', "\\\\x"),
            "zq7k%703wm%39xv2n%62%35t".to_owned(),
            "zq7kp&#51;wm9&shy;xv&#x32;nb5t".to_owned(),
            each_as(SECRET, |byte| format!("\\u{byte:04x}")),
            each_as(SECRET, |byte| format!("\\\\u{byte:04X}")),
            each_as(SECRET, |byte| format!("\\u{{{byte:x}}}")),
            each_as(SECRET, |byte| format!("\\U{byte:08x}")),
            each_as(SECRET, |byte| format!("%u{byte:04X}")),
            each_as(SECRET, |byte| format!("\\{byte:03o}")),
            each_as(SECRET, |byte| format!("&#{byte};")),
            each_as(SECRET, |byte| format!("&#{byte:05}")),
            each_as(SECRET, |byte| format!("&#x{byte:x};")),
            each_as(SECRET, |byte| format!("&#X{byte:X};")),
            each_as(SECRET, |byte| format!("&amp;#{byte};")),
            each_as(SECRET, |byte| format!("&#38;#{byte};")),
            // Other forms of its letters.
            moved(0xFF41, 0xFF10),
            moved(0x24D0, 0x1D7D8),
            moved(0x1D41A, 0x1D7CE).to_uppercase(),
            "z\u{301}q7kp3wm\u{308}9xv2nb5t".to_owned(),
            // Decimal.
            each_as(SECRET, |byte| format!("{byte},")),
            each_as(SECRET, |byte| format!("{byte} ")),
            each_as(SECRET, |byte| format!(".chr({byte})")),
            // One writing within another.
            each_as(&percent, |byte| format!("{byte:02x}")),
            each_as(&in_base64(SECRET)[0], |byte| format!("{byte:02x}")),
            each_as(&in_base64(SECRET)[0], |byte| format!("{byte}, ")),
            each_as(&each_as(SECRET, |byte| format!("{byte:02x}")), |byte| {
                format!("{byte:02x}")
            }),
            // UTF-16.
            each_as(SECRET, |byte| format!("{byte:02x}00")),
        ];
        for before in ["", "h", "ht", "htt", "https://p.example/rest/1/"] {
            for behind in ["", "/", "/x", "/profile.json?a=ь"] {
                written.extend(in_base64(&format!("{before}{SECRET}{behind}")));
                written.extend(in_base64(&format!("{before}{}{behind}", SECRET.to_uppercase())));
            }
        }
        written.extend(in_base64(&percent));
        written.extend(in_base64(&percent.replace('%', "")));
        written.extend(in_base64(&each_as(SECRET, |byte| format!("{byte} "))));
        for once in in_base64(SECRET) {
            written.extend(in_base64(&once));
        }
        written.extend(in_base64(&each_as(SECRET, |byte| format!("{}\0", char::from(byte)))));
        written.extend(
            in_base64(&format!("user:{SECRET}"))
                .iter()
                .map(|text| text.replace('=', "%3D")),
        );
        written.extend(
            in_base64(&format!("?{SECRET}?>"))
                .iter()
                .map(|text| text.replace('/', "\\/")),
        );
        for text in written {
            for text in [format!("bad {text}, sorry"), format!("bad x={text}. Sorry")] {
                let quoter = Quoter::without(&[SECRET]);
                let quoted = quoter.quote(&text, 2000);
                assert!(
                    quoted.contains("****") && !quoter.finds_secret_in(&quoted),
                    "{text}: {quoted}"
                );
                assert!(quoted.len() < 120 && quoted.starts_with("bad"), "{text}: {quoted}");
            }
        }
    }

    #[test]
    fn other_encoded_texts_stay_as_they_are() {
        for text in [
            "100% sure, a=b, \\x7a, &amp; and 0xff",
            "U29tZXRoaW5nIGVsc2UgZW50aXJlbHk=",
            "deadbeef-0123-4567",
            "%D0%94%D0%BE",
        ] {
            assert_eq!(quote(text), text);
        }
    }

    #[test]
    fn no_part_of_the_secret_is_left_where_the_text_is_cut() {
        for before in 100..130 {
            let quoted = quote(&format!("{}{SECRET}", "x".repeat(before)));
            assert!(!quoted.contains("zq7"), "{quoted}");
        }
        for before in (MAX_TEXT - 20)..MAX_TEXT {
            assert!(!quote(&format!("{}{SECRET}", "\u{200b}".repeat(before))).contains("zq7kp3"));
        }
    }

    #[test]
    fn tags_are_removed_even_if_hidden_characters_are_in_them() {
        assert_eq!(quote("Access <b>denied</b><br/>now"), "Access denied now");
        assert_eq!(quote("<\u{200b}script>alert(1)</script>"), "alert(1)");
        assert_eq!(quote("<<b>script>"), "< script>");
    }

    /// Megabytes of any text are cut before they are read.
    #[test]
    fn a_huge_text_costs_no_more_than_a_long_one() {
        for unit in ["<", "<a", "\u{200b}", "z", "&"] {
            assert!(quote(&unit.repeat(4 * 1024 * 1024)).chars().count() <= 120);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_quoted_within_its_bound(text in any::<String>(), secret in any::<String>(), max in 1usize..200) {
            prop_assert!(Quoter::without(&[&secret]).quote(&text, max).chars().count() <= max);
        }

        #[test]
        fn no_mixture_shows_the_secret(parts in proptest::collection::vec("[<>/ \u{200b}]{0,2}", 17)) {
            let mut text = String::new();
            for (part, letter) in parts.iter().zip(SECRET.chars()) {
                text.push_str(part);
                text.push(letter);
            }
            let letters: String = quote(&text).chars().filter(char::is_ascii_alphanumeric).collect();
            prop_assert!(!letters.contains("zq7kp3") && !letters.contains("v2nb5t"), "{}", letters);
        }
    }
}
