//! The index's reference in tests: fits found by comparing each word of a question with each word of a contact.

use super::fit::Reading;
use super::joined::Joined;
use super::likeness::{self, Likeness};
use super::spelling::Word;
use super::texts::{Bearer, Known, Texts};
use super::{Fit, Wanted};

/// A contact as words.
#[derive(Debug)]
pub(in crate::address_book) struct Somebody<'a> {
    email: &'a str,
    texts: Vec<String>,
    words: Vec<Word>,
    numbers: Vec<u32>,
    counts: [u8; 4],
}

struct Compared<'a> {
    reading: &'a Reading,
    somebody: &'a Somebody<'a>,
    bearers: &'a dyn Fn(&str) -> usize,
}

impl Known for Compared<'_> {
    fn word(&self, number: u32) -> Option<&Word> {
        self.somebody.words.get(number as usize)
    }

    fn likeness(&self, at: usize, found: u32) -> Option<Likeness> {
        likeness::of_words(&self.reading.words[at], self.word(found)?)
    }

    fn bearers(&self, number: u32) -> usize {
        (self.bearers)(&self.somebody.texts[number as usize])
    }

    fn are_in_one(&self, together: u32) -> Option<Joined> {
        Joined::of(&self.reading.words[0], &self.reading.words[1], self.word(together)?)
    }

    fn is_two(&self, one: u32, two: u32) -> Option<Joined> {
        Joined::of(self.word(one)?, self.word(two)?, &self.reading.words[0])
    }
}

impl<'a> Somebody<'a> {
    pub(in crate::address_book) fn new(name: &str, email: &'a str) -> Self {
        let texts = Texts::of(Some(name), email);
        let counts = texts.parts().map(|part| u8::try_from(part.len()).unwrap());
        let texts = texts.parts().concat();
        Self {
            email,
            words: texts.iter().map(|word| Word::new(word)).collect(),
            numbers: (0..u32::try_from(texts.len()).unwrap()).collect(),
            texts,
            counts,
        }
    }

    /// How well the contact fits; `None` if somebody else is meant.
    pub(in crate::address_book) fn fit(&self, wanted: &Wanted) -> Option<Fit> {
        if wanted.address.as_ref() == Some(&self.email.to_lowercase()) {
            return Some(Fit::BY_ADDRESS);
        }
        let fits = wanted.readings.iter().filter_map(|reading| {
            let known = self.compared(reading, &|_| 0);
            reading.fit(self.bearer(), &known)
        });
        fits.map(|fit| wanted.judged(fit, self.email))
            .min_by_key(|fit| fit.rank())
    }

    /// How near the contact is in a book where `bearers` have a word.
    pub(in crate::address_book) fn near(&self, wanted: &Wanted, bearers: &dyn Fn(&str) -> usize) -> Option<Fit> {
        let reading = wanted.readings.first()?;
        reading.near(self.bearer(), &self.compared(reading, bearers))
    }

    fn compared<'b>(&'b self, reading: &'b Reading, bearers: &'b dyn Fn(&str) -> usize) -> Compared<'b> {
        Compared {
            reading,
            somebody: self,
            bearers,
        }
    }

    fn bearer(&self) -> Bearer<'_> {
        Bearer::new(&self.numbers, self.counts)
    }
}
