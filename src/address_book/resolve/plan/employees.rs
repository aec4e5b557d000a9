//! The employees' part of a batch: words, any of which matches as a beginning, so that many names share a place. Pure.

use super::{MANY, MAX_PIECE, Question, sendable};
use crate::address_book::resolve::Source;
use crate::address_book::search::Wanted;
use crate::portal::MAX_CALLS;

/// Up to so many names, each has a place of its own for employees.
const FEW_NAMES: usize = 5;
/// Letters of a word where names share a place: the beginning is what counts, and fifty of them fit.
const SHARED_LETTERS: usize = 6;
/// Places for the employees of many names.
const MAX_EMPLOYEE_PLACES: usize = 6;
/// The most bytes of the words that employees are asked for.
pub(super) const MAX_WORDS_BYTES: usize = 1_000;

/// The questions; `beside_contacts` if the batch has those of the contacts too.
pub(super) fn questions(wanted: &[Wanted], beside_contacts: bool) -> Vec<Question> {
    let is_few = wanted.len() <= FEW_NAMES || !beside_contacts;
    let places = if is_few {
        wanted.len().clamp(1, MAX_CALLS)
    } else {
        // Each name of the contacts needs a place too.
        MAX_CALLS.saturating_sub(wanted.len()).clamp(1, MAX_EMPLOYEE_PLACES)
    };
    let a_place = wanted.len().div_ceil(places).max(1);
    let letters = if a_place > 1 { SHARED_LETTERS } else { MAX_PIECE };
    let words: Vec<Vec<String>> = wanted
        .iter()
        .map(|wanted| {
            let words = wanted.beginnings();
            let words = words.iter().filter_map(|word| sendable(word));
            words.map(|word| word.chars().take(letters).collect()).collect()
        })
        .collect();
    let mut asked = Vec::new();
    for (chunk, words) in words.chunks(a_place).enumerate() {
        let first = chunk * a_place;
        let mut text = String::new();
        let mut left_out = Vec::new();
        let most = words.iter().map(Vec::len).max().unwrap_or_default();
        for rank in 0..most {
            for (name, words) in words.iter().enumerate() {
                let Some(word) = words.get(rank) else { continue };
                let is_there = text.split(' ').any(|known| known == word);
                if is_there {
                    continue;
                }
                if text.len() + word.len() < MAX_WORDS_BYTES {
                    text.push_str(if text.is_empty() { "" } else { " " });
                    text.push_str(word);
                } else if rank == 0 {
                    left_out.push(first + name);
                }
            }
        }
        if text.trim().is_empty() {
            continue;
        }
        asked.push(Question {
            source: Source::Employees,
            text,
            limit: MANY,
            spellings: Vec::new(),
            names: (first..first + words.len())
                .filter(|name| !left_out.contains(name))
                .collect(),
            is_telling: true,
        });
    }
    asked
}
