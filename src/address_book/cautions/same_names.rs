//! Finds names that are the same for a reader: the same words, in any order, case and look-alike letters. Pure.

use foldhash::{HashMap, HashMapExt};

use super::look;

/// For each entry, a name and an address: true if another entry has the same name with another address. Names are the
/// same if their [keys](key_of_name) are equal. False for an entry without a name or without an address.
pub(in crate::address_book) fn same_names<'a>(entries: impl Iterator<Item = (Option<&'a str>, &'a str)>) -> Vec<bool> {
    // Names of different letters are different. This check costs a tenth of a key and decides nearly all names.
    let letters =
        |(name, email): (Option<&'a str>, &'a str)| (name, email, look::hash_of_letters(name.unwrap_or_default()));
    let entries: Vec<_> = entries.map(letters).collect();
    let mut count: HashMap<u64, u32> = HashMap::new();
    entries
        .iter()
        .for_each(|(_, _, letters)| *count.entry(*letters).or_default() += 1);
    let key = |(name, email, letters): &(Option<&str>, &str, u64)| match count.get(letters) {
        Some(2..) => (key_of_name(*name, email), email.to_lowercase()),
        _ => (None, String::new()),
    };
    let keys: Vec<(Option<String>, String)> = entries.iter().map(key).collect();
    let mut by_key: HashMap<&String, (&String, bool)> = HashMap::new();
    for (key, address) in &keys {
        if let Some(key) = key {
            let (first, has_others) = by_key.entry(key).or_insert((address, false));
            *has_others |= *first != address;
        }
    }
    let addresses = |key: &Option<String>| by_key.get(key.as_ref()?).copied();
    keys.iter()
        .map(|(key, _)| addresses(key).is_some_and(|(_, has_others)| has_others))
        .collect()
}

/// The key of a name; names with equal keys are the same to a reader. They have the same words in any order and case;
/// words that look the same (`Аnna` with a Cyrillic А) or differ by accents (`ё`, `ü`) are the same. `None` without a
/// name or without an address.
pub(in crate::address_book) fn key_of_name(name: Option<&str>, email: &str) -> Option<String> {
    key(name.filter(|_| !email.is_empty())?)
}

/// The folded words of a name, sorted; `None` if the name has no letter or digit. A text that could be long when folded
/// is cut first.
fn key(name: &str) -> Option<String> {
    let folded = look::folded(&look::bounded(name));
    let mut words: Vec<&str> = look::words(&folded).collect();
    words.sort_unstable();
    (!words.is_empty()).then(|| words.join(" "))
}
