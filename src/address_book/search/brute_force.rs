//! How well a contact fits, found by comparing every word with every other: what the index must find too.

use super::fit::{Bearer, Joined, Known, Reading, Texts};
use super::likeness::{self, Likeness};
use super::spelling::Word;
use super::{Fit, Wanted};

struct Compared<'a> {
    reading: &'a Reading,
    words: Vec<Word>,
}

impl Known for Compared<'_> {
    fn word(&self, number: u32) -> Option<&Word> {
        self.words.get(number as usize)
    }

    fn likeness(&self, at: usize, found: u32) -> Option<Likeness> {
        likeness::of_words(&self.reading.words[at], self.word(found)?)
    }

    fn are_in_one(&self, together: u32) -> Option<Joined> {
        Joined::of(&self.reading.words[0], &self.reading.words[1], self.word(together)?)
    }

    fn is_two(&self, one: u32, two: u32) -> Option<Joined> {
        Joined::of(self.word(one)?, self.word(two)?, &self.reading.words[0])
    }
}

/// How well a contact fits; `None` if somebody else is meant.
pub(in crate::address_book) fn fit(wanted: &Wanted, name: Option<&str>, email: &str) -> Option<Fit> {
    if wanted.address.as_ref() == Some(&email.to_lowercase()) {
        return Some(Fit::BY_ADDRESS);
    }
    let texts = Texts::of(name, email);
    let all = [&texts.name, &texts.local, &texts.company];
    let words: Vec<Word> = all.into_iter().flatten().map(|word| Word::new(word)).collect();
    let numbers: Vec<u32> = (0..u32::try_from(words.len()).unwrap()).collect();
    let (name, rest) = numbers.split_at(texts.name.len());
    let (local, company) = rest.split_at(texts.local.len());
    let bearer = Bearer { name, local, company };
    let fits = wanted.readings.iter().filter_map(|reading| {
        let words = words.clone();
        reading.fit(bearer, &Compared { reading, words })
    });
    fits.map(|fit| wanted.judged(fit, email)).min_by_key(|fit| fit.rank())
}
