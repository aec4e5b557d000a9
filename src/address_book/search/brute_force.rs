//! The index's reference in tests: fits found by comparing each word of a question with each word of a contact.

use super::fit::Reading;
use super::joined::Joined;
use super::likeness::{self, Likeness};
use super::spelling::Word;
use super::texts::{Bearer, Known, Texts};
use super::{Fit, Wanted};

struct Compared<'a> {
    reading: &'a Reading,
    words: Vec<Word>,
    texts: Vec<String>,
    bearers: &'a dyn Fn(&str) -> usize,
}

impl Known for Compared<'_> {
    fn word(&self, number: u32) -> Option<&Word> {
        self.words.get(number as usize)
    }

    fn likeness(&self, at: usize, found: u32) -> Option<Likeness> {
        likeness::of_words(&self.reading.words[at], self.word(found)?)
    }

    fn bearers(&self, number: u32) -> usize {
        (self.bearers)(&self.texts[number as usize])
    }

    fn are_in_one(&self, together: u32) -> Option<Joined> {
        Joined::of(&self.reading.words[0], &self.reading.words[1], self.word(together)?)
    }

    fn is_two(&self, one: u32, two: u32) -> Option<Joined> {
        Joined::of(self.word(one)?, self.word(two)?, &self.reading.words[0])
    }
}

/// How well a contact fits; `None` if it does not.
pub(in crate::address_book) fn fit(wanted: &Wanted, name: Option<&str>, email: &str) -> Option<Fit> {
    if wanted.address.as_ref() == Some(&email.to_lowercase()) {
        return Some(Fit::BY_ADDRESS);
    }
    let fit = |reading: &Reading| compared(reading, name, email, &|_| 0, Reading::fit);
    let fits = wanted.readings.iter().filter_map(fit);
    fits.map(|fit| wanted.judged(fit, email)).min_by_key(|fit| fit.rank())
}

/// How near a contact is in a book where `bearers` tells how many entries have a word.
pub(in crate::address_book) fn near(
    wanted: &Wanted,
    name: Option<&str>,
    email: &str,
    bearers: &dyn Fn(&str) -> usize,
) -> Option<Fit> {
    compared(wanted.readings.first()?, name, email, bearers, Reading::near)
}

fn compared<'a>(
    reading: &'a Reading,
    name: Option<&str>,
    email: &str,
    bearers: &'a dyn Fn(&str) -> usize,
    fit: impl Fn(&Reading, Bearer<'_>, &Compared<'a>) -> Option<Fit>,
) -> Option<Fit> {
    let texts = Texts::of(name, email);
    let counts = texts.parts().map(|part| u8::try_from(part.len()).unwrap());
    let texts_of_words: Vec<String> = texts.parts().concat();
    let words = texts_of_words.iter().map(|word| Word::new(word)).collect();
    let numbers: Vec<u32> = (0..u32::try_from(texts_of_words.len()).unwrap()).collect();
    let known = Compared {
        reading,
        words,
        texts: texts_of_words,
        bearers,
    };
    fit(reading, Bearer::new(&numbers, counts), &known)
}
