//! Names that are the same for a reader, whatever the order, case and look of their words. Pure.

use foldhash::{HashMap, HashMapExt};

use super::look;

/// For each entry, a name and an address, whether another entry bears the same name with another address; names are the
/// same if their [keys](key_of_name) are. Entries without name or address are never marked.
pub(in crate::address_book) fn same_names<'a>(entries: impl Iterator<Item = (Option<&'a str>, &'a str)>) -> Vec<bool> {
    // Nearly all names differ in their letters already, which costs a tenth of a key.
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
    let mut bearers: HashMap<&String, (&String, bool)> = HashMap::new();
    for (key, address) in &keys {
        if let Some(key) = key {
            let (first, has_others) = bearers.entry(key).or_insert((address, false));
            *has_others |= *first != address;
        }
    }
    let bearer = |key: &Option<String>| bearers.get(key.as_ref()?).copied();
    keys.iter()
        .map(|(key, _)| bearer(key).is_some_and(|(_, has_others)| has_others))
        .collect()
}

/// What names have in common that are the same: their words in any order and case; words that only look the same (`Аnna`
/// with a Cyrillic А) or differ by accents (`ё`, `ü`) count as the same. `None` without a name or an address.
pub(in crate::address_book) fn key_of_name(name: Option<&str>, email: &str) -> Option<String> {
    key(name.filter(|_| !email.is_empty())?)
}

/// A name folded so that the same words in any order, case and look give one key. `None` if it holds no letter. Of a
/// text that is longer than any name, the beginning counts.
fn key(name: &str) -> Option<String> {
    let folded = look::folded(&look::bounded(name));
    let mut words: Vec<&str> = look::words(&folded).collect();
    words.sort_unstable();
    (!words.is_empty()).then(|| words.join(" "))
}
