//! The reference for the index in tests: fits found by comparing each word of a question with each word of a contact.

use super::contact_words::{BookWords, ContactTexts, ContactWords, WordId};
use super::joined::Joined;
use super::likeness::{self, Likeness};
use super::question::Question;
use super::reading::Reading;
use super::spelling::Word;
use super::verdict::Fit;

/// A contact as words.
#[derive(Debug)]
pub(in crate::address_book) struct ReferenceContact<'a> {
    email: &'a str,
    texts: Vec<String>,
    words: Vec<Word>,
    ids: Vec<WordId>,
    counts: [u8; 4],
}

/// A contact that is compared with a reading.
struct Compared<'a> {
    reading: &'a Reading,
    contact: &'a ReferenceContact<'a>,
    /// How many entries of the book have a word.
    count_entries: &'a dyn Fn(&str) -> usize,
}

impl BookWords for Compared<'_> {
    fn word(&self, id: WordId) -> Option<&Word> {
        self.contact.words.get(id.0 as usize)
    }

    fn likeness(&self, at: usize, found: WordId) -> Option<Likeness> {
        likeness::likeness_of_words(&self.reading.words[at], self.word(found)?)
    }

    fn count_entries(&self, id: WordId) -> usize {
        (self.count_entries)(&self.contact.texts[id.0 as usize])
    }

    fn joins_question(&self, together: WordId) -> Option<Joined> {
        Joined::of(&self.reading.words[0], &self.reading.words[1], self.word(together)?)
    }

    fn joined_in_question(&self, one: WordId, two: WordId) -> Option<Joined> {
        Joined::of(self.word(one)?, self.word(two)?, &self.reading.words[0])
    }
}

impl<'a> ReferenceContact<'a> {
    pub(in crate::address_book) fn new(name: &str, email: &'a str) -> Self {
        let texts = ContactTexts::of(Some(name), email);
        let counts = texts.parts().map(|part| u8::try_from(part.len()).unwrap());
        let texts = texts.parts().concat();
        Self {
            email,
            words: texts.iter().map(|word| Word::new(word)).collect(),
            ids: (0..u32::try_from(texts.len()).unwrap()).map(WordId).collect(),
            texts,
            counts,
        }
    }

    /// How well the contact fits; `None` if the question means another person.
    pub(in crate::address_book) fn fit(&self, question: &Question) -> Option<Fit> {
        if question.address.as_ref() == Some(&self.email.to_lowercase()) {
            return Some(Fit::BY_ADDRESS);
        }
        let fits = question.readings.iter().filter_map(|reading| {
            let compared = self.compared(reading, &|_| 0);
            reading.fit(self.contact_words(), &compared)
        });
        fits.map(|fit| question.adjusted(fit, self.email))
            .min_by_key(|fit| fit.rank())
    }

    /// How near the contact is, in a book where `count_entries` entries have a word.
    pub(in crate::address_book) fn near(
        &self,
        question: &Question,
        count_entries: &dyn Fn(&str) -> usize,
    ) -> Option<Fit> {
        let reading = question.readings.first()?;
        reading.near(self.contact_words(), &self.compared(reading, count_entries))
    }

    fn compared<'b>(&'b self, reading: &'b Reading, count_entries: &'b dyn Fn(&str) -> usize) -> Compared<'b> {
        Compared {
            reading,
            contact: self,
            count_entries,
        }
    }

    fn contact_words(&self) -> ContactWords<'_> {
        ContactWords::new(&self.ids, self.counts)
    }
}
