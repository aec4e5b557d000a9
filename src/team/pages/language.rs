//! The language of a page. Pure.

/// The language of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::team) enum Language {
    English,
    Russian,
}

impl Language {
    /// The language that the header `Accept-Language` ranks highest among those that the pages have; the first of equal
    /// ones. English if it names none of them.
    pub(in crate::team) fn of(accept_language: &str) -> Self {
        let mut best = (Self::English, 0.0);
        for range in accept_language.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let tag = parts.next().and_then(|tag| tag.split('-').next()).unwrap_or_default();
            let language = match tag {
                _ if tag.eq_ignore_ascii_case("ru") => Self::Russian,
                _ if tag.eq_ignore_ascii_case("en") => Self::English,
                _ => continue,
            };
            let quality = match parts.next() {
                Some(text) => quality(text),
                None => 1.0,
            };
            if quality > best.1 {
                best = (language, quality);
            }
        }
        best.0
    }

    /// The value of the attribute `lang`.
    pub(super) fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
        }
    }
}

/// The value of `q=0.8`; 0 for a text that is none, so that the language is not chosen by it.
fn quality(text: &str) -> f32 {
    let value = text
        .split_once('=')
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
    let value = value.and_then(|(_, value)| value.trim().parse().ok());
    value.filter(|value| (0.0..=1.0).contains(value)).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_ranked_language_that_the_pages_have_is_chosen() {
        for russian in [
            "ru",
            "ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7",
            "en;q=0.5, RU ; q=0.6",
            "uk, ru;q=0.8, en;q=0.7",
            "de-DE,ru;q=0.1",
            "en;q=0,ru;q=0.2",
            "ru,en",
            "en;q=high,ru;q=0.1",
        ] {
            assert_eq!(Language::of(russian), Language::Russian, "{russian}");
        }
        for english in [
            "",
            "*",
            "de",
            "en-GB,en;q=0.9,ru;q=0.8",
            "ru;q=0.8,en;q=0.9",
            "en,ru",
            "ru;q=0",
            "ru;q=NaN",
            "ru;q=2",
            "run",
            ";;,,=",
        ] {
            assert_eq!(Language::of(english), Language::English, "{english}");
        }
    }
}
