//! How a word is spelt, and when two spellings are one word. Pure.
//!
//! | a word has | two words share it if | example |
//! |---|---|---|
//! | one plain form ([`letters`]) | they differ only in case or accents | `Müller`: muller |
//! | a few sounds ([`sounds`]) | they sound the same, in any script or scheme of transliteration | `Щербаков`: Serbakov |
//! | skeletons ([`skeleton`]) | they have the same consonants; compared only across scripts | `محمد`: m m d |
//!
//! [`word`] keeps all of these. The other files are steps on the way: [`mod@split`] finds the words of a text, [`runs`]
//! the words of a Chinese, Japanese or Korean name that is written without a space, [`romanization`] reads scripts
//! other than Latin and Cyrillic, and [`scheme`] replaces letters.
//!
//! These files compare words by spelling and sound. `cautions::look` compares texts by the look of their letters.

mod letters;
mod romanization;
pub(super) mod runs;
mod scheme;
mod skeleton;
mod sounds;
mod split;
mod word;

pub(in crate::address_book) use letters::beginning;
pub(super) use letters::{composed, is_cyrillic, is_syllable_or_word, plain};
pub(super) use split::{ARABIC_ARTICLE, is_border, split};
pub(in crate::address_book) use word::Word;
pub(super) use word::{is_latin_or_cyrillic, sounds_of};

#[cfg(test)]
mod tests;
