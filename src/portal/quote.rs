//! Quotes what a portal says about a failure, so that it can be shown: bounded, visible, without tags and without the
//! webhook's secret. Pure.
//!
//! A portal, or what stands before it, may echo the request's path. The secret is looked for after everything that is
//! taken out has been taken out, ignoring letter case and whatever stands between its letters; parts of it count too.

use super::foreign_text::{clean, without_tags};

/// This many letters and digits of the secret in a row are taken for a part of it.
const WINDOW: usize = 6;
/// No more of a text is looked at than this; what is shown is far shorter.
const MAX_READ: usize = 2048;

/// Quotes texts without some secrets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Quoter<'a> {
    secrets: &'a [&'a str],
}

impl<'a> Quoter<'a> {
    pub(super) fn without(secrets: &'a [&'a str]) -> Self {
        Self { secrets }
    }

    /// At most `max_chars` characters of `text`, fit to be shown.
    pub(super) fn quote(self, text: &str, max_chars: usize) -> String {
        let read: String = text.chars().take(MAX_READ).collect();
        let visible = clean(&read, MAX_READ).text.into_owned();
        let hidden = self
            .secrets
            .iter()
            .fold(without_tags(&visible).to_string(), |text, secret| hide(secret, &text));
        clean(&hidden, max_chars).text.into_owned()
    }
}

fn hide(secret: &str, text: &str) -> String {
    let secret = letters_of(secret).map(|(_, letter)| letter).collect::<Vec<_>>();
    let window = secret.len().min(WINDOW);
    if window == 0 {
        return text.to_owned();
    }
    let (places, letters): (Vec<usize>, Vec<u8>) = letters_of(text).unzip();
    let mut is_secret = vec![false; letters.len()];
    for (from, part) in letters.windows(window).enumerate() {
        if secret.windows(window).any(|known| known == part) {
            is_secret.iter_mut().skip(from).take(window).for_each(|hit| *hit = true);
        }
    }
    let mut hidden = String::with_capacity(text.len());
    let mut shown_to = 0;
    let mut hits = places.iter().zip(&is_secret).peekable();
    while let Some((place, hit)) = hits.next() {
        if !hit {
            continue;
        }
        let mut last = place;
        while let Some((next, true)) = hits.peek() {
            last = next;
            hits.next();
        }
        hidden.push_str(text.get(shown_to..*place).unwrap_or_default());
        hidden.push_str("****");
        shown_to = last + 1;
    }
    hidden.push_str(text.get(shown_to..).unwrap_or_default());
    hidden
}

/// The ASCII letters and digits of a text in lower case, with their places.
fn letters_of(text: &str) -> impl Iterator<Item = (usize, u8)> {
    text.bytes()
        .enumerate()
        .filter(|(_, byte)| byte.is_ascii_alphanumeric())
        .map(|(place, byte)| (place, byte.to_ascii_lowercase()))
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
        assert_eq!(quote("zq7kp3wm9 and xv2nb5t"), "**** and ****", "parts of it count too");
        assert_eq!(
            quote("zq7kp and nb5t"),
            "zq7kp and nb5t",
            "too short to be told from other text"
        );
        assert_eq!(quote("Доступ запрещен"), "Доступ запрещен");
        assert_eq!(Quoter::without(&[""]).quote("as it is", 120), "as it is");
        assert_eq!(Quoter::without(&["ab"]).quote("a-b-c", 120), "****-c");
    }

    #[test]
    fn no_part_of_the_secret_is_left_at_a_cut() {
        for before in 100..130 {
            let quoted = quote(&format!("{}{SECRET}", "x".repeat(before)));
            assert!(!quoted.contains("zq7"), "{quoted}");
        }
        for before in (MAX_READ - 20)..MAX_READ {
            assert!(!quote(&format!("{}{SECRET}", "\u{200b}".repeat(before))).contains("zq7kp3"));
        }
    }

    #[test]
    fn tags_hide_nothing_and_hide_behind_nothing() {
        assert_eq!(quote("Access <b>denied</b><br/>now"), "Access denied now");
        assert_eq!(quote("<\u{200b}script>alert(1)</script>"), "alert(1)");
        assert_eq!(quote("<<b>script>"), "< script>");
    }

    /// Megabytes of anything are cut before they are looked at.
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
